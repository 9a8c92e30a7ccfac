#include "model/pace.h"

#include <assert.h>
#include <string.h>

enum { MOST_WORDS = 12 };

/* Mailbox providers, what their servers are known to bear, and how to know
   them. A relay hides the mail exchanger of its connections, so the domains
   of their mailboxes stand here too. */
static const struct {
	const char *name;
	int connections;
	double per_second;
	int per_connection;
	int unknown_pct;
	const char *domains[MOST_WORDS];
	const char *mx[MOST_WORDS];
} table[] = {
	{ "google", 5, 0, 50, 0, { "gmail.com", "googlemail.com" },
	    { "*.google.com", "*.googlemail.com" } },
	{ "yahoo", 10, 0, 20, 0,
	    { "yahoo.com", "ymail.com", "rocketmail.com", "aol.com",
		"yahoo.co.uk", "yahoo.fr", "yahoo.de" },
	    { "*.yahoodns.net" } },
	{ "yahoo-japan", 10, 0, 20, 0, { "yahoo.co.jp", "ybb.ne.jp" },
	    { "*.yahoo.co.jp" } },
	{ "outlook", 5, 0, 50, 0,
	    { "outlook.com", "outlook.jp", "hotmail.com", "hotmail.co.jp",
		"live.com", "live.jp", "msn.com" },
	    { "*.olc.protection.outlook.com" } },
	{ "o365", 5, 0, 50, 0, { NULL },
	    { "*.mail.protection.outlook.com", "*.mx.microsoft" } },
	{ "apple", 10, 0, 5, 0, { "icloud.com", "me.com", "mac.com" },
	    { "*.icloud.com" } },
	{ "orange", 2, 0, 100, 0, { "orange.fr", "wanadoo.fr" },
	    { "*.orange.fr" } },
	{ "docomo", 1, 2, 100, 5, { "docomo.ne.jp" }, { "*.docomo.ne.jp" } },
	{ "au", 1, 2, 100, 5, { "ezweb.ne.jp", "au.com" },
	    { "*.ezweb.ne.jp", "*.au.com" } },
	{ "softbank", 1, 2, 100, 5,
	    { "softbank.ne.jp", "i.softbank.jp", "vodafone.ne.jp",
		"ymobile.ne.jp", "disney.ne.jp" },
	    { "*.softbank.ne.jp", "*.softbank.jp" } },
};
enum { GROUPS = sizeof(table) / sizeof(table[0]) };
static_assert(GROUPS == 10, "the README shows the table too");

void
pace_group_clear(struct pace_group *group)
{
	group->connections = PACE_UNSET;
	group->per_second = PACE_UNSET;
	group->per_connection = PACE_UNSET;
	group->unknown_pct = PACE_UNSET;
}

bool
pace_has_key(const char *group, const char *key)
{
	if (text_equal(key, "per_second"))
		return true;
	return *group != '\0' && (text_equal(key, "connections") ||
				     text_equal(key, "per_connection"));
}

static struct text_list
list_words(struct arena *arena, const char *const words[MOST_WORDS])
{
	struct text_list list = { 0 };

	list.items = arena_take(arena, MOST_WORDS, sizeof(*list.items));
	while (list.count < MOST_WORDS && words[list.count] != NULL) {
		list.items[list.count] = words[list.count];
		list.count++;
	}
	return list;
}

static struct text_list
join_lists(struct arena *arena, struct text_list a, struct text_list b)
{
	struct text_list list = { .count = a.count + b.count };

	list.items = arena_take(arena, list.count + 1, sizeof(*list.items));
	for (size_t i = 0; i < list.count; i++)
		list.items[i] = i < a.count ? a.items[i] : b.items[i - a.count];
	return list;
}

static struct pace_group *
find_named(const struct pace *pace, const char *name)
{
	for (size_t i = 0; i < pace->group_count; i++)
		if (text_equal_nocase(pace->groups[i].name, name))
			return &pace->groups[i];
	return NULL;
}

