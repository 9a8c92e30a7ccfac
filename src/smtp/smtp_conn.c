#include "smtp/smtp_conn.h"

#include <assert.h>

#include "base/mem.h"
#include "base/now.h"

enum { QUIT_MS = 3000 }; /* how long the answer to QUIT is waited for */

static void
set_timer(struct smtp_conn *conn)
{
	if (conn->deadline_ms < 0 ||
	    (conn->armed_ms >= 0 && conn->armed_ms <= conn->deadline_ms))
		return;
	conn->armed_ms = conn->deadline_ms;
	loop_timer_set(conn->timer, conn->deadline_ms - now_mono_ms());
}

/* The timer is left to fire too early, which is rare, rather than set anew at
   each step, which is not. */
void
smtp_conn_limit(struct smtp_conn *conn, int64_t ms)
{
	conn->deadline_ms = ms < 0 ? -1 : now_mono_ms() + ms;
	set_timer(conn);
}

static void
fire(void *context)
{
	struct smtp_conn *conn = context;

	conn->armed_ms = -1;
	if (conn->deadline_ms < 0)
		return;
	if (conn->deadline_ms > now_mono_ms()) {
		set_timer(conn);
		return;
	}
	conn->deadline_ms = -1;
	switch (conn->stage) {
	case SMTP_CONNECTING:
		smtp_session_time_is_over(conn);
		break;
	case SMTP_STANDING:
		if (conn->first == conn->next) {
			smtp_conn_lose(conn, BLAME_PROTOCOL,
			    "the server began a reply that nobody asked for");
			break;
		}
		smtp_transaction_at(conn, conn->first)->heard = true;
		smtp_conn_lose(conn, BLAME_LINK,
		    smtp_transaction_phase(conn) == PHASE_BODY
			? "the server takes no more of the body"
			: "no reply within the time allowed");
		break;
	case SMTP_QUITTING:
		smtp_conn_lose(conn, BLAME_NONE, "no reply to QUIT");
		break;
	case SMTP_CLOSING:
	case SMTP_CLOSED:
		break;
	}
}

/* Gives back what reaches into the loop and libcurl. */
static void
release(struct smtp_conn *conn)
{
	loop_unwatch(conn->watch);
	conn->watch = NULL;
	loop_timer_free(conn->timer);
	conn->timer = NULL;
	if (conn->easy != NULL) {
		curl_multi_remove_handle(conn->pool->multi, conn->easy);
		curl_easy_cleanup(conn->easy);
		conn->easy = NULL;
	}
	smtp_wire_clear(&conn->wire);
}

void
smtp_conn_free(struct smtp_conn *conn)
{
	release(conn);
	if (conn->is_soon)
		TAILQ_REMOVE(&conn->pool->soon, conn, soon_link);
	if (conn->has_talk)
		TAILQ_REMOVE(&conn->pool->talk, conn, talk_link);
	TAILQ_REMOVE(&conn->pool->conns, conn, link);
	free(conn->ring);
	free(conn->name);
	free(conn);
}

/* No event any more; the memory follows soon. */
static void
bury(struct smtp_conn *conn)
{
	conn->stage = SMTP_CLOSED;
	smtp_pool_soon(conn->pool, conn);
}

static void
close_for(struct smtp_conn *conn, const struct verdict *why, bool own)
{
	struct verdict last = *why;

	if (conn->stage >= SMTP_CLOSING)
		return;

	/* Close the socket first: whatever was not written stays so. */
	release(conn);
	conn->stage = SMTP_CLOSING;
	smtp_end_all(conn, &last, own);
	if (conn->stage == SMTP_CLOSED)
		return;
	last.outcome = OUTCOME_DEFERRED;
	bury(conn);
	conn->events->closed(conn, &last, conn->context);
}

void
smtp_conn_close(struct smtp_conn *conn, const struct verdict *why)
{
	close_for(conn, why, true);
}

void
smtp_conn_part(struct smtp_conn *conn)
{
	close_for(conn, &conn->why, false);
}

void
smtp_conn_lose(struct smtp_conn *conn, enum blame blame, const char *text)
{
	struct verdict why;
	enum phase phase = PHASE_CONNECT;

	if (conn->stage == SMTP_STANDING) {
		smtp_transaction_cut(conn);
		phase = smtp_transaction_phase(conn);
	} else if (conn->stage == SMTP_QUITTING) {
		phase = PHASE_RSET;
	}
	smtp_outcome_without_reply(phase, OUTCOME_DEFERRED, blame, text, &why);
	smtp_conn_close(conn, &why);
}

