#ifndef MODEL_ADDRESS_H
#define MODEL_ADDRESS_H

/*
 * Mail addresses (RFC 5321 section 4.1.2): syntax, limits, identity. What
 * passes here is safe to write into an SMTP command and a header as it is.
 *
 * How an address that people write becomes one of ours, in this order:
 * 1. people/ trims blanks (U+3000 too) and takes the NFKC form, so that
 *    letters, digits, dots and the @ in full width are those in ASCII.
 * 2. people/ turns a domain in another script into A-labels (IDNA2008 non-
 *    transitional, UTS #46), so that no server needs SMTPUTF8 for it. A local
 *    part beyond ASCII would (RFC 6531) and is refused.
 * 3. Quotes around a local part that needs none are dropped.
 * 4. The domain is in lower case; the local part stays as it was given, for
 *    its server may care.
 * 5. The identity is all of it in lower case: no server in use tells
 *    addresses apart by case, and people do not. Nothing else is folded:
 *    "+tag" and dots in local parts do distinguish.
 */

#include "base/arena.h"

struct address {
	const char *text;   /* local part as given, domain in lower case */
	const char *key;    /* identity: all in lower case */
	const char *domain; /* within text */
};

/* Checks `text` (no surrounding blanks): dot-atom local part of at most 64
   octets, domain of at most 255 with at least one dot, 254 in all; no local
   parts that must be quoted, no address literals. Doubled, leading and trailing
   dots in the local part are accepted for the Japanese carriers that gave
   such addresses out (docomo.ne.jp, ezweb.ne.jp, au.com, …), quoted or not;
   a leading hyphen is none of RFC 5321's concern. */
bool address_parse(struct arena *arena, const char *text,
    struct address *ret_address, struct err *err) GM_MUST_CHECK;

/* As it goes into an SMTP command or a header: the local part quoted where it
   is no dot-atom. */
char *address_quoted(struct arena *arena, const char *text);

/* postmaster, mailer-daemon, abuse, noreply …: nobody who reads (R-SUP-3). */
bool address_is_role(const char *text);

#endif
