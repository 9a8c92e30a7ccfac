#include "deliver/pacer_inside.h"

void
pacer_note_held(struct pacer *pacer, struct pacer_group *group)
{
	for (size_t i = 0; i < pacer->held.count; i++)
		if (pacer->held.items[i] == group)
			return;
	vec_push(&pacer->held, group);
}

void
pacer_forget_held(struct pacer *pacer, const struct pacer_group *group)
{
	for (size_t i = 0; i < pacer->held.count; i++)
		if (pacer->held.items[i] == group)
			pacer->held.items[i] =
			    pacer->held.items[--pacer->held.count];
}

static struct pacer_group *
find_group(struct pacer *pacer, const char *name)
{
	struct pacer_group *group = pacer_find_named(pacer, name);

	return group != NULL ? group : pacer_find_domain(pacer, name)->group;
}

void
pacer_hold(struct pacer *pacer, const char *name, int64_t until_us)
{
	GM_PACER_LOCK(pacer);
	struct pacer_group *group = find_group(pacer, name);

	/* Clocks are read twice: times differ a little. */
	if (group->told &&
	    group->held_until_us >= until_us - PACER_LONGEST_WAIT_US)
		return;
	pacer_group_hold(group, until_us);
	pacer_note_held(pacer, group);
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
