#include "store/store_person.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/store_pen.h"

enum { SQL_MOST_BYTES = 1 << 16, COLUMNS_MOST = 32 };

/* Every statement knows of whom it is. The patterns are for LIKE, in lower
   case; that of the name is NULL where there is none. */
#define WHO                                                  \
	"WITH who (id, key, key_like, name_like, pseudonym)" \
	" AS (SELECT ?, ?, ?, ?, ?) "
#define OF_WHO(column) "(SELECT " column " FROM who)"
#define THEIR_ID       "(SELECT id FROM who)"
#define NAMES_KEY(text) \
	"lower(" text ") LIKE (SELECT key_like FROM who) ESCAPE '\\'"
#define NAMES_THEM(text)                      \
	"(" NAMES_KEY(text) " OR lower(" text \
			    ") LIKE (SELECT name_like FROM who) ESCAPE '\\')"
#define IS_KEY(column) "lower(" column ") = (SELECT key FROM who)"
#define THEIR_DELIVERIES                           \
	"delivery WHERE subscriber_id = " THEIR_ID \
	" AND issue IN (SELECT issue FROM mailing)"
#define THEIR_NOTICES "notice WHERE " IS_KEY("address")

/* Columns that need another word for what is gone go by the id of the row, for
   some are unique. The organisation is dropped when nobody else is in it, see
   drop_organisation. */
