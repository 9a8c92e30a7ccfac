#include "digest/compose_header.h"

#include <string.h>

#include "base/now.h"
#include "base/text.h"
#include "mime/mime.h"
#include "model/address.h"
#include "model/subject.h"
#include "unicode/unicode.h"

enum {
	LARGEST_FIELDS = 1 << 20,
	LARGEST_URL = 4096,
	SENDER_ID_LEAST = 5, /* of Feedback-ID */
	SENDER_ID_MOST = 15,
};

static const char *
domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return at != NULL ? at + 1 : address;
}

/* "ISSUE:digest:LANGUAGE:SENDER", where SENDER is the letters and digits of
   our domain: constant, 5 to 15 characters. */
static const char *
make_feedback_id(struct arena *arena, const struct compose_mailing *mailing,
    enum language language)
{
	char sender[SENDER_ID_MOST + 1];
	size_t chars = 0;

	for (const char *p = domain_of(mailing->sender->address);
	     *p != '\0' && chars < SENDER_ID_MOST; p++)
		if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		    (*p >= '0' && *p <= '9'))
			sender[chars++] = *p;
	while (chars < SENDER_ID_LEAST)
		sender[chars++] = 'x';
	sender[chars] = '\0';
	return arena_format(arena, "%s:digest:%s:%s", mailing->issue,
	    subscriber_language(language), sender);
}

/* "<mailto:ADDRESS>", the address escaped for a URL (RFC 6068 section 2). */
static const char *
make_mailto(struct arena *arena, const char *address, const char *query)
{
	static const char literal[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789-._~!$'()*+,;:@";
	struct buf url;
	char *text;

	buf_init(&url, LARGEST_URL);
	for (const char *p = address; *p != '\0'; p++)
		if (strchr(literal, *p) != NULL)
			buf_add_char(&url, *p);
		else
			buf_add_format(&url, "%%%02X", (unsigned char)*p);
	text = arena_format(arena, "<mailto:%s%s>", buf_str(&url), query);
	buf_clear(&url);
	return text;
}

/* Fields being written; the first fault stays. */
struct writer {
	struct buf *out;
	struct err *err;
	bool failed;
};

static void
add(struct writer *writer, const char *field, enum mime_field_kind kind,
    const char *name, const char *value)
{
	const struct mime_field row = {
		.field = field, .kind = kind, .name = name, .value = value
	};

	if (!writer->failed)
		writer->failed = !mime_add_field(
		    &row, unicode_grapheme, writer->out, writer->err);
}

static void
add_plain(struct writer *writer, const char *field, const char *value)
{
	add(writer, field, MIME_PLAIN, NULL, value);
}

/* Who writes about what (RFC 5322 section 3.6). */
static void
add_letter(struct arena *arena, struct writer *writer,
    const struct sender *sender, const char *subject)
{
	add(writer, "From", MIME_NAMED, sender->name,
	    address_quoted(arena, sender->address));
	if (*sender->reply_to != '\0')
		add(writer, "Reply-To", MIME_NAMED, "",
		    address_quoted(arena, sender->reply_to));
	if (!subject_is_personal(subject))
		add(writer, "Subject", MIME_TEXT, NULL, subject);
}

/* What makes it a list message that is easily left (RFC 2369, 2919, 8058), and
   tells machines not to answer, and providers whom to count. */
static void
add_list(struct arena *arena, struct writer *writer,
    const struct compose_mailing *mailing, bool one_click,
    enum language language)
{
	const struct sender *sender = mailing->sender;
	const char *people =
	    *sender->reply_to != '\0' ? sender->reply_to : sender->address;

	if (one_click)
		add_plain(writer, "List-Unsubscribe-Post",
		    "List-Unsubscribe=One-Click");
	if (*sender->list_id != '\0')
		add(writer, "List-Id", MIME_NAMED, sender->name,
		    arena_format(arena, *sender->name != '\0' ? "%s" : "<%s>",
			sender->list_id));
	add_plain(
	    writer, "List-Help", make_mailto(arena, people, "?subject=help"));
	add_plain(writer, "List-Owner", make_mailto(arena, people, ""));
	if (*sender->public_url != '\0')
		add_plain(writer, "List-Archive",
		    arena_format(arena, "<%s/issues/%s/>", sender->public_url,
			mailing->issue));
	add_plain(writer, "Precedence", "bulk");
	add_plain(writer, "Auto-Submitted", "auto-generated");
	add_plain(writer, "X-Auto-Response-Suppress", "All");
	add_plain(
	    writer, "Feedback-ID", make_feedback_id(arena, mailing, language));
}

bool
compose_header_prepare(struct arena *arena,
    const struct compose_mailing *mailing, const struct edition *edition,
    struct compose_header *ret_header, struct err *err)
{
	struct arena *scratch GM_ARENA_AT_EXIT = arena_new();
	const struct sender *sender = mailing->sender;
	struct buf letter GM_BUF_AT_EXIT;
	struct buf list GM_BUF_AT_EXIT;
	struct writer letter_writer = { .out = &letter, .err = err };
	struct writer list_writer = { .out = &list, .err = err };

	/* One-click needs https; without it the address alone is offered. */
	bool one_click = text_starts(sender->public_url, "https://");

	buf_init(&letter, LARGEST_FIELDS);
	buf_init(&list, LARGEST_FIELDS);
	add_letter(scratch, &letter_writer, sender, edition->subject);
	if (letter_writer.failed)
		return false;
	add_list(scratch, &list_writer, mailing, one_click, edition->language);
	if (list_writer.failed)
		return false;
	*ret_header = (struct compose_header){
		.one_click = one_click,
		.utc_offset_min = sender->utc_offset_min,
		.personal = subject_is_personal(edition->subject),
		.letter = arena_strdup(arena, buf_str(&letter)),
		.letter_count = letter.used,
		.list = arena_strdup(arena, buf_str(&list)),
		.list_count = list.used,
	};
	return true;
}

static void
add_strings(struct buf *out, const char *const *strings)
{
	for (; *strings != NULL; strings++)
		buf_add_str(out, *strings);
}

bool
compose_header_write(struct arena *arena, const struct compose_header *header,
    const struct links_of_reader *links, const char *name, const char *address,
    const char *subject, int64_t date_ms, struct buf *out, struct err *err)
{
	const struct mime_field to = { .field = "To",
		.kind = MIME_NAMED,
		.name = name,
		.value = address };
	const struct mime_field about = {
		.field = "Subject",
		.kind = MIME_TEXT,
		.value = subject,
	};
	const char *const date[] = { "Date: ",
		now_format_rfc5322(arena, date_ms, header->utc_offset_min),
		"\r\n", NULL };
	const char *const id[] = { "Message-ID: <", links->message_id,
		">\r\nList-Unsubscribe: ", NULL };
	const char *const url[] = { "<", links->unsubscribe_url, ">, ", NULL };
	const char *const address_of_list[] = { "<", links->unsubscribe_mailto,
		">\r\n", NULL };

	add_strings(out, date);
	buf_add(out, header->letter, header->letter_count);
	if (header->personal &&
	    !mime_add_field(&about, unicode_grapheme, out, err))
		return false;
	if (!mime_add_field(&to, unicode_grapheme, out, err))
		return false;
	add_strings(out, id);
	if (header->one_click)
		add_strings(out, url);
	add_strings(out, address_of_list);
	buf_add(out, header->list, header->list_count);
	return true;
}
