#ifndef STORE_STORE_DELIVERY_H
#define STORE_STORE_DELIVERY_H

/*
 * Deliveries, notices and the attempts at both. Rows as they stand, with what
 * decides about them (mailing, consent, suppression), and moves that compare
 * and set; which move is due is decided in queue/.
 */

#include "model/delivery.h"
#include "model/outcome.h"
#include "store/store.h"

/* A delivery or a notice, joined with all that a decision needs. Of a notice,
   mailing, subscriber and edition are 0 and nothing blocks it. */
struct store_delivery {
	bool is_notice;
	int64_t id;
	int64_t mailing;
	int64_t subscriber;
	int64_t edition; /* 0: none, skipped when planned */
	const char *issue;
	const char *address; /* "": erased, or purged */
	const char *name;
	const char *organisation;
	const char *department;
	enum delivery_state state;
	int64_t attempts;
	int64_t failures; /* in a row */
	int64_t next_ms;
	int64_t first_ms; /* 0: no attempt yet */
	int64_t runner;
	int64_t generation;
	int64_t begun_ms;
	int64_t dated_ms; /* 0: not fixed yet */
	bool has_sha256;
	unsigned char sha256[32];
	const char *message_id; /* "" before the first begin */
	const char *mail_from;  /* of a notice; else "" */

	/* What stands in the way now. */
	enum mailing_state mailing_state;
	bool mailing_open; /* this delivery may go, as far as the mailing
			      is concerned: planned, sending, or within its
			      limit */
	bool subscriber_active;
	bool suppressed;
};

/* Values for a new row, frozen by planning. */
struct store_delivery_plan {
	int64_t mailing;
	const char *issue;
	int64_t subscriber;
	int64_t edition; /* 0: skipped, for `reason` */
	const char *reason;
	const char *address;
	const char *name;
	const char *organisation;
	const char *department;
};

bool store_delivery_add(struct store *store,
    const struct store_delivery_plan *plan, int64_t *ret_id,
    struct err *err) GM_MUST_CHECK;

/* Which of the due rows are of use, and where to begin to look. */
struct store_delivery_sieve {
	bool (*wants)(void *context, const char *address);
	void *context;
	size_t look;         /* rows to look at, at most */
	bool begun;          /* in: only rows behind the next two; out: true */
	int64_t next_ms, id; /* of the last row that was looked at */
	size_t passed;       /* out: rows that were of no use */
	bool ended;          /* out: there were no more rows */
};

/* Adds rows many at a time, which is much cheaper: what is given is copied and
   written by and by, the rest by _flush. Within one transaction. */
struct store_delivery_batch;
struct store_delivery_batch *store_delivery_batch_new(struct store *store);
void store_delivery_batch_free(struct store_delivery_batch *batch);
bool store_delivery_batch_add(struct store_delivery_batch *batch,
    const struct store_delivery_plan *plan, struct err *err) GM_MUST_CHECK;
bool store_delivery_batch_flush(
    struct store_delivery_batch *batch, struct err *err) GM_MUST_CHECK;

/* Up to `limit` queued rows of a mailing that are due at `now`, soonest and
   then lowest id first; of mailing 0: notices. `sieve` NULL: all are of use;
   else not for notices. */
bool store_delivery_due(struct arena *arena, struct store *store,
    int64_t mailing, int64_t now, size_t limit,
    struct store_delivery_sieve *sieve, struct store_delivery **ret_rows,
    size_t *ret_count, struct err *err) GM_MUST_CHECK;

/* One row as it stands; *ret_found is false when there is none. */
bool store_delivery_read(struct arena *arena, struct store *store,
    bool is_notice, int64_t id, struct store_delivery *ret_row, bool *ret_found,
    struct err *err) GM_MUST_CHECK;

/* Rows that a runner holds, in a state (leased or sending), by id. */
bool store_delivery_held_by(struct arena *arena, struct store *store,
    int64_t runner, enum delivery_state state, struct store_delivery **ret_rows,
    size_t *ret_count, struct err *err) GM_MUST_CHECK;

/* Writes state, reason, attempts, failures, next_ms, first_ms, runner,
   generation, begun_ms, dated_ms, sha256 and message_id of `to` where the row
   still has the state, runner and generation of `from`. *ret_moved says
   whether it had. Asserts that the move is legal. */
bool store_delivery_move(struct store *store, const struct store_delivery *from,
    const struct store_delivery *to, const char *reason, bool *ret_moved,
    struct err *err) GM_MUST_CHECK;

/* A line of the delivery log. */
struct store_attempt {
	bool is_notice;
	int64_t delivery; /* or notice */
	int64_t number;
	int64_t started_ms;
	int64_t ended_ms;
	struct verdict verdict;
	const char *relay;
	const char *tls;
	int64_t runner;
	const char *message_id;
	const unsigned char *sha256; /* NULL: not known */
};

bool store_delivery_attempt(struct store *store,
    const struct store_attempt *attempt, struct err *err) GM_MUST_CHECK;

/* The three moves that every message makes, each one statement that compares
   and sets, without reading the row before. *ret_… says whether the row was
   what `row` says, and in the state it must be in.

   From QUEUED, as store_delivery_due gave them in this transaction, into the
   hands of a runner: the row and those of the next `count` - 1 ids, which must
   all have been given. Of notices one at a time. */
bool store_delivery_lease(struct store *store,
    const struct store_delivery *first, size_t count, int64_t runner,
    size_t *ret_leased, struct err *err) GM_MUST_CHECK;