const struct store_person_table store_person_tables[] = {
	{ .name = "subscriber",
	    .where = "id = " THEIR_ID,
	    .order = "id",
	    .kept = "id created_ms changed_ms",
	    .scrubbed = { { "address", "'erased:' || id" },
		{ "address_key", "'erased:' || id" }, { "name", "''" },
		{ "organisation_id", "NULL" }, { "department", "''" },
		{ "language", "'en'" }, { "format", "'text'" },
		{ "basis", "'none'" }, { "state", "'erased'" } } },
	{ .name = "organisation",
	    .where = "id = (SELECT organisation_id FROM subscriber"
		     " WHERE id = " THEIR_ID ")",
	    .order = "id",
	    .kept = "id name municipality" },
	{ .name = "municipality",
	    .where = "code = (SELECT o.municipality FROM organisation o"
		     " JOIN subscriber s ON s.organisation_id = o.id"
		     " WHERE s.id = " THEIR_ID ")",
	    .order = "code",
	    .kept = "code prefecture name kana romaji" },
	{ .name = "tag",
	    .where = "id IN (SELECT tag_id FROM subscriber_tag"
		     " WHERE subscriber_id = " THEIR_ID ")",
	    .order = "slug",
	    .kept = "id slug label_en label_ja created_ms" },
	{ .name = "subscriber_tag",
	    .where = "subscriber_id = " THEIR_ID,
	    .order = "tag_id",
	    .kept = "subscriber_id tag_id",
	    .deleted = "subscriber_id = " THEIR_ID },
	{ .name = "subscriber_country",
	    .where = "subscriber_id = " THEIR_ID,
	    .order = "country",
	    .kept = "subscriber_id country",
	    .deleted = "subscriber_id = " THEIR_ID },
	{ .name = "suppression",
	    .where = "address_key = " OF_WHO("key"),
	    .naming = NAMES_KEY("evidence"),
	    .order = "address_key",
	    .kept = "address_key reason at_ms",
	    .scrubbed = { { "evidence", "'(erased)'" } },
	    .deleted = "address_key = " OF_WHO("key") },
	{ .name = "erasure",
	    .where = "subscriber_id = " THEIR_ID,
	    .order = "at_ms",
	    .kept = "mac key_id subscriber_id reason at_ms" },
	{ .name = "wording",
	    .where = "id IN (SELECT wording_id FROM consent"
		     " WHERE subscriber_id = " THEIR_ID ")",
	    .order = "id",
	    .kept = "id name language text sha256 from_ms to_ms" },
	{ .name = "consent",
	    .where = "subscriber_id = " THEIR_ID,
	    .naming = NAMES_KEY("source"),
	    .order = "id",
	    .kept = "id subscriber_id event basis at_ms method line"
		    " source_sha256 operator wording_id",
	    .scrubbed = { { "address", "CASE WHEN subscriber_id = " THEIR_ID
				       " THEN " OF_WHO(
					   "pseudonym") " ELSE address END" },
		{ "source",
		    "CASE WHEN " NAMES_THEM(
			"source") " THEN '(erased)' ELSE source END" } } },
	{ .name = "mailing",
	    .where = "id IN (SELECT mailing_id FROM " THEIR_DELIVERIES ")",
	    .naming = NAMES_KEY("audience"),
	    .order = "id",
	    .kept = "id issue state pause_reason key_id release_through"
		    " breaker_after planned_ms finished_ms version start_ms",
	    .scrubbed = { { "audience",
		"CASE WHEN " NAMES_KEY(
		    "audience") " THEN '(erased)' ELSE audience END" } } },
	{ .name = "edition",
	    .where = "id IN (SELECT edition_id FROM " THEIR_DELIVERIES ")",
	    .order = "id",
	    .kept = "id mailing_id version spec" },
	{ .name = "delivery",
	    .where = "subscriber_id = " THEIR_ID
		     " AND issue IN (SELECT issue FROM mailing)",
	    .order = "id",
	    .kept = "id mailing_id issue subscriber_id edition_id state reason"
		    " attempts failures next_ms first_ms runner generation"
		    " begun_ms dated_ms sha256 message_id skipped_ms",
	    .scrubbed = { { "address", "''" }, { "name", "''" },
		{ "organisation", "''" }, { "department", "''" } } },
	{ .name = "notice",
	    .where = IS_KEY("address"),
	    .order = "id",
	    .kept = "id kind issue mail_from message_id sha256 state attempts"
		    " failures next_ms first_ms runner generation begun_ms"
		    " created_ms",
	    .scrubbed = { { "address", "''" } } },
	{ .name = "blob",
	    .where = "sha256 IN (SELECT sha256 FROM " THEIR_NOTICES ")"
		     " AND sha256 NOT IN (SELECT sha256 FROM mailing_file)",
	    .order = "sha256",
	    .kept = "sha256",
	    .scrubbed = { { "bytes", "substr(bytes, 1, 0)" } } },
	{ .name = "attempt",
	    .where = "delivery_id IN (SELECT id FROM " THEIR_DELIVERIES ")"
		     " OR notice_id IN (SELECT id FROM " THEIR_NOTICES ")",
	    .naming = NAMES_KEY("text"),
	    .order = "id",
	    .kept = "id delivery_id notice_id number started_ms ended_ms"
		    " outcome blame phase code enhanced relay tls runner"
		    " message_id sha256",
	    .scrubbed = { { "text", "''" } } },
	{ .name = "report",
	    .where = "delivery_id IN (SELECT id FROM " THEIR_DELIVERIES ")"
		     " OR " IS_KEY("recipient"),
	    .naming = NAMES_KEY("reply") " OR " NAMES_KEY("reason"),
	    .order = "id",
	    .kept = "id received_ms kind delivery_id action status hard sha256",
	    .scrubbed = { { "recipient", "''" }, { "reply", "''" },
		{ "reason", "''" } } },
	{ .name = "alarm",
	    .where = NAMES_KEY("text") " OR " NAMES_KEY("subject"),
	    .order = "id",
	    .kept = "id kind raised_ms cleared_ms told_ms",
	    .scrubbed = { { "text", "'(erased)'" },
		{ "subject",
		    "CASE WHEN " NAMES_KEY("subject") " THEN 'erased:' || id "
						      "ELSE subject END" } } },
	{ .name = "pace_hold",
	    .where = NAMES_KEY("reason"),
	    .order = "destination",
	    .kept = "destination until_ms",
	    .scrubbed = { { "reason", "'(erased)'" } } },
	{ .name = "change",
	    .where = "subscriber_id = " THEIR_ID,
	    .naming = NAMES_KEY("payload"),
	    .order = "id",
	    .kept = "id act_id subject subscriber_id line undoes chain",
	    .scrubbed = { { "payload", "NULL" }, { "salt", "NULL" },
		{ "digest", "SHA-256 of both" } },
	    .sealed = true },
	{ .name = "act",
	    .where = "id IN (SELECT act_id FROM change"
		     " WHERE subscriber_id = " THEIR_ID ")",
	    .naming = NAMES_KEY("source"),
	    .order = "id",
	    .kept = "id at_ms operator command source_sha256",
	    .scrubbed = { { "source", "'(erased)' where it names the address" },
		{ "salt", "NULL" }, { "digest", "what it sealed" } },
	    .sealed = true },

	/* Nothing of these is about a person. */
	{ .name = "mailing_file", .kept = "mailing_id version path sha256" },
	{ .name = "runner",
	    .kept = "id name kind host pid started_ms ended_ms" },
	{ .name = "pace_limit",
	    .kept = "destination limit_key limit_value changed_ms" },
	{ .name = "approval",
	    .kept = "id issue sha256 manifest operator at_ms withdrawn_ms"
		    " withdrawn_by" },
	{ .name = "segment", .kept = "name expression changed_ms" },
	{ .name = "municipality_merger", .kept = "code into_code merged_ms" },
	{ .name = "mail_domain", .kept = "domain answer detail asked_ms" },
	{ .name = "migration", .kept = "number applied_ms" },
	{ .name = NULL },
};

