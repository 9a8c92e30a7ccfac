#include "mime/mime.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "mime/mime_encode.h"

enum {
	FOLD_AT = 76,      /* columns of a line with encoded words at most */
	LONGEST_WORD = 75, /* of one encoded word (RFC 2047 section 2) */
	LONGEST_LINE = 998,
	LONGEST_TOKEN = 200, /* plain words beyond are encoded */
	LONGEST_PHRASE = 60, /* plain names beyond are encoded */
};

static const char word_start[] = "=?UTF-8?";
static const char word_end[] = "?=";
enum { WORD_FRAME = sizeof(word_start) - 1 + 2 + sizeof(word_end) - 1 };

/* A header line being written. */
struct line {
	struct buf *out;
	size_t column;
};

static void
put(struct line *line, const void *bytes, size_t count)
{
	buf_add(line->out, bytes, count);
	line->column += count;
}

static void
put_str(struct line *line, const char *s)
{
	put(line, s, strlen(s));
}

/* Goes to a continuation line. */
static void
fold(struct line *line)
{
	buf_add_str(line->out, "\r\n");
	line->column = 0;
}

static bool
is_ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

/* What a Q word may hold as it is, in phrases too (RFC 2047 section 5 (3)). */
static bool
is_q_safe(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '!' || c == '*' ||
	       c == '+' || c == '/';
}

static size_t
q_chars(const char *text, size_t count)
{
	size_t chars = 0;

	for (size_t i = 0; i < count; i++)
		chars +=
		    is_q_safe((unsigned char)text[i]) || text[i] == ' ' ? 1 : 3;
	return chars;
}

static void
put_q(struct line *line, const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unsigned char c = (unsigned char)text[i];
		char escaped[3];

		if (is_q_safe(c) || c == ' ') {
			put(line, c == ' ' ? "_" : &text[i], 1);
			continue;
		}
		escaped[0] = '=';
		escaped[1] = "0123456789ABCDEF"[c >> 4];
		escaped[2] = "0123456789ABCDEF"[c & 15];
		put(line, escaped, 3);
	}
}

static void
put_b(struct line *line, const char *text, size_t count)
{
	size_t chars = mime_base64_chars(count);
	char *to = buf_reserve(line->out, chars);

	if (to == NULL)
		return;
	*mime_base64(text, count, to) = '\0';
	line->out->used += chars;
	line->column += chars;
}

static size_t
count_chars(const char *text, size_t count, bool q)
{
	return q ? q_chars(text, count) : mime_base64_chars(count);
}

/* Bytes of the next unit that must not be split: what a reader sees as one
   character, or, where that is too long for any word, one code point. */
static size_t
take_unit(const char *text, bool q, size_t (*character)(const char *))
{
	size_t bytes = character(text);

	if (count_chars(text, bytes, q) > LONGEST_WORD - WORD_FRAME)
		return text_utf8_bytes((unsigned char)*text);
	return bytes;
}

/* Bytes at the front of `text` whose encoding takes at most `room`. */
static size_t
fit(const char *text, bool q, size_t room, size_t (*character)(const char *))
{
	size_t bytes = 0;

	while (text[bytes] != '\0') {
		size_t more = bytes + take_unit(text + bytes, q, character);

		if (count_chars(text, more, q) > room)
			break;
		bytes = more;
	}
	return bytes;
}

/* Writes the text as encoded words, one a line. */
static void
put_words(
    struct line *line, const char *text, size_t (*character)(const char *))
{
	bool q = q_chars(text, strlen(text)) <= mime_base64_chars(strlen(text));

	while (*text != '\0') {
		size_t room = 0;
		size_t bytes;

		if (line->column + WORD_FRAME < FOLD_AT)
			room = FOLD_AT - WORD_FRAME - line->column;
		if (room > LONGEST_WORD - WORD_FRAME)
			room = LONGEST_WORD - WORD_FRAME;
		bytes = fit(text, q, room, character);
		if (bytes == 0) {
			fold(line);
			put_str(line, " ");
			continue;
		}
		put_str(line, word_start);
		put_str(line, q ? "Q?" : "B?");
		if (q)
			put_q(line, text, bytes);
		else
			put_b(line, text, bytes);
		put_str(line, word_end);
		text += bytes;
		if (*text != '\0') {
			fold(line);
			put_str(line, " ");
		}
	}
}

