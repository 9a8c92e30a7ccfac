#ifndef DIGEST_ALARM_MAIL_H
#define DIGEST_ALARM_MAIL_H

/* The mail that tells an operator of an alarm, in English and Japanese: plain
   text, from the newsletter's own address, marked as automatic (RFC 3834), and
   with no personal link or return path in it. */

#include "base/buf.h"
#include "model/sender.h"
#include "secret/secret.h"
#include "sign/sign.h"

struct alarm_mail {
	const struct sender *sender;
	const struct secret_key *key; /* of the Message-ID */
	const struct sign *sign;      /* NULL: unsigned */
	const char *rcpt;
	const char *kind;
	const char *subject; /* what the alarm is about */
	const char *text;
	int64_t raised_ms;
	int64_t dated_ms;
	int64_t number; /* one that no other notice has */
};

/* Appends the message and gives its Message-ID. Errors: ERR_DATA (a text that
   no header may hold). */
bool alarm_mail_compose(struct arena *arena, const struct alarm_mail *mail,
    struct buf *out, const char **ret_message_id,
    struct err *err) GM_MUST_CHECK;

#endif
