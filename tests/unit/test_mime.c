/* mime/: what goes in comes out again, in lines that any relay may carry. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/text.h"
#include "mime/mime.h"
#include "sign/canon.h"
#include "unicode/unicode.h"

static const struct mime_pictures unseen = { NULL, 0 };

static char *
write_field(struct arena *arena, const char *field, enum mime_field_kind kind,
    const char *name, const char *value, struct err *err)
{
	struct mime_field row = { field, kind, name, value };
	struct buf GM_BUF_AT_EXIT out;

	buf_init(&out, 1 << 20);
	if (!mime_add_field(&row, unicode_grapheme, &out, err))
		return NULL;
	return arena_strdup(arena, buf_str(&out));
}

static void
test_fields(void **state)
{
	static const struct {
		enum mime_field_kind kind;
		const char *name;
		const char *value;
		const char *expected; /* behind "To: " */
	} cases[] = {
		{ MIME_TEXT, NULL, "Hello", "Hello\r\n" },
		{ MIME_TEXT, NULL, "", "\r\n" },
		{ MIME_TEXT, NULL,
		    "=?x?Q?y?=", "=?UTF-8?B?PT94P1E/eT89?=\r\n" },
		{ MIME_TEXT, NULL, " a", "=?UTF-8?Q?_a?=\r\n" },
		{ MIME_TEXT, NULL, "caf\xc3\xa9 ok",
		    "=?UTF-8?Q?caf=C3=A9_ok?=\r\n" },
		{ MIME_TEXT, NULL, "\xe5\xa2\xa8\xe7\x94\xb0",
		    "=?UTF-8?B?5aKo55Sw?=\r\n" },
		{ MIME_NAMED, "", "a@b.example", "a@b.example\r\n" },
		{ MIME_NAMED, "Ann Lee", "a@b.example",
		    "Ann Lee <a@b.example>\r\n" },
		{ MIME_NAMED, "Lee, Ann", "a@b.example",
		    "\"Lee, Ann\" <a@b.example>\r\n" },
		{ MIME_NAMED, "Ann  Lee", "a@b.example",
		    "\"Ann  Lee\" <a@b.example>\r\n" },
		{ MIME_NAMED, "Dr. \"A\\B\"", "a@b.example",
		    "\"Dr. \\\"A\\\\B\\\"\" <a@b.example>\r\n" },
		{ MIME_NAMED, "a@c.example", "a@b.example",
		    "\"a@c.example\" <a@b.example>\r\n" },
		{ MIME_NAMED, "=?UTF-8?Q?x?=", "a@b.example",
		    "=?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?= <a@b.example>\r\n" },
		{ MIME_NAMED, "\xe5\xa2\xa8\xe7\x94\xb0", "a@b.example",
		    "=?UTF-8?B?5aKo55Sw?= <a@b.example>\r\n" },
		{ MIME_NAMED, "Caf\xc3\xa9 (x), y", "a@b.example",
		    "=?UTF-8?B?Q2Fmw6kgKHgpLCB5?= <a@b.example>\r\n" },
		/* 76 columns are the end of a line with an encoded word. */
		{ MIME_NAMED, "\xe5\xa2\xa8\xe7\x94\xb0",
		    "an-address-of-forty-nine-charactersx@b.in.example",
		    "=?UTF-8?B?5aKo55Sw?= "
		    "<an-address-of-forty-nine-charactersx@b.in.example>\r\n" },
		{ MIME_NAMED, "\xe5\xa2\xa8\xe7\x94\xb0",
		    "an-address-of-fifty-characters-or-sox@b.in.example",
		    "=?UTF-8?B?5aKo55Sw?=\r\n "
		    "<an-address-of-fifty-characters-or-sox@b.in.example>"
		    "\r\n" },
		{ MIME_PLAIN, NULL, "<https://x.example/a>, <mailto:b>",
		    "<https://x.example/a>, <mailto:b>\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		char *text = write_field(arena, "To", cases[i].kind,
		    cases[i].name, cases[i].value, NULL);

		assert_non_null(text);
		assert_string_equal(text + strlen("To: "), cases[i].expected);
	}
}

