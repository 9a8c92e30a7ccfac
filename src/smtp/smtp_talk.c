#include "smtp/smtp_conn.h"

/*
 * The next words in the order of the stream. What may be said never depends on
 * what the socket has taken, only on what the relay has answered and what the
 * caller has given.
 */

/* Says commands up to `count`. */
static void
say(struct smtp_conn *conn, struct smtp_transaction *on, size_t count)
{
	size_t from = on->said > 0 ? on->ends[on->said - 1] : 0;

	smtp_wire_queue(
	    &conn->wire, on->text + from, (size_t)(on->ends[count - 1] - from));
	on->said = (unsigned char)count;
}

/* After a refusal some servers keep the old sender and take the next recipient
   under it: wipe the slate first. The same when it is not known yet whether the
   one before will be refused. */
static void
open_transaction(struct smtp_conn *conn, struct smtp_transaction *on)
{
	on->opened = true;
	on->text_at = conn->wire.queued;
	if (conn->needs_rset || conn->writing != conn->first)
		return;
	on->said = on->answered = 1;
	on->text_at -= on->ends[0];
}

/* Says the commands whose turn it is. */
static void
say_commands(struct smtp_conn *conn, struct smtp_transaction *on)
{
	if (on->said == on->count || on->decided)
		return;
	if (!on->opened)
		open_transaction(conn, on);
	if (conn->offer.pipelining)
		say(conn, on, on->count);
	else if (on->said == on->answered)
		say(conn, on, on->said + 1U);
}

/* True when its body may go now. DATA has asked for it; BDAT need not wait, but
   only so many bodies may be unanswered. */
static bool
may_begin_body(const struct smtp_conn *conn, const struct smtp_transaction *on)
{
	if (!on->body_given || on->decided || conn->parting)
		return false;
	if (!conn->offer.chunking)
		return on->body_wanted;
	return on->said == on->count &&
	       conn->writing - conn->first < conn->depth;
}

static void
begin_body(struct smtp_conn *conn, struct smtp_transaction *on)
{
	const char *line;
	size_t bytes;

	on->body_begun = true;
	smtp_dots_init(&conn->dots, on->parts, on->part_count);
	if (conn->offer.chunking) {
		bytes = smtp_command_bdat(on, &line);
		smtp_wire_queue(&conn->wire, line, bytes);
	}
}

/* Queues as much of the body as there is room; true when that is the end. */
static bool
say_body(struct smtp_conn *conn, struct smtp_transaction *on)
{
	struct smtp_dots *dots = &conn->dots;
	size_t room;
	struct iovec *to = smtp_wire_space(&conn->wire, &room);
	size_t used;

	/* What BDAT announces goes as it is. */
	used = conn->offer.chunking ? smtp_dots_plain(dots, to, room)
				    : smtp_dots_next(dots, to, room);
	smtp_wire_added(&conn->wire, used);
	if (!dots->ended)
		return false;
	on->body_said = true;
	on->end_at = conn->wire.queued;
	return true;
}

/* True when the words of the next transaction may follow now. Behind DATA no
   command may come: the relay may take it for the message. */
static bool
may_pass(const struct smtp_conn *conn, const struct smtp_transaction *on)
{
	if (on->body_begun)
		return on->body_said;
	if (!on->opened)
		return on->decided;
	return conn->offer.chunking && on->decided;
}

bool
smtp_talk_more(void *context)
{
	struct smtp_conn *conn = context;
	size_t room;

	while (conn->writing != conn->next) {
		struct smtp_transaction *on =
		    smtp_transaction_at(conn, conn->writing);

		smtp_wire_space(&conn->wire, &room);
		if (room < 2)
			return true;
		if (!conn->parting)
			say_commands(conn, on);
		if (!on->body_begun && may_begin_body(conn, on))
			begin_body(conn, on);
		if (on->body_begun && !on->body_said && !say_body(conn, on))
			return true;
		if (!may_pass(conn, on))
			return false;
		conn->writing++;
	}
	return false;
}
