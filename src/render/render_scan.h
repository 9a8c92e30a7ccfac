#ifndef RENDER_RENDER_SCAN_H
#define RENDER_RENDER_SCAN_H

/* Templates read before ctemplate sees them, for what it does not tell:
   unknown markers, files and lines. Inside this room only. */

#include "base/complaints.h"
#include "render/render.h"

enum {
	RENDER_SCAN_NAME = 60,    /* bytes of the longest name */
	RENDER_SCAN_INCLUDES = 8, /* in each other */
};

/* One {{…}} of a file. */
struct render_tag {
	size_t start, end; /* bytes of the file; end lies behind }} */
	char kind;         /* '#', '/', '>', '!', or 0 for a marker */
	char name[RENDER_SCAN_NAME + 1];
	bool raw; /* ":none" stands behind the name */
};

/* Finds the next tag from byte `at`; false when there is none. `*ret_wrong`
   says what is wrong with it, NULL: nothing. */
bool render_scan_next(const struct render_file *file, size_t at,
    struct render_tag *ret_tag, const char **ret_wrong);

/* Line and column of a byte of the file. */
void render_scan_place(const struct render_file *file, size_t at,
    size_t *ret_line, size_t *ret_column);

/* The file that an include in `from` means; NULL when the set lacks it. */
const struct render_file *render_scan_included(const struct render_file *files,
    size_t count, const struct render_file *from, const char *name);

/* Complains about the markers of one file and about text that is not clean
   UTF-8. */
void render_scan_check(const struct render_file *file,
    const struct render_marker *known, size_t known_count,
    struct complaints *complaints);

/* Appends the file with its includes put in; of its markers only the first
   `markers` are put in, for the others stands an x. Complains about includes
   that are not in the set or that lead back to themselves. */
void render_scan_assemble(const struct render_file *files, size_t count,
    const struct render_file *file, size_t markers, struct buf *out,
    struct complaints *complaints);

#endif
