#ifndef MODEL_PACE_H
#define MODEL_PACE_H

/*
 * How fast to send, overall and to groups of destinations, and the built-in
 * table of groups. A group is one mailbox provider, known by the domains that
 * it serves and by the names of its mail exchangers; any other domain is a
 * group of its own. Values alone: who keeps to them is deliver/pacer.
 */

#include <stdint.h>

#include "base/text.h"

/* Left out: as in the table, without one no limit. */
enum { PACE_UNSET = -1 };

/* Limits for one group of destinations; 0: no limit. */
struct pace_group {
	const char *name;         /* "google"; or a domain */
	int connections;          /* messages under way at once */
	double per_second;        /* messages */
	int per_connection;       /* messages over one connection to a relay */
	int unknown_pct;          /* pause when more per cent of the last 100
				     recipients are unknown there */
	struct text_list domains; /* "gmail.com" */
	struct text_list mx;      /* "*.google.com", or one name */
};

struct pace {
	double per_second;   /* over all relays; 0: no limit */
	bool without_limits; /* of the built-in table */
	bool without_mx;     /* do not look up mail exchangers */
	const char *dns;     /* "127.0.0.1:53"; "": the system's servers */
	int64_t hold_ms;     /* how long a group is left alone that asks for
				it */
	struct pace_group *groups;
	size_t group_count;
};

/* A limit changed while running: group "" is the whole. */
struct pace_change {
	const char *group;
	const char *key; /* "per_second", "connections", "per_connection" */
	double value;
};

/* Whether a group has a limit of this name; the whole has per_second alone. */
bool pace_has_key(const char *group, const char *key);

/* What holds: the changes over what is configured over the built-in table,
   nothing PACE_UNSET any more. Groups of the configuration come first, so that
   a domain named there leaves the group of the table. Strings are shared with
   `configured` and `changes`. */
void pace_resolve(struct arena *arena, const struct pace *configured,
    const struct pace_change *changes, size_t count, struct pace *ret_pace);

/* A group that was not given any limit. */
void pace_group_clear(struct pace_group *group);

/* The group of a mailbox domain, of a mail exchanger; NULL: none. */
const struct pace_group *pace_by_domain(
    const struct pace *pace, const char *domain);
const struct pace_group *pace_by_mx(const struct pace *pace, const char *host);

#endif
