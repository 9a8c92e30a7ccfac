#include "model/municipality.h"
#include "people/people.h"
#include "people/people_file.h"
#include "people/people_history.h"
#include "store/store_municipality.h"

enum {
	COLUMN_CODE,
	COLUMN_PREFECTURE,
	COLUMN_NAME,
	COLUMN_KANA,
	COLUMN_ROMAJI,
};

/* Our own names, and those of the files that circulate. */
static const struct people_heading headings[] = {
	{ "code", COLUMN_CODE, true },
	{ "lgcode", COLUMN_CODE, false },
	{ "prefecture", COLUMN_PREFECTURE, true },
	{ "pref", COLUMN_PREFECTURE, false },
	{ "name", COLUMN_NAME, false },
	{ "city", COLUMN_NAME, false },
	{ "kana", COLUMN_KANA, true },
	{ "citykana", COLUMN_KANA, false },
	{ "prefkana", COLUMN_KANA, false },
	{ "romaji", COLUMN_ROMAJI, false },
	{ 0 },
};

struct work {
	struct store *store;
	const char *path;
	struct complaints *complaints;
	struct people_tally tally;
	struct arena *arena; /* of the present line */
};

/* Names without blanks within ("札幌市 中央区" is written "札幌市中央区"). */
static char *
close_up(struct arena *arena, const char *text)
{
	struct text_list parts = text_split(arena, text_trim(arena, text), ' ');
	char *whole = arena_strdup(arena, "");

	for (size_t i = 0; i < parts.count; i++)
		whole = arena_format(arena, "%s%s", whole, parts.items[i]);
	return whole;
}

static bool
put_row(struct work *work, struct store_municipality *row,
    enum people_verdict *ret_verdict, struct err *err)
{
	struct store_municipality *old;

	if (!store_municipality_find(
		work->arena, work->store, row->code, &old, err))
		return false;

	/* A file without that column leaves it as it is. */
	if (row->romaji == NULL)
		row->romaji = old != NULL ? old->romaji : "";
	if (old != NULL && text_equal(old->prefecture, row->prefecture) &&
	    text_equal(old->name, row->name) &&
	    text_equal(old->kana, row->kana) &&
	    text_equal(old->romaji, row->romaji)) {
		*ret_verdict = VERDICT_UNCHANGED;
		return true;
	}
	*ret_verdict = old == NULL ? VERDICT_NEW : VERDICT_CHANGED;
	return store_municipality_put(work->store, row, err);
}

static bool
read_municipality(const struct people_header *header, const struct csv_row *csv,
    void *context, struct err *err)
{
	struct work *work = context;
	enum people_verdict verdict = VERDICT_REFUSED;
	char code[MUNICIPALITY_CODE_BYTES];
	struct store_municipality row;
	struct err fault = { 0 };

	arena_reset(work->arena);
	store_history_line(work->store, (int64_t)csv->line);
	row.code = code;
	row.prefecture = close_up(
	    work->arena, people_header_field(header, csv, COLUMN_PREFECTURE));
	row.name = close_up(
	    work->arena, people_header_field(header, csv, COLUMN_NAME));
	row.kana = close_up(
	    work->arena, people_header_field(header, csv, COLUMN_KANA));
	row.romaji = header->places[COLUMN_ROMAJI] >= 0
			 ? text_trim(work->arena,
			       people_header_field(header, csv, COLUMN_ROMAJI))
			 : NULL;
	if (row.name[0] == '\0')
		row.name = row.prefecture;
	if (!municipality_code_parse(
		people_header_field(header, csv, COLUMN_CODE), code, &fault))
		complaints_add(
		    work->complaints, work->path, csv->line, "%s", fault.text);
	else if (row.prefecture[0] == '\0' || text_has_control(row.name) ||
		 text_has_control(row.prefecture) ||
		 text_has_control(row.kana) ||
		 (row.romaji != NULL && text_has_control(row.romaji)))
		complaints_add(work->complaints, work->path, csv->line,
		    "the prefecture is missing, or a name has a line break");
	else if (!put_row(work, &row, &verdict, err))
		return false;
	work->tally.counts[verdict]++;
	return true;
}

bool
people_import_register(struct store *store, const char *path, bool dry_run,
    const struct people_author *author, struct complaints *complaints,
    struct people_tally *ret_tally, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct work work = {
		.store = store,
		.path = path,
		.complaints = complaints,
		.arena = arena,
	};
	struct people_file file = {
		.path = path,
		.headings.table = headings,
		.headings.lenient = true,
		.each = read_municipality,
		.context = &work,
	};

	/* A dry run does the work, too, and rolls back. */
	if (!people_begin(
		store, author, &(struct people_source){ .name = path }, err))
		return false;
	guard = store;
	if (!people_file_walk(&file, complaints, err) ||
	    !complaints_none(complaints, ERR_DATA, err) ||
	    (!dry_run && !store_commit(store, err)))
		return false;
	*ret_tally = work.tally;
	return true;
}