/* No value may end its line, hide from a reader, or be other than it says. */
static void
test_fields_refused(void **state)
{
	static const char *const evil[] = { "a\r\nBcc: x@y.example", "a\nb",
		"a\rb", "a\tb", "a\x01", "a\x7f", "a\xc2\x85", "a\xff",
		"a\xe5\xa2", "a\xed\xa0\x80", "\xef\xb7\x90" };

	(void)state;
	for (size_t i = 0; i < sizeof(evil) / sizeof(*evil); i++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		struct err err = { 0 };

		assert_null(write_field(
		    arena, "Subject", MIME_TEXT, NULL, evil[i], &err));
		assert_int_equal(err.code, ERR_DATA);
		assert_non_null(strstr(err.text, "Subject"));
		assert_null(write_field(
		    arena, "To", MIME_NAMED, evil[i], "a@b.example", NULL));
		assert_null(
		    write_field(arena, "To", MIME_NAMED, "a", evil[i], NULL));
		assert_null(write_field(
		    arena, "List-Id", MIME_PLAIN, NULL, evil[i], NULL));
	}
	{
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		char *longest = arena_take(arena, 1000, 1);

		memset(longest, 'x', 999);
		assert_null(write_field(arena, "To", MIME_NAMED, "a",
		    "\xe5\xa2\xa8@b.example", NULL));
		assert_null(write_field(
		    arena, "List-Id", MIME_PLAIN, NULL, longest, NULL));
		longest[998 - strlen("List-Id: ")] = '\0';
		assert_non_null(write_field(
		    arena, "List-Id", MIME_PLAIN, NULL, longest, NULL));
	}
}

static int
read_hex(char c)
{
	return c >= 'A' ? c - 'A' + 10 : c - '0';
}

/* Decoders written for the test alone. */
static void
read_q(const char *p, const char *end, struct buf *out)
{
	for (; p < end; p++)
		if (*p == '=') {
			assert_true(end - p > 2);
			buf_add_char(
			    out, (char)(read_hex(p[1]) << 4 | read_hex(p[2])));
			p += 2;
		} else {
			assert_true(*p != '?' && *p != ' ');
			buf_add_char(out, *p == '_' ? ' ' : *p);
		}
}

static void
read_b(const char *p, const char *end, struct buf *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned bits = 0;
	unsigned window = 0;

	assert_int_equal((end - p) % 4, 0);
	for (; p < end && *p != '='; p++) {
		const char *digit = strchr(digits, *p);

		assert_non_null(digit);
		window = (window << 6 | (unsigned)(digit - digits)) & 0xffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_add_char(out, (char)(window >> bits & 0xff));
		}
	}
}

/* Decodes one line that holds an encoded word alone; returns what is behind
   the word. */
static const char *
read_word(const char *line, struct buf *out)
{
	size_t before = out->used;
	const char *end;
	const char *text;

	assert_true(text_starts(line, "=?UTF-8?"));
	text = line + strlen("=?UTF-8?Q?");
	assert_int_equal(text[-1], '?');
	end = strchr(text, '?');
	assert_non_null(end);
	assert_int_equal(end[1], '=');
	assert_true(end + 2 - line <= 75);
	if (text[-2] == 'Q')
		read_q(text, end, out);
	else
		read_b(text, end, out);
	assert_true(text_is_utf8(out->bytes + before, out->used - before));
	return end + 2;
}

/* True when no grapheme cluster of `text` spans the byte `at`. */
static bool
is_boundary(const char *text, size_t at)
{
	size_t next = 0;

	while (next < at)
		next += unicode_grapheme(text + next);
	return next == at;
}

