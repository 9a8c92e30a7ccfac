#ifndef PEOPLE_PEOPLE_HISTORY_H
#define PEOPLE_PEOPLE_HISTORY_H

/*
 * The door to the history of contacts (store/store_history.h): what changes
 * contacts begins its transaction here, and all that it writes is recorded.
 */

#include "people/people.h"
#include "store/store_history.h"

/* The file that changes come from. */
struct people_source {
	const char *name;            /* as it was named */
	const unsigned char *sha256; /* NULL: not taken */
};

/* Begins a write transaction of this author; source: NULL when there is no
   file. Lines of it are told by store_history_line. What the arguments point
   at must stay valid until the transaction ends. */
bool people_begin(struct store *store, const struct people_author *author,
    const struct people_source *source, struct err *err) GM_MUST_CHECK;

/* Looks the whole history through (store_history_verify). */
bool people_history_verify(struct store *store,
    struct store_history_state *ret_state, struct err *err) GM_MUST_CHECK;

#endif
