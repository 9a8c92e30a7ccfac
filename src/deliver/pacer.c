#include "deliver/pacer.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/now.h"
#include "base/text.h"

enum { LONGEST_WAIT_MS = 1000 };

/* Which domains one provider serves. A relay hides the MX, so the table knows
   mailbox domains. */
static const struct {
	const char *domain;
	const char *group;
} domains[] = {
	{ "gmail.com", "google" },
	{ "googlemail.com", "google" },
	{ "yahoo.co.jp", "yahoo" },
	{ "yahoo.com", "yahoo" },
	{ "ymail.com", "yahoo" },
	{ "outlook.com", "outlook" },
	{ "outlook.jp", "outlook" },
	{ "hotmail.com", "outlook" },
	{ "hotmail.co.jp", "outlook" },
	{ "live.com", "outlook" },
	{ "live.jp", "outlook" },
	{ "msn.com", "outlook" },
	{ "icloud.com", "apple" },
	{ "me.com", "apple" },
	{ "mac.com", "apple" },
	{ "docomo.ne.jp", "docomo" },
	{ "ezweb.ne.jp", "au" },
	{ "au.com", "au" },
	{ "softbank.ne.jp", "softbank" },
	{ "i.softbank.jp", "softbank" },
	{ "vodafone.ne.jp", "softbank" },
	{ "ymobile.ne.jp", "softbank" },
};

/* Tokens that refill with time; a second's worth at most. */
struct bucket {
	double per_second; /* 0: no limit */
	double tokens;
	int64_t filled_us;
};

struct group {
	const struct pace_group *limits;
	struct bucket bucket;
	int in_flight;
};

struct pacer {
	struct bucket all;
	struct group *groups;
	size_t count;
};

static void
start_bucket(struct bucket *bucket, double per_second)
{
	bucket->per_second = per_second;
	bucket->tokens = 1;
	bucket->filled_us = now_mono_us();
}

static void
fill(struct bucket *bucket, int64_t now_us)
{
	double most = bucket->per_second < 1 ? 1 : bucket->per_second;

	bucket->tokens +=
	    bucket->per_second * (double)(now_us - bucket->filled_us) / 1e6;
	if (bucket->tokens > most)
		bucket->tokens = most;
	bucket->filled_us = now_us;
}

static bool
has_token(struct bucket *bucket, int64_t now_us)
{
	if (bucket->per_second <= 0)
		return true;
	fill(bucket, now_us);
	return bucket->tokens >= 1;
}

struct pacer *
pacer_new(const struct pace *pace)
{
	struct pacer *pacer = mem_new(1, sizeof(*pacer));

	start_bucket(&pacer->all, pace->per_second);
	pacer->count = pace->group_count;
	pacer->groups = mem_new(pace->group_count, sizeof(*pacer->groups));
	for (size_t i = 0; i < pacer->count; i++) {
		pacer->groups[i].limits = &pace->groups[i];
		start_bucket(
		    &pacer->groups[i].bucket, pace->groups[i].per_second);
	}
	return pacer;
}

void
pacer_free(struct pacer *pacer)
{
	if (pacer == NULL)
		return;
	free(pacer->groups);
	free(pacer);
}

const char *
pacer_group_of(const char *domain)
{
	for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++)
		if (text_equal_nocase(domain, domains[i].domain))
			return domains[i].group;
	return NULL;
}

/* The configured group of an address: by the table, or a group that is named
   like the domain itself; NULL: none. */
static struct group *
find_group(struct pacer *pacer, const char *address)
{
	const char *at = strrchr(address, '@');
	const char *domain = at != NULL ? at + 1 : address;
	const char *name = pacer_group_of(domain);

	for (size_t i = 0; i < pacer->count; i++) {
		const char *configured = pacer->groups[i].limits->name;

		if ((name != NULL && text_equal(configured, name)) ||
		    text_equal_nocase(configured, domain))
			return &pacer->groups[i];
	}
	return NULL;
}

bool
pacer_take(struct pacer *pacer, const char *address)
{
	struct group *group = find_group(pacer, address);
	int64_t now_us = now_mono_us();

	if (!has_token(&pacer->all, now_us))
		return false;
	if (group != NULL) {
		int most = group->limits->connections;

		if ((most > 0 && group->in_flight >= most) ||
		    !has_token(&group->bucket, now_us))
			return false;
		group->bucket.tokens -= 1;
		group->in_flight++;
	}
	pacer->all.tokens -= 1;
	return true;
}

void
pacer_ended(struct pacer *pacer, const char *address)
{
	struct group *group = find_group(pacer, address);

	if (group != NULL && group->in_flight > 0)
		group->in_flight--;
}

/* Time until a bucket holds a token. */
static int64_t
wait_ms(const struct bucket *bucket)
{
	double wait;

	if (bucket->per_second <= 0 || bucket->tokens >= 1)
		return 0;
	wait = (1 - bucket->tokens) / bucket->per_second * 1000;
	return wait > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : (int64_t)wait + 1;
}

int64_t
pacer_wait_ms(const struct pacer *pacer)
{
	int64_t all = wait_ms(&pacer->all);
	int64_t least = LONGEST_WAIT_MS;

	for (size_t i = 0; i < pacer->count; i++) {
		int64_t one = wait_ms(&pacer->groups[i].bucket);

		if (one > 0 && one < least)
			least = one;
	}
	if (all == 0)
		return least;
	return all;
}
