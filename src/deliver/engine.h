#ifndef DELIVER_ENGINE_H
#define DELIVER_ENGINE_H

/*
 * Inside deliver/: the parts of one run. A piece of work is one leased item on
 * its way: in stock, on a lane, or waiting to be settled. Lanes are the
 * connections that may be open, each with at most one piece of work.
 */

#include <sys/uio.h>

#include "base/loop.h"
#include "base/vec.h"
#include "deliver/deliver.h"
#include "digest/compose.h"
#include "smtp/smtp.h"

struct engine;

/* Items of one lease share its arena; freed with the last of them. */
struct engine_batch {
	struct arena *arena;
	size_t count;
};

struct engine_work {
	struct queue_item *item;
	struct engine_batch *batch;
	struct arena *arena; /* of the message */
	struct message message;
	struct queue_begin begin;
	int64_t started_ms;
};

struct engine_works {
	struct engine_work **items;
	size_t count;
	size_t room;
};

/* A relay as this run finds it. */
struct engine_relay {
	const struct relay *relay;
	int open;            /* lanes connecting or connected */
	int failures;        /* sessions that did not come about, in a row */
	int slowdowns;       /* MAIL put off, in a row */
	bool refused_mail;   /* refuses_us since a MAIL, not a session */
	int64_t try_mono_ms; /* no connection before */
	bool alarmed;
	bool met;        /* a session stood in this run */
	bool refuses_us; /* credentials or rights: an operator must act */
	char why[400];
};

struct engine_lane {
	struct engine *engine;
	struct engine_relay *relay; /* NULL: not open */
	struct smtp_conn *conn;
	bool ready;               /* a transaction may start */
	bool quitting;            /* leaves when its transaction is over */
	bool begun;               /* the body was given */
	struct engine_work *work; /* NULL: idle */
};

/* A result that waits for its commit, with copies of what smtp/ owns. */
struct engine_result {
	struct engine_work *work;
	struct verdict verdict;
	bool uncounted;
	int64_t ended_ms;
	char relay[272];
	char tls[16];
};

struct engine {
	const struct deliver_options *options;
	const struct site *site;
	struct loop *loop;
	struct smtp_pool *pool;
	struct queue *queue;
	struct mail_room *mail_room;
	struct pacer *pacer;
	struct engine_relay *relays;
	size_t relay_count;
	struct engine_lane *lanes;
	size_t lane_count;
	struct engine_works stock; /* leased, not yet on a lane */
	GM_VEC(struct engine_result) results;
	GM_VEC(struct engine_lane *)
	begins;                 /* lanes whose work waits for
				   its begin */
	int64_t mailing;        /* as queue_lease takes it */
	int64_t pass_ms;        /* what is due later is not of this pass */
	int signals;            /* how many asked us to stop */
	int64_t lease_mono_ms;  /* no lease before */
	int64_t notice_mono_ms; /* no look for notices before, stock being full
				 */
	int64_t recover_mono_ms;
	int64_t commit_mono_ms; /* no commit before: the store is in trouble */
	bool store_alarmed;
	struct deliver_tally tally;
	char stopped[512];
	struct err fault; /* why no message of some mailing can be made */
};

/* deliver.c: what is due by this moment belongs to the run. */
int64_t deliver_due_ms(const struct engine *engine);

/* engine_lane.c: connections and what happens on them. */
void engine_lanes_open(struct engine *engine);
void engine_lanes_assign(struct engine *engine);
void engine_lanes_quit_idle(struct engine *engine);
void engine_lanes_abort(struct engine *engine);
bool engine_lanes_busy(const struct engine *engine);

/* The lane's begin was decided: the body goes; or the envelope is taken back
   and the work is the caller's again. */
void engine_lane_go(struct engine_lane *lane);
struct engine_work *engine_lane_withdraw(struct engine_lane *lane);

/* True when a relay may be tried now. */
bool engine_lanes_may_try(const struct engine *engine);

/* True when no relay takes mail from us, as far as we know. */
bool engine_lanes_hopeless(const struct engine *engine);

/* engine_commit.c: the group commit. False only when the store cannot be used
   any more. */
bool engine_commit(struct engine *engine, struct err *err) GM_MUST_CHECK;

/* Nothing can be recorded (or read) now: nothing is sent until it can.
   Envelopes that ride ahead are taken back; results are kept. False, with
   `err`, for errors that do not pass by themselves. */
bool engine_hold_on(struct engine *engine, const struct err *why,
    struct err *err) GM_MUST_CHECK;

/* Adds a result for the lane's work, which leaves the lane. */
void engine_result_add(struct engine *engine, struct engine_work *work,
    const struct verdict *verdict, bool uncounted, const char *relay,
    const char *tls);

/* Notes an alarm in the store and the log, or clears it. */
void engine_alarm(struct engine *engine, const char *kind, const char *subject,
    const char *text);
void engine_alarm_clear(
    struct engine *engine, const char *kind, const char *subject);

/* Clears alarms about relays that the site does not have any more. */
void engine_alarm_prune(struct engine *engine);

/* engine_stock.c: leased work that waits for a lane. */
bool engine_stock_recover(struct engine *engine, struct err *err) GM_MUST_CHECK;
bool engine_stock_fill(struct engine *engine, struct err *err) GM_MUST_CHECK;
void engine_stock_return(struct engine *engine, struct engine_work *work);
bool engine_stock_release(struct engine *engine, struct err *err) GM_MUST_CHECK;
void engine_work_free(struct engine_work *work);

#endif
