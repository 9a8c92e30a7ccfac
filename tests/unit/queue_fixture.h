#ifndef TESTS_QUEUE_FIXTURE_H
#define TESTS_QUEUE_FIXTURE_H

/*
 * A small site in a folder of its own: a store with readers, planned
 * mailings, and what the tests of the queue do with them. Children that a
 * test forks must use fixture_child_open and end by _exit: cmocka's asserts
 * belong to the parent.
 */

#include <ftw.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "author.h"
#include "base/now.h"
#include "base/text.h"
#include "queue/queue.h"
#include "queue/queue_control.h"
#include "store/db.h"
#include "store/store_mailing.h"
#include "store/store_runner.h"
#include "store/store_subscriber.h"
#include "store/store_suppression.h"

struct fixture {
	char folder[64];
	struct store *store;
	struct arena *arena;
	struct queue *queue; /* NULL until fixture_queue */
	int64_t mailing;     /* planned last */
};

static struct err err;

static const struct queue_rules fixture_rules = {
	.retry = { .first_ms = 60 * 1000,
	    .factor = 2,
	    .longest_ms = 3600 * 1000,
	    .give_up_after_ms = 24 * 3600 * 1000 },
	.max_unknown = 100,
};

/* In a child: ends it with a status that the parent sees. */
#define GM_CHILD_MUST(condition)                                            \
	do {                                                                \
		if (!(condition)) {                                         \
			fprintf(stderr, "child: %s:%d: %s: %s\n", __FILE__, \
			    __LINE__, #condition, err.text);                \
			_exit(1);                                           \
		}                                                           \
	} while (0)

static inline void
fixture_must(bool ok)
{
	if (!ok)
		fail_msg("%s", err.text);
}

static inline int
fixture_set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->folder, "/tmp/glocal-queue-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	fixture_must(
	    store_create(f->folder, "sqlite:test.db", &f->store, &err));
	f->arena = arena_new();
	*state = f;
	return 0;
}

