#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/step.h"
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
refuse(struct smtp_transaction *on, enum phase phase, enum blame blame,
    const char *enhanced, const char *text)
{
	smtp_outcome_without_reply(
	    phase, OUTCOME_FAILED, blame, text, &on->verdict);
	snprintf(
	    on->verdict.enhanced, sizeof(on->verdict.enhanced), "%s", enhanced);
	on->decided = true;
}

static void
check_envelope(const struct smtp_conn *conn, struct smtp_transaction *on,
    const struct smtp_envelope *envelope, bool *ret_ascii)
{
	bool from_ascii = true;
	bool rcpt_ascii = true;

	if (!is_path(envelope->mail_from, &from_ascii))
		refuse(on, PHASE_MAIL, BLAME_CONTENT, "5.1.7",
		    "the sender's address cannot be said in SMTP");
	else if (!is_path(envelope->rcpt, &rcpt_ascii) ||
		 envelope->rcpt[0] == '\0')
		refuse(on, PHASE_RCPT, BLAME_CONTENT, "5.1.3",
		    "the recipient's address cannot be said in SMTP");
	else if (!(from_ascii && rcpt_ascii) && !conn->offer.smtputf8)
		refuse(on, PHASE_MAIL, BLAME_CONTENT, "5.6.7",
		    "the relay takes no addresses beyond ASCII");
	else if (conn->offer.size > 0 && envelope->bytes > conn->offer.size)
		refuse(on, PHASE_MAIL, BLAME_CONTENT, "5.3.4",
		    "the message is larger than the relay takes");
	*ret_ascii = from_ascii && rcpt_ascii;
}

static void add_command(struct smtp_transaction *on, enum phase phase,
    const char *fmt, ...) GM_PRINTF(3, 4);

static void
add_command(struct smtp_transaction *on, enum phase phase, const char *fmt, ...)
{
	size_t at = on->count > 0 ? on->ends[on->count - 1] : 0;
	size_t room = sizeof(on->text) - at;
	va_list ap;
	int bytes;

	va_start(ap, fmt);
	bytes = vsnprintf(on->text + at, room, fmt, ap);
	va_end(ap);
	assert(bytes > 0 && (size_t)bytes < room);
	on->phases[on->count] = phase;
	on->ends[on->count++] = at + (size_t)bytes;
}

static void
compose(
    struct smtp_conn *conn, const struct smtp_envelope *envelope, bool ascii)
{
	struct smtp_transaction *on = &conn->transaction;
	char size[40] = "";

	/* After a refusal some servers keep the old sender and take the next
	   recipient under it: wipe the slate first. */
	if (conn->needs_rset)
		add_command(on, PHASE_RSET, "RSET\r\n");
	if (conn->offer.any_size && envelope->bytes > 0)
		snprintf(size, sizeof(size), " SIZE=%zu", envelope->bytes);
	add_command(on, PHASE_MAIL, "MAIL FROM:<%s>%s%s\r\n",
	    envelope->mail_from, size, ascii ? "" : " SMTPUTF8");
	add_command(on, PHASE_RCPT, "RCPT TO:<%s>\r\n", envelope->rcpt);
	add_command(on, PHASE_DATA, "DATA\r\n");
}

static int64_t
limit_of(const struct smtp_conn *conn, enum phase phase)
{
	switch (phase) {
	case PHASE_RCPT:
		return conn->timeouts.rcpt_ms;
	case PHASE_DATA:
		return conn->timeouts.data_ms;
	case PHASE_BODY:
		return conn->timeouts.block_ms;
	case PHASE_FINAL:
		return conn->timeouts.final_ms;
	default:
		return conn->timeouts.mail_ms;
	}
}

/* Says the commands up to `count` and waits for the next reply. */
static void
say(struct smtp_conn *conn, size_t count)
{
	struct smtp_transaction *on = &conn->transaction;
	size_t from = on->said > 0 ? on->ends[on->said - 1] : 0;

	smtp_wire_queue(
	    &conn->wire, on->text + from, on->ends[count - 1] - from);
	on->said = count;
	smtp_conn_limit(conn, limit_of(conn, on->phases[on->answered]));
	smtp_conn_flush(conn);
}

void
smtp_start(struct smtp_conn *conn, const struct smtp_envelope *envelope)
{
	struct smtp_transaction *on = &conn->transaction;
	bool ascii;

	assert(conn->stage == SMTP_READY);
	conn->stage = SMTP_BUSY;
	on->count = on->said = on->answered = 0;
	on->body_wanted = on->body_given = on->final_due = false;
	on->heard = on->withdrawn = on->decided = false;
	smtp_wire_forget_body(&conn->wire);

	check_envelope(conn, on, envelope, &ascii);
	if (on->decided) {
		smtp_pool_soon(conn->pool, conn);
		return;
	}
	compose(conn, envelope, ascii);
	say(conn, conn->offer.pipelining ? on->count : 1);
}

static void
write_body(struct smtp_conn *conn)
{
	struct smtp_transaction *on = &conn->transaction;

	smtp_wire_body(&conn->wire, on->parts, on->part_count);
	smtp_conn_limit(conn, conn->timeouts.block_ms);
	smtp_conn_flush(conn);
}

