#ifndef MODEL_RELAY_H
#define MODEL_RELAY_H

/* A server that takes our mail, and how patient we are with it. */

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum relay_tls {
	RELAY_TLS_REQUIRE,       /* encrypted and verified, or nothing */
	RELAY_TLS_OPPORTUNISTIC, /* encrypted when offered, not verified */
	RELAY_TLS_OFF,
};

/* Milliseconds for each phase (RFC 5321 section 4.5.3.2). */
struct relay_timeouts {
	int64_t connect_ms;  /* TCP and TLS: 30 s */
	int64_t greeting_ms; /* greeting, EHLO, STARTTLS, AUTH: 5 min */
	int64_t mail_ms;     /* 5 min; RSET too */
	int64_t rcpt_ms;     /* 5 min */
	int64_t data_ms;     /* until 354: 2 min */
	int64_t block_ms;    /* until a block of the body is taken: 3 min */
	int64_t final_ms;    /* reply to the dot: 10 min */
};

struct relay {
	const char *url; /* smtp://host:port or smtps://host:port */
	enum relay_tls tls;
	const char *username; /* "": no AUTH */
	const char *password; /* never shown anywhere */
	const char *ca_file;  /* "": the system's */
	int connections;      /* at most so many at once */
	int priority;         /* lower first; equal ones share; never 0 */
	int share; /* of the connections, beside equal ones; never 0 */
	int messages_per_connection; /* 0: no limit */
};

#endif
