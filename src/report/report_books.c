#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/now.h"
#include "base/text.h"
#include "report/report.h"
#include "store/store_mailing.h"
#include "json/json.h"

enum mailing_state
report_books_state(const enum mailing_state *states, size_t count)
{
	/* The first of these that any mailing has. */
	static const enum mailing_state order[] = { MAILING_SENDING,
		MAILING_PAUSED, MAILING_PLANNED, MAILING_FINISHED,
		MAILING_CANCELLED };
	static_assert(sizeof(order) / sizeof(order[0]) == MAILING_STATES,
	    "each state has its place");

	for (size_t i = 0; i < MAILING_STATES; i++)
		for (size_t j = 0; j < count; j++)
			if (states[j] == order[i])
				return order[i];
	abort(); /* an issue with books has a mailing */
}

static void
add_books(struct store_books *sum, const struct store_books *one)
{
	sum->planned += one->planned;
	for (size_t i = 0; i < DELIVERY_STATES; i++)
		sum->by_state[i] += one->by_state[i];
	sum->unknown_attempts += one->unknown_attempts;
	sum->deferred += one->deferred;
	sum->attempts += one->attempts;
	if (one->by_state[DELIVERY_QUEUED] > 0 &&
	    (sum->next_ms == 0 || one->next_ms < sum->next_ms))
		sum->next_ms = one->next_ms;
}

/* An operator's pause says more than a limit. */
static const char *
sum_pause_reasons(const struct store_mailing_list *list)
{
	const char *reason = "";

	for (size_t i = 0; i < list->count; i++) {
		const struct store_mailing *m = &list->items[i];

		if (m->state == MAILING_PAUSED &&
		    (*reason == '\0' || text_equal(reason, "limit")))
			reason = m->pause_reason;
	}
	return reason;
}

/* The sum of the mailings, which are of one issue. */
static bool
sum_mailings(struct arena *arena, struct store *store,
    const struct store_mailing_list *list, struct report_books *ret_books,
    struct err *err)
{
	enum mailing_state *states =
	    arena_take(arena, list->count, sizeof(*states));
	struct report_books books = {
		.issue = list->items[0].issue,
		.pause_reason = "",
		.mailings = list->count,
		.planned_ms = list->items[0].planned_ms,
	};

	for (size_t i = 0; i < list->count; i++) {
		const struct store_mailing *m = &list->items[i];
		struct store_books one;

		if (!store_delivery_books(store, m->id, &one, err))
			return false;
		add_books(&books.sum, &one);
		states[i] = m->state;
		if (m->finished_ms > books.finished_ms)
			books.finished_ms = m->finished_ms;
		if (m->start_ms > now_ms() && m->finished_ms == 0 &&
		    (books.start_ms == 0 || m->start_ms < books.start_ms))
			books.start_ms = m->start_ms;
	}
	books.state = report_books_state(states, list->count);
	if (books.state == MAILING_PAUSED)
		books.pause_reason = sum_pause_reasons(list);
	if (books.state != MAILING_FINISHED && books.state != MAILING_CANCELLED)
		books.finished_ms = 0;
	if (!store_log_deferred(store, books.issue, &books.due_first_ms,
		&books.due_last_ms, err))
		return false;
	*ret_books = books;
	return true;
}

bool
report_books_read(struct arena *arena, struct store *store, const char *issue,
    struct report_books *ret_books, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = store;
	struct store_mailing_list list;

	if (!store_begin_reading(guard, err) ||
	    !store_mailing_of_issue(arena, store, issue, &list, err))
		return false;
	if (list.count == 0)
		return err_set(err, ERR_NO_INPUT,
		    "issue %s: not planned yet; `glocal-mail send %s` plans it",
		    issue, issue);
	return sum_mailings(arena, store, &list, ret_books, err);
}

/* Moves the mailings of the first one's issue from `list` to `ret_same`. */
static void
take_issue(struct arena *arena, struct store_mailing_list *list,
    struct store_mailing_list *ret_same)
{
	const char *issue = list->items[0].issue;
	size_t left = 0;

	ret_same->items =
	    arena_take(arena, list->count, sizeof(*ret_same->items));
	ret_same->count = 0;
	for (size_t i = 0; i < list->count; i++) {
		if (text_equal(list->items[i].issue, issue))
			ret_same->items[ret_same->count++] = list->items[i];
		else
			list->items[left++] = list->items[i];
	}
	list->count = left;
}

static int
compare_issues(const void *a, const void *b)
{
	const struct report_books *x = a;
	const struct report_books *y = b;

	return strcmp(x->issue, y->issue);
}

bool
report_books_all(struct arena *arena, struct store *store,
    struct report_books **ret_books, size_t *ret_count, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = store;
	struct store_mailing_list left;
	struct store_mailing_list same;
	struct report_books *all;
	size_t count = 0;

	if (!store_begin_reading(guard, err) ||
	    !store_mailing_of_issue(arena, store, NULL, &left, err))
		return false;
	all = arena_take(arena, left.count, sizeof(*all));
	while (left.count > 0) {
		take_issue(arena, &left, &same);
		if (!sum_mailings(arena, store, &same, &all[count++], err))
			return false;
	}
	if (count > 0)
		qsort(all, count, sizeof(*all), compare_issues);
	*ret_books = all;
	*ret_count = count;
	return true;
}

int64_t
report_books_open(const struct report_books *books)
{
	const int64_t *n = books->sum.by_state;

	/* What is in doubt is being decided in the same transaction; were it
	   ever seen, the books must balance. */
	return n[DELIVERY_QUEUED] + n[DELIVERY_LEASED] + n[DELIVERY_SENDING] +
	       n[DELIVERY_UNKNOWN];
}

void
report_books_json(const struct report_books *books, FILE *out)
{
	static const enum delivery_state states[] = { DELIVERY_SENT,
		DELIVERY_FAILED, DELIVERY_EXPIRED, DELIVERY_SKIPPED,
		DELIVERY_HELD, DELIVERY_QUEUED, DELIVERY_LEASED };
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct json *object GM_JSON_AT_EXIT = json_new();
	const int64_t *n = books->sum.by_state;

	json_set_text(object, "issue", books->issue);
	json_set_text(object, "state", delivery_mailing_state(books->state));
	json_set_number(object, "planned", books->sum.planned);
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		json_set_number(
		    object, delivery_state(states[i]), n[states[i]]);
	json_set_number(
	    object, "sending", n[DELIVERY_SENDING] + n[DELIVERY_UNKNOWN]);
	json_set_number(object, "unknown", books->sum.unknown_attempts);
	if (books->start_ms != 0)
		json_set_text(object, "start",
		    now_format_rfc3339(arena, books->start_ms));
	json_print(object, out);
}
