#include "people/people_consent.h"

#include "base/now.h"
#include "store/store_consent.h"

bool
people_consent_record(struct store *store, const struct store_subscriber *row,
    const char *given, bool withdrawn, const struct people_withdrawal *how,
    struct err *err)
{
	struct store_consent consent = {
		.subscriber = row->id,
		.address = given,
		.withdrawn = withdrawn,
		.basis = row->basis,
		.at_ms = now_ms(),
		.method = how->method,
		.source = how->source,
		.operator= how->operator,
		.requested = row->state == SUBSCRIBER_PENDING && !withdrawn,
		.wording = how->wording,
	};

	return store_consent_add(store, &consent, err);
}
