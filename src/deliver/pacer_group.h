#ifndef DELIVER_PACER_GROUP_H
#define DELIVER_PACER_GROUP_H

/* Inside the pacer: one group, by itself. Nothing here locks. */

#include <stdint.h>

#include "deliver/pacer.h"

/* Tokens that refill with time; a second's worth at most. */
struct pacer_bucket {
	double per_second; /* 0: no limit */
	double tokens;
	int64_t filled_us;
};

void pacer_bucket_set(
    struct pacer_bucket *bucket, double per_second, int64_t now_us);
bool pacer_bucket_has(struct pacer_bucket *bucket, int64_t now_us);
void pacer_bucket_take(struct pacer_bucket *bucket);

/* Microseconds until it has one, 0 when it has. */
int64_t pacer_bucket_wait_us(const struct pacer_bucket *bucket);

struct pacer_group {
	char *name;
	int connections;    /* 0: no limit; so the next two */
	int per_connection; /* messages */
	int unknown_pct;
	struct pacer_bucket bucket;

	int in_flight;
	int stocked;
	int asked; /* wanted since pacer_ask_anew */
	uint32_t asked_epoch;

	/* Narrow. */
	int window;       /* 0: has not begun yet */
	bool slow;        /* replies late */
	int64_t heard_us; /* last reply, or first message in flight */

	/* Held, paused. */
	int64_t held_until_us; /* 0: not held; INT64_MAX: paused */
	int careful;           /* so many in flight after a hold; 0: as usual */
	int taken;             /* accepted since `careful` grew */
	int maybes;            /* THROTTLE_MAYBE in a row */
	bool told;             /* the operator knows that it is held */

	/* The last hundred recipients, one bit each, 1 for unknown. */
	uint64_t recent[2];
	int unknown; /* bits that are 1 */
};

/* What all groups share. */
struct pacer_pulse {
	int places;
	double took_us; /* how long replies take of late; 0: none yet */
	int64_t hold_us;
};

void pacer_group_limit(
    struct pacer_group *group, const struct pace_group *limits, int64_t now_us);
bool pacer_group_is_held(const struct pacer_group *group, int64_t now_us);

/* How many may be in flight now, at least 1 unless it is held. */
int pacer_group_most(
    struct pacer_group *group, const struct pacer_pulse *pulse, int64_t now_us);

/* True when its limits, a hold or its slowness let only some go at once. */
bool pacer_group_is_bound(const struct pacer_group *group);

/* How many are of use in stock. */
int pacer_group_stock(
    struct pacer_group *group, const struct pacer_pulse *pulse, int64_t now_us);

void pacer_group_hold(struct pacer_group *group, int64_t until_us);
void pacer_group_release(struct pacer_group *group);

/* Learns from a result; true when there is news (the group's name is not
   filled in). */
bool pacer_group_learn(struct pacer_group *group, struct pacer_pulse *pulse,
    const struct verdict *verdict, int64_t took_us, int64_t now_us,
    struct pacer_news *news);

#endif
