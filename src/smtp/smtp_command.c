#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "smtp/smtp_conn.h"

enum {
	PATH_BYTES = 254, /* RFC 5321 section 4.5.3.1.3, less <> */
};

/* True when the address can stand between < and > (or is none). */
static bool
is_path(const char *s, bool *ret_ascii)
{
	size_t bytes = 0;

	*ret_ascii = true;
	for (; s[bytes] != '\0'; bytes++) {
		unsigned char c = (unsigned char)s[bytes];

		if (c <= ' ' || c == 127 || c == '<' || c == '>')
			return false;
		if (c > 127)
			*ret_ascii = false;
	}
	return bytes <= PATH_BYTES;
}

/* Decides without a word to the relay. */
static void
refuse(struct smtp_transaction *on, enum phase phase, const char *enhanced,
    const char *text)
{
	smtp_outcome_without_reply(
	    phase, OUTCOME_FAILED, BLAME_CONTENT, text, &on->verdict);
	snprintf(
	    on->verdict.enhanced, sizeof(on->verdict.enhanced), "%s", enhanced);
	on->decided = true;
}

static void
check(const struct smtp_conn *conn, struct smtp_transaction *on,
    const struct smtp_envelope *envelope, bool *ret_ascii)
{
	bool from_ascii = true;
	bool rcpt_ascii = true;

	if (!is_path(envelope->mail_from, &from_ascii))
		refuse(on, PHASE_MAIL, "5.1.7",
		    "the sender's address cannot be said in SMTP");
	else if (!is_path(envelope->rcpt, &rcpt_ascii) ||
		 envelope->rcpt[0] == '\0')
		refuse(on, PHASE_RCPT, "5.1.3",
		    "the recipient's address cannot be said in SMTP");
	else if (!(from_ascii && rcpt_ascii) && !conn->offer.smtputf8)
		refuse(on, PHASE_MAIL, "5.6.7",
		    "the relay takes no addresses beyond ASCII");
	else if (conn->offer.size > 0 && envelope->bytes > conn->offer.size)
		refuse(on, PHASE_MAIL, "5.3.4",
		    "the message is larger than the relay takes");
	*ret_ascii = from_ascii && rcpt_ascii;
}

static void add(struct smtp_transaction *on, enum phase phase, const char *fmt,
    ...) GM_PRINTF(3, 4);

static void
add(struct smtp_transaction *on, enum phase phase, const char *fmt, ...)
{
	size_t at = on->count > 0 ? on->ends[on->count - 1] : 0;
	size_t room = sizeof(on->text) - at;
	va_list ap;
	int bytes;

	va_start(ap, fmt);
	bytes = vsnprintf(on->text + at, room, fmt, ap);
	va_end(ap);
	assert(bytes > 0 && (size_t)bytes < room && on->count < SMTP_COMMANDS);
	on->phases[on->count] = (unsigned char)phase;
	on->ends[on->count++] = (unsigned short)(at + (size_t)bytes);
}

void
smtp_command_compose(const struct smtp_conn *conn, struct smtp_transaction *on,
    const struct smtp_envelope *envelope)
{
	char size[40] = "";
	bool ascii;

	check(conn, on, envelope, &ascii);
	if (on->decided)
		return;

	/* Whether RSET is said is seen when its turn comes. */
	add(on, PHASE_RSET, "RSET\r\n");
	if (conn->offer.any_size && envelope->bytes > 0)
		snprintf(size, sizeof(size), " SIZE=%zu", envelope->bytes);
	add(on, PHASE_MAIL, "MAIL FROM:<%s>%s%s\r\n", envelope->mail_from, size,
	    ascii ? "" : " SMTPUTF8");
	add(on, PHASE_RCPT, "RCPT TO:<%s>\r\n", envelope->rcpt);
	if (!conn->offer.chunking)
		add(on, PHASE_DATA, "DATA\r\n");
}

size_t
smtp_command_bdat(struct smtp_transaction *on, const char **ret_text)
{
	size_t at = on->ends[on->count - 1];
	size_t room = sizeof(on->text) - at;
	size_t total = 0;
	int bytes;

	for (size_t i = 0; i < on->part_count; i++)
		total += on->parts[i].iov_len;
	bytes = snprintf(on->text + at, room, "BDAT %zu LAST\r\n", total);
	assert(bytes > 0 && (size_t)bytes < room);
	*ret_text = on->text + at;
	return (size_t)bytes;
}
