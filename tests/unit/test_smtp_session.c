/*
 * Transactions against the scripted server, one server for each row: what it
 * does wrong, and the verdict that must follow. Skipped without the server.
 */

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "smtp_run.h"

/* The scripted server. */

struct server {
	pid_t pid;
	unsigned port;
	char folder[128];
};

static const char *
find_server(void)
{
	const char *path = getenv("FAKE_SMTP");
	static char whole[PATH_MAX];

	if (path == NULL)
		path = "build/fake-smtp";
	return access(path, X_OK) == 0 ? realpath(path, whole) : NULL;
}

static void
write_text(const char *folder, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static char *
read_text(struct arena *arena, const char *folder, const char *name)
{
	char *bytes;
	size_t count;

	if (!file_read(arena, file_join(arena, folder, name), 10000000, &bytes,
		&count, NULL))
		return arena_strdup(arena, "");
	return bytes;
}

/* Waits until the server has renamed its port file into the folder. */
static void
wait_for_port(struct server *server, int watch)
{
	struct pollfd wait = { .fd = watch, .events = POLLIN };
	struct arena *arena = arena_new();
	char seen[4096];

	assert_int_equal(poll(&wait, 1, PATIENCE_MS), 1);
	assert_true(read(watch, seen, sizeof(seen)) > 0);
	server->port = (unsigned)strtoul(
	    read_text(arena, server->folder, "port"), NULL, 10);
	assert_true(server->port > 0);
	arena_free(arena);
	close(watch);
}

static void
start_server(struct server *server, const char *option, const char *value,
    const char *script)
{
	const char *temporary = getenv("TMPDIR");
	const char *path = find_server();
	int watch = inotify_init1(IN_CLOEXEC);

	snprintf(server->folder, sizeof(server->folder), "%.100s/smtp-XXXXXX",
	    temporary != NULL ? temporary : "/tmp");
	assert_non_null(mkdtemp(server->folder));
	write_text(server->folder, "script", script);
	assert_true(inotify_add_watch(watch, server->folder, IN_MOVED_TO) >= 0);
	server->pid = fork();
	assert_true(server->pid >= 0);
	if (server->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (chdir(server->folder) == 0)
			execl(path, path, "--port-file", "port", "--log", "log",
			    "--script", "script", "--stats", "stats",
			    "--max-seconds", "60", option, value, NULL);
		_exit(127);
	}
	wait_for_port(server, watch);
}

/* Ends the server; its ledger is in the arena. */
static char *
stop_server(struct server *server, struct arena *arena)
{
	static const char *const files[] = { "script", "port", "log", "stats" };
	char *log;
	int status;

	kill(server->pid, SIGTERM);
	assert_int_equal(waitpid(server->pid, &status, 0), server->pid);
	log = read_text(arena, server->folder, "log");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(file_join(arena, server->folder, files[i]));
	rmdir(server->folder);
	return log;
}

static size_t
count_words(const char *text, const char *word)
{
	size_t count = 0;

	while ((text = strstr(text, word)) != NULL) {
		count++;
		text += strlen(word);
	}
	return count;
}

/* Two messages are to be sent; the first one's end must be this. */
static const struct first_row {
	const char *script;
	enum outcome outcome;
	enum blame blame;
	enum phase phase;
	int code;
	bool offered;
	bool goes_on; /* the second one is sent on the same connection */
	bool hasty;   /* waits are short */
} firsts[] = {
	{ "", SENT, PHASE_FINAL, 250, true, true, false },
	{ "mail multi 250 9", SENT, PHASE_FINAL, 250, true, true, false },
	{ "body long 5000", SENT, PHASE_FINAL, 250, true, true, false },
	{ "rcpt drip 1", SENT, PHASE_FINAL, 250, true, true, false },

	{ "rcpt match=r0* reply 550 5.1.1 no such user", FAIL(ADDRESS),
	    PHASE_RCPT, 550, false, true, false },
	{ "rcpt match=r0* multi 550 5", FAIL(MAILBOX), PHASE_RCPT, 550, false,
	    true, false },
	{ "rcpt match=r0* reply 450 4.2.1 later", DEFER(MAILBOX), PHASE_RCPT,
	    450, false, true, false },
	{ "rcpt match=r0* reply 554 5.7.1 no", FAIL(POLICY), PHASE_RCPT, 554,
	    false, true, false },
	{ "data match=r0* reply 451 4.3.0 later", DEFER(MAILBOX), PHASE_DATA,
	    451, false, true, false },
	{ "data match=r0* reply 554 5.7.0 no", FAIL(POLICY), PHASE_DATA, 554,
	    false, true, false },
	{ "body match=r0* reply 554 5.6.0 no", FAIL(CONTENT), PHASE_FINAL, 554,
	    true, true, false },
	{ "body match=r0* reply 552 5.2.2 full", FAIL(MAILBOX), PHASE_FINAL,
	    552, true, true, false },
	{ "body match=r0* reply 451 4.7.1 later", DEFER(POLICY), PHASE_FINAL,
	    451, true, true, false },
	{ "body match=r0* reply 550 5.1.1 filtered", FAIL(MAILBOX), PHASE_FINAL,
	    550, true, true, false },

	{ "mail reply 451 4.3.0 later", DEFER(LINK), PHASE_MAIL, 451, false,
	    false, false },
	{ "mail reply 550 5.7.1 go away", DEFER(US), PHASE_MAIL, 550, false,
	    false, false },
	{ "mail reply 530 5.7.0 log in", DEFER(US), PHASE_MAIL, 530, false,
	    false, false },
	{ "mail reply 503 5.5.1 not now", DEFER(PROTOCOL), PHASE_MAIL, 503,
	    false, false, false },
	{ "mail times=1 reply 552 5.3.4 too large", FAIL(CONTENT), PHASE_MAIL,
	    552, false, true, false },
	{ "rcpt reply 503 5.5.1 what", DEFER(PROTOCOL), PHASE_RCPT, 503, false,
	    false, false },
	{ "rcpt reply 354 what", DEFER(PROTOCOL), PHASE_RCPT, 354, false, false,
	    false },
	{ "data reply 250 what", DEFER(PROTOCOL), PHASE_DATA, 250, false, false,
	    false },

	{ "mail reply 421 bye", DEFER(LINK), PHASE_MAIL, 421, false, false,
	    false },
	{ "rcpt reply 421 bye", DEFER(LINK), PHASE_RCPT, 421, false, false,
	    false },
	{ "data reply 421 bye", DEFER(LINK), PHASE_DATA, 421, false, false,
	    false },
	{ "body reply 421 bye", DEFER(LINK), PHASE_FINAL, 421, true, false,
	    false },

	{ "mail close", DEFER(LINK), PHASE_MAIL, 0, false, false, false },
	{ "rcpt close", DEFER(LINK), PHASE_RCPT, 0, false, false, false },
	{ "data close", DEFER(LINK), PHASE_DATA, 0, false, false, false },
	{ "body close", DOUBT(LINK), PHASE_FINAL, 0, true, false, false },
	{ "rcpt reset", DEFER(LINK), PHASE_RCPT, 0, false, false, false },
	{ "body reset", DOUBT(LINK), PHASE_FINAL, 0, true, false, false },
	{ "body accept-then-close", DOUBT(LINK), PHASE_FINAL, 0, true, false,
	    false },
	{ "body accept-then-reset", DOUBT(LINK), PHASE_FINAL, 0, true, false,
	    false },

	{ "mail stall", DEFER(LINK), PHASE_MAIL, 0, false, false, true },
	{ "rcpt stall", DEFER(LINK), PHASE_RCPT, 0, false, false, true },
	{ "data stall", DEFER(LINK), PHASE_DATA, 0, false, false, true },
	{ "body stall", DOUBT(LINK), PHASE_FINAL, 0, true, false, true },

	{ "mail garbage", DEFER(PROTOCOL), PHASE_MAIL, 0, false, false, false },
	{ "rcpt garbage", DEFER(PROTOCOL), PHASE_RCPT, 0, false, false, false },
	{ "data garbage", DEFER(PROTOCOL), PHASE_DATA, 0, false, false, false },
	{ "body garbage", DOUBT(PROTOCOL), PHASE_FINAL, 0, true, false, false },
	{ "rcpt long 9000", SENT, PHASE_FINAL, 250, true, true, false },
	{ "body long 60000", SENT, PHASE_FINAL, 250, true, true, false },
	{ "body multi 250 150", SENT, PHASE_FINAL, 250, true, false, false },
	{ "mail multi 250 150", DEFER(PROTOCOL), PHASE_MAIL, 0, false, false,
	    false },
};

static void
check_first(const struct first_row *row, enum when when, const char *option,
    const char *value)
{
	struct arena *arena = arena_new();
	struct server server;
	struct run run;
	const struct smtp_end *end = &run.ends[0];
	char *log;

	print_message("  %s %s, body %d\n", row->script, option, (int)when);
	start_server(&server, option, value, row->script);
	init_run(&run, when, 2);
	if (row->hasty)
		run.timeouts = hasty_at(row->phase, HASTE_MS);
	drive(&run, server.port);
	log = stop_server(&server, arena);

	assert_int_equal(run.done, row->goes_on ? 2 : 1);
	assert_int_equal(end->verdict.outcome, row->outcome);
	assert_int_equal(end->verdict.blame, row->blame);
	assert_int_equal(end->verdict.code, row->code);
	assert_int_equal(end->verdict.phase, row->phase);
	assert_int_equal(end->last_byte_offered, row->offered);
	assert_false(end->idle_close);
	assert_int_equal(run.why.outcome, OUTCOME_DEFERRED);
	assert_int_equal(count_words(log, "\"violation\""), 0);
	if (row->goes_on) {
		assert_int_equal(run.ends[1].verdict.outcome, OUTCOME_SENT);
		assert_int_equal(run.why.blame, BLAME_NONE);
		assert_int_equal(count_words(log, "\"connect\""), 1);
	}
	arena_free(arena);
}

static void
check_firsts(enum when when, const char *option, const char *value)
{
	if (find_server() == NULL)
		skip();
	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++)
		check_first(&firsts[i], when, option, value);
}

