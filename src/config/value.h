#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

/*
 * One scalar of the configuration: checks the text that was written against
 * its option's type and range, and stores what it means. One function per
 * type, in a table.
 */

#include "config/option.h"

struct value {
	struct arena *arena;
	const struct option *option;
	const char *folder; /* the site's, for relative paths */
	const char *where;  /* "relays.connections", for complaints */
	const char *text;   /* as written */
	const char *file;   /* where it stands */
	size_t line;
	bool partly; /* for whoever sends nothing: no files needed */
	struct complaints *complaints;
};

/* Stores the value at its option's offset within `into`; complains and
   returns false when it is wrong. */
bool value_set(const struct value *value, void *into);

/* For those who read one type: "where: text" among the complaints, false; a
   text as it is, true. */
bool value_complain(const struct value *value, const char *fmt, ...)
    GM_PRINTF(2, 3);
bool value_set_text(const char *text, void *target);

/* True for host names and addresses that never leave this machine. */
bool value_is_loopback(const char *relay_url);

/* True for a host name of dots and labels (RFC 1123 section 2.1) with at
   least `least_labels` labels. */
bool value_is_host(const char *text, size_t least_labels);

#endif
