#include "sign/sign.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "base/vec.h"
#include "sign/canon.h"
#include "sign/sha256_pair.h"
#include "sign/sign_key.h"

enum {
	LINE_COLUMNS = 78, /* RFC 5322 section 2.1.1 */
	LARGEST_FIELD = 16 * 1024,
	LARGEST_SIGNED = 64 << 20,
};

struct sign {
	struct sign_key **items;
	size_t count;
	size_t room;
};

/* What is signed where it stands. `once`: nobody may add one, so that the name
   is listed once more than there are fields (RFC 6376 section 8.15). */
static const struct {
	const char *name;
	bool once;
} covered[] = {
	{ "from", true },
	{ "to", true },
	{ "cc", true },
	{ "subject", true },
	{ "date", true },
	{ "message-id", true },
	{ "reply-to", true },
	{ "sender", false },
	{ "mime-version", false },
	{ "content-type", true },
	{ "content-transfer-encoding", false },
	{ "list-id", false },
	{ "list-help", false },
	{ "list-owner", false },
	{ "list-archive", false },
	{ "list-unsubscribe", true },
	{ "list-unsubscribe-post", true },
	{ "feedback-id", false },
	{ "auto-submitted", false },
};

bool
sign_open(const struct dkim_key *keys, size_t count,
    struct complaints *complaints, struct sign **ret_sign, struct err *err)
{
	struct sign *sign = NULL;

	if (count > 0)
		sign = mem_new(1, sizeof(*sign));
	for (size_t i = 0; i < count; i++) {
		struct sign_key *key;

		if (!sign_key_open(&keys[i], complaints, &key, err)) {
			sign_free(sign);
			return err_wrap(err, "dkim");
		}
		vec_push(sign, key);
	}
	*ret_sign = sign;
	return true;
}

void
sign_free(struct sign *sign)
{
	if (sign == NULL)
		return;
	for (size_t i = 0; i < sign->count; i++)
		sign_key_free(sign->items[i]);
	vec_clear(sign);
	free(sign);
}

static struct sign_key *
find_key(const struct sign *sign, const struct dkim_key *name)
{
	for (size_t i = 0; sign != NULL && i < sign->count; i++) {
		struct sign_key *key = sign->items[i];

		if (text_equal_nocase(sign_key_domain(key), name->domain) &&
		    text_equal_nocase(sign_key_selector(key), name->selector))
			return key;
	}
	return NULL;
}

bool
sign_fingerprint(const struct dkim_key *from, char ret_text[SIGN_FINGERPRINT],
    struct err *err)
{
	struct complaints complaints = { 0 };
	struct sign_key *key;
	bool ok = sign_key_open(from, &complaints, &key, err);

	complaints_clear(&complaints);
	if (!ok)
		return err_wrap(err, "dkim");
	strcpy(ret_text, sign_key_fingerprint(key));
	sign_key_free(key);
	return true;
}

/* A key that was replaced under the same name would give a retry other bytes
   than the attempt before had. */
static bool
check_fingerprint(
    const struct sign_key *key, const struct dkim_key *name, struct err *err)
{
	return name->fingerprint == NULL || *name->fingerprint == '\0' ||
	       strcmp(name->fingerprint, sign_key_fingerprint(key)) == 0 ||
	       err_set(err, ERR_CONFIG,
		   "dkim: %s holds another key than the one that this mailing "
		   "was planned with (%s of %s); put that back, and give a new "
		   "key a new selector",
		   sign_key_file(key), name->selector, name->domain);
}

bool
sign_pick(const struct sign *sign, const struct dkim_key *names, size_t count,
    struct sign **ret_sign, struct err *err)
{
	struct sign *picked = NULL;

