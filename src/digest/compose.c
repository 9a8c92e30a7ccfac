#include "digest/compose.h"

#include <string.h>

#include "digest/compose_header.h"
#include "mime/mime.h"
#include "model/address.h"
#include "people/links.h"

enum {
	LARGEST_HEADER = 12 * 1024,
	LARGEST_MESSAGE = 16 << 20,
	USUAL_HEADER = 2000,
	BOUNDARY_TOKEN = 26,
	COMPOSE_TASKS = 8, /* in one go */
};

struct composer {
	struct compose_mailing mailing;
	struct links *links;

	/* The only Message-ID of a notice; else NULL, as each message has its
	   own. */
	const char *message_id;
};

/* Which personal field stands behind each piece of a body but the last. */
struct holes {
	enum personal *then;
	size_t count;
};

struct compose_edition {
	const struct composer *composer;
	struct edition edition; /* without its parts */
	struct compose_header header;
	struct mime_form *form;
	struct holes text;
	struct holes html;
	bool has_html;
	struct err fault; /* why it cannot be sent; ERR_NONE: it can */
};

struct composer *
compose_begin(struct arena *arena, const struct compose_mailing *mailing)
{
	struct composer *composer = arena_take(arena, 1, sizeof(*composer));

	composer->mailing = *mailing;
	composer->links = links_new(arena, mailing->key, mailing->sender,
	    mailing->notice ? 0 : mailing->number);
	if (mailing->notice)
		composer->message_id = links_notice_id(
		    arena, mailing->key, mailing->sender, mailing->number);
	return composer;
}

/* "=_" and the token of the Message-ID: differs for each message, and stands
   in no encoded body. */
static void
write_boundary(const char *message_id, char ret_boundary[BOUNDARY_TOKEN + 3])
{
	char *end = mempcpy(ret_boundary, "=_", 2);

	*(char *)mempcpy(end, message_id, BOUNDARY_TOKEN) = '\0';
}

static struct mime_text
cut_part(struct arena *arena, struct arena *scratch,
    const struct edition_part *part, struct holes *ret_holes)
{
	struct mime_piece *pieces =
	    arena_take(scratch, part->count, sizeof(*pieces));

	ret_holes->then =
	    arena_take(arena, part->count, sizeof(*ret_holes->then));
	for (size_t i = 0; i < part->count; i++) {
		pieces[i].bytes = part->segments[i].bytes;
		pieces[i].count = part->segments[i].count;
		ret_holes->then[i] = part->segments[i].then;
	}
	ret_holes->count = part->count > 0 ? part->count - 1 : 0;
	return (struct mime_text){ pieces, part->count };
}

struct compose_edition *
compose_prepare(struct arena *arena, const struct composer *composer,
    const struct edition *edition)
{
	struct arena *scratch GM_ARENA_AT_EXIT = arena_new();
	struct compose_edition *prepared =
	    arena_take(arena, 1, sizeof(*prepared));
	char boundary[BOUNDARY_TOKEN + 3];
	struct mime_text text =
	    cut_part(arena, scratch, &edition->text, &prepared->text);
	struct mime_text html =
	    cut_part(arena, scratch, &edition->html, &prepared->html);

	prepared->composer = composer;
	prepared->has_html = html.count > 0;
	prepared->edition = *edition;
	prepared->edition.subject = arena_strdup(arena, edition->subject);
	prepared->edition.html = (struct edition_part){ 0 };
	prepared->edition.text = (struct edition_part){ 0 };
	prepared->edition.pictures = NULL;
	if (!compose_header_prepare(arena, &composer->mailing, edition,
		&prepared->header, &prepared->fault))
		return prepared;
	write_boundary("abcdefghijklmnopqrstuvwxyz", boundary);
	prepared->form =
	    mime_form_new(arena, composer->mailing.pool, &text, &html,
		&(struct mime_pictures){
		    .items = arena_copy(arena, edition->pictures,
			edition->picture_count * sizeof(*edition->pictures)),
		    .count = edition->picture_count,
		},
		boundary);
	return prepared;
}

