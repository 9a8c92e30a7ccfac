/* Bodies cut at every place and asked for in every amount give what a plain
   rewriting of the whole text gives. */

#include "smtp/smtp_dots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 400 };

static const char *const bodies[] = {
	"",
	".",
	"..",
	".\r\n",
	"a",
	"\r\n",
	"a\r\n.b\r\n",
	".\r\n.\r\n..\r\n...\r\n",
	"a.b.c\r\n. d\r\n.",
	"\r\n.\r\n",
	"Subject: x\r\n\r\n.hidden\r\nplain.\r\n..two\r\n",
};

/* The plain way. */
static size_t
rewrite(const char *body, char *to)
{
	size_t used = 0;
	bool line_start = true;

	for (; *body != '\0'; body++) {
		if (line_start && *body == '.')
			to[used++] = '.';
		to[used++] = *body;
		line_start = *body == '\n';
	}
	if (!line_start) {
		memcpy(to + used, "\r\n", 2);
		used += 2;
	}
	memcpy(to + used, ".\r\n", 3);
	return used + 3;
}

static size_t
collect(const struct iovec *parts, size_t count, size_t room, char *to)
{
	struct smtp_dots dots;
	struct iovec segments[8];
	size_t used = 0;

	smtp_dots_init(&dots, parts, count);
	while (!dots.ended) {
		size_t n = smtp_dots_next(&dots, segments, room);

		assert_true(n > 0 && n <= room);
		for (size_t i = 0; i < n; i++) {
			assert_true(used + segments[i].iov_len <= ROOM);
			memcpy(to + used, segments[i].iov_base,
			    segments[i].iov_len);
			used += segments[i].iov_len;
		}
	}
	assert_int_equal(smtp_dots_next(&dots, segments, room), 0);
	return used;
}

static void
check(const char *body, size_t first, size_t second, size_t room)
{
	char *copy = strdup(body);
	size_t bytes = strlen(body);
	struct iovec parts[] = {
		{ copy, first },
		{ NULL, 0 },
		{ copy + first, second - first },
		{ copy + second, bytes - second },
	};
	char want[ROOM];
	char got[ROOM];
	size_t want_bytes = rewrite(body, want);
	size_t got_bytes = collect(parts, 4, room, got);

	assert_int_equal(got_bytes, want_bytes);
	assert_memory_equal(got, want, want_bytes);
	free(copy);
}

static void
test_every_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		size_t bytes = strlen(bodies[i]);

		for (size_t first = 0; first <= bytes; first++) {
			for (size_t second = first; second <= bytes; second++) {
				for (size_t room = 1; room <= 8; room++)
					check(bodies[i], first, second, room);
			}
		}
	}
}

/* Nothing is copied: without leading dots a part is one segment. */
static void
test_no_copy(void **state)
{
	char text[] = "a.b\r\nc.d\r\n";
	struct iovec part = { text, strlen(text) };
	struct iovec segments[4];
	struct smtp_dots dots;

	(void)state;
	smtp_dots_init(&dots, &part, 1);
	assert_int_equal(smtp_dots_next(&dots, segments, 4), 2);
	assert_ptr_equal(segments[0].iov_base, text);
	assert_int_equal(segments[0].iov_len, strlen(text));
	assert_int_equal(segments[1].iov_len, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_no_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
