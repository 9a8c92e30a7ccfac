#include "people/people_export.h"

#include "csv/csv_write.h"
#include "people/people_formula.h"
#include "people/people_row.h"
#include "json/json.h"

enum { MOST_FAULTS = 1000 };

struct work {
	const struct people_export *export;
	struct complaints *complaints;
	struct csv_writer *writer; /* NULL: JSON */
	struct arena *arena;       /* of the present contact */
	size_t count;
};

static bool
write_fields(struct work *work, const char *const fields[COLUMNS])
{
	struct err fault = { 0 };
	size_t column = 0;

	/* Contacts have no line ends in them: a row is a line. */
	if (!csv_write(work->writer, fields, COLUMNS, &column, &fault) &&
	    work->complaints->errors < MOST_FAULTS)
		complaints_add(work->complaints, work->export->path,
		    work->count + 1, "column %s: %s",
		    people_column((enum people_column)column), fault.text);
	return true;
}

static bool
write_row(const struct store_subscriber *row, void *context, struct err *err)
{
	struct work *work = context;
	const char *fields[COLUMNS];

	(void)err;
	arena_reset(work->arena);
	work->count++;
	for (int i = 0; i < COLUMNS; i++)
		fields[i] = people_formula_write(work->arena,
		    people_row_text(work->arena, row, (enum people_column)i));
	return write_fields(work, fields);
}

static bool
write_object(const struct store_subscriber *row, void *context, struct err *err)
{
	struct work *work = context;
	struct json *object GM_JSON_AT_EXIT = json_new();

	(void)err;
	arena_reset(work->arena);
	work->count++;
	for (int i = 0; i < COLUMNS; i++) {
		enum people_column column = (enum people_column)i;
		const char *name = people_column(column);

		if (column == COLUMN_TAGS)
			json_set_texts(object, name, &row->tags);
		else if (column == COLUMN_COUNTRIES)
			json_set_texts(object, name, &row->countries);
		else
			json_set_text(object, name,
			    people_row_text(work->arena, row, column));
	}
	json_print(object, work->export->out);
	return true;
}

/* One walk over all; `out` NULL: only to see whether it can be written. */
static bool
write_table(struct work *work, struct store *store, FILE *out, struct err *err)
{
	static const struct store_subscriber_filter active = {
		.state = "active",
	};
	const char *names[COLUMNS];
	bool ok;

	work->count = 0;
	if (work->export->json)
		return store_subscriber_each(
		    store, &active, write_object, work, err);
	if (!csv_writer_new(out, &work->export->form, &work->writer, err))
		return false;
	for (int i = 0; i < COLUMNS; i++)
		names[i] = people_column((enum people_column)i);
	ok = write_fields(work, names) &&
	     store_subscriber_each(store, &active, write_row, work, err);
	csv_writer_free(work->writer);
	work->writer = NULL;
	return ok;
}

/* Both walks see the same. */
static bool
write_all(struct work *work, struct store *store, struct err *err)
{
	enum csv_encoding encoding = work->export->form.encoding;

	if (!work->export->json &&
	    (encoding == CSV_CP932 || encoding == CSV_EUC_JP)) {
		if (!write_table(work, store, NULL, err))
			return false;
		if (work->complaints->errors > 0)
			return complaints_none(work->complaints, ERR_DATA, err);
	}
	return write_table(work, store, work->export->out, err);
}

bool
people_export(struct store *store, const struct people_export *export,
    struct complaints *complaints, size_t *ret_count, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	struct work work = {
		.export = export,
		.complaints = complaints,
		.arena = arena,
	};

	if (!store_begin_reading(store, err))
		return false;
	guard = store;
	if (!write_all(&work, store, err))
		return false;
	*ret_count = work.count;
	return true;
}
