#include "store/store_pen.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/now.h"
#include "store/db.h"

enum {
	PAYLOAD_MOST_BYTES = 1 << 20,
	SALTS = 256, /* drawn at once: each call goes to the system */
};

static const struct db_rows change_rows = {
	.into = "INSERT INTO change (id, act_id, subject, subscriber_id, line,"
		" undoes, salt, payload, chain)",
	.types = "iiszizbsb",
};

struct store_pen {
	struct store_author author; /* no seal: nobody may write */
	int64_t act;                /* 0: no row yet */
	int64_t at_ms;
	unsigned char act_digest[STORE_SHA256_BYTES];

	/* Of the newest row, once there is an act. */
	int64_t last;
	unsigned char chain[STORE_SHA256_BYTES];

	/* Of what is opened next. */
	int64_t line;
	int64_t undoes;

	/* What is open; its subject NULL: nothing. Subjects are literals. */
	struct store_change open;
	bool changed;
	struct buf payload;

	struct buf input; /* of a hash */
	unsigned char salts[SALTS][STORE_SALT_BYTES];
	size_t salts_left;
};

struct store_pen *
store_pen_new(void)
{
	struct store_pen *pen = mem_new(1, sizeof(*pen));

	buf_init(&pen->payload, PAYLOAD_MOST_BYTES);
	buf_init(&pen->input, 2 * PAYLOAD_MOST_BYTES);
	return pen;
}

void
store_pen_free(struct store_pen *pen)
{
	buf_clear(&pen->payload);
	buf_clear(&pen->input);
	free(pen);
}

void
store_pen_reset(struct store_pen *pen, const struct store_author *author)
{
	pen->author = author != NULL ? *author : (struct store_author){ 0 };
	pen->act = 0;
	pen->at_ms = author != NULL ? now_ms() : 0;
	pen->open.subject = NULL;
	pen->line = 0;
	pen->undoes = 0;
}

void
store_history_line(struct store *store, int64_t line)
{
	store_pen(store)->line = line;
}

void
store_history_undoes(struct store *store, int64_t change)
{
	store_pen(store)->undoes = change;
}

const struct store_author *
store_pen_author(struct store *store)
{
	assert(store_pen(store)->author.seal != NULL);
	return &store_pen(store)->author;
}

/* Bytes before the first that needs a backslash. */
static size_t
count_plain(const char *value)
{
	const char *at = value;

	while (*at != '\0' && *at != '\t' && *at != '\n' && *at != '\\')
		at++;
	return (size_t)(at - value);
}

/* Adds a value as it stands in a payload. */
static void
add_value(struct buf *payload, const char *value)
{
	for (;;) {
		size_t plain = count_plain(value);

		buf_add(payload, value, plain);
		value += plain;
		if (*value == '\0')
			return;
		buf_add_char(payload, '\\');
		buf_add_char(payload, *value == '\t'   ? 't'
				      : *value == '\n' ? 'n'
						       : '\\');
		value++;
	}
}

static void
add_line(
    struct buf *payload, const char *field, const char *old, const char *new)
{
	buf_add_str(payload, field);
	buf_add_char(payload, '\t');
	add_value(payload, old);
	buf_add_char(payload, '\t');
	add_value(payload, new);
	buf_add_char(payload, '\n');
}

bool
store_pen_open(struct store *store, const char *subject, int64_t subscriber,
    const char *name, const char *value, struct err *err)
{
	struct store_pen *pen = store_pen(store);

	assert(pen->author.seal != NULL && "begun by store_begin_as");
	if (pen->open.subject != NULL && subscriber != 0 &&
	    pen->open.subscriber == subscriber)
		return true;
	if (!store_pen_flush(store, err))
		return false;
	pen->open = (struct store_change){
		.subject = subject,
		.subscriber = subscriber,
		.line = pen->line,
		.undoes = pen->undoes,
	};
	pen->undoes = 0;
	pen->changed = false;
	buf_reset(&pen->payload);
	if (name != NULL)
		add_line(&pen->payload, name, value, value);
	return true;
}

void
store_pen_note(
    struct store *store, const char *field, const char *old, const char *new)
{
	struct store_pen *pen = store_pen(store);

	assert(pen->open.subject != NULL);
	if (strcmp(old, new) == 0)
		return;
	add_line(&pen->payload, field, old, new);
	pen->changed = true;
}

