#include "mime/mime_skeleton.h"

#include <libetpan/libetpan.h>
#include <string.h>

#include "base/mem.h"

static const char body[] = { MIME_SKELETON_BODY, '\r', '\n', '\0' };

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
make_text_part(const char *subtype, bool is_base64)
{
	clist *parameters = must(clist_new());
	int encoding = is_base64 ? MAILMIME_MECHANISM_BASE64
				 : MAILMIME_MECHANISM_QUOTED_PRINTABLE;
	struct mailmime_mechanism *mechanism =
	    must(mailmime_mechanism_new(encoding, NULL));
	struct mailmime_type *type = must(mailmime_type_new(
	    MAILMIME_TYPE_DISCRETE_TYPE,
	    must(mailmime_discrete_type_new(MAILMIME_DISCRETE_TYPE_TEXT, NULL)),
	    NULL));
	struct mailmime_fields *fields;
	struct mailmime_data *data;

	add_parameter(parameters, "charset", "utf-8");
	fields =
	    mailmime_fields_new_with_data(mechanism, NULL, NULL, NULL, NULL);
	data = must(mailmime_data_new(
	    MAILMIME_DATA_TEXT, encoding, 1, body, sizeof(body) - 1, NULL));
	return must(mailmime_new(MAILMIME_SINGLE, NULL, 0, must(fields),
	    must(mailmime_content_new(type, must_strdup(subtype), parameters)),
	    data, NULL, NULL, NULL, NULL, NULL));
}

/* A picture that is shown within the html. */
static struct mailmime *
make_picture(const struct mime_picture *picture)
{
	clist *parameters = must(clist_new());
	struct mailmime_type *type =
	    must(mailmime_type_new(MAILMIME_TYPE_DISCRETE_TYPE,
		must(mailmime_discrete_type_new(
		    MAILMIME_DISCRETE_TYPE_IMAGE, NULL)),
		NULL));
	struct mailmime_disposition *disposition =
	    must(mailmime_disposition_new_filename(
		MAILMIME_DISPOSITION_TYPE_INLINE, must_strdup(picture->name)));
	struct mailmime_fields *fields = must(mailmime_fields_new_with_data(
	    must(mailmime_mechanism_new(MAILMIME_MECHANISM_BASE64, NULL)),
	    must_strdup(picture->id), NULL, disposition, NULL));
	struct mailmime_data *data = must(mailmime_data_new(MAILMIME_DATA_TEXT,
	    MAILMIME_MECHANISM_BASE64, 1, body, sizeof(body) - 1, NULL));

	add_parameter(parameters, "name", picture->name);
	return must(mailmime_new(MAILMIME_SINGLE, NULL, 0, fields,
	    must(mailmime_content_new(
		type, must_strdup(picture->subtype), parameters)),
	    data, NULL, NULL, NULL, NULL, NULL));
}

/* A multipart without its parts. */
static struct mailmime *
make_multipart(
    const char *subtype, const char *start_type, const char *boundary)
{
	clist *parameters = must(clist_new());
	struct mailmime_type *type =
	    must(mailmime_type_new(MAILMIME_TYPE_COMPOSITE_TYPE, NULL,
		must(mailmime_composite_type_new(
		    MAILMIME_COMPOSITE_TYPE_MULTIPART, NULL))));

	if (start_type != NULL)
		add_parameter(parameters, "type", start_type);
	add_parameter(parameters, "boundary", boundary);
	return must(mailmime_new(MAILMIME_MULTIPLE, NULL, 0,
	    must(mailmime_fields_new_empty()),
	    must(mailmime_content_new(type, must_strdup(subtype), parameters)),
	    NULL, NULL, NULL, must(clist_new()), NULL, NULL));
}

static void
add_part(struct mailmime *multipart, struct mailmime *part)
{
	if (mailmime_add_part(multipart, part) != MAILIMF_NO_ERROR)
		mem_exhausted();
}

/* Both texts, the text first, and what the html shows. */
static struct mailmime *
make_alternative(struct mailmime *text, struct mailmime *html,
    const struct mime_pictures *pictures, const char *boundary)
{
	struct mailmime *both = make_multipart("alternative", NULL, boundary);
	char related_boundary[80];
	struct mailmime *related;

	add_part(both, text);
	if (pictures->count == 0) {
		add_part(both, html);
		return both;
	}
	snprintf(related_boundary, sizeof(related_boundary), "%s%s",
	    MIME_SKELETON_RELATED, boundary);
	related = make_multipart("related", "text/html", related_boundary);
	add_part(both, related);
	add_part(related, html);
	for (size_t i = 0; i < pictures->count; i++)
		add_part(related, make_picture(pictures->items[i]));
	return both;
}

/* No blank before a line end: the relaxed form of DKIM has none, and these
   fields are a part of the body. */
static char *
strip_blanks(struct arena *arena, const char *written, size_t count)
{
	char *copy = arena_take(arena, count + 1, 1);
	char *to = copy;

	for (size_t i = 0; i < count; i++) {
		if (written[i] == '\r')
			while (to > copy && to[-1] == ' ')
				to--;
		*to++ = written[i];
	}
	return copy;
}

char *
mime_skeleton(struct arena *arena, bool text_is_base64, bool has_html,
    bool html_is_base64, const struct mime_pictures *pictures,
    const char *boundary)
{
	struct mailmime *part = make_text_part("plain", text_is_base64);
	MMAPString *written = must(mmap_string_new(""));
	struct mailmime *whole;
	char *skeleton;
	int column = 0;

	if (has_html)
		part = make_alternative(part,
		    make_text_part("html", html_is_base64), pictures, boundary);

	/* libetpan writes the fields of a part only within a whole. */
	whole = must(mailmime_new(MAILMIME_MESSAGE, NULL, 0, NULL,
	    must(mailmime_get_content_message()), NULL, NULL, NULL, NULL, NULL,
	    part));
	if (mailmime_write_mem(written, &column, whole) != MAILIMF_NO_ERROR)
		mem_exhausted();
	skeleton = strip_blanks(arena, written->str, written->len);
	mmap_string_free(written);
	mailmime_free(whole);
	return skeleton;
}
