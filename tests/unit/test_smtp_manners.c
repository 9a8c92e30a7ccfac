/*
 * Servers that misbehave: each phase of the dialogue by each kind of bad
 * manners, and what must become of the message and the connection. A peer in a
 * thread is polite but once. All peers of one mode are met at the same time.
 */

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "smtp_run.h"

/* How the transactions are spoken. */
enum mode { LOCK_STEP = 1, PIPELINED = 2, CHUNKED = 4 };

enum {
	ANY = LOCK_STEP | PIPELINED | CHUNKED,
	DATA_MODES = LOCK_STEP | PIPELINED
};

enum at {
	GREETING,
	EHLO,
	STARTTLS,
	AUTH,
	MAIL,
	RCPT,
	DATA,
	BODY, /* some of it came */
	FINAL,
	RSET, /* before the second message */
	QUIT,
	PHASES_OF_ALL
};

enum act {
	CLOSES,
	RESETS,  /* RST */
	STALLS,  /* beyond the time allowed */
	DRIPS,   /* the right code, a byte at a time, beyond it */
	GARBAGE, /* what is no reply */
	LONG,    /* the right code in a line of 9000 bytes */
	WRONG,   /* a code that has no place here */
	SAYS_421,
	MULTI,    /* the right reply in five lines */
	TOO_SOON, /* the right reply, before it was asked */
	ACTS
};

static const char *const act_names[ACTS] = { "closes", "resets", "stalls",
	"drips", "garbage", "long", "wrong", "421", "multi", "too soon" };

static const struct {
	const char *name;
	const char *good;
	const char *wrong;
} dialogue[PHASES_OF_ALL] = {
	[GREETING] = { "greeting", "220 x", "250 x" },
	[EHLO] = { "ehlo", "250 x", "354 x" },
	[STARTTLS] = { "starttls", "220 go", "250 go" },
	[AUTH] = { "auth", "235 in", "250 in" },
	[MAIL] = { "mail", "250 a", "354 a" },
	[RCPT] = { "rcpt", "250 b", "354 b" },
	[DATA] = { "data", "354 c", "250 c" },
	[BODY] = { "body", "250 d", "354 d" },
	[FINAL] = { "final", "250 d", "354 d" },
	[RSET] = { "rset", "250 r", "354 r" },
	[QUIT] = { "quit", "221 z", "354 z" },
};

/*
 * What must become of the message: outcome and blame; a star where its last
 * byte had been offered and it is not sent; "idle" where it was not at fault;
 * "over" where the connection does not live to take the next one. "none" and a
 * blame: no session came about. The message is the first, but the second for
 * RSET and QUIT. With BDAT the body is with the server before MAIL is answered,
 * so more is in doubt; never is a message lost or sent again where it need not
 * be.
 */
#define NO_LINK "none link"
#define NO_US   "none us"
#define NO_STEP "none protocol"
#define GOOD    "sent"
#define OVER    "sent, over"
#define LINK    "deferred link, over"
#define STEP    "deferred protocol, over"
#define IDLE    "deferred link idle, over"
#define LINK_T  "deferred link *, over"
#define LINK_X  "unknown link *, over"
#define STEP_X  "unknown protocol *, over"