static void
test_pipelined_body_early(void **state)
{
	(void)state;
	check_firsts(EARLY, "--seed", "1");
}

static void
test_pipelined_body_asked(void **state)
{
	(void)state;
	check_firsts(ASKED, "--seed", "1");
}

static void
test_lock_step(void **state)
{
	(void)state;
	check_firsts(EARLY, "--no-pipelining", NULL);
}

/* No session comes about, or it comes late. */
static const struct {
	const char *script;
	enum blame blame; /* none: it came about */
	int code;
	bool hasty;
} sessions[] = {
	{ "connect multi 220 5", BLAME_NONE, 0, false },
	{ "connect drip 1", BLAME_NONE, 0, false },
	{ "connect reply 421 busy", BLAME_LINK, 421, false },
	{ "connect reply 450 busy", BLAME_LINK, 450, false },
	{ "connect reply 554 go away", BLAME_US, 554, false },
	{ "connect close", BLAME_LINK, 0, false },
	{ "connect reset", BLAME_LINK, 0, false },
	{ "connect stall", BLAME_LINK, 0, true },
	{ "ehlo stall", BLAME_LINK, 220, true },
	{ "ehlo close", BLAME_LINK, 220, false },
	{ "ehlo reply 550 go away", BLAME_US, 550, false },
	{ "ehlo reply 421 busy", BLAME_LINK, 421, false },
};

