#include "smtp/smtp_conn.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

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
	case SMTP_READY:
		smtp_conn_lose(conn, BLAME_PROTOCOL,
		    "the server began a reply that nobody asked for");
		break;
	case SMTP_BUSY:
		conn->transaction.heard = true;
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
	TAILQ_REMOVE(&conn->pool->conns, conn, link);
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

void
smtp_conn_close(struct smtp_conn *conn, const struct verdict *why)
{
	struct verdict last = *why;

	if (conn->stage >= SMTP_CLOSING)
		return;

	/* Close the socket first: whatever was not written stays so. */
	release(conn);
	if (conn->stage == SMTP_BUSY) {
		struct smtp_transaction *on = &conn->transaction;
		struct smtp_end end = {
			.verdict = on->decided ? on->verdict : last,
			.last_byte_offered = conn->wire.body_offered,
			.idle_close = conn->transactions > 0 && !on->heard &&
				      !on->withdrawn &&
				      !conn->wire.body_offered &&
				      last.blame == BLAME_LINK,
		};

		conn->stage = SMTP_CLOSING;
		conn->events->done(conn, &end, conn->context);
		if (conn->stage == SMTP_CLOSED)
			return;
	}
	last.outcome = OUTCOME_DEFERRED;
	bury(conn);
	conn->events->closed(conn, &last, conn->context);
}

void
smtp_conn_lose(struct smtp_conn *conn, enum blame blame, const char *text)
{
	struct verdict why;
	enum phase phase = PHASE_RSET;
	enum outcome outcome = OUTCOME_DEFERRED;

	if (conn->stage == SMTP_CONNECTING) {
		phase = PHASE_CONNECT;
	} else if (conn->stage == SMTP_BUSY) {
		phase = smtp_transaction_phase(conn);
		if (conn->wire.body_offered)
			outcome = OUTCOME_UNKNOWN;
	}
	smtp_outcome_without_reply(phase, outcome, blame, text, &why);
	smtp_conn_close(conn, &why);
}

/* A reply that nothing is due for, between transactions. */
static void
take_unasked(struct smtp_conn *conn)
{
	struct verdict why;

	smtp_outcome(PHASE_RSET, &conn->reply, &why);
	if (conn->stage == SMTP_QUITTING)
		why.blame = BLAME_NONE;
	smtp_conn_close(conn, &why);
}

/* Makes replies of the lines that are there. False: the connection is gone. */
static bool
take_lines(struct smtp_conn *conn)
{
	const char *line;
	size_t bytes;
	bool too_long = false;

	while (smtp_wire_line(&conn->wire, &line, &bytes, &too_long)) {
		switch (smtp_reply_add(&conn->reply, line, bytes)) {
		case SMTP_REPLY_PART:
			continue;
		case SMTP_REPLY_BROKEN:
			smtp_conn_lose(conn, BLAME_PROTOCOL,
			    "what the server said is no SMTP reply");
			return false;
		case SMTP_REPLY_WHOLE:
			break;
		}
		if (conn->stage == SMTP_BUSY)
			smtp_transaction_reply(conn, &conn->reply);
		else
			take_unasked(conn);
		if (conn->stage == SMTP_CLOSED)
			return false;
		smtp_reply_reset(&conn->reply);
	}
	if (too_long)
		smtp_conn_lose(conn, BLAME_PROTOCOL,
		    "the server's reply has an endless line");
	return !too_long;
}

static void
read_all(struct smtp_conn *conn)
{
	bool more = true;

	while (more && conn->stage != SMTP_CLOSED) {
		more = false;
		switch (smtp_wire_fill(&conn->wire, &more)) {
		case SMTP_WIRE_OK:
			if (!take_lines(conn))
				return;
			break;
		case SMTP_WIRE_AGAIN:
			return;
		case SMTP_WIRE_ENDED:
			smtp_conn_lose(conn,
			    conn->stage == SMTP_QUITTING ? BLAME_NONE
							 : BLAME_LINK,
			    "the server closed the connection");
			return;
		case SMTP_WIRE_LOST:
			smtp_conn_lose(conn,
			    conn->stage == SMTP_QUITTING ? BLAME_NONE
							 : BLAME_LINK,
			    "the connection was lost");
			return;
		}
	}
}

