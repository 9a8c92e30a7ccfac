/*
 * Transactions against the scripted server, one server for each row: what it
 * does wrong, and the verdict that must follow. Skipped without the server.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/now.h"
#include "smtp/smtp.h"

enum { ENDS = 8, PATIENCE_MS = 20000 };

/* When the body is given. */
enum when { EARLY, ASKED, LATE, WITHDRAWN };

/* Where the caller gives the connection up. */
enum abort_in { NOWHERE, IN_READY, IN_WANTS, IN_DONE, IN_CLOSED };

struct run {
	enum abort_in abort_in;
	bool aborted;
	bool quit_in_done;
	struct loop *loop;
	struct smtp_pool *pool;
	struct smtp_conn *conn;
	enum when when;
	struct smtp_envelope envelope; /* rcpt NULL: rN@x.example */
	struct iovec body[3];
	size_t parts;
	struct loop_timer *late;

	size_t to_send;
	size_t started;
	size_t asked;
	size_t readies;
	size_t done;
	struct smtp_end ends[ENDS];
	size_t closed;
	struct verdict why;
	char tls[16];
};

static char body_text[] = "Subject: test\r\n\r\n"
			  ".one\r\n"
			  "two\r\n"
			  "..\r\n";

static void
give_body(void *context)
{
	struct run *run = context;

	smtp_body(run->conn, run->body, run->parts);
}

/* No event may follow. */
static bool
aborts(struct run *run, enum abort_in here)
{
	assert_false(run->aborted);
	if (run->abort_in != here)
		return false;
	run->aborted = true;
	smtp_abort(run->conn);
	return true;
}

static void
on_ready(struct smtp_conn *conn, void *context)
{
	struct run *run = context;
	struct smtp_envelope envelope = run->envelope;
	char rcpt[40];

	run->readies++;
	snprintf(run->tls, sizeof(run->tls), "%s", smtp_conn_tls(conn));
	if (aborts(run, IN_READY))
		return;
	if (run->started == run->to_send) {
		smtp_quit(conn);
		return;
	}
	if (envelope.rcpt == NULL) {
		snprintf(rcpt, sizeof(rcpt), "r%zu@x.example", run->started);
		envelope.rcpt = rcpt;
	}
	envelope.bytes = 0;
	for (size_t i = 0; i < run->parts; i++)
		envelope.bytes += run->body[i].iov_len;
	run->started++;
	smtp_start(conn, &envelope);
	if (run->when == EARLY)
		give_body(run);
}

static void
on_wants_body(struct smtp_conn *conn, void *context)
{
	struct run *run = context;

	run->asked++;
	if (aborts(run, IN_WANTS))
		return;
	if (run->when == ASKED)
		give_body(run);
	if (run->when == LATE)
		loop_timer_set(run->late, 250);
	if (run->when == WITHDRAWN)
		smtp_withdraw(conn);
}

static void
on_done(struct smtp_conn *conn, const struct smtp_end *end, void *context)
{
	struct run *run = context;

	assert_true(run->done < ENDS && run->done < run->started);
	run->ends[run->done++] = *end;
	if (!aborts(run, IN_DONE) && run->quit_in_done)
		smtp_quit(conn);
}

static void
on_closed(struct smtp_conn *conn, const struct verdict *why, void *context)
{
	struct run *run = context;

	(void)conn;
	run->closed++;
	run->why = *why;
	aborts(run, IN_CLOSED);
}

static const struct smtp_events events = {
	on_ready,
	on_wants_body,
	on_done,
	on_closed,
};

static const struct relay_timeouts patient = {
	5000,
	5000,
	5000,
	5000,
	5000,
	5000,
	5000,
};

static const struct relay_timeouts hasty = {
	300,
	300,
	300,
	300,
	300,
	300,
	300,
};

/* Connects to the port and lets the loop turn until the connection is gone. */
static void
drive_relay(struct run *run, const struct relay *relay,
    const struct relay_timeouts *timeouts)
{
	int64_t end = now_mono_ms() + PATIENCE_MS;

	run->loop = loop_new();
	run->pool = smtp_pool_new(run->loop);
	run->late = loop_timer(run->loop, give_body, run);
	run->conn = smtp_connect(
	    run->pool, relay, timeouts, "here.example", &events, run);
	while (run->closed == 0 && !run->aborted && now_mono_ms() < end)
		loop_turn(run->loop, 100);
	assert_true(run->closed == 1 || run->aborted);

	/* Nothing comes after the end. */
	for (int i = 0; i < 5; i++)
		loop_turn(run->loop, 0);
	assert_int_equal(
	    run->closed, run->aborted && run->abort_in != IN_CLOSED ? 0 : 1);
	loop_timer_free(run->late);
	smtp_pool_free(run->pool);
	loop_free(run->loop);
}

