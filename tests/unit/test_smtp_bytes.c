/*
 * What goes over the wire byte by byte, against a peer that wants exactly
 * that, and connections that end before there is a session.
 */

#include <signal.h>

#include "base/mem.h"
#include "smtp_peer.h"

/* The envelope is one write, no byte of the body comes before it is given, a
   refusal is followed by RSET. */
static void
test_exact_bytes(void **state)
{
	static const struct step steps[] = {
		GREETING,
		{ PIPELINED, ENVELOPE("0"), SILENCE },
		{ "250 a\r\n250 b\r\n354 c\r\n", "", LATELY },
		{ "", DOTTED, SILENCE },
		{ "250 d\r\n", ENVELOPE("1"), SILENCE },
		{ "250 a\r\n550 b\r\n554 c\r\n", "RSET\r\n" ENVELOPE("2"),
		    SILENCE },
		{ "250 a\r\n250 b\r\n250 c\r\n354 d\r\n", "", LATELY },
		{ "", DOTTED, SILENCE },
		{ "250 e\r\n", "QUIT\r\n", SILENCE },
		{ "221 f\r\n", "", ANYHOW },
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
		{ PIPELINED, ENVELOPE("0"), ANYHOW },
		{ "250 a\r\n550 5.1.1 b\r\n354 c\r\n", "", ANYHOW },
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
		{ PIPELINED, ENVELOPE("0"), ANYHOW },
		{ "250 a\r\n250 b\r\n354 c\r\n250 d\r\n", "", ANYHOW },
	};
	static const struct step with_rcpt[] = {
		GREETING,
		{ "250 x\r\n", "MAIL FROM:<b+1@s.example>\r\n", ANYHOW },
		{ "250 a\r\n", "RCPT TO:<r0@x.example>\r\n", ANYHOW },
		{ "250 b\r\n354 c\r\n", "", ANYHOW },
	};
	static const struct step half_a_line[] = {
		GREETING,
		{ PIPELINED, ENVELOPE("0"), ANYHOW },
		{ "250 a\r\n250 b\r\n354 c\r\n25", NULL, ANYHOW },
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
		    ANYHOW },
		{ "250 a\r\n250 b\r\n354 c\r\n", NULL, ANYHOW },
	};
	enum { BYTES = 64 << 20 };
	char *much = mem_new(1, BYTES);
	struct run run;

	(void)state;
	init_run(&run, EARLY, 1);
	run.timeouts = hasty_at(PHASE_BODY, HASTE_MS);
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
		{ PIPELINED, ENVELOPE("0"), ANYHOW },
		{ "250 a\r\n250 b\r\n354 c\r\n", DOTTED, ANYHOW },
		{ "250 d\r\n250 e\r\n", "", ANYHOW },
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
		drive_relay(&run, &relay);
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
