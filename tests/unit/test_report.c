#include "report/report.h"

#include <assert.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "author.h"
#include "base/buf.h"
#include "base/text.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/store_mailing.h"
#include "store/store_runner.h"
#include "store/store_subscriber.h"

/* 2026-04-01 09:00:00 in Japan: past, so that what is due is due now. */
#define NINE INT64_C(1775001600000)

struct fixture {
	char folder[64];
	struct store *store;
	struct arena *arena;
};

static struct err err;

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	strcpy(f->folder, "/tmp/glocal-report-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	assert_true(store_create(f->folder, "sqlite:test.db", &f->store, &err));
	f->arena = arena_new();
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const names[] = { "test.db", "test.db-wal",
		"test.db-shm", "test.db.lock" };
	struct fixture *f = *state;

	store_close(f->store);
	for (size_t i = 0; i < 4; i++)
		unlink(arena_format(f->arena, "%s/%s", f->folder, names[i]));
	assert_int_equal(rmdir(f->folder), 0);
	arena_free(f->arena);
	free(f);
	return 0;
}

/* Filling the store. Each step is its own transaction. */

static int64_t
add_mailing(struct fixture *f, const char *issue, enum mailing_state state,
    const char *pause_reason)
{
	struct store_mailing_list list;
	int64_t id;

	assert_true(store_begin_as(f->store, &author_of_tests, &err));
	assert_true(store_mailing_add(f->store, issue, "", 1, NINE, &id, &err));
	assert_true(
	    store_mailing_of_issue(f->arena, f->store, issue, &list, &err));
	for (size_t i = 0; i < list.count; i++) {
		struct store_mailing *m = &list.items[i];

		if (m->id != id)
			continue;
		m->state = state;
		m->pause_reason = pause_reason;
		m->finished_ms = state == MAILING_FINISHED ? NINE + 60000 : 0;
		assert_true(store_mailing_update(f->store, m, &err));
	}
	assert_true(store_commit(f->store, &err));
	return id;
}

static int64_t
subscribe(struct fixture *f, const char *address)
{
	const char *key = text_lower(f->arena, address);
	struct store_subscriber row = { .address = address,
		.address_key = key,
		.name = "",
		.organisation = "",
		.department = "",
		.municipality = "" };
	struct store_subscriber *old;

	assert_true(store_subscriber_find(f->arena, f->store, key, &old, &err));
	if (old != NULL)
		return old->id;
	assert_true(store_subscriber_insert(f->store, &row, &row.id, &err));
	return row.id;
}

/* A delivery, queued or, with a reason, skipped. */
static int64_t
plan(struct fixture *f, int64_t mailing, const char *issue, const char *address,
    const char *reason)
{
	struct store_delivery_plan p = {
		.mailing = mailing,
		.issue = issue,
		.reason = reason != NULL ? reason : "",
		.address = address,
		.name = "",
		.organisation = "",
		.department = "",
	};
	int64_t id;

	assert_true(store_begin_as(f->store, &author_of_tests, &err));
	p.subscriber = subscribe(f, address);
	if (reason == NULL)
		assert_true(store_mailing_edition(
		    f->store, mailing, 1, address, &p.edition, &err));
	assert_true(store_delivery_add(f->store, &p, &id, &err));
	assert_true(store_commit(f->store, &err));
	return id;
}

static void
move(struct fixture *f, int64_t id, enum delivery_state to, const char *reason,
    int64_t attempts, int64_t next_ms)
{
	struct store_delivery from, next;
	bool found, moved;

	assert_true(store_begin_as(f->store, &author_of_tests, &err));
	assert_true(store_delivery_read(
	    f->arena, f->store, false, id, &from, &found, &err));
	assert_true(found);
	next = from;
	next.state = to;
	next.attempts = attempts;
	next.next_ms = next_ms;
	assert_true(
	    store_delivery_move(f->store, &from, &next, reason, &moved, &err));
	assert_true(moved);
	assert_true(store_commit(f->store, &err));
}

struct
try {
	int64_t at_s; /* after nine o'clock */
	enum outcome outcome;
	int code;
	const char *enhanced, *text;
	enum delivery_state to;
	const char *reason;
};

