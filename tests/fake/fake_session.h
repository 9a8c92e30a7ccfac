/*
 * A session speaks SMTP (RFC 5321, 1870, 2920, 3030, 6152, 6531) with one
 * client: octets in, replies onto a wire.  It knows no sockets.  It follows
 * the script, writes to the ledger before it queues a reply, and counts what
 * a client must not do.
 *
 * After a refused RCPT and a refused DATA the transaction stays open, as in
 * Postfix: a MAIL without RSET is then refused as nested, yet RCPT and DATA
 * that follow it go to the old sender.
 */
#ifndef FAKE_SESSION_H
#define FAKE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fake_ledger.h"
#include "fake_script.h"
#include "fake_wire.h"

/* What all sessions share. */
struct fake_server {
	struct fake_script *script;
	struct fake_ledger *ledger;
	int64_t delay_ns;      /* of each reply */
	int64_t body_delay_ns; /* more, of the reply to a message */
	uint64_t size;         /* octets; 0 = not announced, not checked */
	bool ehlo, pipelining, eightbit, smtputf8, chunking, enhanced;
	bool judge; /* look for flaws even when no octets are kept */
};

struct fake_session;

/* Begin session NUMBER; the banner is queued.  SERVER must outlive it. */
struct fake_session *fake_session_new(
    const struct fake_server *server, uint64_t number, int64_t now_ns);

/*
 * Take octets that arrived at NOW_NS and return how many were used up.  The
 * rest is an unfinished line, or what a stalled session does not look at yet;
 * give it again with what follows.
 */
size_t fake_session_take(
    struct fake_session *s, const char *bytes, size_t n, int64_t now_ns);

/* The replies; borrowed. */
struct fake_wire *fake_session_wire(struct fake_session *s);

/* Until when it reads nothing: 0 = it reads, FAKE_WIRE_NEVER = for good. */
int64_t fake_session_held_until(const struct fake_session *s);

/* Whether it only waits for its wire to end; input is to be thrown away. */
bool fake_session_over(const struct fake_session *s);

/* Enter the end into the ledger and free. */
void fake_session_free(struct fake_session *s, bool by_client);

#endif
