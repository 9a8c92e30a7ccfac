#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/step.h"
#include "smtp/smtp_conn.h"

struct smtp_transaction *
smtp_transaction_at(const struct smtp_conn *conn, size_t number)
{
	assert(number - conn->first < conn->next - conn->first);
	return &conn->ring[number % conn->most];
}

static struct smtp_transaction *
oldest(const struct smtp_conn *conn)
{
	return conn->first == conn->next
		   ? NULL
		   : smtp_transaction_at(conn, conn->first);
}

/* What the caller may do. */

bool
smtp_may_start(const struct smtp_conn *conn)
{
	if (conn->stage != SMTP_STANDING || conn->quit_wanted ||
	    conn->parting || conn->write_failed || conn->out_of_turn)
		return false;

	/* A reply that nobody asked for is on its way. */
	if (conn->first == conn->next && smtp_wire_has_rest(&conn->wire))
		return false;
	return conn->next - conn->first < conn->most;
}

void
smtp_start(struct smtp_conn *conn, const struct smtp_envelope *envelope)
{
	struct smtp_transaction *on;

	assert(smtp_may_start(conn));
	on = smtp_transaction_at(conn, conn->next++);
	on->count = on->said = on->answered = 0;
	on->opened = on->finished = on->heard = false;
	on->body_wanted = on->body_given = false;
	on->body_begun = on->body_said = false;
	on->withdrawn = on->decided = false;
	smtp_command_compose(conn, on, envelope);
	if (on->decided)
		smtp_pool_soon(conn->pool, conn);
	smtp_pool_talk(conn->pool, conn);
}

/* The oldest open transaction without a body, or NULL; it is looked at once. */
static struct smtp_transaction *
take_bodiless(struct smtp_conn *conn)
{
	if (conn->stage != SMTP_STANDING || conn->bodies == conn->next)
		return NULL;
	return smtp_transaction_at(conn, conn->bodies++);
}

void
smtp_body(struct smtp_conn *conn, const struct iovec *parts, size_t count)
{
	struct smtp_transaction *on = take_bodiless(conn);

	if (on == NULL)
		return;
	on->body_given = true;
	on->parts = parts;
	on->part_count = count;
	smtp_pool_talk(conn->pool, conn);
}

void
smtp_withdraw(struct smtp_conn *conn)
{
	struct smtp_transaction *on = take_bodiless(conn);

	if (on == NULL)
		return;
	smtp_pool_soon(conn->pool, conn);
	smtp_pool_talk(conn->pool, conn);
	if (on->decided)
		return;
	on->withdrawn = on->decided = true;
	smtp_outcome_without_reply(PHASE_DATA, OUTCOME_DEFERRED, BLAME_NONE,
	    "withdrawn", &on->verdict);

	/* The relay has its 354 ready, or will have. */
	if (on->said > 0 && on->phases[on->said - 1] == PHASE_DATA) {
		conn->parting = true;
		conn->why = on->verdict;
	}
}

/* What is due. */

bool
smtp_transaction_offered(
    const struct smtp_conn *conn, const struct smtp_transaction *on)
{
	return on->body_said && conn->wire.offered >= on->end_at;
}

bool
smtp_offered(const struct smtp_conn *conn, size_t nth)
{
	return nth < conn->next - conn->first &&
	       smtp_transaction_offered(
		   conn, smtp_transaction_at(conn, conn->first + nth));
}

bool
smtp_transaction_due(const struct smtp_conn *conn, enum phase *ret_phase)
{
	const struct smtp_transaction *on = oldest(conn);

	if (on == NULL)
		return false;
	if (on->answered < on->said) {
		*ret_phase = (enum phase)on->phases[on->answered];
		return conn->wire.offered >=
		       on->text_at + on->ends[on->answered];
	}
	*ret_phase = PHASE_FINAL;
	return smtp_transaction_offered(conn, on) && !on->finished;
}

