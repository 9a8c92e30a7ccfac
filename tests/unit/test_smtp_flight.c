/*
 * Several transactions on one connection: what goes out in which write, what
 * is taken back and how, and what becomes of each when the connection ends.
 */

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>

#include "smtp/smtp_conn.h"
#include "smtp_peer.h"

#define CHUNKED "250-x\r\n250-CHUNKING\r\n250 PIPELINING\r\n"
#define MAIL(n) "MAIL FROM:<b+1@s.example>\r\nRCPT TO:<r" n "@x.example>\r\n"
#define BDAT    "BDAT 32 LAST\r\nSubject: test\r\n\r\n.one\r\ntwo\r\n..\r\n"
#define GOOD    "250 a\r\n250 b\r\n250 c\r\n"
#define NEXT    "250 r\r\n" GOOD
#define LAST                            \
	{                               \
		"221 z\r\n", "", ANYHOW \
	}
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define REFUSED(who, at) OUTCOME_FAILED, BLAME_##who, PHASE_##at
#define DROPPED(who, at) OUTCOME_DEFERRED, BLAME_##who, PHASE_##at
#define DOUBTED(who)     OUTCOME_UNKNOWN, BLAME_##who, PHASE_FINAL, true, false
#define TAKEN            OUTCOME_SENT, BLAME_NONE, PHASE_FINAL, true, false
#define TAKEN_BACK       OUTCOME_DEFERRED, BLAME_NONE, PHASE_DATA, false, false
#define INNOCENT(who)    OUTCOME_DEFERRED, BLAME_##who, PHASE_MAIL, false, true

struct end_row {
	enum outcome outcome;
	enum blame blame;
	enum phase phase;
	bool offered;
	bool idle;
};

static void
check_ends(const struct run *run, const struct end_row *rows, size_t count)
{
	assert_int_equal(run->done, count);
	for (size_t i = 0; i < count; i++) {
		const struct smtp_end *end = &run->ends[i];

		print_message("  %zu: %s, %s, %s: %s\n", i,
		    outcome_name(end->verdict.outcome),
		    outcome_blame(end->verdict.blame),
		    outcome_phase(end->verdict.phase), end->verdict.text);
		assert_int_equal(end->verdict.outcome, rows[i].outcome);
		assert_int_equal(end->verdict.blame, rows[i].blame);
		assert_int_equal(end->verdict.phase, rows[i].phase);
		assert_int_equal(end->last_byte_offered, rows[i].offered);
		assert_int_equal(end->idle_close, rows[i].idle);
	}
}

static void
fly(struct run *run, const char *plan, int depth, const struct step *steps,
    size_t step_count)
{
	init_run(run, EARLY, 0);
	run->plan = plan;
	run->depth = depth;
	assert_true(drive_against(run, steps, step_count));
}

static void
check_flight(const char *plan, int depth, enum blame blame,
    const struct step *steps, size_t step_count, const struct end_row *ends,
    size_t end_count)
{
	struct run run;

	fly(&run, plan, depth, steps, step_count);
	check_ends(&run, ends, end_count);
	assert_int_equal(run.why.blame, blame);
}

#define FLY(plan, depth, blamed, steps, ...)                                   \
	do {                                                                   \
		static const struct end_row flown[] = __VA_ARGS__;             \
                                                                               \
		check_flight(plan, depth, BLAME_##blamed, steps, COUNT(steps), \
		    flown, COUNT(flown));                                      \
	} while (0)

/* What is written together. */

/* The envelope of the next message goes with a body and its dot, with RSET, for
   it is not known yet what becomes of the one before. */
