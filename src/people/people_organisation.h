#ifndef PEOPLE_PEOPLE_ORGANISATION_H
#define PEOPLE_PEOPLE_ORGANISATION_H

/*
 * Changes of organisations and of the municipalities they lie in: contacts,
 * segments and later imports follow.
 */

#include "model/municipality.h"
#include "people/people.h"
#include "store/store_organisation.h"

/* Finds an organisation by its id or its name, the latter at `municipality`
   alone where that is not NULL. ERR_NO_INPUT when there is none, with the
   nearest; ERR_USAGE when there are several, with their ids. */
bool people_find_organisation(struct arena *arena, struct store *store,
    const char *text, const char *municipality,
    struct store_organisation **ret_row, struct err *err) GM_MUST_CHECK;

/* What followed. */
struct people_move {
	int64_t contacts;
	struct text_list segments; /* whose expressions were changed */
};

/* Gives an organisation another name; ERR_DATA when there is one of that name
   at the same municipality. */
bool people_rename_organisation(struct arena *arena, struct store *store,
    const struct store_organisation *row, const char *name,
    const struct people_author *author, struct people_move *ret_move,
    struct err *err) GM_MUST_CHECK;

/* Moves the contacts of `from` to `into`, with the municipality of that. */
bool people_merge_organisations(struct arena *arena, struct store *store,
    const struct store_organisation *from,
    const struct store_organisation *into, const struct people_author *author,
    struct people_move *ret_move, struct err *err) GM_MUST_CHECK;

struct people_merger {
	char code[MUNICIPALITY_CODE_BYTES];
	char into[MUNICIPALITY_CODE_BYTES];
	bool registered; /* `into` is in the register */
	int64_t contacts;
};

/* Moves the contacts of a municipality, by its code, to the one that it is
   part of now, and remembers that: an import that names the old code means the
   new one. ERR_DATA for codes that do not hold, for prefectures, and where one
   of the two was merged already. */
bool people_merge_municipalities(struct store *store, const char *old,
    const char *into, const struct people_author *author,
    struct people_merger *ret_merger, struct err *err) GM_MUST_CHECK;

#endif
