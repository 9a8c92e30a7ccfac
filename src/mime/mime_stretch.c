#include "mime/mime_stretch.h"

#include <string.h>

#include "base/text.h"

enum {
	PHASES = MIME_STRETCH_PHASES,
	LINE = 170, /* bytes to a line that chooses, about */
};

size_t
mime_stretch_cut(const char *bytes, size_t count, size_t spread)
{
	size_t start = 0;

	while (start < count) {
		const char *end = memchr(bytes + start, '\n', count - start);
		size_t next = end != NULL ? (size_t)(end - bytes) + 1 : count;
		uint64_t hash = text_hash(bytes + start, next - start);

		if (next >= spread / 4 * 3 &&
		    (hash >> 32) % (spread / LINE) == 0)
			return next;
		start = next;
	}
	return count;
}

/* Every line end becomes CRLF. */
static char *
make_canonical(
    struct arena *arena, const char *bytes, size_t count, size_t *ret_count)
{
	char *canonical = arena_take(arena, 2 * count + 1, 1);
	const char *end = bytes + count;
	char *to = canonical;

	for (const char *p = bytes; p < end; p++) {
		if (*p != '\r' && *p != '\n') {
			*to++ = *p;
			continue;
		}
		to = mempcpy(to, "\r\n", 2);
		if (*p == '\r' && p + 1 < end && p[1] == '\n')
			p++;
	}
	*ret_count = (size_t)(to - canonical);
	return canonical;
}

void
mime_stretch_quote(struct arena *arena, const char *bytes, size_t count,
    bool is_last, bool is_pointed, struct mime_stretch *ret_stretch)
{
	struct arena *scratch GM_ARENA_AT_EXIT = arena_new();
	char *quoted =
	    arena_take(scratch, mime_quoted_printable_room(count) + 3, 1);
	char *end = mime_quoted_printable(bytes, count, quoted);

	if (end > quoted && end[-1] != '\n')
		end = stpcpy(end, is_last ? "\r\n" : "=\r\n");
	*ret_stretch = (struct mime_stretch){ .is_pointed = is_pointed };
	ret_stretch->phases[0].count = (size_t)(end - quoted);
	ret_stretch->phases[0].bytes =
	    arena_copy(arena, quoted, (size_t)(end - quoted));
}

static void
encode_phase(struct arena *arena, const char *bytes, size_t count, size_t skip,
    struct mime_stretch_phase *ret_phase)
{
	struct mime_base64 body = { 0 };
	size_t whole = (count - skip) / 3 * 3;
	char *to = arena_take(arena, mime_base64_lines(whole), 1);
	char *end = mime_base64_add(&body, bytes + skip, whole, to);

	end = mime_base64_break(&body, end);
	*ret_phase = (struct mime_stretch_phase){
		.bytes = to,
		.count = (size_t)(end - to),
		.rest_count = count - skip - whole,
	};
	memcpy(ret_phase->rest, bytes + skip + whole, ret_phase->rest_count);
}

void
mime_stretch_phase(struct arena *arena, const char *bytes, size_t count,
    bool is_pointed, struct mime_stretch *ret_stretch)
{
	struct arena *scratch GM_ARENA_AT_EXIT = arena_new();
	char *canonical = make_canonical(scratch, bytes, count, &count);

	*ret_stretch = (struct mime_stretch){
		.is_pointed = is_pointed,
		.plain_count = is_pointed ? PHASES - 1 : count,
	};
	for (size_t skip = 0; is_pointed && skip < PHASES; skip++)
		encode_phase(
		    arena, canonical, count, skip, &ret_stretch->phases[skip]);
	ret_stretch->plain =
	    arena_copy(arena, canonical, ret_stretch->plain_count);
}

size_t
mime_stretch_room(const struct mime_stretch *stretch, bool is_base64)
{
	if (is_base64)
		return mime_base64_room(stretch->plain_count);
	return stretch->is_pointed ? 0 : stretch->phases[0].count;
}

void
mime_stretch_put_quoted(
    const struct mime_stretch *stretch, struct mime_pen *pen)
{
	const struct mime_stretch_phase *quoted = &stretch->phases[0];

	if (stretch->is_pointed)
		mime_pen_point(pen, quoted->bytes, quoted->count);
	else
		mime_pen_put(pen, quoted->bytes, quoted->count);
}

void
mime_stretch_put_base64(const struct mime_stretch *stretch,
    struct mime_base64 *body, struct mime_pen *pen)
{
	size_t skip = (PHASES - body->carried) % PHASES;
	const struct mime_stretch_phase *phase = &stretch->phases[skip];

	if (!stretch->is_pointed) {
		pen->at = mime_base64_add(
		    body, stretch->plain, stretch->plain_count, pen->at);
		return;
	}
	pen->at = mime_base64_add(body, stretch->plain, skip, pen->at);
	pen->at = mime_base64_break(body, pen->at);
	mime_pen_point(pen, phase->bytes, phase->count);
	memcpy(body->carry, phase->rest, phase->rest_count);
	body->carried = phase->rest_count;
}
