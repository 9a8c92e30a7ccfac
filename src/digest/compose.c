#include "digest/compose.h"

#include <string.h>

#include "base/now.h"
#include "mime/mime.h"
#include "model/address.h"
#include "people/links.h"
#include "unicode/unicode.h"

enum {
	LARGEST_HEADER = 12 * 1024,
	LARGEST_MESSAGE = 16 << 20,
	SENDER_ID_LEAST = 5, /* of Feedback-ID */
	SENDER_ID_MOST = 15,
	BOUNDARY_MAC = 16,
	MOST_FIELDS = 24,
};

/* A body, and which personal field stands behind each piece but the last. */
struct shared_part {
	struct mime_shared *body; /* NULL: there is none */
	enum personal *then;
	size_t count;
};

struct composer {
	struct compose_mailing mailing;
};

struct compose_edition {
	const struct composer *composer;
	struct edition edition; /* without its parts */
	struct shared_part text;
	struct shared_part html;
	const char *subject_field; /* NULL: it cannot be written */
};

/* The texts of one message that several fields and both parts use. */
struct personal_texts {
	const char *unsubscribe_url;
	const char *unsubscribe_mailto;
	const char *preferences_url;
	const char *message_id;
	const char *return_path;
};

struct fields {
	struct mime_field items[MOST_FIELDS];
	size_t count;
};

static void
prepare_part(struct arena *arena, const struct edition_part *part,
    struct shared_part *ret_shared)
{
	struct arena *scratch GM_ARENA_AT_EXIT = arena_new();
	struct mime_piece *pieces =
	    arena_take(scratch, part->count, sizeof(*pieces));

	if (part->count == 0)
		return;
	ret_shared->count = part->count;
	ret_shared->then =
	    arena_take(arena, part->count, sizeof(*ret_shared->then));
	for (size_t i = 0; i < part->count; i++) {
		pieces[i].bytes = part->segments[i].bytes;
		pieces[i].count = part->segments[i].count;
		ret_shared->then[i] = part->segments[i].then;
	}
	ret_shared->body = mime_shared_new(arena, pieces, part->count);
}

static const char *
prepare_subject(struct arena *arena, const char *subject)
{
	const struct mime_field field = {
		.field = "Subject", .kind = MIME_TEXT, .value = subject
	};
	struct buf GM_BUF_AT_EXIT out;
	struct err ignored = { 0 };

	buf_init(&out, LARGEST_MESSAGE);
	return mime_add_field(&field, unicode_grapheme, &out, &ignored)
		   ? arena_strdup(arena, buf_str(&out))
		   : NULL;
}

struct composer *
compose_begin(struct arena *arena, const struct compose_mailing *mailing)
{
	struct composer *composer = arena_take(arena, 1, sizeof(*composer));

	composer->mailing = *mailing;
	return composer;
}

struct compose_edition *
compose_prepare(struct arena *arena, const struct composer *composer,
    const struct edition *edition)
{
	struct compose_edition *prepared =
	    arena_take(arena, 1, sizeof(*prepared));

	prepared->composer = composer;
	prepared->edition = *edition;
	prepared->edition.subject = arena_strdup(arena, edition->subject);
	prepared->edition.html = (struct edition_part){ 0 };
	prepared->edition.text = (struct edition_part){ 0 };
	prepared->subject_field = prepare_subject(arena, edition->subject);
	prepare_part(arena, &edition->text, &prepared->text);
	prepare_part(arena, &edition->html, &prepared->html);
	return prepared;
}

static void
make_personal(struct arena *arena, const struct compose_mailing *mailing,
    const struct person *person, struct personal_texts *ret_texts)
{
	const struct secret_key *key = mailing->key;
	const struct sender *sender = mailing->sender;
	struct link_ids ids = {
		.subscriber = person->subscriber,
		.mailing = mailing->notice ? 0 : mailing->number,
	};

	*ret_texts = (struct personal_texts){
		links_unsubscribe_url(arena, key, sender, ids),
		links_unsubscribe_mailto(arena, key, sender, ids),
		links_preferences_url(arena, key, sender, ids),
		mailing->notice
		    ? links_notice_id(arena, key, sender, mailing->number)
		    : links_message_id(arena, key, sender, ids),
		links_return_path(arena, key, sender, ids),
	};
}

/* Differs for each message, and no content can know it. "=_" stands neither in
   base64 nor in quoted-printable. */
