#include "smtp/smtp_outcome.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

#define SENT       OUTCOME_SENT, BLAME_NONE
#define DEFER(who) OUTCOME_DEFERRED, BLAME_##who
#define FAIL(who)  OUTCOME_FAILED, BLAME_##who
#define DOUBT(who) OUTCOME_UNKNOWN, BLAME_##who

static const struct {
	enum phase phase;
	const char *line;
	enum outcome outcome;
	enum blame blame;
} rows[] = {
	{ PHASE_FINAL, "250 2.0.0 queued", SENT },
	{ PHASE_FINAL, "251 ok", SENT },
	{ PHASE_FINAL, "354 go on", DOUBT(PROTOCOL) },

	/* 421 is the link's, wherever it comes. */
	{ PHASE_CONNECT, "421 4.7.0 busy", DEFER(LINK) },
	{ PHASE_RSET, "421 bye", DEFER(LINK) },
	{ PHASE_MAIL, "421 4.7.28 rate", DEFER(LINK) },
	{ PHASE_RCPT, "421 bye", DEFER(LINK) },
	{ PHASE_DATA, "421 bye", DEFER(LINK) },
	{ PHASE_BODY, "421 bye", DEFER(LINK) },
	{ PHASE_FINAL, "421 bye", DEFER(LINK) },

	/* The session. */
	{ PHASE_CONNECT, "554 5.7.1 no", DEFER(US) },
	{ PHASE_CONNECT, "535 5.7.8 wrong password", DEFER(US) },
	{ PHASE_CONNECT, "454 4.7.0 try later", DEFER(LINK) },
	{ PHASE_CONNECT, "450 busy", DEFER(LINK) },

	/* Our sender, our rights, our commands. */
	{ PHASE_MAIL, "530 5.7.0 authenticate", DEFER(US) },
	{ PHASE_MAIL, "535 5.7.8 no", DEFER(US) },
	{ PHASE_MAIL, "550 5.7.1 not you", DEFER(US) },
	{ PHASE_MAIL, "553 sender refused", DEFER(US) },
	{ PHASE_MAIL, "501 5.1.7 bad sender", DEFER(US) },
	{ PHASE_MAIL, "550 5.1.8 unknown domain", DEFER(US) },
	{ PHASE_MAIL, "500 what", DEFER(PROTOCOL) },
	{ PHASE_MAIL, "503 5.5.1 nested MAIL", DEFER(PROTOCOL) },
	{ PHASE_MAIL, "451 4.3.0 later", DEFER(LINK) },
	{ PHASE_MAIL, "452 4.3.1 disk full", DEFER(LINK) },
	{ PHASE_MAIL, "451 4.7.1 greylisted", DEFER(POLICY) },
	{ PHASE_MAIL, "552 5.3.4 too big", FAIL(CONTENT) },
	{ PHASE_MAIL, "552 too big", FAIL(CONTENT) },
	{ PHASE_MAIL, "553 5.6.7 no SMTPUTF8", FAIL(CONTENT) },
	{ PHASE_RSET, "500 what", DEFER(PROTOCOL) },
	{ PHASE_RSET, "550 no", DEFER(PROTOCOL) },
	{ PHASE_RSET, "451 later", DEFER(PROTOCOL) },
	{ PHASE_RCPT, "530 5.7.0 authenticate", DEFER(US) },
	{ PHASE_RCPT, "550 5.1.8 sender's domain not found", DEFER(US) },
	{ PHASE_RCPT, "450 4.1.8 sender's domain not found", DEFER(LINK) },
	{ PHASE_RCPT, "501 syntax", DEFER(PROTOCOL) },
	{ PHASE_RCPT, "503 5.5.1 need MAIL", DEFER(PROTOCOL) },
	{ PHASE_DATA, "554 5.5.1 no valid recipients", DEFER(PROTOCOL) },
	{ PHASE_DATA, "503 need RCPT", DEFER(PROTOCOL) },
	{ PHASE_FINAL, "500 what", DEFER(PROTOCOL) },

	/* The recipient's address: at RCPT alone. */
	{ PHASE_RCPT, "550 5.1.1 no such user", FAIL(ADDRESS) },
	{ PHASE_RCPT, "550 5.1.1 over quota", FAIL(MAILBOX) },
	{ PHASE_RCPT, "550 5.1.2 no such host", FAIL(ADDRESS) },
	{ PHASE_RCPT, "501 5.1.3 bad address", FAIL(ADDRESS) },
	{ PHASE_RCPT, "550 5.1.6 moved", FAIL(ADDRESS) },
	{ PHASE_RCPT, "556 5.1.10 null MX", FAIL(ADDRESS) },
	{ PHASE_RCPT, "556 takes no mail", FAIL(ADDRESS) },
	{ PHASE_RCPT, "550 5.2.1 account disabled", FAIL(ADDRESS) },
	{ PHASE_RCPT, "550 5.2.1 not accepting", FAIL(MAILBOX) },
	{ PHASE_RCPT, "550 5.1.4 ambiguous", FAIL(MAILBOX) },
	{ PHASE_RCPT, "550 5.1.11 new", FAIL(MAILBOX) },
	{ PHASE_RCPT, "550 User Unknown", FAIL(ADDRESS) },
	{ PHASE_RCPT, "550 宛先が見つかりません", FAIL(ADDRESS) },
	{ PHASE_RCPT, "550 5.0.0 unknown user", FAIL(ADDRESS) },
	{ PHASE_RCPT, "550 mailbox unavailable", FAIL(MAILBOX) },
	{ PHASE_RCPT, "550 5.7.1 unknown user", FAIL(POLICY) },
	{ PHASE_RCPT, "450 4.1.1 unknown user", DEFER(MAILBOX) },
	{ PHASE_DATA, "550 5.1.1 no such user", FAIL(MAILBOX) },
	{ PHASE_FINAL, "550 5.1.1 no such user", FAIL(MAILBOX) },
	{ PHASE_FINAL, "554 unknown user", FAIL(MAILBOX) },
	{ PHASE_FINAL, "550 Unknown user", FAIL(MAILBOX) },

	/* The mailbox. */
	{ PHASE_RCPT, "552 5.2.2 full", FAIL(MAILBOX) },
	{ PHASE_RCPT, "552 over quota", FAIL(MAILBOX) },
	{ PHASE_RCPT, "452 4.2.2 full", DEFER(MAILBOX) },
	{ PHASE_RCPT, "451 4.3.0 later", DEFER(MAILBOX) },
	{ PHASE_RCPT, "452 4.5.3 too many", DEFER(MAILBOX) },
	{ PHASE_RCPT, "550 5.7.13 account disabled", FAIL(MAILBOX) },
	{ PHASE_FINAL, "552 5.2.2 full", FAIL(MAILBOX) },
	{ PHASE_FINAL, "552 exceeded storage allocation", FAIL(MAILBOX) },
	{ PHASE_FINAL, "452 4.2.2 full", DEFER(MAILBOX) },

	/* Policy. */
	{ PHASE_RCPT, "554 5.7.1 relay access denied", FAIL(POLICY) },
	{ PHASE_RCPT, "450 4.7.1 greylisted", DEFER(POLICY) },
	{ PHASE_RCPT, "550 blocked by our blocklist", FAIL(POLICY) },
	{ PHASE_RCPT, "451 temporarily deferred", DEFER(POLICY) },
	{ PHASE_DATA, "554 5.7.0 no", FAIL(POLICY) },
	{ PHASE_FINAL, "550 5.7.26 unauthenticated", FAIL(POLICY) },
	{ PHASE_FINAL, "550 5.7.515 no", FAIL(POLICY) },
	{ PHASE_FINAL, "451 4.7.26 unauthenticated", DEFER(POLICY) },
	{ PHASE_FINAL, "554 looks like SPAM", FAIL(POLICY) },

	/* This message. */
	{ PHASE_RCPT, "552 5.3.4 too large", FAIL(CONTENT) },
	{ PHASE_FINAL, "552 5.3.4 too large", FAIL(CONTENT) },
	{ PHASE_FINAL, "552 message size exceeded", FAIL(CONTENT) },
	{ PHASE_FINAL, "554 5.6.0 no MIME", FAIL(CONTENT) },
	{ PHASE_FINAL, "554 transaction failed", FAIL(CONTENT) },
	{ PHASE_FINAL, "550 refused", FAIL(MAILBOX) },

	/* What was not due, or is no answer to what was said. */
	{ PHASE_BODY, "552 5.3.4 too large", DEFER(PROTOCOL) },
	{ PHASE_BODY, "250 ok", DEFER(PROTOCOL) },
	{ PHASE_MAIL, "354 go on", DEFER(PROTOCOL) },
	{ PHASE_RCPT, "354 go on", DEFER(PROTOCOL) },
	{ PHASE_DATA, "250 ok", DEFER(PROTOCOL) },
};

