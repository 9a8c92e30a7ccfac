#include "fake_session.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#include "fake_body.h"
#include "fake_memory.h"

#define COMMAND_MAX                                              \
	4096 /* octets; RFC 5321 asks for 512 and extensions add \
	      */
#define NS_PER_MS 1000000

enum state { STATE_COMMAND, STATE_DOTTED, STATE_CHUNK, STATE_OVER };

/* How a command came out for the state of the session. */
enum outcome { OUTCOME_DONE, OUTCOME_REFUSED, OUTCOME_LOST };

struct fake_session {
	const struct fake_server *server;
	uint64_t number, txn;
	struct fake_wire wire;
	struct fake_body body;
	enum state state;
	bool greeted, turned_away, quit;
	bool sync_owed; /* the client must wait for the reply to this */

	bool has_sender, mail_refused, eightbit, smtputf8;
	char *from, **rcpts; /* accepted recipients */
	size_t rcpt_count, rcpt_cap, rcpts_refused;

	const struct fake_rule *body_rule; /* found when the body begins */
	bool early_data, early_body;       /* that reply is out already */
	const struct fake_rule *data_rule;
	bool data_looked_up, in_body, chunk_last, chunk_void;
	uint64_t chunk_left, raw_bytes;

	int64_t now_ns, due_ns, held_until_ns;
	const char *ended_by;
};

/* Replies */

static void
end(struct fake_session *s, enum fake_wire_end how, const char *why)
{
	fake_wire_close(&s->wire, s->due_ns, how);
	s->state = STATE_OVER;
	s->ended_by = why;
}

static size_t
compose(const struct fake_session *s, char reply[512], int code,
    const char *enhanced, const char *text)
{
	bool with = s->server->enhanced && *enhanced;
	int n = snprintf(reply, 512, "%d %s%s%.400s\r\n", code,
	    with ? enhanced : "", with ? " " : "", text);

	return (size_t)n;
}

static void
say(struct fake_session *s, int code, const char *enhanced, const char *text)
{
	char reply[512];
	size_t n = compose(s, reply, code, enhanced, text);

	fake_wire_put(&s->wire, s->due_ns, reply, n);
}

static void
violate(struct fake_session *s, enum fake_violation what)
{
	fake_ledger_violate(s->server->ledger, s->number, what,
	    s->rcpt_count ? s->rcpts[0] : NULL);
}

