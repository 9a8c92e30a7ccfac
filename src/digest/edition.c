#include "digest/edition.h"

#include <string.h>

#include "base/text.h"
#include "digest/edition_page.h"
#include "digest/edition_part.h"
#include "digest/edition_templates.h"
#include "digest/tailor.h"
#include "model/subject.h"
#include "unicode/unicode.h"

enum {
	COLUMNS = 70,          /* of the text part */
	PERSONAL_BYTES = 2048, /* kept for names and links */
	PICTURE_FIELDS = 400,  /* around a picture in a mail */
	PART_MOST = 4 << 20,
};

/* Bytes at the start of a line that its continuation is indented by: blanks,
   "- ", "12. ". */
static size_t
measure_hang(const char *line)
{
	size_t blanks = strspn(line, " ");
	size_t digits = strspn(line + blanks, "0123456789");

	if (text_starts(line + blanks, "- "))
		return blanks + 2;
	if (digits > 0 && digits < 4 &&
	    text_starts(line + blanks + digits, ". "))
		return blanks + digits + 2;
	return blanks;
}

/* What a continuation line begins with: quote marks again, else blanks. */
static char *
make_indent(struct arena *arena, const char *line)
{
	size_t quote = 0;
	char *indent;

	while (text_starts(line + quote, "> "))
		quote += 2;
	if (quote > 0)
		return arena_strndup(arena, line, quote);
	quote = measure_hang(line);
	indent = arena_take(arena, quote + 1, 1);
	memset(indent, ' ', quote);
	return indent;
}

/* A line folded; most lines stand in many editions. */
static const char *
fold_line(
    struct arena *arena, struct memo *memo, const char *text, size_t count)
{
	const char *line = memo_find(memo, EDITION_MEMO_FOLD, text, count);

	if (line != NULL)
		return line;
	line = arena_strndup(arena, text, count);
	line = unicode_fold(arena, line, COLUMNS, make_indent(arena, line));
	memo_keep(memo, EDITION_MEMO_FOLD, text, count, line);
	return line;
}

/* Folds every line, leaves no more than one empty line between two others and
   none at the start. */
static char *
tidy_text(struct arena *arena, struct memo *memo, const char *text)
{
	GM_BUF_AT_EXIT struct buf out;
	size_t empty = 2;

	buf_init(&out, PART_MOST);
	while (*text) {
		size_t n = (size_t)(strchrnul(text, '\n') - text);
		const char *line = fold_line(arena, memo, text, n);

		empty = *line ? 0 : empty + 1;
		if (empty < 2) {
			buf_add_str(&out, line);
			buf_add_char(&out, '\n');
		}
		text += n + (text[n] == '\n');
	}
	if (empty > 0 && out.used > 0)
		out.used--;
	return arena_strndup(arena, buf_str(&out), out.used);
}

/* Puts "cid:" where it belongs. */
static char *
put_cid(struct arena *arena, const char *html, size_t count)
{
	static const char mark[] = EDITION_PAGE_INSIDE;
	const char *end = html + count;
	char *copy = arena_take(arena, 2 * count + 1, 1);
	char *to = copy;
	const char *found;

	while ((found = memmem(
		    html, (size_t)(end - html), mark, sizeof(mark) - 1))) {
		to = mempcpy(to, html, (size_t)(found - html));
		to = mempcpy(to, "cid:", 4);
		html = found + sizeof(mark) - 1;
	}
	memcpy(to, html, (size_t)(end - html));
	return copy;
}

size_t
edition_part_bytes(const struct edition_part *part)
{
	size_t bytes = PERSONAL_BYTES;

	for (size_t i = 0; i < part->count; i++)
		bytes += part->segments[i].count;
	return bytes;
}

/* Adds the picture of that path to those of the edition, once. */
static void
add_picture(
    const struct edition_input *in, const char *path, struct edition *edition)
{
	for (size_t i = 0; i < in->picture_count; i++) {
		const struct mime_picture *picture = &in->pictures[i].mime;
		bool known = strcmp(in->pictures[i].path, path) != 0;

		for (size_t j = 0; j < edition->picture_count; j++)
			known = known || edition->pictures[j] == picture;
		if (!known)
			edition->pictures[edition->picture_count++] = picture;
	}
}

/* Gathers what the chosen stories show, and holds the mail against the limits
   of those who take it. */
static bool
gather_pictures(struct arena *arena, const struct edition_input *in,
    struct edition *edition, struct err *err)
{
	size_t bytes;