/* True when folding at blanks is all the text needs. */
static bool
is_plain_text(const char *text)
{
	size_t token = 0;

	if (!is_ascii(text) || strstr(text, "=?") != NULL || *text == '\0' ||
	    *text == ' ' || text[strlen(text) - 1] == ' ')
		return false;
	for (; *text != '\0'; text++) {
		token = *text == ' ' ? 0 : token + 1;
		if (token > LONGEST_TOKEN)
			return false;
	}
	return true;
}

/* Folds before the blanks between two words, which stay where they are. */
static void
put_plain_text(struct line *line, const char *text)
{
	while (*text != '\0') {
		size_t bytes = strspn(text, " ");

		bytes += strcspn(text + bytes, " ");
		if (*text == ' ' && line->column + bytes > FOLD_AT)
			fold(line);
		put(line, text, bytes);
		text += bytes;
	}
}

/* True when the name may stand as it is: atoms with one blank between. */
static bool
is_plain_phrase(const char *name)
{
	static const char others[] = "!#$%&'*+-/=?^_`{|}~";

	for (const char *p = name; *p != '\0'; p++) {
		bool blank =
		    *p == ' ' && p > name && p[1] != '\0' && p[1] != ' ';

		if (!blank && !is_q_safe((unsigned char)*p) &&
		    strchr(others, *p) == NULL)
			return false;
	}
	return true;
}

static void
put_quoted(struct line *line, const char *name)
{
	put_str(line, "\"");
	for (; *name != '\0'; name++) {
		if (*name == '"' || *name == '\\')
			put_str(line, "\\");
		put(line, name, 1);
	}
	put_str(line, "\"");
}

static void
put_named(struct line *line, const struct mime_field *field,
    size_t (*character)(const char *))
{
	const char *name = field->name;

	if (*name == '\0') {
		put_str(line, field->value);
		return;
	}
	if (!is_ascii(name) || strstr(name, "=?") != NULL ||
	    strlen(name) > LONGEST_PHRASE || name[strspn(name, " ")] == '\0')
		put_words(line, name, character);
	else if (is_plain_phrase(name))
		put_str(line, name);
	else
		put_quoted(line, name);
	if (line->column + strlen(field->value) + 3 > FOLD_AT)
		fold(line);
	put_str(line, " <");
	put_str(line, field->value);
	put_str(line, ">");
}

/* ASCII without control characters. */
static bool
is_printable(const char *s)
{
	return is_ascii(s) && !text_has_control(s);
}

bool
mime_add_field(const struct mime_field *field,
    size_t (*character)(const char *text), struct buf *out, struct err *err)
{
	struct line line = { .out = out };

	if (text_has_control(field->value) ||
	    (field->kind == MIME_NAMED && text_has_control(field->name)))
		return err_set(err, ERR_DATA,
		    "field %s: control characters or malformed UTF-8",
		    field->field);
	if (field->kind != MIME_TEXT && !is_printable(field->value))
		return err_set(err, ERR_DATA, "field %s: '%s' is not ASCII",
		    field->field, field->value);
	if (strlen(field->field) + strlen(field->value) + 2 > LONGEST_LINE &&
	    field->kind != MIME_TEXT)
		return err_set(err, ERR_DATA,
		    "field %s: over %d bytes that cannot be folded",
		    field->field, LONGEST_LINE);
	put_str(&line, field->field);
	put_str(&line, ": ");
	switch (field->kind) {
	case MIME_TEXT:
		if (is_plain_text(field->value))
			put_plain_text(&line, field->value);
		else
			put_words(&line, field->value, character);
		break;
	case MIME_NAMED:
		put_named(&line, field, character);
		break;
	case MIME_PLAIN:
		put_str(&line, field->value);
		break;
	}
	buf_add_str(out, "\r\n");
	return true;
}
