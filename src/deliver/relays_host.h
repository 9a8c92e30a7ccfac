#ifndef DELIVER_RELAYS_HOST_H
#define DELIVER_RELAYS_HOST_H

/* Inside relays: what is known of each of them. relays.c notes how they fare,
   relays_choose.c picks one. */

#include "base/arena.h"
#include "base/vec.h"
#include "deliver/relays.h"

/* Sessions that failed, or were lost, in a row. */
enum { RELAYS_ALARM_AFTER = 3 };

struct relays_host {
	char *url;
	const char *name; /* within url */
	struct relay config;
	bool gone; /* from the list */

	int open;     /* connecting or connected */
	int standing; /* of these, connected */

	int failures;      /* sessions that did not come about, in a row */
	int losses;        /* sessions that ended in silence, in a row */
	int slowdowns;     /* MAIL put off, in a row */
	bool refuses_us;   /* credentials or rights */
	bool refused_mail; /* refuses_us since a MAIL, not a session */
	bool untried;      /* refuses_us, and no session was begun since */
	bool silent;       /* does not greet */
	int64_t asked_ms;  /* since when; while none stands */
	int64_t try_ms;    /* nothing before */

	bool met; /* a session stood */
	bool alarmed;
	char why[500];
};

struct relays {
	struct relays_rules rules;
	struct arena *arena; /* of the hosts' config */
	GM_VEC(struct relays_host *) hosts;
};

#endif
