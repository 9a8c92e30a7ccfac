#include "xlsx/xlsx_book.h"

#include <string.h>

#include "base/text.h"
#include "base/vec.h"

enum { PART_MOST_BYTES = 4 * 1024 * 1024 };

static const char folder[] = "xl/";

struct sheet {
	const char *title;
	const char *id; /* of its relationship */
	bool hidden;
};

/* The work on one workbook. */
struct reading {
	struct arena *arena;
	GM_VEC(struct sheet) sheets;
	const char *id; /* of the sheet that is wanted */
	struct xlsx_book book;
};

static void
note_sheet(struct xlsx_part *part, void *context, const char *name,
    const char **attributes)
{
	struct reading *reading = context;
	const char *title = xlsx_part_attribute(attributes, "name");
	const char *id = xlsx_part_attribute(attributes, "id");
	const char *state = xlsx_part_attribute(attributes, "state");
	struct sheet sheet = { .hidden = state != NULL &&
					 !text_equal(state, "visible") };

	(void)part;
	if (!text_equal(name, "sheet") || title == NULL || id == NULL)
		return;
	sheet.title = arena_strdup(reading->arena, title);
	sheet.id = arena_strdup(reading->arena, id);
	vec_push(&reading->sheets, sheet);
}

/* A target is relative to the folder of the workbook, or to the package. */
static const char *
resolve(struct arena *arena, const char *target)
{
	return target[0] == '/' ? arena_strdup(arena, target + 1)
				: arena_format(arena, "%s%s", folder, target);
}

static void
note_relation(struct xlsx_part *part, void *context, const char *name,
    const char **attributes)
{
	struct reading *reading = context;
	const char *id = xlsx_part_attribute(attributes, "Id");
	const char *type = xlsx_part_attribute(attributes, "Type");
	const char *target = xlsx_part_attribute(attributes, "Target");

	(void)part;
	if (!text_equal(name, "Relationship") || id == NULL || type == NULL ||
	    target == NULL)
		return;
	if (text_equal(id, reading->id))
		reading->book.sheet = resolve(reading->arena, target);
	else if (text_ends(type, "/sharedStrings"))
		reading->book.strings = resolve(reading->arena, target);
}

static bool
refuse_sheet(const struct reading *reading, const char *wanted, struct err *err)
{
	const char *titles = "";

	if (wanted == NULL)
		return err_set(err, ERR_DATA, "has no sheet to read");
	for (size_t i = 0; i < reading->sheets.count && i < 10; i++)
		titles = arena_format(reading->arena, "%s%s'%.60s'", titles,
		    i > 0 ? ", " : "",
		    text_printable(
			reading->arena, reading->sheets.items[i].title));
	return err_set(
	    err, ERR_DATA, "has no sheet '%.60s', but %s", wanted, titles);
}

static bool
choose_sheet(struct reading *reading, const char *wanted, struct err *err)
{
	for (size_t i = 0; i < reading->sheets.count; i++) {
		const struct sheet *sheet = &reading->sheets.items[i];

		if (wanted != NULL ? text_equal(wanted, sheet->title)
				   : !sheet->hidden) {
			reading->id = sheet->id;
			return true;
		}
	}
	return refuse_sheet(reading, wanted, err);
}

static bool
read_book(
    struct reading *reading, zip_t *zip, const char *wanted, struct err *err)
{
	const struct xlsx_handler sheets = { .start = note_sheet,
		.context = reading };
	const struct xlsx_handler relations = { .start = note_relation,
		.context = reading };
	bool there;

	if (!xlsx_part_walk(
		zip, "xl/workbook.xml", PART_MOST_BYTES, &sheets, &there, err))
		return false;
	if (!there)
		return err_set(err, ERR_DATA,
		    "this is no .xlsx workbook; save it as one, or as CSV");
	if (!choose_sheet(reading, wanted, err) ||
	    !xlsx_part_walk(zip, "xl/_rels/workbook.xml.rels", PART_MOST_BYTES,
		&relations, &there, err))
		return false;
	return reading->book.sheet != NULL ||
	       err_set(err, ERR_DATA, "damaged: the sheet is not there");
}

bool
xlsx_book_read(struct arena *arena, zip_t *zip, const char *sheet,
    struct xlsx_book *ret_book, struct err *err)
{
	struct reading reading = { .arena = arena };
	bool ok = read_book(&reading, zip, sheet, err);

	vec_clear(&reading.sheets);
	if (ok)
		*ret_book = reading.book;
	return ok;
}
