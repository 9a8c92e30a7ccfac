#ifndef DELIVER_RELAYS_H
#define DELIVER_RELAYS_H

/*
 * Inside deliver/: which relay gets the next connection, and how each of them
 * fares. A state machine over a clock that is handed in (milliseconds,
 * monotonic); it knows no socket, no store, no log.
 *
 * Of the relays that serve us those with the lowest priority get all mail and
 * share it. A relay is
 *
 *  - ailing: sessions do not come about, or are lost before anything is said,
 *    or it does not greet. It is left alone for longer each time, then tried
 *    with a single connection.
 *  - slowed: it puts off MAIL. It gets nothing for a moment, longer each time.
 *  - refusing us: credentials or rights. An operator must act; it is asked
 *    again every few minutes.
 *
 * Trouble that stays raises an alarm, once; the alarm ends when the relay
 * serves again.
 */

#include <stddef.h>
#include <stdint.h>

#include "model/outcome.h"
#include "model/relay.h"

struct relays;

/* One of them; lives as long as the whole. */
struct relays_host;

struct relays_rules {
	int64_t patience_ms; /* with one that does not greet */
	int64_t longest_ms;  /* to leave one alone whose sessions are lost */

	/* `text` is a line for the operator; NULL: the trouble is over. */
	void (*alarm)(void *context, const char *relay, const char *text);

	/* Something for the log alone. */
	void (*note)(void *context, const char *text);
	void *context;
};

/* `list` is copied. */
struct relays *relays_new(
    const struct relay *list, size_t count, const struct relays_rules *rules);
void relays_free(struct relays *relays); /* NULL is allowed */

/* Another list from now on. One that stays (its URL) keeps its health, but is
   asked again at once; connections to one that is gone should leave. */
void relays_set(struct relays *relays, const struct relay *list, size_t count);

/* Where to connect next; NULL: nowhere for now. It counts as open until
   relays_closed. */
struct relays_host *relays_open(struct relays *relays, int64_t now);

/* What to connect to; valid until relays_set. */
const struct relay *relays_config(const struct relays_host *host);
const char *relays_name(const struct relays_host *host); /* "host:port" */

/* A session stands. */
void relays_greeted(struct relays *relays, struct relays_host *host);

/* A transaction ended so; not for those that tell nothing (withdrawn, an idle
   connection closed). */
void relays_ended(struct relays *relays, struct relays_host *host,
    const struct verdict *verdict, int64_t now);

/* True for a 4xx to MAIL: it wants no more mail from anyone for now, which says
   nothing about the reader, so the delivery keeps its place (R-SMTP-6). */
bool relays_is_slowdown(const struct verdict *verdict);

/* A connection is gone; `stood`: after relays_greeted. `why` as smtp/ tells;
   NULL when we gave it up. */
void relays_closed(struct relays *relays, struct relays_host *host, bool stood,
    const struct verdict *why, int64_t now);

/* True when transactions may start on connections to it now. */
bool relays_takes(const struct relays_host *host, int64_t now);

/* True when connections to it should be ended once they are idle: it is gone
   from the list, or a better one serves again. */
bool relays_should_leave(
    const struct relays *relays, const struct relays_host *host, int64_t now);

/* True when a connection to it that does not stand yet is better given up: it
   is silent, another one is being tried, and other relays serve. */
bool relays_is_stuck(
    const struct relays *relays, const struct relays_host *host, int64_t now);

/* To be called now and then: notices who does not greet. */
void relays_look(struct relays *relays, int64_t now);

/* Is any to be tried now? Does none take mail from us, as far as we know (in
   a way that only an operator can mend)? The reason of the first that does
   not, "" when there is none. */
bool relays_any_now(const struct relays *relays, int64_t now);
bool relays_none(const struct relays *relays);
bool relays_all_refuse(const struct relays *relays);
const char *relays_why(const struct relays *relays);

/* True when one of this name is in the list. */
bool relays_has(const struct relays *relays, const char *name);

/* Connections that may be open at once, over all. */
int relays_connections(const struct relays *relays);

#endif