/* What the parameters of WHO are bound to. */
struct who {
	const struct store_person *person;
	char *key_like;
	char *name_like; /* NULL: the name is too short to look for */
	const char *pseudonym;
};

/* For LIKE with ESCAPE '\'; in lower case, as far as lower() goes. */
static char *
make_pattern(struct arena *arena, const char *text)
{
	struct buf out GM_BUF_AT_EXIT;

	buf_init(&out, SQL_MOST_BYTES);
	buf_add_char(&out, '%');
	for (text = text_lower(arena, text); *text != '\0'; text++) {
		if (strchr("%_\\", *text) != NULL)
			buf_add_char(&out, '\\');
		buf_add_char(&out, *text);
	}
	buf_add_char(&out, '%');
	return arena_strdup(arena, buf_str(&out));
}

static struct who
make_who(struct arena *arena, const struct store_person *person,
    const char *pseudonym)
{
	assert(*person->address_key != '\0');
	return (struct who){
		.person = person,
		.key_like = make_pattern(arena, person->address_key),
		.name_like = strlen(person->name) > 1
				 ? make_pattern(arena, person->name)
				 : NULL,
		.pseudonym = pseudonym,
	};
}

static struct db_query *
ask(struct db *db, const struct who *who, const char *sql)
{
	struct db_query *query = db_prepare_once(db, sql);

	db_bind(query, 1, "issss", who->person->subscriber,
	    who->person->address_key, who->key_like, who->name_like,
	    who->pseudonym);
	return query;
}

static bool
run(struct db *db, const struct who *who, const char *sql, struct err *err)
{
	struct db_query *query = ask(db, who, sql);

	while (db_next(query))
		continue;
	return db_end(query, err);
}

/* All columns of a table, the kept ones first, as SQL wants them. */
static char *
list_columns(struct arena *arena, const struct store_person_table *table)
{
	struct text_list kept = text_split(arena, table->kept, ' ');
	char *all = arena_strdup(arena, "");

	for (size_t i = 0; i < kept.count; i++)
		all = arena_format(
		    arena, "%s%s%s", all, i > 0 ? ", " : "", kept.items[i]);
	for (size_t i = 0; table->scrubbed[i].column != NULL; i++)
		all = arena_format(
		    arena, "%s, %s", all, table->scrubbed[i].column);
	return all;
}

static struct store_person_value
read_value(struct db_query *query, int column)
{
	struct store_person_value value = { .column = db_name(query, column) };

	switch (db_kind(query, column)) {
	case DB_NULL:
		value.kind = STORE_NULL;
		break;
	case DB_NUMBER:
		value.kind = STORE_NUMBER;
		value.number = db_int(query, column);
		break;
	case DB_TEXT:
		value.kind = STORE_TEXT;
		value.text = db_text(query, column);
		break;
	case DB_BYTES:
		value.kind = STORE_BYTES;
		value.bytes = db_bytes(query, column, &value.count);
		break;
	}
	return value;
}

static bool
walk_table(struct arena *arena, struct db *db, const struct who *who,
    const struct store_person_table *table, store_person_each_fn *each,
    void *context, struct err *err)
{
	struct db_query *query = ask(db, who,
	    arena_format(arena, WHO "SELECT %s FROM %s WHERE %s ORDER BY %s",
		list_columns(arena, table), table->name, table->where,
		table->order));
	struct err later = { 0 };
	bool ok = true;

	while (ok && db_next(query)) {
		struct store_person_value values[COLUMNS_MOST];
		int count = db_columns(query);

		assert(count <= COLUMNS_MOST);
		for (int i = 0; i < count; i++)
			values[i] = read_value(query, i);
		ok = each(table->name, values, (size_t)count, context, err);
	}
	return db_end(query, ok ? err : &later) && ok;
}

bool
store_person_each(struct store *store, const struct store_person *person,
    store_person_each_fn *each, void *context, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct who who = make_who(arena, person, "");

	for (const struct store_person_table *table = store_person_tables;
	     table->name != NULL; table++)
		if (table->where != NULL &&
		    !walk_table(arena, store_db(store), &who, table, each,
			context, err))
			return false;
	return true;
}

