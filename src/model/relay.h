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
};

/* Limits for one group of destinations; 0: no limit. */
struct pace_group {
	const char *name; /* "google" */
	int connections;  /* messages in flight at once */
	double per_second;
};

struct pace {
	double per_second; /* 0: no limit */
	struct pace_group *groups;
	size_t group_count;
};

#endif
