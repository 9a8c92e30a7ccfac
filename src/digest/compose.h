#ifndef DIGEST_COMPOSE_H
#define DIGEST_COMPOSE_H

/*
 * From an edition and a person to the bytes of one message. Promises that the
 * bytes are a function of what is handed in, so that any attempt of a delivery
 * can be rebuilt; that the message holds all fields of a list message that
 * receivers ask for, each once, and no address but the reader's and our own;
 * that everything is 7-bit. Dots are doubled later (smtp/).
 *
 * What the readers of an edition share is prepared once; a prepared edition
 * and a composer are read-only and may serve several threads.
 */

#include <stdint.h>

#include "base/arena.h"
#include "digest/edition.h"
#include "model/reader.h"
#include "model/sender.h"
#include "secret/secret.h"
#include "sign/sign.h"

/* What the messages of one mailing have in common. Owns nothing. */
struct composer {
	const struct sender *sender;  /* as frozen by planning */
	const char *issue;            /* id: "2026-04" */
	const struct secret_key *key; /* the one frozen by planning */
	const struct sign *sign;      /* DKIM keys; NULL: unsigned */

	/* For --test: the number is that of a notice, links lead to no
	   mailing, and the Message-ID is the notice's own. */
	bool notice;
};

/* An edition made ready for its readers: all that does not depend on them is
   encoded. Lives in `arena`; of `edition` it needs only what its greeting
   points to, the templates'. */
struct compose_edition;
struct compose_edition *compose_prepare(
    struct arena *arena, const struct edition *edition);

struct message {
	const char *mail_from;  /* return path, without angle brackets */
	const char *rcpt;       /* as it goes into RCPT, quoted where need be */
	const char *message_id; /* without angle brackets */
	const char *subject;    /* decoded */
	const char *bytes;      /* header, empty line, body; CRLF */
	size_t count;
	unsigned char sha256[SECRET_HASH_BYTES]; /* of the bytes */
};

/* Composes for one person. `mailing` is the number of the mailing, of a
   notice one that no other notice has; `date_ms` the time fixed at the first
   begin. All of *ret_message lives in `arena`. Errors (ERR_DATA): a control
   character or malformed UTF-8 in a name, address or subject, a header over
   12 KB before signing, which some providers refuse. */
bool compose(struct arena *arena, const struct composer *composer,
    const struct compose_edition *edition, const struct person *person,
    int64_t mailing, int64_t date_ms, struct message *ret_message,
    struct err *err) GM_MUST_CHECK;

#endif
