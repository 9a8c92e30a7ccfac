#ifndef MODEL_ADDRESS_H
#define MODEL_ADDRESS_H

/*
 * Mail addresses (RFC 5321 section 4.1.2): syntax, limits, identity. What
 * passes here is safe to write into an SMTP command and a header as it is.
 * Domains are ASCII here; people/ converts internationalised ones before.
 */

#include "base/arena.h"

struct address {
	const char *text;   /* local part as given, domain in lower case */
	const char *key;    /* identity: all in lower case */
	const char *domain; /* within text */
};

/* Checks `text` (no surrounding blanks): dot-atom local part of at most 64
   octets, domain of at most 255 with at least one dot, 254 in all; no
   quoted local parts, no address literals. Doubled, leading and trailing
   dots in the local part are accepted for the Japanese carriers that gave
   such addresses out (docomo.ne.jp, ezweb.ne.jp, au.com, …). */
bool address_parse(struct arena *arena, const char *text,
    struct address *ret_address, struct err *err) GM_MUST_CHECK;

/* As it goes into an SMTP command or a header: the local part quoted where it
   is no dot-atom. */
char *address_quoted(struct arena *arena, const char *text);

/* postmaster, mailer-daemon, abuse, noreply …: nobody who reads (R-SUP-3). */
bool address_is_role(const char *text);

#endif
