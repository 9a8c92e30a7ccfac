#ifndef RENDER_RENDER_H
#define RENDER_RENDER_H

/*
 * Templates and dictionaries: a C face over ctemplate, the only C++ of the
 * program. A set of templates is built from memory, checked whole and frozen;
 * after that any number of threads may expand it, each with a dictionary of
 * its own. No exception passes this header.
 *
 * Templates may use {{MARKER}}, {{#SECTION}}...{{/SECTION}}, {{>INCLUDE}} and
 * {{! comment }}. An include's name in lower case, with the ending of the file
 * that includes it, is the file it means ({{>STORY}} in digest.html:
 * story.html); its text is put in as if it had been written there. A line
 * with nothing but one section, include or comment marker leaves no line
 * behind. Files that end in ".html" are escaped for the context in which a
 * marker stands (text, attribute, URL, style, script); others, such as ".txt",
 * are written as they are.
 */

#include "base/arena.h"
#include "base/buf.h"
#include "base/complaints.h"

struct render;
struct render_dict;

/* One template in memory. */
struct render_file {
	const char *name;  /* "digest.html" */
	const char *bytes; /* UTF-8 */
	size_t count;
};

enum render_kind {
	RENDER_TEXT,    /* escaped where it stands in HTML */
	RENDER_HTML,    /* safe HTML already; written {{NAME:none}} */
	RENDER_SECTION, /* {{#NAME}} … {{/NAME}} */
};

/* A marker that templates may use. */
struct render_marker {
	const char *name;
	enum render_kind kind;
};

/* Builds and freezes the set. All complaints ("story.html:12: unknown marker
   'TITEL' (did you mean 'TITLE'?)") come as one error, the first one with the
   number of the others. Refused too: modifiers, changed delimiters, pragmas,
   includes of files that are not in the set or that lead back to themselves,
   sections that do not nest, text that is not UTF-8. */
bool render_new(const struct render_file *files, size_t count,
    const struct render_marker *known, size_t known_count, struct render **ret,
    struct err *err) GM_MUST_CHECK;
void render_free(struct render *render);

/* Complains of all that render_new would refuse, with its places. */
void render_check(const struct render_file *files, size_t count,
    const struct render_marker *known, size_t known_count,
    struct complaints *complaints);

/* Complains of markers of `root` and its includes that are made harmless where
   they stand, and unreadable with it: in scripts, in attributes without quotes,
   as names. Complains of HTML within a tag, which nothing makes harmless. For
   sets that render_check has no complaint about. */
void render_check_contexts(const struct render_file *files, size_t count,
    const char *root, struct complaints *complaints);

/* One {{…}} of a template or of what it includes. */
struct render_use {
	const char *name;
	char kind;           /* '#', '/', '>'; 0: a marker */
	bool raw;            /* it is HTML */
	const char *file;    /* in which it stands */
	size_t line, column; /* from 1 */
	size_t via;    /* the include that it came by, the innermost section */
	size_t inside; /* around it: their numbers here, from 1; 0: none */
};

struct render_uses {
	struct render_use *items;
	size_t count;
};

/* Lists what `root` and its includes hold, in the order in which they stand in
   the whole. What render_check complains about is passed over. Lives in
   `arena`, but for the names of files. */
void render_list_uses(struct arena *arena, const struct render_file *files,
    size_t count, const char *root, struct render_uses *ret_uses);

/* True when the set has the file. */
bool render_has(const struct render *render, const char *name);

/* True when the file, with what it includes, has the section: else what is set
   in it is not looked at. */
bool render_shows(
    const struct render *render, const char *name, const char *section);

struct render_dict *render_dict_new(void);

/* Frees the dictionary and all that hangs below it. NULL is allowed. */
void render_dict_free(struct render_dict *dict);

/* Sets a marker. `value` is copied. A marker that is not set is empty. */
void render_dict_set(
    struct render_dict *dict, const char *name, const char *value);

/* Adds one round of a section; markers not set in it are looked up in `dict`.
   Owned by `dict`. */
struct render_dict *render_dict_section(
    struct render_dict *dict, const char *name);

/* Shows a section once, with the markers of `dict` itself. */
void render_dict_show(struct render_dict *dict, const char *name);

/* Appends the expansion of a file. Errors: ERR_SOFTWARE (the set lacks the
   file), ERR_DATA (the buffer's ceiling). Thread-safe, one dictionary per
   thread. */
bool render_expand(const struct render *render, const char *file,
    const struct render_dict *dict, struct buf *out,
    struct err *err) GM_MUST_CHECK;

#endif
