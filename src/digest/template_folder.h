#ifndef DIGEST_TEMPLATE_FOLDER_H
#define DIGEST_TEMPLATE_FOLDER_H

/*
 * The folder templates/ as a site has it: the files that came with the
 * program, each beside the site's own of the same name, for who judges what
 * the site made of them.
 */

#include "config/site.h"
#include "render/render.h"

struct template_file {
	const char *name;    /* "story.html" */
	const char *bytes;   /* the site's own, else the shipped ones */
	const char *shipped; /* NULL: no such file came with the program */
	size_t count, shipped_count;
	bool own;
	bool is_folder; /* nothing in it is read */
};

struct template_folder {
	struct template_file *items; /* by name */
	size_t count;
};

/* What is made of the files; their names tell. */
enum template_family {
	TEMPLATE_DIGEST,
	TEMPLATE_CONFIRM, /* confirm.… */
	TEMPLATE_ARCHIVE, /* archive_… */
	TEMPLATE_PREVIEW, /* preview_… */
};

enum template_family template_folder_family(const char *name);

/* Reads the files of both folders, but for an editor's copies ("story.html~").
   The site need not have one. Lives in `arena`. */
bool template_folder_read(struct arena *arena, const struct site *site,
    struct template_folder *ret_folder, struct err *err) GM_MUST_CHECK;

/* NULL when there is none of that name. */
const struct template_file *template_folder_find(
    const struct template_folder *folder, const char *name);

/* The files of a family as they count, or as they were shipped. */
struct render_file *template_folder_pick(struct arena *arena,
    const struct template_folder *folder, enum template_family family,
    bool shipped, size_t *ret_count);

#endif
