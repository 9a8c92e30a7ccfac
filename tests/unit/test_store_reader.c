#include "queue_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/file.h"

enum { READERS = 600 };

/* What a thread that composes reads, again and again. */
struct reading {
	const char *folder;
	int64_t mailing;
	int64_t edition;
	atomic_bool over;
	atomic_int rounds;
	struct err err; /* of what went wrong */
};

static bool
read_once(struct arena *arena, struct store *store, struct reading *reading,
    struct err *error)
{
	struct store_mailing_file *files;
	const char *spec;
	int64_t version;
	size_t count;

	if (!store_mailing_material(
		arena, store, reading->mailing, 1, &files, &count, error) ||
	    !store_mailing_read_edition(
		arena, store, reading->edition, &spec, &version, error))
		return false;
	if (count != 1 || !text_equal(files[0].bytes, "frozen") ||
	    !text_equal(spec, "en html"))
		return err_set(error, ERR_DATA, "something else was read");
	return true;
}

static void *
read_on(void *context)
{
	struct reading *reading = context;
	struct arena *arena = arena_new();
	struct store *store = NULL;
	bool ok = store_open_reader(
	    reading->folder, "sqlite:test.db", &store, &reading->err);

	while (ok && !reading->over) {
		arena_reset(arena);
		ok = read_once(arena, store, reading, &reading->err);
		reading->rounds++;
	}
	if (!ok)
		reading->rounds = INT32_MAX;
	store_close(store);
	arena_free(arena);
	return NULL;
}

static void
freeze(struct fixture *f)
{
	unsigned char sha256[32] = { 7 };

	fixture_must(store_begin(f->store, &err));
	fixture_must(store_mailing_blob(f->store, sha256, "frozen", 6, &err));
	fixture_must(
	    store_mailing_file(f->store, f->mailing, 1, "site", sha256, &err));
	fixture_must(store_commit(f->store, &err));
}

/* All of the mailing, from lease to settle, a commit for each message. */
static void
send_all(struct fixture *f)
{
	struct queue_item **items;
	size_t count;

	while ((count = fixture_lease(f, f->queue, 50, &items)) > 0) {
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(
			    fixture_begin(f->queue, items[i]), QUEUE_BEGUN);
			fixture_settle(f->queue, items[i], OUTCOME_SENT,
			    BLAME_NONE, now_ms());
		}
	}
}

/* One thread commits, the other reads, each by a handle of its own. */
static void
test_one_commits_one_reads(void **state)
{
	struct fixture *f = *state;
	struct reading reading = { .folder = f->folder };
	pthread_t thread;

	fixture_mailing(f, "2026-04", READERS);
	freeze(f);
	fixture_queue(f, &fixture_rules);
	reading.mailing = f->mailing;
	reading.edition = fixture_number(f, "SELECT max(id) FROM edition");
	assert_int_equal(pthread_create(&thread, NULL, read_on, &reading), 0);
	while (reading.rounds < 3)
		sched_yield();
	send_all(f);
	reading.over = true;
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_string_equal(reading.err.text, "");
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM delivery"
					   " WHERE state = 'sent'"),
	    READERS);
	assert_string_equal(fixture_mailing_state(f), "finished");
}

/* A reader sees what is committed, from its next query on. */
static void
test_reads_what_is_committed(void **state)
{
	struct fixture *f = *state;
	struct store *reader;
	struct store_mailing *mailing;

	fixture_mailing(f, "2026-04", 1);
	fixture_must(
	    store_open_reader(f->folder, "sqlite:test.db", &reader, &err));
	fixture_must(queue_control_pause(f->store, "2026-04", &err));
	fixture_must(
	    store_mailing_find(f->arena, reader, f->mailing, &mailing, &err));
	assert_int_equal(mailing->state, MAILING_PAUSED);
	store_close(reader);
}

/* It cannot write, and coming and going it leaves the writers' lock alone. */
static void
test_harms_nobody(void **state)
{
	struct fixture *f = *state;
	struct store *reader;
	int lock = file_lock_open(fixture_path(f, "test.db.lock"), &err);
	bool taken = true;

	assert_true(lock >= 0);
	fixture_mailing(f, "2026-04", 1);
	fixture_must(store_begin(f->store, &err));
	fixture_must(
	    store_open_reader(f->folder, "sqlite:test.db", &reader, &err));
	assert_false(db_run(
	    store_db(reader), &err, "UPDATE mailing SET state = 'x'", ""));
	assert_int_equal(err.code, ERR_NO_PERM);
	store_close(reader);
	fixture_must(file_try_lock(lock, &taken, &err));
	assert_false(taken);
	fixture_must(store_commit(f->store, &err));
	fixture_must(file_try_lock(lock, &taken, &err));
	assert_true(taken);
	close(lock);
}

static void
test_missing(void **state)
{
	struct fixture *f = *state;
	struct store *reader;

	assert_false(
	    store_open_reader(f->folder, "sqlite:other.db", &reader, &err));
	assert_int_equal(err.code, ERR_NO_INPUT);
	assert_int_not_equal(access(fixture_path(f, "other.db"), F_OK), 0);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_commits_one_reads),
		TEST(test_reads_what_is_committed),
		TEST(test_harms_nobody),
		TEST(test_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