/* A part's values, in the order of its holes. */
static const struct mime_piece *
fill_holes(struct arena *arena, const struct holes *holes,
    const char *const values[PERSONALS])
{
	struct mime_piece *pieces =
	    arena_take(arena, holes->count, sizeof(*pieces));

	for (size_t i = 0; i < holes->count; i++) {
		const char *value = values[holes->then[i]];

		pieces[i] = (struct mime_piece){ value, strlen(value) };
	}
	return pieces;
}

/* Escapes what stands in HTML, as far as it needs that. */
static void
escape_values(struct arena *arena, const char *values[PERSONALS])
{
	for (size_t i = PERSONAL_NONE + 1; i < PERSONALS; i++) {
		struct buf GM_BUF_AT_EXIT out;

		buf_init(&out, LARGEST_MESSAGE);
		if (strpbrk(values[i], "&<>\"'\t\n\v\f\r") == NULL)
			continue;
		edition_escape(values[i], &out);
		values[i] = arena_strdup(arena, buf_str(&out));
	}
}

/* Puts the reader's own values in. */
static void
fill_parts(struct arena *arena, const struct compose_edition *prepared,
    const struct person *person, const struct links_of_reader *links,
    struct mime_filling *filling)
{
	const struct edition_links of_edition = {
		.unsubscribe_url = links->unsubscribe_url,
		.preferences_url = links->preferences_url,
	};
	const char *values[PERSONALS];
	const char *folded[PERSONALS];

	edition_values(arena, &prepared->edition, person, &of_edition, values);
	memcpy(folded, values, sizeof(folded));
	edition_values_fold(arena, folded);
	filling->text = fill_holes(arena, &prepared->text, folded);
	if (!prepared->has_html)
		return;
	escape_values(arena, values);
	filling->html = fill_holes(arena, &prepared->html, values);
}

/* Makes the message as it is before signing. */
static bool
make_unsigned(struct arena *arena, const struct compose_edition *prepared,
    const struct person *person, const struct links_of_reader *links,
    const char *address, const char *subject, int64_t date_ms,
    struct mime_message *ret_message, struct err *err)
{
	char boundary[BOUNDARY_TOKEN + 3];
	struct mime_filling filling = { .boundary = boundary };
	struct buf fields GM_BUF_AT_EXIT;

	buf_init(&fields, LARGEST_MESSAGE);
	buf_reserve(&fields, USUAL_HEADER);
	if (!compose_header_write(arena, &prepared->header, links, person->name,
		address, subject, date_ms, &fields, err))
		return false;
	filling.fields = buf_str(&fields);
	filling.fields_count = fields.used;
	write_boundary(links->message_id, boundary);
	fill_parts(arena, prepared, person, links, &filling);
	if (!mime_form_fill(arena, prepared->form, &filling, ret_message, err))
		return false;
	return ret_message->header_count <= LARGEST_HEADER ||
	       err_set(err, ERR_DATA, "the header has %zu bytes, more than %d",
		   ret_message->header_count, LARGEST_HEADER);
}

/* A task between its steps. */
struct draft {
	struct compose_task *task;
	struct mime_message made;
	struct sign_message unsigned_message;
};

static bool
write_message(struct draft *draft)
{
	struct compose_task *task = draft->task;
	const struct compose_edition *prepared = task->edition;
	const struct composer *composer = prepared->composer;
	struct links_of_reader links;

	links_make(
	    task->arena, composer->links, task->person.subscriber, &links);
	if (composer->message_id != NULL)
		links.message_id = composer->message_id;
	task->message = (struct message){
		.mail_from = links.return_path,
		.rcpt = address_quoted(task->arena, task->person.address),
		.message_id = links.message_id,
		.subject = edition_subject(
		    task->arena, &prepared->edition, &task->person),
	};
	if (prepared->fault.code != ERR_NONE) {
		task->fault = prepared->fault;
		return false;
	}
	if (!make_unsigned(task->arena, prepared, &task->person, &links,
		task->message.rcpt, task->message.subject, task->date_ms,
		&draft->made, &task->fault))
		return false;
	draft->unsigned_message = (struct sign_message){
		.parts = draft->made.parts,
		.part_count = draft->made.part_count,
		.header_count = draft->made.header_count,
		.is_relaxed = true,
	};
	return true;
}

