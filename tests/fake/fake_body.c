#include "fake_body.h"

#include <assert.h>

#include "fake_memory.h"

/* Octets that are surveyed at once; short enough that lines are still exact. */
#define BLOCK    256
#define TEXT_MAX 998

static_assert(2 * BLOCK <= TEXT_MAX, "two blocks may share a fine line");

enum place { AT_START, IN_LINE, AFTER_DOT, AFTER_DOT_CR, AT_END };

struct survey {
	unsigned char bare, dot, newline, high;
};

void
fake_body_start(struct fake_body *b, bool dotted, enum fake_care care)
{
	char *kept = b->kept;
	size_t cap = b->kept_cap;

	*b = (struct fake_body){ .dotted = dotted,
		.care = care,
		.in_header = true,
		.before = '\n',
		.place = AT_START,
		.kept = kept,
		.kept_cap = cap };
}

static void
keep(struct fake_body *b, const void *bytes, size_t n)
{
	b->bytes += n;
	if (b->care < FAKE_CARE_KEEP)
		return;
	if (b->kept_len + n > b->kept_cap) {
		while (b->kept_len + n > b->kept_cap)
			b->kept_cap = b->kept_cap ? b->kept_cap * 2 : 65536;
		b->kept = fake_memory_resize(b->kept, b->kept_cap);
	}
	memcpy(b->kept + b->kept_len, bytes, n);
	b->kept_len += n;
}

/* A line of B->line octets, its CR among them, has come to its LF. */
static void
end_line(struct fake_body *b)
{
	if (b->line > TEXT_MAX + 1)
		b->flaws |= FAKE_FLAW_LONG_LINE;
	if (b->line == 1)
		b->in_header = false;
	b->line = 0;
	b->place = AT_START;
}

static void
take_text(struct fake_body *b, unsigned char c)
{
	keep(b, &c, 1);
	if (c & 0x80)
		b->flaws |=
		    b->in_header ? FAKE_FLAW_8BIT_HEADER : FAKE_FLAW_8BIT_BODY;
	b->place = IN_LINE;
	if (c == '\n' && b->before == '\r') {
		end_line(b);
	} else {
		if (c == '\n')
			b->flaws |= FAKE_FLAW_BARE_LF;
		if (b->before == '\r')
			b->flaws |= FAKE_FLAW_BARE_CR;
		b->line++;
	}
	b->before = c;
}

static void
take_octet(struct fake_body *b, unsigned char c)
{
	switch (b->place) {
	case AT_START:
		if (b->dotted && c == '.') {
			b->place = AFTER_DOT;
			b->before = c;
			return;
		}
		break;
	case AFTER_DOT:
		if (c == '\r') {
			b->place = AFTER_DOT_CR;
			return;
		}
		break;
	case AFTER_DOT_CR:
		if (c == '\n') {
			b->place = AT_END;
			return;
		}
		take_text(b, '\r');
		break;
	default:
		break;
	}
	take_text(b, c);
}

/* The sanitizers instrument what picks a clone, which runs too early. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define WITH_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define WITH_CLONES
#endif

/* Look at one block at once; written so that the compiler makes vectors. */
WITH_CLONES static struct survey
survey_block(const unsigned char *p)
{
	struct survey s = { 0, 0, 0, 0 };

	for (size_t i = 0; i < BLOCK; i++) {
		unsigned char c = p[i], before = p[(ptrdiff_t)i - 1];
		unsigned char lf = c == '\n', after_lf = before == '\n';
		s.bare |= (unsigned char)(lf ^ (before == '\r'));
		s.dot |= (unsigned char)(after_lf & (c == '.'));
		s.newline |= lf;
		s.high |= c;
	}
	return s;
}

/* Whether a line in this block of the header is empty. */
static bool
ends_header(const unsigned char *p)
{
	return memmem(p - 1, BLOCK + 1, "\n\r", 2) != NULL;
}

/* Find where in a line we are after BLOCK, and forget the block. */
static void
measure_line(struct fake_body *b, const unsigned char **block)
{
	if (!*block)
		return;
	const unsigned char *last = memrchr(*block, '\n', BLOCK);
	b->line = (size_t)(*block + BLOCK - 1 - last);
	b->place = b->line ? IN_LINE : AT_START;
	*block = NULL;
}

/*
 * Take a whole block, p[-1] being the octet before it; false = not so easy.
 * *UNMEASURED is a block whose last line nobody has measured yet: it is
 * shorter than BLOCK, so if it ends in this block it is not too long.
 */
