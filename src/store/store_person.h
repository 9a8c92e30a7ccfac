#ifndef STORE_STORE_PERSON_H
#define STORE_STORE_PERSON_H

/*
 * All that the store holds about one person: to hand it out, and to take it
 * out. Both are driven by one list of tables and their columns, so that what
 * is handed out is what would be erased; a test holds the list against the
 * schema, so that no table and no column is forgotten.
 */

#include "store/store_history.h"

struct store_person {
	int64_t subscriber;      /* 0: an address that is no subscriber's */
	const char *address_key; /* normalised; not "" */
	const char *name;        /* "" when it is not known */
	bool only_theirs;        /* leaves rows of others that name the address
				    unread, which for many would take long */
};

enum { STORE_PERSON_SCRUBBED = 10 };

/* A table, and what becomes of its columns when a person is erased. */
struct store_person_table {
	const char *name;
	const char *where;  /* rows that are about the person, or that their
			       rows refer to; NULL: none ever is */
	const char *naming; /* rows of others in which the address stands: not
			       to be handed out, but scrubbed; NULL: none */
	const char *order;
	const char *kept; /* columns, separated by blanks */
	struct {
		const char *column;
		const char *becomes;
	} scrubbed[STORE_PERSON_SCRUBBED];
	const char *deleted; /* rows that go as a whole; NULL: none */
	bool sealed;         /* is erased by store_history.h */
};

/* In the order of the export; ended by a row without a name. */
extern const struct store_person_table store_person_tables[];

struct store_person_value {
	const char *column;
	enum { STORE_NULL, STORE_NUMBER, STORE_TEXT, STORE_BYTES } kind;
	int64_t number;
	const char *text;
	const void *bytes;
	size_t count; /* of the bytes */
};

/* One row, valid during the call only. Ends the walk by returning false with
   `err` set. */
typedef bool store_person_each_fn(const char *table,
    const struct store_person_value *values, size_t count, void *context,
    struct err *err);

/* Calls `each` for every row about the person, table by table, always in the
   same order. */
bool store_person_each(struct store *store, const struct store_person *person,
    store_person_each_fn *each, void *context, struct err *err) GM_MUST_CHECK;

/* Takes all of it out, and the address out of the rows of others (which means
   to look through all attempts and changes), within a transaction of
   store_begin_as. What stays of a subscriber is a row with the state `erased`
   and the address "erased:ID", for the books: each delivery and attempt with
   its times, states and codes. Consent stays under `pseudonym`. Deliveries and
   notices that are not on the wire must have been skipped; those that are will
   be by whoever settles them, for their address is "". The history records
   nothing but the state. */
bool store_person_erase(struct store *store, const struct store_person *person,
    const char *pseudonym, struct err *err) GM_MUST_CHECK;

/* Notices to the address that are not on the wire become skipped. */
bool store_person_skip_notices(struct store *store, const char *address_key,
    int64_t *ret_count, struct err *err) GM_MUST_CHECK;

#endif
