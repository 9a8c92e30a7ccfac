#include <string.h>

#include "base/text.h"
#include "base/vec.h"
#include "render/render.h"
#include "render/render_scan.h"

/* Includes that lead back multiply. */
enum { MOST_USES = 100 * 1000 };

struct listing {
	struct arena *arena;
	const struct render_file *files;
	size_t count;
	GM_VEC(struct render_use) uses;
	size_t inside; /* the section that is open, by number; 0: none */
};

/* Follows which section is open. */
static void
follow(struct listing *listing, const struct render_tag *tag)
{
	if (tag->kind == '#')
		listing->inside = listing->uses.count;
	else if (tag->kind == '/' && listing->inside > 0)
		listing->inside =
		    listing->uses.items[listing->inside - 1].inside;
}

static void
list_file(struct listing *listing, const struct render_file *file, size_t via,
    size_t depth)
{
	struct render_tag tag;
	const char *wrong;

	for (size_t at = 0; listing->uses.count < MOST_USES &&
			    render_scan_next(file, at, &tag, &wrong);
	     at = tag.end) {
		struct render_use use = {
			.kind = tag.kind,
			.raw = tag.raw,
			.file = file->name,
			.via = via,
			.inside = listing->inside,
		};
		const struct render_file *included;

		if (wrong || tag.kind == '!')
			continue;
		use.name = arena_strdup(listing->arena, tag.name);
		render_scan_place(file, tag.start, &use.line, &use.column);
		vec_push(&listing->uses, use);
		follow(listing, &tag);
		if (tag.kind != '>' || depth == RENDER_SCAN_INCLUDES)
			continue;
		included = render_scan_included(
		    listing->files, listing->count, file, tag.name);
		if (included)
			list_file(
			    listing, included, listing->uses.count, depth + 1);
	}
}

void
render_list_uses(struct arena *arena, const struct render_file *files,
    size_t count, const char *root, struct render_uses *ret_uses)
{
	struct listing listing = {
		.arena = arena, .files = files, .count = count
	};

	for (size_t i = 0; i < count; i++)
		if (text_equal(files[i].name, root))
			list_file(&listing, &files[i], 0, 0);
	ret_uses->count = listing.uses.count;
	ret_uses->items = arena_copy(arena, listing.uses.items,
	    listing.uses.count * sizeof(*listing.uses.items));
	vec_clear(&listing.uses);
}