	if (count > 0)
		picked = mem_new(1, sizeof(*picked));
	for (size_t i = 0; i < count; i++) {
		struct sign_key *key = find_key(sign, &names[i]);

		if (key == NULL) {
			sign_free(picked);
			return err_set(err, ERR_CONFIG,
			    "dkim: the key %s of %s is configured no more",
			    names[i].selector, names[i].domain);
		}
		if (!check_fingerprint(key, &names[i], err)) {
			sign_free(picked);
			return false;
		}
		vec_push(picked, sign_key_share(key));
	}
	*ret_sign = picked;
	return true;
}

/* The value of h= (RFC 6376 section 5.4). */
static void
list_names(const struct canon_message *message, struct buf *out)
{
	for (size_t i = 0; i < sizeof(covered) / sizeof(covered[0]); i++) {
		size_t times = canon_count(message, covered[i].name);

		for (times += covered[i].once; times > 0; times--) {
			if (out->used > 0)
				buf_add_char(out, ':');
			buf_add_str(out, covered[i].name);
		}
	}
}

/* Adds a piece to the field, on a new line where this one would be too long;
   `gap` stands before it where it is on the same line. */
static void
add_piece(struct buf *field, const char *gap, const char *piece, size_t count)
{
	const char *line = memrchr(field->bytes, '\n', field->used);
	size_t column = field->used -
			(line == NULL ? 0 : (size_t)(line - field->bytes) + 1);

	if (column + strlen(gap) + count > LINE_COLUMNS)
		gap = "\r\n ";
	buf_add_str(field, gap);
	buf_add(field, piece, count);
}

static void add_tag(struct buf *field, const char *fmt, ...) GM_PRINTF(2, 3);

static void
add_tag(struct buf *field, const char *fmt, ...)
{
	char *tag GM_FREE_AT_EXIT = NULL;
	va_list ap;

	va_start(ap, fmt);
	tag = mem_vformat(fmt, ap);
	va_end(ap);
	add_piece(field, " ", tag, strlen(tag));
}

/* Adds the names of h=, broken between them. */
static void
add_names(struct buf *field, const char *names)
{
	const char *gap = " ";

	for (const char *p = names; *p != '\0';) {
		size_t count = strcspn(p, ":");

		count += p[count] == ':';
		if (p == names) {
			char *first GM_FREE_AT_EXIT =
			    mem_format("h=%.*s", (int)count, p);

			add_piece(field, gap, first, strlen(first));
		} else {
			add_piece(field, gap, p, count);
		}
		p += count;
		gap = "";
	}
	buf_add_char(field, ';');
}

/* Adds the signature in lines as long as may be. */
static void
add_signature(struct buf *field, const char *text)
{
	size_t first = LINE_COLUMNS - strlen(" b=");

	buf_add_str(field, "\r\n b=");
	for (size_t room = first; *text != '\0'; room = LINE_COLUMNS - 1) {
		size_t count = strnlen(text, room);

		buf_add(field, text, count);
		text += count;
		if (*text != '\0')
			buf_add_str(field, "\r\n ");
	}
}

/* The field without the signature: what comes before it is signed too. */
static void
write_field(const struct sign_key *key, const char *names,
    const char *body_hash, int64_t at_ms, struct buf *field)
{
	buf_add_str(field, "DKIM-Signature: v=1;");
	add_tag(field, "a=%s;", sign_key_algorithm(key));
	add_tag(field, "c=relaxed/relaxed;");
	add_tag(field, "d=%s;", sign_key_domain(key));
	add_tag(field, "s=%s;", sign_key_selector(key));
	add_tag(field, "t=%" PRId64 ";", at_ms / 1000);
	add_names(field, names);
	add_tag(field, "bh=%s;", body_hash);
}

static unsigned char *
hash_text(const struct buf *first, const struct buf *second,
    unsigned char ret_hash[SHA256_BYTES])
{
	const struct iovec parts[] = {
		{ .iov_base = first->bytes, .iov_len = first->used },
		{ .iov_base = second->bytes, .iov_len = second->used },
	};

	sha256_parts(parts, 2, ret_hash);
	return ret_hash;
}

