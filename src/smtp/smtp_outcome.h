#ifndef SMTP_SMTP_OUTCOME_H
#define SMTP_SMTP_OUTCOME_H

/*
 * What a reply means for the delivery: one table of (phase, reply code,
 * enhanced code, words of the text), first match decides. Pure.
 *
 * Only a recipient's own refusal blames the address, and only at RCPT: at the
 * final dot "unknown user" is often said by a filter. A refusal of our
 * commands, our sender or our credentials is never the recipient's failure.
 */

#include "model/outcome.h"
#include "smtp/smtp_reply.h"

/* True when `code` lets the dialogue go on from `phase`: 250 to RSET and
   MAIL, 250 or 251 or 252 to RCPT, 354 to DATA, any 2xx to the final dot. */
bool smtp_outcome_accepts(enum phase phase, int code);

/* The verdict on a transaction (or a session, PHASE_CONNECT) that ends with
   this reply. */
void smtp_outcome(enum phase phase, const struct smtp_reply *reply,
    struct verdict *ret_verdict);

/* The verdict when there is no reply: `text` says what happened instead. */
void smtp_outcome_without_reply(enum phase phase, enum outcome outcome,
    enum blame blame, const char *text, struct verdict *ret_verdict);

/* After such a blame nothing more may be said on the connection. */
bool smtp_outcome_closes(enum blame blame);

#endif