static void
drive(struct run *run, unsigned port, const struct relay_timeouts *timeouts)
{
	char url[64];
	struct relay relay = {
		.url = url,
		.tls = RELAY_TLS_OPPORTUNISTIC,
		.username = "",
		.password = "",
		.ca_file = "",
	};

	snprintf(url, sizeof(url), "smtp://127.0.0.1:%u", port);
	drive_relay(run, &relay, timeouts);
}

static void
init_run(struct run *run, enum when when, size_t to_send)
{
	memset(run, 0, sizeof(*run));
	run->when = when;
	run->to_send = to_send;
	run->envelope.mail_from = "b+1@s.example";
	run->body[0].iov_base = body_text;
	run->body[0].iov_len = 22;
	run->body[1].iov_base = body_text + 22;
	run->body[1].iov_len = strlen(body_text) - 22;
	run->parts = 2;
}

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

	if (path == NULL)
		path = "build/fake-smtp";
	return access(path, X_OK) == 0 ? path : NULL;
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

#define SENT       OUTCOME_SENT, BLAME_NONE
#define DEFER(who) OUTCOME_DEFERRED, BLAME_##who
#define FAIL(who)  OUTCOME_FAILED, BLAME_##who
#define DOUBT(who) OUTCOME_UNKNOWN, BLAME_##who

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
	{ "rcpt long 9000", DEFER(PROTOCOL), PHASE_RCPT, 0, false, false,
	    false },
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
	drive(&run, server.port, row->hasty ? &hasty : &patient);
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
		drive(&run, server.port, sessions[i].hasty ? &hasty : &patient);
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
		drive(&run, server.port, &patient);
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
	drive(&run, server.port, &hasty);
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
	drive(&run, server.port, &patient);
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
		drive(&run, server.port, &patient);
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
		drive(&run, server.port, &patient);
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
		"body reset-mid 100000", "body stall" };
	enum { BYTES = 32 << 20 };
	char *much = mem_new(1, BYTES);

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
		drive(&run, server.port, &patient);
		stop_server(&server, arena);
		arena_free(arena);
		assert_int_equal(run.done, 1);
		assert_int_equal(run.ends[0].verdict.outcome, OUTCOME_DEFERRED);
		assert_int_equal(run.ends[0].verdict.blame, BLAME_LINK);
		assert_int_equal(run.ends[0].verdict.phase, PHASE_BODY);
		assert_false(run.ends[0].last_byte_offered);
	}
	free(much);
}

/* A peer that wants exact bytes: what it says, and what must come then. */
struct step {
	const char *say;
	const char *hear;
	bool then_silence; /* nothing more for 100 ms */
};

static bool
hear(int fd, const char *text)
{
	char got[512];

	for (size_t at = 0; text[at] != '\0';) {
		size_t want = strlen(text + at);
		ssize_t n =
		    read(fd, got, want < sizeof(got) ? want : sizeof(got));

		if (n <= 0 || memcmp(got, text + at, (size_t)n) != 0) {
			fprintf(stderr, "peer: wanted '%s', got '%.*s'\n",
			    text + at, (int)(n > 0 ? n : 0), got);
			return false;
		}
		at += (size_t)n;
	}
	return true;
}

static int
play(int listener, const struct step *steps, size_t count)
{
	int fd = accept(listener, NULL, NULL);
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	for (size_t i = 0; i < count; i++) {
		if (write(fd, steps[i].say, strlen(steps[i].say)) < 0 ||
		    !hear(fd, steps[i].hear))
			return 1;
		if (steps[i].then_silence && poll(&wait, 1, 100) != 0) {
			fprintf(stderr, "peer: no silence at %zu\n", i);
			return 1;
		}
	}
	close(fd);
	return 0;
}

/* Runs against a peer in a process of its own; true when it was content. */
static bool
drive_against(struct run *run, const struct step *steps, size_t count)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int status = -1;
	pid_t pid;

	assert_int_equal(bind(listener, (struct sockaddr *)&at, length), 0);
	assert_int_equal(listen(listener, 5), 0);
	assert_int_equal(
	    getsockname(listener, (struct sockaddr *)&at, &length), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(PATIENCE_MS / 1000);
		_exit(play(listener, steps, count));
	}
	close(listener);
	drive(run, ntohs(at.sin_port), &patient);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