static inline int
fixture_remove(
    const char *path, const struct stat *status, int kind, struct FTW *ftw)
{
	(void)status;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static inline int
fixture_tear_down(void **state)
{
	struct fixture *f = *state;

	queue_close(f->queue);
	store_close(f->store);
	arena_free(f->arena);
	nftw(f->folder, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

static inline char *
fixture_path(struct fixture *f, const char *name)
{
	return arena_format(f->arena, "%s/%s", f->folder, name);
}

/* Readers r000@town.example … that are not there yet. */
static inline void
fixture_readers(struct fixture *f, int count)
{
	fixture_must(store_begin_as(f->store, &author_of_tests, &err));
	for (int i = 0; i < count; i++) {
		char *address = arena_format(f->arena, "r%03d@town.example", i);
		struct store_subscriber *old;
		struct store_subscriber row = {
			.address = address,
			.address_key = address,
			.name = "名前",
			.organisation = "役場",
			.department = "国際課",
			.municipality = "",
			.basis = BASIS_CONSENT,
		};
		int64_t id;

		fixture_must(store_subscriber_find(
		    f->arena, f->store, address, &old, &err));
		if (old == NULL)
			fixture_must(
			    store_subscriber_insert(f->store, &row, &id, &err));
	}
	fixture_must(store_commit(f->store, &err));
}

struct fixture_plan {
	struct store *store;
	const char *issue;
	int64_t mailing;
	int64_t edition;
	int64_t count;
};

static inline bool
fixture_plan_member(
    const struct store_member *member, void *context, struct err *error)
{
	struct fixture_plan *plan = context;
	struct store_delivery_plan row = {
		.mailing = plan->mailing,
		.issue = plan->issue,
		.subscriber = member->id,
		.edition = plan->edition,
		.reason = "",
		.address = member->person.address,
		.name = member->person.name,
		.organisation = member->person.organisation,
		.department = member->person.department,
	};
	int64_t id;

	plan->count++;
	return store_delivery_add(plan->store, &row, &id, error);
}

/* One mailing to all who have no delivery of the issue yet, in one
   transaction; *ret_count: how many. */
static inline bool
fixture_plan(struct store *store, const char *issue, int64_t *ret_mailing,
    int64_t *ret_count)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = store;
	struct fixture_plan plan = { .store = store, .issue = issue };

	if (!store_begin(store, &err) ||
	    !store_mailing_add(
		store, issue, "", 1, now_ms(), &plan.mailing, &err) ||
	    !store_mailing_edition(
		store, plan.mailing, 1, "en html", &plan.edition, &err) ||
	    !store_subscriber_audience(
		store, issue, NULL, fixture_plan_member, &plan, &err) ||
	    !store_commit(guard, &err))
		return false;
	*ret_mailing = plan.mailing;
	*ret_count = plan.count;
	return true;
}

static inline void
fixture_mailing(struct fixture *f, const char *issue, int readers)
{
	int64_t count;

	fixture_readers(f, readers);
	fixture_must(fixture_plan(f->store, issue, &f->mailing, &count));
	assert_int_equal(count, readers);
}

static inline void
fixture_queue(struct fixture *f, const struct queue_rules *rules)
{
	fixture_must(
	    queue_open(f->store, f->folder, "deliver", rules, &f->queue, &err));
}

/* A store of its own for a child or for a second runner. */
static inline struct store *
fixture_open(struct fixture *f)
{
	struct store *store = NULL;

	return store_create(f->folder, "sqlite:test.db", &store, &err) ? store
								       : NULL;
}

static inline size_t
fixture_lease(struct fixture *f, struct queue *queue, size_t limit,
    struct queue_item ***ret)
{
	size_t count;

	fixture_must(queue_lease(queue, f->arena,
	    &(struct queue_want){ .due_ms = now_ms(), .limit = limit }, ret,
	    &count, &err));
	return count;
}

static inline struct queue_begin
fixture_begin_of(struct queue_item *item)
{
	return (struct queue_begin){
		.item = item,
		.dated_ms = 1000,
		.sha256 = { 1, 2, 3 },
		.message_id = "id@news.example",
	};
}

static inline enum queue_begun
fixture_begin(struct queue *queue, struct queue_item *item)
{
	struct queue_begin begin = fixture_begin_of(item);

	fixture_must(queue_commit(queue, NULL, 0, &begin, 1, &err));
	return begin.begun;
}

static inline struct queue_settle
fixture_settle_of(const struct queue_item *item, enum outcome outcome,
    enum blame blame, int64_t at_ms)
{
	return (struct queue_settle){
		.item = item,
		.verdict = { .outcome = outcome,
		    .blame = blame,
		    .phase = PHASE_FINAL,
		    .code = outcome == OUTCOME_SENT     ? 250
			    : outcome == OUTCOME_FAILED ? 550
							: 451,
		    .text = "said so" },
		.started_ms = at_ms,
		.ended_ms = at_ms,
		.relay = "127.0.0.1:25",
		.tls = "",
	};
}

static inline void
fixture_settle(struct queue *queue, const struct queue_item *item,
    enum outcome outcome, enum blame blame, int64_t at_ms)
{
	struct queue_settle settle =
	    fixture_settle_of(item, outcome, blame, at_ms);

	fixture_must(queue_commit(queue, &settle, 1, NULL, 0, &err));
}

static inline struct store_delivery
fixture_row(struct fixture *f, int64_t id)
{
	struct store_delivery row = { 0 };
	bool found = false;

	fixture_must(store_delivery_read(
	    f->arena, f->store, false, id, &row, &found, &err));
	assert_true(found);
	return row;
}

static inline void
fixture_assert_state(struct fixture *f, int64_t id, enum delivery_state state)
{
	struct store_delivery row = fixture_row(f, id);

	assert_string_equal(delivery_state(row.state), delivery_state(state));
}

/* One number or text out of the store. */
static inline int64_t
fixture_number(struct fixture *f, const char *sql)
{
	struct db_query *query = db_query(store_db(f->store), sql, "");
	int64_t n = -1;

	if (db_next(query))
		n = db_int(query, 0);
	fixture_must(db_end(query, &err));
	return n;
}

static inline const char *
fixture_text(struct fixture *f, const char *sql)
{
	struct db_query *query = db_query(store_db(f->store), sql, "");
	const char *text = "(none)";

	if (db_next(query))
		text = arena_strdup(f->arena, db_text(query, 0));
	fixture_must(db_end(query, &err));
	return text;
}

static inline const char *
fixture_mailing_state(struct fixture *f)
{
	return fixture_text(f, "SELECT state FROM mailing ORDER BY id DESC");
}

/* Takes a reader out, as people/ does. */
static inline void
fixture_unsubscribe(struct fixture *f, int64_t subscriber)
{
	fixture_must(store_begin_as(f->store, &author_of_tests, &err));
	fixture_must(store_subscriber_set_state(
	    f->store, subscriber, SUBSCRIBER_UNSUBSCRIBED, &err));
	fixture_must(store_commit(f->store, &err));
}

static inline void
fixture_suppress(struct fixture *f, const char *address)
{
	struct store_suppression row = {
		.address_key = address,
		.reason = "operator",
		.evidence = "",
	};

	fixture_must(store_begin_as(f->store, &author_of_tests, &err));
	fixture_must(store_suppression_add(f->store, &row, &err));
	fixture_must(store_commit(f->store, &err));
}

/* Waits for a child that must have ended well. */
static inline void
fixture_wait(pid_t child)
{
	int status = -1;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

#endif
