/*
 * An answer puts replies onto the wire of a session, the usual ones or those
 * that the script wants, and enters refusals and violations into the ledger.
 */
#ifndef FAKE_ANSWER_H
#define FAKE_ANSWER_H

#include "fake_session.h"

#define FAKE_REPLY_MAX 512

/* How a command came out for the state of the session. */
enum fake_outcome {
	FAKE_OUTCOME_DONE,
	FAKE_OUTCOME_REFUSED,
	FAKE_OUTCOME_LOST
};

/*
 * Write "CODE ENHANCED TEXT" into REPLY and return its length.  ENHANCED, a
 * short word or empty, is left out where the server has no enhanced codes; of
 * TEXT only what fits is written.
 */
size_t fake_answer_compose(const struct fake_session *s,
    char reply[FAKE_REPLY_MAX], int code, const char *enhanced,
    const char *text);

/* Queue that reply. */
void fake_answer_say(
    struct fake_session *s, int code, const char *enhanced, const char *text);

/* Queue that reply, and enter a refusal of all recipients there are. */
enum fake_outcome fake_answer_refuse(struct fake_session *s,
    enum fake_phase phase, int code, const char *enhanced, const char *text);

/*
 * Answer as rule R says, or with the N octets of the USUAL reply when R is
 * NULL.  A refusal is about RCPT, or with NULL about all recipients.
 */
enum fake_outcome fake_answer(struct fake_session *s, enum fake_phase phase,
    const struct fake_rule *r, const char *rcpt, const char *usual, size_t n);

/* Answer a command of PHASE that is about SUBJECT, or with NULL about no
   address, as the script says. */
enum fake_outcome fake_answer_about(struct fake_session *s,
    enum fake_phase phase, char *subject, const char *usual, size_t n);

/* Enter the refusal of RCPT, or with NULL of all recipients there are. */
void fake_answer_note_refusal(
    struct fake_session *s, enum fake_phase phase, int code, const char *rcpt);

/* Enter what the client must not do. */
void fake_answer_violate(struct fake_session *s, enum fake_violation what);

/* End the connection after the replies so far; WHY is borrowed for good. */
void fake_answer_end(
    struct fake_session *s, enum fake_wire_end how, const char *why);

#endif