static void
test_next_envelope_rides_along(void **state)
{
	static const struct step steps[] = {
		GREETING,
		{ PIPELINED, ENVELOPE("0"), AT_ONCE },
		{ "250 a\r\n250 b\r\n354 c\r\n",
		    DOTTED "RSET\r\n" ENVELOPE("1"), AT_ONCE },
		{ "250 d\r\n", "", SILENCE },
		{ "250 r\r\n250 a\r\n250 b\r\n354 c\r\n",
		    DOTTED "RSET\r\n" ENVELOPE("2"), AT_ONCE },
		{ "250 d\r\n250 r\r\n250 a\r\n250 b\r\n354 c\r\n", DOTTED,
		    AT_ONCE },
		{ "250 d\r\n", "QUIT\r\n", SILENCE },
		LAST,
	};

	(void)state;
	FLY("bbb", 1, NONE, steps, { { TAKEN }, { TAKEN }, { TAKEN } });
	FLY("bbb", 7, NONE, steps, { { TAKEN }, { TAKEN }, { TAKEN } });
}

/* At depth one a second body waits until the first has its reply. */
static void
test_chunks_one_by_one(void **state)
{
	static const struct step steps[] = {
		GREETING,
		{ CHUNKED, MAIL("0") BDAT "RSET\r\n" MAIL("1"), AT_ONCE },
		{ GOOD, BDAT "RSET\r\n" MAIL("2"), AT_ONCE },
		{ NEXT, BDAT, AT_ONCE },
		{ NEXT, "QUIT\r\n", SILENCE },
		LAST,
	};

	(void)state;
	FLY("bbb", 1, NONE, steps, { { TAKEN }, { TAKEN }, { TAKEN } });
}

static void
test_chunks_in_depth(void **state)
{
	static const struct step steps[] = {
		GREETING,
		{ CHUNKED,
		    MAIL("0") BDAT "RSET\r\n" MAIL("1") BDAT
		    "RSET\r\n" MAIL("2") BDAT "RSET\r\n" MAIL("3"),
		    AT_ONCE },
		{ GOOD, BDAT "RSET\r\n" MAIL("4"), AT_ONCE },
		{ NEXT NEXT NEXT, BDAT, AT_ONCE },
		{ NEXT, "QUIT\r\n", SILENCE },
		LAST,
	};

	(void)state;
	FLY("bbbbb", 3, NONE, steps,
	    { { TAKEN }, { TAKEN }, { TAKEN }, { TAKEN }, { TAKEN } });
}

/* The envelope rides ahead of its body, and nothing rides ahead of that. */
static void
test_nothing_passes_a_missing_body(void **state)
{
	static const struct step steps[] = {
		GREETING,
		{ CHUNKED, MAIL("0") BDAT "RSET\r\n" MAIL("1"), AT_ONCE },
		{ "", "", LATELY },
		{ "", BDAT "RSET\r\n" MAIL("2") BDAT, AT_ONCE },
		{ GOOD NEXT NEXT, "QUIT\r\n", SILENCE },
		LAST,
	};

	(void)state;
	FLY("blb", 4, NONE, steps, { { TAKEN }, { TAKEN }, { TAKEN } });
}

/* CHUNKING alone is not used: bodies could not ride behind envelopes. */
static void
test_chunking_needs_pipelining(void **state)
{
	static const struct step steps[] = {
		GREETING,
		{ "250-x\r\n250 CHUNKING\r\n", "MAIL FROM:<b+1@s.example>\r\n",
		    SILENCE },
		{ "250 a\r\n", "RCPT TO:<r0@x.example>\r\n", SILENCE },
		{ "250 b\r\n", "DATA\r\n", SILENCE },
		{ "354 c\r\n", DOTTED, SILENCE },
		{ "250 d\r\n", "QUIT\r\n", SILENCE },
		LAST,
	};

	(void)state;
	FLY("b", 4, NONE, steps, { { TAKEN } });
}

/* After a refusal the next MAIL comes behind RSET, also when it was not said
   yet; after success without anything in flight it does not. */
