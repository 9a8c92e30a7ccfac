#ifndef TESTS_UNIT_SMTP_RUN_H
#define TESTS_UNIT_SMTP_RUN_H

/* One connection driven to its end, with every event noted in `struct run`. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/now.h"
#include "smtp/smtp.h"

enum { ENDS = 16, PATIENCE_MS = 60000, HASTE_MS = 300 };

/* When the body is given. */
enum when { EARLY, ASKED, LATE, WITHDRAWN };

/* Where the caller gives the connection up. */
enum abort_in { NOWHERE, IN_READY, IN_WANTS, IN_DONE, IN_CLOSED };

struct run {
	enum abort_in abort_in;
	bool aborted;
	bool quit_in_done;
	struct relay_timeouts timeouts; /* as init_run sets them: long */

	/* Several at once, at this depth: a letter for each message says what
	   becomes of its body, in the order of the messages. 'b': given when
	   started, 'a': when asked for, 'l': late; 'w', 'q', 't': withdrawn
	   then. */
	const char *plan;
	int depth;
	size_t fed;
	bool is_late;
	bool own_sender;     /* bN@s.example for rN@x.example */
	size_t idle_readies; /* `ready` though nothing may be started */

	struct loop *loop;
	struct smtp_pool *pool;
	struct smtp_conn *conn;
	enum when when;
	struct smtp_envelope envelope; /* rcpt NULL: rN@x.example */
	struct iovec body[3];
	size_t parts;

	/* The peer says here when to be late, and hears here that we were;
	   0: there is none. */
	int gate;

	size_t to_send;
	size_t started;
	size_t asked;
	size_t readies;
	size_t done;
	struct smtp_end ends[ENDS];
	size_t closed;
	struct verdict why;
	char tls[16];
};

static char body_text[] = "Subject: test\r\n\r\n"
			  ".one\r\n"
			  "two\r\n"
			  "..\r\n";

/* Gives and takes back bodies as far as the plan goes now. */
static inline void
feed(struct run *run)
{
	while (run->fed < run->started) {
		char what = run->plan[run->fed];
		bool now = what == 'b' || what == 'w' ||
			   (strchr("aq", what) != NULL && run->asked > 0) ||
			   (strchr("lt", what) != NULL && run->is_late);

		if (!now)
			return;
		if (strchr("bal", what) != NULL)
			smtp_body(run->conn, run->body, run->parts);
		else
			smtp_withdraw(run->conn);
		run->fed++;
		if (what == 'a' || what == 'q')
			run->asked--;
	}
}

static inline void
give_body(void *context)
{
	struct run *run = context;

	run->is_late = true;
	if (run->plan == NULL)
		smtp_body(run->conn, run->body, run->parts);
	else if (run->closed == 0)
		feed(run);
}

/* The peer says that we have waited enough. */
static inline void
pass_gate(int fd, int about, void *context)
{
	char word;

	(void)about;
	if (read(fd, &word, 1) != 1)
		return;
	give_body(context);
	assert_int_equal(write(fd, &word, 1), 1);
}

/* No event may follow. */
static inline bool
aborts(struct run *run, enum abort_in here)
{
	assert_false(run->aborted);
	if (run->abort_in != here)
		return false;
	run->aborted = true;
	smtp_abort(run->conn);
	return true;
}

static inline void
start_next(struct run *run)
{
	struct smtp_envelope envelope = run->envelope;
	char rcpt[40];
	char from[40];

	if (envelope.rcpt == NULL) {
		snprintf(rcpt, sizeof(rcpt), "r%zu@x.example", run->started);
		envelope.rcpt = rcpt;
	}
	if (run->own_sender) {
		snprintf(from, sizeof(from), "b%zu@s.example", run->started);
		envelope.mail_from = from;
	}
	envelope.bytes = 0;
	for (size_t i = 0; i < run->parts; i++)
		envelope.bytes += run->body[i].iov_len;
	run->started++;
	smtp_start(run->conn, &envelope);
}

static inline void
on_ready(struct smtp_conn *conn, void *context)
{
	struct run *run = context;

	run->readies++;
	snprintf(run->tls, sizeof(run->tls), "%s", smtp_conn_tls(conn));
	if (aborts(run, IN_READY))
		return;
	if (!smtp_may_start(conn))
		run->idle_readies++;
	if (run->plan == NULL) {
		if (run->started == run->to_send) {
			smtp_quit(conn);
			return;
		}
		start_next(run);
		if (run->when == EARLY)
			give_body(run);
		return;
	}
	while (smtp_may_start(conn) && run->started < run->to_send)
		start_next(run);
	feed(run);
	if (run->done == run->to_send)
		smtp_quit(conn);
}

