#ifndef DELIVER_DELIVER_H
#define DELIVER_DELIVER_H

/*
 * The pipeline: leases deliveries, composes their messages, hands them to the
 * relays over as many connections as are allowed, and settles what came of it.
 *
 *	store thread        composing threads      thread of the loop
 *	queue_lease ------> compose, sign -------> stock
 *	                                           smtp_start (rides ahead)
 *	queue_commit <---------------------------- results, begins
 *	(settles + begins) ----------------------> smtp_body -> done: a result
 *
 * The results that came in while one commit was made, and the messages that
 * may begin, share the next. All that is on its way between the threads is
 * bounded by what was leased: a slow server makes the lease slow, nothing
 * grows. Promises 2 to 7 of queue/queue.h are kept here: a body is given to
 * smtp/ only after the commit that made its row SENDING; what cannot be
 * recorded is not sent.
 *
 * SIGINT and SIGTERM finish the messages in flight, settle them and return; a
 * second one leaves at once, and the next runner recovers. SIGHUP does the
 * same, or with `reload` reads the configuration anew: limits of pace, relays,
 * timeouts and the name in EHLO count from then on. All else, and the number
 * of connections beyond those at the start, wait for the next run.
 */

#include "config/site.h"
#include "queue/queue.h"
#include "secret/secret.h"
#include "sign/sign.h"

enum deliver_until {
	DELIVER_PASS,    /* nothing is left that was due at the start */
	DELIVER_DRAIN,   /* nothing is queued any more */
	DELIVER_FOREVER, /* a signal */
};

/* What this run has done; grows during the run. */
struct deliver_tally {
	int64_t by_outcome[OUTCOMES];
	int64_t refused; /* begins refused: unsubscribed, paused, cancelled */
	int connections; /* open now */
};

struct deliver_options {
	const struct site *site;
	struct store *store;
	const struct secret_keys *keys;
	const struct sign *sign; /* the site's DKIM keys */
	const char *kind;        /* of the runner: "send", "deliver" */
	int64_t mailing;         /* 0: all that are active */
	enum deliver_until until;
	bool notices_only; /* leave mailings alone (send --test) */

	/* Reads the site anew for SIGHUP; NULL: it cannot be used, which the
	   callee has told the operator. What it returned last, and before
	   that, stays valid until it returns another one. May be NULL. */
	const struct site *(*reload)(void *context);

	/* Called after each commit and about every half second; may be NULL.
	 */
	void (*progress)(const struct deliver_tally *tally, void *context);
	void *context;
};

struct deliver_result {
	struct deliver_tally tally;
	bool interrupted; /* by a signal */

	/* Not "": the run stopped because no relay takes mail from us; one
	   line for the operator. */
	char stopped[512];
};

/* Runs the pipeline. Errors are those of opening the queue, and of a store
   that cannot be used any more (damaged, not permitted); a full disk is waited
   for. ERR_CONFIG: a mailing needs a key that the site has no more; what was
   in hand is queued again. */
bool deliver_run(const struct deliver_options *options,
    struct deliver_result *ret_result, struct err *err) GM_MUST_CHECK;

#endif