static void
test_reset_after_refusal(void **state)
{
	static const struct step chunked[] = {
		GREETING,
		{ CHUNKED, MAIL("0") BDAT "RSET\r\n" MAIL("1"), AT_ONCE },
		{ "250 a\r\n550 5.1.1 b\r\n554 c\r\n",
		    BDAT "RSET\r\n" MAIL("2"), AT_ONCE },
		{ NEXT, BDAT, AT_ONCE },
		{ "250 r\r\n550 a\r\n503 b\r\n503 c\r\n", "", ANYHOW },
	};
	static const struct step late[] = {
		GREETING,
		{ CHUNKED, MAIL("0"), AT_ONCE },
		{ "250 a\r\n550 5.1.1 b\r\n", "RSET\r\n" MAIL("1"), AT_ONCE },
		{ "250 r\r\n250 a\r\n250 b\r\n", "", LATELY },
		{ "", BDAT "RSET\r\n" MAIL("2") BDAT, AT_ONCE },
		{ "250 c\r\n" NEXT, "QUIT\r\n", SILENCE },
		LAST,
	};

	(void)state;
	FLY("bbb", 1, US, chunked,
	    { { REFUSED(ADDRESS, RCPT), true, false }, { TAKEN },
		{ DROPPED(US, MAIL), true, false } });
	FLY("llb", 2, NONE, late,
	    { { REFUSED(ADDRESS, RCPT), false, false }, { TAKEN }, { TAKEN } });
}

/* What a relay says to the body of a message without a recipient is no
   acceptance of it, and its other replies stay in step. */
static void
test_refused_in_the_middle(void **state)
{
	static const struct step steps[] = {
		GREETING,
		{ CHUNKED,
		    MAIL("0") BDAT "RSET\r\n" MAIL("1") BDAT
		    "RSET\r\n" MAIL("2") BDAT "RSET\r\n" MAIL("3") BDAT,
		    AT_ONCE },
		{ GOOD "250 r\r\n250 a\r\n550 5.1.1 who\r\n250 c\r\n"
		       "250 r\r\n250 a\r\n452 4.2.2 full\r\n554 none\r\n" NEXT,
		    "QUIT\r\n", SILENCE },
		LAST,
	};

	(void)state;
	FLY("bbbb", 4, NONE, steps,
	    { { TAKEN }, { REFUSED(ADDRESS, RCPT), true, false },
		{ DROPPED(MAILBOX, RCPT), true, false }, { TAKEN } });
}

/* The end of the connection. */

#define FOUR_AND_A_HALF                                          \
	MAIL("0")                                                \
	BDAT "RSET\r\n" MAIL("1") BDAT "RSET\r\n" MAIL("2") BDAT \
	    "RSET\r\n" MAIL("3") BDAT "RSET\r\n" MAIL("4")