static void
test_sessions(void **state)
{
	(void)state;
	if (find_server() == NULL)
		skip();
	for (size_t i = 0; i < sizeof(sessions) / sizeof(sessions[0]); i++) {
		struct arena *arena = arena_new();
		struct server server;
		struct run run;

		print_message("  %s\n", sessions[i].script);
		start_server(&server, "--seed", "1", sessions[i].script);
		init_run(&run, EARLY, 1);
		if (sessions[i].hasty)
			run.timeouts = hasty_at(PHASE_CONNECT, HASTE_MS);
		drive(&run, server.port);
		stop_server(&server, arena);
		arena_free(arena);
		assert_int_equal(run.why.outcome, OUTCOME_DEFERRED);
		assert_int_equal(run.why.blame, sessions[i].blame);
		if (sessions[i].blame == BLAME_NONE) {
			assert_int_equal(run.done, 1);
			continue;
		}
		assert_int_equal(run.done, 0);
		assert_int_equal(run.why.phase, PHASE_CONNECT);
		if (sessions[i].code >= 400)
			assert_int_equal(run.why.code, sessions[i].code);
		assert_true(run.why.text[0] != '\0');
	}
}

/* Three messages; from the second on, the relay is gone at its first word. */
static void
test_idle_close(void **state)
{
	static const char *const scripts[] = {
		"mail txn=2 reply 421 4.4.2 idle",
		"mail txn=2 close",
		"mail txn=2 reset",
	};

	(void)state;
	if (find_server() == NULL)
		skip();
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		struct arena *arena = arena_new();
		struct server server;
		struct run run;

		start_server(&server, "--seed", "1", scripts[i]);
		init_run(&run, EARLY, 3);
		drive(&run, server.port);
		stop_server(&server, arena);
		arena_free(arena);
		assert_int_equal(run.done, 2);
		assert_int_equal(run.ends[0].verdict.outcome, OUTCOME_SENT);
		assert_int_equal(run.ends[1].verdict.outcome, OUTCOME_DEFERRED);
		assert_int_equal(run.ends[1].verdict.blame, BLAME_LINK);
		assert_true(run.ends[1].idle_close);
		assert_false(run.ends[1].last_byte_offered);
	}
}