/* Puts the signatures before the message. */
static bool
sign_it(struct draft *draft)
{
	struct compose_task *task = draft->task;
	const struct sign *sign = task->edition->composer->mailing.sign;
	const struct mime_message *made = &draft->made;
	struct message *message = &task->message;
	struct buf GM_BUF_AT_EXIT out;
	struct iovec *parts =
	    arena_take(task->arena, made->part_count + 1, sizeof(*parts));

	buf_init(&out, LARGEST_MESSAGE);
	if (!sign_message(sign, &draft->unsigned_message, task->date_ms, &out,
		&task->fault))
		return false;
	parts->iov_base = arena_copy(task->arena, buf_str(&out), out.used);
	parts->iov_len = out.used;
	memcpy(parts + 1, made->parts, made->part_count * sizeof(*parts));
	message->parts = out.used > 0 ? parts : parts + 1;
	message->part_count = made->part_count + (out.used > 0);
	message->count = made->count + out.used;
	return message->count <= LARGEST_MESSAGE ||
	       err_set(&task->fault, ERR_DATA, "it is larger than %d bytes",
		   LARGEST_MESSAGE);
}

/* Signatures need the hash of the body, attempts that of the whole. */
static void
hash_bodies(struct draft *drafts, size_t count)
{
	struct sign_message *messages[COMPOSE_TASKS];
	size_t signs = 0;

	for (size_t i = 0; i < count; i++)
		if (drafts[i].task->edition->composer->mailing.sign != NULL)
			messages[signs++] = &drafts[i].unsigned_message;
	if (signs > 0)
		sign_hash_bodies(messages, signs);
}

static void
hash_messages(struct draft *drafts, size_t count)
{
	struct sign_sum sums[COMPOSE_TASKS];
	size_t made = 0;

	for (size_t i = 0; i < count; i++) {
		struct message *message = &drafts[i].task->message;

		if (drafts[i].task->made)
			sums[made++] = (struct sign_sum){ message->parts,
				message->part_count, message->sha256 };
	}
	sign_sha256(sums, made);
}

static void
compose_some(struct compose_task *tasks, size_t count)
{
	struct draft drafts[COMPOSE_TASKS];
	size_t written = 0;

	for (size_t i = 0; i < count; i++) {
		tasks[i].made = false;
		tasks[i].fault = (struct err){ 0 };
		drafts[written].task = &tasks[i];
		if (write_message(&drafts[written]))
			written++;
	}
	hash_bodies(drafts, written);
	for (size_t i = 0; i < written; i++)
		drafts[i].task->made = sign_it(&drafts[i]);
	hash_messages(drafts, written);
	for (size_t i = 0; i < count; i++)
		if (!tasks[i].made)
			(void)!err_wrap(&tasks[i].fault, "message to %s",
			    tasks[i].person.address);
}

void
compose_all(struct compose_task *tasks, size_t count)
{
	for (size_t at = 0; at < count; at += COMPOSE_TASKS)
		compose_some(tasks + at,
		    count - at < COMPOSE_TASKS ? count - at : COMPOSE_TASKS);
}

bool
compose(struct arena *arena, const struct compose_edition *prepared,
    const struct person *person, int64_t date_ms, struct message *ret_message,
    struct err *err)
{
	struct compose_task task = {
		.arena = arena,
		.edition = prepared,
		.person = *person,
		.date_ms = date_ms,
	};

	compose_all(&task, 1);
	if (task.made)
		*ret_message = task.message;
	else if (err != NULL)
		*err = task.fault;
	return task.made;
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