struct store_begin {
	int64_t begun_ms;
	int64_t dated_ms;
	unsigned char sha256[32];
	const char *message_id;
};

/* From LEASED to SENDING, when nothing stands in the way: mailing, consent,
   suppression. Not for notices. */
bool store_delivery_begin(struct store *store, const struct store_delivery *row,
    const struct store_begin *begin, bool *ret_begun,
    struct err *err) GM_MUST_CHECK;

/* From SENDING to SENT, by the attempt after row->attempts, which is to be
   written in the same transaction. Not for notices, nor for who was erased. */
bool store_delivery_sent(struct store *store, const struct store_delivery *row,
    int64_t started_ms, bool *ret_sent, struct err *err) GM_MUST_CHECK;

/* Several attempts in their order, which is much cheaper. */
bool store_delivery_attempts(struct store *store,
    const struct store_attempt *attempts, size_t count,
    struct err *err) GM_MUST_CHECK;

/* Counts an attempt that makes no move (a late result), so that the next one
   gets a number of its own. */
bool store_delivery_count(struct store *store, const struct store_delivery *row,
    struct err *err) GM_MUST_CHECK;

/* Rows that are SENDING in the whole store. */
bool store_delivery_count_sending(
    struct store *store, int64_t *ret_count, struct err *err) GM_MUST_CHECK;

/* True when a notice is due that no server has been offered yet. */
bool store_delivery_notice_waits(struct store *store, int64_t now,
    bool *ret_waits, struct err *err) GM_MUST_CHECK;

/* True when the mailing has queued, leased or sending rows. */
bool store_delivery_any_open(struct store *store, int64_t mailing,
    bool *ret_any, struct err *err) GM_MUST_CHECK;

/* The id of the `count`-th queued or leased, never attempted row (the last one
   when there are fewer; 0 when there is none). */
bool store_delivery_nth_fresh(struct store *store, int64_t mailing,
    int64_t count, int64_t *ret_id, struct err *err) GM_MUST_CHECK;

/* Books of a mailing (promise 8), and what the operator wants beside them. */
struct store_books {
	int64_t planned;
	int64_t by_state[DELIVERY_STATES];
	int64_t unknown_attempts;
	int64_t deferred; /* queued after an attempt */
	int64_t next_ms;  /* soonest queued row; 0: none */
	int64_t attempts;
};

bool store_delivery_books(struct store *store, int64_t mailing,
    struct store_books *ret_books, struct err *err) GM_MUST_CHECK;

/* Of a mailing (0: all active ones and notices; -1: notices): rows due at
   `now`, the soonest later one (0: none), and rows leased or sending. */
struct store_waiting {
	bool due;
	int64_t next_ms;
	int64_t in_hand;
};

bool store_delivery_waiting(struct store *store, int64_t mailing, int64_t now,
    struct store_waiting *ret, struct err *err) GM_MUST_CHECK;

/* Moves for many rows at once. Queued and leased ones of a mailing to
   SKIPPED (those of a subscriber: store_subscriber_skip). */
bool store_delivery_skip_mailing(struct store *store, int64_t mailing,
    const char *reason, int64_t *ret_count, struct err *err) GM_MUST_CHECK;

/* Rows of a mailing in `from` (failed, expired, held) to `to` (queued at once,
   with fresh failures and first attempt, but for whom consent or suppression
   bars; or sent, from held). `address` NULL: all, else that one (by its
   key). */
bool store_delivery_retry(struct store *store, int64_t mailing,
    enum delivery_state from, enum delivery_state to, const char *address_key,
    int64_t now, int64_t *ret_count, struct err *err) GM_MUST_CHECK;

/* Counts those in `from` whom consent or suppression bars. */
bool store_delivery_barred(struct store *store, int64_t mailing,
    enum delivery_state from, const char *address_key, int64_t *ret_count,
    struct err *err) GM_MUST_CHECK;

/* Makes deferred rows due now. */
bool store_delivery_hurry(struct store *store, int64_t mailing,
    const char *address_key, int64_t now, int64_t *ret_count,
    struct err *err) GM_MUST_CHECK;

/* What waits in a mailing (0: the notices) until after `latest`: whether there
   is any, and making it due now. */
bool store_delivery_any_after(struct store *store, int64_t mailing,
    int64_t latest, bool *ret_any, struct err *err) GM_MUST_CHECK;
bool store_delivery_hasten(struct store *store, int64_t mailing, int64_t latest,
    int64_t now, struct err *err) GM_MUST_CHECK;

/* Of the latest `window` attempts of a mailing that ended for good, above the
   attempt `after`. */
struct store_outcomes {
	int64_t count;
	int64_t failed;
	int64_t refused; /* of the failed: for policy */
};

bool store_delivery_outcomes(struct store *store, int64_t mailing,
    int64_t after, int64_t window, struct store_outcomes *ret,
    struct err *err) GM_MUST_CHECK;

/* The id of the newest attempt of all; 0: none. */
bool store_delivery_last_attempt(
    struct store *store, int64_t *ret_id, struct err *err) GM_MUST_CHECK;

/* A notice, its bytes being in blob already. */
struct store_notice_plan {
	const char *kind;
	const char *issue;
	const char *address;
	const char *mail_from;
	const char *message_id;
	unsigned char sha256[32];
	int64_t now;
};

bool store_delivery_add_notice(struct store *store,
    const struct store_notice_plan *plan, int64_t *ret_id,
    struct err *err) GM_MUST_CHECK;

#endif