static bool
is_same(const struct text_list *a, const struct text_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

static void
add_words(struct buf *payload, const struct text_list *words)
{
	for (size_t i = 0; i < words->count; i++) {
		if (i > 0)
			buf_add_char(payload, ';');
		add_value(payload, words->items[i]);
	}
}

void
store_pen_note_words(struct store *store, const char *field,
    const struct text_list *old, const struct text_list *new)
{
	struct store_pen *pen = store_pen(store);

	assert(pen->open.subject != NULL);
	if (is_same(old, new))
		return;
	buf_add_str(&pen->payload, field);
	buf_add_char(&pen->payload, '\t');
	add_words(&pen->payload, old);
	buf_add_char(&pen->payload, '\t');
	add_words(&pen->payload, new);
	buf_add_char(&pen->payload, '\n');
	pen->changed = true;
}

void
store_pen_note_joined(struct store *store, const char *field,
    const char *const *words, size_t count)
{
	struct store_pen *pen = store_pen(store);

	assert(pen->open.subject != NULL);
	buf_add_str(&pen->payload, field);
	buf_add(&pen->payload, "\t\t", 2);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add_char(&pen->payload, ' ');
		add_value(&pen->payload, words[i]);
	}
	buf_add_char(&pen->payload, '\n');
	pen->changed = true;
}

bool
store_pen_says(struct store *store, const char *field, const char *value)
{
	const char *line = buf_str(&store_pen(store)->payload);
	size_t field_bytes = strlen(field);
	size_t value_bytes = strlen(value);

	for (; *line != '\0'; line = strchr(line, '\n') + 1) {
		const char *old = strchr(line, '\t') + 1;
		const char *new = strchr(old, '\t') + 1;

		if (strncmp(line, field, field_bytes) == 0 &&
		    line[field_bytes] == '\t' &&
		    strncmp(new, value, value_bytes) == 0 &&
		    new[value_bytes] == '\n')
			return true;
	}
	return false;
}

static void
add_number(struct buf *input, int64_t number)
{
	unsigned char bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)((uint64_t)number >> (56 - 8 * i));
	buf_add(input, bytes, sizeof(bytes));
}

static void
add_text(struct buf *input, const char *text)
{
	buf_add(input, text, strlen(text) + 1);
}

static void
hash(const struct store_seal *seal, const struct buf *input,
    unsigned char ret_hash[STORE_SHA256_BYTES])
{
	assert(!input->overflowed);
	seal->sha256(input->bytes, input->used, ret_hash);
}

static void
put_act_digest(struct buf *input, const struct store_seal *seal,
    const unsigned char *salt, int64_t at_ms, const struct store_author *author,
    unsigned char ret_digest[STORE_SHA256_BYTES])
{
	buf_reset(input);
	buf_add(input, salt, STORE_SALT_BYTES);
	add_number(input, at_ms);
	add_text(input, author->operator);
	add_text(input, author->command);
	add_text(input, author->source);
	if (author->source_sha256 != NULL)
		buf_add(input, author->source_sha256, STORE_SHA256_BYTES);
	hash(seal, input, ret_digest);
}

static void
put_digest(struct buf *input, const struct store_seal *seal,
    const unsigned char *salt, const char *payload, size_t bytes,
    unsigned char ret_digest[STORE_SHA256_BYTES])
{
	buf_reset(input);
	buf_add(input, salt, STORE_SALT_BYTES);
	buf_add(input, payload, bytes);
	hash(seal, input, ret_digest);
}

static void
move_chain(struct buf *input, const struct store_seal *seal,
    const unsigned char *act_digest, int64_t act,
    const struct store_change *change, const unsigned char *digest,
    unsigned char chain[STORE_SHA256_BYTES])
{
	buf_reset(input);
	buf_add(input, chain, STORE_SHA256_BYTES);
	buf_add(input, act_digest, STORE_SHA256_BYTES);
	add_number(input, change->id);
	add_number(input, act);
	add_number(input, change->subscriber);
	add_number(input, change->line);
	add_number(input, change->undoes);
	add_text(input, change->subject);
	buf_add(input, digest, STORE_SHA256_BYTES);
	hash(seal, input, chain);
}

