#ifndef STORE_STORE_H
#define STORE_STORE_H

/*
 * The store: all that outlives a process, and all SQL. This header opens it
 * and frames transactions; the nouns have a header each (store_subscriber.h,
 * store_mailing.h, store_delivery.h, …). What floors above decide, the store
 * only writes down; nobody above knows a database.
 *
 * Functions of the nouns that write must run within store_begin …
 * store_commit unless they say otherwise, so that a caller can make several
 * of them one step. One store per thread.
 */

#include <stdint.h>

#include "base/arena.h"

struct db;
struct store;
struct store_pen;

/* Opens the store of `url` ("sqlite:state/glocal-mail.db", relative to
   `folder`) and migrates it as needed. The lock file stands beside the
   database. Errors: ERR_CONFIG (unknown kind of store, newer schema), and
   those of the database: ERR_NO_INPUT (missing or empty), ERR_IO (disk full,
   I/O), ERR_NO_PERM (read-only), ERR_DATA (damaged), ERR_TEMP (locked by a
   foreign tool). */
bool store_open(const char *folder, const char *url, struct store **ret_store,
    struct err *err) GM_MUST_CHECK;

/* As store_open, but makes the store where there is none; for `init` alone. */
bool store_create(const char *folder, const char *url, struct store **ret_store,
    struct err *err) GM_MUST_CHECK;

/* A further handle on a store that is open in this process, for another thread
   that only reads: a few hundred KB, no migration. */
bool store_open_reader(const char *folder, const char *url,
    struct store **ret_store, struct err *err) GM_MUST_CHECK;

/* Whether there is a store to open: a database that is not empty. */
bool store_exists(const char *folder, const char *url);

/* Where there is no database at `to_url` yet, but one at `from_url`: moves it,
   for the site's owner wants it there, and makes the folder for it. Errors:
   ERR_TEMP (somebody uses it), ERR_CANT_CREATE (another file system, a folder
   that cannot be made), ERR_IO. */
bool store_move(const char *folder, const char *from_url, const char *to_url,
    bool *ret_moved, struct err *err) GM_MUST_CHECK;
void store_close(struct store *store); /* NULL is allowed */

/* One write transaction at a time in all processes of the site. */
bool store_begin(struct store *store, struct err *err) GM_MUST_CHECK;
bool store_commit(struct store *store, struct err *err) GM_MUST_CHECK;
void store_rollback(struct store *store);

/* A guard for the scope of a transaction: rolls back unless committed.
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = store; */
void store_rollback_at(struct store **variable);
#define GM_STORE_ROLLBACK_AT_EXIT __attribute__((cleanup(store_rollback_at)))

/* A consistent view for several reads; ended by store_rollback. */
bool store_begin_reading(struct store *store, struct err *err) GM_MUST_CHECK;

/* For much work in one transaction: how much of the database may stay in
   memory; 0: as usual. */
void store_use_memory(struct store *store, size_t bytes);

/* Looks the whole database through for damage. */
bool store_verify(struct store *store, struct err *err) GM_MUST_CHECK;

/* Leaves nothing of what was deleted on the disk: empties the log (false in
   *ret_cleared: somebody reads an older state and goes on; try again), and
   writes the database anew (db.h), for pages can hold copies of rows beside
   those that are there. Not within a transaction. */
bool store_clear_log(
    struct store *store, bool *ret_cleared, struct err *err) GM_MUST_CHECK;
bool store_rewrite(struct store *store, struct err *err) GM_MUST_CHECK;

/* For the files of this room alone: the database; the pen that writes history;
   ids that were looked up (store_memo.h); and how many rows are SENDING in the
   transaction that is open, below 0: not known. Who moves a row to or
   from SENDING keeps it right while it is known; it is forgotten by itself when
   a transaction is undone, and when somebody else has written. */
struct db *store_db(struct store *store);
struct store_pen *store_pen(struct store *store);
struct store_memo *store_memo(struct store *store);
int64_t *store_sending(struct store *store);

#endif