static const struct row {
	int modes;
	enum at at;
	const char *ends[ACTS];
} rows[] = {
	/* clang-format off */
	/*                        closes   resets   stalls   drips    garbage  long     wrong    421      multi    too soon */
	{ ANY,        GREETING, { NO_LINK, NO_LINK, NO_LINK, NO_LINK, NO_LINK, GOOD,    GOOD,    NO_LINK, GOOD,    GOOD } },
	{ ANY,        EHLO,     { NO_LINK, NO_LINK, NO_LINK, NO_LINK, NO_LINK, GOOD,    NO_US,   NO_LINK, GOOD,    GOOD } },
	{ ANY,        STARTTLS, { NO_LINK, NO_LINK, NO_LINK, NO_LINK, NO_LINK, NO_LINK, NO_US,   NO_LINK, NO_LINK, NO_LINK } },
	{ ANY,        AUTH,     { NO_LINK, NO_LINK, NO_LINK, NO_LINK, NO_LINK, GOOD,    NO_US,   NO_LINK, GOOD,    NO_US } },
	{ DATA_MODES, MAIL,     { LINK,    LINK,    LINK,    LINK,    STEP,    GOOD,    STEP,    LINK,    GOOD,    NO_STEP } },
	{ CHUNKED,    MAIL,     { LINK_X,  LINK_X,  LINK_X,  LINK_X,  STEP_X,  GOOD,    STEP_X,  LINK_T,  GOOD,    NO_STEP } },
	{ LOCK_STEP,  RCPT,     { LINK,    LINK,    LINK,    LINK,    STEP,    GOOD,    STEP,    LINK,    GOOD,    STEP } },
	{ PIPELINED,  RCPT,     { LINK,    LINK,    LINK,    LINK,    STEP,    GOOD,    STEP,    LINK,    GOOD,    GOOD } },
	{ CHUNKED,    RCPT,     { LINK_X,  LINK_X,  LINK_X,  LINK_X,  STEP_X,  GOOD,    STEP_X,  LINK_T,  GOOD,    GOOD } },
	{ LOCK_STEP,  DATA,     { LINK,    LINK,    LINK,    LINK,    STEP,    GOOD,    STEP,    LINK,    GOOD,    STEP } },
	{ PIPELINED,  DATA,     { LINK,    LINK,    LINK,    LINK,    STEP,    GOOD,    STEP,    LINK,    GOOD,    GOOD } },
	{ ANY,        BODY,     { LINK,    LINK,    LINK,    LINK,    STEP,    STEP,    STEP,    LINK,    STEP,    STEP } },
	{ DATA_MODES, FINAL,    { LINK_X,  LINK_X,  LINK_X,  LINK_X,  STEP_X,  GOOD,    STEP_X,  LINK_T,  GOOD,    STEP } },
	{ CHUNKED,    FINAL,    { LINK_X,  LINK_X,  LINK_X,  LINK_X,  STEP_X,  GOOD,    STEP_X,  LINK_T,  GOOD,    GOOD } },
	{ PIPELINED,  RSET,     { IDLE,    IDLE,    LINK,    LINK,    STEP,    GOOD,    STEP,    IDLE,    GOOD,    GOOD } },
	{ CHUNKED,    RSET,     { IDLE,    IDLE,    LINK_X,  LINK_X,  STEP,    GOOD,    STEP,    IDLE,    GOOD,    GOOD } },
	{ LOCK_STEP,  QUIT,     { GOOD,    GOOD,    GOOD,    GOOD,    OVER,    GOOD,    GOOD,    GOOD,    GOOD,    OVER } },
	/* clang-format on */
};

struct peer {
	pthread_t thread;
	int listener;
	unsigned port;
	enum mode mode;
	enum at at;
	enum act act;
	int fd;
	bool acted;
	bool said_early;
	size_t accepted;
	atomic_bool left; /* the other side has seen the end */
};

enum { DRIP_MS = 200, WAIT_MS = 500, MUCH = 16 << 20 };

