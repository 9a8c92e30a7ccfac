#include "digest/edition_part.h"

#include <assert.h>
#include <string.h>

#include "base/vec.h"

#define MARK_OPEN  "\ufdd0"
#define MARK_CLOSE "\ufdd1"

enum {
	OPEN_BYTES = sizeof(MARK_OPEN) - 1,
	MARK_BYTES = sizeof(MARK_OPEN "0" MARK_CLOSE) - 1,
};

const char *
edition_part_mark(enum personal personal)
{
	static const char marks[][MARK_BYTES + 1] = {
		"",
		MARK_OPEN "1" MARK_CLOSE,
		MARK_OPEN "2" MARK_CLOSE,
		MARK_OPEN "3" MARK_CLOSE,
		MARK_OPEN "4" MARK_CLOSE,
		MARK_OPEN "5" MARK_CLOSE,
		MARK_OPEN "6" MARK_CLOSE,
		MARK_OPEN "7" MARK_CLOSE,
	};

	static_assert(sizeof(marks) / sizeof(*marks) == PERSONALS,
	    "one mark for each personal field");
	return marks[personal];
}

/* The field whose mark stands at `at`, PERSONAL_NONE when none does. */
static enum personal
read_mark(const char *at, const char *end)
{
	for (size_t i = PERSONAL_NONE + 1; i < PERSONALS; i++)
		if (end - at >= MARK_BYTES &&
		    memcmp(at, edition_part_mark((enum personal)i),
			MARK_BYTES) == 0)
			return (enum personal)i;
	return PERSONAL_NONE;
}

bool
edition_part_cut(struct arena *arena, const char *bytes, size_t count,
    struct edition_part *ret_part, struct err *err)
{
	GM_VEC(struct edition_segment) segments = { 0 };
	const char *end = bytes + count, *start = bytes, *p;
	enum personal then = PERSONAL_NONE;

	while (
	    (p = memmem(start, (size_t)(end - start), MARK_OPEN, OPEN_BYTES))) {
		then = read_mark(p, end);
		if (then == PERSONAL_NONE)
			break;
		vec_push(&segments, ((struct edition_segment){
					start, (size_t)(p - start), then }));
		start = p + MARK_BYTES;
	}
	vec_push(&segments, ((struct edition_segment){
				start, (size_t)(end - start), PERSONAL_NONE }));
	ret_part->count = segments.count;
	ret_part->segments = arena_copy(
	    arena, segments.items, segments.count * sizeof(*segments.items));
	vec_clear(&segments);
	return p == NULL || err_set(err, ERR_DATA,
				"a noncharacter (U+FDD0) stands in the text");
}

void
edition_escape(const char *value, struct buf *out)
{
	for (; *value; value++) {
		switch (*value) {
		case '&':
			buf_add_str(out, "&amp;");
			break;
		case '<':
			buf_add_str(out, "&lt;");
			break;
		case '>':
			buf_add_str(out, "&gt;");
			break;
		case '"':
			buf_add_str(out, "&quot;");
			break;
		case '\'':
			buf_add_str(out, "&#39;");
			break;
		case '\t':
		case '\n':
		case '\v':
		case '\f':
		case '\r':
			buf_add_char(out, ' ');
			break;
		default:
			buf_add_char(out, *value);
		}
	}
}

void
edition_fill(const struct edition_part *part,
    const char *const values[PERSONALS], bool html, struct buf *out)
{
	for (size_t i = 0; i < part->count; i++) {
		const struct edition_segment *segment = &part->segments[i];

		buf_add(out, segment->bytes, segment->count);
		if (segment->then == PERSONAL_NONE)
			continue;
		if (html)
			edition_escape(values[segment->then], out);
		else
			buf_add_str(out, values[segment->then]);
	}
}