/* Who had been offered whole is in doubt, who had not was not at fault. */
static void
test_lost_in_the_middle(void **state)
{
	static const struct step closed[] = {
		GREETING,
		{ CHUNKED, FOUR_AND_A_HALF, AT_ONCE },
		{ GOOD, "", ANYHOW },
	};
	static const struct step said_421[] = {
		GREETING,
		{ CHUNKED, FOUR_AND_A_HALF, AT_ONCE },
		{ GOOD "250 r\r\n250 a\r\n250 b\r\n421 bye\r\n", "", ANYHOW },
	};
	static const struct step out_of_step[] = {
		GREETING,
		{ CHUNKED, FOUR_AND_A_HALF, AT_ONCE },
		{ GOOD "250 r\r\n503 a\r\n", NULL, ANYHOW },
	};
	static const struct step not_reset[] = {
		GREETING,
		{ CHUNKED, FOUR_AND_A_HALF, AT_ONCE },
		{ GOOD "450 r\r\n", NULL, ANYHOW },
	};
	static const struct step stalled[] = {
		GREETING,
		{ CHUNKED, FOUR_AND_A_HALF, AT_ONCE },
		{ GOOD "250 r\r\n", NULL, ANYHOW },
	};
	static const struct end_row lost[] = { { TAKEN }, { DOUBTED(LINK) },
		{ DOUBTED(LINK) }, { DOUBTED(LINK) }, { INNOCENT(LINK) } };
	struct run run;

	(void)state;
	FLY("bbbba", 4, LINK, said_421,
	    { { TAKEN }, { DROPPED(LINK, FINAL), true, false },
		{ DOUBTED(LINK) }, { DOUBTED(LINK) }, { INNOCENT(LINK) } });
	FLY("bbbba", 4, PROTOCOL, out_of_step,
	    { { TAKEN },
		{ OUTCOME_UNKNOWN, BLAME_PROTOCOL, PHASE_MAIL, true, false },
		{ DOUBTED(PROTOCOL) }, { DOUBTED(PROTOCOL) },
		{ INNOCENT(PROTOCOL) } });
	FLY("bbbba", 4, PROTOCOL, not_reset,
	    { { TAKEN },
		{ OUTCOME_UNKNOWN, BLAME_PROTOCOL, PHASE_RSET, true, false },
		{ DOUBTED(PROTOCOL) }, { DOUBTED(PROTOCOL) },
		{ INNOCENT(PROTOCOL) } });
	FLY("bbbba", 4, LINK, closed,
	    { { TAKEN }, { DOUBTED(LINK) }, { DOUBTED(LINK) },
		{ DOUBTED(LINK) }, { INNOCENT(LINK) } });
	init_run(&run, EARLY, 0);
	run.plan = "bbbba";
	run.depth = 4;
	run.timeouts = hasty_at(PHASE_MAIL, 5 * HASTE_MS);
	assert_true(drive_against(&run, stalled, COUNT(stalled)));
	check_ends(&run, lost, COUNT(lost));
}

/* Who refuses us in good order still answers for what lies before him; then the
   connection ends. */
static void
test_refuses_us_in_the_middle(void **state)
{
	static const struct step steps[] = {
		GREETING,
		{ CHUNKED, FOUR_AND_A_HALF, AT_ONCE },
		{ GOOD "250 r\r\n550 5.7.1 not you\r\n503 b\r\n503 c\r\n" NEXT
		       "250 r\r\n250 a\r\n550 b\r\n554 c\r\n",
		    "", ANYHOW },
	};

	(void)state;
	FLY("bbbbab", 4, US, steps,
	    { { TAKEN }, { DROPPED(US, MAIL), true, false }, { TAKEN },
		{ REFUSED(MAILBOX, RCPT), true, false }, { INNOCENT(LINK) },
		{ INNOCENT(LINK) } });
}

/* The first transaction of a fresh connection is never innocent, those behind
   it are. */
static void
test_lost_at_the_first_word(void **state)
{
	static const struct step steps[] = {
		GREETING,
		{ CHUNKED, MAIL("0"), AT_ONCE },
	};

	(void)state;
	FLY("aaa", 4, LINK, steps,
	    { { DROPPED(LINK, MAIL), false, false }, { INNOCENT(LINK) },
		{ INNOCENT(LINK) } });
}

/* Taking back. */

static void
test_withdraw_unsaid(void **state)
{
	static const struct step pipelined[] = {
		GREETING,
		{ PIPELINED, ENVELOPE("1"), AT_ONCE },
		{ "250 a\r\n250 b\r\n354 c\r\n", DOTTED, ANYHOW },
		{ "250 d\r\n", "QUIT\r\n", SILENCE },
		LAST,
	};
	static const struct step chunked[] = {
		GREETING,
		{ CHUNKED, MAIL("0") BDAT "RSET\r\n" MAIL("2") BDAT, AT_ONCE },
		{ GOOD NEXT, "QUIT\r\n", SILENCE },
		LAST,
	};

	(void)state;
	FLY("wb", 1, NONE, pipelined, { { TAKEN_BACK }, { TAKEN } });
	FLY("bwb", 4, NONE, chunked, { { TAKEN }, { TAKEN_BACK }, { TAKEN } });
}