static void
watch_for(struct smtp_conn *conn, int events)
{
	if (conn->watched == events)
		return;
	conn->watched = events;
	loop_watch_events(conn->watch, events);
}

void
smtp_conn_flush(struct smtp_conn *conn)
{
	bool progress = false;

	if (conn->write_failed)
		return;
	switch (smtp_wire_flush(&conn->wire, &progress)) {
	case SMTP_WIRE_OK:
		watch_for(conn, LOOP_READ);
		smtp_transaction_written(conn);
		break;
	case SMTP_WIRE_AGAIN:
		watch_for(conn, LOOP_READ | LOOP_WRITE);
		if (progress && conn->stage == SMTP_BUSY &&
		    smtp_transaction_phase(conn) == PHASE_BODY)
			smtp_conn_limit(conn, conn->timeouts.block_ms);
		break;
	default:
		conn->write_failed = true;
		smtp_pool_soon(conn->pool, conn);
		break;
	}
}

static void
on_ready(int fd, int events, void *context)
{
	struct smtp_conn *conn = context;

	(void)fd;
	if (events & LOOP_READ)
		read_all(conn);
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

void
smtp_conn_stands(struct smtp_conn *conn)
{
	conn->stage = SMTP_READY;
	smtp_conn_limit(conn, -1);
	conn->watched = LOOP_READ;
	conn->watch = loop_watch(
	    conn->pool->loop, conn->wire.fd, LOOP_READ, on_ready, conn);

	/* Nothing may have come yet. */
	if (!take_lines(conn))
		return;
	read_all(conn);
	if (conn->stage != SMTP_READY)
		return;
	if (smtp_wire_has_rest(&conn->wire))
		smtp_conn_limit(conn, conn->timeouts.mail_ms);
	else if (conn->quit_wanted)
		smtp_conn_quit_now(conn);
	else
		conn->events->ready(conn, conn->context);
}

void
smtp_conn_soon(struct smtp_conn *conn)
{
	struct verdict why;

	if (conn->stage == SMTP_CLOSED) {
		smtp_conn_free(conn);
		return;
	}
	if (conn->refused) {
		smtp_conn_close(conn, &conn->refusal);
		return;
	}
	if (conn->stage == SMTP_CONNECTING && conn->quit_wanted) {
		smtp_conn_lose(conn, BLAME_NONE, "not wanted any more");
		return;
	}
	if (conn->stage == SMTP_BUSY && conn->transaction.withdrawn) {
		smtp_outcome_without_reply(smtp_transaction_phase(conn),
		    OUTCOME_DEFERRED, BLAME_NONE, "withdrawn", &why);
		smtp_conn_close(conn, &why);
		return;
	}

	/* A server that hung up may have said why: read before judging. */
	if (conn->write_failed) {
		read_all(conn);
		if (conn->stage != SMTP_CLOSED)
			smtp_conn_lose(conn,
			    conn->stage == SMTP_QUITTING ? BLAME_NONE
							 : BLAME_LINK,
			    "the connection was lost");
		return;
	}
	if (conn->stage == SMTP_BUSY && conn->transaction.decided)
		smtp_transaction_end(conn);
}

struct smtp_conn *
smtp_connect(struct smtp_pool *pool, const struct relay *relay,
    const struct relay_timeouts *timeouts, const char *ehlo_name,
    const struct smtp_events *events, void *context)
{
	struct smtp_conn *conn = mem_new(1, sizeof(*conn));

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
	if (conn->stage == SMTP_READY)
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