static const char *
make_boundary(struct arena *arena, const struct compose_mailing *mailing,
    const char *message_id)
{
	static const char purpose[] = "boundary";
	const struct secret_part parts[] = {
		{ purpose, sizeof(purpose) - 1 },
		{ message_id, strlen(message_id) },
	};
	unsigned char mac[SECRET_HASH_BYTES];
	char text[2 * BOUNDARY_MAC];

	secret_mac(mailing->key, parts, 2, mac);
	secret_base32(mac, BOUNDARY_MAC, text);
	return arena_format(arena, "=_%s", text);
}

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

	buf_init(&url, LARGEST_HEADER);
	for (const char *p = address; *p != '\0'; p++)
		if (strchr(literal, *p) != NULL)
			buf_add_char(&url, *p);
		else
			buf_add_format(&url, "%%%02X", (unsigned char)*p);
	text = arena_format(arena, "<mailto:%s%s>", buf_str(&url), query);
	buf_clear(&url);
	return text;
}

static void
add(struct fields *fields, const char *field, enum mime_field_kind kind,
    const char *name, const char *value)
{
	fields->items[fields->count++] = (struct mime_field){
		.field = field, .kind = kind, .name = name, .value = value
	};
}

static void
add_plain(struct fields *fields, const char *field, const char *value)
{
	add(fields, field, MIME_PLAIN, NULL, value);
}

/* Who writes to whom about what (RFC 5322 section 3.6). */
static void
add_letter(struct arena *arena, struct fields *fields,
    const struct compose_mailing *mailing,
    const struct compose_edition *prepared, const struct person *person,
    const char *message_id, int64_t date_ms)
{
	const struct sender *sender = mailing->sender;

	add_plain(fields, "Date",
	    now_format_rfc5322(arena, date_ms, sender->utc_offset_min));
	add(fields, "From", MIME_NAMED, sender->name,
	    address_quoted(arena, sender->address));
	if (*sender->reply_to != '\0')
		add(fields, "Reply-To", MIME_NAMED, "",
		    address_quoted(arena, sender->reply_to));
	add(fields, "To", MIME_NAMED, person->name,
	    address_quoted(arena, person->address));
	if (prepared->subject_field != NULL)
		add(fields, "Subject", MIME_READY, NULL,
		    prepared->subject_field);
	else
		add(fields, "Subject", MIME_TEXT, NULL,
		    prepared->edition.subject);
	add_plain(
	    fields, "Message-ID", arena_format(arena, "<%s>", message_id));
}

/* What makes it a list message that is easily left (RFC 2369, 2919, 8058).
   One-click needs https; without it the address alone is offered. */
static void
add_list(struct arena *arena, struct fields *fields,
    const struct compose_mailing *mailing, const struct personal_texts *texts)
{
	const struct sender *sender = mailing->sender;
	const char *people =
	    *sender->reply_to != '\0' ? sender->reply_to : sender->address;
	bool one_click = text_starts(sender->public_url, "https://");

	if (*sender->list_id != '\0')
		add(fields, "List-Id", MIME_NAMED, sender->name,
		    arena_format(arena, *sender->name != '\0' ? "%s" : "<%s>",
			sender->list_id));
	if (one_click) {
		add_plain(fields, "List-Unsubscribe",
		    arena_format(arena, "<%s>, <%s>", texts->unsubscribe_url,
			texts->unsubscribe_mailto));
		add_plain(fields, "List-Unsubscribe-Post",
		    "List-Unsubscribe=One-Click");
	} else {
		add_plain(fields, "List-Unsubscribe",
		    arena_format(arena, "<%s>", texts->unsubscribe_mailto));
	}
	add_plain(
	    fields, "List-Help", make_mailto(arena, people, "?subject=help"));
	add_plain(fields, "List-Owner", make_mailto(arena, people, ""));
	if (*sender->public_url != '\0')
		add_plain(fields, "List-Archive",
		    arena_format(arena, "<%s/issues/%s/>", sender->public_url,
			mailing->issue));
}

/* What tells machines not to answer, and providers whom to count. */
static void
add_machine(struct arena *arena, struct fields *fields,
    const struct compose_mailing *mailing, const struct edition *edition)
{
	add_plain(fields, "Precedence", "bulk");
	add_plain(fields, "Auto-Submitted", "auto-generated");
	add_plain(fields, "X-Auto-Response-Suppress", "All");
	add_plain(fields, "Feedback-ID",
	    make_feedback_id(arena, mailing, edition->language));
}

