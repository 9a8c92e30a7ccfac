#include "fake_transaction.h"

#include "fake_answer.h"
#include "fake_memory.h"
#include "fake_state.h"

void
fake_transaction_clear(struct fake_session *s)
{
	for (size_t i = 0; i < s->rcpt_count; i++)
		free(s->rcpts[i]);
	free(s->from);
	s->from = NULL;
	s->rcpt_count = s->rcpts_refused = 0;
	s->has_sender = s->mail_refused = s->eightbit = s->smtputf8 = false;
	s->body_rule = s->data_rule = NULL;
	s->data_looked_up = false;
	s->early_data = s->early_body = s->in_body = s->chunk_void = false;
}

void
fake_transaction_begin_body(struct fake_session *s, bool dotted)
{
	s->body_rule = fake_script_find(s->server->script, FAKE_PHASE_BODY,
	    s->rcpts, s->rcpt_count, s->txn);
	enum fake_care care = FAKE_CARE_END;
	if (fake_ledger_wants_octets(s->server->ledger))
		care = FAKE_CARE_KEEP;
	else if (s->server->judge)
		care = FAKE_CARE_FLAWS;
	fake_body_start(&s->body, dotted, care);
	s->in_body = true;
	s->raw_bytes = 0;
}

static void
note_flaws(struct fake_session *s)
{
	static const struct {
		enum fake_flaw flaw;
		enum fake_violation violation;
	} rows[] = { { FAKE_FLAW_BARE_CR, FAKE_VIOLATION_BARE_CR },
		{ FAKE_FLAW_BARE_LF, FAKE_VIOLATION_BARE_LF },
		{ FAKE_FLAW_LONG_LINE, FAKE_VIOLATION_LONG_LINE },
		{ FAKE_FLAW_8BIT_HEADER, FAKE_VIOLATION_HEADER_8BIT },
		{ FAKE_FLAW_8BIT_BODY, FAKE_VIOLATION_BODY_8BIT },
		{ FAKE_FLAW_NO_FINAL_CRLF, FAKE_VIOLATION_NO_FINAL_CRLF } };
	unsigned flaws = s->body.flaws;

	if (s->smtputf8)
		flaws &= ~(unsigned)FAKE_FLAW_8BIT_HEADER;
	if (s->eightbit)
		flaws &= ~(unsigned)FAKE_FLAW_8BIT_BODY;
	for (size_t i = 0; flaws && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (flaws & rows[i].flaw)
			fake_answer_violate(s, rows[i].violation);
}

/* Whether the message counts as taken, should the reply get lost or not. */
static bool
accepts(const struct fake_rule *r)
{
	if (!r)
		return true;
	switch (r->act) {
	case FAKE_ACT_REPLY:
	case FAKE_ACT_MULTI:
		return r->code < 300;
	case FAKE_ACT_EARLY:
		return r->code < 300;
	case FAKE_ACT_STALL:
		return r->number > 0;
	case FAKE_ACT_CLOSE:
	case FAKE_ACT_RESET:
	case FAKE_ACT_GARBAGE:
		return false;
	default:
		return true;
	}
}

static void
enter_message(struct fake_session *s)
{
	struct fake_message m = { .at_ns = s->now_ns,
		.connection = s->number,
		.txn = s->txn,
		.from = s->from,
		.rcpts = s->rcpts,
		.rcpt_count = s->rcpt_count,
		.bytes = s->body.bytes,
		.octets = s->body.care == FAKE_CARE_KEEP && !s->body.kept
			      ? ""
			      : s->body.kept };

	fake_ledger_accept(s->server->ledger, &m);
}

void
fake_transaction_finish_body(struct fake_session *s)
{
	const struct fake_rule *r = s->body_rule;
	char usual[FAKE_REPLY_MAX];

	fake_body_finish(&s->body);
	note_flaws(s);
	s->due_ns += s->server->body_delay_ns;
	s->state = FAKE_STATE_COMMAND;
	if (s->server->size && s->body.bytes > s->server->size) {
		fake_answer_refuse(
		    s, FAKE_PHASE_BODY, 552, "5.3.4", "message too big");
		fake_transaction_clear(s);
		return;
	}

	/* The ledger knows of it before the client can. */
	if (accepts(r))
		enter_message(s);
	if (s->early_body) {
		if (!accepts(r))
			fake_answer_note_refusal(
			    s, FAKE_PHASE_BODY, r->code, NULL);
	} else {
		size_t n = fake_answer_compose(s, usual, 250, "2.0.0", "taken");
		fake_answer(s, FAKE_PHASE_BODY, r, NULL, usual, n);
	}
	fake_transaction_clear(s);
}

bool
fake_transaction_break_off(struct fake_session *s)
{
	const struct fake_rule *r = s->body_rule;

	if (!r ||
	    (r->act != FAKE_ACT_CLOSE_MID && r->act != FAKE_ACT_RESET_MID))
		return false;
	if (s->raw_bytes < (r->number ? r->number : 1))
		return false;
	fake_answer_end(s,
	    r->act == FAKE_ACT_CLOSE_MID ? FAKE_WIRE_FIN : FAKE_WIRE_RST,
	    fake_script_act_word(r->act));
	return true;
}
