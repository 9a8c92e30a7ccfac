#include "deliver/pacer.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "deliver/pacer_domains.h"

enum {
	LONGEST_WAIT_US = 1000 * 1000,
	ASK_MOST = 500, /* domains that wait to be asked about */
};

struct pacer {
	pthread_mutex_t lock;
	struct arena *arena; /* of `pace` */
	struct pace pace;
	struct pacer_pulse pulse;
	struct pacer_bucket all;
	GM_VEC(struct pacer_group *)
	named; /* those of `pace`, in its order,
		  then former ones */
	GM_VEC(struct pacer_group *) held;
	struct pacer_domains *domains;
	uint32_t epoch; /* of pacer_ask_anew */

	/* Domains to ask about, a ring. */
	char *unknown[ASK_MOST];
	size_t unknown_first, unknown_count;
};

static void
unlock_at(pthread_mutex_t **lock)
{
	pthread_mutex_unlock(*lock);
}

/* Locks a pacer until the end of the scope. */
#define GM_PACER_LOCK(pacer)                                         \
	pthread_mutex_t *lock_ __attribute__((cleanup(unlock_at))) = \
	    &(pacer)->lock;                                          \
	pthread_mutex_lock(lock_)

/* ---- configuration */

static struct text_list
copy_list(struct arena *arena, struct text_list list)
{
	struct text_list copy = { .count = list.count };

	copy.items = arena_take(arena, list.count + 1, sizeof(*copy.items));
	for (size_t i = 0; i < list.count; i++)
		copy.items[i] = arena_strdup(arena, list.items[i]);
	return copy;
}

static void
copy_pace(struct pacer *pacer, const struct pace *pace)
{
	struct arena *arena = arena_new();

	arena_free(pacer->arena);
	pacer->arena = arena;
	pacer->pace = *pace;
	pacer->pace.dns = arena_strdup(arena, pace->dns);
	pacer->pace.groups =
	    arena_take(arena, pace->group_count + 1, sizeof(*pace->groups));
	for (size_t i = 0; i < pace->group_count; i++) {
		struct pace_group *group = &pacer->pace.groups[i];

		*group = pace->groups[i];
		group->name = arena_strdup(arena, group->name);
		group->domains = copy_list(arena, group->domains);
		group->mx = copy_list(arena, group->mx);
	}
}

/* The group of this name among the first `count`; NULL: none. */
static struct pacer_group *
find_named(struct pacer *pacer, const char *name)
{
	for (size_t i = 0; i < pacer->named.count; i++)
		if (text_equal_nocase(pacer->named.items[i]->name, name))
			return pacer->named.items[i];
	return NULL;
}

static void
set_groups(struct pacer *pacer, int64_t now_us)
{
	/* Groups that are named no more have no limits. */
	for (size_t i = 0; i < pacer->named.count; i++)
		pacer_group_limit(pacer->named.items[i], NULL, now_us);
	for (size_t i = 0; i < pacer->pace.group_count; i++) {
		const struct pace_group *limits = &pacer->pace.groups[i];
		struct pacer_group *group = find_named(pacer, limits->name);

		if (group == NULL) {
			group = mem_new(1, sizeof(*group));
			group->name = mem_strdup(limits->name);
			vec_push(&pacer->named, group);
		}
		pacer_group_limit(group, limits, now_us);
	}
}

/* Where a domain belongs as far as its own name tells. */
static void
place_domain(struct pacer_domain *domain, void *context)
{
	struct pacer *pacer = context;
	const struct pace_group *group =
	    pace_by_domain(&pacer->pace, domain->name);

	domain->by_mx = group == NULL && !pacer->pace.without_mx;
	domain->asked = false;
	domain->expires_us = 0;
	domain->group =
	    group != NULL ? find_named(pacer, group->name) : &domain->own;
}

static void
set_pace(
    struct pacer *pacer, const struct pace *pace, int places, int64_t now_us)
{
	copy_pace(pacer, pace);
	pacer->pulse.places = places > 0 ? places : 1;
	pacer->pulse.hold_us = pace->hold_ms * 1000;
	pacer_bucket_set(&pacer->all, pace->per_second, now_us);
	set_groups(pacer, now_us);
	pacer_domains_each(pacer->domains, place_domain, pacer);
}

