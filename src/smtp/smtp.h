#ifndef SMTP_SMTP_H
#define SMTP_SMTP_H

/*
 * Handing messages to a relay (RFC 5321), many connections on one loop.
 *
 * libcurl makes the session: resolving, TCP, TLS, EHLO, STARTTLS, AUTH. The
 * transactions are ours, first in, first out on a connection; how many may be
 * open (started, not done) depends on what the relay offers:
 *
 *   neither               one, command by command
 *   PIPELINING            two: with a body and its dot goes the envelope of
 *                         the next message, whose own body waits for 354
 *   PIPELINING, CHUNKING  depth + 1: `depth` bodies unanswered, and behind the
 *                         last of them the next envelope (RFC 2920, RFC 3030)
 *
 *   connecting -> standing: smtp_start, smtp_body ... done -> closed
 *        |                        smtp_quit                      |
 *        +-------------------------------------------------------+
 *
 * The room promises: no byte of a body is written before smtp_body has been
 * called for it, for the caller must have recorded that he sends (promise 2 of
 * the queue); at most `depth` bodies are with the relay unanswered; each
 * smtp_start is answered by one `done`, in the order of the starts, and each
 * smtp_connect by one `closed`, unless smtp_abort comes first; each `done` says
 * whether the last byte of that message had been offered to the socket; events
 * come from the loop alone, never from inside a function of this page. It
 * refuses to know the queue, files, and what a message is.
 *
 * smtp_start and smtp_body only note what is to be said. It is written at the
 * end of the loop's turn, or by smtp_pool_flush: what was noted until then goes
 * in one gathered write, without a copy on connections without TLS.
 *
 * The process must ignore SIGPIPE: not every TLS library asks for silence.
 * A pool and all its connections belong to the thread of its loop. Every
 * function of a connection may be called from inside any event, also smtp_abort
 * for the very connection that the event is about.
 */

#include <stddef.h>
#include <sys/uio.h>

#include "base/err.h"
#include "base/loop.h"
#include "model/outcome.h"
#include "model/relay.h"

struct smtp_pool;
struct smtp_conn;

/* What one transaction needs before its body. Copied by smtp_start. */
struct smtp_envelope {
	const char *mail_from; /* without <>; "" is the null reverse-path */
	const char *rcpt;      /* without <> */
	size_t bytes;          /* of the body, before dots; 0: not known */
};

/* How a transaction ended. */
struct smtp_end {
	struct verdict verdict;

	/* The socket has been offered the byte that completes the message.
	   False: certainly nobody accepted it. Nobody did either when the
	   verdict is a refusal, whatever was offered: with BDAT the body is on
	   its way before the recipient is answered, and what a relay says to
	   the body of a message without a recipient means nothing. */
	bool last_byte_offered;

	/* The connection ended over something else: the relay closed one that
	   it had served before (or said 421 to our first command), or a
	   transaction before this one ended it, and nothing of this one was
	   answered: try again on a new connection and count no attempt. Never
	   true of a connection's first transaction, so it cannot go on for
	   ever. */
	bool idle_close;
};

struct smtp_events {
	/* The session stands, or some transaction is over: smtp_may_start is
	   true. */
	void (*ready)(struct smtp_conn *conn, void *context);

	/* The relay waits for the body of the oldest transaction and smtp_body
	   was not called for it yet. For information: the body may be given
	   earlier. May be NULL. */
	void (*wants_body)(struct smtp_conn *conn, void *context);

	/* The oldest transaction is over. `ready`, another `done` or `closed`
	   follows, unless smtp_may_start is false for another reason. */
	void (*done)(
	    struct smtp_conn *conn, const struct smtp_end *end, void *context);

	/* The connection is gone and `conn` ends with this call; any `done`
	   came before. `why` is deferred always: with blame none after
	   smtp_quit and smtp_withdraw; with phase connect when no session
	   came about: `us` when our credentials, our rights, our settings or
	   the relay's certificate forbid it, else `link`. `why->code` is 0
	   when the relay said nothing. */
	void (*closed)(
	    struct smtp_conn *conn, const struct verdict *why, void *context);
};

