#ifndef STORE_STORE_WORDING_H
#define STORE_STORE_WORDING_H

/*
 * What people were shown when they agreed: the text of a form, a page or a
 * paper, under a name, in a language. Texts are never changed: a new one of the
 * same name and language takes the place of the one before, from a moment on,
 * and consent goes on referring to what was shown then.
 */

#include "model/subscriber.h"
#include "store/store_history.h"

struct store_wording {
	int64_t id;
	const char *name;
	enum language language;
	const char *text;
	unsigned char sha256[STORE_SHA256_BYTES]; /* of the text */
	int64_t from_ms;
	int64_t to_ms; /* 0: in use */
};

struct store_wordings {
	struct store_wording *items; /* by name, language and age */
	size_t count;
};

bool store_wording_list(struct arena *arena, struct store *store,
    struct store_wordings *ret_list, struct err *err) GM_MUST_CHECK;

/* The version of that name and language that is in use; NULL: none. */
bool store_wording_current(struct arena *arena, struct store *store,
    const char *name, enum language language, struct store_wording **ret_row,
    struct err *err) GM_MUST_CHECK;

/* One version; NULL: none. */
bool store_wording_find(struct arena *arena, struct store *store, int64_t id,
    struct store_wording **ret_row, struct err *err) GM_MUST_CHECK;

/* Adds a version (id and to_ms are not looked at), which ends the one in use
   from from_ms on. Recorded (store_history.h) with the subject wording. */
bool store_wording_add(struct store *store, const struct store_wording *row,
    int64_t *ret_id, struct err *err) GM_MUST_CHECK;

#endif
