#ifndef MODEL_OUTCOME_H
#define MODEL_OUTCOME_H

/*
 * What became of one attempt to hand a message to a server: a value, not an
 * error. smtp/ makes it from a reply and from how far the transaction got;
 * queue/ turns it into a move of the delivery and a line of the log.
 */

#include "base/err.h"

#define GM_OUTCOMES(X)                  \
	X(OUTCOME_SENT, "sent")         \
	X(OUTCOME_DEFERRED, "deferred") \
	X(OUTCOME_FAILED, "failed")     \
	X(OUTCOME_UNKNOWN, "unknown")

/* Whose fault it was: decides what else follows from it.
   address: the mailbox does not exist; it is suppressed.
   mailbox: full or refusing for now; content: this message; policy: what we
   are or send (feeds the breaker); us: our credentials or rights (stops the
   queue); link: connection or server; protocol: we and the server lost step. */
#define GM_BLAMES(X)                \
	X(BLAME_NONE, "none")       \
	X(BLAME_ADDRESS, "address") \
	X(BLAME_MAILBOX, "mailbox") \
	X(BLAME_CONTENT, "content") \
	X(BLAME_POLICY, "policy")   \
	X(BLAME_US, "us")           \
	X(BLAME_LINK, "link")       \
	X(BLAME_PROTOCOL, "protocol")

/* Where in the dialogue it was decided. */
#define GM_PHASES(X)                \
	X(PHASE_CONNECT, "connect") \
	X(PHASE_RSET, "rset")       \
	X(PHASE_MAIL, "mail")       \
	X(PHASE_RCPT, "rcpt")       \
	X(PHASE_DATA, "data")       \
	X(PHASE_BODY, "body")       \
	X(PHASE_FINAL, "final")

#define X(name, text) name,
enum outcome { GM_OUTCOMES(X) OUTCOMES };
enum blame { GM_BLAMES(X) BLAMES };
enum phase { GM_PHASES(X) PHASES };
#undef X

struct verdict {
	enum outcome outcome;
	enum blame blame;
	enum phase phase;
	int code;          /* reply code; 0: no reply */
	char enhanced[16]; /* "5.1.1"; "" when the reply had none */
	char text[512];    /* the reply's text, printable, one line */
};

/* Never NULL. */
const char *outcome_name(enum outcome outcome);
const char *outcome_blame(enum blame blame);
const char *outcome_phase(enum phase phase);
bool outcome_parse(const char *text, enum outcome *ret);

#endif