/* Decodes a field whose value is encoded words; compares with the source. */
static void
check_words(char *field, const char *name, const char *source)
{
	struct buf GM_BUF_AT_EXIT out;
	char *rest = field;
	bool first = true;

	buf_init(&out, 1 << 20);
	while (*rest != '\0') {
		char *line = rest;
		const char *word;

		rest = strstr(rest, "\r\n");
		assert_non_null(rest);
		*rest = '\0';
		rest += 2;
		assert_true(strlen(line) <= 76);
		if (first) {
			assert_true(text_starts(line, name));
			word = line + strlen(name);
		} else {
			assert_int_equal(line[0], ' ');
			word = line + 1;
		}
		first = false;
		if (*word == '\0')
			continue;
		word = read_word(word, &out);
		assert_int_equal(*word, '\0');
		assert_true(is_boundary(source, out.used));
	}
	assert_string_equal(buf_str(&out), source);
}

static unsigned
roll(uint64_t *seed, unsigned below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*seed >> 33) % below;
}

/* Single characters and sequences that are seen as one. */
static const char *const units[] = { "a", " ", "=", "?", "_", "\"",
	"\xe5\xa2\xa8", "\xe7\x94\xb0", "\xe3\x81\x8c",
	"\xe3\x81\x8b\xe3\x82\x99",         /* か + dakuten */
	"\xe8\xbe\xbb\xf3\xa0\x84\x80",     /* 辻 + variation selector */
	"\xf0\x9f\x87\xaf\xf0\x9f\x87\xb5", /* flag of Japan */
	"\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91"
	"\xa7",                             /* family */
	"\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd", /* thumb and skin */
	"\xe2\x91\xa0", "\xef\xbd\xb6\xef\xbe\x9e", "\xc3\xa9",
	"\xf0\xa0\xae"
	"\xb7" };
enum { UNITS = sizeof(units) / sizeof(*units) };

static void
test_random_subjects(void **state)
{
	uint64_t seed = 47;

	(void)state;
	for (unsigned round = 0; round < 2 * 2 * 301; round++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		struct buf GM_BUF_AT_EXIT source;
		unsigned count = round % 301;
		char name[40];

		buf_init(&source, 1 << 16);
		/* An encoded word for sure. */
		buf_add_str(&source, "\xe5\xa2\xa8");
		for (unsigned i = 0; i < count; i++)
			buf_add_str(
			    &source, units[round % 2 ? roll(&seed, UNITS)
						     : roll(&seed, 4)]);
		buf_add_str(&source, "x");
		memset(name, 'N', sizeof(name));
		name[roll(&seed, 30) + 1] = '\0';
		strcat(name, ": ");
		check_words(write_field(arena,
				arena_strndup(arena, name, strlen(name) - 2),
				MIME_TEXT, NULL, buf_str(&source), NULL),
		    name, buf_str(&source));
	}
}

/* A cluster longer than any word is split between code points, not bytes. */
static void
test_monstrous_cluster(void **state)
{
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	struct buf GM_BUF_AT_EXIT source, decoded;
	const char *p;

	(void)state;
	buf_init(&source, 1 << 16);
	buf_init(&decoded, 1 << 16);
	buf_add_str(&source, "\xe3\x81\x8b");
	for (int i = 0; i < 100; i++)
		buf_add_str(&source, "\xe3\x82\x99");
	p = write_field(arena, "S", MIME_TEXT, NULL, buf_str(&source), NULL);
	for (p += strlen("S: "); *p != '\0'; p += *p == ' ') {
		p = read_word(p, &decoded);
		assert_memory_equal(p, "\r\n", 2);
		p += 2;
	}
	assert_string_equal(buf_str(&decoded), buf_str(&source));
}

/* Plain words fold before blanks; unfolding gives the source back. */
static void
test_plain_subjects_fold(void **state)
{
	uint64_t seed = 11;

	(void)state;
	for (int round = 0; round < 1000; round++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		struct buf GM_BUF_AT_EXIT source, unfolded;
		char *field;

		buf_init(&source, 1 << 16);
		buf_init(&unfolded, 1 << 16);
		for (unsigned i = roll(&seed, 60); i > 0; i--)
			buf_add_str(&source, roll(&seed, 6)   ? "word"
					     : roll(&seed, 2) ? " "
							      : "  ");
		buf_add_str(&source, "end");
		if (*buf_str(&source) == ' ')
			continue;
		field = write_field(
		    arena, "Subject", MIME_TEXT, NULL, buf_str(&source), NULL);
		for (char *line = field; *line != '\0';) {
			char *end = strstr(line, "\r\n");

			assert_true(line == field || *line == ' ');
			assert_true(end - line <= 76 ||
				    memchr(line + 9, ' ',
					(size_t)(end - line - 9)) == NULL);
			buf_add(&unfolded, line, (size_t)(end - line));
			line = end + 2;
		}
		assert_string_equal(
		    buf_str(&unfolded) + strlen("Subject: "), buf_str(&source));
	}
}

