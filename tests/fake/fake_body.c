#include "fake_body.h"

#include "fake_memory.h"

/* Octets that are surveyed at once; short enough that lines are still exact. */
#define BLOCK     256
#define LINE_MAX_ 998

enum place { AT_START, IN_LINE, AFTER_DOT, AFTER_DOT_CR, AT_END };

struct survey {
	unsigned char bare, dot, blank, newline, high;
};

void
fake_body_start(struct fake_body *b, bool dotted, bool keep)
{
	char *kept = b->kept;
	size_t cap = b->kept_cap;

	*b = (struct fake_body){ .dotted = dotted,
		.keep = keep,
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
	if (!b->keep)
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
	if (b->line > LINE_MAX_ + 1)
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

/* Look at one block at once; written so that the compiler makes vectors. */
static struct survey
survey_block(const unsigned char *p)
{
	struct survey s = { 0, 0, 0, 0, 0 };

	for (size_t i = 0; i < BLOCK; i++) {
		unsigned char c = p[i], before = p[(ptrdiff_t)i - 1];
		unsigned char lf = c == '\n', after_lf = before == '\n';
		s.bare |= (unsigned char)(lf ^ (before == '\r'));
		s.dot |= (unsigned char)(after_lf & (c == '.'));
		s.blank |= (unsigned char)(after_lf & (c == '\r'));
		s.newline |= lf;
		s.high |= c;
	}
	return s;
}

/* Take a whole block, p[-1] being the octet before it; false = not so easy. */
static bool
take_block(struct fake_body *b, const unsigned char *p)
{
	struct survey s = survey_block(p);

	if (s.bare || (s.dot && b->dotted) || (b->in_header && s.blank))
		return false;
	if (s.high & 0x80)
		b->flaws |=
		    b->in_header ? FAKE_FLAW_8BIT_HEADER : FAKE_FLAW_8BIT_BODY;
	keep(b, p, BLOCK);
	b->before = p[BLOCK - 1];
	b->place = IN_LINE;
	if (!s.newline) {
		b->line += BLOCK;
		return true;
	}

	/* Only a line that came in long can end too long in this block. */
	const unsigned char *last = memrchr(p, '\n', BLOCK);
	if (b->line + BLOCK > LINE_MAX_) {
		const unsigned char *first = memchr(p, '\n', BLOCK);
		if (b->line + (size_t)(first - p) > LINE_MAX_ + 1)
			b->flaws |= FAKE_FLAW_LONG_LINE;
	}
	b->line = (size_t)(p + BLOCK - 1 - last);
	if (b->line == 0)
		b->place = AT_START;
	return true;
}

size_t
fake_body_feed(struct fake_body *b, const char *bytes, size_t n, bool *ret_end)
{
	const unsigned char *p = (const unsigned char *)bytes;
	size_t i = 0;

	while (i < n && b->place != AT_END) {
		/* The first octet goes by itself, for the look behind. */
		if (i > 0 && n - i >= BLOCK &&
		    (b->place == IN_LINE || b->place == AT_START)) {
			if (take_block(b, p + i)) {
				i += BLOCK;
				continue;
			}
			size_t stop = i + BLOCK;
			while (i < stop && b->place != AT_END)
				take_octet(b, p[i++]);
			continue;
		}
		take_octet(b, p[i++]);
	}
	if (b->place == AT_END)
		*ret_end = true;
	return i;
}

void
fake_body_finish(struct fake_body *b)
{
	if (b->dotted)
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