/* An attempt that took 250 ms and what became of the delivery. */
static void
try(struct fixture *f, int64_t id, int64_t number, const struct try *t)
{
	struct store_attempt a = {
		.delivery = id,
		.number = number,
		.started_ms = NINE + t->at_s * 1000 - 250,
		.ended_ms = NINE + t->at_s * 1000,
		.verdict.outcome = t->outcome,
		.verdict.phase = PHASE_RCPT,
		.verdict.code = t->code,
		.relay = "mail.example:25",
		.tls = t->outcome == OUTCOME_SENT ? "TLSv1.3" : "",
		.message_id = "<m@news.example>",
	};

	strcpy(a.verdict.enhanced, t->enhanced);
	strcpy(a.verdict.text, t->text);
	move(f, id, DELIVERY_LEASED, "", number - 1, 0);
	move(f, id, DELIVERY_SENDING, "", number - 1, 0);
	assert_true(store_begin_as(f->store, &author_of_tests, &err));
	assert_true(store_delivery_attempt(f->store, &a, &err));
	assert_true(store_commit(f->store, &err));
	if (t->to == DELIVERY_HELD)
		move(f, id, DELIVERY_UNKNOWN, "", number, 0);
	move(f, id, t->to, t->reason, number, a.ended_ms + 300000);
}

static const struct try sent = { 10, OUTCOME_SENT, 250, "2.0.0",
	"queued as 7F3", DELIVERY_SENT, "" },
			busy = { 20, OUTCOME_DEFERRED, 451, "4.2.0",
				"4.2.0 try \tlater", DELIVERY_QUEUED, "" },
			gone = { 30, OUTCOME_FAILED, 550, "5.1.1",
				"no such user", DELIVERY_FAILED, "address" },
			lost = { 40, OUTCOME_UNKNOWN, 0, "",
				"connection lost after the dot", DELIVERY_HELD,
				"outcome unknown" },
			late = { 50, OUTCOME_DEFERRED, 421, "", "closing",
				DELIVERY_EXPIRED, "gave up" };

/* One issue with everything in it, in two mailings, and an older one. */
static void
fill(struct fixture *f)
{
	int64_t old = add_mailing(f, "2026-03", MAILING_FINISHED, "");
	int64_t first = add_mailing(f, "2026-04", MAILING_FINISHED, "");
	int64_t second = add_mailing(f, "2026-04", MAILING_PAUSED, "operator");
	int64_t id;

	try(f, plan(f, old, "2026-03", "Kokusai@city.example", NULL), 1, &sent);
	try(f, plan(f, first, "2026-04", "Kokusai@city.example", NULL), 1,
	    &sent);
	id = plan(f, first, "2026-04", "oga@city.example", NULL);
	try(f, id, 1, &busy);
	try(f, id, 2, &sent);
	try(f, plan(f, first, "2026-04", "gone@city.example", NULL), 1, &gone);
	try(f, plan(f, first, "2026-04", "gone2@town.example", NULL), 1, &gone);
	try(f, plan(f, first, "2026-04", "late@town.example", NULL), 1, &late);
	plan(f, first, "2026-04", "none@town.example", "not relevant");
	try(f, plan(f, second, "2026-04", "held@sub.town.example", NULL), 1,
	    &lost);
	try(f, plan(f, second, "2026-04", "busy@town.example", NULL), 1, &busy);
	plan(f, second, "2026-04", "fresh@x_y.example", NULL);
	id = plan(f, second, "2026-04", "going@xzy.example", NULL);
	move(f, id, DELIVERY_LEASED, "", 0, 0);
	move(f, id, DELIVERY_SENDING, "", 0, 0);
}

/* What a report prints; the caller frees. */
static char *
print_status(struct fixture *f, const char *issue, bool json)
{
	char *bytes = NULL;
	size_t count;
	FILE *out = open_memstream(&bytes, &count);

	assert_true(report_status(f->store, f->folder, issue, json, out, &err));
	fclose(out);
	return bytes;
}

