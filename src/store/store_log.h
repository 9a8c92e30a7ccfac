#ifndef STORE_STORE_LOG_H
#define STORE_STORE_LOG_H

/*
 * What operators ask the delivery log and the queue: read-only, each call one
 * short query, so that nobody who writes ever waits for somebody who reads.
 * Callers that need several answers to agree put them between
 * store_begin_reading and store_rollback.
 */

#include "model/delivery.h"
#include "store/store.h"

/* Which lines; "" and 0 leave a field open. */
struct store_log_filter {
	const char *issue;
	const char *outcome; /* attempts that ended so */
	const char *state;  /* deliveries that are so now: their last attempt */
	bool untried;       /* with `state`: those without an attempt instead */
	const char *domain; /* in lower case */
	const char *address; /* the key: in lower case */
	int64_t since_ms;    /* attempts that ended then or later */
};

/* An attempt with whom it was for. Of an untried delivery: number, code and
   duration are 0, outcome is its state, text its reason, ended_ms when it was
   skipped, or else planned. */
struct store_log_line {
	int64_t id; /* of the attempt; of an untried delivery */
	int64_t ended_ms;
	int64_t duration_ms;
	const char *kind; /* of a notice; "" for a delivery */
	const char *issue;
	const char *address;
	int64_t number;
	const char *outcome;
	int code;
	const char *enhanced;
	const char *text;
	const char *relay;
	const char *tls;
	const char *message_id;
	const char *state;  /* of its delivery now; "" for a notice */
	const char *reason; /* why it is so; "" for most states */
};

/* Up to `limit` lines with an id above `after`, in the order of ids: that is
   the order in which they were written. */
bool store_log_page(struct arena *arena, struct store *store,
    const struct store_log_filter *filter, int64_t after, size_t limit,
    struct store_log_line **ret_lines, size_t *ret_count,
    struct err *err) GM_MUST_CHECK;

/* Where a page must begin (its `after`) to show the last `limit` lines, and
   how many lines there are then. */
bool store_log_tail(struct store *store, const struct store_log_filter *filter,
    int64_t limit, int64_t *ret_after, int64_t *ret_count,
    struct err *err) GM_MUST_CHECK;

/* Why deliveries of an issue are where they are: those of one state with the
   same code and enhanced code (of the last attempt) and reason. */
struct store_log_reason {
	enum delivery_state state; /* failed, expired, held, skipped; queued:
				      deferred */
	int code;
	const char *enhanced;
	const char *reason; /* the delivery's; "" when it has none */
	int64_t count;
	const char *address; /* an example */
	const char *text;    /* its reply; "" when nobody said anything */
};

/* By state, most frequent first. */
bool store_log_reasons(struct arena *arena, struct store *store,
    const char *issue, struct store_log_reason **ret_reasons, size_t *ret_count,
    struct err *err) GM_MUST_CHECK;

/* When deferred deliveries of an issue are due: soonest, latest; 0 when there
   are none. */
bool store_log_deferred(struct store *store, const char *issue,
    int64_t *ret_first_ms, int64_t *ret_last_ms, struct err *err) GM_MUST_CHECK;

/* A delivery that is not done with: held, leased, sending, or queued; or a
   notice. */
struct store_log_waiting {
	const char *kind; /* of a notice; "" for a delivery */
	const char *issue;
	const char *address;
	enum delivery_state state;
	int64_t attempts;
	int64_t next_ms; /* when it is due, of a queued one */
	int code;        /* of the last attempt */
	const char *enhanced;
	const char *text;
};

/* Of an issue ("": all): all notices, and of the deliveries what was tried or
   is in hand, at most `limit` rows: notices, then what is being sent, then
   leased, held, and queued by when it is due. *ret_total is how many there are.
 */
bool store_log_waiting(struct arena *arena, struct store *store,
    const char *issue, size_t limit, struct store_log_waiting **ret_rows,
    size_t *ret_count, int64_t *ret_total, struct err *err) GM_MUST_CHECK;

/* How much of what is not done with is for one domain. */
struct store_log_domain {
	const char *domain;
	int64_t fresh;    /* queued, never tried */
	int64_t deferred; /* queued after an attempt */
	int64_t in_hand;  /* leased, sending */
	int64_t held;
};

/* By how many there are, most first. */
bool store_log_domains(struct arena *arena, struct store *store,
    const char *issue, struct store_log_domain **ret_domains, size_t *ret_count,
    struct err *err) GM_MUST_CHECK;

#endif