/* A relay that was silent for too long was not idle. */
static void
test_silence_is_no_idle_close(void **state)
{
	struct arena *arena = arena_new();
	struct server server;
	struct run run;

	(void)state;
	if (find_server() == NULL)
		skip();
	start_server(&server, "--seed", "1", "mail txn=2 stall");
	init_run(&run, EARLY, 2);
	run.timeouts = hasty_at(PHASE_MAIL, 5 * HASTE_MS);
	drive(&run, server.port);
	stop_server(&server, arena);
	arena_free(arena);
	assert_int_equal(run.done, 2);
	assert_false(run.ends[1].idle_close);
}

static void
test_withdraw(void **state)
{
	struct arena *arena = arena_new();
	struct server server;
	struct run run;
	char *log;

	(void)state;
	if (find_server() == NULL)
		skip();
	start_server(&server, "--seed", "1", "");
	init_run(&run, WITHDRAWN, 2);
	drive(&run, server.port);
	log = stop_server(&server, arena);
	assert_int_equal(run.asked, 1);
	assert_int_equal(run.done, 1);
	assert_int_equal(run.ends[0].verdict.outcome, OUTCOME_DEFERRED);
	assert_int_equal(run.ends[0].verdict.blame, BLAME_NONE);
	assert_false(run.ends[0].last_byte_offered);
	assert_false(run.ends[0].idle_close);
	assert_int_equal(run.why.blame, BLAME_NONE);
	assert_int_equal(count_words(log, "\"accept\""), 0);
	arena_free(arena);
}

/* What is refused without a word to the relay. */
static const struct {
	const char *from;
	const char *rcpt;
	const char *size;
	const char *enhanced;
} unsayable[] = {
	{ "b@s.example", "a b@x.example", "1000", "5.1.3" },
	{ "b@s.example", "a@x.example>\r\nRCPT TO:<e@x.example", "1000",
	    "5.1.3" },
	{ "b@s.example", "a@x.example\n", "1000", "5.1.3" },
	{ "b@s.example", "", "1000", "5.1.3" },
	{ "b@s.example> X=<", "a@x.example", "1000", "5.1.7" },
	{ "b@s.example", "a@x.example", "20", "5.3.4" },
};

static void
test_unsayable(void **state)
{
	(void)state;
	if (find_server() == NULL)
		skip();
	for (size_t i = 0; i < sizeof(unsayable) / sizeof(unsayable[0]); i++) {
		struct arena *arena = arena_new();
		struct server server;
		struct run run;
		char *log;

		start_server(&server, "--size", unsayable[i].size, "");
		init_run(&run, EARLY, 2);
		run.envelope.mail_from = unsayable[i].from;
		run.envelope.rcpt = unsayable[i].rcpt;
		drive(&run, server.port);
		log = stop_server(&server, arena);
		assert_int_equal(run.done, 2);
		assert_int_equal(run.ends[0].verdict.outcome, OUTCOME_FAILED);
		assert_int_equal(run.ends[0].verdict.blame, BLAME_CONTENT);
		assert_string_equal(
		    run.ends[0].verdict.enhanced, unsayable[i].enhanced);
		assert_false(run.ends[0].last_byte_offered);
		assert_int_equal(count_words(log, "\"violation\""), 0);
		assert_int_equal(count_words(log, "\"refuse\""), 0);
		assert_int_equal(count_words(log, "\"accept\""), 0);
		arena_free(arena);
	}
}

