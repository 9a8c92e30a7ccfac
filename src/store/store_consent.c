#include "store/store_consent.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/store_pen.h"

static const struct db_rows consent_rows = {
	.into = "INSERT INTO consent (subscriber_id, address, event, basis,"
		" at_ms, method, source, line, source_sha256, operator,"
		" wording_id)",
	.types = "isssissibsz",
};

static void
format_sha256(
    const unsigned char *sha256, char ret_text[2 * STORE_SHA256_BYTES + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < STORE_SHA256_BYTES; i++) {
		ret_text[2 * i] = digits[sha256[i] >> 4];
		ret_text[2 * i + 1] = digits[sha256[i] & 15];
	}
	ret_text[2 * STORE_SHA256_BYTES] = '\0';
}

const char *
store_consent_event(const struct store_consent *consent)
{
	return consent->requested   ? "requested"
	       : consent->withdrawn ? "withdrawn"
				    : "granted";
}

/* Puts into the history what the act does not say anyway. */
static bool
record(
    struct store *store, const struct store_consent *consent, struct err *err)
{
	const struct store_author *author = store_pen_author(store);
	const char *event[] = { store_consent_event(consent),
		subscriber_basis(consent->basis), consent->method };
	char sha256[2 * STORE_SHA256_BYTES + 1];
	char wording[24];

	if (!store_pen_open(
		store, "subscriber", consent->subscriber, NULL, NULL, err))
		return false;
	store_pen_note_joined(store, "consent", event, 3);
	if (!store_pen_says(store, "address", consent->address))
		store_pen_note(store, "consent_address", "", consent->address);
	if (!text_equal(consent->source, author->source))
		store_pen_note(store, "consent_source", "", consent->source);
	if (consent->sha256 != NULL &&
	    (author->source_sha256 == NULL ||
		memcmp(consent->sha256, author->source_sha256,
		    STORE_SHA256_BYTES) != 0)) {
		format_sha256(consent->sha256, sha256);
		store_pen_note(store, "consent_sha256", "", sha256);
	}
	if (consent->wording != 0) {
		snprintf(
		    wording, sizeof(wording), "%" PRId64, consent->wording);
		store_pen_note(store, "consent_wording", "", wording);
	}
	if (!text_equal(consent->operator, author->operator))
		store_pen_note(
		    store, "consent_operator", "", consent->operator);
	return true;
}

bool
store_consent_add(
    struct store *store, const struct store_consent *consent, struct err *err)
{
	return record(store, consent, err) &&
	       db_insert(store_db(store), err, &consent_rows,
		   consent->subscriber, consent->address,
		   store_consent_event(consent),
		   subscriber_basis(consent->basis), consent->at_ms,
		   consent->method, consent->source, consent->line,
		   consent->sha256, (size_t)STORE_CONSENT_SHA256_BYTES,
		   consent->operator, consent->wording);
}

static struct store_consent
read_row(struct arena *arena, int64_t subscriber, struct db_query *query)
{
	struct store_consent consent = {
		.subscriber = subscriber,
		.address = arena_strdup(arena, db_text(query, 0)),
		.withdrawn = text_equal(db_text(query, 1), "withdrawn"),
		.requested = text_equal(db_text(query, 1), "requested"),
		.basis = BASIS_NONE,
		.at_ms = db_int(query, 3),
		.method = arena_strdup(arena, db_text(query, 4)),
		.source = arena_strdup(arena, db_text(query, 5)),
		.line = db_int(query, 6),
		.operator= arena_strdup(arena, db_text(query, 8)),
		.wording = db_int(query, 9),
	};
	size_t count;

	subscriber_parse_basis(db_text(query, 2), &consent.basis);
	if (!db_is_null(query, 7)) {
		const void *bytes = db_bytes(query, 7, &count);

		if (count == STORE_CONSENT_SHA256_BYTES)
			consent.sha256 = arena_copy(arena, bytes, count);
	}
	return consent;
}

bool
store_consent_list(struct arena *arena, struct store *store, int64_t subscriber,
    struct store_consents *ret_list, struct err *err)
{
	GM_VEC(struct store_consent) rows = { 0 };
	struct db_query *query = db_query(store_db(store),
	    "SELECT address, event, basis, at_ms, method, source, line,"
	    " source_sha256, operator, wording_id FROM consent"
	    " WHERE subscriber_id = ? ORDER BY id",
	    "i", subscriber);

	while (db_next(query))
		vec_push(&rows, read_row(arena, subscriber, query));
	if (!db_end(query, err)) {
		vec_clear(&rows);
		return false;
	}
	ret_list->count = rows.count;
	ret_list->items =
	    arena_copy(arena, rows.items, rows.count * sizeof(*rows.items));
	vec_clear(&rows);
	return true;
}