static const char all_fields[] = "To: a@b.example\r\n";
static const char boundary[] = "=_limit";

/* Fills the form and joins the parts. */
static bool
write_form(struct arena *arena, const struct mime_form *form,
    const struct mime_piece *values, struct buf *out, struct err *err)
{
	const struct mime_filling filling = {
		.fields = all_fields,
		.fields_count = strlen(all_fields),
		.boundary = boundary,
		.text = values,
	};
	struct mime_message message;

	if (!mime_form_fill(arena, form, &filling, &message, err))
		return false;
	assert_in_range(message.part_count, 1, MIME_PARTS);
	for (size_t i = 0; i < message.part_count; i++)
		buf_add(
		    out, message.parts[i].iov_base, message.parts[i].iov_len);
	assert_int_equal(out->used, message.count);
	assert_true(message.parts[0].iov_len >= message.header_count + 2);
	assert_ptr_equal(strstr(out->bytes, "\r\n\r\n"),
	    out->bytes + message.header_count - 2);
	return true;
}

static bool
write_message(const char *text, size_t text_bytes, const char *html,
    struct buf *out, struct err *err)
{
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	const struct mime_piece pieces[] = { { text, text_bytes },
		{ html, strlen(html) } };
	const struct mime_text parts[] = { { &pieces[0], 1 },
		{ &pieces[1], *html != '\0' } };

	return write_form(arena,
	    mime_form_new(
		arena, NULL, &parts[0], &parts[1], &unseen, "=_other"),
	    NULL, out, err);
}

/* What write_shared takes its stretches from; NULL: no pool. */
static struct mime_pool *shared_pool;

static bool
write_shared(struct arena *arena, const struct mime_piece *pieces, size_t count,
    const struct mime_piece *values, struct buf *out)
{
	const struct mime_text text = { pieces, count };
	const struct mime_text none = { 0 };

	return write_form(arena,
	    mime_form_new(arena, shared_pool, &text, &none, &unseen, boundary),
	    values, out, NULL);
}

/* Undoes the transfer encoding of the part that starts at `part`. */
static void
read_part(const char *part, struct buf *out)
{
	const char *body = strstr(part, "\r\n\r\n") + 4;
	const char *end = strstr(body, "\r\n--=_limit");
	const char *encoding = strstr(part, "Content-Transfer-Encoding: ");
	struct buf GM_BUF_AT_EXIT joined;

	buf_init(&joined, 1 << 20);
	if (end == NULL)
		end = body + strlen(body);
	encoding += strlen("Content-Transfer-Encoding: ");
	for (const char *p = body; p < end; p++) {
		if (*encoding == 'b' && (*p == '\r' || *p == '\n'))
			continue;
		if (*encoding == 'q' && text_starts(p, "=\r\n"))
			p += 2;
		else
			buf_add_char(&joined, *p);
	}
	if (*encoding == 'b') {
		read_b(buf_str(&joined), buf_str(&joined) + joined.used, out);
		return;
	}
	assert_int_equal(*encoding, 'q');
	for (const char *p = buf_str(&joined); *p != '\0'; p++)
		if (*p == '=') {
			buf_add_char(
			    out, (char)(read_hex(p[1]) << 4 | read_hex(p[2])));
			p += 2;
		} else {
			buf_add_char(out, *p);
		}
}

/* 7-bit, CRLF only, no line over 76 or 78; in bodies no dot at the start of a
   line, and nothing that relaxed canonicalization would change. */
