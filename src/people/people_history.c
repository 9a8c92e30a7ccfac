#include "people/people_history.h"

#include "secret/secret.h"
#include "sign/sha256.h"

static const struct store_seal seal = { sha256_once, secret_random };

bool
people_begin(struct store *store, const struct people_author *author,
    const struct people_source *source, struct err *err)
{
	const struct store_author by = {
		.seal = &seal,
		.operator= author->operator,
		.command = author->command,
		.source = source != NULL ? source->name : "",
		.source_sha256 = source != NULL ? source->sha256 : NULL,
	};

	return store_begin_as(store, &by, err);
}

bool
people_history_verify(
    struct store *store, struct store_history_state *ret_state, struct err *err)
{
	return store_history_verify(store, &seal, ret_state, err);
}
