#include "store/store_log.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/vec.h"
#include "store/db.h"

/* The newest attempt of delivery d. */
#define LAST_ATTEMPT \
	"(SELECT max(l.id) FROM attempt l WHERE l.delivery_id = d.id)"

/* Two sources of lines with the same columns and the same parameters: after,
   since, then twice each outcome, issue, address, domain, state. */
#define TRIED_COLUMNS                                                   \
	"a.id, a.ended_ms, a.ended_ms - a.started_ms,"                  \
	" coalesce(n.kind, ''), coalesce(d.issue, n.issue),"            \
	" coalesce(d.address, n.address), a.number, a.outcome, a.code," \
	" a.enhanced, a.text, a.relay, a.tls, a.message_id,"            \
	" coalesce(d.state, ''), coalesce(d.reason, '')"
#define TRIED_ROWS                                                     \
	" FROM attempt a LEFT JOIN delivery d ON d.id = a.delivery_id" \
	" LEFT JOIN notice n ON n.id = a.notice_id"                    \
	" WHERE a.id > ? AND a.ended_ms >= ?"                          \
	" AND (? = '' OR a.outcome = ?)"                               \
	" AND (? = '' OR coalesce(d.issue, n.issue) = ?)"              \
	" AND (? = '' OR lower(coalesce(d.address, n.address)) = ?)"   \
	" AND (? = '' OR lower(coalesce(d.address, n.address)) LIKE ?" \
	"  ESCAPE '\\')"                                               \
	" AND (? = '' OR (d.state = ? AND a.id = " LAST_ATTEMPT "))"

#define UNTRIED_COLUMNS                                                \
	"d.id, coalesce(d.skipped_ms, m.planned_ms), 0, '', d.issue, " \
	"d.address, 0, d.state, 0,"                                    \
	" '', d.reason, '', '', '', d.state, d.reason"
#define UNTRIED_ROWS                                                    \
	" FROM delivery d JOIN mailing m ON m.id = d.mailing_id"        \
	" WHERE d.id > ? AND coalesce(d.skipped_ms, m.planned_ms) >= ?" \
	" AND (? = '' OR d.state = ?)"                                  \
	" AND (? = '' OR d.issue = ?)"                                  \
	" AND (? = '' OR lower(d.address) = ?)"                         \
	" AND (? = '' OR lower(d.address) LIKE ? ESCAPE '\\')"          \
	" AND (? = '' OR d.state = ?)"                                  \
	" AND NOT EXISTS (SELECT 1 FROM attempt a"                      \
	"  WHERE a.delivery_id = d.id)"

#define TAIL_OF(id, rows)                                             \
	"SELECT count(*), coalesce(min(t.i), 1) - 1 FROM (SELECT " id \
	" AS i" rows " ORDER BY " id " DESC LIMIT ?) AS t"

static const struct {
	const char *page, *tail;
} sources[] = {
	{ "SELECT " TRIED_COLUMNS TRIED_ROWS " ORDER BY a.id LIMIT ?",
	    TAIL_OF("a.id", TRIED_ROWS) },
	{ "SELECT " UNTRIED_COLUMNS UNTRIED_ROWS " ORDER BY d.id LIMIT ?",
	    TAIL_OF("d.id", UNTRIED_ROWS) },
};

static const char *
or_open(const char *s)
{
	return s != NULL ? s : "";
}

/* A LIKE pattern (ESCAPE '\') for the addresses of a domain. */
static char *
pattern_of(struct arena *arena, const char *domain)
{
	struct buf pattern GM_BUF_AT_EXIT;

	buf_init(&pattern, SIZE_MAX / 2);
	buf_add_str(&pattern, "%@");
	for (const char *p = domain; *p != '\0'; p++) {
		if (*p == '%' || *p == '_' || *p == '\\')
			buf_add_char(&pattern, '\\');
		buf_add_char(&pattern, *p);
	}
	return arena_strdup(arena, buf_str(&pattern));
}

/* `arena` keeps what the query's parameters point at until its end. */
static struct db_query *
start_query(struct arena *arena, struct store *store, const char *sql,
    const struct store_log_filter *filter, int64_t after, int64_t limit)
{
	const char *outcome = or_open(filter->outcome);
	const char *issue = or_open(filter->issue);
	const char *address = or_open(filter->address);
	const char *domain = or_open(filter->domain);
	const char *state = or_open(filter->state);
	const char *pattern = pattern_of(arena, domain);

	return db_query(store_db(store), sql, "iissssssssssi", after,
	    filter->since_ms, outcome, outcome, issue, issue, address, address,
	    domain, pattern, state, state, limit);
}

/* A clock that was set back meanwhile tells nothing of a duration. */
static int64_t
not_negative(int64_t ms)
{
	return ms > 0 ? ms : 0;
}

