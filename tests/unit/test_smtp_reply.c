#include "smtp/smtp_reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Lines, each up to its LF, and what becomes of them. */
static const struct {
	const char *lines;
	enum smtp_reply_state state;
	int code;
	const char *enhanced;
	const char *text;
} rows[] = {
	{ "250 ok\r\n", SMTP_REPLY_WHOLE, 250, "", "ok" },
	{ "250 ok\n", SMTP_REPLY_WHOLE, 250, "", "ok" },
	{ "250 ok", SMTP_REPLY_WHOLE, 250, "", "ok" },
	{ "250\r\n", SMTP_REPLY_WHOLE, 250, "", "" },
	{ "250 \r\n", SMTP_REPLY_WHOLE, 250, "", "" },
	{ "250-\r\n", SMTP_REPLY_PART, 250, "", "" },
	{ "250-a\r\n250-b\r\n250 c\r\n", SMTP_REPLY_WHOLE, 250, "", "a b c" },
	{ "550 5.1.1 no\r\n", SMTP_REPLY_WHOLE, 550, "5.1.1", "no" },
	{ "550 5.1.1\r\n", SMTP_REPLY_WHOLE, 550, "5.1.1", "" },
	{ "550 5.1.10  no\r\n", SMTP_REPLY_WHOLE, 550, "5.1.10", "no" },
	{ "550-5.7.515 a\r\n550 5.7.515 b\r\n", SMTP_REPLY_WHOLE, 550,
	    "5.7.515", "a b" },
	{ "550-first\r\n550 5.7.1 then\r\n", SMTP_REPLY_WHOLE, 550, "5.7.1",
	    "first then" },
	{ "550 4.1.1 wrong class\r\n", SMTP_REPLY_WHOLE, 550, "",
	    "4.1.1 wrong class" },
	{ "550 5.1 short\r\n", SMTP_REPLY_WHOLE, 550, "", "5.1 short" },
	{ "550 5.1.1234 long\r\n", SMTP_REPLY_WHOLE, 550, "", "5.1.1234 long" },
	{ "550 5..1 gap\r\n", SMTP_REPLY_WHOLE, 550, "", "5..1 gap" },
	{ "550 5.1.1x\r\n", SMTP_REPLY_WHOLE, 550, "", "5.1.1x" },
	{ "550 宛先が見つかりません\r\n", SMTP_REPLY_WHOLE, 550, "",
	    "宛先が見つかりません" },
	{ "250-a\r\n251 b\r\n", SMTP_REPLY_BROKEN, 0, "", "" },
	{ "250-a\r\nb\r\n", SMTP_REPLY_BROKEN, 0, "", "" },
	{ "\r\n", SMTP_REPLY_BROKEN, 0, "", "" },
	{ "25\r\n", SMTP_REPLY_BROKEN, 0, "", "" },
	{ "25x ok\r\n", SMTP_REPLY_BROKEN, 0, "", "" },
	{ "150 ok\r\n", SMTP_REPLY_BROKEN, 0, "", "" },
	{ "650 ok\r\n", SMTP_REPLY_BROKEN, 0, "", "" },
	{ "2500 ok\r\n", SMTP_REPLY_BROKEN, 0, "", "" },
	{ "250_ok\r\n", SMTP_REPLY_BROKEN, 0, "", "" },
	{ "HTTP/1.1 400 Bad Request\r\n", SMTP_REPLY_BROKEN, 0, "", "" },
};

static void
test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct smtp_reply reply = { 0 };
		enum smtp_reply_state got = SMTP_REPLY_PART;
		const char *line = rows[i].lines;

		while (*line != '\0' && got == SMTP_REPLY_PART) {
			const char *end = strchr(line, '\n');
			size_t bytes = end != NULL ? (size_t)(end - line) + 1
						   : strlen(line);

			got = smtp_reply_add(&reply, line, bytes);
			line += bytes;
		}
		assert_int_equal(got, rows[i].state);
		if (got == SMTP_REPLY_BROKEN)
			continue;
		assert_int_equal(reply.code, rows[i].code);
		assert_string_equal(reply.enhanced, rows[i].enhanced);
		assert_string_equal(reply.text, rows[i].text);
	}
}

static void
test_nul(void **state)
{
	struct smtp_reply reply = { 0 };

	(void)state;
	assert_int_equal(
	    smtp_reply_add(&reply, "250 a\0b\r\n", 9), SMTP_REPLY_BROKEN);
}

/* A server that never ends is given up, and its text does not grow. */
static void
test_bounds(void **state)
{
	struct smtp_reply reply = { 0 };
	char line[SMTP_REPLY_LINE_BYTES];
	size_t lines = 0;

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "250-", 4);
	while (smtp_reply_add(&reply, line, sizeof(line)) == SMTP_REPLY_PART)
		assert_true(++lines <= SMTP_REPLY_LINES);
	assert_int_equal(lines, SMTP_REPLY_LINES);
	assert_int_equal(strlen(reply.text), sizeof(reply.text) - 1);

	/* And begins anew. */
	smtp_reply_reset(&reply);
	assert_int_equal(
	    smtp_reply_add(&reply, "451 4.3.0 a", 11), SMTP_REPLY_WHOLE);
	assert_string_equal(reply.enhanced, "4.3.0");
	assert_string_equal(reply.text, "a");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
