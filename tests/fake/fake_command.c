#include "fake_command.h"

#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#include "fake_answer.h"
#include "fake_memory.h"
#include "fake_state.h"
#include "fake_transaction.h"

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

static enum fake_outcome
syntax_error(struct fake_session *s, enum fake_phase phase, const char *right)
{
	fake_answer_violate(s, FAKE_VIOLATION_SYNTAX);
	return fake_answer_refuse(s, phase, 501, "5.5.4", right);
}

static enum fake_outcome
check_mail(struct fake_session *s, char *rest)
{
	uint64_t size = 0;
	char *save = NULL;

	for (char *word = strtok_r(rest, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		if (read_parameter(s, word, &size))
			continue;
		fake_answer_violate(s, FAKE_VIOLATION_PARAMETER);
		return fake_answer_refuse(s, FAKE_PHASE_MAIL, 555, "5.5.4",
		    "a parameter that was not offered");
	}
	if (s->server->size && size > s->server->size)
		return fake_answer_refuse(
		    s, FAKE_PHASE_MAIL, 552, "5.3.4", "message too big");
	if (has_8bit(s->from) && !s->smtputf8) {
		fake_answer_violate(s, FAKE_VIOLATION_PARAMETER);
		return fake_answer_refuse(s, FAKE_PHASE_MAIL, 553, "5.6.7",
		    "such an address needs SMTPUTF8");
	}
	return FAKE_OUTCOME_DONE;
}

static enum fake_outcome
do_mail(struct fake_session *s, char *text)
{
	char usual[FAKE_REPLY_MAX], *path, *rest;

	if (s->has_sender) {
		fake_answer_violate(s, FAKE_VIOLATION_NESTED_MAIL);
		return fake_answer_refuse(
		    s, FAKE_PHASE_MAIL, 503, "5.5.1", "nested MAIL command");
	}
	if (!s->greeted) {
		fake_answer_violate(s, FAKE_VIOLATION_OUT_OF_ORDER);
		return fake_answer_refuse(
		    s, FAKE_PHASE_MAIL, 503, "5.5.1", "send EHLO first");
	}
	fake_transaction_clear(s);
	s->txn++;
	if (!read_path(text, "FROM:", &path, &rest))
		return syntax_error(
		    s, FAKE_PHASE_MAIL, "write MAIL FROM:<address>");
	s->from = fake_memory_copy(path, strlen(path));
	enum fake_outcome o = check_mail(s, rest);
	if (o == FAKE_OUTCOME_DONE) {
		size_t n =
		    fake_answer_compose(s, usual, 250, "2.1.0", "sender fine");
		o = fake_answer_about(s, FAKE_PHASE_MAIL, s->from, usual, n);
	}
	s->has_sender = o == FAKE_OUTCOME_DONE;
	s->mail_refused = o == FAKE_OUTCOME_REFUSED;
	return o;
}

/* A command that needs a sender came without one; a pipelined one may. */
static enum fake_outcome
miss_sender(struct fake_session *s, enum fake_phase phase)
{
	if (!s->mail_refused)
		fake_answer_violate(s, FAKE_VIOLATION_OUT_OF_ORDER);
	return fake_answer_refuse(s, phase, 503, "5.5.1", "send MAIL first");
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
	fake_answer_say(
	    s, r->code ? r->code : 354, "", *r->text ? r->text : "go ahead");
	s->early_data = true;
}

static enum fake_outcome
do_rcpt(struct fake_session *s, char *text)
{
	char usual[FAKE_REPLY_MAX], *path, *rest;

	if (!s->has_sender)
		return miss_sender(s, FAKE_PHASE_RCPT);
	if (!read_path(text, "TO:", &path, &rest) || !*path)
		return syntax_error(
		    s, FAKE_PHASE_RCPT, "write RCPT TO:<address>");
	if (rest[strspn(rest, " ")]) {
		fake_answer_violate(s, FAKE_VIOLATION_PARAMETER);
		s->rcpts_refused++;
		fake_answer_note_refusal(s, FAKE_PHASE_RCPT, 555, path);
		fake_answer_say(
		    s, 555, "5.5.4", "a parameter that was not offered");
		return FAKE_OUTCOME_REFUSED;
	}
	if (has_8bit(path) && !s->smtputf8) {
		fake_answer_violate(s, FAKE_VIOLATION_PARAMETER);
		s->rcpts_refused++;
		fake_answer_note_refusal(s, FAKE_PHASE_RCPT, 553, path);
		fake_answer_say(
		    s, 553, "5.6.7", "such an address needs SMTPUTF8");
		return FAKE_OUTCOME_REFUSED;
	}
	size_t n =
	    fake_answer_compose(s, usual, 250, "2.1.5", "recipient fine");
	enum fake_outcome o =
	    fake_answer_about(s, FAKE_PHASE_RCPT, path, usual, n);
	if (o == FAKE_OUTCOME_DONE)
		add_rcpt(s, path);
	else
		s->rcpts_refused++;
	if (o == FAKE_OUTCOME_DONE)
		hurry_data(s);
	return o;
}

/* Refuse a DATA or BDAT that has nobody to go to. */
static enum fake_outcome
miss_rcpt(struct fake_session *s, enum fake_phase phase)
{
	if (!s->has_sender)
		return miss_sender(s, phase);
	if (s->rcpts_refused)
		return fake_answer_refuse(
		    s, phase, 554, "5.5.1", "no valid recipients");
	fake_answer_violate(s, FAKE_VIOLATION_OUT_OF_ORDER);
	return fake_answer_refuse(s, phase, 503, "5.5.1", "send RCPT first");
}

static enum fake_outcome
do_data(struct fake_session *s, char *text)
{
	char usual[FAKE_REPLY_MAX];
	enum fake_outcome o = FAKE_OUTCOME_DONE;

	(void)text;
	if (!s->rcpt_count)
		return miss_rcpt(s, FAKE_PHASE_DATA);
	if (s->in_body) {
		fake_answer_violate(s, FAKE_VIOLATION_OUT_OF_ORDER);
		return fake_answer_refuse(
		    s, FAKE_PHASE_DATA, 503, "5.5.1", "go on with BDAT");
	}
	const struct fake_rule *r = find_data_rule(s);
	if (!s->early_data) {
		size_t n = fake_answer_compose(s, usual, 354, "", "go ahead");
		o = fake_answer(s, FAKE_PHASE_DATA, r, NULL, usual, n);
	} else if (r->code >= 400) {
		fake_answer_note_refusal(s, FAKE_PHASE_DATA, r->code, NULL);
		o = FAKE_OUTCOME_REFUSED;
	}
	s->data_looked_up = s->early_data = false;
	if (o != FAKE_OUTCOME_DONE)
		return o;

	/* What happens to the message is settled before its first octet. */
	fake_transaction_begin_body(s, true);
	s->state = FAKE_STATE_DOTTED;
	r = s->body_rule;
	if (r && r->act == FAKE_ACT_EARLY) {
		int code = r->code ? r->code : 250;
		fake_answer_say(
		    s, code, "", *r->text ? r->text : "taken unseen");
		s->early_body = true;
	}
	return o;
}

static enum fake_outcome
do_bdat(struct fake_session *s, char *text)
{
	char *rest;

	if (*text < '0' || *text > '9')
		return syntax_error(s, FAKE_PHASE_BDAT, "write BDAT size");
	s->chunk_left = strtoull(text, &rest, 10);
	s->chunk_last = !strcasecmp(rest, " LAST");
	s->state = FAKE_STATE_CHUNK;
	if (!s->chunk_last && *rest) {
		s->chunk_void = true;
		return FAKE_OUTCOME_DONE;
	}
	if (s->rcpt_count && !s->in_body && !s->chunk_void)
		fake_transaction_begin_body(s, false);
	return FAKE_OUTCOME_DONE;
}

void
fake_command_finish_chunk(struct fake_session *s)
{
	char text[64], usual[FAKE_REPLY_MAX];

	s->state = FAKE_STATE_COMMAND;
	if (s->chunk_void || !s->rcpt_count) {
		if (s->chunk_void)
			fake_answer_refuse(s, FAKE_PHASE_BDAT, 503, "5.5.1",
			    "a chunk was refused, send RSET");
		else
			miss_rcpt(s, FAKE_PHASE_BDAT);
		s->chunk_void = true;
		return;
	}
	const struct fake_rule *r = fake_script_find(s->server->script,
	    FAKE_PHASE_BDAT, s->rcpts, s->rcpt_count, s->txn);
	if (s->chunk_last && !r) {
		fake_transaction_finish_body(s);
		return;
	}
	snprintf(
	    text, sizeof(text), "%" PRIu64 " octets so far", s->body.bytes);
	size_t n = fake_answer_compose(s, usual, 250, "2.0.0", text);
	if (fake_answer(s, FAKE_PHASE_BDAT, r, NULL, usual, n) !=
	    FAKE_OUTCOME_DONE)
		s->chunk_void = true;
	else if (s->chunk_last)
		fake_transaction_clear(s);
}

static enum fake_outcome
greet(struct fake_session *s, char *name, const char *usual, size_t n)
{
	fake_transaction_clear(s);
	fake_ledger_ehlo(s->server->ledger, s->number, name);
	enum fake_outcome o = fake_answer_about(
	    s, FAKE_PHASE_EHLO, *name ? name : NULL, usual, n);
	s->greeted = o == FAKE_OUTCOME_DONE;
	return o;
}

static enum fake_outcome
do_ehlo(struct fake_session *s, char *text)
{
	const struct fake_server *v = s->server;
	char usual[FAKE_REPLY_MAX], lines[8][64];
	size_t count = 0, n = 0;

	if (!v->ehlo)
		return fake_answer_refuse(
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

static enum fake_outcome
do_helo(struct fake_session *s, char *text)
{
	char usual[FAKE_REPLY_MAX];
	size_t n = fake_answer_compose(s, usual, 250, "", "fake.example");

	return greet(s, text, usual, n);
}

static enum fake_outcome
do_rset(struct fake_session *s, char *text)
{
	char usual[FAKE_REPLY_MAX];
	size_t n = fake_answer_compose(s, usual, 250, "2.0.0", "forgotten");

	(void)text;
	enum fake_outcome o = fake_answer_about(
	    s, FAKE_PHASE_RSET, s->rcpt_count ? s->rcpts[0] : NULL, usual, n);
	if (o == FAKE_OUTCOME_DONE)
		fake_transaction_clear(s);
	return o;
}

static enum fake_outcome
do_noop(struct fake_session *s, char *text)
{
	(void)text;
	fake_answer_say(s, 250, "2.0.0", "nothing done");
	return FAKE_OUTCOME_DONE;
}

static enum fake_outcome
do_vrfy(struct fake_session *s, char *text)
{
	(void)text;
	fake_answer_say(s, 252, "2.0.0", "send mail and see");
	return FAKE_OUTCOME_DONE;
}

static enum fake_outcome
do_help(struct fake_session *s, char *text)
{
	(void)text;
	fake_answer_say(
	    s, 214, "2.0.0", "EHLO HELO MAIL RCPT DATA RSET QUIT NOOP VRFY");
	return FAKE_OUTCOME_DONE;
}

static enum fake_outcome
do_quit(struct fake_session *s, char *text)
{
	char usual[FAKE_REPLY_MAX];
	size_t n = fake_answer_compose(s, usual, 221, "2.0.0", "goodbye");

	(void)text;
	enum fake_outcome o =
	    fake_answer_about(s, FAKE_PHASE_QUIT, NULL, usual, n);
	if (o == FAKE_OUTCOME_LOST)
		return o;
	s->quit = true;
	fake_answer_end(s, FAKE_WIRE_FIN, "quit");
	return o;
}

static const struct {
	const char *word;
	enum fake_outcome (*run)(struct fake_session *s, char *text);
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

void
fake_command_run(struct fake_session *s, char *line)
{
	size_t n = strcspn(line, " "), i = 0, count;

	/* Nothing may be sent ahead that the server did not allow. */
	if (!fake_wire_idle(&s->wire) &&
	    (!s->server->pipelining || s->sync_owed))
		fake_answer_violate(s, FAKE_VIOLATION_PIPELINING);

	char *text = line + n + (line[n] ? 1 : 0);
	count = sizeof(commands) / sizeof(commands[0]);
	while (i < count && (n != 4 || strncasecmp(line, commands[i].word, 4)))
		i++;
	s->sync_owed = i == count || commands[i].last;
	if (s->turned_away && i < count && commands[i].run != do_quit) {
		fake_answer_refuse(
		    s, FAKE_PHASE_CONNECT, 503, "5.5.1", "only QUIT now");
	} else if (i == count ||
		   (commands[i].run == do_bdat && !s->server->chunking)) {
		fake_answer_violate(s, FAKE_VIOLATION_SYNTAX);
		fake_answer_say(s, 500, "5.5.2", "no such command");
	} else {
		commands[i].run(s, text);
	}
}