/* MAIL and RCPT were said: RSET takes them back, the connection lives. */
static void
test_withdraw_before_bdat(void **state)
{
	static const struct step behind[] = {
		GREETING,
		{ CHUNKED, MAIL("0") BDAT "RSET\r\n" MAIL("1"), AT_ONCE },
		{ "", "", LATELY },
		{ "", "RSET\r\n" MAIL("2") BDAT, AT_ONCE },
		{ GOOD "250 r\r\n250 a\r\n550 b\r\n" NEXT, "QUIT\r\n",
		    SILENCE },
		LAST,
	};
	static const struct step alone[] = {
		GREETING,
		{ CHUNKED, MAIL("0"), AT_ONCE },
		{ "250 a\r\n250 b\r\n", "RSET\r\n" MAIL("1") BDAT, ANYHOW },
		{ NEXT, "QUIT\r\n", SILENCE },
		LAST,
	};

	static const struct step late[] = {
		GREETING,
		{ CHUNKED, MAIL("0"), AT_ONCE },
		{ "250 a\r\n250 b\r\n", "", LATELY },
		{ "", "RSET\r\n" MAIL("1") BDAT, ANYHOW },
		{ NEXT, "QUIT\r\n", SILENCE },
		LAST,
	};

	(void)state;
	FLY("btb", 4, NONE, behind, { { TAKEN }, { TAKEN_BACK }, { TAKEN } });
	FLY("qb", 1, NONE, alone, { { TAKEN_BACK }, { TAKEN } });
	FLY("tb", 1, NONE, late, { { TAKEN_BACK }, { TAKEN } });
}

/* Without PIPELINING there is nothing ahead that would have to be undone. */
static void
test_withdraw_in_lock_step(void **state)
{
	static const struct step steps[] = {
		GREETING,
		{ "250 x\r\n", "MAIL FROM:<b+1@s.example>\r\n", ANYHOW },
		{ "", "", LATELY },
		{ "250 a\r\n", "RSET\r\n", SILENCE },
		{ "250 r\r\n", "MAIL FROM:<b+1@s.example>\r\n", ANYHOW },
		{ "250 a\r\n", "RCPT TO:<r1@x.example>\r\n", ANYHOW },
		{ "250 b\r\n", "DATA\r\n", ANYHOW },
		{ "354 c\r\n", DOTTED, ANYHOW },
		{ "250 d\r\n", "QUIT\r\n", SILENCE },
		LAST,
	};

	(void)state;
	FLY("tb", 1, NONE, steps, { { TAKEN_BACK }, { TAKEN } });
}

/* DATA was said: there is no way but to hang up, once the message before it has
   its reply; no dot, no byte of what comes behind. */
static void
test_withdraw_after_data(void **state)
{
	static const struct step behind[] = {
		GREETING,
		{ PIPELINED, ENVELOPE("0"), AT_ONCE },
		{ "250 a\r\n250 b\r\n354 c\r\n",
		    DOTTED "RSET\r\n" ENVELOPE("1"), AT_ONCE },
		{ "", "", LATELY },
		{ "250 d\r\n", "", ANYHOW },
	};
	static const struct step before[] = {
		GREETING,
		{ PIPELINED, ENVELOPE("0"), AT_ONCE },
		{ "250 a\r\n250 b\r\n354 c\r\n", "", ANYHOW },
	};
	static const struct step refused[] = {
		GREETING,
		{ PIPELINED, ENVELOPE("0"), AT_ONCE },
		{ "250 a\r\n550 5.1.1 b\r\n", "", SILENCE },
		{ "", "", LATELY },
		{ "554 c\r\n", "RSET\r\n" ENVELOPE("1"), AT_ONCE },
		{ "250 r\r\n250 a\r\n250 b\r\n354 c\r\n", DOTTED, AT_ONCE },
		{ "250 d\r\n", "QUIT\r\n", SILENCE },
		LAST,
	};

	(void)state;
	FLY("bt", 1, NONE, behind, { { TAKEN }, { TAKEN_BACK } });
	FLY("qb", 1, NONE, before, { { TAKEN_BACK }, { INNOCENT(NONE) } });
	FLY("tb", 1, NONE, refused,
	    { { REFUSED(ADDRESS, RCPT), false, false }, { TAKEN } });
}

