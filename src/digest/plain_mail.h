#ifndef DIGEST_PLAIN_MAIL_H
#define DIGEST_PLAIN_MAIL_H

/* A mail of plain text to one person, marked as automatic (RFC 3834): what
   notices are made of that are no digests. */

#include "base/buf.h"
#include "model/sender.h"
#include "secret/secret.h"
#include "sign/sign.h"

struct plain_mail {
	const struct sender *sender;
	const struct secret_key *key; /* of the Message-ID */
	const struct sign *sign;      /* NULL: unsigned */
	const char *rcpt;
	const char *rcpt_name; /* "" when it is not known */
	const char *subject;
	const char *body; /* UTF-8, lines end in CRLF */
	int64_t dated_ms;
	int64_t number; /* one that no other notice has */
};

/* Appends the message and gives its Message-ID. Errors: ERR_DATA (a text that
   no header may hold). */
bool plain_mail_compose(struct arena *arena, const struct plain_mail *mail,
    struct buf *out, const char **ret_message_id,
    struct err *err) GM_MUST_CHECK;

#endif
