#include "deliver/pacer_group.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "deliver/throttle.h"

enum {
	SECOND_US = 1000000,
	LATE_TIMES = 8,         /* a reply is late at so many usual times … */
	LATE_LEAST_US = 500000, /* … but not below this */
	SMOOTHING = 64,         /* replies that the usual time comes from */
	NARROW_PART = 4,        /* places that a new group begins with: a 4th */
	GROW_AFTER = 10,        /* messages taken before one more may go */
	MAYBES_MOST = 3,
	RECENT = 100,
	CAREFUL_MOST = 64, /* then a hold is over for good */
	STOCK_TIMES = 4,   /* places of a group that its stock may fill */
};

void
pacer_bucket_set(struct pacer_bucket *bucket, double per_second, int64_t now_us)
{
	if (bucket->filled_us == 0 || bucket->per_second <= 0) {
		bucket->tokens = 1;
		bucket->filled_us = now_us;
	}
	bucket->per_second = per_second;
}

bool
pacer_bucket_has(struct pacer_bucket *bucket, int64_t now_us)
{
	double most = bucket->per_second < 1 ? 1 : bucket->per_second;

	if (bucket->per_second <= 0)
		return true;
	if (now_us > bucket->filled_us) {
		bucket->tokens += bucket->per_second *
				  (double)(now_us - bucket->filled_us) / 1e6;
		bucket->filled_us = now_us;
	}
	if (bucket->tokens > most)
		bucket->tokens = most;
	return bucket->tokens >= 1;
}

void
pacer_bucket_take(struct pacer_bucket *bucket)
{
	if (bucket->per_second > 0)
		bucket->tokens -= 1;
}

int64_t
pacer_bucket_wait_us(const struct pacer_bucket *bucket)
{
	if (bucket->per_second <= 0 || bucket->tokens >= 1)
		return 0;
	return (int64_t)((1 - bucket->tokens) / bucket->per_second * 1e6) + 1;
}

void
pacer_group_limit(
    struct pacer_group *group, const struct pace_group *limits, int64_t now_us)
{
	group->connections = limits != NULL ? limits->connections : 0;
	group->per_connection = limits != NULL ? limits->per_connection : 0;
	group->unknown_pct = limits != NULL ? limits->unknown_pct : 0;
	pacer_bucket_set(
	    &group->bucket, limits != NULL ? limits->per_second : 0, now_us);
}

bool
pacer_group_is_held(const struct pacer_group *group, int64_t now_us)
{
	return group->held_until_us > now_us;
}

static int
first_window(const struct pacer_pulse *pulse)
{
	return pulse->places > NARROW_PART ? pulse->places / NARROW_PART : 1;
}

/* A reply that took so long is late. */
static bool
is_late(const struct pacer_pulse *pulse, int64_t took_us)
{
	return pulse->took_us > 0 && took_us > LATE_LEAST_US &&
	       (double)took_us > LATE_TIMES * pulse->took_us;
}

int
pacer_group_most(
    struct pacer_group *group, const struct pacer_pulse *pulse, int64_t now_us)
{
	int most = pulse->places;

	if (group->window == 0)
		group->window = first_window(pulse);

	/* It has fallen silent, with many places in its hands. */
	if (group->in_flight >= first_window(pulse) &&
	    is_late(pulse, now_us - group->heard_us)) {
		group->slow = true;
		if (group->window > first_window(pulse))
			group->window = first_window(pulse);
	}
	if (group->window < most)
		most = group->window;
	if (group->connections > 0 && group->connections < most)
		most = group->connections;
	if (group->careful > 0 && group->careful < most)
		most = group->careful;
	return most;
}

bool
pacer_group_is_bound(const struct pacer_group *group)
{
	return group->slow || group->connections > 0 || group->careful > 0 ||
	       group->bucket.per_second > 0;
}

int
pacer_group_stock(
    struct pacer_group *group, const struct pacer_pulse *pulse, int64_t now_us)
{
	int most = pacer_group_most(group, pulse, now_us);
	bool bound =
	    group->slow || group->connections > 0 || group->careful > 0;
	double rate = group->bucket.per_second;
	int stock = INT32_MAX;

	if (pacer_group_is_held(group, now_us))
		return 0;
	if (bound)
		stock = (group->slow ? 1 : STOCK_TIMES) * most;
	if (rate > 0 && rate * 2 < stock)
		stock = (int)(rate * 2);
	return stock > 1 ? stock : 2;
}

void
pacer_group_hold(struct pacer_group *group, int64_t until_us)
{
	group->held_until_us = until_us;
	group->careful = 1;
	group->taken = 0;
	group->maybes = 0;
	group->told = true;
}

