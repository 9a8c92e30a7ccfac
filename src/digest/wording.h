#ifndef DIGEST_WORDING_H
#define DIGEST_WORDING_H

/*
 * Flat files of words: a key and a text each, in YAML. The words of each
 * language and the theme are kept so. Which keys there must be is a table of
 * the reader; nothing may be missing, nothing may be left over, so a mistyped
 * key is a complaint with file and line.
 */

#include "base/complaints.h"
#include "base/text.h"

/* Reads the file. `keys` has `count` names; *ret_values gets a text for each,
   in their order ("" where the file says so). Those of `later`
   (NULL-terminated, or NULL) came later than files that are still in use: where
   they are missing, they are "". Complaints: unknown keys with the nearest one,
   missing keys, values that are no text; then false. */
bool wording_read(struct arena *arena, const char *file, const char *bytes,
    size_t bytes_count, const char *const *keys, size_t count,
    const char *const *later, struct complaints *complaints,
    const char ***ret_values) GM_MUST_CHECK;

/* The line, from 1, on which the key of such a file stands; 0: on none. */
size_t wording_line(const char *bytes, const char *key);

/* The fields in braces that stand for something in the text of a key. */
struct wording_rule {
	const char *key;    /* "greeting_", "style_": all that begin so */
	const char *fields; /* "name office" */
};

/* Complains about fields that no rule has, for readers would see the braces,
   and about "months" that are not twelve. The file was read without complaints
   before. */
void wording_lint(struct arena *arena, const char *file, const char *bytes,
    size_t bytes_count, const struct wording_rule *rules, size_t count,
    struct complaints *complaints);

/* `text` with each "{name}" of `names` as the value beside it; other braces
   stay. Values are not read again. */
struct wording_field {
	const char *name; /* with its braces */
	const char *value;
};
char *wording_put(struct arena *arena, const char *text,
    const struct wording_field *fields, size_t count);

#endif
