#include "mime/mime.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "mime/mime_encode.h"
#include "mime/mime_pen.h"
#include "mime/mime_shared.h"
#include "mime/mime_skeleton.h"

enum {
	LEAST_POINTED = 256, /* bytes; what is shorter is copied */
	LEAST_SPREAD = 1024, /* of stretches that forms share */
	MOST_POINTED = (MIME_PARTS - 1) / 2 - MIME_PICTURES_MOST,
	USUAL_STEPS = 8,
};

enum then {
	THEN_NOTHING,
	THEN_BOUNDARY,
	THEN_TEXT,
	THEN_HTML,
	THEN_PICTURE, /* and those behind it: the next picture each */
};

/* Bytes of all messages, and what of its own a message has behind them. */
struct step {
	const char *bytes;
	size_t count;
	enum then then;
};

struct mime_form {
	const char *fault; /* what is wrong; NULL: nothing */
	struct mime_shared *text;
	struct mime_shared *html; /* NULL: there is none */
	size_t text_values;
	size_t html_values;
	const struct mime_pictures *pictures;
	struct step *steps;
	size_t step_count;
	size_t most_steps;
	size_t boundary_chars;
	size_t header_count; /* the fields of MIME */
	size_t count;        /* all but the bodies */
};

/* The boundary or body that stands first in the skeleton. */
static const char *
find_stop(const char *at, const char *boundary, enum then *ret_then)
{
	const char *body = strchr(at, MIME_SKELETON_BODY);
	const char *line = strstr(at, boundary);

	*ret_then = THEN_NOTHING;
	if (line != NULL && (body == NULL || line < body)) {
		*ret_then = THEN_BOUNDARY;
		return line;
	}
	if (body != NULL)
		*ret_then = THEN_TEXT;
	return body != NULL ? body : at + strlen(at);
}

/* Cuts the skeleton where messages differ. */
static void
cut_skeleton(struct mime_form *form, const char *skeleton, const char *boundary)
{
	const char *at = skeleton;
	enum then then, body = THEN_TEXT;

	do {
		const char *stop = find_stop(at, boundary, &then);

		assert(form->step_count < form->most_steps);
		form->steps[form->step_count] = (struct step){
			.bytes = at,
			.count = (size_t)(stop - at),
			.then = then,
		};
		at = stop;
		if (then == THEN_BOUNDARY)
			at += form->boundary_chars;
		if (then == THEN_TEXT) {
			at += strlen("\001\r\n");
			form->steps[form->step_count].then = body;
			body = body == THEN_TEXT ? THEN_HTML : body + 1;
		}
		form->step_count++;
	} while (then != THEN_NOTHING);
	form->count = strlen(skeleton);
	form->header_count =
	    (size_t)(strstr(skeleton, "\r\n\r\n") - skeleton) + 2;
}

static void
add_skeleton(struct arena *arena, struct mime_form *form, const char *boundary)
{
	char *skeleton = mime_skeleton(arena, mime_shared_is_base64(form->text),
	    form->html != NULL,
	    form->html != NULL && mime_shared_is_base64(form->html),
	    form->pictures, boundary);

	form->most_steps = USUAL_STEPS + 4 + 2 * form->pictures->count;
	form->steps = arena_take(arena, form->most_steps, sizeof(*form->steps));
	cut_skeleton(form,
	    arena_format(arena, "MIME-Version: 1.0\r\n%s", skeleton), boundary);
}

