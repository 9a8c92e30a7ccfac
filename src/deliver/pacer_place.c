#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "deliver/pacer_inside.h"

struct pacer_group *
pacer_find_named(struct pacer *pacer, const char *name)
{
	for (size_t i = 0; i < pacer->named.count; i++)
		if (text_equal_nocase(pacer->named.items[i]->name, name))
			return pacer->named.items[i];
	return NULL;
}

void
pacer_place_domain(struct pacer_domain *domain, void *context)
{
	struct pacer *pacer = context;
	const struct pace_group *group =
	    pace_by_domain(&pacer->pace, domain->name);

	domain->by_mx = group == NULL && !pacer->pace.without_mx;
	domain->asked = false;
	domain->expires_us = 0;
	domain->group =
	    group != NULL ? pacer_find_named(pacer, group->name) : &domain->own;
}

struct pacer_domain *
pacer_find_domain(struct pacer *pacer, const char *address)
{
	const char *at = strrchr(address, '@');
	const char *name = at != NULL ? at + 1 : address;
	size_t bytes = strlen(name);
	struct pacer_domain *domain =
	    pacer_domains_find(pacer->domains, name, bytes);

	if (domain != NULL)
		return domain;
	domain = pacer_domains_add(pacer->domains, name, bytes);
	pacer_place_domain(domain, pacer);
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

void
pacer_note_unknown(struct pacer *pacer, struct pacer_domain *domain)
{
	size_t last =
	    (pacer->unknown_first + pacer->unknown_count) % PACER_ASK_MOST;

	if (!domain->by_mx || domain->asked ||
	    pacer->unknown_count == PACER_ASK_MOST)
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
	pacer->unknown_first = (pacer->unknown_first + 1) % PACER_ASK_MOST;
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
	    group != NULL ? pacer_find_named(pacer, group->name) : &domain->own;
	domain->asked = true;
	domain->expires_us = now_us + ttl_us;
}

const char *
pacer_group_name(const struct pacer_group *group)
{
	return group->name;
}