static void
check_lines(const struct buf *message)
{
	size_t column = 0;

	for (size_t i = 0; i < message->used; i++) {
		unsigned char c = (unsigned char)message->bytes[i];

		assert_true(c < 0x7f);
		assert_true(c >= ' ' || c == '\r' || c == '\n');
		if (c == '\r') {
			assert_int_equal(message->bytes[i + 1], '\n');
			continue;
		}
		if (c == '\n') {
			assert_int_equal(message->bytes[i - 1], '\r');
			if (column > 0)
				assert_int_not_equal(
				    message->bytes[i - 2], ' ');
			column = 0;
			continue;
		}
		assert_true(++column <= 78);
		assert_false(column == 1 && c == '.');
		assert_false(c == ' ' && message->bytes[i + 1] == ' ');
	}
	assert_int_equal(column, 0);
}

/* The body is its own canonical form but for empty lines at its end. */
static void
check_canonical(const struct buf *message)
{
	const char *body = strstr(message->bytes, "\r\n\r\n") + 4;
	size_t count = strlen(body);
	struct buf GM_BUF_AT_EXIT canonical;

	buf_init(&canonical, 1 << 20);
	canon_add_body(body, count, &canonical);
	assert_memory_equal(body, buf_str(&canonical), canonical.used);
	for (; canonical.used < count; canonical.used += 2)
		assert_memory_equal(body + canonical.used, "\r\n", 2);
	assert_int_equal(canonical.used, count);
}

/* The source as it must come out: CRLF, and one at the end. */
static void
canonicalise(const char *source, struct buf *out)
{
	size_t bytes = strlen(source);

	for (size_t i = 0; i < bytes; i++)
		if (source[i] == '\n')
			buf_add_str(out, "\r\n");
		else
			buf_add_char(out, source[i]);
	if (source[bytes - 1] != '\n')
		buf_add_str(out, "\r\n");
}

/* The first and second ones are all ASCII. */
static const char *const body_units[] = { "a", "two words", "=", ".", "\n",
	"\n\n", "\n.\n", "word ", " ", "\t", "\nFrom me", "-- \n", "--=_limit",
	"https://news.example/u/1b.7i.c.aaaa",
	"a long run of words that takes the line beyond any limit there is ",
	"\xe5\xa2\xa8", "\xe3\x80\x82", "\xf0\x9f\x91\x8d", "\xc3\xa9" };
enum { BODY_UNITS = sizeof(body_units) / sizeof(*body_units) };

static void
test_random_bodies(void **state)
{
	uint64_t seed = 5;
	unsigned seen[2] = { 0 };

	(void)state;
	for (unsigned round = 0; round < 4000; round++) {
		struct buf GM_BUF_AT_EXIT source, message, expected, decoded;
		unsigned least = round % 4 == 0 ? 15 : 0;
		unsigned below = round % 4 == 1   ? 7
				 : round % 4 == 2 ? 15
						  : BODY_UNITS - least;
		const char *encoding;

		buf_init(&source, 1 << 20);
		buf_init(&message, 1 << 20);
		buf_init(&expected, 1 << 20);
		buf_init(&decoded, 1 << 20);
		for (unsigned i = roll(&seed, 80) + 1; i > 0; i--)
			buf_add_str(
			    &source, body_units[least + roll(&seed, below)]);
		canonicalise(buf_str(&source), &expected);
		assert_true(write_message(buf_str(&source), source.used,
		    round % 2 ? "<p>x</p>" : "", &message, NULL));
		check_lines(&message);
		check_canonical(&message);
		read_part(strstr(buf_str(&message), "Content-Type: text/plain"),
		    &decoded);
		assert_string_equal(buf_str(&decoded), buf_str(&expected));
		encoding = strstr(message.bytes, "-Encoding: ") + 11;
		seen[*encoding == 'b']++;
	}
	/* Both encodings were at work. */
	for (int i = 0; i < 2; i++)
		assert_true(seen[i] > 100);
}

/* A shared body gives what its pieces and values joined would give, whatever
   the encoding, and lines as lawful. */
