#ifndef DELIVER_ENGINE_H
#define DELIVER_ENGINE_H

/*
 * Inside deliver/: the parts of one run. All of it belongs to the thread of
 * the loop; composers.h and committer.h say what the other threads do.
 *
 * A piece of work is one leased item on its way:
 *
 *	leased -> composed -> stock -> a lane's slot: said -> asked -> begun
 *	                                                                |
 *	                  settled by the next commit <- result <--------+
 *
 * Lanes are the connections that may be open. Each has slots, first in first
 * out, for the transactions under way: up to `depth` that are begun, and one
 * whose envelope rides ahead.
 */

#include <signal.h>

#include "base/loop.h"
#include "base/vec.h"
#include "deliver/committer.h"
#include "deliver/composers.h"
#include "deliver/deliver.h"
#include "deliver/herald.h"
#include "deliver/mail_room.h"
#include "deliver/pacer.h"
#include "deliver/putoff.h"
#include "deliver/relays.h"
#include "smtp/smtp.h"

struct engine;

/* Items of one lease share its arena; freed with the last of them. */
struct engine_batch {
	struct arena *arena;
	size_t count;
};

enum engine_stage {
	WORK_STOCK,   /* leased; composed, or about to be */
	WORK_SAID,    /* in a slot; its begin is not asked for */
	WORK_ASKED,   /* its begin is in the job that the committer has */
	WORK_BEGUN,   /* durably SENDING */
	WORK_REFUSED, /* not ours any more */
	WORK_ENDED,   /* its result waits for a commit */
};

struct engine_work {
	struct queue_item *item;
	struct engine_batch *batch;
	enum engine_stage stage;

	/* By engine_pace alone. */
	struct pacer_group *group; /* NULL: not known to the pacer */
	bool flying;               /* it may have gone, by the pacer */
	bool bound;                /* of a group that must not go all at once */
	int64_t taken_us;

	/* By the composers; no arena: not composed. */
	struct arena *arena; /* of the message */
	struct message message;
	struct mail_hold *hold;
	struct queue_begin begin;
	struct err fault; /* why there is no message */

	int64_t started_ms;
};

struct engine_works {
	struct engine_work **items;
	size_t count;
	size_t room;
};

/* A transaction on its lane. */
struct engine_slot {
	struct engine_work *work; /* NULL: it was taken away */
	bool withdrawn;           /* its body will not come */
};