enum phase
smtp_transaction_phase(const struct smtp_conn *conn)
{
	const struct smtp_transaction *on = oldest(conn);

	if (on == NULL)
		return PHASE_RSET;
	if (!on->opened)
		return PHASE_MAIL;
	if (smtp_transaction_offered(conn, on))
		return PHASE_FINAL;
	if (on->answered < on->said)
		return (enum phase)on->phases[on->answered];
	if (on->body_begun || on->body_wanted)
		return PHASE_BODY;
	return on->answered < on->count ? (enum phase)on->phases[on->answered]
					: PHASE_MAIL;
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

void
smtp_transaction_limit(struct smtp_conn *conn)
{
	bool blocked = conn->wire.offered < conn->wire.queued;
	int64_t limit = -1;
	enum phase phase;

	if (smtp_transaction_due(conn, &phase))
		limit = limit_of(conn, phase);
	else if (smtp_wire_has_rest(&conn->wire))
		limit = conn->timeouts.mail_ms;
	else if (blocked)
		limit = conn->timeouts.block_ms;
	smtp_conn_limit(conn, limit);
}

/* How transactions end. */

static bool
is_over(const struct smtp_transaction *on)
{
	if (on->body_begun)
		return on->finished;
	if (on->answered < on->said)
		return false;
	return on->decided;
}

static void
end_oldest(struct smtp_conn *conn)
{
	struct smtp_transaction *on = oldest(conn);
	struct smtp_end end;

	end = (struct smtp_end){
		.verdict = on->verdict,
		.last_byte_offered = smtp_transaction_offered(conn, on),
	};
	if (on->opened && on->verdict.outcome != OUTCOME_SENT)
		conn->needs_rset = true;

	/* What stands behind it may go on before the caller says more. */
	conn->first++;
	if (conn->writing - conn->first > conn->most)
		conn->writing = conn->first;
	if (conn->bodies - conn->first > conn->most)
		conn->bodies = conn->first;
	if (conn->first != conn->next)
		smtp_pool_talk(conn->pool, conn);
	conn->events->done(conn, &end, conn->context);
}

void
smtp_transaction_settle(struct smtp_conn *conn)
{
	const struct smtp_transaction *on;
	bool ended = false;

	while ((on = oldest(conn)) != NULL && is_over(on)) {
		end_oldest(conn);
		ended = true;
		if (conn->stage != SMTP_STANDING)
			return;
	}
	if (conn->parting && (on == NULL || !on->body_begun)) {
		smtp_conn_part(conn);
		return;
	}
	if (!ended)
		return;
	if (on == NULL && conn->quit_wanted && !smtp_wire_has_rest(&conn->wire))
		smtp_conn_quit_now(conn);
	else if (smtp_may_start(conn))
		conn->events->ready(conn, conn->context);
}

/* Replies. */

/* True when a transaction behind the oldest has said some of its body. */
static bool
has_followers(const struct smtp_conn *conn)
{
	return conn->next - conn->first > 1 &&
	       smtp_transaction_at(conn, conn->first + 1)->body_begun;
}

/* The relay ends the transaction, and maybe the connection. False: it is
   gone. */
static bool
decide(struct smtp_conn *conn, struct smtp_transaction *on, enum phase phase,
    const struct smtp_reply *reply)
{
	struct verdict why;

	smtp_outcome(phase, reply, &on->verdict);
	on->decided = true;

	/* Who has lost step refuses nothing: he may take the body that is on
	   its way behind the envelope. */
	if (phase != PHASE_FINAL && on->verdict.blame == BLAME_PROTOCOL &&
	    smtp_transaction_offered(conn, on))
		on->verdict.outcome = OUTCOME_UNKNOWN;
	why = on->verdict;
	if (!smtp_outcome_closes(why.blame))
		return true;

	/* Who has lost step may not be listened to any more; who refuses us in
	   good order still answers what lies before him. */
	if (reply->code == 421 || why.blame == BLAME_PROTOCOL ||
	    !has_followers(conn)) {
		smtp_conn_close(conn, &why);
		return false;
	}
	conn->parting = true;
	conn->why = why;
	return true;
}

/* The relay goes along with a command of ours. */
static void
go_on(struct smtp_conn *conn, struct smtp_transaction *on, enum phase phase)
{
	if (phase == PHASE_RSET)
		conn->needs_rset = false;
	if (phase == PHASE_DATA ||
	    (phase == PHASE_RCPT && conn->offer.chunking)) {
		on->body_wanted = true;
		if (!on->body_given && conn->events->wants_body != NULL)
			conn->events->wants_body(conn, conn->context);
	}
	if (conn->stage == SMTP_STANDING && conn->writing == conn->first)
		smtp_pool_talk(conn->pool, conn);
}

/* A reply to what was said behind a command that the relay refused. False: the
   connection is gone. */
static bool
take_late(
    struct smtp_conn *conn, enum phase phase, const struct smtp_reply *reply)
{
	struct verdict why;

	if (reply->code == 421) {
		smtp_outcome(phase, reply, &why);
		smtp_conn_close(conn, &why);
		return false;
	}

	/* A dot alone would be a message to some: there is no way on. */
	if (phase == PHASE_DATA && reply->code == 354) {
		if (conn->parting) {
			smtp_conn_part(conn);
			return false;
		}
		smtp_conn_lose(conn, BLAME_LINK,
		    "the server wants a message for a refused recipient");
		return false;
	}
	return true;
}

/* Nothing is due. */
static void
take_unasked(struct smtp_conn *conn, const struct smtp_reply *reply)
{
	struct smtp_transaction *on = oldest(conn);
	bool opened = on != NULL && on->opened;
	struct verdict why;

	smtp_outcome(opened ? PHASE_BODY : PHASE_RSET, reply, &why);
	if (on != NULL && reply->code != 421)
		on->heard = true;
	if (conn->stage == SMTP_QUITTING)
		why.blame = BLAME_NONE;
	smtp_conn_close(conn, &why);
}

void
smtp_transaction_reply(struct smtp_conn *conn, const struct smtp_reply *reply)
{
	struct smtp_transaction *on = oldest(conn);
	enum phase phase;

	if (!smtp_transaction_due(conn, &phase)) {
		take_unasked(conn, reply);
		return;
	}
	if (phase == PHASE_FINAL)
		on->finished = true;
	else
		on->answered++;

	step_reached("smtp: reply taken");

	/* 421 as the first word says nothing about this transaction. */
	if (reply->code != 421)
		on->heard = conn->served = true;
	if (on->decided) {
		if (!take_late(conn, phase, reply))
			return;
	} else if (phase != PHASE_FINAL &&
		   smtp_outcome_accepts(phase, reply->code)) {
		go_on(conn, on, phase);
		if (conn->stage != SMTP_STANDING)
			return;
	} else if (!decide(conn, on, phase, reply)) {
		return;
	}
	smtp_transaction_settle(conn);
}

void
smtp_transaction_cut(struct smtp_conn *conn)
{
	struct smtp_transaction *on = oldest(conn);
	enum phase phase;

	if (on == NULL || on->decided || conn->reply.code == 0 ||
	    !smtp_transaction_due(conn, &phase) || phase != PHASE_FINAL)
		return;
	smtp_outcome(PHASE_FINAL, &conn->reply, &on->verdict);
	on->decided = true;
}