static void
test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct smtp_reply reply = { 0 };
		struct verdict got;

		assert_int_equal(
		    smtp_reply_add(&reply, rows[i].line, strlen(rows[i].line)),
		    SMTP_REPLY_WHOLE);
		smtp_outcome(rows[i].phase, &reply, &got);
		if (got.outcome != rows[i].outcome ||
		    got.blame != rows[i].blame)
			fail_msg("%s: %s: %s/%s", outcome_phase(rows[i].phase),
			    rows[i].line, outcome_name(got.outcome),
			    outcome_blame(got.blame));
		assert_int_equal(got.phase, rows[i].phase);
		assert_int_equal(got.code, reply.code);
		assert_string_equal(got.enhanced, reply.enhanced);
		assert_string_equal(got.text, reply.text);
	}
}

/* Every reply there can be has a verdict, and only a 2xx to the dot is sent;
   only an answer to RCPT blames an address. */
static void
test_every_code(void **state)
{
	(void)state;
	for (int phase = 0; phase < PHASES; phase++) {
		for (int code = 200; code < 600; code++) {
			struct smtp_reply reply = { .code = code };
			struct verdict got;

			smtp_outcome((enum phase)phase, &reply, &got);
			assert_int_equal(got.outcome == OUTCOME_SENT,
			    phase == PHASE_FINAL && code < 300);
			if (got.blame == BLAME_ADDRESS)
				assert_int_equal(phase, PHASE_RCPT);
			if (code >= 400 && code < 500)
				assert_int_equal(got.outcome, OUTCOME_DEFERRED);
		}
	}
}