struct pacer *
pacer_new(const struct pace *pace, int places, int64_t now_us)
{
	struct pacer *pacer = mem_new(1, sizeof(*pacer));

	pthread_mutex_init(&pacer->lock, NULL);
	pacer->domains = pacer_domains_new();
	set_pace(pacer, pace, places, now_us);
	return pacer;
}

void
pacer_set(
    struct pacer *pacer, const struct pace *pace, int places, int64_t now_us)
{
	GM_PACER_LOCK(pacer);
	set_pace(pacer, pace, places, now_us);
}

/* The limits alone: domains and exchangers come from the configuration. */
static bool
is_same(const struct pace *a, const struct pace *b)
{
	if (a->per_second != b->per_second || a->group_count != b->group_count)
		return false;
	for (size_t i = 0; i < a->group_count; i++)
		if (!text_equal(a->groups[i].name, b->groups[i].name) ||
		    a->groups[i].connections != b->groups[i].connections ||
		    a->groups[i].per_second != b->groups[i].per_second ||
		    a->groups[i].per_connection != b->groups[i].per_connection)
			return false;
	return true;
}

void
pacer_change(struct pacer *pacer, const struct pace *pace, int64_t now_us)
{
	GM_PACER_LOCK(pacer);
	if (!is_same(&pacer->pace, pace))
		set_pace(pacer, pace, pacer->pulse.places, now_us);
}

void
pacer_free(struct pacer *pacer)
{
	if (pacer == NULL)
		return;
	for (size_t i = 0; i < pacer->unknown_count; i++)
		free(pacer->unknown[(pacer->unknown_first + i) % ASK_MOST]);
	for (size_t i = 0; i < pacer->named.count; i++) {
		free(pacer->named.items[i]->name);
		free(pacer->named.items[i]);
	}
	vec_clear(&pacer->named);
	vec_clear(&pacer->held);
	pacer_domains_free(pacer->domains);
	arena_free(pacer->arena);
	pthread_mutex_destroy(&pacer->lock);
	free(pacer);
}

/* ---- which group */

static struct pacer_domain *
find_domain(struct pacer *pacer, const char *address)
{
	const char *at = strrchr(address, '@');
	const char *name = at != NULL ? at + 1 : address;
	size_t bytes = strlen(name);
	struct pacer_domain *domain =
	    pacer_domains_find(pacer->domains, name, bytes);

	if (domain != NULL)
		return domain;
	domain = pacer_domains_add(pacer->domains, name, bytes);
	place_domain(domain, pacer);
	return domain;
}