#define GREETING                                            \
	{                                                   \
		"220 x\r\n", "EHLO here.example\r\n", false \
	}
#define PIPELINED "250-x\r\n250-SIZE 1000\r\n250 PIPELINING\r\n"
#define ENVELOPE(n)                                         \
	"MAIL FROM:<b+1@s.example> SIZE=32\r\nRCPT TO:<r" n \
	"@x.example>\r\nDATA\r\n"
#define DOTTED "Subject: test\r\n\r\n..one\r\ntwo\r\n...\r\n.\r\n"

/* The envelope is one write, no byte of the body comes before it is given, a
   refusal is followed by RSET. */
static void
test_exact_bytes(void **state)
{
	static const struct step steps[] = {
		GREETING,
		{ PIPELINED, ENVELOPE("0"), true },
		{ "250 a\r\n250 b\r\n354 c\r\n", "", true },
		{ "", DOTTED, true },
		{ "250 d\r\n", ENVELOPE("1"), true },
		{ "250 a\r\n550 b\r\n554 c\r\n", "RSET\r\n" ENVELOPE("2"),
		    true },
		{ "250 a\r\n250 b\r\n250 c\r\n354 d\r\n", DOTTED, true },
		{ "250 e\r\n", "QUIT\r\n", true },
		{ "221 f\r\n", "", false },
	};
	struct run run;

	(void)state;
	init_run(&run, LATE, 3);
	assert_true(
	    drive_against(&run, steps, sizeof(steps) / sizeof(steps[0])));
	assert_int_equal(run.done, 3);
	assert_int_equal(run.ends[0].verdict.outcome, OUTCOME_SENT);
	assert_int_equal(run.ends[1].verdict.outcome, OUTCOME_FAILED);
	assert_int_equal(run.ends[2].verdict.outcome, OUTCOME_SENT);
	assert_string_equal(run.ends[2].verdict.text, "e");
}

static void
check_against(const struct step *steps, size_t count, enum when when,
    enum outcome outcome, enum blame blame, bool offered)
{
	struct run run;

	init_run(&run, when, 2);
	assert_true(drive_against(&run, steps, count));
	assert_int_equal(run.done, 1);
	assert_int_equal(run.ends[0].verdict.outcome, outcome);
	assert_int_equal(run.ends[0].verdict.blame, blame);
	assert_int_equal(run.ends[0].last_byte_offered, offered);
}

/* 354 for a recipient that was refused: no way back but hanging up. */
static void
test_354_after_refusal(void **state)
{
	static const struct step steps[] = {
		GREETING,
		{ PIPELINED, ENVELOPE("0"), false },
		{ "250 a\r\n550 5.1.1 b\r\n354 c\r\n", "", false },
	};

	(void)state;
	check_against(steps, 3, EARLY, FAIL(ADDRESS), false);
}

/* The reply to the dot came before the dot. */
static void
test_replies_too_early(void **state)
{
	static const struct step with_354[] = {
		GREETING,
		{ PIPELINED, ENVELOPE("0"), false },
		{ "250 a\r\n250 b\r\n354 c\r\n250 d\r\n", "", false },
	};
	static const struct step with_rcpt[] = {
		GREETING,
		{ "250 x\r\n", "MAIL FROM:<b+1@s.example>\r\n", false },
		{ "250 a\r\n", "RCPT TO:<r0@x.example>\r\n", false },
		{ "250 b\r\n354 c\r\n", "", false },
	};
	static const struct step half_a_line[] = {
		GREETING,
		{ PIPELINED, ENVELOPE("0"), false },
		{ "250 a\r\n250 b\r\n354 c\r\n25", "", false },
	};

	(void)state;
	check_against(with_354, 3, EARLY, DEFER(PROTOCOL), false);
	check_against(with_354, 3, ASKED, DEFER(PROTOCOL), false);
	check_against(half_a_line, 3, EARLY, DEFER(PROTOCOL), false);
	check_against(with_rcpt, 4, EARLY, DEFER(PROTOCOL), false);
}