struct mime_form *
mime_form_new(struct arena *arena, struct mime_pool *pool,
    const struct mime_text *text, const struct mime_text *html,
    const struct mime_pictures *pictures, const char *boundary)
{
	struct arena *scratch GM_ARENA_AT_EXIT = arena_new();
	struct mime_form *form = arena_take(arena, 1, sizeof(*form));
	struct mime_cuts text_cuts, html_cuts;
	size_t least = LEAST_POINTED;

	assert(text_starts(boundary, "=_") && strlen(boundary) <= 68);
	assert(pictures->count <= MIME_PICTURES_MOST);
	form->pictures = arena_copy(arena, pictures, sizeof(*pictures));
	for (size_t spread = LEAST_SPREAD;; spread *= 2, least *= 2) {
		text_cuts = mime_shared_cut(scratch, text, pool, spread, least);
		html_cuts = mime_shared_cut(scratch, html, pool, spread, least);
		if (text_cuts.pointed + html_cuts.pointed <= MOST_POINTED)
			break;
	}
	form->boundary_chars = strlen(boundary);
	form->text = mime_shared_new(arena, text, &text_cuts, pool, least);
	form->text_values = text->count - 1;
	if (html->count > 0) {
		form->html =
		    mime_shared_new(arena, html, &html_cuts, pool, least);
		form->html_values = html->count - 1;
	}
	if (form->text == NULL)
		form->fault = "the text part is empty or malformed";
	else if (html->count > 0 && form->html == NULL)
		form->fault = "the html part is empty or malformed";
	else
		add_skeleton(arena, form, boundary);
	return form;
}

static bool
are_well_formed(const struct mime_piece *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!text_is_utf8(values[i].bytes, values[i].count))
			return false;
	return true;
}

static bool
check(const struct mime_form *form, const struct mime_filling *filling,
    struct err *err)
{
	assert(strlen(filling->boundary) == form->boundary_chars);
	if (form->fault != NULL)
		return err_set(err, ERR_DATA, "%s", form->fault);
	return (are_well_formed(filling->text, form->text_values) &&
		   (form->html == NULL ||
		       are_well_formed(filling->html, form->html_values))) ||
	       err_set(err, ERR_DATA, "a value is malformed UTF-8");
}

void
mime_picture_encode(struct arena *arena, const char *bytes, size_t count,
    struct mime_picture *picture)
{
	struct mime_base64 body = { 0 };
	char *encoded = arena_take(arena, mime_base64_lines(count) + 1, 1);
	char *end = mime_base64_end(
	    &body, mime_base64_add(&body, bytes, count, encoded));

	picture->encoded = encoded;
	picture->count = (size_t)(end - encoded);
}

/* Its bytes stay where they are: they are the most of the message. */
static void
put_picture(const struct mime_picture *picture, struct mime_pen *pen)
{
	mime_pen_point(pen, picture->encoded, picture->count);
}

static void
put_step(const struct mime_form *form, const struct step *step,
    const struct mime_filling *filling, struct mime_pen *pen)
{
	mime_pen_put(pen, step->bytes, step->count);
	switch (step->then) {
	case THEN_NOTHING:
		break;
	case THEN_BOUNDARY:
		mime_pen_put(pen, filling->boundary, form->boundary_chars);
		break;
	case THEN_TEXT:
		mime_shared_put(form->text, filling->text, pen);
		break;
	case THEN_HTML:
		mime_shared_put(form->html, filling->html, pen);
		break;
	default:
		put_picture(
		    form->pictures->items[step->then - THEN_PICTURE], pen);
	}
}

bool
mime_form_fill(struct arena *arena, const struct mime_form *form,
    const struct mime_filling *filling, struct mime_message *ret_message,
    struct err *err)
{
	struct mime_pen pen = { 0 };
	size_t room;

	if (!check(form, filling, err))
		return false;
	room = filling->fields_count + form->count +
	       mime_shared_room(form->text, filling->text);
	if (form->html != NULL)
		room += mime_shared_room(form->html, filling->html);
	pen.parts = arena_take(arena, MIME_PARTS, sizeof(*pen.parts));
	pen.start = pen.at = arena_take(arena, room, 1);
	mime_pen_put(&pen, filling->fields, filling->fields_count);
	for (size_t i = 0; i < form->step_count; i++)
		put_step(form, &form->steps[i], filling, &pen);
	mime_pen_cut(&pen);
	*ret_message = (struct mime_message){
		.parts = pen.parts,
		.part_count = pen.part_count,
		.count = pen.count,
		.header_count = filling->fields_count + form->header_count,
	};
	return true;
}