static void
test_random_shared(void **state)
{
	struct mime_pool *pools[] = { NULL, mime_pool_new(256 * 1024) };
	uint64_t seed = 7;
	unsigned seen[2] = { 0 };

	(void)state;
	for (unsigned round = 0; round < 4000; round++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		struct buf GM_BUF_AT_EXIT source, message, expected, decoded;
		unsigned least = round % 4 == 0 ? 15 : 0;
		unsigned below = round % 4 == 1   ? 7
				 : round % 4 == 2 ? 15
						  : BODY_UNITS - least;
		struct mime_piece all[7];
		struct mime_piece pieces[4];
		struct mime_piece values[3];
		const char *encoding;

		buf_init(&source, 1 << 20);
		buf_init(&message, 1 << 20);
		buf_init(&expected, 1 << 20);
		buf_init(&decoded, 1 << 20);
		buf_add_str(&source, "x");
		for (size_t i = 0; i < 7; i++) {
			size_t from = i == 0 ? 0 : source.used;

			for (unsigned n = roll(&seed, i % 2       ? 3
						      : round % 3 ? 30
								  : 300);
			     n > 0; n--)
				buf_add_str(&source,
				    body_units[least + roll(&seed, below)]);
			all[i].count = source.used - from;
			all[i].bytes = arena_copy(
			    arena, source.bytes + from, all[i].count);
			if (i % 2)
				values[i / 2] = all[i];
			else
				pieces[i / 2] = all[i];
		}
		canonicalise(buf_str(&source), &expected);
		shared_pool = pools[round / 4 % 2];
		assert_true(write_shared(arena, pieces, 4, values, &message));
		check_lines(&message);
		check_canonical(&message);
		read_part(buf_str(&message), &decoded);

		/* Behind a value that ends a line, one more is harmless. */
		if (pieces[3].count == 0 && decoded.used == expected.used + 2)
			buf_add_str(&expected, "\r\n");
		assert_string_equal(buf_str(&decoded), buf_str(&expected));
		encoding = strstr(message.bytes, "-Encoding: ") + 11;
		seen[*encoding == 'b']++;
	}
	for (int i = 0; i < 2; i++)
		assert_true(seen[i] > 100);
	shared_pool = NULL;
	mime_pool_free(pools[1]);
}

/* A text of many lines, some of them `own`. */
static void
write_story(const char *own, size_t lines, bool wide, struct buf *out)
{
	for (size_t i = 0; i < lines; i++)
		buf_add_format(out, "%s line %zu %s\n",
		    i / 8 == 30 ? own : "common", i * 7919 % 1009,
		    wide ? "\xe5\xa2\xa8\xe7\x94\xb0\xe5\x8c\xba\xe3\x81\xa7"
			 : "");
}

static size_t
count_common(const struct mime_message *a, const struct mime_message *b)
{
	size_t bytes = 0;

	for (size_t i = 0; i < a->part_count; i++)
		for (size_t k = 0; k < b->part_count; k++)
			if (a->parts[i].iov_base == b->parts[k].iov_base)
				bytes += a->parts[i].iov_len;
	return bytes;
}

/* Forms that have most of their lines in common have most of their memory in
   common; with a pool that is full they merely have not. */
static void
test_pool(void **state)
{
	static const size_t room[] = { 1 << 20, 1 };

	(void)state;
	for (size_t kind = 0; kind < 4; kind++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		struct mime_pool *pool = mime_pool_new(room[kind / 2]);
		const struct mime_text none = { 0 };
		const struct mime_filling filling = { .fields = all_fields,
			.fields_count = strlen(all_fields),
			.boundary = boundary };
		struct mime_message messages[2];
		size_t common;

		for (size_t i = 0; i < 2; i++) {
			struct buf GM_BUF_AT_EXIT story, out, decoded;
			struct mime_piece piece;
			const struct mime_text text = { &piece, 1 };

			buf_init(&story, 1 << 20);
			buf_init(&out, 1 << 20);
			buf_init(&decoded, 1 << 20);
			write_story(
			    i == 0 ? "one" : "another", 600, kind % 2, &story);
			piece = (struct mime_piece){ story.bytes, story.used };
			assert_true(mime_form_fill(arena,
			    mime_form_new(
				arena, pool, &text, &none, &unseen, boundary),
			    &filling, &messages[i], NULL));
			for (size_t k = 0; k < messages[i].part_count; k++)
				buf_add(&out, messages[i].parts[k].iov_base,
				    messages[i].parts[k].iov_len);
			read_part(buf_str(&out), &decoded);
			buf_reset(&out);
			canonicalise(buf_str(&story), &out);
			assert_string_equal(buf_str(&decoded), buf_str(&out));
		}
		common = count_common(&messages[0], &messages[1]);
		if (kind / 2 == 0)
			assert_true(common > messages[0].count / 4);
		else
			assert_int_equal(common, 0);
		mime_pool_free(pool);
	}
}