/* A reply that nobody asked for ends the connection, not the message. */
static void
test_unasked_reply(void **state)
{
	static const struct step steps[] = {
		GREETING,
		{ PIPELINED, ENVELOPE("0"), false },
		{ "250 a\r\n250 b\r\n354 c\r\n", DOTTED, false },
		{ "250 d\r\n250 e\r\n", "", false },
	};
	struct run run;

	(void)state;
	init_run(&run, EARLY, 2);
	assert_true(drive_against(&run, steps, 4));
	assert_int_equal(run.done, 1);
	assert_int_equal(run.ends[0].verdict.outcome, OUTCOME_SENT);
	assert_int_equal(run.why.blame, BLAME_PROTOCOL);
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
			drive(&run, server.port, &patient);
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
		drive(&run, server.port, &patient);
		stop_server(&server, arena);
		arena_free(arena);
		assert_int_equal(run.done, 1);
		assert_int_equal(run.readies, 1);
		assert_int_equal(
		    run.why.blame, i == 0 ? BLAME_NONE : BLAME_LINK);
	}
}

/* Before the session stands: quit is told, abort is not; and a pool may go
   with all that is in it. */
static void
test_end_while_connecting(void **state)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char url[64];
	struct relay relay = { url, RELAY_TLS_OFF, "", "", "", 3 };
	struct loop *loop = loop_new();
	struct smtp_pool *pool = smtp_pool_new(loop);
	struct run runs[3];

	(void)state;
	assert_int_equal(bind(listener, (struct sockaddr *)&at, length), 0);
	assert_int_equal(listen(listener, 5), 0);
	assert_int_equal(
	    getsockname(listener, (struct sockaddr *)&at, &length), 0);
	snprintf(url, sizeof(url), "smtp://127.0.0.1:%u", ntohs(at.sin_port));
	for (size_t i = 0; i < 3; i++) {
		init_run(&runs[i], EARLY, 1);
		runs[i].conn = smtp_connect(
		    pool, &relay, &patient, "here.example", &events, &runs[i]);
	}
	assert_string_equal(smtp_conn_relay(runs[0].conn), url + 7);
	loop_turn(loop, 100);
	smtp_quit(runs[0].conn);
	assert_int_equal(runs[0].closed, 0);
	smtp_abort(runs[1].conn);
	for (int i = 0; i < 100 && runs[0].closed == 0; i++)
		loop_turn(loop, 100);
	assert_int_equal(runs[0].closed, 1);
	assert_int_equal(runs[0].why.blame, BLAME_NONE);
	assert_int_equal(runs[1].closed, 0);
	smtp_pool_free(pool);
	loop_free(loop);
	close(listener);
	assert_int_equal(runs[2].closed, 0);
}

/* Nobody listens; and URLs and settings that cannot work. */
static void
test_no_relay(void **state)
{
	static const struct {
		const char *url;
		enum relay_tls tls;
		const char *username;
		enum blame blame;
	} rows[] = {
		{ "smtp://127.0.0.1:1", RELAY_TLS_OFF, "", BLAME_LINK },
		{ "smtp://127.0.0.1:1", RELAY_TLS_OFF, "u", BLAME_LINK },
		{ "smtp://localhost:1", RELAY_TLS_OFF, "u", BLAME_LINK },
		{ "smtp://192.0.2.1:1", RELAY_TLS_OFF, "u", BLAME_US },
		{ "smtp://127.0.0.1.example:1", RELAY_TLS_OFF, "u", BLAME_US },
		{ "smtps://127.0.0.1:1", RELAY_TLS_OFF, "", BLAME_US },
		{ "http://127.0.0.1:1", RELAY_TLS_OFF, "", BLAME_US },
		{ "smtp://me:pw@127.0.0.1:1", RELAY_TLS_OFF, "", BLAME_US },
		{ "smtp://127.0.0.1:1", RELAY_TLS_OFF, "u\r\nQUIT", BLAME_US },
		{ "", RELAY_TLS_OFF, "", BLAME_US },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct relay relay = {
			.url = rows[i].url,
			.tls = rows[i].tls,
			.username = rows[i].username,
			.password = "secret",
			.ca_file = "",
		};
		struct run run;

		init_run(&run, EARLY, 1);
		drive_relay(&run, &relay, &patient);
		assert_int_equal(run.done, 0);
		assert_int_equal(run.why.phase, PHASE_CONNECT);
		assert_int_equal(run.why.blame, rows[i].blame);
		assert_null(strstr(run.why.text, "secret"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact_bytes),
		cmocka_unit_test(test_354_after_refusal),
		cmocka_unit_test(test_replies_too_early),
		cmocka_unit_test(test_unasked_reply),
		cmocka_unit_test(test_no_relay),
		cmocka_unit_test(test_abort_in_events),
		cmocka_unit_test(test_quit_in_done),
		cmocka_unit_test(test_end_while_connecting),
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