static bool
take_block(struct fake_body *b, const unsigned char *p,
    const unsigned char **unmeasured)
{
	struct survey s = survey_block(p);

	if (s.bare || (s.dot && b->dotted) || (b->in_header && ends_header(p)))
		return false;
	if (s.high & 0x80)
		b->flaws |=
		    b->in_header ? FAKE_FLAW_8BIT_HEADER : FAKE_FLAW_8BIT_BODY;
	keep(b, p, BLOCK);
	b->before = p[BLOCK - 1];
	if (!s.newline) {
		measure_line(b, unmeasured);
		b->line += BLOCK;
		b->place = IN_LINE;
		return true;
	}
	if (!*unmeasured && b->line + BLOCK > TEXT_MAX) {
		const unsigned char *first = memchr(p, '\n', BLOCK);
		if (b->line + (size_t)(first - p) > TEXT_MAX + 1)
			b->flaws |= FAKE_FLAW_LONG_LINE;
	}
	*unmeasured = p;
	return true;
}

/* Whether a line feed and a dot stand side by side from P to P + BLOCK. */
WITH_CLONES static bool
holds_dot(const unsigned char *p)
{
	unsigned char found = 0;

	for (size_t i = 0; i < BLOCK; i++)
		found |= (unsigned char)((p[i] == '\n') & (p[i + 1] == '.'));
	return found;
}

/* Where the first dot after a line feed stands in P[1..N); N if nowhere. */
static size_t
find_dot(const unsigned char *p, size_t n)
{
	size_t i = 0;

	while (n - i > BLOCK && !holds_dot(p + i))
		i += BLOCK;
	for (i++; i < n; i++)
		if (p[i] == '.' && p[i - 1] == '\n')
			return i;
	return n;
}

/* Pass over octets from P[0] on, which P[-1] precedes, up to a dot that may
   mean something. */
static size_t
pass_over(struct fake_body *b, const unsigned char *p, size_t n)
{
	size_t far = find_dot(p - 1, n + 1) - 1;

	if (!far)
		return 0;
	b->bytes += far;
	b->before = p[far - 1];
	b->place = b->before == '\n' && p[(ptrdiff_t)far - 2] == '\r' ? AT_START
								      : IN_LINE;
	return far;
}

/* Look at every octet; return how many belonged to the message. */
static size_t
feed_all(struct fake_body *b, const unsigned char *p, size_t n)
{
	const unsigned char *unmeasured = NULL;
	size_t i = 0;

	while (i < n && b->place != AT_END) {
		/* The first octet goes by itself, for the look behind. */
		size_t stop = i + 1;
		if (i > 0 && n - i >= BLOCK &&
		    (b->place == IN_LINE || b->place == AT_START)) {
			stop = i + BLOCK;
			if (take_block(b, p + i, &unmeasured)) {
				i = stop;
				continue;
			}
		}
		measure_line(b, &unmeasured);
		while (i < stop && b->place != AT_END)
			take_octet(b, p[i++]);
	}
	measure_line(b, &unmeasured);
	return i;
}

/* Look at octets after a line feed and a dot, and pass over the others. */
static size_t
feed_dots(struct fake_body *b, const unsigned char *p, size_t n)
{
	size_t i = 0;

	while (i < n && b->place != AT_END) {
		if (i > 0 && (b->place == IN_LINE || b->place == AT_START))
			i += pass_over(b, p + i, n - i);
		if (i < n)
			take_octet(b, p[i++]);
	}
	return i;
}

size_t
fake_body_feed(struct fake_body *b, const char *bytes, size_t n, bool *ret_end)
{
	const unsigned char *p = (const unsigned char *)bytes;
	size_t used = n;

	if (b->care > FAKE_CARE_END)
		used = feed_all(b, p, n);
	else if (b->dotted)
		used = feed_dots(b, p, n);
	else
		b->bytes += n;
	if (b->place == AT_END)
		*ret_end = true;
	return used;
}

void
fake_body_finish(struct fake_body *b)
{
	if (b->care < FAKE_CARE_FLAWS)
		b->flaws = 0;
	if (b->dotted || b->care < FAKE_CARE_FLAWS)
		return;
	if (b->before == '\r')
		b->flaws |= FAKE_FLAW_BARE_CR;
	if (b->place != AT_START)
		b->flaws |= FAKE_FLAW_NO_FINAL_CRLF;
}

void
fake_body_clear(struct fake_body *b)
{
	free(b->kept);
	*b = (struct fake_body){ 0 };
}