static unsigned
count_of(const char *text, const char *what)
{
	unsigned count = 0;

	while ((text = strstr(text, what)) != NULL) {
		count++;
		text += strlen(what);
	}
	return count;
}

static void
test_structure(void **state)
{
	struct buf GM_BUF_AT_EXIT both, alone;

	(void)state;
	buf_init(&both, 1 << 16);
	buf_init(&alone, 1 << 16);
	assert_true(write_message("hello", 5, "<p>hi</p>", &both, NULL));
	assert_string_equal(buf_str(&both),
	    "To: a@b.example\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/alternative; boundary=\"=_limit\"\r\n"
	    "\r\n"
	    "--=_limit\r\n"
	    "Content-Type: text/plain; charset=\"utf-8\"\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n"
	    "\r\n"
	    "hello\r\n"
	    "\r\n"
	    "--=_limit\r\n"
	    "Content-Type: text/html; charset=\"utf-8\"\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n"
	    "\r\n"
	    "<p>hi</p>\r\n"
	    "\r\n"
	    "--=_limit--\r\n");
	assert_true(write_message("hello", 5, "", &alone, NULL));
	assert_string_equal(buf_str(&alone),
	    "To: a@b.example\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=\"utf-8\"\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n"
	    "\r\n"
	    "hello\r\n");
}

/* A boundary that a part happens to hold is hidden by encoding the part. */
static void
test_boundary_in_a_part(void **state)
{
	static const char text[] = "a\n--=_limit--\nb\n";
	struct buf GM_BUF_AT_EXIT out;

	(void)state;
	buf_init(&out, 1 << 16);
	assert_true(write_message(text, strlen(text), "<p>x</p>", &out, NULL));
	assert_int_equal(count_of(buf_str(&out), "--=_limit"), 3);
}

/* However many pieces there are, one gathered write takes the parts. */
static void
test_parts_are_few(void **state)
{
	enum { PIECES = 300, PIECE_BYTES = 1000 };
	static struct mime_piece pieces[PIECES], values[PIECES - 1];
	static const char *const fills[] = { "ab ", "\xe5\xa2\xa8" };

	(void)state;
	for (size_t kind = 0; kind < 2; kind++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		struct buf GM_BUF_AT_EXIT out, piece, decoded;

		buf_init(&out, 1 << 20);
		buf_init(&piece, 1 << 20);
		buf_init(&decoded, 1 << 20);
		while (piece.used < PIECE_BYTES)
			buf_add_str(&piece, fills[kind]);
		for (size_t i = 0; i < PIECES; i++)
			pieces[i] =
			    (struct mime_piece){ piece.bytes, piece.used };
		for (size_t i = 0; i < PIECES - 1; i++)
			values[i] = (struct mime_piece){ "value", 5 };
		assert_true(write_shared(arena, pieces, PIECES, values, &out));
		read_part(out.bytes, &decoded);
		assert_int_equal(
		    decoded.used, PIECES * piece.used + (PIECES - 1) * 5 + 2);
	}
}