/* Names that are in no public DNS (RFC 2606, RFC 6762). */
static bool
is_reserved(const char *domain)
{
	static const char *const ends[] = { ".example", ".test", ".invalid",
		".localhost", ".local", ".internal" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (text_ends(domain, ends[i]))
			return true;
	return strchr(domain, '.') == NULL;
}

/* Notes a domain whose mail exchangers nobody knows (any more). */
static void
note_unknown(struct pacer *pacer, struct pacer_domain *domain)
{
	size_t last = (pacer->unknown_first + pacer->unknown_count) % ASK_MOST;

	if (!domain->by_mx || domain->asked || pacer->unknown_count == ASK_MOST)
		return;
	if (*pacer->pace.dns == '\0' && is_reserved(domain->name)) {
		domain->by_mx = false;
		return;
	}
	domain->asked = true;
	pacer->unknown[last] = mem_strdup(domain->name);
	pacer->unknown_count++;
}

bool
pacer_unknown_domain(struct pacer *pacer, char ret[256])
{
	GM_PACER_LOCK(pacer);
	char *name;

	if (pacer->unknown_count == 0)
		return false;
	name = pacer->unknown[pacer->unknown_first];
	pacer->unknown_first = (pacer->unknown_first + 1) % ASK_MOST;
	pacer->unknown_count--;
	snprintf(ret, 256, "%s", name);
	free(name);
	return true;
}

void
pacer_learn(struct pacer *pacer, const char *name, const char *const *hosts,
    size_t count, int64_t ttl_us, int64_t now_us)
{
	GM_PACER_LOCK(pacer);
	struct pacer_domain *domain =
	    pacer_domains_find(pacer->domains, name, strlen(name));
	const struct pace_group *group = NULL;

	if (domain == NULL || !domain->by_mx)
		return;
	for (size_t i = 0; i < count && group == NULL; i++)
		group = pace_by_mx(&pacer->pace, hosts[i]);
	domain->group =
	    group != NULL ? find_named(pacer, group->name) : &domain->own;
	domain->asked = true;
	domain->expires_us = now_us + ttl_us;
}

const char *
pacer_group_name(const struct pacer_group *group)
{
	return group->name;
}

/* ---- stock */

void
pacer_ask_anew(struct pacer *pacer)
{
	GM_PACER_LOCK(pacer);
	pacer->epoch++;
}

bool
pacer_wants(struct pacer *pacer, const char *address, int64_t now_us)
{
	GM_PACER_LOCK(pacer);
	struct pacer_group *group = find_domain(pacer, address)->group;

	if (group->asked_epoch != pacer->epoch) {
		group->asked_epoch = pacer->epoch;
		group->asked = 0;
	}
	if (group->stocked + group->asked >=
	    pacer_group_stock(group, &pacer->pulse, now_us))
		return false;
	group->asked++;
	return true;
}

struct pacer_group *
pacer_enter(struct pacer *pacer, const char *address, int64_t now_us)
{
	GM_PACER_LOCK(pacer);
	struct pacer_domain *domain = find_domain(pacer, address);

	if (domain->asked && domain->expires_us != 0 &&
	    domain->expires_us < now_us)
		domain->asked = false;
	note_unknown(pacer, domain);
	domain->group->stocked++;
	return domain->group;
}

void
pacer_leave(struct pacer *pacer, struct pacer_group *group)
{
	GM_PACER_LOCK(pacer);
	group->stocked--;
}

bool
pacer_is_surplus(struct pacer *pacer, struct pacer_group *group, int64_t now_us)
{
	GM_PACER_LOCK(pacer);
	return group->stocked > pacer_group_stock(group, &pacer->pulse, now_us);
}

bool
pacer_is_bound(struct pacer *pacer, const struct pacer_group *group)
{
	GM_PACER_LOCK(pacer);
	return pacer_group_is_bound(group);
}

/* ---- on the way */

void
pacer_conn_clear(struct pacer_conn *conn)
{
	free(conn->groups);
	free(conn->carried);
	*conn = (struct pacer_conn){ 0 };
}

/* How many messages of the group the connection has carried. */
static int *
find_carried(struct pacer_conn *conn, struct pacer_group *group)
{
	size_t i = 0;

	while (i < conn->count && conn->groups[i] != group)
		i++;
	if (i == conn->count) {
		conn->count++;
		conn->groups = mem_resize(
		    conn->groups, conn->count, sizeof(struct pacer_group *));
		conn->carried =
		    mem_resize(conn->carried, conn->count, sizeof(int));
		conn->groups[i] = group;
		conn->carried[i] = 0;
	}
	return &conn->carried[i];
}

enum pacer_answer
pacer_take(struct pacer *pacer, struct pacer_group *group,
    struct pacer_conn *conn, int64_t now_us)
{
	GM_PACER_LOCK(pacer);
	int *carried = NULL;

	if (pacer_group_is_held(group, now_us) ||
	    group->in_flight >= pacer_group_most(group, &pacer->pulse, now_us))
		return PACER_WAIT;
	if (group->per_connection > 0 && conn != NULL) {
		carried = find_carried(conn, group);
		if (*carried >= group->per_connection)
			return PACER_RENEW;
	}
	if (!pacer_bucket_has(&pacer->all, now_us) ||
	    !pacer_bucket_has(&group->bucket, now_us))
		return PACER_WAIT;
	pacer_bucket_take(&pacer->all);
	pacer_bucket_take(&group->bucket);
	if (carried != NULL)
		++*carried;
	if (group->in_flight++ == 0)
		group->heard_us = now_us;
	group->stocked--;
	return PACER_GO;
}

void
pacer_back(struct pacer *pacer, struct pacer_group *group)
{
	GM_PACER_LOCK(pacer);
	group->in_flight--;
	group->stocked++;
}

static void
note_held(struct pacer *pacer, struct pacer_group *group)
{
	for (size_t i = 0; i < pacer->held.count; i++)
		if (pacer->held.items[i] == group)
			return;
	vec_push(&pacer->held, group);
}

static void
forget_held(struct pacer *pacer, const struct pacer_group *group)
{
	for (size_t i = 0; i < pacer->held.count; i++)
		if (pacer->held.items[i] == group)
			pacer->held.items[i] =
			    pacer->held.items[--pacer->held.count];
}

bool
pacer_ended(struct pacer *pacer, struct pacer_group *group,
    const struct verdict *verdict, int64_t took_us, int64_t now_us,
    struct pacer_news *ret_news)
{
	GM_PACER_LOCK(pacer);

	group->in_flight--;
	*ret_news = (struct pacer_news){ 0 };
	if (verdict == NULL || !pacer_group_learn(group, &pacer->pulse, verdict,
				   took_us, now_us, ret_news))
		return false;
	snprintf(ret_news->group, sizeof(ret_news->group), "%s", group->name);
	if (ret_news->event == PACER_FREED)
		forget_held(pacer, group);
	else
		note_held(pacer, group);
	return true;
}

bool
pacer_is_slow(struct pacer *pacer, const struct pacer_group *group)
{
	GM_PACER_LOCK(pacer);
	return group->slow;
}

/* ---- held */

static struct pacer_group *
find_group(struct pacer *pacer, const char *name)
{
	struct pacer_group *group = find_named(pacer, name);

	return group != NULL ? group : find_domain(pacer, name)->group;
}

void
pacer_hold(struct pacer *pacer, const char *name, int64_t until_us)
{
	GM_PACER_LOCK(pacer);
	struct pacer_group *group = find_group(pacer, name);

	/* Clocks are read twice: times differ a little. */
	if (group->told && group->held_until_us >= until_us - LONGEST_WAIT_US)
		return;
	pacer_group_hold(group, until_us);
	note_held(pacer, group);
}

static bool
is_among(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal_nocase(names[i], name))
			return true;
	return false;
}

