#ifndef PEOPLE_PEOPLE_ERASE_H
#define PEOPLE_PEOPLE_ERASE_H

/*
 * Erasing a person, and keeping an erased address out. What stays of the
 * address is HMAC-SHA-256 under a site key over the purpose and the normalised
 * address (secret_mac), with the number of the key: enough to recognise the
 * address when an import brings it, and useless without the key file. When the
 * key is rotated older hashes go on holding, for the old keys stay; they cannot
 * be made anew, as the address is gone. The same hash is the pseudonym under
 * which consent stays on record ("hmac-KEY:BASE32"), so that consent can still
 * be proved to somebody who names the address.
 */

#include "people/people.h"
#include "store/store_erasure.h"

/* The erased addresses. */
struct people_barrier;

/* As they are now. Costs nothing and needs no key while nobody was erased.
   Errors: ERR_NO_INPUT, ERR_CONFIG (a key is gone), those of the store. */
bool people_barrier_open(struct store *store,
    const struct people_author *author, struct people_barrier **ret_barrier,
    struct err *err) GM_MUST_CHECK;
void people_barrier_free(struct people_barrier *barrier); /* NULL is allowed */

/* The entry of a normalised address; NULL: it was not erased. */
const struct store_erasure *people_barrier_find(
    const struct people_barrier *barrier, const char *address_key);

/* Refuses (ERR_DATA) an address that was erased, saying what to do. */
bool people_barrier_check(struct store *store,
    const struct people_author *author, const char *address_key,
    struct err *err) GM_MUST_CHECK;

/* What an erasure did. Texts are in the arena. */
struct people_erased {
	bool again;              /* it was erased before */
	int64_t skipped;         /* mails that waited */
	struct text_list traces; /* what must not be found anywhere now */
};

/* Takes everything held about an address out of the store, whether it is a
   subscriber's or not, and skips its mails that are not on the wire (reason
   `erased`). Done again it does nothing, but says what must not be found.
   ERR_NO_USER when nothing is held. What lies outside the rows of the store is
   the caller's to clear: store_clear_log, store_rewrite, files. */
bool people_erase(struct arena *arena, struct store *store, const char *address,
    const struct people_author *author, struct people_erased *ret_erased,
    struct err *err) GM_MUST_CHECK;

#endif