static void
assert_prints(char *bytes, const char *expected)
{
	assert_string_equal(bytes, expected);
	free(bytes);
}

static void
sums_states(void **state)
{
	/* Each mailing's state by its first letter; H is paused. */
	static const char letters[] = "psHfc";
	static const char *const cases[][2] = {
		{ "fsH", "s" },
		{ "pHf", "H" },
		{ "fpc", "p" },
		{ "cfc", "f" },
		{ "ccc", "c" },
		{ "csc", "s" },
		{ "p", "p" },
		{ "ff", "f" },
		{ "Hs", "s" },
		{ "cH", "H" },
	};
	static_assert(sizeof(letters) - 1 == MAILING_STATES, "one each");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t count = strlen(cases[i][0]);
		enum mailing_state states[3];

		for (size_t j = 0; j < count; j++)
			states[j] = (enum mailing_state)(
			    strchr(letters, cases[i][0][j]) - letters);
		assert_int_equal(
		    letters[report_books_state(states, count)], cases[i][1][0]);
	}
}

static void
balances_the_books(void **state)
{
	struct fixture *f = *state;
	struct report_books books;
	const int64_t *n = books.sum.by_state;

	fill(f);
	assert_true(
	    report_books_read(f->arena, f->store, "2026-04", &books, &err));
	assert_int_equal(books.mailings, 2);
	assert_int_equal(books.sum.planned, 10);
	assert_int_equal(books.sum.planned,
	    n[DELIVERY_SENT] + n[DELIVERY_FAILED] + n[DELIVERY_EXPIRED] +
		n[DELIVERY_SKIPPED] + n[DELIVERY_HELD] +
		report_books_open(&books));
	assert_int_equal(books.sum.attempts, 8);
	assert_int_equal(books.due_first_ms, NINE + 320000);
	assert_int_equal(books.due_last_ms, NINE + 320000);
	assert_int_equal(books.finished_ms, 0);
	assert_prints(print_status(f, "2026-04", true),
	    "{\"issue\":\"2026-04\",\"state\":\"paused\",\"planned\":10,"
	    "\"sent\":2,\"failed\":2,\"expired\":1,\"skipped\":1,\"held\":1,"
	    "\"queued\":2,\"leased\":0,\"sending\":1,\"unknown\":1}\n");
}

static void
shows_all_issues(void **state)
{
	struct fixture *f = *state;

	assert_prints(print_status(f, NULL, false),
	    "No issue is planned yet; `glocal-mail send ISSUE` plans and "
	    "sends one.\n\nrunner: none at work\n");
	fill(f);
	assert_prints(print_status(f, NULL, true),
	    "{\"issue\":\"2026-03\",\"state\":\"finished\",\"planned\":1,"
	    "\"sent\":1,\"failed\":0,\"expired\":0,\"skipped\":0,\"held\":0,"
	    "\"queued\":0,\"leased\":0,\"sending\":0,\"unknown\":0}\n"
	    "{\"issue\":\"2026-04\",\"state\":\"paused\",\"planned\":10,"
	    "\"sent\":2,\"failed\":2,\"expired\":1,\"skipped\":1,\"held\":1,"
	    "\"queued\":2,\"leased\":0,\"sending\":1,\"unknown\":1}\n");
	assert_prints(print_status(f, NULL, false),
	    "issue    state              planned  sent  failed  expired  "
	    "skipped  held  waiting  unknown  next retry\n"
	    "2026-03  finished                 1     1       0        0        "
	    "0     0        0        0\n"
	    "2026-04  paused (operator)       10     2       2        1        "
	    "1     1        3        1  2026-04-01 09:05:20 (now)\n"
	    "\n"
	    "runner: none at work\n");
}