static void
say(const struct peer *peer, const char *text)
{
	if (send(peer->fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		return;
}

/* Says something together with what comes next. */
static void
say_with_next(const struct peer *peer, const char *text)
{
	if (send(peer->fd, text, strlen(text), MSG_NOSIGNAL | MSG_MORE) < 0)
		return;
}

/* Waits until the other side has gone; which the socket does not tell behind
   the bytes of a body that are not read. */
static void
wait_for_end(const struct peer *peer, enum at at)
{
	struct pollfd wait = { .fd = peer->fd, .events = POLLRDHUP };
	int64_t end = now_mono_ms() + PATIENCE_MS;

	if (at != BODY)
		poll(&wait, 1, PATIENCE_MS);
	while (at == BODY && !peer->left && now_mono_ms() < end)
		poll(NULL, 0, 10);
}

static void
hang_up(const struct peer *peer, enum at at)
{
	char rest[4096];

	shutdown(peer->fd, SHUT_WR);
	if (at == BODY)
		wait_for_end(peer, at);
	while (recv(peer->fd, rest, sizeof(rest), 0) > 0)
		;
}

/* The line is as long as a relay's may be, and so takes an hour. */
static void
drip(const struct peer *peer, const char *code)
{
	struct pollfd wait = { .fd = peer->fd, .events = POLLRDHUP };

	for (size_t i = 0; poll(&wait, 1, DRIP_MS) == 0 && !peer->left; i++)
		if (send(peer->fd, i < 4 ? code + i : "x", 1, MSG_NOSIGNAL) < 0)
			return;
}

/* The reply that is right at a phase. */
static void
set_good(const struct peer *peer, enum at at, char *text, size_t room)
{
	const char *more = "";

	if (at == EHLO && peer->mode != LOCK_STEP)
		more = peer->mode == CHUNKED
			   ? "250-CHUNKING\r\n250-PIPELINING\r\n"
			   : "250-PIPELINING\r\n";
	if (at == EHLO)
		snprintf(text, room, "250-x\r\n%s%s250 SIZE 0\r\n", more,
		    peer->at == STARTTLS ? "250-STARTTLS\r\n"
		    : peer->at == AUTH   ? "250-AUTH PLAIN\r\n"
					 : "");
	else
		snprintf(text, room, "%s\r\n", dialogue[at].good);
}

/* True when the dialogue goes on. */
static bool
misbehave(struct peer *peer, enum at at)
{
	const struct linger hard = { .l_onoff = 1, .l_linger = 0 };
	char text[10000];
	char x[9001];

	peer->acted = true;
	set_good(peer, at, text, sizeof(text));
	switch (peer->act) {
	case CLOSES:
		hang_up(peer, at);
		return false;
	case RESETS:
		setsockopt(
		    peer->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		return false;
	case STALLS:
		wait_for_end(peer, at);
		return false;
	case DRIPS:
		drip(peer, text);
		return false;
	case GARBAGE:
		say(peer, "good morning\r\n");
		return true;
	case LONG:
		memset(x, 'x', sizeof(x) - 1);
		x[sizeof(x) - 1] = '\0';
		snprintf(
		    text, sizeof(text), "%.3s %s\r\n", dialogue[at].good, x);
		say(peer, text);
		return true;
	case WRONG:
		snprintf(text, sizeof(text), "%s\r\n", dialogue[at].wrong);
		say(peer, text);
		return true;
	case SAYS_421:
		say(peer, "421 4.3.2 closing\r\n");
		hang_up(peer, at);
		return false;
	case MULTI:
		for (int i = 0; i < 5 && at != EHLO; i++) {
			snprintf(text, sizeof(text), "%.3s%c%d\r\n",
			    dialogue[at].good, i < 4 ? '-' : ' ', i);
			say(peer, text);
		}
		if (at == EHLO)
			say(peer, text);
		return true;
	default:
		abort();
	}
}

/* Which reply would be the next after this one. */
static enum at
after(const struct peer *peer, enum at at)
{
	switch (at) {
	case GREETING:
		return EHLO;
	case EHLO:
		return peer->at == STARTTLS || peer->at == AUTH ? peer->at
								: MAIL;
	case RCPT:
		return peer->mode == CHUNKED ? FINAL : DATA;
	case DATA:
		return FINAL;
	case FINAL:
		return peer->accepted == 1 ? RSET : QUIT;
	case MAIL:
		return RCPT;
	default:
		return PHASES_OF_ALL;
	}
}

/* Answers at a phase. False: the connection is over. */
static bool
answer(struct peer *peer, enum at at)
{
	char text[400];

	if (peer->said_early && at == peer->at) {
		peer->said_early = false;
		return true;
	}
	if (!peer->acted && at == peer->at && peer->act != TOO_SOON)
		return misbehave(peer, at);
	set_good(peer, at, text, sizeof(text));
	if (!peer->acted && peer->act == TOO_SOON &&
	    after(peer, at) == peer->at) {
		size_t used = strlen(text);

		peer->acted = peer->said_early = true;
		set_good(peer, peer->at, text + used, sizeof(text) - used);
	}
	if (peer->at == RSET && at == FINAL && !peer->acted)
		say_with_next(peer, text);
	else
		say(peer, text);
	return true;
}

/* Takes a message; false when the connection ended in it. */
static bool
take_message(struct peer *peer, FILE *in, size_t bytes)
{
	char line[1100];
	size_t got = 0;

	for (;;) {
		size_t want = sizeof(line);

		if (peer->at == BODY && !peer->acted && got > 1000 &&
		    !(peer->act == TOO_SOON ? (say(peer, "250 d\r\n"), true)
					    : misbehave(peer, BODY)))
			return false;
		if (peer->at == BODY && got > 1000)
			peer->acted = true;
		if (bytes > 0 && want > bytes - got)
			want = bytes - got;
		if (bytes > 0) {
			want = fread(line, 1, want, in);
			if (want == 0)
				return false;
			got += want;
			if (got == bytes)
				return true;
			continue;
		}
		if (fgets(line, sizeof(line), in) == NULL)
			return false;
		got += strlen(line);
		if (strcmp(line, ".\r\n") == 0)
			return true;
	}
}

static bool
finish_message(struct peer *peer)
{
	bool takes = peer->acted || peer->at != FINAL ||
		     peer->act == TOO_SOON || peer->act == LONG ||
		     peer->act == MULTI;

	if (takes)
		peer->accepted++;
	return answer(peer, FINAL);
}

static bool
take_command(struct peer *peer, FILE *in, const char *line)
{
	static const struct {
		const char *word;
		enum at at;
	} words[] = { { "EHLO", EHLO }, { "STARTTLS", STARTTLS },
		{ "AUTH", AUTH }, { "MAIL", MAIL }, { "RCPT", RCPT },
		{ "DATA", DATA }, { "RSET", RSET }, { "QUIT", QUIT } };
	char secret[200];

	if (strncmp(line, "BDAT ", 5) == 0)
		return take_message(peer, in, strtoul(line + 5, NULL, 10)) &&
		       finish_message(peer);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strncmp(line, words[i].word, strlen(words[i].word)) != 0)
			continue;
		if (words[i].at == AUTH) {
			say(peer, "334 \r\n");
			if (fgets(secret, sizeof(secret), in) == NULL)
				return false;
		}
		if (!answer(peer, words[i].at) || words[i].at == QUIT ||
		    words[i].at == STARTTLS)
			return false;
		return words[i].at != DATA ||
		       (take_message(peer, in, 0) && finish_message(peer));
	}
	say(peer, "500 5.5.2 what?\r\n");
	return true;
}

static void *
serve(void *context)
{
	struct peer *peer = context;
	char line[600];
	FILE *in;

	peer->fd = accept4(peer->listener, NULL, NULL, SOCK_CLOEXEC);
	in = fdopen(peer->fd, "r");
	if (in == NULL)
		return NULL;
	if (answer(peer, GREETING))
		while (fgets(line, sizeof(line), in) != NULL &&
		       take_command(peer, in, line))
			;
	fclose(in);
	return NULL;
}

static void
start_peer(struct peer *peer)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof(at);
	const int little = 64 * 1024;

	/* The kernel must not hold so much that a body is whole before its
	 * time. */
	peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (peer->at == BODY)
		setsockopt(peer->listener, SOL_SOCKET, SO_RCVBUF, &little,
		    sizeof(little));
	assert_int_equal(
	    bind(peer->listener, (struct sockaddr *)&at, length), 0);
	assert_int_equal(listen(peer->listener, 1), 0);
	assert_int_equal(
	    getsockname(peer->listener, (struct sockaddr *)&at, &length), 0);
	peer->port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(&peer->thread, NULL, serve, peer), 0);
}