/* Theirs, and those of others that name them. */
static const char *
all_rows(struct arena *arena, const struct who *who,
    const struct store_person_table *table)
{
	return table->naming == NULL || who->person->only_theirs
		   ? table->where
		   : arena_format(
			 arena, "%s OR %s", table->where, table->naming);
}

/* The history first tells which rows, and erases them then. */
static bool
erase_sealed(struct arena *arena, struct store *store, const struct who *who,
    const struct store_person_table *table, struct err *err)
{
	GM_VEC(int64_t) ids = { 0 };
	bool acts = text_equal(table->name, "act");
	struct db_query *query = ask(store_db(store), who,
	    acts ? WHO "SELECT id FROM act WHERE " NAMES_KEY("source")
		 : arena_format(arena, WHO "SELECT id FROM change WHERE %s",
		       all_rows(arena, who, table)));
	const struct store_seal *seal = store_pen_author(store)->seal;
	bool ok;

	while (db_next(query))
		vec_push(&ids, db_int(query, 0));
	ok = db_end(query, err);
	for (size_t i = 0; ok && i < ids.count; i++)
		ok = acts ? store_history_erase_act(
				store, seal, ids.items[i], err)
			  : store_history_erase(store, seal, ids.items[i], err);
	vec_clear(&ids);
	return ok;
}

static bool
erase_rows(struct arena *arena, struct store *store, const struct who *who,
    const struct store_person_table *table, struct err *err)
{
	char *what = arena_strdup(arena, "");

	if (table->sealed)
		return erase_sealed(arena, store, who, table, err);
	for (size_t i = 0; table->scrubbed[i].column != NULL; i++)
		what =
		    arena_format(arena, "%s%s%s = %s", what, i > 0 ? ", " : "",
			table->scrubbed[i].column, table->scrubbed[i].becomes);
	if (*what != '\0' &&
	    !run(store_db(store), who,
		arena_format(arena, WHO "UPDATE %s SET %s WHERE %s",
		    table->name, what, all_rows(arena, who, table)),
		err))
		return false;
	return table->deleted == NULL ||
	       run(store_db(store), who,
		   arena_format(arena, WHO "DELETE FROM %s WHERE %s",
		       table->name, table->deleted),
		   err);
}

/* Of the person; 0: none. */
static bool
find_organisation(struct db *db, const struct store_person *person,
    int64_t *ret_id, struct err *err)
{
	struct db_query *query =
	    db_query(db, "SELECT organisation_id FROM subscriber WHERE id = ?",
		"i", person->subscriber);

	*ret_id = db_next(query) ? db_int(query, 0) : 0;
	return db_end(query, err);
}

/* An organisation of one is that one. */
static bool
drop_organisation(struct db *db, int64_t id, struct err *err)
{
	return db_run(db, err,
	    "DELETE FROM organisation WHERE id = ? AND NOT EXISTS"
	    " (SELECT 1 FROM subscriber WHERE organisation_id = ?)",
	    "ii", id, id);
}

/* The one thing that the history learns. */
static bool
record(struct store *store, const struct store_person *person, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT state FROM subscriber WHERE id = ?", "i",
	    person->subscriber);
	bool known = db_next(query);
	bool ok = store_pen_open(store, known ? "subscriber" : "erasure",
	    person->subscriber, NULL, NULL, err);

	if (ok)
		store_pen_note(
		    store, "state", known ? db_text(query, 0) : "", "erased");
	return db_end(query, ok ? err : &(struct err){ 0 }) && ok;
}

bool
store_person_erase(struct store *store, const struct store_person *person,
    const char *pseudonym, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct who who = make_who(arena, person, pseudonym);
	const struct store_person_table *table = store_person_tables;
	int64_t organisation;

	if (!find_organisation(store_db(store), person, &organisation, err) ||
	    !record(store, person, err))
		return false;

	/* Backwards: what is found by a row goes before the row. */
	while (table->name != NULL)
		table++;
	while (table-- > store_person_tables)
		if (table->where != NULL &&
		    !erase_rows(arena, store, &who, table, err))
			return false;
	return drop_organisation(store_db(store), organisation, err);
}

bool
store_person_skip_notices(struct store *store, const char *address_key,
    int64_t *ret_count, struct err *err)
{
	if (!db_run(store_db(store), err,
		"UPDATE notice SET state = 'skipped', runner = 0"
		" WHERE lower(address) = ? AND state IN ('queued', 'leased')",
		"s", address_key))
		return false;
	*ret_count = db_changes(store_db(store));
	return true;
}
