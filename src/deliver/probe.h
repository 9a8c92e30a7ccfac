#ifndef DELIVER_PROBE_H
#define DELIVER_PROBE_H

/*
 * Tries whether the relays would take our mail now: connect, TLS, EHLO, AUTH,
 * QUIT, all relays at once, without a message. Knows neither queue nor store.
 */

#include "config/site.h"
#include "model/outcome.h"

enum { PROBE_LONGEST_MS = 15000 };

/* How it went with one relay. */
struct probe {
	char relay[300]; /* "host:port" */
	bool ok;
	char tls[16];       /* "TLSv1.3"; "" when not encrypted */
	char offers[400];   /* "PIPELINING, SIZE 10240000", printable ASCII */
	struct verdict why; /* when not ok; blame `us`: our credentials or
			       settings, its certificate, it wants none of us */
};

/* Fills one probe for each of the site's relays, in their order. Waits no
   longer than the site's timeouts, and than PROBE_LONGEST_MS in all. */
void probe_relays(const struct site *site, struct probe *ret_probes);

#endif