/* One case: a peer and the messages it gets. */
struct meeting {
	struct peer peer;
	struct run run;
	const char *expected;
};

/* Only where the peer is slow are we impatient, so that the machine may be slow
   elsewhere. Before RSET there was another MAIL; a reply that begins amid a
   body has the time of one to MAIL. */
static struct relay_timeouts
timeouts_for(const struct peer *peer)
{
	bool timed = peer->act == STALLS || peer->act == DRIPS ||
		     (peer->act == GARBAGE && peer->at < MAIL);
	struct relay_timeouts timeouts;

	if (!timed || peer->at == QUIT)
		return patient;
	switch (peer->at) {
	case MAIL:
		return hasty_at(PHASE_MAIL, WAIT_MS);
	case RSET:
		return hasty_at(PHASE_MAIL, 4 * WAIT_MS);
	case RCPT:
		return hasty_at(PHASE_RCPT, WAIT_MS);
	case DATA:
		return hasty_at(PHASE_DATA, WAIT_MS);
	case BODY:
		timeouts = hasty_at(PHASE_MAIL, 4 * WAIT_MS);
		timeouts.block_ms = WAIT_MS;
		return timeouts;
	case FINAL:
		return hasty_at(PHASE_FINAL, WAIT_MS);
	default:
		return hasty_at(PHASE_CONNECT, WAIT_MS);
	}
}

static void
begin_meeting(
    struct meeting *meeting, struct loop *loop, struct smtp_pool *pool)
{
	static char much[MUCH];
	struct peer *peer = &meeting->peer;
	struct run *run = &meeting->run;
	char url[64];
	struct relay relay = {
		.url = url,
		.tls = peer->at == STARTTLS ? RELAY_TLS_REQUIRE : RELAY_TLS_OFF,
		.username = peer->at == AUTH ? "me" : "",
		.password = "secret",
		.ca_file = "",
	};

	start_peer(peer);
	snprintf(url, sizeof(url), "smtp://127.0.0.1:%u", peer->port);
	init_run(run, EARLY, 2);
	run->plan = "bb";
	run->loop = loop;
	run->pool = pool;
	if (peer->at == BODY) {
		memset(much, 'x', sizeof(much));
		for (size_t i = 78; i < sizeof(much); i += 80)
			memcpy(much + i, "\r\n", 2);
		run->body[run->parts].iov_base = much;
		run->body[run->parts++].iov_len = sizeof(much);
	}
	run->timeouts = timeouts_for(peer);
	run->conn = smtp_connect(
	    pool, &relay, &run->timeouts, "here.example", 1, &events, run);
}