/* Signs the canonical fields and the field itself with an empty b= (RFC 6376
   section 3.7), and adds it whole to `out`. */
static bool
sign_with(const struct sign_key *key, const struct buf *fields,
    const char *names, const char *body_hash, int64_t at_ms, struct buf *out,
    struct err *err)
{
	unsigned char hash[SHA256_BYTES];
	struct buf field GM_BUF_AT_EXIT;
	struct buf own GM_BUF_AT_EXIT;
	struct buf text GM_BUF_AT_EXIT;
	size_t used;

	buf_init(&field, LARGEST_FIELD);
	buf_init(&own, LARGEST_FIELD);
	buf_init(&text, LARGEST_FIELD);
	write_field(key, names, body_hash, at_ms, &field);
	used = field.used;
	add_signature(&field, "");
	canon_add_field(field.bytes, field.used, &own);
	if (!sign_key_sign(key, hash_text(fields, &own, hash), &text, err))
		return false;
	field.used = used;
	add_signature(&field, buf_str(&text));
	buf_add_str(&field, "\r\n");
	if (field.overflowed || own.overflowed || fields->overflowed)
		return err_set(
		    err, ERR_DATA, "the header is too large to sign");
	buf_add(out, field.bytes, field.used);
	return true;
}

/* The body's parts, the first one shortened by the header. */
static struct iovec *
list_body(const struct sign_message *message)
{
	struct iovec *body = mem_new(message->part_count, sizeof(*body));
	size_t skip = message->header_count + strlen("\r\n");

	memcpy(body, message->parts, message->part_count * sizeof(*body));
	assert(message->part_count > 0 && body[0].iov_len >= skip);
	body[0].iov_base = (char *)body[0].iov_base + skip;
	body[0].iov_len -= skip;
	return body;
}

/* The byte before the last `behind` ones; NUL when there is none. */
static char
find_from_end(const struct iovec *parts, size_t count, size_t behind)
{
	while (count-- > 0) {
		if (behind < parts[count].iov_len)
			return (
			    (const char *)parts[count]
				.iov_base)[parts[count].iov_len - 1 - behind];
		behind -= parts[count].iov_len;
	}
	return '\0';
}

static void
drop_from_end(struct iovec *parts, size_t count, size_t bytes)
{
	while (bytes > 0) {
		struct iovec *last = &parts[--count];
		size_t now = bytes < last->iov_len ? bytes : last->iov_len;

		last->iov_len -= now;
		bytes -= now;
	}
}

/* Takes the empty lines off the end; a body of nothing else is empty. */
static void
drop_empty_lines(struct iovec *parts, size_t count)
{
	while (find_from_end(parts, count, 0) == '\n' &&
	       find_from_end(parts, count, 1) == '\r') {
		char before = find_from_end(parts, count, 2);

		if (before != '\n' && before != '\0')
			break;
		drop_from_end(parts, count, 2);
	}
}

void
sign_hash_bodies(struct sign_message *const *messages, size_t count)
{
	struct sign_sum *sums GM_FREE_AT_EXIT = mem_new(count, sizeof(*sums));

	for (size_t i = 0; i < count; i++) {
		struct sign_message *message = messages[i];
		struct iovec *parts = list_body(message);

		assert(message->is_relaxed);
		drop_empty_lines(parts, message->part_count);
		sums[i] = (struct sign_sum){ parts, message->part_count,
			message->body_hash };
		message->has_body_hash = true;
	}
	sign_sha256(sums, count);
	for (size_t i = 0; i < count; i++)
		free((void *)(uintptr_t)sums[i].parts);
}