void
pacer_group_release(struct pacer_group *group)
{
	group->held_until_us = 0;
	group->told = false;
	group->unknown = 0;
	group->recent[0] = group->recent[1] = 0;
}

/* Narrower or wider, by how long the reply took. */
static void
note_time(struct pacer_group *group, struct pacer_pulse *pulse, int64_t took_us,
    int64_t now_us)
{
	double took;

	group->heard_us = now_us;
	group->slow = is_late(pulse, took_us);
	if (!group->slow && group->window < pulse->places)
		group->window++;
	else if (group->slow && group->window > 1)
		group->window /= 2;
	if (pulse->took_us <= 0)
		pulse->took_us = took_us > 0 ? (double)took_us : 1;

	/* A few late ones must not make lateness usual. */
	took = (double)took_us;
	if (took > LATE_TIMES / 2 * pulse->took_us)
		took = LATE_TIMES / 2 * pulse->took_us;
	pulse->took_us += (took - pulse->took_us) / SMOOTHING;
}

/* Puts one more recipient among the last hundred. */
static void
note_recipient(struct pacer_group *group, bool unknown)
{
	uint64_t oldest = group->recent[1] >> (RECENT - 64 - 1) & 1;

	group->unknown += unknown - (int)oldest;
	group->recent[1] = group->recent[1] << 1 | group->recent[0] >> 63;
	group->recent[0] = group->recent[0] << 1 | unknown;
}

static bool
hold(struct pacer_group *group, const struct pacer_pulse *pulse, int times,
    const struct verdict *verdict, int64_t now_us, struct pacer_news *news)
{
	int64_t hold_us = pulse->hold_us * times;

	/* Others were in flight in the same moment: they tell nothing new. */
	if (pacer_group_is_held(group, now_us))
		return false;
	pacer_group_hold(group, now_us + hold_us);
	news->event = PACER_HELD;
	news->until_us = group->held_until_us;
	snprintf(news->text, sizeof(news->text),
	    "%.200s asks us to slow down (%d %s%s%.250s): its mail waits for "
	    "%" PRId64 " s, then goes one at a time",
	    group->name, verdict->code, verdict->enhanced,
	    *verdict->enhanced == '\0' ? "" : " ", verdict->text,
	    (hold_us + SECOND_US - 1) / SECOND_US);
	return true;
}

static bool
pause_group(struct pacer_group *group, struct pacer_news *news)
{
	int unknown = group->unknown;

	pacer_group_hold(group, INT64_MAX);
	news->event = PACER_PAUSED;
	news->until_us = INT64_MAX;
	snprintf(news->text, sizeof(news->text),
	    "%.200s is paused: %d of its last 100 recipients are unknown "
	    "there, and it blocks senders for that; clean the list, then "
	    "`glocal-mail pace go %.200s`",
	    group->name, unknown, group->name);
	return true;
}

/* Taken: the hold loosens step by step. */
static bool
note_taken(struct pacer_group *group, struct pacer_news *news)
{
	bool freed = group->told && group->held_until_us != INT64_MAX;

	group->maybes = 0;
	if (group->careful > 0 && ++group->taken >= GROW_AFTER) {
		group->taken = 0;
		group->careful++;
		if (group->careful > CAREFUL_MOST ||
		    (group->connections > 0 &&
			group->careful > group->connections))
			group->careful = 0;
	}
	if (!freed)
		return false;
	group->told = false;
	group->held_until_us = 0;
	news->event = PACER_FREED;
	return true;
}

bool
pacer_group_learn(struct pacer_group *group, struct pacer_pulse *pulse,
    const struct verdict *verdict, int64_t took_us, int64_t now_us,
    struct pacer_news *news)
{
	enum throttle throttle;
	int times = 1;

	if (verdict->code != 0)
		note_time(group, pulse, took_us, now_us);
	throttle = throttle_weigh(verdict, &times);
	if (throttle == THROTTLE_MAYBE && ++group->maybes < MAYBES_MOST)
		throttle = THROTTLE_NO;
	if (throttle != THROTTLE_NO)
		return hold(group, pulse, times, verdict, now_us, news);
	if (verdict->outcome == OUTCOME_SENT) {
		note_recipient(group, false);
		return !pacer_group_is_held(group, now_us) &&
		       note_taken(group, news);
	}
	if (verdict->outcome != OUTCOME_FAILED ||
	    verdict->blame != BLAME_ADDRESS)
		return false;
	note_recipient(group, true);
	return group->unknown_pct > 0 && group->unknown > group->unknown_pct &&
	       group->held_until_us != INT64_MAX && pause_group(group, news);
}
