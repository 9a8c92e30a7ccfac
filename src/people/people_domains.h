#ifndef PEOPLE_PEOPLE_DOMAINS_H
#define PEOPLE_PEOPLE_DOMAINS_H

/* Which contacts have addresses at domains that take no mail, by DNS. What DNS
   said is kept in the store for a day; what it did not say is asked again. */

#include "dns/dns.h"
#include "store/store_subscriber.h"

struct people_domain {
	const char *domain;
	enum dns_answer answer;
	const char *detail; /* "" when there is nothing to say */
	struct text_list addresses;
};

struct people_domains {
	struct people_domain *items; /* that take no mail, or gave no answer */
	size_t count;
	size_t all;           /* domains there are */
	size_t unknown;       /* that gave no answer, among `items` */
	size_t asked;         /* about which DNS was asked now */
	size_t dead_contacts; /* at domains that take no mail */
};

/* Looks at all who may be mailed: active, with a basis, not suppressed. Writes
   what it learns. Errors: those of dns_ask and of the store. */
bool people_check_domains(struct arena *arena, struct store *store,
    const struct dns_options *options, struct people_domains *ret_domains,
    struct err *err) GM_MUST_CHECK;

#endif