/* The reader's own values for a part, as they stand in it. */
static struct mime_text
fill_part(struct arena *arena, const struct edition *edition,
    const struct shared_part *part, const struct person *person,
    const struct personal_texts *texts, bool html)
{
	struct edition_links links = {
		.unsubscribe_url = texts->unsubscribe_url,
		.preferences_url = texts->preferences_url,
	};
	const char *plain[PERSONALS] = { 0 };
	struct mime_piece ready[PERSONALS];
	struct mime_piece *values;
	struct buf GM_BUF_AT_EXIT out;

	buf_init(&out, LARGEST_MESSAGE);
	if (part->body == NULL)
		return (struct mime_text){ 0 };
	edition_values(arena, edition, person, &links, html, plain);
	for (size_t i = PERSONAL_NONE; i < PERSONALS; i++) {
		const char *value = plain[i];

		if (html) {
			buf_reset(&out);
			edition_escape(value, &out);
			value = arena_strdup(arena, buf_str(&out));
		}
		ready[i] = (struct mime_piece){ value, strlen(value) };
	}
	values = arena_take(arena, part->count, sizeof(*values));
	for (size_t i = 0; i < part->count; i++)
		values[i] = ready[part->then[i]];
	return (struct mime_text){ .shared = part->body, .values = values };
}

/* Writes the message as it is before signing. */
static bool
write_message(const struct fields *fields, struct mime_text text,
    struct mime_text html, const char *boundary, struct buf *out,
    struct err *err)
{
	struct mime_message message = {
		.fields = fields->items,
		.field_count = fields->count,
		.text = text,
		.html = html,
		.boundary = boundary,
		.character = unicode_grapheme,
	};
	const char *body;

	if (!mime_compose(&message, out, err))
		return false;
	body = strstr(out->bytes, "\r\n\r\n");
	if ((size_t)(body - out->bytes) > LARGEST_HEADER)
		return err_set(err, ERR_DATA,
		    "the header has %zu bytes, more than %d",
		    (size_t)(body - out->bytes), LARGEST_HEADER);
	return true;
}

/* Puts the signatures before the message. */
static bool
sign_it(struct arena *arena, const struct sign *sign, int64_t date_ms,
    const struct buf *unsigned_message, struct message *message,
    struct err *err)
{
	struct buf GM_BUF_AT_EXIT out;
	struct iovec *part;
	size_t count;
	char *bytes;

	buf_init(&out, LARGEST_MESSAGE);
	if (!sign_message(sign, unsigned_message->bytes, unsigned_message->used,
		date_ms, &out, err))
		return false;
	count = out.used + unsigned_message->used;
	if (count > LARGEST_MESSAGE)
		return err_set(err, ERR_DATA, "it is larger than %d bytes",
		    LARGEST_MESSAGE);
	bytes = arena_take(arena, count + 1, 1);
	memcpy(bytes, buf_str(&out), out.used);
	memcpy(
	    bytes + out.used, unsigned_message->bytes, unsigned_message->used);
	part = arena_take(arena, 1, sizeof(*part));
	*part = (struct iovec){ .iov_base = bytes, .iov_len = count };
	message->parts = part;
	message->part_count = 1;
	message->count = count;
	sign_sha256(bytes, count, message->sha256);
	return true;
}

bool
compose(struct arena *arena, const struct compose_edition *prepared,
    const struct person *person, int64_t date_ms, struct message *ret_message,
    struct err *err)
{
	const struct compose_mailing *mailing = &prepared->composer->mailing;
	const struct edition *edition = &prepared->edition;
	struct fields fields = { .count = 0 };
	struct personal_texts texts;
	struct buf GM_BUF_AT_EXIT out;
	struct message message;

	buf_init(&out, LARGEST_MESSAGE);
	make_personal(arena, mailing, person, &texts);
	add_letter(arena, &fields, mailing, prepared, person, texts.message_id,
	    date_ms);
	add_list(arena, &fields, mailing, &texts);
	add_machine(arena, &fields, mailing, edition);
	message = (struct message){
		.mail_from = texts.return_path,
		.rcpt = address_quoted(arena, person->address),
		.message_id = texts.message_id,
		.subject = arena_strdup(arena, edition->subject),
	};
	if (!write_message(&fields,
		fill_part(
		    arena, edition, &prepared->text, person, &texts, false),
		fill_part(
		    arena, edition, &prepared->html, person, &texts, true),
		make_boundary(arena, mailing, texts.message_id), &out, err) ||
	    !sign_it(arena, mailing->sign, date_ms, &out, &message, err))
		return err_wrap(err, "message to %s", person->address);
	*ret_message = message;
	return true;
}

const char *
compose_bytes(struct arena *arena, const struct message *message)
{
	char *bytes = arena_take(arena, message->count + 1, 1);
	char *to = bytes;

	for (size_t i = 0; i < message->part_count; i++)
		to = mempcpy(
		    to, message->parts[i].iov_base, message->parts[i].iov_len);
	return bytes;
}
