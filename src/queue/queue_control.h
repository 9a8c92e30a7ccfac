#ifndef QUEUE_QUEUE_CONTROL_H
#define QUEUE_QUEUE_CONTROL_H

/*
 * What an operator does to the mailings of an issue. Each function is one
 * transaction over all mailings of the issue and takes effect at once: a
 * runner reads it in the very commit that would begin the next message
 * (promise 4). Unknown issues are ERR_NO_INPUT, requests that make no sense
 * for the state of things ERR_DATA, and change nothing.
 */

#include "store/store_delivery.h"

/* Stops leasing and beginning; messages being sent are finished. */
bool queue_control_pause(
    struct store *store, const char *issue, struct err *err) GM_MUST_CHECK;

/* Lifts an operator's pause (a limit set by `send --limit` stays). */
bool queue_control_resume(
    struct store *store, const char *issue, struct err *err) GM_MUST_CHECK;

/* Skips for good all that is not being sent. */
bool queue_control_cancel(struct store *store, const char *issue,
    int64_t *ret_skipped, struct err *err) GM_MUST_CHECK;

struct queue_retry {
	bool failed, expired, held; /* which states go back to the queue */
	bool deferred;              /* what waits for its time goes now */
	bool as_sent;               /* held ones are declared sent instead */
	const char *address_key;    /* NULL: all */
};

struct queue_retried {
	int64_t moved;
	int64_t barred; /* stay, for who must not be mailed: suppressed,
			   unsubscribed or removed */
};

bool queue_control_retry(struct store *store, const char *issue,
    const struct queue_retry *what, struct queue_retried *ret,
    struct err *err) GM_MUST_CHECK;

/* Lets the first `limit` deliveries of a mailing go and pauses it behind them;
   within the transaction that planned it, so that no runner is faster. */
bool queue_control_limit(struct store *store, int64_t mailing, int64_t limit,
    struct err *err) GM_MUST_CHECK;

/* Ends a mailing of which nothing is open any more; within the transaction
   that skipped the rest. */
bool queue_control_end(
    struct store *store, int64_t mailing, struct err *err) GM_MUST_CHECK;

/* For `send --at`: a mailing that is planned but has not begun starts at
   `start_ms`, or at another time than it was to. What has begun is ERR_DATA. */
bool queue_control_schedule(struct store *store, const char *issue,
    int64_t start_ms, struct err *err) GM_MUST_CHECK;

/* For `send`: starts now what was to start later; with `limit` > 0, lets that
   many further deliveries go and pauses behind them; with 0, lifts such a
   limit. An operator's pause is ERR_TEMP. */
bool queue_control_release(struct store *store, const char *issue,
    int64_t limit, struct err *err) GM_MUST_CHECK;

#endif
