#ifndef DELIVER_PACER_H
#define DELIVER_PACER_H

/*
 * Inside deliver/: how fast, and who may go next. A state machine over a clock
 * that is handed in; it knows no loop, no store, no log.
 *
 * Each message belongs to a group of destinations: one of model/pace, or its
 * domain alone. A group has limits (in flight, per second, per connection to a
 * relay), and three ways to be held back beyond them:
 *
 *  - held: a server asked us to slow down. Nothing goes for a while, then one
 *    message at a time, then one more after every few that are taken.
 *  - paused: too many of its readers are unknown there. Until an operator
 *    says so.
 *  - narrow: a group begins with a part of the places and gets more with each
 *    reply, and one whose replies come far later than those of others gets
 *    fewer, so that a tarpit never takes the places of all.
 *
 * The life of a message here:
 *
 *	wants -> enter -> take -> ended
 *	           |  ^     |
 *	         leave  back
 *
 * Any function may be called from any thread. Times are microseconds of one
 * monotonic clock. Memory is bounded: some 20,000 domains are remembered.
 */

#include <stddef.h>

#include "model/outcome.h"
#include "model/pace.h"

struct pacer;

/* Stays valid between enter and the leave or ended that closes it. */
struct pacer_group;

/* What one connection has carried, for groups that have a limit of that. Zero
   when it is opened; cleared when it is closed. */
struct pacer_conn {
	struct pacer_group **groups;
	int *carried;
	size_t count;
};
void pacer_conn_clear(struct pacer_conn *conn);

/* `pace` is copied; it is one that pace_resolve made. `places` messages may be
   under way at once in all. */
struct pacer *pacer_new(const struct pace *pace, int places, int64_t now_us);
void pacer_free(struct pacer *pacer); /* NULL is allowed */

/* Other limits from now on. What is in flight, held or paused stays so. */
void pacer_set(
    struct pacer *pacer, const struct pace *pace, int places, int64_t now_us);

/* As pacer_set, when any limit is another one. */
void pacer_change(struct pacer *pacer, const struct pace *pace, int64_t now_us);

/* Whether a message to this address is of use in the stock: false when its
   group is held or paused, or has there all that it can use soon. Rows that
   are not wanted are to be passed over in the queue, not waited for. Between
   pacer_ask_anew and the next, those that were wanted count as in stock. */
void pacer_ask_anew(struct pacer *pacer);
bool pacer_wants(struct pacer *pacer, const char *address, int64_t now_us);

/* A message is in stock. */
struct pacer_group *pacer_enter(
    struct pacer *pacer, const char *address, int64_t now_us);

/* It leaves the stock unsent. */
void pacer_leave(struct pacer *pacer, struct pacer_group *group);

/* True when the stock has more of the group than is of use: give its message
   back to the queue (and call pacer_leave), for others wait behind it. */
bool pacer_is_surplus(
    struct pacer *pacer, struct pacer_group *group, int64_t now_us);

enum pacer_answer {
	PACER_GO,    /* it is in flight now */
	PACER_WAIT,  /* not yet */
	PACER_RENEW, /* not on this connection any more */
};
/* True when the group is one that must not go all at once: in the stock its
   messages stand beside those that may. */
bool pacer_is_bound(struct pacer *pacer, const struct pacer_group *group);

/* May a message in stock start now, on this connection (NULL: any)? */
enum pacer_answer pacer_take(struct pacer *pacer, struct pacer_group *group,
    struct pacer_conn *conn, int64_t now_us);

/* It did not start after all and is in stock again. */
void pacer_back(struct pacer *pacer, struct pacer_group *group);

/* Something to tell an operator. */
struct pacer_news {
	enum pacer_event {
		PACER_NOTHING,
		PACER_HELD,   /* until `until_us` */
		PACER_PAUSED, /* until pacer_release */
		PACER_FREED,  /* neither any more, by itself */
	} event;
	char group[256];
	int64_t until_us;
	char text[600]; /* one line for the operator */
};

/* It came to this end, `took_us` after it started; NULL: to none that tells
   anything (withdrawn). True when there is news. */
bool pacer_ended(struct pacer *pacer, struct pacer_group *group,
    const struct verdict *verdict, int64_t took_us, int64_t now_us,
    struct pacer_news *ret_news);

/* True when the group's replies come far later than others': messages behind
   one of its on a connection would wait with it. */
bool pacer_is_slow(struct pacer *pacer, const struct pacer_group *group);

/* What another runner, or an earlier one, found out about a group: held until
   a time, perhaps a past one, or paused (`until_us` INT64_MAX). Said again it
   changes nothing. */
void pacer_hold(struct pacer *pacer, const char *group, int64_t until_us);

/* Holds on groups that are none of these have been lifted elsewhere. */
void pacer_keep(struct pacer *pacer, const char *const *groups, size_t count);

/* Microseconds until pacer_take may say GO to one that it refused, as far as
   time alone decides; at most a second. */
int64_t pacer_wait_us(struct pacer *pacer, int64_t now_us);

/* How many groups are held or paused. Are there such, and all paused? */
size_t pacer_held(struct pacer *pacer, int64_t now_us);
bool pacer_all_paused(struct pacer *pacer, int64_t now_us);

/* The next domain whose mail exchangers would be good to know, into `ret`;
   false when there is none. Asked once for each; pacer_learn answers, with no
   hosts where there are none. The answer counts for `ttl_us`. */
bool pacer_unknown_domain(struct pacer *pacer, char ret[256]);
void pacer_learn(struct pacer *pacer, const char *domain,
    const char *const *hosts, size_t count, int64_t ttl_us, int64_t now_us);

/* The name of the group that an address belongs to now. */
const char *pacer_group_name(const struct pacer_group *group);

#endif
