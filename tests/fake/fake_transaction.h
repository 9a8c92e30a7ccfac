/*
 * A transaction: from MAIL to the reply to the message, and what becomes of
 * the message in between.
 */
#ifndef FAKE_TRANSACTION_H
#define FAKE_TRANSACTION_H

#include "fake_session.h"

/* Forget sender, recipients, and what the script had in store for them. */
void fake_transaction_clear(struct fake_session *s);

/* A message begins: choose its rule, and how closely it is looked at. */
void fake_transaction_begin_body(struct fake_session *s, bool dotted);

/* The message is here in full: take it or refuse it, and say so. */
void fake_transaction_finish_body(struct fake_session *s);

/* Whether the script ends the connection in the middle of this message; if
   so the end is queued. */
bool fake_transaction_break_off(struct fake_session *s);

#endif
