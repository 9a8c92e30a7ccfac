#include "mime/mime.h"

#include <libetpan/libetpan.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "mime/mime_encode.h"
#include "mime/mime_shared.h"

enum {
	LARGEST_BODY = 64 << 20, /* decoded or encoded */
	BASE64_LINE = 76,
};

/* A body made ready to be written. */
struct body {
	struct buf bytes; /* canonical: lines end in CRLF */
	int mechanism;    /* MAILMIME_MECHANISM_… */
	struct buf encoded;
};

/* Stands for a body in what libetpan writes: it goes through a text byte by
   byte, and ours are ready. No field or boundary can hold it. */
static const char stand_in[] = "\001\r\n";

/* libetpan answers NULL when memory is short, which ends the process. */
static void *
must(void *p)
{
	if (p == NULL)
		mem_exhausted();
	return p;
}

static char *
must_strdup(const char *s)
{
	return must(strdup(s));
}

/* Brings in the bytes, with a line end at their end. */
static bool
fill(const struct mime_text *text, const char *what, struct buf *out,
    struct err *err)
{
	if (text->shared != NULL) {
		if (!mime_shared_fill(text->shared, text->values, out))
			return err_set(err, ERR_DATA,
			    "the %s part is empty or malformed", what);
	} else {
		if (text->count == 0)
			return err_set(
			    err, ERR_DATA, "the %s part is empty", what);
		if (!text_is_utf8(text->bytes, text->count))
			return err_set(err, ERR_DATA,
			    "the %s part holds NUL or malformed UTF-8", what);
		mime_shared_canonical(text->bytes, text->count, out);
		if (out->used > 0 && out->bytes[out->used - 1] != '\n')
			buf_add(out, "\r\n", 2);
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
		    ++column > MIME_LONGEST_PLAIN_LINE)
			return false;
		/* Mailboxes quote such lines, which breaks signatures. */
		if (column == 1 && text_starts(bytes->bytes + i, "From "))
			return false;
	}
	return strstr(bytes->bytes, boundary) == NULL;
}

/* Encodes by the mechanism that makes the fewest bytes. */
static void
encode_any(struct body *body, const char *boundary)
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
encode(
    struct body *body, const struct mime_shared *shared, const char *boundary)
{
	enum mime_shared_way way =
	    shared != NULL ? mime_shared_way(shared) : MIME_SHARED_ANY;
	struct buf filled = body->bytes;

	switch (way) {
	case MIME_SHARED_ANY:
		encode_any(body, boundary);
		break;
	case MIME_SHARED_BASE64:
		body->mechanism = MAILMIME_MECHANISM_BASE64;
		mime_base64_lines(filled.bytes, filled.used, &body->encoded);
		break;
	case MIME_SHARED_QUOTED_PRINTABLE:
		body->mechanism = MAILMIME_MECHANISM_QUOTED_PRINTABLE;
		body->bytes = body->encoded;
		body->encoded = filled;
		break;
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
		mem_exhausted();
}

/* A part that holds a stand-in for the body. */
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
	    stand_in, sizeof(stand_in) - 1, NULL));
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
		mem_exhausted();
	return both;
}

/* Appends what libetpan wrote, the bodies in the place of their stand-ins. */
static void
put_bodies(const MMAPString *written, const struct body *const bodies[2],
    struct buf *out)
{
	const char *p = written->str;
	const char *end = p + written->len;
	const char *stop;

	while ((stop = memchr(p, stand_in[0], (size_t)(end - p))) != NULL) {
		const struct buf *body = &(*bodies++)->encoded;

		buf_add(out, p, (size_t)(stop - p));
		buf_add(out, body->bytes, body->used);
		p = stop + sizeof(stand_in) - 1;
	}
	buf_add(out, p, (size_t)(end - p));
}

/* Frees the part, too. */
static void
write_part(
    struct mailmime *part, const struct body *const bodies[2], struct buf *out)
{
	/* libetpan writes the fields of a part only within a whole. */
	struct mailmime *whole = must(mailmime_new(MAILMIME_MESSAGE, NULL, 0,
	    NULL, must(mailmime_get_content_message()), NULL, NULL, NULL, NULL,
	    NULL, part));
	MMAPString *written = must(mmap_string_new(""));
	int column = 0;

	if (mailmime_write_mem(written, &column, whole) != MAILIMF_NO_ERROR)
		mem_exhausted();
	put_bodies(written, bodies, out);
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
	bool has_html = message->html.count > 0 || message->html.shared != NULL;
	struct body text, html;
	const struct body *const bodies[] = { &text, &html };
	struct mailmime *part;
	bool made = false;

	init_body(&text);
	init_body(&html);
	for (size_t i = 0; i < message->field_count; i++)
		if (!mime_add_field(
			&message->fields[i], message->character, out, err))
			goto out;
	if (!check_boundary(message->boundary, err) ||
	    !fill(&message->text, "text", &text.bytes, err) ||
	    (has_html && !fill(&message->html, "html", &html.bytes, err)))
		goto out;
	encode(&text, message->text.shared, message->boundary);
	part = make_text_part("plain", &text);
	if (has_html) {
		encode(&html, message->html.shared, message->boundary);
		part = make_alternative(
		    part, make_text_part("html", &html), message->boundary);
	}
	buf_add_str(out, "MIME-Version: 1.0\r\n");
	write_part(part, bodies, out);
	made = !out->overflowed ||
	       err_set(err, ERR_DATA, "the message is too large");
out:
	clear_body(&text);
	clear_body(&html);
	return made;
}