void
pacer_keep(struct pacer *pacer, const char *const *groups, size_t count)
{
	GM_PACER_LOCK(pacer);

	for (size_t i = pacer->held.count; i-- > 0;) {
		struct pacer_group *group = pacer->held.items[i];

		if (is_among(group->name, groups, count))
			continue;
		pacer_group_release(group);
		pacer->held.items[i] = pacer->held.items[--pacer->held.count];
	}
}

size_t
pacer_held(struct pacer *pacer, int64_t now_us)
{
	GM_PACER_LOCK(pacer);
	size_t count = 0;

	for (size_t i = 0; i < pacer->held.count; i++)
		count += pacer_group_is_held(pacer->held.items[i], now_us);
	return count;
}

bool
pacer_all_paused(struct pacer *pacer, int64_t now_us)
{
	GM_PACER_LOCK(pacer);
	size_t paused = 0;

	for (size_t i = 0; i < pacer->held.count; i++) {
		const struct pacer_group *group = pacer->held.items[i];

		paused += group->held_until_us == INT64_MAX;
		if (pacer_group_is_held(group, now_us) &&
		    group->held_until_us != INT64_MAX)
			return false;
	}
	return paused > 0;
}

static void
shorten(int64_t *wait_us, int64_t to_us)
{
	if (to_us > 0 && to_us < *wait_us)
		*wait_us = to_us;
}

int64_t
pacer_wait_us(struct pacer *pacer, int64_t now_us)
{
	GM_PACER_LOCK(pacer);
	int64_t all = pacer_bucket_wait_us(&pacer->all);
	int64_t least = LONGEST_WAIT_US;

	if (all > 0)
		return all < LONGEST_WAIT_US ? all : LONGEST_WAIT_US;
	for (size_t i = 0; i < pacer->named.count; i++)
		shorten(&least,
		    pacer_bucket_wait_us(&pacer->named.items[i]->bucket));
	for (size_t i = 0; i < pacer->held.count; i++)
		shorten(&least, pacer->held.items[i]->held_until_us - now_us);
	return least;
}
