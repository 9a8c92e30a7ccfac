#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/store_log.h"

/* What was tried or is in hand. Parameters: twice the issue. */
#define WAITING_WHERE                                               \
	" WHERE (? = '' OR d.issue = ?)"                            \
	" AND (d.state IN ('leased', 'sending', 'unknown', 'held')" \
	"  OR (d.state = 'queued' AND d.attempts > 0))"

static const char waiting_sql[] =
    "SELECT d.issue, d.address, d.state, d.attempts, d.next_ms,"
    " coalesce(a.code, 0), coalesce(a.enhanced, ''), coalesce(a.text, ''), ''"
    " FROM delivery d LEFT JOIN attempt a ON a.id ="
    "  (SELECT max(l.id) FROM attempt l WHERE l.delivery_id = "
    "d.id)" WAITING_WHERE " ORDER BY CASE d.state WHEN 'sending' THEN 0"
    " WHEN 'leased' THEN 1 WHEN 'queued' THEN 3 ELSE 2 END,"
    " d.next_ms, d.id LIMIT ?";

/* Notices, tried or not: they go before all deliveries. The same
   parameters. */
#define NOTICE_WHERE                     \
	" WHERE (? = '' OR n.issue = ?)" \
	" AND n.state IN ('queued', 'leased', 'sending')"

static const char notices_sql[] =
    "SELECT n.issue, n.address, n.state, n.attempts, n.next_ms,"
    " coalesce(a.code, 0), coalesce(a.enhanced, ''), coalesce(a.text, ''),"
    " n.kind FROM notice n LEFT JOIN attempt a ON a.id ="
    "  (SELECT max(l.id) FROM attempt l WHERE n.attempts > 0"
    "   AND l.notice_id = n.id)" NOTICE_WHERE " ORDER BY n.next_ms, n.id"
    " LIMIT ?";

static enum delivery_state
read_state(struct db_query *query, int column)
{
	enum delivery_state state;

	if (!delivery_parse_state(db_text(query, column), &state))
		abort();
	return state;
}

static struct store_log_waiting
read_waiting(struct arena *arena, struct db_query *query)
{
	return (struct store_log_waiting){
		.issue = arena_strdup(arena, db_text(query, 0)),
		.address = arena_strdup(arena, db_text(query, 1)),
		.state = read_state(query, 2),
		.attempts = db_int(query, 3),
		.next_ms = db_int(query, 4),
		.code = (int)db_int(query, 5),
		.enhanced = arena_strdup(arena, db_text(query, 6)),
		.text = arena_strdup(arena, db_text(query, 7)),
		.kind = arena_strdup(arena, db_text(query, 8)),
	};
}

static bool
count_waiting(
    struct store *store, const char *issue, int64_t *ret_total, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT (SELECT count(*) FROM delivery d" WAITING_WHERE
	    ") + (SELECT count(*) FROM notice n" NOTICE_WHERE ")",
	    "ssss", issue, issue, issue, issue);

	if (db_next(query))
		*ret_total = db_int(query, 0);
	return db_end(query, err);
}

bool
store_log_waiting(struct arena *arena, struct store *store, const char *issue,
    size_t limit, struct store_log_waiting **ret_rows, size_t *ret_count,
    int64_t *ret_total, struct err *err)
{
	const char *const sources[] = { notices_sql, waiting_sql };
	GM_VEC(struct store_log_waiting) rows = { 0 };
	bool ok = count_waiting(store, issue, ret_total, err);

	if (limit > INT64_MAX)
		limit = INT64_MAX;
	for (size_t i = 0; ok && i < 2; i++) {
		struct db_query *query = db_query(store_db(store), sources[i],
		    "ssi", issue, issue, (int64_t)(limit - rows.count));

		while (db_next(query)) {
			struct store_log_waiting row =
			    read_waiting(arena, query);

			vec_push(&rows, row);
		}
		ok = db_end(query, err);
	}
	*ret_count = rows.count;
	*ret_rows =
	    arena_copy(arena, rows.items, rows.count * sizeof(*rows.items));
	vec_clear(&rows);
	return ok;
}

/* One delivery as a domain of its own, to be merged with its like. */
static struct store_log_domain
read_domain(struct arena *arena, struct db_query *query)
{
	const char *at = strrchr(db_text(query, 0), '@');
	enum delivery_state state = read_state(query, 1);
	bool queued = state == DELIVERY_QUEUED;
	bool tried = db_int(query, 2) > 0;

	return (struct store_log_domain){
		.domain = text_lower(arena, at != NULL ? at + 1 : ""),
		.fresh = queued && !tried,
		.deferred = queued && tried,
		.in_hand =
		    state == DELIVERY_LEASED || state == DELIVERY_SENDING,
		.held = state == DELIVERY_HELD || state == DELIVERY_UNKNOWN,
	};
}

static int
compare_names(const void *a, const void *b)
{
	const struct store_log_domain *x = a;
	const struct store_log_domain *y = b;

	return strcmp(x->domain, y->domain);
}

static int64_t
sum_of(const struct store_log_domain *d)
{
	return d->fresh + d->deferred + d->in_hand + d->held;
}

static int
compare_sums(const void *a, const void *b)
{
	int64_t x = sum_of(a);
	int64_t y = sum_of(b);

	return x != y ? (x < y) - (x > y) : compare_names(a, b);
}

/* Sorts by name and folds neighbours of one name; returns how many stay. */
static size_t
merge_domains(struct store_log_domain *items, size_t count)
{
	size_t kept = 0;

	if (count == 0)
		return 0;
	qsort(items, count, sizeof(*items), compare_names);
	for (size_t i = 1; i < count; i++) {
		struct store_log_domain *d = &items[kept];

		if (compare_names(d, &items[i]) != 0) {
			items[++kept] = items[i];
			continue;
		}
		d->fresh += items[i].fresh;
		d->deferred += items[i].deferred;
		d->in_hand += items[i].in_hand;
		d->held += items[i].held;
	}
	qsort(items, kept + 1, sizeof(*items), compare_sums);
	return kept + 1;
}

bool
store_log_domains(struct arena *arena, struct store *store, const char *issue,
    struct store_log_domain **ret_domains, size_t *ret_count, struct err *err)
{
	GM_VEC(struct store_log_domain) domains = { 0 };
	struct db_query *query = db_query(store_db(store),
	    "SELECT address, state, attempts FROM delivery"
	    " WHERE (? = '' OR issue = ?) AND state IN"
	    " ('queued', 'leased', 'sending', 'unknown', 'held')",
	    "ss", issue, issue);

	while (db_next(query)) {
		struct store_log_domain domain = read_domain(arena, query);

		vec_push(&domains, domain);
	}
	*ret_count = merge_domains(domains.items, domains.count);
	*ret_domains = arena_copy(
	    arena, domains.items, *ret_count * sizeof(*domains.items));
	vec_clear(&domains);
	return db_end(query, err);
}
