#include "deliver/pacer_domains.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

enum { CHAINS = 8192, TRIES = 16 };
static_assert((CHAINS & (CHAINS - 1)) == 0, "a mask picks the chain");

TAILQ_HEAD(domain_list, pacer_domain);

struct pacer_domains {
	struct pacer_domain *chains[CHAINS];
	struct domain_list by_use; /* the latest first */
	size_t count;
};

static size_t
hash(const char *name, size_t bytes)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < bytes; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c >= 'A' && c <= 'Z')
			c = (unsigned char)(c + 'a' - 'A');
		h = (h ^ c) * 16777619u;
	}
	return (h ^ h >> 15) & (CHAINS - 1);
}

struct pacer_domains *
pacer_domains_new(void)
{
	struct pacer_domains *domains = mem_new(1, sizeof(*domains));

	TAILQ_INIT(&domains->by_use);
	return domains;
}

static void
drop(struct pacer_domains *domains, struct pacer_domain *domain)
{
	struct pacer_domain **at =
	    &domains->chains[hash(domain->name, strlen(domain->name))];

	while (*at != domain)
		at = &(*at)->chain;
	*at = domain->chain;
	TAILQ_REMOVE(&domains->by_use, domain, link);
	domains->count--;
	free(domain->name);
	free(domain);
}

void
pacer_domains_free(struct pacer_domains *domains)
{
	struct pacer_domain *domain;

	while ((domain = TAILQ_FIRST(&domains->by_use)) != NULL)
		drop(domains, domain);
	free(domains);
}

struct pacer_domain *
pacer_domains_find(
    struct pacer_domains *domains, const char *name, size_t bytes)
{
	struct pacer_domain *domain = domains->chains[hash(name, bytes)];

	while (domain != NULL && (strncasecmp(domain->name, name, bytes) != 0 ||
				     domain->name[bytes] != '\0'))
		domain = domain->chain;
	if (domain != NULL && domain != TAILQ_FIRST(&domains->by_use)) {
		TAILQ_REMOVE(&domains->by_use, domain, link);
		TAILQ_INSERT_HEAD(&domains->by_use, domain, link);
	}
	return domain;
}

static bool
is_in_use(const struct pacer_domain *domain)
{
	const struct pacer_group *own = &domain->own;

	return own->in_flight > 0 || own->stocked > 0 || own->careful > 0 ||
	       own->held_until_us != 0;
}

/* Forgets the one that was not used for longest; looks at a few alone. */
static void
forget_one(struct pacer_domains *domains)
{
	struct pacer_domain *domain = TAILQ_LAST(&domains->by_use, domain_list);

	for (int i = 0; i < TRIES && domain != NULL; i++) {
		struct pacer_domain *before =
		    TAILQ_PREV(domain, domain_list, link);

		if (!is_in_use(domain)) {
			drop(domains, domain);
			return;
		}

		/* It is in use: not the one to look at again and again. */
		TAILQ_REMOVE(&domains->by_use, domain, link);
		TAILQ_INSERT_HEAD(&domains->by_use, domain, link);
		domain = before;
	}
}

struct pacer_domain *
pacer_domains_add(struct pacer_domains *domains, const char *name, size_t bytes)
{
	size_t chain = hash(name, bytes);
	struct pacer_domain *domain;

	if (domains->count >= PACER_DOMAINS_MOST)
		forget_one(domains);
	domain = mem_new(1, sizeof(*domain));
	domain->name = mem_strndup(name, bytes);
	for (char *c = domain->name; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + 'a' - 'A');
	domain->own.name = domain->name;
	domain->group = &domain->own;
	domain->chain = domains->chains[chain];
	domains->chains[chain] = domain;
	TAILQ_INSERT_HEAD(&domains->by_use, domain, link);
	domains->count++;
	return domain;
}

void
pacer_domains_each(struct pacer_domains *domains,
    void (*visit)(struct pacer_domain *domain, void *context), void *context)
{
	struct pacer_domain *domain;

	TAILQ_FOREACH(domain, &domains->by_use, link)
	visit(domain, context);
}
