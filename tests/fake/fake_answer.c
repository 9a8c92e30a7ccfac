#include "fake_answer.h"

#include <inttypes.h>
#include <stdio.h>

#include "fake_memory.h"
#include "fake_state.h"

#define NS_PER_MS 1000000

void
fake_answer_end(struct fake_session *s, enum fake_wire_end how, const char *why)
{
	fake_wire_close(&s->wire, s->due_ns, how);
	s->state = FAKE_STATE_OVER;
	s->ended_by = why;
}

size_t
fake_answer_compose(const struct fake_session *s, char reply[FAKE_REPLY_MAX],
    int code, const char *enhanced, const char *text)
{
	size_t n = strnlen(text, FAKE_REPLY_MAX - 100);
	char *p = reply;

	/* printf would cost as much as all the rest of a reply. */
	*p++ = (char)('0' + code / 100);
	*p++ = (char)('0' + code / 10 % 10);
	*p++ = (char)('0' + code % 10);
	*p++ = ' ';
	if (s->server->enhanced && *enhanced) {
		p = stpcpy(p, enhanced);
		*p++ = ' ';
	}
	p = mempcpy(p, text, n);
	p = mempcpy(p, "\r\n", 2);
	return (size_t)(p - reply);
}

void
fake_answer_say(
    struct fake_session *s, int code, const char *enhanced, const char *text)
{
	char reply[FAKE_REPLY_MAX];
	size_t n = fake_answer_compose(s, reply, code, enhanced, text);

	fake_wire_put(&s->wire, s->due_ns, reply, n);
}

void
fake_answer_violate(struct fake_session *s, enum fake_violation what)
{
	fake_ledger_violate(s->server->ledger, s->number, what,
	    s->rcpt_count ? s->rcpts[0] : NULL);
}

void
fake_answer_note_refusal(
    struct fake_session *s, enum fake_phase phase, int code, const char *rcpt)
{
	struct fake_ledger *l = s->server->ledger;
	const char *word = fake_script_phase_word(phase);

	if (rcpt || !s->rcpt_count)
		fake_ledger_refuse(l, s->number, word, code, s->from, rcpt);
	for (size_t i = 0; !rcpt && i < s->rcpt_count; i++)
		fake_ledger_refuse(
		    l, s->number, word, code, s->from, s->rcpts[i]);
}

enum fake_outcome
fake_answer_refuse(struct fake_session *s, enum fake_phase phase, int code,
    const char *enhanced, const char *text)
{
	fake_answer_note_refusal(s, phase, code, NULL);
	fake_answer_say(s, code, enhanced, text);
	return FAKE_OUTCOME_REFUSED;
}

static enum fake_outcome
reply_code(struct fake_session *s, enum fake_phase phase,
    const struct fake_rule *r, const char *rcpt)
{
	char line[1100];
	uint64_t lines = r->act == FAKE_ACT_MULTI ? r->number : 1;

	if (r->code >= 400)
		fake_answer_note_refusal(s, phase, r->code, rcpt);
	for (uint64_t i = 1; i <= lines; i++) {
		int n = r->act == FAKE_ACT_MULTI
			    ? snprintf(line, sizeof(line),
				  "%d%cline %" PRIu64 " of %" PRIu64 "\r\n",
				  r->code, i < lines ? '-' : ' ', i, lines)
			    : snprintf(line, sizeof(line), "%d%s%.1000s\r\n",
				  r->code, *r->text ? " " : "", r->text);
		fake_wire_put(&s->wire, s->due_ns, line, (size_t)n);
	}

	/* 421 says that the channel is being closed (RFC 5321 3.8). */
	if (r->code == 421) {
		fake_answer_end(s, FAKE_WIRE_FIN, "reply 421");
		return FAKE_OUTCOME_LOST;
	}
	return r->code < 400 ? FAKE_OUTCOME_DONE : FAKE_OUTCOME_REFUSED;
}

static void
reply_long(struct fake_session *s, const char *usual, uint64_t n)
{
	size_t size = n < 4 ? 4 : (size_t)n;
	char *line = fake_memory_resize(NULL, size + 2);

	memset(line, 'x', size);
	memcpy(line, usual, 3);
	line[3] = ' ';
	memcpy(line + size, "\r\n", 2);
	fake_wire_put(&s->wire, s->due_ns, line, size + 2);
	free(line);
}

/*
 * Answer as rule R says, or with the N octets of the USUAL reply.  A refusal
 * is about RCPT, or with NULL about all recipients.
 */
enum fake_outcome
fake_answer(struct fake_session *s, enum fake_phase phase,
    const struct fake_rule *r, const char *rcpt, const char *usual, size_t n)
{
	static const char garbage[] = "\x01\xff\xfe)<>~ 0x2 5 0\t\x7f\r\n";

	switch (r ? r->act : FAKE_ACT_COUNT) {
	case FAKE_ACT_REPLY:
	case FAKE_ACT_MULTI:
		return reply_code(s, phase, r, rcpt);
	case FAKE_ACT_CLOSE:
	case FAKE_ACT_ACCEPT_CLOSE:
		fake_answer_end(s, FAKE_WIRE_FIN, fake_script_act_word(r->act));
		return FAKE_OUTCOME_LOST;
	case FAKE_ACT_RESET:
	case FAKE_ACT_ACCEPT_RESET:
		fake_answer_end(s, FAKE_WIRE_RST, fake_script_act_word(r->act));
		return FAKE_OUTCOME_LOST;
	case FAKE_ACT_STALL:
		if (!r->number) {
			s->held_until_ns = FAKE_WIRE_NEVER;
			return FAKE_OUTCOME_LOST;
		}
		s->due_ns += (int64_t)r->number * NS_PER_MS;
		s->held_until_ns = s->due_ns;
		break;
	case FAKE_ACT_DRIP:
		fake_wire_drip(&s->wire, s->due_ns,
		    (int64_t)r->number * NS_PER_MS, usual, n);
		return FAKE_OUTCOME_DONE;
	case FAKE_ACT_GARBAGE:
		fake_answer_note_refusal(s, phase, 0, rcpt);
		fake_wire_put(
		    &s->wire, s->due_ns, garbage, sizeof(garbage) - 1);
		return FAKE_OUTCOME_REFUSED;
	case FAKE_ACT_LONG:
		reply_long(s, usual, r->number);
		return FAKE_OUTCOME_DONE;
	default:
		break;
	}
	fake_wire_put(&s->wire, s->due_ns, usual, n);
	return FAKE_OUTCOME_DONE;
}

/* Answer a command of PHASE that is about SUBJECT, or about no address. */
enum fake_outcome
fake_answer_about(struct fake_session *s, enum fake_phase phase, char *subject,
    const char *usual, size_t n)
{
	const struct fake_rule *r = fake_script_find(
	    s->server->script, phase, &subject, subject ? 1 : 0, s->txn);

	return fake_answer(
	    s, phase, r, phase == FAKE_PHASE_RCPT ? subject : NULL, usual, n);
}
