#include "config/option.h"
#include "model/pace.h"

#define ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0])

static const char *const on_off[] = { "on", "off", NULL };

/* What a group is not told stays as in the built-in table. */
static void
clear_group(void *item)
{
	pace_group_clear(item);
}

#define AT(member) offsetof(struct pace_group, member)

static const struct option group_rows[] = {
	{ .key = "connections",
	    .type = OPTION_INTEGER,
	    .offset = AT(connections),
	    .fallback = "",
	    .most = 1000,
	    .example = "5",
	    .comment = "Messages under way at once." },
	{ .key = "per_second",
	    .type = OPTION_REAL,
	    .offset = AT(per_second),
	    .fallback = "",
	    .most = 100000,
	    .example = "50",
	    .comment = "Messages per second." },
	{ .key = "per_connection",
	    .type = OPTION_INTEGER,
	    .offset = AT(per_connection),
	    .fallback = "",
	    .most = 1000000,
	    .example = "50",
	    .comment = "Messages over one connection to a relay." },
	{ .key = "unknown_pct",
	    .type = OPTION_INTEGER,
	    .offset = AT(unknown_pct),
	    .fallback = "",
	    .most = 100,
	    .example = "5",
	    .comment = "Pause the group when more per cent of its last 100 "
		       "readers are unknown\nthere, as carriers block senders "
		       "for that; `pace go GROUP` goes on." },
	{ .key = "domains",
	    .type = OPTION_WORDS,
	    .offset = AT(domains),
	    .most = 1000,
	    .example = "[gmail.com, googlemail.com]",
	    .comment = "Domains that belong to it, beside those of the "
		       "built-in table." },
};
#undef AT

static const struct option_table group_table = { .name = "groups",
	ROWS(group_rows),
	.item_bytes = sizeof(struct pace_group),
	.name_offset = offsetof(struct pace_group, name),
	.prefill = clear_group };

#define SECOND 1000.0
#define HOUR   (60 * 60 * SECOND)

#define AT(member) offsetof(struct pace, member)

static const struct option pace_rows[] = {
	{ .key = "per_second",
	    .type = OPTION_REAL,
	    .offset = AT(per_second),
	    .fallback = "0",
	    .most = 100000,
	    .comment = "Messages per second over all relays." },
	{ .key = "limits",
	    .type = OPTION_SWITCH,
	    .offset = AT(without_limits),
	    .fallback = "on",
	    .words = on_off,
	    .comment = "The limits of the built-in table (`glocal-mail pace` "
		       "shows it): what large\nproviders are known to bear; "
		       "the Japanese carriers get two a second each.\noff: "
		       "only what stands below; where a relay keeps to such "
		       "limits itself." },
	{ .key = "hold",
	    .type = OPTION_DURATION,
	    .offset = AT(hold_ms),
	    .fallback = "",
	    .least = 10,
	    .most = 24 * HOUR,
	    .example = "10m",
	    .comment = "A group that asks us to slow down (421, 4.7.x) gets no "
		       "mail for so long,\nthen one message at a time, then "
		       "slowly more. Default: twice retry.first." },
	{ .key = "groups",
	    .type = OPTION_NAMED,
	    .offset = AT(groups),
	    .count_offset = AT(group_count),
	    .inner = &group_table,
	    .most = 100,
	    .example = "google",
	    .comment = "Limits for groups of destinations, by name; a domain "
		       "is a name too. What\nis left out is as in the "
		       "built-in table, else without limit." },
};
#undef AT

const struct option_table option_pace = { .name = "pace", ROWS(pace_rows) };
