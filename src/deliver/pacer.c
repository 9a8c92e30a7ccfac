#include "deliver/pacer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "deliver/pacer_inside.h"

void
pacer_unlock_at(pthread_mutex_t **lock)
{
	pthread_mutex_unlock(*lock);
}

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

static void
set_groups(struct pacer *pacer, int64_t now_us)
{
	/* Groups that are named no more have no limits. */
	for (size_t i = 0; i < pacer->named.count; i++)
		pacer_group_limit(pacer->named.items[i], NULL, now_us);
	for (size_t i = 0; i < pacer->pace.group_count; i++) {
		const struct pace_group *limits = &pacer->pace.groups[i];
		struct pacer_group *group =
		    pacer_find_named(pacer, limits->name);

		if (group == NULL) {
			group = mem_new(1, sizeof(*group));
			group->name = mem_strdup(limits->name);
			vec_push(&pacer->named, group);
		}
		pacer_group_limit(group, limits, now_us);
	}
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
	pacer_domains_each(pacer->domains, pacer_place_domain, pacer);
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
		free(
		    pacer
			->unknown[(pacer->unknown_first + i) % PACER_ASK_MOST]);
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
	struct pacer_group *group = pacer_find_domain(pacer, address)->group;

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
	struct pacer_domain *domain = pacer_find_domain(pacer, address);

	if (domain->asked && domain->expires_us != 0 &&
	    domain->expires_us < now_us)
		domain->asked = false;
	pacer_note_unknown(pacer, domain);
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
		pacer_forget_held(pacer, group);
	else
		pacer_note_held(pacer, group);
	return true;
}

bool
pacer_is_slow(struct pacer *pacer, const struct pacer_group *group)
{
	GM_PACER_LOCK(pacer);
	return group->slow;
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
	int64_t least = PACER_LONGEST_WAIT_US;

	if (all > 0)
		return all < PACER_LONGEST_WAIT_US ? all
						   : PACER_LONGEST_WAIT_US;
	for (size_t i = 0; i < pacer->named.count; i++)
		shorten(&least,
		    pacer_bucket_wait_us(&pacer->named.items[i]->bucket));
	for (size_t i = 0; i < pacer->held.count; i++)
		shorten(&least, pacer->held.items[i]->held_until_us - now_us);
	return least;
}
