#include "fake_session.h"

#include "fake_answer.h"
#include "fake_command.h"
#include "fake_memory.h"
#include "fake_state.h"
#include "fake_transaction.h"

/* Octets; RFC 5321 asks for 512, and extensions add to it. */
#define COMMAND_MAX 4096

static size_t
take_line(struct fake_session *s, const char *bytes, size_t n)
{
	char line[COMMAND_MAX + 1];
	const char *lf = memchr(bytes, '\n', n);

	if (!lf && n < COMMAND_MAX)
		return 0;
	size_t size = lf ? (size_t)(lf - bytes) : n, whole = lf ? size + 1 : n;
	if (size >= COMMAND_MAX) {
		fake_answer_violate(s, FAKE_VIOLATION_COMMAND_LONG);
		fake_answer_say(s, 500, "5.5.2", "line too long");
		fake_answer_end(s, FAKE_WIRE_FIN, "line too long");
		return whole;
	}
	if (size && bytes[size - 1] == '\r')
		size--;
	else
		fake_answer_violate(s, FAKE_VIOLATION_COMMAND_BARE_LF);
	memcpy(line, bytes, size);
	line[size] = '\0';
	fake_command_run(s, line);
	return whole;
}

static size_t
take_dotted(struct fake_session *s, const char *bytes, size_t n)
{
	bool over = false;

	if (!s->raw_bytes && !fake_wire_idle(&s->wire))
		fake_answer_violate(s, FAKE_VIOLATION_PIPELINING);
	size_t used = fake_body_feed(&s->body, bytes, n, &over);
	s->raw_bytes += used;
	if (over) /* commands may follow a message at once (RFC 2920 3.1) */
		s->sync_owed = false;
	if (!fake_transaction_break_off(s) && over)
		fake_transaction_finish_body(s);
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
		if (fake_transaction_break_off(s))
			return used;
	}
	if (!s->chunk_left)
		fake_command_finish_chunk(s);
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
	while (!s->held_until_ns && s->state != FAKE_STATE_OVER) {
		size_t step;
		bool empty_chunk =
		    s->state == FAKE_STATE_CHUNK && !s->chunk_left;
		if (used == n && !empty_chunk)
			break;
		if (s->state == FAKE_STATE_COMMAND)
			step = take_line(s, bytes + used, n - used);
		else if (s->state == FAKE_STATE_DOTTED)
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
	return s->state == FAKE_STATE_OVER;
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
	fake_ledger_connect(server->ledger, number, now_ns);
	size_t n = fake_answer_compose(s, usual, 220, "", "fake.example ESMTP");
	s->turned_away = fake_answer_about(s, FAKE_PHASE_CONNECT, NULL, usual,
			     n) == FAKE_OUTCOME_REFUSED;
	return s;
}

/* Where the session stands, in the words of the script. */
static const char *
name_point(const struct fake_session *s)
{
	if (s->state == FAKE_STATE_DOTTED || s->in_body)
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
	fake_transaction_clear(s);
	free(s->rcpts);
	fake_body_clear(&s->body);
	fake_wire_clear(&s->wire);
	free(s);
}