static void
explains_an_issue(void **state)
{
	struct fixture *f = *state;
	int64_t id;
	int64_t idle;

	fill(f);
	assert_true(store_begin_as(f->store, &author_of_tests, &err));
	assert_true(store_runner_raise(
	    f->store, "relay", "mail.example:25", "refuses\nus", NINE, &err));
	assert_true(store_runner_add(
	    f->store, "dead", "send", "host", 4711, NINE, &id, &err));
	assert_true(store_runner_add(
	    f->store, "idle", "send", "host", 4712, NINE, &idle, &err));
	assert_true(db_run(store_db(f->store), &err,
	    "UPDATE delivery SET runner = ? WHERE state = 'sending'", "i", id));
	assert_true(store_runner_raise(f->store, "relay", "b.example:25",
	    "relay b.example:25 refuses us: 550 no", NINE, &err));
	assert_true(store_commit(f->store, &err));
	assert_prints(print_status(f, "2026-04", false),
	    "issue 2026-04: paused\n"
	    "planned 2026-04-01 09:00:00 (2 mailings), 8 attempts\n"
	    "\n"
	    "  deliveries  number    share\n"
	    "  planned         10  100.0 %\n"
	    "  sent             2   20.0 %\n"
	    "  failed           2   20.0 %\n"
	    "  expired          1   10.0 %\n"
	    "  skipped          1   10.0 %\n"
	    "  held             1   10.0 %\n"
	    "  queued           2   20.0 %  1 deferred: next due 2026-04-01 "
	    "09:05:20 (now)\n"
	    "  leased           0\n"
	    "  sending          1   10.0 %\n"
	    "\n"
	    "  why       number  reason           code  enhanced  for example  "
	    "          reply\n"
	    "  expired        1  gave up           421            "
	    "late@town.example      closing\n"
	    "  failed         2  address           550  5.1.1     "
	    "gone@city.example      no such user\n"
	    "  held           1  outcome unknown                  "
	    "held@sub.town.example  connection lost after the dot\n"
	    "  deferred       1                    451  4.2.0     "
	    "busy@town.example      4.2.0 try \\x09later\n"
	    "  skipped        1  not relevant                     "
	    "none@town.example\n"
	    "\n"
	    "attempts that ended in doubt: 1 (`glocal-mail log --issue 2026-04 "
	    "--state unknown` names them)\n"
	    "failed, expired and held deliveries go again by `glocal-mail "
	    "retry 2026-04`\n"
	    "paused by the operator: `glocal-mail resume 2026-04` goes on\n"
	    "alarm: relay mail.example:25: refuses\\x0aus (since 2026-04-01 "
	    "09:00:00)\n"
	    "alarm: relay b.example:25 refuses us: 550 no (since 2026-04-01 "
	    "09:00:00)\n"
	    "runner: send, process 4711, died; the next runner takes over what "
	    "it held; started 2026-04-01 09:00:00\n");
	assert_prints(print_status(f, "2026-03", false),
	    "issue 2026-03: finished\n"
	    "planned 2026-04-01 09:00:00, finished 2026-04-01 09:01:00, 1 "
	    "attempt\n"
	    "\n"
	    "  deliveries  number    share\n"
	    "  planned          1  100.0 %\n"
	    "  sent             1  100.0 %\n"
	    "  failed           0\n"
	    "  expired          0\n"
	    "  skipped          0\n"
	    "  held             0\n"
	    "  queued           0\n"
	    "  leased           0\n"
	    "  sending          0\n"
	    "\n"
	    "alarm: relay mail.example:25: refuses\\x0aus (since 2026-04-01 "
	    "09:00:00)\n"
	    "alarm: relay b.example:25 refuses us: 550 no (since 2026-04-01 "
	    "09:00:00)\n"
	    "runner: send, process 4711, died; the next runner takes over what "
	    "it held; started 2026-04-01 09:00:00\n");
}

static void
knows_no_other_issue(void **state)
{
	struct fixture *f = *state;
	struct err e = { 0 };

	fill(f);
	assert_false(
	    report_status(f->store, f->folder, "2026-05", true, stdout, &e));
	assert_int_equal(e.code, ERR_NO_INPUT);
	assert_string_equal(e.text,
	    "issue 2026-05: not planned yet; `glocal-mail send 2026-05` "
	    "plans it");
	e = (struct err){ 0 };
	assert_false(report_queue(f->store, "2026-05", 50, false, stdout, &e));
	assert_int_equal(e.code, ERR_NO_INPUT);

	/* Nothing of it stays open. */
	assert_true(store_begin_as(f->store, &author_of_tests, &err));
	store_rollback(f->store);
}