/* What became of it, in the words of the table. */
static void
describe(const struct meeting *meeting, char *text, size_t room)
{
	const struct run *run = &meeting->run;
	size_t which = meeting->peer.at >= RSET ? 1 : 0;
	const struct smtp_end *end = &run->ends[which];
	bool sent = end->verdict.outcome == OUTCOME_SENT;
	bool lives = run->why.blame == BLAME_NONE;

	if (run->done == 0)
		snprintf(text, room, "none %s", outcome_blame(run->why.blame));
	else if (run->done <= which)
		snprintf(text, room, "never started");
	else
		snprintf(text, room, "%s%s%s%s%s%s",
		    outcome_name(end->verdict.outcome), sent ? "" : " ",
		    sent ? "" : outcome_blame(end->verdict.blame),
		    end->last_byte_offered && !sent ? " *" : "",
		    end->idle_close ? " idle" : "", lives ? "" : ", over");
}

/* What holds whatever the server does. */
static void
check_always(const struct meeting *meeting)
{
	const struct run *run = &meeting->run;
	size_t sent = 0;
	size_t offered = 0;

	assert_int_equal(run->closed, 1);
	assert_int_equal(run->why.outcome, OUTCOME_DEFERRED);
	assert_int_equal(run->idle_readies, 0);
	assert_int_equal(run->done, run->started);
	for (size_t i = 0; i < run->done; i++) {
		const struct smtp_end *end = &run->ends[i];

		sent += end->verdict.outcome == OUTCOME_SENT;
		offered += end->last_byte_offered;
		if (end->verdict.outcome == OUTCOME_SENT ||
		    end->verdict.outcome == OUTCOME_UNKNOWN)
			assert_true(end->last_byte_offered);
		if (end->idle_close)
			assert_false(end->last_byte_offered);
	}
	assert_false(run->done > 0 && run->ends[0].idle_close);
	assert_true(sent <= meeting->peer.accepted);
	assert_true(meeting->peer.accepted <= offered);
}

enum { MEETINGS = 200 };

static size_t
list_meetings(enum mode mode, struct meeting *meetings)
{
	size_t count = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int act = 0; act < ACTS; act++) {
			if (!(rows[i].modes & (int)mode) ||
			    rows[i].ends[act] == NULL)
				continue;
			assert_true(count < MEETINGS);
			meetings[count].peer.mode = mode;
			meetings[count].peer.at = rows[i].at;
			meetings[count].peer.act = (enum act)act;
			meetings[count++].expected = rows[i].ends[act];
		}
	}
	return count;
}

static bool
is_any_open(struct meeting *meetings, size_t count)
{
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		meetings[i].peer.left = meetings[i].run.closed > 0;
		any |= !meetings[i].peer.left;
	}
	return any;
}

static void
meet_all(enum mode mode)
{
	struct meeting *meetings = calloc(MEETINGS, sizeof(*meetings));
	size_t count = list_meetings(mode, meetings);
	struct loop *loop = loop_new();
	struct smtp_pool *pool = smtp_pool_new(loop);
	int64_t end = now_mono_ms() + PATIENCE_MS;
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++)
		begin_meeting(&meetings[i], loop, pool);
	while (is_any_open(meetings, count) && now_mono_ms() < end)
		loop_turn(loop, 100);
	assert_false(is_any_open(meetings, count));
	for (size_t i = 0; i < count; i++) {
		char text[100];

		/* One may never have been connected to. */
		shutdown(meetings[i].peer.listener, SHUT_RDWR);
		pthread_join(meetings[i].peer.thread, NULL);
		close(meetings[i].peer.listener);
		describe(&meetings[i], text, sizeof(text));
		if (strcmp(text, meetings[i].expected) == 0)
			continue;
		print_message("  %s %s: wanted '%s', got '%s'\n",
		    dialogue[meetings[i].peer.at].name,
		    act_names[meetings[i].peer.act], meetings[i].expected,
		    text);
		wrong++;
	}
	smtp_pool_free(pool);
	loop_free(loop);
	assert_int_equal(wrong, 0);
	for (size_t i = 0; i < count; i++)
		check_always(&meetings[i]);
	free(meetings);
}

static void
test_lock_step(void **state)
{
	(void)state;
	meet_all(LOCK_STEP);
}

static void
test_pipelined(void **state)
{
	(void)state;
	meet_all(PIPELINED);
}

static void
test_chunked(void **state)
{
	(void)state;
	meet_all(CHUNKED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lock_step),
		cmocka_unit_test(test_pipelined),
		cmocka_unit_test(test_chunked),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
