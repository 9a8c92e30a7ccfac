#ifndef MODEL_RETENTION_H
#define MODEL_RETENTION_H

#include <stdint.h>

/* How long personal data is kept, by its class; 0: for ever. */
struct retention {
	int64_t delivery_ms; /* addresses and names in mailings, replies */
	int64_t history_ms;  /* what the history says */
	int64_t consent_ms;  /* since the last mail to who left; never 0 */
	int64_t pending_ms;  /* contacts who did not confirm */
	int64_t reports_ms;  /* messages that came back */
};

#endif
