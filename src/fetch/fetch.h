#ifndef FETCH_FETCH_H
#define FETCH_FETCH_H

/*
 * Whether the pages that links lead to are there. Asks many servers at once,
 * each a few times at most, by HEAD, and by GET (which stops at the first byte
 * of the page) where a server does not like HEAD. A server that left two
 * unanswered is not asked for more. Follows redirections; nothing but http and
 * https is ever asked for. What was alive a short while ago is not asked again,
 * by a cache file. libcurl's second room: pages, no mail.
 */

#include <stdint.h>

#include "base/arena.h"

enum fetch_answer {
	FETCH_ALIVE,
	FETCH_DEAD,   /* there is no such page or server */
	FETCH_UNSURE, /* it may be there: too slow, forbidden, out of order */
};

struct fetch_link {
	const char *url; /* the caller's */

	/* Set by fetch_links. */
	enum fetch_answer answer;
	const char *why; /* "404", "the name has no address"; "" when alive */
};

struct fetch_wish {
	int at_once;          /* requests in all */
	int at_once_per_host; /* and to one host */
	int64_t timeout_ms;   /* of one request, redirections and all */
	const char *cache;    /* a file; made if missing; NULL: none */
	int64_t keep_ms;      /* how long an answer in it is good */
};

/* What `glocal-mail issue check --links` asks for, but for the cache. */
extern const struct fetch_wish fetch_usual;

/* Asks for each; equal addresses are asked for once. Addresses that are
   neither http nor https stay as they are. Errors: those of reading and
   writing the cache; the answers hold all the same. */
bool fetch_links(struct arena *arena, const struct fetch_wish *wish,
    struct fetch_link *links, size_t count, struct err *err) GM_MUST_CHECK;

#endif