static void
test_bodies_refused(void **state)
{
	static const struct {
		const char *text;
		size_t count;
	} cases[] = { { "", 0 }, { "a\0b", 3 }, { "\xff", 1 },
		{ "\xe5\xa2", 2 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf GM_BUF_AT_EXIT out;
		struct err err = { 0 };

		buf_init(&out, 1 << 16);
		assert_false(write_message(
		    cases[i].text, cases[i].count, "", &out, &err));
		assert_int_equal(err.code, ERR_DATA);
		assert_non_null(strstr(err.text, "text part"));
	}
}

/* Pictures stand with the html in multipart/related; their bytes are pointed
   to, and each boundary is told apart from the other at the start of a line. */
static void
test_pictures(void **state)
{
	static const char bytes[] = "not really a picture";
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	GM_BUF_AT_EXIT struct buf out = { 0 };
	const struct mime_piece pieces[] = { { "text", 4 }, { "<p>", 3 } };
	const struct mime_text text = { &pieces[0], 1 };
	const struct mime_text html = { &pieces[1], 1 };
	struct mime_picture picture = {
		.id = "a.png@news.example", .name = "a.png", .subtype = "png"
	};
	const struct mime_picture *both[] = { &picture, &picture };
	const struct mime_pictures pictures = { both, 2 };
	struct mime_message message;
	size_t pointed = 0;

	(void)state;
	buf_init(&out, 100000);
	mime_picture_encode(arena, bytes, sizeof(bytes) - 1, &picture);
	assert_memory_equal(
	    picture.encoded, "bm90IHJlYWxseSBhIHBpY3R1cmU=\r\n", picture.count);
	assert_true(mime_form_fill(arena,
	    mime_form_new(arena, NULL, &text, &html, &pictures, "=_limit"),
	    &(struct mime_filling){ .fields = all_fields,
		.fields_count = strlen(all_fields),
		.boundary = boundary },
	    &message, NULL));
	for (size_t i = 0; i < message.part_count; i++) {
		pointed += message.parts[i].iov_base == picture.encoded;
		buf_add(
		    &out, message.parts[i].iov_base, message.parts[i].iov_len);
	}
	assert_int_equal(pointed, 2);
	assert_int_equal(out.used, message.count);
	assert_string_equal(out.bytes,
	    "To: a@b.example\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/alternative; boundary=\"=_limit\"\r\n"
	    "\r\n"
	    "--=_limit\r\n"
	    "Content-Type: text/plain; charset=\"utf-8\"\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n"
	    "\r\n"
	    "text\r\n"
	    "\r\n"
	    "--=_limit\r\n"
	    "Content-Type: multipart/related; type=\"text/html\"; "
	    "boundary=\"=r=_limit\"\r\n"
	    "\r\n"
	    "--=r=_limit\r\n"
	    "Content-Type: text/html; charset=\"utf-8\"\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n"
	    "\r\n"
	    "<p>\r\n"
	    "\r\n"
	    "--=r=_limit\r\n"
	    "Content-Type: image/png; name=\"a.png\"\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-ID: <a.png@news.example>\r\n"
	    "Content-Disposition: inline; filename=\"a.png\"\r\n"
	    "\r\n"
	    "bm90IHJlYWxseSBhIHBpY3R1cmU=\r\n"
	    "\r\n"
	    "--=r=_limit\r\n"
	    "Content-Type: image/png; name=\"a.png\"\r\n"
	    "Content-Transfer-Encoding: base64\r\n"
	    "Content-ID: <a.png@news.example>\r\n"
	    "Content-Disposition: inline; filename=\"a.png\"\r\n"
	    "\r\n"
	    "bm90IHJlYWxseSBhIHBpY3R1cmU=\r\n"
	    "\r\n"
	    "--=r=_limit--\r\n"
	    "\r\n"
	    "--=_limit--\r\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_fields_refused),
		cmocka_unit_test(test_random_subjects),
		cmocka_unit_test(test_monstrous_cluster),
		cmocka_unit_test(test_plain_subjects_fold),
		cmocka_unit_test(test_random_bodies),
		cmocka_unit_test(test_random_shared),
		cmocka_unit_test(test_pool),
		cmocka_unit_test(test_structure),
		cmocka_unit_test(test_boundary_in_a_part),
		cmocka_unit_test(test_parts_are_few),
		cmocka_unit_test(test_bodies_refused),
		cmocka_unit_test(test_pictures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