/* A message that cannot be said is done in its turn. */
static void
test_unsayable_keeps_its_turn(void **state)
{
	static const struct step steps[] = {
		GREETING,
		{ CHUNKED, "QUIT\r\n", SILENCE },
		LAST,
	};
	struct run run;

	(void)state;
	init_run(&run, EARLY, 0);
	run.plan = "bbb";
	run.depth = 2;
	run.envelope.rcpt = "two words@x.example";
	assert_true(drive_against(&run, steps, COUNT(steps)));
	assert_int_equal(run.done, 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(run.ends[i].verdict.enhanced, "5.1.3");
}

/* Between the turns of the loop: smtp_pool_flush writes, makes no event, and
   TCP does not wait for more. */
static void
test_flush_between_turns(void **state)
{
	static const struct smtp_events silent = { 0 };
	struct loop *loop = loop_new();
	struct smtp_pool *pool = smtp_pool_new(loop);
	const struct smtp_envelope envelope = { "b@s.example", "r@x.example",
		0 };
	const struct relay relay = {
		.url = "smtp://127.0.0.1:1",
		.tls = RELAY_TLS_OFF,
		.username = "",
		.password = "",
		.ca_file = "",
	};
	struct iovec part = { body_text, sizeof(body_text) - 1 };
	struct smtp_conn *conn = smtp_connect(
	    pool, &relay, &patient, "here.example", 2, &silent, NULL);
	char got[1024];
	int ends[2];

	/* Stand in for the session. */
	(void)state;
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	conn->stage = SMTP_STANDING;
	conn->most = 3;
	conn->ring = calloc(conn->most, sizeof(*conn->ring));
	conn->offer.pipelining = conn->offer.chunking = true;
	conn->wire.fd = ends[0];
	conn->wire.more = smtp_talk_more;
	conn->wire.context = conn;
	conn->watched = LOOP_READ;
	smtp_start(conn, &envelope);
	smtp_start(conn, &envelope);
	smtp_body(conn, &part, 1);
	assert_int_equal(recv(ends[1], got, sizeof(got), MSG_DONTWAIT), -1);
	smtp_pool_flush(pool);
	assert_int_equal(recv(ends[1], got, sizeof(got), MSG_DONTWAIT),
	    strlen("MAIL FROM:<b@s.example>\r\nRCPT TO:<r@x.example>\r\n") * 2 +
		strlen("RSET\r\n") + strlen(BDAT));
	smtp_pool_flush(pool);
	assert_int_equal(recv(ends[1], got, sizeof(got), MSG_DONTWAIT), -1);
	assert_true(smtp_may_start(conn));
	smtp_start(conn, &envelope);
	assert_false(smtp_may_start(conn));
	smtp_abort(conn);
	smtp_pool_free(pool);
	loop_free(loop);
	close(ends[0]);
	close(ends[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next_envelope_rides_along),
		cmocka_unit_test(test_chunks_one_by_one),
		cmocka_unit_test(test_chunks_in_depth),
		cmocka_unit_test(test_nothing_passes_a_missing_body),
		cmocka_unit_test(test_chunking_needs_pipelining),
		cmocka_unit_test(test_reset_after_refusal),
		cmocka_unit_test(test_refused_in_the_middle),
		cmocka_unit_test(test_lost_in_the_middle),
		cmocka_unit_test(test_refuses_us_in_the_middle),
		cmocka_unit_test(test_lost_at_the_first_word),
		cmocka_unit_test(test_withdraw_unsaid),
		cmocka_unit_test(test_withdraw_before_bdat),
		cmocka_unit_test(test_withdraw_in_lock_step),
		cmocka_unit_test(test_withdraw_after_data),
		cmocka_unit_test(test_unsayable_keeps_its_turn),
		cmocka_unit_test(test_flush_between_turns),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