	edition->pictures =
	    arena_take(arena, in->picture_count, sizeof(*edition->pictures));
	for (size_t i = 0; i < in->tailored->chosen_count; i++) {
		const struct article_text *text =
		    article_text(in->tailored->chosen[i].article, in->language);

		for (size_t j = 0; j < text->image_count; j++)
			add_picture(in, text->images[j].ready, edition);
	}
	if (edition->picture_count > EDITION_PICTURES_MOST)
		return err_set(err, ERR_DATA,
		    "%zu pictures in one mail, more than %d: set max_articles, "
		    "or images: hosted",
		    edition->picture_count, EDITION_PICTURES_MOST);
	bytes = edition_message_bytes(edition);
	return bytes <= EDITION_MESSAGE_MOST ||
	       err_set(err, ERR_DATA,
		   "the mail has %zu bytes with its pictures; some providers "
		   "refuse more than %d: set max_articles, or images: hosted",
		   bytes, EDITION_MESSAGE_MOST);
}

size_t
edition_message_bytes(const struct edition *edition)
{
	size_t texts = edition_part_bytes(&edition->text);
	size_t bytes = 2 * PERSONAL_BYTES;

	if (edition->html.count > 0)
		texts += edition_part_bytes(&edition->html);
	for (size_t i = 0; i < edition->picture_count; i++)
		bytes += edition->pictures[i]->count + PICTURE_FIELDS;
	return bytes + texts * 78 / 57;
}

static bool
render_part(struct arena *arena, const struct edition_input *in, bool html,
    struct edition_part *ret_part, struct err *err)
{
	const char *marks[PERSONALS];
	GM_BUF_AT_EXIT struct buf out;
	char *bytes;

	for (size_t i = 0; i < PERSONALS; i++)
		marks[i] = edition_part_mark((enum personal)i);
	buf_init(&out, PART_MOST);
	if (!edition_page(in, html, marks, &out, err))
		return false;
	if (html && out.used > EDITION_HTML_MOST - PERSONAL_BYTES)
		return err_set(err, ERR_DATA,
		    "the HTML has %zu bytes; mail programs cut off what is "
		    "beyond %d: shorten the stories or set max_articles",
		    out.used + PERSONAL_BYTES, EDITION_HTML_MOST);
	if (!html)
		bytes = tidy_text(arena, in->templates->memo, buf_str(&out));
	else if (in->picture_count > 0)
		bytes = put_cid(arena, buf_str(&out), out.used);
	else
		bytes = arena_strndup(arena, buf_str(&out), out.used);
	return edition_part_cut(arena, bytes, strlen(bytes), ret_part, err);
}

bool
edition_render(struct arena *arena, const struct edition_input *in,
    struct edition **ret, struct err *err)
{
	struct edition *edition = arena_take(arena, 1, sizeof(*edition));
	const char *subject = in->issue->text[in->language].subject;

	edition->language = in->language;
	edition->format = in->format;
	edition->subject = greeting_clean(arena, subject);
	edition->greeting = &in->templates->greeting[in->language];
	if (!render_part(arena, in, false, &edition->text, err) ||
	    (in->format == FORMAT_HTML &&
		!render_part(arena, in, true, &edition->html, err)))
		return err_wrap(err, "edition %s of issue %s",
		    subscriber_language(in->language), in->issue->id);
	if (in->format == FORMAT_HTML && in->picture_count > 0 &&
	    !gather_pictures(arena, in, edition, err))
		return err_wrap(err, "edition %s of issue %s",
		    subscriber_language(in->language), in->issue->id);
	*ret = edition;
	return true;
}

/* The fields of a person without control characters. */
static struct person
clean_person(struct arena *arena, const struct person *person)
{
	return (struct person){
		.name = greeting_clean(arena, person->name),
		.organisation = greeting_clean(arena, person->organisation),
		.department = greeting_clean(arena, person->department),
	};
}

const char *
edition_subject(struct arena *arena, const struct edition *edition,
    const struct person *person)
{
	struct person clean;

	if (!subject_is_personal(edition->subject))
		return edition->subject;
	clean = clean_person(arena, person);
	return subject_fill(arena, edition->subject, &clean);
}

void
edition_values(struct arena *arena, const struct edition *edition,
    const struct person *person, const struct edition_links *links,
    const char *ret_values[PERSONALS])
{
	const struct person clean = clean_person(arena, person);

	ret_values[PERSONAL_NONE] = "";
	ret_values[PERSONAL_GREETING] =
	    greeting_line(arena, edition->greeting, &clean);
	ret_values[PERSONAL_NAME] = clean.name;
	ret_values[PERSONAL_ORGANISATION] = clean.organisation;
	ret_values[PERSONAL_DEPARTMENT] = clean.department;
	ret_values[PERSONAL_ADDRESS] = greeting_clean(arena, person->address);
	ret_values[PERSONAL_UNSUBSCRIBE_URL] = links->unsubscribe_url;
	ret_values[PERSONAL_PREFERENCES_URL] = links->preferences_url;
}

void
edition_values_fold(struct arena *arena, const char *values[PERSONALS])
{
	const char *greeting = values[PERSONAL_GREETING];

	/* No character is wider than its bytes are many. */
	if (strlen(greeting) > COLUMNS)
		values[PERSONAL_GREETING] =
		    unicode_fold(arena, greeting, COLUMNS, "");
}
