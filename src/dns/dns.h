#ifndef DNS_DNS_H
#define DNS_DNS_H

/*
 * Who takes mail for a domain, by DNS (RFC 5321 section 5.1): the hosts of its
 * MX records; where it has none, the domain itself by its A or AAAA; nobody
 * where the MX is null (RFC 7505), or no such host has an address. Many domains
 * at once, but politely: a few questions at a time, each repeated a little
 * later rather than soon. Knows nothing of contacts, and keeps nothing. The
 * only room with c-ares.
 */

#include <stdint.h>

#include "base/err.h"

/* Of what is unknown nobody may say that it takes no mail. */
#define GM_DNS_ANSWERS(X)                            \
	X(DNS_TAKES_MAIL, "takes mail")              \
	X(DNS_NULL_MX, "says that it takes no mail") \
	X(DNS_NO_HOST, "has no mail host")           \
	X(DNS_NO_DOMAIN, "does not exist")           \
	X(DNS_UNKNOWN, "gave no answer")

#define X(name, text) name,
enum dns_answer { GM_DNS_ANSWERS(X) DNS_ANSWERS };
#undef X

/* The text of an answer ("does not exist"); never NULL. */
const char *dns_answer(enum dns_answer answer);

struct dns_options {
	const char
	    *server; /* "ADDRESS" or "ADDRESS:PORT"; NULL: the system's */
	int64_t timeout_ms; /* of the first try; it doubles with each */
	int tries;
	size_t at_once; /* domains that are asked about at the same time */
};

/* What people get: five seconds, three tries, 16 at once. */
extern const struct dns_options dns_options_usual;

/* Called once for each domain, in any order. `detail`: the mail host, or what
   is wrong with it; "" when there is nothing to say. */
typedef void dns_each_fn(
    size_t number, enum dns_answer answer, const char *detail, void *context);

/* Asks about all `domains` (ASCII) and returns when each is answered; *err is
   set only when there is nobody to ask (ERR_UNAVAILABLE) or the server's name
   is none (ERR_USAGE). */
bool dns_ask(const struct dns_options *options, const char *const *domains,
    size_t count, dns_each_fn *each, void *context,
    struct err *err) GM_MUST_CHECK;

#endif
