/*
 * What goes over the wire byte by byte, against a peer that wants exactly
 * that, and connections that end before there is a session.
 */

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "smtp_run.h"

/* A peer that wants exact bytes: what it says, and what must come then. */
struct step {
	const char *say;
	const char *hear;  /* NULL: read nothing until the end */
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
		if (steps[i].hear == NULL) {
			if (write(fd, steps[i].say, strlen(steps[i].say)) < 0)
				return 1;
			pause();
		}
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
	drive(run, ntohs(at.sin_port), run->hasty ? &hasty : &patient);
	if (steps[count - 1].hear == NULL) {
		kill(pid, SIGTERM);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		return WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM;
	}
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

/* A server that takes no more of the body is given up, and has not got it. */
static void
test_body_is_not_taken(void **state)
{
	static const struct step steps[] = {
		GREETING,
		{ "250-x\r\n250 PIPELINING\r\n",
		    "MAIL FROM:<b+1@s.example>\r\nRCPT TO:<r0@x.example>\r\n",
		    false },
		{ "250 a\r\n250 b\r\n354 c\r\n", NULL, false },
	};
	enum { BYTES = 64 << 20 };
	char *much = mem_new(1, BYTES);
	struct run run;

	(void)state;
	init_run(&run, EARLY, 1);
	run.hasty = true;
	run.body[2].iov_base = much;
	run.body[2].iov_len = BYTES;
	run.parts = 3;
	assert_true(drive_against(&run, steps, 3));
	free(much);
	assert_int_equal(run.done, 1);
	assert_int_equal(run.ends[0].verdict.outcome, OUTCOME_DEFERRED);
	assert_int_equal(run.ends[0].verdict.blame, BLAME_LINK);
	assert_int_equal(run.ends[0].verdict.phase, PHASE_BODY);
	assert_false(run.ends[0].last_byte_offered);
	assert_false(run.ends[0].idle_close);
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
	struct relay relay = { .url = url,
		.tls = RELAY_TLS_OFF,
		.username = "",
		.password = "",
		.ca_file = "",
		.connections = 3 };
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
		runs[i].conn = smtp_connect(pool, &relay, &patient,
		    "here.example", 1, &events, &runs[i]);
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
		cmocka_unit_test(test_body_is_not_taken),
		cmocka_unit_test(test_unasked_reply),
		cmocka_unit_test(test_end_while_connecting),
		cmocka_unit_test(test_no_relay),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