/* Order of the columns above. */
static struct store_log_line
read_line(struct arena *arena, struct db_query *query)
{
	return (struct store_log_line){
		.id = db_int(query, 0),
		.ended_ms = db_int(query, 1),
		.duration_ms = not_negative(db_int(query, 2)),
		.kind = arena_strdup(arena, db_text(query, 3)),
		.issue = arena_strdup(arena, db_text(query, 4)),
		.address = arena_strdup(arena, db_text(query, 5)),
		.number = db_int(query, 6),
		.outcome = arena_strdup(arena, db_text(query, 7)),
		.code = (int)db_int(query, 8),
		.enhanced = arena_strdup(arena, db_text(query, 9)),
		.text = arena_strdup(arena, db_text(query, 10)),
		.relay = arena_strdup(arena, db_text(query, 11)),
		.tls = arena_strdup(arena, db_text(query, 12)),
		.message_id = arena_strdup(arena, db_text(query, 13)),
		.state = arena_strdup(arena, db_text(query, 14)),
		.reason = arena_strdup(arena, db_text(query, 15)),
	};
}

bool
store_log_page(struct arena *arena, struct store *store,
    const struct store_log_filter *filter, int64_t after, size_t limit,
    struct store_log_line **ret_lines, size_t *ret_count, struct err *err)
{
	GM_VEC(struct store_log_line) lines = { 0 };
	struct db_query *query = start_query(arena, store,
	    sources[filter->untried].page, filter, after, (int64_t)limit);

	while (db_next(query)) {
		struct store_log_line line = read_line(arena, query);

		vec_push(&lines, line);
	}
	*ret_count = lines.count;
	*ret_lines =
	    arena_copy(arena, lines.items, lines.count * sizeof(*lines.items));
	vec_clear(&lines);
	return db_end(query, err);
}

bool
store_log_tail(struct store *store, const struct store_log_filter *filter,
    int64_t limit, int64_t *ret_after, int64_t *ret_count, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct db_query *query = start_query(
	    arena, store, sources[filter->untried].tail, filter, 0, limit);

	if (db_next(query)) {
		*ret_count = db_int(query, 0);
		*ret_after = db_int(query, 1);
	}
	return db_end(query, err);
}

static const char reasons_sql[] =
    "SELECT g.state, g.code, g.enhanced, g.reason, g.rows, d.address,"
    " coalesce(a.text, '') FROM ("
    " SELECT d.state AS state, coalesce(a.code, 0) AS code,"
    "  coalesce(a.enhanced, '') AS enhanced, d.reason AS reason,"
    "  count(*) AS rows, min(d.id) AS example"
    " FROM delivery d LEFT JOIN attempt a ON a.id = " LAST_ATTEMPT
    " WHERE d.issue = ?"
    " AND (d.state IN ('failed', 'expired', 'held', 'skipped')"
    "  OR (d.state = 'queued' AND d.attempts > 0))"
    " GROUP BY d.state, coalesce(a.code, 0), coalesce(a.enhanced, ''),"
    "  d.reason) AS g"
    " JOIN delivery d ON d.id = g.example"
    " LEFT JOIN attempt a ON a.id = " LAST_ATTEMPT
    " ORDER BY g.state, g.rows DESC, g.code, g.enhanced, g.reason";

static struct store_log_reason
read_reason(struct arena *arena, struct db_query *query)
{
	struct store_log_reason reason = {
		.code = (int)db_int(query, 1),
		.enhanced = arena_strdup(arena, db_text(query, 2)),
		.reason = arena_strdup(arena, db_text(query, 3)),
		.count = db_int(query, 4),
		.address = arena_strdup(arena, db_text(query, 5)),
		.text = arena_strdup(arena, db_text(query, 6)),
	};

	if (!delivery_parse_state(db_text(query, 0), &reason.state))
		abort();
	return reason;
}

bool
store_log_reasons(struct arena *arena, struct store *store, const char *issue,
    struct store_log_reason **ret_reasons, size_t *ret_count, struct err *err)
{
	GM_VEC(struct store_log_reason) reasons = { 0 };
	struct db_query *query =
	    db_query(store_db(store), reasons_sql, "s", issue);

	while (db_next(query)) {
		struct store_log_reason reason = read_reason(arena, query);

		vec_push(&reasons, reason);
	}
	*ret_count = reasons.count;
	*ret_reasons = arena_copy(
	    arena, reasons.items, reasons.count * sizeof(*reasons.items));
	vec_clear(&reasons);
	return db_end(query, err);
}

bool
store_log_deferred(struct store *store, const char *issue,
    int64_t *ret_first_ms, int64_t *ret_last_ms, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT coalesce(min(next_ms), 0), coalesce(max(next_ms), 0)"
	    " FROM delivery WHERE issue = ? AND state = 'queued'"
	    " AND attempts > 0",
	    "s", issue);

	if (db_next(query)) {
		*ret_first_ms = db_int(query, 0);
		*ret_last_ms = db_int(query, 1);
	}
	return db_end(query, err);
}