static void
test_accepts(void **state)
{
	static const struct {
		enum phase phase;
		int from, to;
	} good[] = {
		{ PHASE_CONNECT, 1, 0 },
		{ PHASE_RSET, 250, 250 },
		{ PHASE_MAIL, 250, 250 },
		{ PHASE_RCPT, 250, 252 },
		{ PHASE_DATA, 354, 354 },
		{ PHASE_BODY, 1, 0 },
		{ PHASE_FINAL, 200, 299 },
	};

	(void)state;
	static_assert(sizeof(good) / sizeof(good[0]) == PHASES, "all phases");
	for (size_t i = 0; i < PHASES; i++) {
		for (int code = 200; code < 600; code++)
			assert_int_equal(
			    smtp_outcome_accepts(good[i].phase, code),
			    code >= good[i].from && code <= good[i].to);
	}
}

/* The text is for one line of a log, and whole characters. */
static void
test_text(void **state)
{
	struct smtp_reply reply = { 0 };
	struct verdict got;

	(void)state;
	assert_int_equal(smtp_reply_add(&reply, "550 a\x1b[31m\xff\tb", 13),
	    SMTP_REPLY_WHOLE);
	smtp_outcome(PHASE_RCPT, &reply, &got);
	assert_false(text_has_control(got.text));
	assert_true(text_is_utf8(got.text, strlen(got.text)));
	assert_non_null(strstr(got.text, "\\x1b"));

	smtp_reply_reset(&reply);
	for (int i = 0; i < 100; i++)
		smtp_reply_add(&reply, "550-\xe5\xae\x9b\x01", 8);
	smtp_outcome(PHASE_RCPT, &reply, &got);
	assert_true(strlen(got.text) > sizeof(got.text) - 8);
	assert_true(text_is_utf8(got.text, strlen(got.text)));
}

static void
test_without_reply(void **state)
{
	struct verdict got;

	(void)state;
	smtp_outcome_without_reply(PHASE_FINAL, OUTCOME_UNKNOWN, BLAME_LINK,
	    "the connection was lost", &got);
	assert_int_equal(got.outcome, OUTCOME_UNKNOWN);
	assert_int_equal(got.code, 0);
	assert_string_equal(got.enhanced, "");
	assert_string_equal(got.text, "the connection was lost");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_every_code),
		cmocka_unit_test(test_accepts),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_without_reply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
