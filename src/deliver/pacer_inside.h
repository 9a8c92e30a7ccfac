#ifndef DELIVER_PACER_INSIDE_H
#define DELIVER_PACER_INSIDE_H

/* Inside the pacer: what its files share. Whoever calls these holds the lock.
   pacer.c has the configuration, the stock, what is on the way, and the wait;
   pacer_place.c which group a domain belongs to; pacer_held.c the groups that
   are held. */

#include <pthread.h>

#include "base/vec.h"
#include "deliver/pacer.h"
#include "deliver/pacer_domains.h"

enum {
	PACER_LONGEST_WAIT_US = 1000 * 1000,
	PACER_ASK_MOST = 500, /* domains that wait to be asked about */
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
	char *unknown[PACER_ASK_MOST];
	size_t unknown_first, unknown_count;
};

void pacer_unlock_at(pthread_mutex_t **lock);

/* Locks a pacer until the end of the scope. */
#define GM_PACER_LOCK(pacer)                                               \
	pthread_mutex_t *lock_ __attribute__((cleanup(pacer_unlock_at))) = \
	    &(pacer)->lock;                                                \
	pthread_mutex_lock(lock_)

/* The group that is configured by this name; NULL: none. */
struct pacer_group *pacer_find_named(struct pacer *pacer, const char *name);

/* The domain of an address, entered if need be. */
struct pacer_domain *pacer_find_domain(
    struct pacer *pacer, const char *address);

/* Places a domain as far as its own name tells; `pacer` as pacer_domains_each
   takes it. */
void pacer_place_domain(struct pacer_domain *domain, void *pacer);

/* Notes a domain whose mail exchangers nobody knows (any more). */
void pacer_note_unknown(struct pacer *pacer, struct pacer_domain *domain);

/* Enters a group among those that are held, or takes it out. */
void pacer_note_held(struct pacer *pacer, struct pacer_group *group);
void pacer_forget_held(struct pacer *pacer, const struct pacer_group *group);

#endif