/* The log. */

static char *
print_log(struct fixture *f, const struct report_log *what)
{
	char *bytes = NULL;
	size_t count;
	FILE *out = open_memstream(&bytes, &count);

	assert_true(report_log(f->store, what, out, &err));
	fclose(out);
	return bytes;
}

static void
logs_lines(void **state)
{
	struct fixture *f = *state;
	struct report_log what = { .filter.issue = "2026-04", .limit = 3 };

	fill(f);
	assert_prints(print_log(f, &what),
	    "2026-04-01 09:00:50  2026-04  late@town.example                 "
	    "deferred  421 closing  [mail.example:25]\n"
	    "2026-04-01 09:00:40  2026-04  held@sub.town.example             "
	    "unknown   connection lost after the dot  [mail.example:25]\n"
	    "2026-04-01 09:00:20  2026-04  busy@town.example                 "
	    "deferred  451 4.2.0 try \\x09later  [mail.example:25]\n");
	what.json = true;
	what.filter.address = "busy@town.example";
	assert_prints(print_log(f, &what),
	    "{\"time\":\"2026-04-01T00:00:20.000Z\",\"issue\":\"2026-04\","
	    "\"address\":\"busy@town.example\",\"attempt\":1,\"outcome\":"
	    "\"deferred\",\"code\":451,\"enhanced\":\"4.2.0\",\"text\":\"4.2.0 "
	    "try "
	    "\\\\x09later\",\"relay\":\"mail.example:25\",\"tls\":\"\","
	    "\"message_id\":\"<m@news.example>\",\"duration_ms\":250}\n");
}

/* The addresses of the lines that pass, as "a b c". */
static const char *
list_addresses(struct fixture *f, const struct report_log *what)
{
	struct report_log json = *what;
	struct buf list GM_BUF_AT_EXIT;
	char *bytes;

	json.json = true;
	bytes = print_log(f, &json);
	buf_init(&list, 10000);
	for (char *p = bytes; (p = strstr(p, "\"address\":\"")) != NULL;) {
		p += strlen("\"address\":\"");
		buf_add_str(&list, list.used > 0 ? " " : "");
		buf_add(&list, p, strcspn(p, "@"));
	}
	free(bytes);
	return arena_strdup(f->arena, buf_str(&list));
}

static void
filters_the_log(void **state)
{
	static const struct {
		struct store_log_filter filter;
		int64_t limit;
		const char *addresses;
	} cases[] = {
		{ { 0 }, 0,
		    "Kokusai Kokusai oga oga gone gone2 late held busy" },
		{ { 0 }, 2, "held busy" },
		{ { .issue = "2026-03" }, 0, "Kokusai" },
		{ { .issue = "2026-04", .outcome = "sent" }, 0, "Kokusai oga" },
		{ { .outcome = "deferred" }, 0, "oga late busy" },
		{ { .outcome = "unknown" }, 0, "held" },
		{ { .address = "kokusai@city.example" }, 0, "Kokusai Kokusai" },
		{ { .address = "nobody@city.example" }, 0, "" },
		{ { .domain = "town.example" }, 0, "gone2 late busy" },
		{ { .domain = "x_y.example", .state = "queued" }, 0, "fresh" },
		{ { .since_ms = NINE + 30000 }, 0, "gone gone2 late held" },
		{ { .state = "queued" }, 0, "fresh busy" },
		{ { .state = "queued" }, 1, "busy" },
		{ { .state = "queued" }, 5, "fresh busy" },
		{ { .state = "held" }, 0, "held" },
		{ { .state = "skipped" }, 0, "none" },
		{ { .state = "skipped", .issue = "2026-03" }, 0, "" },
		{ { .state = "sending" }, 0, "going" },
		{ { .state = "sending", .domain = "x_y.example" }, 0, "" },
		{ { .state = "expired" }, 0, "late" },
		{ { .outcome = "sent",
		      .issue = "2026-04",
		      .domain = "city.example" },
		    1, "oga" },
	};
	struct fixture *f = *state;

	fill(f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct report_log what = {
			.filter = cases[i].filter,
			.limit = cases[i].limit,
		};

		assert_string_equal(
		    list_addresses(f, &what), cases[i].addresses);
	}
}

