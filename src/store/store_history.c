#include "store/store_history.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/now.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/store_pen.h"

/* Of a change and its act, in the order that read_change expects. */
#define CHANGE_COLUMNS                                                  \
	"c.id, a.at_ms, a.operator, a.command, a.source, c.line,"       \
	" c.subject, coalesce(c.subscriber_id, 0),"                     \
	" coalesce(c.undoes, 0), c.payload, c.chain, c.salt, c.digest," \
	" c.act_id, a.source_sha256, a.salt, a.digest"
#define CHANGE_FROM " FROM change c LEFT JOIN act a ON a.id = c.act_id"

enum { SALT = 11, DIGEST, ACT, SOURCE_SHA256, ACT_SALT, ACT_DIGEST };

struct batch {
	struct store_change *items;
	size_t count;
	size_t room;
};

/* A blob of just this size, NULL when it is another. */
static const unsigned char *
read_blob(struct db_query *query, int column, size_t bytes)
{
	size_t count;
	const void *blob = db_bytes(query, column, &count);

	return count == bytes ? blob : NULL;
}

static struct store_change
read_change(struct db_query *query)
{
	struct store_change change = {
		.id = db_int(query, 0),
		.at_ms = db_int(query, 1),
		.operator= db_text(query, 2),
		.command = db_text(query, 3),
		.source = db_text(query, 4),
		.line = db_int(query, 5),
		.subject = db_text(query, 6),
		.subscriber = db_int(query, 7),
		.undoes = db_int(query, 8),
		.erased = db_is_null(query, 9),
		.payload = db_text(query, 9),
	};
	const unsigned char *chain = read_blob(query, 10, STORE_SHA256_BYTES);

	if (chain != NULL)
		memcpy(change.chain, chain, STORE_SHA256_BYTES);
	return change;
}

/* Adds some changes behind number `after`, in the arena. A query that
   is open holds up who clears the log away, and who looks may take long. */
static bool
read_batch(struct arena *arena, struct store *store, int64_t subscriber,
    int64_t after, struct batch *batch, struct err *err)
{
	struct db *db = store_db(store);
	struct db_query *query =
	    subscriber == 0 ? db_query(db,
				  "SELECT " CHANGE_COLUMNS CHANGE_FROM
				  " WHERE c.id > ? ORDER BY c.id LIMIT 200",
				  "i", after)
			    : db_query(db,
				  "SELECT " CHANGE_COLUMNS CHANGE_FROM
				  " WHERE c.subscriber_id = ? AND c.id > ?"
				  " ORDER BY c.id LIMIT 200",
				  "ii", subscriber, after);

	while (db_next(query)) {
		struct store_change change = read_change(query);

		change.operator= arena_strdup(arena, change.operator);
		change.command = arena_strdup(arena, change.command);
		change.source = arena_strdup(arena, change.source);
		change.subject = arena_strdup(arena, change.subject);
		change.payload = arena_strdup(arena, change.payload);
		vec_push(batch, change);
	}
	return db_end(query, err);
}

bool
store_history_each(struct store *store, int64_t subscriber,
    store_change_each_fn *each, void *context, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct batch batch = { 0 };
	int64_t after = 0;
	bool ok;

	do {
		arena_reset(arena);
		batch.count = 0;
		ok = read_batch(arena, store, subscriber, after, &batch, err);
		for (size_t i = 0; ok && i < batch.count; i++) {
			ok = each(&batch.items[i], context, err);
			after = batch.items[i].id;
		}
	} while (ok && batch.count > 0);
	vec_clear(&batch);
	return ok;
}

bool
store_history_list(struct arena *arena, struct store *store, int64_t subscriber,
    struct store_changes *ret_list, struct err *err)
{
	struct batch batch = { 0 };
	size_t before;
	bool ok;

	do {
		before = batch.count;
		ok = read_batch(arena, store, subscriber,
		    before > 0 ? batch.items[before - 1].id : 0, &batch, err);
	} while (ok && batch.count > before);
	if (ok) {
		ret_list->count = batch.count;
		ret_list->items = arena_copy(
		    arena, batch.items, batch.count * sizeof(*batch.items));
	}
	vec_clear(&batch);
	return ok;
}

/* A value of a payload, up to `end`. */
static const char *
read_value(struct arena *arena, const char *from, const char *end)
{
	char *value = arena_take(arena, (size_t)(end - from) + 1, 1);
	char *to = value;

	for (; from < end; from++) {
		if (*from != '\\' || from + 1 == end) {
			*to++ = *from;
			continue;
		}
		from++;
		*to++ = *from == 't' ? '\t' : *from == 'n' ? '\n' : *from;
	}
	return value;
}

struct store_fields
store_history_fields(struct arena *arena, const char *payload)
{
	GM_VEC(struct store_field) fields = { 0 };
	struct store_fields list;

	for (;;) {
		const char *end = strchr(payload, '\n');
		const char *old = strchr(payload, '\t');
		const char *new = old != NULL ? strchr(old + 1, '\t') : NULL;
		struct store_field field;

		if (end == NULL || new == NULL || new > end)
			break;
		field.name = read_value(arena, payload, old);
		field.old = read_value(arena, old + 1, new);
		field.new = read_value(arena, new + 1, end);
		vec_push(&fields, field);
		payload = end + 1;
	}
	list.count = fields.count;
	list.items = arena_copy(
	    arena, fields.items, fields.count * sizeof(*fields.items));
	vec_clear(&fields);
	return list;
}

/* What a row's seal is made of, for a change as for an act: what it says is
   there with its salt, or erased with its digest, never between the two. */
