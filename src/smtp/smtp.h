#ifndef SMTP_SMTP_H
#define SMTP_SMTP_H

/*
 * Handing messages to a relay (RFC 5321), many connections on one loop.
 *
 * libcurl makes the session: resolving, TCP, TLS, EHLO, STARTTLS, AUTH. The
 * transactions are ours: one at a time on a connection, the envelope in one
 * write where the relay offers PIPELINING (RFC 2920), the body and its final
 * dot in one gathered write.
 *
 *                 smtp_start              354, smtp_body      reply
 *   connecting -> ready -------> envelope -------------> body ----> ready
 *        |          |  smtp_quit    |                     |
 *        +----------+---------------+---------------------+-------> closed
 *
 * The room promises: no byte of a body is written before smtp_body has been
 * called for it, for the caller must have recorded that he sends (promise 2 of
 * the queue); each smtp_start is answered by one `done`, and each smtp_connect
 * by one `closed`, unless smtp_abort comes first; `done` says whether the last
 * byte had been offered to the socket; events come from the loop alone, never
 * from inside a function of this page. It refuses to know the queue, files,
 * and what a message is.
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
	   False: certainly nobody accepted it. */
	bool last_byte_offered;

	/* The relay had only closed a connection that it had served before
	   (or said 421 to our first command): try again on a new connection
	   and count no attempt. Never true of a connection's first
	   transaction, so it cannot go on for ever. */
	bool idle_close;
};

struct smtp_events {
	/* The session stands, or the last transaction is over: smtp_start may
	   be called. */
	void (*ready)(struct smtp_conn *conn, void *context);

	/* The relay waits for the body and smtp_body was not called yet. For
	   information: the body may be given earlier. May be NULL. */
	void (*wants_body)(struct smtp_conn *conn, void *context);

	/* The transaction is over. `ready` or `closed` follows. */
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

/* Aborts what connections are left. Before loop_free, and not from inside an
   event. NULL is allowed. */
void smtp_pool_free(struct smtp_pool *pool);

/*
 * Begins a connection; `ready` or `closed` tells how it went. `ehlo_name` is
 * the name to give in EHLO: a host name or an address literal. Strings are
 * copied; `events` must outlive the connection.
 *
 * TLS: `require` is encrypted and verified (against `ca_file` when there is
 * one) or no session; `opportunistic` is encrypted when offered and not
 * verified, but as `require` when there is a username, so that a password goes
 * to nobody but the verified relay; `off` with a username is refused unless
 * the relay's host is loopback. An smtps:// URL is always encrypted.
 */
struct smtp_conn *smtp_connect(struct smtp_pool *pool,
    const struct relay *relay, const struct relay_timeouts *timeouts,
    const char *ehlo_name, const struct smtp_events *events, void *context);

/* Begins a transaction; only after `ready` and before the next `done`. What
   cannot be said to this relay (an address with a blank, control character or
   angle bracket, a non-ASCII one without SMTPUTF8, a message over its SIZE) is
   `done` as failed without a word to the relay. */
void smtp_start(struct smtp_conn *conn, const struct smtp_envelope *envelope);

/* Gives the body, which is also the permission to send it: lines end with
   CR LF, dots are not yet doubled. `parts` and their bytes must stay until
   `done`. Once for each smtp_start, before or after the relay asks; of no
   effect when `done` came already. */
void smtp_body(struct smtp_conn *conn, const struct iovec *parts, size_t count);

/* The caller will not give the body: the connection is closed without a dot,
   which is the one sure way back after 354. `done` is deferred, blame none,
   last byte not offered; `closed` follows. Not after smtp_body; of no effect
   when `done` came already. */
void smtp_withdraw(struct smtp_conn *conn);

/* Ends the connection in good manners once the transaction under way is done;
   no `ready` comes any more, `closed` does. */
void smtp_quit(struct smtp_conn *conn);

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
