#include "mime/mime.h"

#include <libetpan/libetpan.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "mime/mime_encode.h"

enum {
	LARGEST_BODY = 64 << 20, /* decoded or encoded */
	LONGEST_PLAIN_LINE = 78, /* of a body that is sent as it is */
	BASE64_LINE = 76,
};

/* A body made ready to be written. */
struct body {
	struct buf bytes; /* canonical: lines end in CRLF */
	int mechanism;    /* MAILMIME_MECHANISM_… */
	struct buf encoded;
};

/* libetpan answers NULL when memory is short, which ends the process. */
static void *
must(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

static char *
must_strdup(const char *s)
{
	return must(strdup(s));
}

/* Makes every line end a CRLF and sees to one at the end. */
static bool
canonicalise(const struct mime_text *text, const char *what, struct buf *out,
    struct err *err)
{
	const char *p = text->bytes;
	const char *end = p + text->count;

	if (text->count == 0)
		return err_set(err, ERR_DATA, "the %s part is empty", what);
	if (!text_is_utf8(text->bytes, text->count))
		return err_set(err, ERR_DATA,
		    "the %s part holds NUL or malformed UTF-8", what);
	while (p < end) {
		const char *stop = p;

		while (stop < end && *stop != '\n' && *stop != '\r')
			stop++;
		buf_add(out, p, (size_t)(stop - p));
		buf_add(out, "\r\n", 2);
		p = stop;
		if (p < end && *p == '\r')
			p++;
		if (p < end && *p == '\n')
			p++;
	}
	if (out->overflowed)
		return err_set(err, ERR_DATA, "the %s part is too large", what);
	return true;
}

/* True when the bytes may go out as they are. */
static bool
is_plain(const struct buf *bytes, const char *boundary)
{
	size_t column = 0;

	for (size_t i = 0; i < bytes->used; i++) {
		unsigned char c = (unsigned char)bytes->bytes[i];

		if (c == '\r')
			continue;
		if (c == '\n') {
			/* Blanks at the end of a line get lost on the way. */
			if (column > 0 && (bytes->bytes[i - 2] == ' ' ||
					      bytes->bytes[i - 2] == '\t'))
				return false;
			column = 0;
			continue;
		}
		if (c >= 0x7f || (c < ' ' && c != '\t') ||
		    ++column > LONGEST_PLAIN_LINE)
			return false;
		/* Mailboxes quote such lines, which breaks signatures. */
		if (column == 1 && text_starts(bytes->bytes + i, "From "))
			return false;
	}
	return strstr(bytes->bytes, boundary) == NULL;
}

/* Encodes by the mechanism that makes the fewest bytes. */
static void
encode(struct body *body, const char *boundary)
{
	const char *bytes = body->bytes.bytes;
	size_t count = body->bytes.used;
	size_t base64 = mime_base64_chars(count);

	base64 += (base64 + BASE64_LINE - 1) / BASE64_LINE * 2;
	if (is_plain(&body->bytes, boundary)) {
		body->mechanism = MAILMIME_MECHANISM_7BIT;
		buf_add(&body->encoded, bytes, count);
	} else if (mime_quoted_printable_chars(bytes, count) <= base64) {
		body->mechanism = MAILMIME_MECHANISM_QUOTED_PRINTABLE;
		mime_quoted_printable(bytes, count, &body->encoded);
	} else {
		body->mechanism = MAILMIME_MECHANISM_BASE64;
		mime_base64_lines(bytes, count, &body->encoded);
	}
}

static void
init_body(struct body *body)
{
	buf_init(&body->bytes, LARGEST_BODY);
	buf_init(&body->encoded, 2 * (size_t)LARGEST_BODY);
}

static void
clear_body(struct body *body)
{
	buf_clear(&body->bytes);
	buf_clear(&body->encoded);
}

static void
add_parameter(clist *parameters, const char *name, const char *value)
{
	struct mailmime_parameter *parameter =
	    must(mailmime_parameter_new(must_strdup(name), must_strdup(value)));

	if (clist_append(parameters, parameter) < 0)
		abort();
}

/* The part that holds `body`, which must outlive it. */
static struct mailmime *
make_text_part(const char *subtype, const struct body *body)
{
	clist *parameters = must(clist_new());
	struct mailmime_mechanism *mechanism =
	    must(mailmime_mechanism_new(body->mechanism, NULL));
	struct mailmime_type *type = must(mailmime_type_new(
	    MAILMIME_TYPE_DISCRETE_TYPE,
	    must(mailmime_discrete_type_new(MAILMIME_DISCRETE_TYPE_TEXT, NULL)),
	    NULL));
	struct mailmime_fields *fields;
	struct mailmime_data *data;

	add_parameter(parameters, "charset", "utf-8");
	fields =
	    mailmime_fields_new_with_data(mechanism, NULL, NULL, NULL, NULL);
	data = must(mailmime_data_new(MAILMIME_DATA_TEXT, body->mechanism, 1,
	    body->encoded.bytes, body->encoded.used, NULL));
	return must(mailmime_new(MAILMIME_SINGLE, NULL, 0, must(fields),
	    must(mailmime_content_new(type, must_strdup(subtype), parameters)),
	    data, NULL, NULL, NULL, NULL, NULL));
}

/* multipart/alternative of both, which it then owns. */
static struct mailmime *
make_alternative(
    struct mailmime *text, struct mailmime *html, const char *boundary)
{
	clist *parameters = must(clist_new());
	struct mailmime_type *type =
	    must(mailmime_type_new(MAILMIME_TYPE_COMPOSITE_TYPE, NULL,
		must(mailmime_composite_type_new(
		    MAILMIME_COMPOSITE_TYPE_MULTIPART, NULL))));
	struct mailmime *both;

	add_parameter(parameters, "boundary", boundary);
	both = must(mailmime_new(MAILMIME_MULTIPLE, NULL, 0,
	    must(mailmime_fields_new_empty()),
	    must(mailmime_content_new(
		type, must_strdup("alternative"), parameters)),
	    NULL, NULL, NULL, must(clist_new()), NULL, NULL));
	if (mailmime_add_part(both, text) != MAILIMF_NO_ERROR ||
	    mailmime_add_part(both, html) != MAILIMF_NO_ERROR)
		abort();
	return both;
}

/* Frees the part, too. */
static void
write_part(struct mailmime *part, struct buf *out)
{
	/* libetpan writes the fields of a part only within a whole. */
	struct mailmime *whole = must(mailmime_new(MAILMIME_MESSAGE, NULL, 0,
	    NULL, must(mailmime_get_content_message()), NULL, NULL, NULL, NULL,
	    NULL, part));
	MMAPString *written = must(mmap_string_new(""));
	int column = 0;

	if (mailmime_write_mem(written, &column, whole) != MAILIMF_NO_ERROR)
		abort();
	buf_add(out, written->str, written->len);
	mmap_string_free(written);
	mailmime_free(whole);
}

static bool
check_boundary(const char *boundary, struct err *err)
{
	size_t chars = strlen(boundary);

	if (chars < 1 || chars > 70 || boundary[chars - 1] == ' ' ||
	    strspn(boundary, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz"
			     "0123456789'()+_,-./:=?") != chars)
		return err_set(
		    err, ERR_SOFTWARE, "'%s' is no boundary", boundary);
	return true;
}

bool
mime_compose(
    const struct mime_message *message, struct buf *out, struct err *err)
{
	bool has_html = message->html.count > 0;
	struct body text, html;
	struct mailmime *part;
	bool made = false;

	init_body(&text);
	init_body(&html);
	for (size_t i = 0; i < message->field_count; i++)
		if (!mime_add_field(
			&message->fields[i], message->character, out, err))
			goto out;
	if (!check_boundary(message->boundary, err) ||
	    !canonicalise(&message->text, "text", &text.bytes, err) ||
	    (has_html &&
		!canonicalise(&message->html, "html", &html.bytes, err)))
		goto out;
	encode(&text, message->boundary);
	part = make_text_part("plain", &text);
	if (has_html) {
		encode(&html, message->boundary);
		part = make_alternative(
		    part, make_text_part("html", &html), message->boundary);
	}
	buf_add_str(out, "MIME-Version: 1.0\r\n");
	write_part(part, out);
	made = !out->overflowed ||
	       err_set(err, ERR_DATA, "the message is too large");
out:
	clear_body(&text);
	clear_body(&html);
	return made;
}
