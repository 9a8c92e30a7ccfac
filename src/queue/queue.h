#ifndef QUEUE_QUEUE_H
#define QUEUE_QUEUE_H

/*
 * The durable queue: who must still get what, who is at it, what became of
 * each try. A runner opens the queue, leases deliveries, and in one commit
 * after the other settles the results that came in and begins the next.
 *
 *             lease              begin               settle(sent)
 *  QUEUED ------------> LEASED ---------> SENDING ----------------> SENT
 *    ^  ^                | | |              | | |   settle(failed)
 *    |  +---- recover ---+ | +-- failed ----|-|-+----------------> FAILED
 *    |                     |                | |
 *    +------ settle(deferred) --------------+ +-- settle(unknown), recover
 *                                                     |
 *                            QUEUED (resend) | HELD (hold) <- UNKNOWN
 *
 * Unsubscribed, suppressed and cancelled rows leave QUEUED and LEASED for
 * SKIPPED; what was tried for too long is EXPIRED.
 *
 * The promises, and the tests that prove them:
 *
 *  1. At most one delivery exists per (mailing, subscriber), and no subscriber
 *     gets one issue by two mailings.
 *       unit/test_queue: planned_once, planned_once_by_two_processes
 *  2. Before the first byte of a message that could let a server accept it is
 *     offered to the socket, its row is durably SENDING. So a QUEUED or LEASED
 *     row without an `unknown` attempt was certainly not accepted by anyone.
 *       fault/test_begun: begun_before_the_first_byte
 *       crash/test_steps: every_step (kill -9)
 *       fault/test_faults: faults (power failure, among others)
 *  3. Every move that a reply drives is made in the transaction that writes
 *     its attempt.
 *       unit/test_queue: one_commit, one_commit_killed
 *       unit/test_queue_settle: outcomes
 *  4. Consent, suppression, pause and cancel are read when leasing, and again
 *     in the transaction that begins, which compares and sets (LEASED, runner,
 *     generation).
 *       unit/test_queue: refusals, refusals_when_leasing
 *  5. The Message-ID is a function of (mailing, subscriber, site key), and
 *     every attempt of a delivery has the same bytes.
 *       scenario/test_send: same_bytes
 *  6. At any moment at most `max_unknown` rows of the whole store are SENDING.
 *       unit/test_queue: max_unknown, max_unknown_of_processes
 *       crash/test_kill: kills
 *  7. What cannot be recorded is not sent.
 *       scenario/test_disk: disk_full
 *       fault/test_faults: faults
 *  8. The books balance: planned = sent + failed + expired + skipped + held +
 *     (queued + leased + sending).
 *       unit/test_queue_books: books_resend, books_hold
 *
 * Each runner holds a lock on state/runners/NAME for life; on one host only a
 * released lock proves its death: never the clock, never a heartbeat.
 *       crash/test_runners: slow_but_living, stopped_but_living
 *       crash/test_runners: death_seen_by_the_next
 *
 * Exactly-once is impossible in SMTP (RFC 1047).
 */

#include "base/arena.h"
#include "model/backoff.h"
#include "model/breaker.h"
#include "model/outcome.h"
#include "store/store_delivery.h"

struct queue;

struct queue_rules {
	struct backoff retry;
	struct breaker breaker;
	bool hold_unknown; /* else such rows are sent again */
	int max_unknown;
};

/* A delivery or notice in the hands of this runner. Copied into the arena of
   queue_lease. */
struct queue_item {
	struct store_delivery row; /* as leased: state, runner, generation */
};

/* A result of smtp/ for an item that is SENDING; or the failure of one that
   could not even be composed and is LEASED. */
struct queue_settle {
	const struct queue_item *item;
	struct verdict verdict;
	bool uncounted; /* nothing was said or done (an idle connection was
			   closed): back to QUEUED, due at once, no attempt */
	int64_t started_ms;
	int64_t ended_ms;
	const char *relay;
	const char *tls;

	/* Of the bytes that were composed; NULL: as the row has them. */
	const char *message_id;
	const unsigned char *sha256;
};

