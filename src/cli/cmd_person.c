#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/now.h"
#include "base/trace.h"
#include "cli/cmd.h"
#include "cli/cmd_people.h"
#include "cli/cmd_subscriber_story.h"
#include "people/people_erase.h"
#include "people/people_row.h"
#include "store/store_person.h"
#include "json/json.h"

/* The export as it grows. */
struct export
{
	struct arena *arena;
	struct json *object;
	struct json *list; /* of the present table */
	const char *table;
	size_t rows;
};

static void
set_bytes(struct arena *arena, struct json *object,
    const struct store_person_value *value)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = value->bytes;
	char *hex;

	if (value->count != STORE_SHA256_BYTES &&
	    text_is_utf8(value->bytes, value->count)) {
		json_set_text(object, value->column,
		    arena_strndup(arena, value->bytes, value->count));
		return;
	}
	hex = arena_take(arena, 2 * value->count + 1, 1);
	for (size_t i = 0; i < value->count; i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	json_set_text(object, value->column, hex);
}

/* Times, in columns that end in _ms, are written as such. */
static void
set_number(struct arena *arena, struct json *object,
    const struct store_person_value *value)
{
	const char *column = value->column;

	if (!text_ends(column, "_ms"))
		json_set_number(object, column, value->number);
	else
		json_set_text(object,
		    arena_strndup(arena, column, strlen(column) - 3),
		    value->number == 0
			? NULL
			: now_format_rfc3339(arena, value->number));
}

static bool
export_row(const char *table, const struct store_person_value *values,
    size_t count, void *context, struct err *err)
{
	struct export *export = context;
	struct json *object;

	(void)err;
	if (!text_equal(export->table, table))
		export->list = json_set_list(export->object, table);
	export->table = table;
	export->rows++;
	object = json_push_object(export->list);
	for (size_t i = 0; i < count; i++) {
		const struct store_person_value *value = &values[i];

		switch (value->kind) {
		case STORE_NULL:
			json_set_text(object, value->column, NULL);
			break;
		case STORE_NUMBER:
			set_number(export->arena, object, value);
			break;
		case STORE_TEXT:
			json_set_text(object, value->column, value->text);
			break;
		case STORE_BYTES:
			set_bytes(export->arena, object, value);
			break;
		}
	}
	return true;
}

/* Of an erased address there is nothing to show but that. */
static bool
refuse_unknown(
    struct command_run *run, const struct address *address, struct err *err)
{
	const struct people_author author = cmd_people_author(run);

	return people_barrier_check(run->store, &author, address->key, err) &&
	       err_set(
		   err, ERR_NO_USER, "nothing is held about %s", address->text);
}

bool
cmd_subscriber_export_person(struct command_run *run, struct err *err)
{
	struct json *object GM_JSON_AT_EXIT = json_new();
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	struct export export = { .arena = run->arena, .object = object };
	struct store_subscriber *row;
	struct address address;
	struct store_person person = { .name = "" };

	if (!people_row_address(run->arena, run->arguments[0], &address, err) ||
	    !store_begin_reading(run->store, err))
		return false;
	guard = run->store;
	if (!store_subscriber_find(run->arena, guard, address.key, &row, err))
		return false;
	person.address_key = address.key;
	if (row != NULL) {
		person.subscriber = row->id;
		person.name = row->name;
	}
	json_set_text(
	    object, "address", row != NULL ? row->address : address.text);
	json_set_text(
	    object, "exported", now_format_rfc3339(run->arena, now_ms()));
	if (!store_person_each(guard, &person, export_row, &export, err))
		return false;
	if (export.rows == 0)
		return refuse_unknown(run, &address, err);
	json_print(object, stdout);
	return true;
}

/* Digests that were written for them to look at. */
static bool
remove_previews(struct command_run *run, const char *key, struct err *err)
{
	const char *folder = site_path(run->arena, run->site, "state/preview");
	struct text_list issues;

	if (!file_is_folder(folder))
		return true;
	if (!file_list(run->arena, folder, &issues, err))
		return false;
	for (size_t i = 0; i < issues.count; i++)
		if (!file_remove_folder(
			file_join(run->arena,
			    file_join(run->arena, folder, issues.items[i]),
			    key),
			err))
			return false;
	return true;
}

static bool
clear_log(struct command_run *run, struct err *err)
{
	bool cleared;

	if (!store_clear_log(run->store, &cleared, err))
		return false;
	return cleared ||
	       err_set(err, ERR_TEMP,
		   "what is erased still stands in the database's log, for "
		   "another program goes on reading; run this once more");
}

/* The database file, and what belongs to it. */
static bool
is_of_store(struct command_run *run, const char *path)
{
	return text_starts(path, strchr(run->site->store_url, ':') + 1);
}

/* Files of the site that still hold one of `needles`. */
static bool
look_round(struct command_run *run, const struct text_list *needles,
    struct text_list *ret_paths, struct err *err)
{
	return trace_find(
	    run->arena, run->site->folder, needles, ret_paths, err);
}

/* Rows that move leave copies in the pages where they were, and no deletion
   knows of those: where one shows, the whole file is written anew. So it is
   when it was erased before, for then the name is not known any more. */
static bool
clear_store(struct command_run *run, const struct people_erased *erased,
    struct err *err)
{
	const char *path = strchr(run->site->store_url, ':') + 1;
	struct text_list found;

	return clear_log(run, err) &&
	       trace_find(run->arena, path, &erased->traces, &found, err) &&
	       ((found.count == 0 && !erased->again) ||
		   (store_rewrite(run->store, err) && clear_log(run, err)));
}

bool
cmd_subscriber_erase(struct command_run *run, struct err *err)
{
	const struct people_author author = cmd_people_author(run);
	struct people_erased erased;
	struct text_list address;
	struct text_list left;

	if (!people_erase(run->arena, run->store, run->arguments[0], &author,
		&erased, err))
		return false;
	printf("%s: %s", run->arguments[0],
	    erased.again ? "was erased already" : "erased");
	if (erased.skipped > 0)
		printf("; %" PRId64 " waiting %s skipped", erased.skipped,
		    erased.skipped == 1 ? "mail" : "mails");
	putchar('\n');
	fflush(stdout);
	address = (struct text_list){ erased.traces.items, 1 };
	if (!remove_previews(
		run, text_lower(run->arena, erased.traces.items[0]), err) ||
	    !clear_store(run, &erased, err) ||
	    !look_round(run, &address, &left, err))
		return false;
	for (size_t i = 0; i < left.count; i++)
		printf("%s: %s\n", left.items[i],
		    is_of_store(run, left.items[i])
			? "came back meanwhile; erase it once more"
			: "still holds the address; delete or correct it "
			  "yourself");
	return true;
}
