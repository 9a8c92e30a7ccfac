#ifndef DELIVER_PACER_DOMAINS_H
#define DELIVER_PACER_DOMAINS_H

/* Inside the pacer: the domains it remembers, each with the group it belongs
   to now and one of its own for when it belongs to none. What was not used for
   longest is forgotten first, but never what is in use. */

#include <sys/queue.h>

#include "deliver/pacer_group.h"

enum { PACER_DOMAINS_MOST = 20000 };

struct pacer_domain {
	char *name;                /* lower case */
	struct pacer_group *group; /* &own, or one with a name */
	struct pacer_group own;
	bool by_mx;         /* its mail exchangers decide on its group */
	bool asked;         /* an answer is on its way */
	int64_t expires_us; /* then to be asked again */
	struct pacer_domain *chain;
	TAILQ_ENTRY(pacer_domain) link;
};

struct pacer_domains;

struct pacer_domains *pacer_domains_new(void);
void pacer_domains_free(struct pacer_domains *domains);

/* NULL when it is not known; else it counts as used. */
struct pacer_domain *pacer_domains_find(
    struct pacer_domains *domains, const char *name, size_t bytes);

/* Adds one that is not known, with its own group, not limited. */
struct pacer_domain *pacer_domains_add(
    struct pacer_domains *domains, const char *name, size_t bytes);

void pacer_domains_each(struct pacer_domains *domains,
    void (*visit)(struct pacer_domain *domain, void *context), void *context);

#endif