static void
test_beyond_ascii(void **state)
{
	(void)state;
	if (find_server() == NULL)
		skip();
	for (int offered = 0; offered < 2; offered++) {
		struct arena *arena = arena_new();
		struct server server;
		struct run run;

		start_server(
		    &server, offered ? "--seed=1" : "--no-smtputf8", NULL, "");
		init_run(&run, EARLY, 1);
		run.envelope.rcpt = "花子@x.example";
		drive(&run, server.port);
		stop_server(&server, arena);
		arena_free(arena);
		assert_int_equal(run.done, 1);
		assert_int_equal(run.ends[0].verdict.outcome,
		    offered ? OUTCOME_SENT : OUTCOME_FAILED);
		if (!offered)
			assert_string_equal(
			    run.ends[0].verdict.enhanced, "5.6.7");
	}
}

/* The server goes away while much of the body is still on this side. */
static void
test_lost_in_the_body(void **state)
{
	static const char *const scripts[] = { "body close-mid 100",
		"body reset-mid 100000" };
	/* More than the kernel keeps for both ends. */
	enum { BYTES = 32 << 20 };
	static char much[BYTES];

	(void)state;
	if (find_server() == NULL)
		skip();
	for (size_t i = 0; i + 80 <= BYTES; i += 80) {
		memset(much + i, 'x', 78);
		memcpy(much + i + 78, "\r\n", 2);
	}
	for (size_t i = 0; i < 2; i++) {
		struct arena *arena = arena_new();
		struct server server;
		struct run run;

		start_server(&server, "--seed", "1", scripts[i]);
		init_run(&run, EARLY, 1);
		run.body[2].iov_base = much;
		run.body[2].iov_len = BYTES / 80 * 80;
		run.parts = 3;
		drive(&run, server.port);
		stop_server(&server, arena);
		arena_free(arena);
		assert_int_equal(run.done, 1);
		assert_int_equal(run.ends[0].verdict.outcome, OUTCOME_DEFERRED);
		assert_int_equal(run.ends[0].verdict.blame, BLAME_LINK);
		assert_int_equal(run.ends[0].verdict.phase, PHASE_BODY);
		assert_false(run.ends[0].last_byte_offered);
	}
}

/* Giving up is allowed in every event, also in those of a broken relay. */
static void
test_abort_in_events(void **state)
{
	static const char *const scripts[] = { "", "body close", "rcpt reset" };

	(void)state;
	if (find_server() == NULL)
		skip();
	for (size_t i = 0; i < 3; i++) {
		for (int where = IN_READY; where <= IN_CLOSED; where++) {
			struct arena *arena = arena_new();
			struct server server;
			struct run run;

			start_server(&server, "--seed", "1", scripts[i]);
			init_run(&run, ASKED, 1);
			run.abort_in = (enum abort_in)where;
			drive(&run, server.port);
			stop_server(&server, arena);
			arena_free(arena);
			assert_int_equal(run.readies > 0, true);
			assert_int_equal(run.done,
			    where > IN_WANTS || (i == 2 && where == IN_WANTS));
		}
	}
}

/* After smtp_quit there is no `ready`, whenever it is called. */
static void
test_quit_in_done(void **state)
{
	static const char *const scripts[] = { "", "body close" };

	(void)state;
	if (find_server() == NULL)
		skip();
	for (size_t i = 0; i < 2; i++) {
		struct arena *arena = arena_new();
		struct server server;
		struct run run;

		start_server(&server, "--seed", "1", scripts[i]);
		init_run(&run, EARLY, 3);
		run.quit_in_done = true;
		drive(&run, server.port);
		stop_server(&server, arena);
		arena_free(arena);
		assert_int_equal(run.done, 1);
		assert_int_equal(run.readies, 1);
		assert_int_equal(
		    run.why.blame, i == 0 ? BLAME_NONE : BLAME_LINK);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_abort_in_events),
		cmocka_unit_test(test_quit_in_done),
		cmocka_unit_test(test_pipelined_body_early),
		cmocka_unit_test(test_pipelined_body_asked),
		cmocka_unit_test(test_lock_step),
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_idle_close),
		cmocka_unit_test(test_silence_is_no_idle_close),
		cmocka_unit_test(test_withdraw),
		cmocka_unit_test(test_unsayable),
		cmocka_unit_test(test_beyond_ascii),
		cmocka_unit_test(test_lost_in_the_body),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