static bool
find_digest(struct db_query *query, bool is_there, int salt_column,
    const unsigned char **ret_salt, const unsigned char **ret_digest)
{
	*ret_salt = read_blob(query, salt_column, STORE_SALT_BYTES);
	*ret_digest = read_blob(query, salt_column + 1, STORE_SHA256_BYTES);
	return is_there
		   ? *ret_salt != NULL && db_is_null(query, salt_column + 1)
		   : *ret_digest != NULL && db_is_null(query, salt_column);
}

/* The seal of the present act, made anew when there is another one. */
struct act_seal {
	int64_t id;
	unsigned char digest[STORE_SHA256_BYTES];
};

static bool
seal_act(struct db_query *query, const struct store_seal *seal,
    const struct store_change *change, struct act_seal *act)
{
	const struct store_author author = {
		.operator= change->operator,
		.command = change->command,
		.source = change->source,
		.source_sha256 =
		    read_blob(query, SOURCE_SHA256, STORE_SHA256_BYTES),
	};
	const unsigned char *salt;
	const unsigned char *digest;

	if (act->id == db_int(query, ACT))
		return true;
	if (!find_digest(
		query, !db_is_null(query, ACT_SALT), ACT_SALT, &salt, &digest))
		return false;
	act->id = db_int(query, ACT);
	if (digest != NULL)
		memcpy(act->digest, digest, STORE_SHA256_BYTES);
	else
		store_pen_act_digest(
		    seal, salt, change->at_ms, &author, act->digest);
	return true;
}

static bool
break_off(const struct store_change *change, const char *why, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();

	return err_set(err, ERR_DATA,
	    "the history is not what was written: change %" PRId64
	    " (%s, %s): %s",
	    change->id, now_format_local(arena, change->at_ms),
	    text_printable(arena, change->command), why);
}

/* Holds the present row against the chain so far, and moves that on. */
static bool
verify_change(struct db_query *query, const struct store_seal *seal,
    struct store_history_state *state, struct act_seal *act, struct err *err)
{
	struct store_change change = read_change(query);
	unsigned char made[STORE_SHA256_BYTES];
	const unsigned char *salt;
	const unsigned char *digest;

	if (change.id != state->count + 1)
		return err_set(err, ERR_DATA,
		    "the history is not what was written: change %" PRId64
		    " is missing",
		    state->count + 1);
	if (!seal_act(query, seal, &change, act))
		return break_off(&change, "its act has no seal", err);
	if (!find_digest(query, !change.erased, SALT, &salt, &digest))
		return break_off(&change, "it has no seal", err);
	if (digest == NULL) {
		store_pen_digest(seal, salt, change.payload, made);
		digest = made;
	}
	store_pen_chain(
	    seal, act->digest, act->id, &change, digest, state->head);
	if (memcmp(state->head, change.chain, STORE_SHA256_BYTES) != 0)
		return break_off(&change,
		    "its text, its act or its place was changed afterwards",
		    err);
	state->count++;
	state->erased += change.erased ? 1 : 0;
	return true;
}

bool
store_history_verify(struct store *store, const struct store_seal *seal,
    struct store_history_state *ret_state, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT " CHANGE_COLUMNS CHANGE_FROM " ORDER BY c.id", "");
	struct store_history_state state = { 0 };
	struct act_seal act = { 0 };
	struct err later;
	bool ok = true;

	while (ok && db_next(query))
		ok = verify_change(query, seal, &state, &act, err);
	if (!db_end(query, ok ? err : &later) || !ok)
		return false;
	*ret_state = state;
	return true;
}

bool
store_history_erase(struct store *store, const struct store_seal *seal,
    int64_t change, struct err *err)
{
	struct db *db = store_db(store);
	unsigned char digest[STORE_SHA256_BYTES];
	struct db_query *query = db_query(db,
	    "SELECT payload, salt FROM change WHERE id = ?"
	    " AND salt IS NOT NULL AND payload IS NOT NULL",
	    "i", change);
	const unsigned char *salt = NULL;

	assert(db_is_writing(db));
	if (db_next(query))
		salt = read_blob(query, 1, STORE_SALT_BYTES);
	if (salt != NULL)
		store_pen_digest(seal, salt, db_text(query, 0), digest);
	if (!db_end(query, err))
		return false;
	return salt == NULL ||
	       db_run(db, err,
		   "UPDATE change SET payload = NULL, salt = NULL, digest = ?"
		   " WHERE id = ?",
		   "bi", digest, sizeof(digest), change);
}

bool
store_history_erase_act(struct store *store, const struct store_seal *seal,
    int64_t act, struct err *err)
{
	struct db *db = store_db(store);
	unsigned char digest[STORE_SHA256_BYTES];
	struct db_query *query = db_query(db,
	    "SELECT at_ms, operator, command, source, source_sha256, salt"
	    " FROM act WHERE id = ? AND salt IS NOT NULL",
	    "i", act);
	const unsigned char *salt = NULL;

	assert(db_is_writing(db));
	if (db_next(query))
		salt = read_blob(query, 5, STORE_SALT_BYTES);
	if (salt != NULL)
		store_pen_act_digest(seal, salt, db_int(query, 0),
		    &(struct store_author){
			.operator= db_text(query, 1),
			.command = db_text(query, 2),
			.source = db_text(query, 3),
			.source_sha256 =
			    read_blob(query, 4, STORE_SHA256_BYTES),
		    },
		    digest);
	if (!db_end(query, err))
		return false;
	return salt == NULL ||
	       db_run(db, err,
		   "UPDATE act SET source = '(erased)', salt = NULL, digest = ?"
		   " WHERE id = ?",
		   "bi", digest, sizeof(digest), act);
}
