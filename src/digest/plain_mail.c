#include "digest/plain_mail.h"

#include <stdint.h>
#include <string.h>

#include "base/now.h"
#include "mime/mime.h"
#include "people/links.h"
#include "unicode/unicode.h"

enum { BASE64_LINE = 57 };

/* RFC 2045 section 6.8, in lines of 76 characters. */
static void
add_base64(struct buf *out, const char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *at = (const unsigned char *)text;
	size_t left = strlen(text);
	size_t column = 0;

	while (left > 0) {
		size_t count = left < 3 ? left : 3;
		uint32_t group = (uint32_t)at[0] << 16 |
				 (count > 1 ? (uint32_t)at[1] << 8 : 0) |
				 (count > 2 ? (uint32_t)at[2] : 0);

		for (size_t i = 0; i < 4; i++)
			buf_add_char(
			    out, i <= count ? digits[group >> (18 - 6 * i) & 63]
					    : '=');
		at += count;
		left -= count;
		column += 3;
		if (column == BASE64_LINE || left == 0) {
			buf_add_str(out, "\r\n");
			column = 0;
		}
	}
}

static bool
add_header(struct arena *arena, const struct plain_mail *mail,
    const char *message_id, struct buf *out, struct err *err)
{
	const struct mime_field fields[] = {
		{ .field = "From",
		    .kind = MIME_NAMED,
		    .name = mail->sender->name,
		    .value = mail->sender->address },
		{ .field = "To",
		    .kind = MIME_NAMED,
		    .name = mail->rcpt_name,
		    .value = mail->rcpt },
		{ .field = "Subject",
		    .kind = MIME_TEXT,
		    .value = mail->subject },
		{ .field = "Date",
		    .kind = MIME_PLAIN,
		    .value = now_format_rfc5322(arena, mail->dated_ms,
			now_offset_min(mail->dated_ms)) },
		{ .field = "Message-ID",
		    .kind = MIME_PLAIN,
		    .value = arena_format(arena, "<%s>", message_id) },
		{ .field = "Auto-Submitted",
		    .kind = MIME_PLAIN,
		    .value = "auto-generated" },
		{ .field = "MIME-Version", .kind = MIME_PLAIN, .value = "1.0" },
		{ .field = "Content-Type",
		    .kind = MIME_PLAIN,
		    .value = "text/plain; charset=utf-8" },
		{ .field = "Content-Transfer-Encoding",
		    .kind = MIME_PLAIN,
		    .value = "base64" },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (!mime_add_field(&fields[i], unicode_grapheme, out, err))
			return false;
	return true;
}

/* The signatures, before the message they are of. */
static bool
add_signatures(const struct plain_mail *mail, const struct buf *bytes,
    size_t header_count, struct buf *out, struct err *err)
{
	const struct iovec part = {
		.iov_base = (void *)(uintptr_t)buf_str(bytes),
		.iov_len = bytes->used,
	};
	const struct sign_message message = {
		.parts = &part,
		.part_count = 1,
		.header_count = header_count,
	};

	return mail->sign == NULL ||
	       sign_message(mail->sign, &message, mail->dated_ms, out, err);
}

bool
plain_mail_compose(struct arena *arena, const struct plain_mail *mail,
    struct buf *out, const char **ret_message_id, struct err *err)
{
	enum { BYTES_MOST = 100 * 1000 };
	struct buf bytes GM_BUF_AT_EXIT;
	const char *message_id =
	    links_notice_id(arena, mail->key, mail->sender, mail->number);
	size_t header_count;

	buf_init(&bytes, BYTES_MOST);
	if (!add_header(arena, mail, message_id, &bytes, err))
		return false;
	header_count = bytes.used;
	buf_add_str(&bytes, "\r\n");
	add_base64(&bytes, mail->body);
	if (!add_signatures(mail, &bytes, header_count, out, err))
		return false;
	buf_add(out, buf_str(&bytes), bytes.used);
	*ret_message_id = message_id;
	return true;
}
