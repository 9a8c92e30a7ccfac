#ifndef STORE_STORE_MAILING_H
#define STORE_STORE_MAILING_H

/* Mailings and what is frozen with them: files, editions. */

#include "base/text.h"
#include "model/delivery.h"
#include "store/store.h"

struct store_mailing {
	int64_t id;
	const char *issue;
	enum mailing_state state;
	const char *pause_reason; /* "", "operator", "limit", "policy",
				     "failures", "restored" */
	const char *audience;     /* expression; "" is everyone */
	int64_t key_id;           /* site key of its links and Message-IDs */
	int64_t release_through;  /* deliveries up to this id may go while
				     paused for "limit"; INT64_MAX: all */
	int64_t breaker_after;    /* attempts up to this id do not count for the
				     breaker */
	int64_t planned_ms;
	int64_t finished_ms; /* 0: not yet */
	int64_t start_ms;    /* nothing goes before; 0: at once */
	int64_t version;     /* of its newest material, from 1 */
};

struct store_mailing_list {
	struct store_mailing *items;
	size_t count;
};

bool store_mailing_add(struct store *store, const char *issue,
    const char *audience, int64_t key_id, int64_t now, int64_t *ret_id,
    struct err *err) GM_MUST_CHECK;

/* Nothing of it goes before; 0: at once. */
bool store_mailing_start(struct store *store, int64_t mailing, int64_t start_ms,
    struct err *err) GM_MUST_CHECK;

/* Whether the site key was ever used: for a mailing, a notice, an erasure.
   Outside a transaction too. */
bool store_mailing_ever(
    struct store *store, bool *ret_ever, struct err *err) GM_MUST_CHECK;

/* Mailings of an issue (NULL: all), oldest first. Outside a transaction too.
 */
bool store_mailing_of_issue(struct arena *arena, struct store *store,
    const char *issue, struct store_mailing_list *ret,
    struct err *err) GM_MUST_CHECK;

/* One mailing; NULL: there is none. Outside a transaction too. */
bool store_mailing_find(struct arena *arena, struct store *store, int64_t id,
    struct store_mailing **ret_mailing, struct err *err) GM_MUST_CHECK;

/* Mailings from which deliveries may go now: planned, sending, or paused for
   "limit". Outside a transaction too. */
bool store_mailing_active(struct arena *arena, struct store *store,
    struct store_mailing_list *ret, struct err *err) GM_MUST_CHECK;

/* Writes state, pause_reason, release_through, breaker_after, finished_ms,
   start_ms, version. */
bool store_mailing_update(struct store *store,
    const struct store_mailing *mailing, struct err *err) GM_MUST_CHECK;

/* Stores bytes under their SHA-256; the same bytes are stored once. */
bool store_mailing_blob(struct store *store, const unsigned char sha256[32],
    const void *bytes, size_t count, struct err *err) GM_MUST_CHECK;
bool store_mailing_read_blob(struct arena *arena, struct store *store,
    const unsigned char sha256[32], const char **ret_bytes, size_t *ret_count,
    struct err *err) GM_MUST_CHECK;

/* A frozen file of a mailing; its blob must be there. What was planned first
   is version 1; each time the content is planned anew makes one more, and the
   older ones stay for the deliveries that were begun with them. */
bool store_mailing_file(struct store *store, int64_t mailing, int64_t version,
    const char *path, const unsigned char sha256[32],
    struct err *err) GM_MUST_CHECK;

struct store_mailing_file {
	const char *path;
	const char *bytes; /* a NUL stands behind them */
	size_t count;
};

/* All frozen files of a version, by path. Outside a transaction too. */
bool store_mailing_material(struct arena *arena, struct store *store,
    int64_t mailing, int64_t version, struct store_mailing_file **ret_files,
    size_t *ret_count, struct err *err) GM_MUST_CHECK;

bool store_mailing_edition(struct store *store, int64_t mailing,
    int64_t version, const char *spec, int64_t *ret_id,
    struct err *err) GM_MUST_CHECK;

/* The specs of a version's editions that some delivery has, in a fixed order.
   Outside a transaction too. */
bool store_mailing_specs(struct arena *arena, struct store *store,
    int64_t mailing, int64_t version, struct text_list *ret_specs,
    struct err *err) GM_MUST_CHECK;

/* The spec of an edition (digest/tailor.h), and the version of the material it
   is rendered from. Outside a transaction too. */
bool store_mailing_read_edition(struct arena *arena, struct store *store,
    int64_t edition, const char **ret_spec, int64_t *ret_version,
    struct err *err) GM_MUST_CHECK;

#endif