/* Enter a refusal of RCPT, or of all recipients there are. */
static void
note_refusal(
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

static enum outcome
refuse(struct fake_session *s, enum fake_phase phase, int code,
    const char *enhanced, const char *text)
{
	note_refusal(s, phase, code, NULL);
	say(s, code, enhanced, text);
	return OUTCOME_REFUSED;
}

static enum outcome
reply_code(struct fake_session *s, enum fake_phase phase,
    const struct fake_rule *r, const char *rcpt)
{
	char line[1100];
	uint64_t lines = r->act == FAKE_ACT_MULTI ? r->number : 1;

	if (r->code >= 400)
		note_refusal(s, phase, r->code, rcpt);
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
		end(s, FAKE_WIRE_FIN, "reply 421");
		return OUTCOME_LOST;
	}
	return r->code < 400 ? OUTCOME_DONE : OUTCOME_REFUSED;
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
static enum outcome
answer(struct fake_session *s, enum fake_phase phase, const struct fake_rule *r,
    const char *rcpt, const char *usual, size_t n)
{
	static const char garbage[] = "\x01\xff\xfe)<>~ 0x2 5 0\t\x7f\r\n";

	switch (r ? r->act : FAKE_ACT_COUNT) {
	case FAKE_ACT_REPLY:
	case FAKE_ACT_MULTI:
		return reply_code(s, phase, r, rcpt);
	case FAKE_ACT_CLOSE:
	case FAKE_ACT_ACCEPT_CLOSE:
		end(s, FAKE_WIRE_FIN, fake_script_act_word(r->act));
		return OUTCOME_LOST;
	case FAKE_ACT_RESET:
	case FAKE_ACT_ACCEPT_RESET:
		end(s, FAKE_WIRE_RST, fake_script_act_word(r->act));
		return OUTCOME_LOST;
	case FAKE_ACT_STALL:
		if (!r->number) {
			s->held_until_ns = FAKE_WIRE_NEVER;
			return OUTCOME_LOST;
		}
		s->due_ns += (int64_t)r->number * NS_PER_MS;
		s->held_until_ns = s->due_ns;
		break;
	case FAKE_ACT_DRIP:
		fake_wire_drip(&s->wire, s->due_ns,
		    (int64_t)r->number * NS_PER_MS, usual, n);
		return OUTCOME_DONE;
	case FAKE_ACT_GARBAGE:
		note_refusal(s, phase, 0, rcpt);
		fake_wire_put(
		    &s->wire, s->due_ns, garbage, sizeof(garbage) - 1);
		return OUTCOME_REFUSED;
	case FAKE_ACT_LONG:
		reply_long(s, usual, r->number);
		return OUTCOME_DONE;
	default:
		break;
	}
	fake_wire_put(&s->wire, s->due_ns, usual, n);
	return OUTCOME_DONE;
}

/* Answer a command of PHASE that is about SUBJECT, or about no address. */
static enum outcome
answer_about(struct fake_session *s, enum fake_phase phase, char *subject,
    const char *usual, size_t n)
{
	const struct fake_rule *r = fake_script_find(
	    s->server->script, phase, &subject, subject ? 1 : 0, s->txn);

	return answer(
	    s, phase, r, phase == FAKE_PHASE_RCPT ? subject : NULL, usual, n);
}

/* The transaction */

static void
clear_transaction(struct fake_session *s)
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

static void
begin_body(struct fake_session *s, bool dotted)
{
	s->body_rule = fake_script_find(s->server->script, FAKE_PHASE_BODY,
	    s->rcpts, s->rcpt_count, s->txn);
	fake_body_start(
	    &s->body, dotted, fake_ledger_wants_octets(s->server->ledger));
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
			violate(s, rows[i].violation);
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
	struct fake_message m = { .connection = s->number,
		.txn = s->txn,
		.from = s->from,
		.rcpts = s->rcpts,
		.rcpt_count = s->rcpt_count,
		.bytes = s->body.bytes,
		.octets =
		    s->body.keep ? (s->body.kept ? s->body.kept : "") : NULL };

	fake_ledger_accept(s->server->ledger, &m);
}

/* The message is here in full: take it or refuse it, and say so. */
static void
finish_body(struct fake_session *s)
{
	const struct fake_rule *r = s->body_rule;
	char usual[512];

	fake_body_finish(&s->body);
	note_flaws(s);
	s->due_ns += s->server->body_delay_ns;
	s->state = STATE_COMMAND;
	if (s->server->size && s->body.bytes > s->server->size) {
		refuse(s, FAKE_PHASE_BODY, 552, "5.3.4", "message too big");
		clear_transaction(s);
		return;
	}

	/* The ledger knows of it before the client can. */
	if (accepts(r))
		enter_message(s);
	if (s->early_body) {
		if (!accepts(r))
			note_refusal(s, FAKE_PHASE_BODY, r->code, NULL);
	} else {
		size_t n = compose(s, usual, 250, "2.0.0", "taken");
		answer(s, FAKE_PHASE_BODY, r, NULL, usual, n);
	}
	clear_transaction(s);
}

/* Whether the script ends the connection in the middle of this body. */
static bool
break_off(struct fake_session *s)
{
	const struct fake_rule *r = s->body_rule;

	if (!r ||
	    (r->act != FAKE_ACT_CLOSE_MID && r->act != FAKE_ACT_RESET_MID))
		return false;
	if (s->raw_bytes < (r->number ? r->number : 1))
		return false;
	end(s, r->act == FAKE_ACT_CLOSE_MID ? FAKE_WIRE_FIN : FAKE_WIRE_RST,
	    fake_script_act_word(r->act));
	return true;
}

/* Commands */

/* The address between < and > after KEYWORD, and the parameters after it. */
static bool
read_path(char *text, const char *keyword, char **ret_path, char **ret_rest)
{
	size_t n = strlen(keyword);
	bool quoted = false;

	if (strncasecmp(text, keyword, n))
		return false;
	text += n;
	if (*text++ != '<')
		return false;
	char *p = text;
	for (; *p && (quoted || *p != '>'); p++) {
		if (*p == '\\' && p[1])
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if ((unsigned char)*p < 0x20 || (*p == ' ' && !quoted))
			return false;
	}
	if (*p != '>' || (p[1] && p[1] != ' '))
		return false;
	*p = '\0';
	*ret_path = text;
	*ret_rest = p + 1;
	return true;
}

static bool
has_8bit(const char *text)
{
	for (; *text; text++)
		if (*text & 0x80)
			return true;
	return false;
}

/* Read one parameter of MAIL; false = it was not offered or is malformed. */
static bool
read_parameter(struct fake_session *s, const char *word, uint64_t *ret_size)
{
	const struct fake_server *server = s->server;

	if (!strncasecmp(word, "SIZE=", 5) && server->size) {
		char *rest;
		*ret_size = strtoull(word + 5, &rest, 10);
		return word[5] >= '0' && word[5] <= '9' && !*rest;
	}
	if (!strcasecmp(word, "BODY=7BIT"))
		return server->eightbit;
	if (!strcasecmp(word, "BODY=8BITMIME"))
		return s->eightbit = server->eightbit;
	if (!strcasecmp(word, "SMTPUTF8"))
		return s->smtputf8 = server->smtputf8;
	return false;
}

static enum outcome
syntax_error(struct fake_session *s, enum fake_phase phase, const char *right)
{
	violate(s, FAKE_VIOLATION_SYNTAX);
	return refuse(s, phase, 501, "5.5.4", right);
}

static enum outcome
check_mail(struct fake_session *s, char *rest)
{
	uint64_t size = 0;
	char *save = NULL;

	for (char *word = strtok_r(rest, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		if (read_parameter(s, word, &size))
			continue;
		violate(s, FAKE_VIOLATION_PARAMETER);
		return refuse(s, FAKE_PHASE_MAIL, 555, "5.5.4",
		    "a parameter that was not offered");
	}
	if (s->server->size && size > s->server->size)
		return refuse(
		    s, FAKE_PHASE_MAIL, 552, "5.3.4", "message too big");
	if (has_8bit(s->from) && !s->smtputf8) {
		violate(s, FAKE_VIOLATION_PARAMETER);
		return refuse(s, FAKE_PHASE_MAIL, 553, "5.6.7",
		    "such an address needs SMTPUTF8");
	}
	return OUTCOME_DONE;
}

static enum outcome
do_mail(struct fake_session *s, char *text)
{
	char usual[512], *path, *rest;

	if (s->has_sender) {
		violate(s, FAKE_VIOLATION_NESTED_MAIL);
		return refuse(
		    s, FAKE_PHASE_MAIL, 503, "5.5.1", "nested MAIL command");
	}
	if (!s->greeted) {
		violate(s, FAKE_VIOLATION_OUT_OF_ORDER);
		return refuse(
		    s, FAKE_PHASE_MAIL, 503, "5.5.1", "send EHLO first");
	}
	clear_transaction(s);
	s->txn++;
	if (!read_path(text, "FROM:", &path, &rest))
		return syntax_error(
		    s, FAKE_PHASE_MAIL, "write MAIL FROM:<address>");
	s->from = fake_memory_copy(path, strlen(path));
	enum outcome o = check_mail(s, rest);
	if (o == OUTCOME_DONE) {
		size_t n = compose(s, usual, 250, "2.1.0", "sender fine");
		o = answer_about(s, FAKE_PHASE_MAIL, s->from, usual, n);
	}
	s->has_sender = o == OUTCOME_DONE;
	s->mail_refused = o == OUTCOME_REFUSED;
	return o;
}

/* A command that needs a sender came without one; a pipelined one may. */
static enum outcome
miss_sender(struct fake_session *s, enum fake_phase phase)
{
	if (!s->mail_refused)
		violate(s, FAKE_VIOLATION_OUT_OF_ORDER);
	return refuse(s, phase, 503, "5.5.1", "send MAIL first");
}

static void
add_rcpt(struct fake_session *s, const char *address)
{
	if (s->rcpt_count == s->rcpt_cap) {
		s->rcpt_cap = s->rcpt_cap ? s->rcpt_cap * 2 : 4;
		s->rcpts = fake_memory_resize(
		    s->rcpts, s->rcpt_cap * sizeof(*s->rcpts));
	}
	s->rcpts[s->rcpt_count++] = fake_memory_copy(address, strlen(address));
}

static const struct fake_rule *
find_data_rule(struct fake_session *s)
{
	if (!s->data_looked_up)
		s->data_rule = fake_script_find(s->server->script,
		    FAKE_PHASE_DATA, s->rcpts, s->rcpt_count, s->txn);
	s->data_looked_up = true;
	return s->data_rule;
}

/* Say the reply to DATA with the one to RCPT, if the script wants that. */
static void
hurry_data(struct fake_session *s)
{
	if (s->rcpt_count != 1 || !fake_script_hurries_data(s->server->script))
		return;
	const struct fake_rule *r = find_data_rule(s);
	if (!r || r->act != FAKE_ACT_EARLY)
		return;
	say(s, r->code ? r->code : 354, "", *r->text ? r->text : "go ahead");
	s->early_data = true;
}

static enum outcome
do_rcpt(struct fake_session *s, char *text)
{
	char usual[512], *path, *rest;

	if (!s->has_sender)
		return miss_sender(s, FAKE_PHASE_RCPT);
	if (!read_path(text, "TO:", &path, &rest) || !*path)
		return syntax_error(
		    s, FAKE_PHASE_RCPT, "write RCPT TO:<address>");
	if (rest[strspn(rest, " ")]) {
		violate(s, FAKE_VIOLATION_PARAMETER);
		s->rcpts_refused++;
		note_refusal(s, FAKE_PHASE_RCPT, 555, path);
		say(s, 555, "5.5.4", "a parameter that was not offered");
		return OUTCOME_REFUSED;
	}
	if (has_8bit(path) && !s->smtputf8) {
		violate(s, FAKE_VIOLATION_PARAMETER);
		s->rcpts_refused++;
		note_refusal(s, FAKE_PHASE_RCPT, 553, path);
		say(s, 553, "5.6.7", "such an address needs SMTPUTF8");
		return OUTCOME_REFUSED;
	}
	size_t n = compose(s, usual, 250, "2.1.5", "recipient fine");
	enum outcome o = answer_about(s, FAKE_PHASE_RCPT, path, usual, n);
	if (o == OUTCOME_DONE)
		add_rcpt(s, path);
	else
		s->rcpts_refused++;
	if (o == OUTCOME_DONE)
		hurry_data(s);
	return o;
}

/* Refuse a DATA or BDAT that has nobody to go to. */
static enum outcome
miss_rcpt(struct fake_session *s, enum fake_phase phase)
{
	if (!s->has_sender)
		return miss_sender(s, phase);
	if (s->rcpts_refused)
		return refuse(s, phase, 554, "5.5.1", "no valid recipients");
	violate(s, FAKE_VIOLATION_OUT_OF_ORDER);
	return refuse(s, phase, 503, "5.5.1", "send RCPT first");
}

static enum outcome
do_data(struct fake_session *s, char *text)
{
	char usual[512];
	enum outcome o = OUTCOME_DONE;

	(void)text;
	if (!s->rcpt_count)
		return miss_rcpt(s, FAKE_PHASE_DATA);
	if (s->in_body) {
		violate(s, FAKE_VIOLATION_OUT_OF_ORDER);
		return refuse(
		    s, FAKE_PHASE_DATA, 503, "5.5.1", "go on with BDAT");
	}
	const struct fake_rule *r = find_data_rule(s);
	if (!s->early_data) {
		size_t n = compose(s, usual, 354, "", "go ahead");
		o = answer(s, FAKE_PHASE_DATA, r, NULL, usual, n);
	} else if (r->code >= 400) {
		note_refusal(s, FAKE_PHASE_DATA, r->code, NULL);
		o = OUTCOME_REFUSED;
	}
	s->data_looked_up = s->early_data = false;
	if (o != OUTCOME_DONE)
		return o;

	/* What happens to the message is settled before its first octet. */
	begin_body(s, true);
	s->state = STATE_DOTTED;
	r = s->body_rule;
	if (r && r->act == FAKE_ACT_EARLY) {
		int code = r->code ? r->code : 250;
		say(s, code, "", *r->text ? r->text : "taken unseen");
		s->early_body = true;
	}
	return o;
}

static enum outcome
do_bdat(struct fake_session *s, char *text)
{
	char *rest;

	if (*text < '0' || *text > '9')
		return syntax_error(s, FAKE_PHASE_BDAT, "write BDAT size");
	s->chunk_left = strtoull(text, &rest, 10);
	s->chunk_last = !strcasecmp(rest, " LAST");
	s->state = STATE_CHUNK;
	if (!s->chunk_last && *rest) {
		s->chunk_void = true;
		return OUTCOME_DONE;
	}
	if (s->rcpt_count && !s->in_body && !s->chunk_void)
		begin_body(s, false);
	return OUTCOME_DONE;
}

/* All octets of a chunk are read; only now it is answered (RFC 3030 2). */
static void
finish_chunk(struct fake_session *s)
{
	char text[64], usual[512];

	s->state = STATE_COMMAND;
	if (s->chunk_void || !s->rcpt_count) {
		if (s->chunk_void)
			refuse(s, FAKE_PHASE_BDAT, 503, "5.5.1",
			    "a chunk was refused, send RSET");
		else
			miss_rcpt(s, FAKE_PHASE_BDAT);
		s->chunk_void = true;
		return;
	}
	const struct fake_rule *r = fake_script_find(s->server->script,
	    FAKE_PHASE_BDAT, s->rcpts, s->rcpt_count, s->txn);
	if (s->chunk_last && !r) {
		finish_body(s);
		return;
	}
	snprintf(
	    text, sizeof(text), "%" PRIu64 " octets so far", s->body.bytes);
	size_t n = compose(s, usual, 250, "2.0.0", text);
	if (answer(s, FAKE_PHASE_BDAT, r, NULL, usual, n) != OUTCOME_DONE)
		s->chunk_void = true;
	else if (s->chunk_last)
		clear_transaction(s);
}

static enum outcome
greet(struct fake_session *s, char *name, const char *usual, size_t n)
{
	clear_transaction(s);
	fake_ledger_ehlo(s->server->ledger, s->number, name);
	enum outcome o =
	    answer_about(s, FAKE_PHASE_EHLO, *name ? name : NULL, usual, n);
	s->greeted = o == OUTCOME_DONE;
	return o;
}

static enum outcome
do_ehlo(struct fake_session *s, char *text)
{
	const struct fake_server *v = s->server;
	char usual[512], lines[8][64];
	size_t count = 0, n = 0;

	if (!v->ehlo)
		return refuse(
		    s, FAKE_PHASE_EHLO, 500, "5.5.1", "no such command");
	snprintf(lines[count++], 64, "fake.example");
	if (v->pipelining)
		snprintf(lines[count++], 64, "PIPELINING");
	if (v->size)
		snprintf(lines[count++], 64, "SIZE %" PRIu64, v->size);
	if (v->eightbit)
		snprintf(lines[count++], 64, "8BITMIME");
	if (v->smtputf8)
		snprintf(lines[count++], 64, "SMTPUTF8");
	if (v->chunking)
		snprintf(lines[count++], 64, "CHUNKING");
	if (v->enhanced)
		snprintf(lines[count++], 64, "ENHANCEDSTATUSCODES");
	for (size_t i = 0; i < count; i++)
		n += (size_t)snprintf(usual + n, sizeof(usual) - n,
		    "250%c%s\r\n", i + 1 < count ? '-' : ' ', lines[i]);
	return greet(s, text, usual, n);
}

static enum outcome
do_helo(struct fake_session *s, char *text)
{
	char usual[512];
	size_t n = compose(s, usual, 250, "", "fake.example");

	return greet(s, text, usual, n);
}

static enum outcome
do_rset(struct fake_session *s, char *text)
{
	char usual[512];
	size_t n = compose(s, usual, 250, "2.0.0", "forgotten");

	(void)text;
	enum outcome o = answer_about(
	    s, FAKE_PHASE_RSET, s->rcpt_count ? s->rcpts[0] : NULL, usual, n);
	if (o == OUTCOME_DONE)
		clear_transaction(s);
	return o;
}

static enum outcome
do_noop(struct fake_session *s, char *text)
{
	(void)text;
	say(s, 250, "2.0.0", "nothing done");
	return OUTCOME_DONE;
}

static enum outcome
do_vrfy(struct fake_session *s, char *text)
{
	(void)text;
	say(s, 252, "2.0.0", "send mail and see");
	return OUTCOME_DONE;
}

static enum outcome
do_help(struct fake_session *s, char *text)
{
	(void)text;
	say(s, 214, "2.0.0", "EHLO HELO MAIL RCPT DATA RSET QUIT NOOP VRFY");
	return OUTCOME_DONE;
}

static enum outcome
do_quit(struct fake_session *s, char *text)
{
	char usual[512];
	size_t n = compose(s, usual, 221, "2.0.0", "goodbye");

	(void)text;
	enum outcome o = answer_about(s, FAKE_PHASE_QUIT, NULL, usual, n);
	if (o == OUTCOME_LOST)
		return o;
	s->quit = true;
	end(s, FAKE_WIRE_FIN, "quit");
	return o;
}

static const struct {
	const char *word;
	enum outcome (*run)(struct fake_session *s, char *text);
	bool last; /* of a pipelined group (RFC 2920 3.1) */
} commands[] = {
	{ "MAIL", do_mail, false },
	{ "RCPT", do_rcpt, false },
	{ "DATA", do_data, true },
	{ "BDAT", do_bdat, false },
	{ "RSET", do_rset, false },
	{ "EHLO", do_ehlo, true },
	{ "HELO", do_helo, true },
	{ "QUIT", do_quit, true },
	{ "NOOP", do_noop, true },
	{ "VRFY", do_vrfy, true },
	{ "HELP", do_help, true },
};

static void
run_command(struct fake_session *s, char *line)
{
	size_t n = strcspn(line, " "), i = 0, count;

	/* Nothing may be sent ahead that the server did not allow. */
	if (!fake_wire_idle(&s->wire) &&
	    (!s->server->pipelining || s->sync_owed))
		violate(s, FAKE_VIOLATION_PIPELINING);

	char *text = line + n + (line[n] ? 1 : 0);
	count = sizeof(commands) / sizeof(commands[0]);
	while (i < count && (n != 4 || strncasecmp(line, commands[i].word, 4)))
		i++;
	s->sync_owed = i == count || commands[i].last;
	if (s->turned_away && i < count && commands[i].run != do_quit) {
		refuse(s, FAKE_PHASE_CONNECT, 503, "5.5.1", "only QUIT now");
	} else if (i == count ||
		   (commands[i].run == do_bdat && !s->server->chunking)) {
		violate(s, FAKE_VIOLATION_SYNTAX);
		say(s, 500, "5.5.2", "no such command");
	} else {
		commands[i].run(s, text);
	}
}

/* Octets */

static size_t
take_line(struct fake_session *s, const char *bytes, size_t n)
{
	char line[COMMAND_MAX + 1];
	const char *lf = memchr(bytes, '\n', n);

	if (!lf && n < COMMAND_MAX)
		return 0;
	size_t size = lf ? (size_t)(lf - bytes) : n, whole = lf ? size + 1 : n;
	if (size >= COMMAND_MAX) {
		violate(s, FAKE_VIOLATION_COMMAND_LONG);
		say(s, 500, "5.5.2", "line too long");
		end(s, FAKE_WIRE_FIN, "line too long");
		return whole;
	}
	if (size && bytes[size - 1] == '\r')
		size--;
	else
		violate(s, FAKE_VIOLATION_COMMAND_BARE_LF);
	memcpy(line, bytes, size);
	line[size] = '\0';
	run_command(s, line);
	return whole;
}

static size_t
take_dotted(struct fake_session *s, const char *bytes, size_t n)
{
	bool over = false;

	if (!s->raw_bytes && !fake_wire_idle(&s->wire))
		violate(s, FAKE_VIOLATION_PIPELINING);
	size_t used = fake_body_feed(&s->body, bytes, n, &over);
	s->raw_bytes += used;
	if (!break_off(s) && over)
		finish_body(s);
	return used;
}

static size_t
take_chunk(struct fake_session *s, const char *bytes, size_t n)
{
	bool over = false;
	size_t used = n < s->chunk_left ? n : (size_t)s->chunk_left;

	s->chunk_left -= used;
	if (s->in_body && !s->chunk_void) {
		fake_body_feed(&s->body, bytes, used, &over);
		s->raw_bytes += used;
		if (break_off(s))
			return used;
	}
	if (!s->chunk_left)
		finish_chunk(s);
	return used;
}

size_t
fake_session_take(
    struct fake_session *s, const char *bytes, size_t n, int64_t now_ns)
{
	size_t used = 0;

	s->now_ns = now_ns;
	s->due_ns = now_ns + s->server->delay_ns;
	if (s->held_until_ns <= now_ns)
		s->held_until_ns = 0;
	while (!s->held_until_ns && s->state != STATE_OVER) {
		size_t step;
		bool empty_chunk = s->state == STATE_CHUNK && !s->chunk_left;
		if (used == n && !empty_chunk)
			break;
		if (s->state == STATE_COMMAND)
			step = take_line(s, bytes + used, n - used);
		else if (s->state == STATE_DOTTED)
			step = take_dotted(s, bytes + used, n - used);
		else
			step = take_chunk(s, bytes + used, n - used);
		if (!step && !empty_chunk)
			break;
		used += step;
	}
	return used;
}

struct fake_wire *
fake_session_wire(struct fake_session *s)
{
	return &s->wire;
}

int64_t
fake_session_held_until(const struct fake_session *s)
{
	return s->held_until_ns;
}

bool
fake_session_over(const struct fake_session *s)
{
	return s->state == STATE_OVER;
}

struct fake_session *
fake_session_new(
    const struct fake_server *server, uint64_t number, int64_t now_ns)
{
	struct fake_session *s = fake_memory_zeroed(sizeof(*s));
	char usual[512];

	s->server = server;
	s->number = number;
	s->now_ns = now_ns;
	s->due_ns = now_ns + server->delay_ns;
	s->sync_owed = true;
	fake_ledger_connect(server->ledger, number);
	size_t n = compose(s, usual, 220, "", "fake.example ESMTP");
	s->turned_away = answer_about(s, FAKE_PHASE_CONNECT, NULL, usual, n) ==
			 OUTCOME_REFUSED;
	return s;
}

/* Where the session stands, in the words of the script. */
static const char *
name_point(const struct fake_session *s)
{
	if (s->state == STATE_DOTTED || s->in_body)
		return "body";
	if (s->rcpt_count || s->rcpts_refused)
		return "rcpt";
	if (s->has_sender)
		return "mail";
	return s->greeted ? "idle" : "connect";
}

void
fake_session_free(struct fake_session *s, bool by_client)
{
	struct fake_ledger *l = s->server->ledger;

	if (s->quit)
		fake_ledger_quit(l, s->number);
	else
		fake_ledger_hangup(l, s->number,
		    by_client ? "client" : "server",
		    !by_client && s->ended_by ? s->ended_by : name_point(s));
	clear_transaction(s);
	free(s->rcpts);
	fake_body_clear(&s->body);
	fake_wire_clear(&s->wire);
	free(s);
}