static void
reads_words_for_states(void **state)
{
	static const struct {
		const char *word, *outcome, *state;
	} cases[] = {
		{ "sent", "sent", NULL },
		{ "failed", "failed", NULL },
		{ "deferred", "deferred", NULL },
		{ "unknown", "unknown", NULL },
		{ "held", NULL, "held" },
		{ "queued", NULL, "queued" },
		{ "skipped", NULL, "skipped" },
	};
	struct report_log follow = { .follow = true, .filter.state = "held" };
	struct fixture *f = *state;
	struct err e = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct store_log_filter filter = { 0 };

		assert_true(
		    report_log_parse_state(cases[i].word, &filter, &err));
		assert_true(text_equal(filter.outcome, cases[i].outcome));
		assert_true(text_equal(filter.state, cases[i].state));
	}
	assert_false(report_log_parse_state("bounced", &follow.filter, &e));
	assert_int_equal(e.code, ERR_USAGE);
	assert_false(report_log(f->store, &follow, stdout, &e));
	assert_int_equal(e.code, ERR_USAGE);
}

/* More lines than a page holds come whole and in order. */
static void
pages_the_log(void **state)
{
	enum { LINES = 1234 };
	struct report_log what = { .json = true };
	struct fixture *f = *state;
	int64_t mailing = add_mailing(f, "2026-04", MAILING_SENDING, "");
	int64_t id = plan(f, mailing, "2026-04", "a@b.example", NULL);
	int64_t expected = 1;
	char *bytes;

	assert_true(store_begin_as(f->store, &author_of_tests, &err));
	for (int64_t i = 1; i <= LINES; i++) {
		struct store_attempt a = { .delivery = id,
			.number = i,
			.relay = "",
			.tls = "",
			.message_id = "" };

		assert_true(store_delivery_attempt(f->store, &a, &err));
	}
	assert_true(store_commit(f->store, &err));
	bytes = print_log(f, &what);
	for (char *p = bytes; (p = strstr(p, "\"attempt\":")) != NULL;) {
		p += strlen("\"attempt\":");
		assert_int_equal(strtol(p, NULL, 10), expected);
		expected++;
	}
	assert_int_equal(expected, LINES + 1);
	free(bytes);
}

struct follower {
	const char *folder;
	FILE *out;
	bool ok;
};

/* A store of its own: one per thread. */
static void *
follow(void *context)
{
	struct report_log what = { .follow = true, .json = true, .limit = 1 };
	struct follower *follower = context;
	struct store *store;
	struct err e = { 0 };

	if (!store_create(follower->folder, "sqlite:test.db", &store, &e))
		return NULL;
	follower->ok = report_log(store, &what, follower->out, &e);
	store_close(store);
	return NULL;
}

static void
follows_the_log(void **state)
{
	struct fixture *f = *state;
	struct follower follower = { .folder = f->folder };
	char line[1000];
	pthread_t thread;
	int ends[2];
	FILE *in;

	fill(f);
	assert_int_equal(pipe(ends), 0);
	in = fdopen(ends[0], "r");
	follower.out = fdopen(ends[1], "w");
	assert_int_equal(pthread_create(&thread, NULL, follow, &follower), 0);
	assert_non_null(fgets(line, sizeof(line), in));
	assert_non_null(strstr(line, "busy@town.example"));

	/* What ends now is shown now; who stops reading ends it. */
	try(f,
	    plan(f, add_mailing(f, "2026-05", MAILING_SENDING, ""), "2026-05",
		"new@city.example", NULL),
	    1, &sent);
	assert_non_null(fgets(line, sizeof(line), in));
	assert_non_null(strstr(line, "new@city.example"));
	fclose(in);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(follower.ok);
	fclose(follower.out);
}

/* The queue. */