void
smtp_body(struct smtp_conn *conn, const struct iovec *parts, size_t count)
{
	struct smtp_transaction *on = &conn->transaction;

	if (conn->stage != SMTP_BUSY)
		return;
	assert(!on->body_given && !on->withdrawn);
	on->body_given = true;
	on->parts = parts;
	on->part_count = count;
	if (on->body_wanted && !on->decided)
		write_body(conn);
}

void
smtp_withdraw(struct smtp_conn *conn)
{
	struct smtp_transaction *on = &conn->transaction;

	if (conn->stage != SMTP_BUSY)
		return;
	assert(!on->body_given);
	on->withdrawn = true;
	smtp_pool_soon(conn->pool, conn);
}

void
smtp_transaction_written(struct smtp_conn *conn)
{
	struct smtp_transaction *on = &conn->transaction;

	if (conn->stage != SMTP_BUSY || !conn->wire.body_offered ||
	    on->final_due)
		return;
	on->final_due = true;
	smtp_conn_limit(conn, conn->timeouts.final_ms);
}

enum phase
smtp_transaction_phase(const struct smtp_conn *conn)
{
	const struct smtp_transaction *on = &conn->transaction;

	if (conn->wire.body_offered)
		return PHASE_FINAL;
	if (on->body_wanted)
		return PHASE_BODY;
	if (on->answered < on->count)
		return on->phases[on->answered];
	return PHASE_MAIL;
}

void
smtp_transaction_end(struct smtp_conn *conn)
{
	struct smtp_end end = {
		.verdict = conn->transaction.verdict,
		.last_byte_offered = conn->wire.body_offered,
	};

	conn->stage = SMTP_READY;
	conn->transactions++;
	smtp_conn_limit(conn, -1);
	conn->events->done(conn, &end, conn->context);
	if (conn->stage != SMTP_READY)
		return;

	/* More than was asked for is here: it will be read, and is an error. */
	if (smtp_wire_has_rest(&conn->wire))
		smtp_conn_limit(conn, conn->timeouts.mail_ms);
	else if (conn->quit_wanted)
		smtp_conn_quit_now(conn);
	else
		conn->events->ready(conn, conn->context);
}

static void
decide(struct smtp_conn *conn, enum phase phase, const struct smtp_reply *reply)
{
	struct smtp_transaction *on = &conn->transaction;

	smtp_outcome(phase, reply, &on->verdict);
	on->decided = true;
	if (on->verdict.outcome != OUTCOME_SENT)
		conn->needs_rset = true;
}

/* The relay goes along with a command of ours. */
static void
go_on(struct smtp_conn *conn, enum phase phase)
{
	struct smtp_transaction *on = &conn->transaction;

	/* What came along answers something that was not said yet. */
	if (on->said == on->answered && smtp_wire_has_rest(&conn->wire)) {
		smtp_conn_lose(conn, BLAME_PROTOCOL,
		    "the server answered before it was asked");
		return;
	}
	if (phase == PHASE_RSET)
		conn->needs_rset = false;
	if (phase != PHASE_DATA) {
		if (on->said == on->answered)
			say(conn, on->said + 1);
		else
			smtp_conn_limit(
			    conn, limit_of(conn, on->phases[on->answered]));
		return;
	}
	on->body_wanted = true;
	smtp_conn_limit(conn, -1);
	if (on->body_given)
		write_body(conn);
	else if (conn->events->wants_body != NULL)
		conn->events->wants_body(conn, conn->context);
}

/* A reply to a command that was said after one that the relay refused. */
static void
take_late(
    struct smtp_conn *conn, enum phase phase, const struct smtp_reply *reply)
{
	struct smtp_transaction *on = &conn->transaction;

	/* A dot alone would be a message to some: there is no way on. */
	if (reply->code == 421 || (phase == PHASE_DATA && reply->code == 354)) {
		smtp_conn_lose(conn, BLAME_LINK,
		    "the server wants a message for a refused recipient");
		return;
	}
	if (on->answered == on->said)
		smtp_transaction_end(conn);
	else
		smtp_conn_limit(conn, limit_of(conn, on->phases[on->answered]));
}

void
smtp_transaction_reply(struct smtp_conn *conn, const struct smtp_reply *reply)
{
	struct smtp_transaction *on = &conn->transaction;
	enum phase phase = PHASE_BODY;
	bool due = true;

	if (on->answered < on->said)
		phase = on->phases[on->answered++];
	else if (on->final_due)
		phase = PHASE_FINAL;
	else
		due = false;

	step_reached("smtp: reply taken");

	/* 421 as the first word says nothing about this transaction. */
	if (reply->code != 421)
		on->heard = true;
	if (on->decided && due) {
		take_late(conn, phase, reply);
		return;
	}
	if (due && phase != PHASE_FINAL &&
	    smtp_outcome_accepts(phase, reply->code)) {
		go_on(conn, phase);
		return;
	}

	/* The reply ends the transaction, and maybe the connection. */
	decide(conn, phase, reply);
	if (!due && conn->wire.body_offered)
		on->verdict.outcome = OUTCOME_UNKNOWN;
	if (smtp_outcome_closes(on->verdict.blame)) {
		struct verdict why = on->verdict;

		smtp_conn_close(conn, &why);
		return;
	}
	if (on->answered == on->said)
		smtp_transaction_end(conn);
	else
		smtp_conn_limit(conn, limit_of(conn, on->phases[on->answered]));
}