/* Nothing more can be made of what the server says. Where the code of the
   reply stands, it may still count. */
static void
break_off(struct smtp_conn *conn, const char *text, bool code_stands)
{
	if (!code_stands)
		smtp_reply_reset(&conn->reply);
	smtp_conn_lose(conn, BLAME_PROTOCOL, text);
}

/* Makes replies of the lines that are there. False: the connection is gone. */
static bool
take_lines(struct smtp_conn *conn)
{
	const char *line;
	size_t bytes;

	while (smtp_wire_line(&conn->wire, &line, &bytes)) {
		switch (smtp_reply_add(&conn->reply, line, bytes)) {
		case SMTP_REPLY_PART:
			continue;
		case SMTP_REPLY_ENDLESS:
			break_off(conn, "the server's reply has no end", true);
			return false;
		case SMTP_REPLY_BROKEN:
			break_off(conn, "what the server said is no SMTP reply",
			    false);
			return false;
		case SMTP_REPLY_WHOLE:
			break;
		}
		smtp_transaction_reply(conn, &conn->reply);
		if (conn->stage == SMTP_CLOSED)
			return false;
		smtp_reply_reset(&conn->reply);
		conn->reply_taken = true;
	}
	return true;
}

/* Reads once, or to the end when the other side is known to have closed. */
static void
read_on(struct smtp_conn *conn, bool to_end)
{
	enum blame blame =
	    conn->stage == SMTP_QUITTING ? BLAME_NONE : BLAME_LINK;
	bool more = true;

	while (more && conn->stage != SMTP_CLOSED) {
		more = to_end;
		switch (smtp_wire_fill(&conn->wire, &more)) {
		case SMTP_WIRE_OK:
			if (!take_lines(conn))
				return;
			break;
		case SMTP_WIRE_AGAIN:
			return;
		case SMTP_WIRE_ENDED:
			smtp_conn_lose(
			    conn, blame, "the server closed the connection");
			return;
		case SMTP_WIRE_LOST:
			smtp_conn_lose(conn, blame, "the connection was lost");
			return;
		}
	}
}

/* Reads what is there. A whole reply starts the clock for the next; bytes that
   only drip do not. */
static void
read_all(struct smtp_conn *conn, bool to_end)
{
	conn->reply_taken = false;
	read_on(conn, to_end);
	if (conn->stage == SMTP_STANDING &&
	    (conn->reply_taken || conn->deadline_ms < 0))
		smtp_transaction_limit(conn);
}

static void
watch_for(struct smtp_conn *conn, int events)
{
	if (conn->watched == events)
		return;
	conn->watched = events;
	loop_watch_events(conn->watch, events);
}

/* Words of the relay that answer nothing: nothing more is said before they are
   whole, and in the middle of a transaction nothing at all. */
static bool
is_interrupted(struct smtp_conn *conn, bool due)
{
	if (due || conn->first == conn->next ||
	    !smtp_wire_has_rest(&conn->wire))
		return false;
	if (smtp_transaction_at(conn, conn->first)->opened) {
		conn->out_of_turn = true;
		smtp_pool_soon(conn->pool, conn);
	}
	return true;
}

void
smtp_conn_flush(struct smtp_conn *conn)
{
	bool progress = false;
	enum phase phase;
	bool due;

	if (conn->write_failed || conn->out_of_turn ||
	    (conn->stage != SMTP_STANDING && conn->stage != SMTP_QUITTING))
		return;
	due = smtp_transaction_due(conn, &phase);
	if (is_interrupted(conn, due))
		return;
	switch (smtp_wire_flush(&conn->wire, &progress)) {
	case SMTP_WIRE_OK:
		watch_for(conn, LOOP_READ);
		break;
	case SMTP_WIRE_AGAIN:
		watch_for(conn, LOOP_READ | LOOP_WRITE);
		break;
	default:
		conn->write_failed = true;
		smtp_pool_soon(conn->pool, conn);
		return;
	}

	/* What was due before keeps its time. */
	if (progress && !due && conn->stage == SMTP_STANDING)
		smtp_transaction_limit(conn);
}

static void
on_ready(int fd, int events, void *context)
{
	struct smtp_conn *conn = context;

	(void)fd;
	if (events & LOOP_READ)
		read_all(conn, (events & LOOP_HANGUP) != 0);
	if (conn->stage != SMTP_CLOSED && (conn->watched & LOOP_WRITE) &&
	    (events & LOOP_WRITE))
		smtp_conn_flush(conn);
}

