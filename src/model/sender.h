#ifndef MODEL_SENDER_H
#define MODEL_SENDER_H

/* Who sends: everything about ourselves that stands in a message. Frozen with
   a mailing when it is planned. No field is NULL. */

#include "base/err.h"

struct sender {
	const char *name;     /* "Local Partnership Cooperation Division" */
	const char *address;  /* From: */
	const char *reply_to; /* "": none */
	const char *postal;   /* postal address, shown in the footer */
	const char *contact;  /* phone, address or URL for questions */
	const char *bounce_domain; /* of return paths and mailto:unsubscribe */
	const char *public_url;    /* "https://news.example", no slash behind */
	const char *list_id;       /* "glocal-news.news.example" */
	const char *timezone;      /* of dates shown: "Asia/Tokyo" */

	/* Of Date fields, minutes east of UTC. Frozen when planned, so that a
	   retry after a change of zone has the same bytes. */
	int utc_offset_min;
};

/* The members that are texts. */
#define GM_SENDER_FIELDS(X) \
	X(name)             \
	X(address)          \
	X(reply_to)         \
	X(postal)           \
	X(contact)          \
	X(bounce_domain)    \
	X(public_url)       \
	X(list_id)          \
	X(timezone)

/* One DKIM key (RFC 6376). */
struct dkim_key {
	const char *domain;
	const char *selector;
	const char *key_file; /* PEM, RSA or Ed25519; absolute path */

	/* Of a key as frozen: SHA-256 of its public part in hex. NULL or "":
	   any key of that name will do. */
	const char *fingerprint;
};

#endif
