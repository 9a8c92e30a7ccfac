#ifndef STORE_CONSENT_H
#define STORE_CONSENT_H

/* Who agreed to what or withdrew it, when, how, with which evidence: a record
   that is only ever added to. */

#include "model/subscriber.h"
#include "store/store.h"

enum { STORE_CONSENT_SHA256_BYTES = 32 };

struct store_consent {
	int64_t subscriber;
	const char *address; /* as given */
	bool withdrawn;      /* else granted */
	bool requested;      /* neither: asked for, and to be confirmed */
	enum basis basis;
	int64_t at_ms;
	const char *method;          /* import, operator, one-click, … */
	const char *source;          /* file name or other evidence */
	int64_t line;                /* of the source; 0: none */
	const unsigned char *sha256; /* of the source; NULL: none */
	const char *operator;        /* who did it; "" when nobody of ours */
	int64_t wording;             /* what they were shown; 0: not known */
};

/* "granted", "withdrawn" or "requested". */
const char *store_consent_event(const struct store_consent *consent);

bool store_consent_add(struct store *store, const struct store_consent *consent,
    struct err *err) GM_MUST_CHECK;

struct store_consents {
	struct store_consent *items; /* oldest first */
	size_t count;
};

/* All events of one subscriber. */
bool store_consent_list(struct arena *arena, struct store *store,
    int64_t subscriber, struct store_consents *ret_list,
    struct err *err) GM_MUST_CHECK;

#endif