void
smtp_conn_quit_now(struct smtp_conn *conn)
{
	static const char quit[] = "QUIT\r\n";

	conn->stage = SMTP_QUITTING;
	smtp_wire_queue(&conn->wire, quit, sizeof(quit) - 1);
	smtp_conn_limit(conn, QUIT_MS);
	smtp_conn_flush(conn);
}

/* How many transactions may be open, by what the relay offers. */
static size_t
count_most(const struct smtp_conn *conn)
{
	if (!conn->offer.pipelining)
		return 1;
	return conn->offer.chunking ? conn->depth + 1 : 2;
}

void
smtp_conn_stands(struct smtp_conn *conn)
{
	conn->stage = SMTP_STANDING;
	conn->offer.chunking = conn->offer.chunking && conn->offer.pipelining;
	conn->most = count_most(conn);
	conn->ring = mem_new(conn->most, sizeof(*conn->ring));
	conn->wire.more = smtp_talk_more;
	conn->wire.context = conn;
	smtp_conn_limit(conn, -1);
	conn->watched = LOOP_READ;
	conn->watch = loop_watch(
	    conn->pool->loop, conn->wire.fd, LOOP_READ, on_ready, conn);

	/* Nothing may have come yet. */
	if (!take_lines(conn))
		return;
	read_all(conn, false);
	if (conn->stage != SMTP_STANDING || smtp_wire_has_rest(&conn->wire))
		return;
	if (conn->quit_wanted)
		smtp_conn_quit_now(conn);
	else
		conn->events->ready(conn, conn->context);
}

/* Deals with a standing session. */
static void
attend(struct smtp_conn *conn)
{
	/* A server that hung up may have said why: read before judging. */
	if (conn->write_failed) {
		read_all(conn, true);
		if (conn->stage != SMTP_CLOSED)
			smtp_conn_lose(conn,
			    conn->stage == SMTP_QUITTING ? BLAME_NONE
							 : BLAME_LINK,
			    "the connection was lost");
		return;
	}
	if (conn->stage != SMTP_STANDING)
		return;
	if (conn->out_of_turn) {
		smtp_conn_lose(conn, BLAME_PROTOCOL,
		    "the server answered before it was asked");
		return;
	}
	smtp_transaction_settle(conn);
}

void
smtp_conn_soon(struct smtp_conn *conn)
{
	switch (conn->stage) {
	case SMTP_CLOSED:
		smtp_conn_free(conn);
		break;
	case SMTP_CONNECTING:
		if (conn->refused)
			smtp_conn_close(conn, &conn->why);
		else if (conn->quit_wanted)
			smtp_conn_lose(conn, BLAME_NONE, "not wanted any more");
		break;
	case SMTP_STANDING:
	case SMTP_QUITTING:
		attend(conn);
		break;
	case SMTP_CLOSING:
		break;
	}
}

struct smtp_conn *
smtp_connect(struct smtp_pool *pool, const struct relay *relay,
    const struct relay_timeouts *timeouts, const char *ehlo_name, int depth,
    const struct smtp_events *events, void *context)
{
	struct smtp_conn *conn = mem_new(1, sizeof(*conn));

	assert(depth > 0);
	conn->depth = (size_t)depth;
	conn->pool = pool;
	conn->events = events;
	conn->context = context;
	conn->timeouts = *timeouts;
	conn->deadline_ms = conn->armed_ms = -1;
	conn->wire.fd = -1;
	conn->timer = loop_timer(pool->loop, fire, conn);
	TAILQ_INSERT_TAIL(&pool->conns, conn, link);
	smtp_session_begin(conn, relay, ehlo_name);
	return conn;
}

void
smtp_quit(struct smtp_conn *conn)
{
	if (conn->quit_wanted)
		return;
	conn->quit_wanted = true;
	if (conn->stage == SMTP_STANDING && conn->first == conn->next)
		smtp_conn_quit_now(conn);
	else if (conn->stage == SMTP_CONNECTING)
		smtp_pool_soon(conn->pool, conn);
}

void
smtp_abort(struct smtp_conn *conn)
{
	if (conn->stage == SMTP_CLOSED)
		return;
	release(conn);
	bury(conn);
}

const char *
smtp_conn_tls(const struct smtp_conn *conn)
{
	return conn->tls;
}

const char *
smtp_conn_offers(const struct smtp_conn *conn)
{
	return conn->offer.text;
}

const char *
smtp_conn_relay(const struct smtp_conn *conn)
{
	return conn->name;
}