static struct pace_group *
add_group(struct pace *pace, const char *name)
{
	struct pace_group *group = &pace->groups[pace->group_count++];

	group->name = name;
	pace_group_clear(group);
	return group;
}

/* Lays a row of the table under what is configured for the group. */
static void
lay_under(struct arena *arena, struct pace *pace, size_t row)
{
	struct pace_group *group = find_named(pace, table[row].name);
	bool limited = !pace->without_limits;

	if (group == NULL)
		group = add_group(pace, table[row].name);
	group->domains = join_lists(
	    arena, group->domains, list_words(arena, table[row].domains));
	group->mx =
	    join_lists(arena, group->mx, list_words(arena, table[row].mx));
	if (limited && group->connections == PACE_UNSET)
		group->connections = table[row].connections;
	if (limited && group->per_second < 0)
		group->per_second = table[row].per_second;
	if (limited && group->per_connection == PACE_UNSET)
		group->per_connection = table[row].per_connection;
	if (limited && group->unknown_pct == PACE_UNSET)
		group->unknown_pct = table[row].unknown_pct;
}

static void
apply_change(struct pace *pace, const struct pace_change *change)
{
	struct pace_group *group;

	if (!pace_has_key(change->group, change->key))
		return;
	if (*change->group == '\0') {
		pace->per_second = change->value;
		return;
	}
	group = find_named(pace, change->group);
	if (group == NULL)
		group = add_group(pace, change->group);
	if (text_equal(change->key, "per_second"))
		group->per_second = change->value;
	else if (text_equal(change->key, "connections"))
		group->connections = (int)change->value;
	else
		group->per_connection = (int)change->value;
}

/* What is given nowhere has no limit. */
static void
settle_unset(struct pace *pace)
{
	for (size_t i = 0; i < pace->group_count; i++) {
		struct pace_group *group = &pace->groups[i];

		if (group->connections < 0)
			group->connections = 0;
		if (group->per_second < 0)
			group->per_second = 0;
		if (group->per_connection < 0)
			group->per_connection = 0;
		if (group->unknown_pct < 0)
			group->unknown_pct = 0;
	}
}

void
pace_resolve(struct arena *arena, const struct pace *configured,
    const struct pace_change *changes, size_t count, struct pace *ret_pace)
{
	struct pace pace = *configured;

	pace.groups = arena_take(
	    arena, pace.group_count + GROUPS + count + 1, sizeof(*pace.groups));
	if (pace.group_count > 0)
		memcpy(pace.groups, configured->groups,
		    pace.group_count * sizeof(*pace.groups));
	for (size_t i = 0; i < GROUPS; i++)
		lay_under(arena, &pace, i);
	for (size_t i = 0; i < count; i++)
		apply_change(&pace, &changes[i]);
	settle_unset(&pace);
	*ret_pace = pace;
}

const struct pace_group *
pace_by_domain(const struct pace *pace, const char *domain)
{
	const struct pace_group *named = find_named(pace, domain);

	/* A group that is named like the domain is meant most of all. */
	if (named != NULL)
		return named;
	for (size_t i = 0; i < pace->group_count; i++) {
		const struct text_list *list = &pace->groups[i].domains;

		for (size_t j = 0; j < list->count; j++)
			if (text_equal_nocase(list->items[j], domain))
				return &pace->groups[i];
	}
	return NULL;
}

/* "*.google.com" is any name below google.com. */
static bool
matches(const char *pattern, const char *host)
{
	size_t pattern_bytes;
	size_t host_bytes = strlen(host);

	if (pattern[0] != '*')
		return text_equal_nocase(pattern, host);
	pattern++;
	pattern_bytes = strlen(pattern);
	return host_bytes > pattern_bytes &&
	       text_equal_nocase(host + host_bytes - pattern_bytes, pattern);
}

const struct pace_group *
pace_by_mx(const struct pace *pace, const char *host)
{
	for (size_t i = 0; i < pace->group_count; i++) {
		const struct text_list *list = &pace->groups[i].mx;

		for (size_t j = 0; j < list->count; j++)
			if (matches(list->items[j], host))
				return &pace->groups[i];
	}
	return NULL;
}
