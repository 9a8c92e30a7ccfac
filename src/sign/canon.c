#include "sign/canon.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/vec.h"

static const char blanks[] = " \t\r\n";

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The CRLF at or behind `p`; NULL when there is none. */
static const char *
find_line_end(const char *p, const char *end)
{
	for (; (p = memchr(p, '\r', (size_t)(end - p))) != NULL; p++)
		if (end - p >= 2 && p[1] == '\n')
			return p;
	return NULL;
}

/* The end of the field at `p`: the first CRLF without a fold behind it. */
static const char *
find_field_end(const char *p, const char *end)
{
	const char *at = p;

	while ((at = find_line_end(at, end)) != NULL) {
		if (end - at < 3 || !is_blank(at[2]))
			return at;
		at += 2;
	}
	return end;
}

static bool
read_field(const char *p, const char *end, struct canon_field *ret_field)
{
	const char *colon = memchr(p, ':', (size_t)(end - p));
	const char *name_end = colon;

	while (name_end != NULL && name_end > p && is_blank(name_end[-1]))
		name_end--;
	if (name_end == NULL || name_end == p)
		return false;

	/* A name is of visible characters alone (RFC 5322 section 2.2). */
	for (const char *c = p; c < name_end; c++)
		if (*c <= ' ' || *c >= 0x7f)
			return false;
	*ret_field = (struct canon_field){
		.bytes = p,
		.count = (size_t)(end - p),
		.name_count = (size_t)(name_end - p),
	};
	return true;
}

bool
canon_split(const char *bytes, size_t count, struct canon_message *ret_message,
    struct err *err)
{
	struct canon_message message = { 0 };
	const char *end = bytes + count;
	const char *p = bytes;

	while (p < end && !(end - p >= 2 && memcmp(p, "\r\n", 2) == 0)) {
		const char *field_end = find_field_end(p, end);
		struct canon_field field;

		if (!read_field(p, field_end, &field)) {
			canon_clear(&message);
			return err_set(err, ERR_DATA,
			    "the header holds a line that is no field");
		}
		vec_push(&message, field);
		p = end - field_end >= 2 ? field_end + 2 : end;
	}
	message.body = end - p >= 2 ? p + 2 : end;
	message.body_count = (size_t)(end - message.body);
	*ret_message = message;
	return true;
}

void
canon_clear(struct canon_message *message)
{
	vec_clear(message);
}

static bool
has_name(const struct canon_field *field, const char *name, size_t count)
{
	return field->name_count == count &&
	       strncasecmp(field->bytes, name, count) == 0;
}

size_t
canon_count(const struct canon_message *message, const char *name)
{
	size_t found = 0;

	for (size_t i = 0; i < message->count; i++)
		if (has_name(&message->items[i], name, strlen(name)))
			found++;
	return found;
}

/* Adds text with runs of blanks as one space, none at its end. In a field
   (`unfold`) a CRLF is no byte of the text: only folds hold one. */
static void
add_reduced(const char *p, const char *end, bool unfold, struct buf *out)
{
	/* It never grows. */
	char *from = buf_reserve(out, (size_t)(end - p));
	char *to = from;
	bool gap = false;

	if (from == NULL)
		return;
	for (; p < end; p++) {
		if (is_blank(*p)) {
			gap = true;
		} else if (unfold && *p == '\r' && end - p >= 2 &&
			   p[1] == '\n') {
			p++;
		} else {
			if (gap)
				*to++ = ' ';
			gap = false;
			*to++ = *p;
		}
	}
	*to = '\0';
	out->used += (size_t)(to - from);
}

void
canon_add_field(const char *bytes, size_t count, struct buf *out)
{
	const char *end = bytes + count;
	const char *colon = memchr(bytes, ':', count);
	const char *value = colon + 1;
	const char *name_end = colon;

	while (name_end > bytes && is_blank(name_end[-1]))
		name_end--;
	for (const char *p = bytes; p < name_end; p++)
		buf_add_char(
		    out, (char)(*p >= 'A' && *p <= 'Z' ? *p + 'a' - 'A' : *p));
	buf_add_char(out, ':');

	/* Skip what stands between the colon and the value, folds too. */
	while (value < end &&
	       (is_blank(*value) ||
		   (end - value >= 2 && memcmp(value, "\r\n", 2) == 0)))
		value += is_blank(*value) ? 1 : 2;
	add_reduced(value, end, true, out);
}

/* The lowest field of that name above `below`; `below` counts from the top.
   SIZE_MAX when there is none. */
static size_t
find_upwards(const struct canon_message *message, const char *name,
    size_t count, size_t below)
{
	for (size_t i = below; i-- > 0;)
		if (has_name(&message->items[i], name, count))
			return i;
	return SIZE_MAX;
}

void
canon_add_fields(
    const struct canon_message *message, const char *names, struct buf *out)
{
	bool *taken = mem_new(message->count, sizeof(*taken));

	while (*names != '\0') {
		size_t count;
		size_t at = message->count;

		names += strspn(names, blanks);
		count = strcspn(names, ": \t\r\n");
		do {
			at = find_upwards(message, names, count, at);
		} while (at != SIZE_MAX && taken[at]);
		if (at != SIZE_MAX) {
			taken[at] = true;
			canon_add_field(message->items[at].bytes,
			    message->items[at].count, out);
			buf_add_str(out, "\r\n");
		}
		names += count;
		names += strspn(names, blanks);
		names += *names == ':';
	}
	free(taken);
}

void
canon_add_body(const char *bytes, size_t count, struct buf *out)
{
	const char *end = bytes + count;
	size_t empty_lines = 0;

	while (bytes < end) {
		const char *line_end = find_line_end(bytes, end);
		const char *next = line_end != NULL ? line_end + 2 : end;

		/* Hold empty lines back until a line with text follows. */
		if (line_end == NULL)
			line_end = end;
		while (line_end > bytes && is_blank(line_end[-1]))
			line_end--;
		if (line_end == bytes) {
			empty_lines++;
			bytes = next;
			continue;
		}
		for (; empty_lines > 0; empty_lines--)
			buf_add_str(out, "\r\n");
		add_reduced(bytes, line_end, false, out);
		buf_add_str(out, "\r\n");
		bytes = next;
	}
}