void
store_pen_act_digest(const struct store_seal *seal,
    const unsigned char salt[STORE_SALT_BYTES], int64_t at_ms,
    const struct store_author *author,
    unsigned char ret_digest[STORE_SHA256_BYTES])
{
	struct buf input GM_BUF_AT_EXIT;

	buf_init(&input, 2 * PAYLOAD_MOST_BYTES);
	put_act_digest(&input, seal, salt, at_ms, author, ret_digest);
}

void
store_pen_digest(const struct store_seal *seal,
    const unsigned char salt[STORE_SALT_BYTES], const char *payload,
    unsigned char ret_digest[STORE_SHA256_BYTES])
{
	struct buf input GM_BUF_AT_EXIT;

	buf_init(&input, 2 * PAYLOAD_MOST_BYTES);
	put_digest(&input, seal, salt, payload, strlen(payload), ret_digest);
}

void
store_pen_chain(const struct store_seal *seal,
    const unsigned char act_digest[STORE_SHA256_BYTES], int64_t act,
    const struct store_change *change,
    const unsigned char digest[STORE_SHA256_BYTES],
    unsigned char chain[STORE_SHA256_BYTES])
{
	struct buf input GM_BUF_AT_EXIT;

	buf_init(&input, PAYLOAD_MOST_BYTES);
	move_chain(&input, seal, act_digest, act, change, digest, chain);
}

static const unsigned char *
draw_salt(struct store_pen *pen)
{
	if (pen->salts_left == 0) {
		pen->author.seal->random(pen->salts, sizeof(pen->salts));
		pen->salts_left = SALTS;
	}
	return pen->salts[--pen->salts_left];
}

/* Where the chain ends so far. */
static bool
read_end(struct db *db, struct store_pen *pen, struct err *err)
{
	struct db_query *query = db_query(
	    db, "SELECT id, chain FROM change ORDER BY id DESC LIMIT 1", "");
	size_t count;

	pen->last = 0;
	memset(pen->chain, 0, sizeof(pen->chain));
	if (db_next(query)) {
		const void *bytes = db_bytes(query, 1, &count);

		pen->last = db_int(query, 0);
		if (count == sizeof(pen->chain))
			memcpy(pen->chain, bytes, count);
	}
	return db_end(query, err);
}

static bool
begin_act(struct db *db, struct store_pen *pen, struct err *err)
{
	const struct store_author *author = &pen->author;
	const unsigned char *salt = draw_salt(pen);

	put_act_digest(&pen->input, author->seal, salt, pen->at_ms, author,
	    pen->act_digest);
	if (!read_end(db, pen, err) ||
	    !db_run(db, err,
		"INSERT INTO act (at_ms, operator, command, source,"
		" source_sha256, salt) VALUES (?, ?, ?, ?, ?, ?)",
		"isssbb", pen->at_ms, author->operator, author->command,
		author->source, author->source_sha256,
		(size_t)STORE_SHA256_BYTES, salt, (size_t)STORE_SALT_BYTES))
		return false;
	pen->act = db_last_id(db);
	return true;
}

static bool
write_change(struct db *db, struct store_pen *pen, struct err *err)
{
	const struct store_seal *seal = pen->author.seal;
	const unsigned char *salt = draw_salt(pen);
	struct store_change *change = &pen->open;
	unsigned char digest[STORE_SHA256_BYTES];

	change->id = ++pen->last;
	put_digest(&pen->input, seal, salt, pen->payload.bytes,
	    pen->payload.used, digest);
	move_chain(&pen->input, seal, pen->act_digest, pen->act, change, digest,
	    pen->chain);
	return db_insert(db, err, &change_rows, change->id, pen->act,
	    change->subject, change->subscriber, change->line, change->undoes,
	    salt, (size_t)STORE_SALT_BYTES, buf_str(&pen->payload), pen->chain,
	    (size_t)STORE_SHA256_BYTES);
}

bool
store_pen_flush(struct store *store, struct err *err)
{
	struct store_pen *pen = store_pen(store);
	struct db *db = store_db(store);

	if (pen->open.subject == NULL || !pen->changed) {
		pen->open.subject = NULL;
		return true;
	}
	if (pen->payload.overflowed)
		return err_set(err, ERR_DATA, "a change of more than %d bytes",
		    PAYLOAD_MOST_BYTES);
	if ((pen->act == 0 && !begin_act(db, pen, err)) ||
	    !write_change(db, pen, err))
		return false;
	pen->open.subject = NULL;
	return true;
}