enum queue_begun {
	QUEUE_BEGUN,   /* durably SENDING: the body may go */
	QUEUE_WAIT,    /* max_unknown rows are SENDING (one place is a
			  waiting notice's): ask again later */
	QUEUE_REFUSED, /* consent, pause, cancel: not ours any more */
};

/* An item whose message is composed and about to be offered. */
struct queue_begin {
	struct queue_item *item;
	int64_t dated_ms; /* its Date; kept from the first begin on */
	unsigned char sha256[32];
	const char *message_id;
	enum queue_begun begun; /* out; the item's row is brought up to date */
};

struct queue_recovered {
	size_t runners; /* dead ones found */
	size_t leased;  /* rows given back */
	size_t unknown; /* rows that were SENDING */
};

/* Registers this process as a runner ("send", "deliver"): takes its lock,
   then writes its row, then recovers what the dead left. `state_folder` must
   exist. */
bool queue_open(struct store *store, const char *state_folder, const char *kind,
    const struct queue_rules *rules, struct queue **ret_queue,
    struct err *err) GM_MUST_CHECK;

/* Gives back what is still leased, notes as in doubt what is SENDING still,
   ends the runner, frees. What cannot be written is left to recovery. NULL is
   allowed. */
void queue_close(struct queue *queue);

/* Finds runners whose lock is free: their LEASED rows become QUEUED, their
   SENDING rows UNKNOWN with an attempt in the log, then what the rules say.
   Cheap when nobody died. */
bool queue_recover(struct queue *queue, struct queue_recovered *ret_found,
    struct err *err) GM_MUST_CHECK;

struct queue_want {
	int64_t mailing; /* 0: all active ones; -1: none, notices alone */
	int64_t due_ms;  /* what is due by then: now, or the start of a pass */
	size_t limit;

	/* Which addresses are of use now; NULL: all. The rows of others are
	   passed over, unharmed; `sweep` (beginning as 0) remembers how far,
	   so that the next lease goes on behind them. Called from the thread
	   that leases. */
	bool (*wants)(void *context, const char *address);
	void *context;
	struct queue_sweep *sweep;
};

/* One way through the due rows, over several leases. It begins anew when it
   has come to the end, and as long as nothing was passed over. */
struct queue_sweep {
	int64_t mailing; /* where it is; 0: at the beginning */
	int64_t next_ms, id;
	size_t passed; /* rows, since the beginning */
	bool ended;    /* the last lease came to the end … */
	size_t left;   /* … having passed over so many rows in all */
};

/* Leases what is wanted, notices first in any case, in id order. Rows that
   consent or suppression forbids become SKIPPED on the way. */
bool queue_lease(struct queue *queue, struct arena *arena,
    const struct queue_want *want, struct queue_item ***ret_items,
    size_t *ret_count, struct err *err) GM_MUST_CHECK;

/* The group commit: settles, then begins, in one transaction. When it fails
   nothing was settled or begun, and the items are as they were (`begun` means
   nothing then): keep the results and call again later. Without any of
   either it asks whether the store can be written, by writing. */
bool queue_commit(struct queue *queue, const struct queue_settle *settles,
    size_t settle_count, struct queue_begin *begins, size_t begin_count,
    struct err *err) GM_MUST_CHECK;

/* Gives leased items back unharmed. */
bool queue_release(struct queue *queue, struct queue_item *const *items,
    size_t count, struct err *err) GM_MUST_CHECK;

/* What there is to do for this mailing (0: all; -1: notices), `due` meaning by
   `due_ms`. */
bool queue_waiting(struct queue *queue, int64_t mailing, int64_t due_ms,
    struct store_waiting *ret, struct err *err) GM_MUST_CHECK;

/* True when another process that lives is a runner of `kind` (NULL: any). */
bool queue_other_lives(struct store *store, const char *state_folder,
    const char *kind, bool *ret_lives, struct err *err) GM_MUST_CHECK;

/* For raising alarms and reading while the queue is open. */
struct store *queue_store(struct queue *queue);

#endif