/* Makes the canonical body first. */
static bool
hash_any(const struct sign_message *message,
    unsigned char ret_hash[SIGN_HASH_BYTES], struct err *err)
{
	struct iovec *parts GM_FREE_AT_EXIT = list_body(message);
	struct buf body GM_BUF_AT_EXIT;
	struct buf canonical GM_BUF_AT_EXIT;
	struct iovec whole;

	buf_init(&body, LARGEST_SIGNED);
	buf_init(&canonical, LARGEST_SIGNED);
	for (size_t i = 0; i < message->part_count; i++)
		buf_add(&body, parts[i].iov_base, parts[i].iov_len);
	canon_add_body(buf_str(&body), body.used, &canonical);
	if (body.overflowed || canonical.overflowed)
		return err_set(err, ERR_DATA, "the body is too large to sign");
	whole = (struct iovec){ canonical.bytes, canonical.used };
	sha256_parts(&whole, 1, ret_hash);
	return true;
}

static bool
hash_body(const struct sign_message *message,
    unsigned char ret_hash[SIGN_HASH_BYTES], struct err *err)
{
	struct sign_message copy = *message;
	struct sign_message *one = &copy;

	if (!message->is_relaxed)
		return hash_any(message, ret_hash, err);
	if (!message->has_body_hash)
		sign_hash_bodies(&one, 1);
	memcpy(ret_hash, copy.body_hash, sizeof(copy.body_hash));
	return true;
}

static bool
sign_with_all(const struct sign *sign, const struct sign_message *message,
    const struct canon_message *header, int64_t at_ms, struct buf *out,
    struct err *err)
{
	unsigned char hash[SHA256_BYTES];
	struct buf fields GM_BUF_AT_EXIT;
	struct buf body_hash GM_BUF_AT_EXIT;
	struct buf names GM_BUF_AT_EXIT;

	buf_init(&fields, LARGEST_SIGNED);
	buf_init(&body_hash, LARGEST_FIELD);
	buf_init(&names, LARGEST_FIELD);
	if (canon_count(header, "from") == 0)
		return err_set(err, ERR_DATA, "there is no From to sign");
	if (!hash_body(message, hash, err))
		return false;
	sign_key_add_base64(hash, sizeof(hash), &body_hash);
	list_names(header, &names);
	canon_add_fields(header, buf_str(&names), &fields);
	for (size_t i = 0; i < sign->count; i++)
		if (!sign_with(sign->items[i], &fields, buf_str(&names),
			buf_str(&body_hash), at_ms, out, err))
			return false;
	return true;
}

bool
sign_message(const struct sign *sign, const struct sign_message *message,
    int64_t at_ms, struct buf *out, struct err *err)
{
	struct canon_message header;
	struct buf fields GM_BUF_AT_EXIT;
	bool ok;

	assert(at_ms >= 0);
	buf_init(&fields, LARGEST_SIGNED);
	if (sign == NULL)
		return true;
	if (!canon_split(message->parts[0].iov_base, message->header_count,
		&header, err))
		return err_wrap(err, "dkim");
	ok = sign_with_all(sign, message, &header, at_ms, &fields, err);
	canon_clear(&header);
	if (!ok)
		return err_wrap(err, "dkim");
	buf_add(out, buf_str(&fields), fields.used);
	return true;
}

bool
sign_aligned(const char *domain, const char *address)
{
	const char *at = strrchr(address, '@');
	size_t count = strlen(domain);
	size_t own;

	if (at == NULL || count == 0)
		return false;
	own = strlen(at + 1);
	return own >= count && strcasecmp(at + 1 + own - count, domain) == 0 &&
	       (own == count || at[own - count] == '.');
}

void
sign_sha256(const struct sign_sum *sums, size_t count)
{
	static_assert(
	    (int)SIGN_HASH_BYTES == (int)SHA256_BYTES, "both are SHA-256");
	bool pairs = count > 1 && sha256_pair_works();

	for (; pairs && count > 1; sums += 2, count -= 2)
		sha256_pair((struct sha256_item[2]){
		    { sums[0].parts, sums[0].part_count, sums[0].ret_hash },
		    { sums[1].parts, sums[1].part_count, sums[1].ret_hash },
		});
	for (; count > 0; sums++, count--)
		sha256_parts(sums->parts, sums->part_count, sums->ret_hash);
}