struct smtp_pool *smtp_pool_new(struct loop *loop);

/* Writes now what was noted, for a caller who starts and gives bodies between
   the turns of the loop. From the first call on nothing is written by itself at
   the end of a turn: he calls it before every loop_turn, so that what events
   caused goes in one write with what he adds. */
void smtp_pool_flush(struct smtp_pool *pool);

/* Aborts what connections are left. Before loop_free, and not from inside an
   event. NULL is allowed. */
void smtp_pool_free(struct smtp_pool *pool);

/*
 * Begins a connection; `ready` or `closed` tells how it went. `ehlo_name` is
 * the name to give in EHLO: a host name or an address literal. `depth` (1 or
 * more) is how many bodies may be unanswered at once. Strings are copied;
 * `events` must outlive the connection.
 *
 * TLS: `require` is encrypted and verified (against `ca_file` when there is
 * one) or no session; `opportunistic` is encrypted when offered and not
 * verified, but as `require` when there is a username, so that a password goes
 * to nobody but the verified relay; `off` with a username is refused unless
 * the relay's host is loopback. An smtps:// URL is always encrypted.
 */
struct smtp_conn *smtp_connect(struct smtp_pool *pool,
    const struct relay *relay, const struct relay_timeouts *timeouts,
    const char *ehlo_name, int depth, const struct smtp_events *events,
    void *context);

/* Another transaction may be started now: the session stands and will not be
   ended, and fewer are open than the relay's offers and `depth` allow. */
bool smtp_may_start(const struct smtp_conn *conn);

/* Begins a transaction; only while smtp_may_start. What cannot be said to this
   relay (an address with a blank, control character or angle bracket, a
   non-ASCII one without SMTPUTF8, a message over its SIZE) is `done`, in its
   turn, as failed without a word to the relay. */
void smtp_start(struct smtp_conn *conn, const struct smtp_envelope *envelope);

/* Gives its body to the oldest transaction that has none, which is also the
   permission to send it: lines end with CR LF, dots are not yet doubled.
   `parts` and their bytes must stay until its `done`. Once for each smtp_start
   that is not `done`, in the order of the starts, before or after the relay
   asks; of no effect when every open transaction has its body. */
void smtp_body(struct smtp_conn *conn, const struct iovec *parts, size_t count);

/* The caller will not give a body to the oldest transaction that has none. Its
   `done` comes in its turn: deferred, blame none, last byte not offered; or
   the relay's refusal, where that came before.
   Nothing of it was said: nothing will be. MAIL and RCPT were: an RSET takes
   them back before the next. DATA was: hanging up without a dot is the one sure
   way back, once the transactions before it have their final replies; what was
   started after it is `done` with idle_close. Of no effect when every open
   transaction has its body. */
void smtp_withdraw(struct smtp_conn *conn);

/* Ends the connection in good manners once the open transactions are done; no
   `ready` comes any more, `closed` does. */
void smtp_quit(struct smtp_conn *conn);

/* True when the last byte of an open transaction (0: the oldest) was offered
   to the socket: the relay may have taken it. */
bool smtp_offered(const struct smtp_conn *conn, size_t nth);

/* Ends it at once, without a word and without events; `conn` is gone. */
void smtp_abort(struct smtp_conn *conn);

/* "TLSv1.3", or "" when not encrypted. Never NULL; from `ready` on. */
const char *smtp_conn_tls(const struct smtp_conn *conn);

/* What the relay said behind EHLO that it can do, as it said it: "PIPELINING,
   SIZE 10240000", "" for nothing; not made printable. Never NULL; from `ready`
   on. */
const char *smtp_conn_offers(const struct smtp_conn *conn);

/* "host:port" of the relay. Never NULL. */
const char *smtp_conn_relay(const struct smtp_conn *conn);

#endif