static char *
print_queue(struct fixture *f, int64_t limit, bool json)
{
	char *bytes = NULL;
	size_t count;
	FILE *out = open_memstream(&bytes, &count);

	assert_true(report_queue(f->store, "2026-04", limit, json, out, &err));
	fclose(out);
	return bytes;
}

static void
shows_what_waits(void **state)
{
	struct fixture *f = *state;

	fill(f);
	assert_prints(print_queue(f, 50, false),
	    "issue    address                state    attempts  next due       "
	    "            last reply\n"
	    "2026-04  going@xzy.example      sending         0\n"
	    "2026-04  held@sub.town.example  held            1                 "
	    "            connection lost after the dot\n"
	    "2026-04  busy@town.example      queued          1  2026-04-01 "
	    "09:05:20 (now)  451 4.2.0 try \\x09later\n"
	    "\n"
	    "domain            not tried  deferred  in hand  held\n"
	    "sub.town.example          0         0        0     1\n"
	    "town.example              0         1        0     0\n"
	    "x_y.example               1         0        0     0\n"
	    "xzy.example               0         0        1     0\n");
	assert_prints(print_queue(f, 2, false),
	    "issue    address                state    attempts  next due  last "
	    "reply\n"
	    "2026-04  going@xzy.example      sending         0\n"
	    "2026-04  held@sub.town.example  held            1            "
	    "connection lost after the dot\n"
	    "… and 1 more\n"
	    "\n"
	    "domain            not tried  deferred  in hand  held\n"
	    "sub.town.example          0         0        0     1\n"
	    "town.example              0         1        0     0\n"
	    "x_y.example               1         0        0     0\n"
	    "xzy.example               0         0        1     0\n");
	assert_prints(print_queue(f, 50, true),
	    "{\"issue\":\"2026-04\",\"address\":\"going@xzy.example\","
	    "\"state\":\"sending\",\"attempts\":0,\"next\":null,\"code\":0,"
	    "\"enhanced\":\"\",\"text\":\"\"}\n"
	    "{\"issue\":\"2026-04\",\"address\":\"held@sub.town.example\","
	    "\"state\":\"held\",\"attempts\":1,\"next\":null,\"code\":0,"
	    "\"enhanced\":\"\",\"text\":\"connection lost after the dot\"}\n"
	    "{\"issue\":\"2026-04\",\"address\":\"busy@town.example\","
	    "\"state\":\"queued\",\"attempts\":1,\"next\":\"2026-04-01T00:05:"
	    "20.000Z\",\"code\":451,\"enhanced\":\"4.2.0\",\"text\":\"4.2.0 "
	    "try \\\\x09later\"}\n");
}

static void
words_waits_and_replies(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} waits[] = {
		{ -5, "now" },
		{ 0, "now" },
		{ 1, "in 1 s" },
		{ 59000, "in 59 s" },
		{ 60000, "in 1 min" },
		{ 61000, "in 2 min" },
		{ 3600000, "in 1 h" },
		{ 7800000, "in 2 h 10 min" },
		{ 345600000, "in 4 days" },
	};
	static const struct {
		int code;
		const char *enhanced, *text, *reply;
	} replies[] = {
		{ 250, "2.0.0", "ok", "250 2.0.0 ok" },
		{ 250, "2.0.0", "2.0.0 ok", "250 2.0.0 ok" },
		{ 451, "4.2.0", "451 4.2.0 later", "451 4.2.0 later" },
		{ 0, "", "lost", "lost" },
		{ 250, "", "", "250" },
		{ 0, "", "", "" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
		assert_string_equal(
		    report_wait(f->arena, waits[i].ms), waits[i].text);
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++)
		assert_string_equal(report_reply(f->arena, replies[i].code,
					replies[i].enhanced, replies[i].text),
		    replies[i].reply);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_states),
		TEST(balances_the_books),
		TEST(shows_all_issues),
		TEST(explains_an_issue),
		TEST(knows_no_other_issue),
		TEST(logs_lines),
		TEST(filters_the_log),
		TEST(reads_words_for_states),
		TEST(pages_the_log),
		TEST(follows_the_log),
		TEST(shows_what_waits),
		TEST(words_waits_and_replies),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