static inline void
on_wants_body(struct smtp_conn *conn, void *context)
{
	struct run *run = context;

	run->asked++;
	if (aborts(run, IN_WANTS))
		return;
	if (run->plan != NULL) {
		feed(run);
		return;
	}
	if (run->when == ASKED)
		give_body(run);
	if (run->when == WITHDRAWN)
		smtp_withdraw(conn);
}

static inline void
on_done(struct smtp_conn *conn, const struct smtp_end *end, void *context)
{
	struct run *run = context;

	assert_true(run->done < ENDS && run->done < run->started);
	run->ends[run->done++] = *end;
	if (!aborts(run, IN_DONE) && run->quit_in_done)
		smtp_quit(conn);
}

static inline void
on_closed(struct smtp_conn *conn, const struct verdict *why, void *context)
{
	struct run *run = context;

	(void)conn;
	run->closed++;
	run->why = *why;
	aborts(run, IN_CLOSED);
}

static const struct smtp_events events = {
	on_ready,
	on_wants_body,
	on_done,
	on_closed,
};

static const struct relay_timeouts patient = {
	20000,
	20000,
	20000,
	20000,
	20000,
	20000,
	20000,
};

/* Patient but for one phase: a busy machine is late in the others too. */
static inline struct relay_timeouts
hasty_at(enum phase phase, int64_t ms)
{
	struct relay_timeouts timeouts = patient;

	switch (phase) {
	case PHASE_CONNECT:
		timeouts.connect_ms = timeouts.greeting_ms = ms;
		break;
	case PHASE_MAIL:
		timeouts.mail_ms = ms;
		break;
	case PHASE_RCPT:
		timeouts.rcpt_ms = ms;
		break;
	case PHASE_DATA:
		timeouts.data_ms = ms;
		break;
	case PHASE_BODY:
		timeouts.block_ms = ms;
		break;
	case PHASE_FINAL:
		timeouts.final_ms = ms;
		break;
	default:
		abort();
	}
	return timeouts;
}

/* Connects to the port and lets the loop turn until the connection is gone. */
static inline void
drive_relay(struct run *run, const struct relay *relay)
{
	int64_t end = now_mono_ms() + PATIENCE_MS;

	if (run->plan != NULL)
		run->to_send = strlen(run->plan);
	assert_true(run->to_send <= ENDS);
	run->loop = loop_new();
	run->pool = smtp_pool_new(run->loop);
	if (run->gate > 0)
		loop_watch(run->loop, run->gate, LOOP_READ, pass_gate, run);
	run->conn = smtp_connect(run->pool, relay, &run->timeouts,
	    "here.example", run->depth > 0 ? run->depth : 1, &events, run);
	while (run->closed == 0 && !run->aborted && now_mono_ms() < end)
		loop_turn(run->loop, 100);
	assert_true(run->closed == 1 || run->aborted);

	/* Nothing comes after the end. */
	for (int i = 0; i < 5; i++)
		loop_turn(run->loop, 0);
	assert_int_equal(
	    run->closed, run->aborted && run->abort_in != IN_CLOSED ? 0 : 1);
	assert_int_equal(run->idle_readies, 0);
	smtp_pool_free(run->pool);
	loop_free(run->loop);
}

static inline void
drive(struct run *run, unsigned port)
{
	char url[64];
	struct relay relay = {
		.url = url,
		.tls = RELAY_TLS_OPPORTUNISTIC,
		.username = "",
		.password = "",
		.ca_file = "",
	};

	snprintf(url, sizeof(url), "smtp://127.0.0.1:%u", port);
	drive_relay(run, &relay);
}

static inline void
init_run(struct run *run, enum when when, size_t to_send)
{
	memset(run, 0, sizeof(*run));
	run->timeouts = patient;
	run->when = when;
	run->to_send = to_send;
	run->envelope.mail_from = "b+1@s.example";
	run->body[0].iov_base = body_text;
	run->body[0].iov_len = 22;
	run->body[1].iov_base = body_text + 22;
	run->body[1].iov_len = strlen(body_text) - 22;
	run->parts = 2;
}

#define SENT       OUTCOME_SENT, BLAME_NONE
#define DEFER(who) OUTCOME_DEFERRED, BLAME_##who
#define FAIL(who)  OUTCOME_FAILED, BLAME_##who
#define DOUBT(who) OUTCOME_UNKNOWN, BLAME_##who

#endif