struct engine_lane {
	struct engine *engine;
	struct relays_host *relay; /* NULL: not open */
	struct smtp_conn *conn;
	bool stood;                /* a session came about */
	bool ready;                /* it takes work */
	bool quitting;             /* takes nothing new */
	struct engine_slot *slots; /* a ring, engine->depth + 1 long */
	size_t first;
	size_t count;
	size_t fed;   /* slots that have their body, or never get it */
	int messages; /* that were started on it */
	struct pacer_conn carried;
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

struct engine_results {
	struct engine_result *items;
	size_t count;
	size_t room;
};

/* What the committer has of us. */
struct engine_job {
	struct commit_job commit;
	struct engine_results results;
	struct engine_works begins;
	struct queue_settle *settles; /* as long as the largest so far */
	size_t settle_room;
	struct queue_begin *begun;
	size_t begun_room;
};

/* An alarm that is over; the store did not take it down. */
struct engine_stay {
	const char *kind;
	char *subject;
};

struct engine {
	const struct deliver_options *options;
	const struct site *site; /* as it was read last */
	struct loop *loop;
	struct smtp_pool *pool;
	struct queue *queue; /* while the committer lives: its own */
	struct committer *committer;
	struct loop_watch *committer_watch;
	struct composers *composers;
	struct loop_watch *composers_watch;
	struct mail_room *mail_room;
	struct pacer *pacer;
	struct relays *relays;
	struct putoff putoff;
	struct engine_lane *lanes;
	size_t lane_count;
	size_t depth;              /* begun transactions a lane may have */
	struct engine_works stock; /* composed, not yet on a lane */
	size_t bound; /* works in stock or composed that wait for their group */
	struct engine_results results;
	size_t refusals; /* for policy, not committed yet */
	bool stale;      /* what the composers have goes back, too */
	struct engine_job job;
	struct queue_want want;   /* of the next job; limit 0: nothing */
	struct queue_sweep sweep; /* the committer's while it has a job */
	int64_t pace_mono_ms;     /* no look at the store's pace before */
	int64_t vain_mono_ms;     /* since when what is due cannot be leased */
	bool verified;            /* the store was looked through for that */
	bool swept; /* all that is due, and nothing has gone since, waits for
		       its group */
	int64_t mailing;   /* as queue_lease takes it */
	int64_t pass_ms;   /* what is due later is not of this pass */
	int signals;       /* how many asked us to stop */
	bool reload_asked; /* a signal asked for the configuration */
	int signal_fd;     /* signals arrive here while the run lasts */
	sigset_t signals_before;
	struct loop_watch *signal_watch;
	int64_t ask_mono_ms;    /* no begin before: there were no places */
	int64_t lease_mono_ms;  /* no lease before */
	int64_t notice_mono_ms; /* no look for notices before, stock being full
				 */
	int64_t gather_mono_ms; /* no commit before: more is coming; 0: none */
	int64_t recover_mono_ms;
	int64_t commit_mono_ms; /* no commit before: the store is in trouble */
	bool store_alarmed;
	int64_t store_since_ms; /* since when, and why */
	struct err store_why;
	GM_VEC(struct engine_stay) staying;
	struct herald *herald; /* NULL: nobody is told of alarms */
	bool alarmed;          /* since the herald looked last */
	struct deliver_tally tally;
	char stopped[512];
	struct err fault;  /* why no message of some mailing can be made */
	struct err broken; /* why the store cannot be used any more */
};

/* deliver.c: what is due by this moment belongs to the run. */
int64_t deliver_due_ms(const struct engine *engine);

/* engine_signal.c: signals come through the loop until they are released. */
bool engine_signal_catch(struct engine *engine, struct err *err) GM_MUST_CHECK;
void engine_signal_release(struct engine *engine);

/* Reads the configuration anew when a signal has asked for that. What is wrong
   with it changes nothing. */
void engine_signal_reload(struct engine *engine);

/* engine_pace.c: each piece of work as the pacer knows it. It enters with its
   lease, is taken when it goes on a lane, ends with a verdict (NULL: none that
   tells anything), goes back to stock, or leaves; the last three may be called
   at any stage. */
/* Keeps to what operators and other runners say, about once a second. */
void engine_pace_look(struct engine *engine);
/* The limits of engine->site, under what operators changed. */
void engine_pace_renew(struct engine *engine);
bool engine_pace_wants(void *pacer, const char *address);
void engine_pace_enter(struct engine *engine, struct engine_work *work);
enum pacer_answer engine_pace_take(struct engine *engine,
    struct engine_lane *lane, struct engine_work *work, int64_t now_us);
void engine_pace_ended(struct engine *engine, struct engine_work *work,
    const struct verdict *verdict);
void engine_pace_back(struct engine *engine, struct engine_work *work);
void engine_pace_leave(struct engine *engine, struct engine_work *work);

/* engine_lane.c: connections and what happens on them. */
void engine_lanes_open(struct engine *engine);
void engine_lanes_assign(struct engine *engine);
void engine_lanes_quit_idle(struct engine *engine);
void engine_lanes_abort(struct engine *engine);
/* Gives up connections that stand in the way of others. */
void engine_lanes_look(struct engine *engine);
bool engine_lanes_busy(const struct engine *engine);

/* Hands what was decided about begins to the connections: bodies go, envelopes
   are taken back. */
void engine_lanes_feed(struct engine *engine);

/* Takes back every envelope whose message is not begun; the work is stock
   again. */
void engine_lanes_recall(struct engine *engine);

/* The work whose begin may be asked for now, at most `depth` a lane. */
void engine_lanes_asking(struct engine *engine, struct engine_works *ret_works);
bool engine_lanes_any_asking(const struct engine *engine);

/* engine_commit.c: the group commit. */

/* Posts what there is for the store thread when that has nothing to do. */
void engine_commit_post(struct engine *engine);

/* Takes back what the store thread has done; with `wait`, waits for it. */
void engine_commit_take(struct engine *engine, bool wait);

/* True when results or begins wait for a commit, or are in one. */
bool engine_commit_pending(const struct engine *engine);

/* Nothing can be recorded (or read) now: nothing is sent until it can.
   Envelopes that ride ahead are taken back; results are kept. After an error
   that does not pass by itself the engine is `broken`. */
void engine_hold_on(struct engine *engine, const struct err *why);

/* Adds a result for work that has left its slot. */
void engine_result_add(struct engine *engine, struct engine_work *work,
    const struct verdict *verdict, bool uncounted, const char *relay,
    const char *tls);

/* Notes an alarm in the store and the log, or clears it. */
void engine_alarm(struct engine *engine, const char *kind, const char *subject,
    const char *text);
void engine_alarm_clear(
    struct engine *engine, const char *kind, const char *subject);

/* Tries again to clear what could not be cleared. */
void engine_alarm_again(struct engine *engine);
void engine_alarm_forget(struct engine *engine); /* at the end */

/* As relays.h calls it; the context is the engine. */
void engine_alarm_relay(void *context, const char *relay, const char *text);
void engine_alarm_note(void *context, const char *text);

/* The store can be written again: notes for the operator that it could not. */
void engine_alarm_store(struct engine *engine);

/* Clears alarms about relays that the site does not have any more. */
void engine_alarm_prune(struct engine *engine);

/* engine_stock.c: leased work that is composed or waits for a lane. */
bool engine_stock_recover(struct engine *engine, struct err *err) GM_MUST_CHECK;
bool engine_stock_fill(struct engine *engine, struct err *err) GM_MUST_CHECK;

/* Whether it leases more as soon as it may. */
bool engine_stock_is_low(const struct engine *engine);

/* Gives back what stands in the stock to no use: its group is held, or has
   more there than can go soon. */
void engine_stock_trim(struct engine *engine);

/* What a lease brought goes to the composers; the arena becomes theirs. */
void engine_stock_add(struct engine *engine, struct arena *arena,
    struct queue_item **items, size_t count);

/* Takes what the composers are done with. */
void engine_stock_take(struct engine *engine);
void engine_stock_return(struct engine *engine, struct engine_work *work);
bool engine_stock_release(struct engine *engine, struct err *err) GM_MUST_CHECK;
void engine_work_free(struct engine *engine, struct engine_work *work);

#endif
