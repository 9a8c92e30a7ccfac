#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "render/render.h"
#include "render/render_scan.h"
#include "render/render_shim.h"

enum { LARGEST = 1000 * 1000 };

/* A template that is looked at marker by marker. */
struct look {
	const struct render_file *files;
	size_t count;
	struct render_uses uses;
	size_t next; /* use whose context is told next */
	struct complaints *complaints;
};

static void
complain(
    const struct look *look, const struct render_use *use, const char *where)
{
	complaints_add_at(look->complaints, use->file, use->line, use->column,
	    "marker '%s' stands %s", use->name, where);
}

/* One marker's context; they come in the order of the uses. */
static void
take_context(void *told, const char *marker, const char *escape)
{
	struct look *look = told;
	const struct render_use *use;

	while (look->next < look->uses.count &&
	       look->uses.items[look->next].kind != 0)
		look->next++;
	if (look->next == look->uses.count)
		return;
	use = &look->uses.items[look->next];

	/* Text of the template that reads like a dump would lead astray. */
	if (!text_equal(use->name, marker)) {
		look->next = look->uses.count;
		return;
	}
	look->next++;
	if (*escape == 'j' || *escape == 'J')
		complain(look, use,
		    "in a script, where text for readers has no place");
	else if (text_starts(escape, "H=attribute"))
		complain(look, use,
		    "in an attribute without quotes, or as a name in a tag; "
		    "write name=\"{{…}}\"");
}

/* True when a tag is open at that place of a file. */
static bool
is_in_tag(const struct look *look, const struct render_use *use)
{
	for (size_t i = 0; i < look->count; i++) {
		const struct render_file *file = &look->files[i];
		struct render_tag tag = { .end = 0 };
		size_t line = 0, column = 0;
		const char *wrong;

		if (!text_equal(file->name, use->file))
			continue;
		while ((line != use->line || column != use->column) &&
		       render_scan_next(file, tag.end, &tag, &wrong))
			render_scan_place(file, tag.start, &line, &column);
		for (size_t at = tag.start; at-- > 0;)
			if (strchr("<>", file->bytes[at]))
				return file->bytes[at] == '<';
	}
	return false;
}

void
render_check_contexts(const struct render_file *files, size_t count,
    const char *root, struct complaints *complaints)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct look look = {
		.files = files, .count = count, .complaints = complaints
	};
	struct complaints again = { 0 };
	GM_BUF_AT_EXIT struct buf whole;

	buf_init(&whole, LARGEST);
	if (!text_ends(root, ".html"))
		return;
	buf_add_str(&whole, "{{%AUTOESCAPE context=\"HTML\"}}");
	for (size_t i = 0; i < count; i++)
		if (text_equal(files[i].name, root))
			render_scan_assemble(
			    files, count, &files[i], SIZE_MAX, &whole, &again);
	complaints_clear(&again);
	render_list_uses(arena, files, count, root, &look.uses);
	if (!render_shim_contexts(
		root, buf_str(&whole), whole.used, take_context, &look))
		return;
	for (size_t i = 0; i < look.uses.count; i++)
		if (look.uses.items[i].raw &&
		    is_in_tag(&look, &look.uses.items[i]))
			complain(&look, &look.uses.items[i],
			    "within a tag; HTML belongs between tags");
}
