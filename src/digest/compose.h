#ifndef DIGEST_COMPOSE_H
#define DIGEST_COMPOSE_H

/*
 * From an edition and a person to the bytes of one message. Promises that the
 * bytes are a function of what is handed in, so that any attempt of a delivery
 * can be rebuilt; that the message holds all fields of a list message that
 * receivers ask for, each once, and no address but the reader's and our own;
 * that everything is 7-bit. Dots are doubled later (smtp/).
 *
 * Three things live ever shorter: a composer serves a mailing, a prepared
 * edition all readers of that edition, a message one of them. The first two
 * are read-only once made and may serve several threads at once. A message
 * comes in parts: its personal bytes stand in the arena that it was composed
 * into, what its readers share is pointed to in the prepared edition, which
 * must stay as long as the message.
 */

#include <stdint.h>
#include <sys/uio.h>

#include "base/arena.h"
#include "digest/edition.h"
#include "mime/mime.h"
#include "model/reader.h"
#include "model/sender.h"
#include "secret/secret.h"
#include "sign/sign.h"

/* What the messages of a mailing have in common. */
struct compose_mailing {
	const struct sender *sender;  /* as frozen by planning */
	const char *issue;            /* id: "2026-04" */
	const struct secret_key *key; /* the one frozen by planning */
	const struct sign *sign;      /* DKIM keys; NULL: unsigned */
	int64_t number;         /* of a notice: one that no other notice has */
	struct mime_pool *pool; /* of what editions share; NULL: none */

	/* For --test: links lead to no mailing, and the Message-ID is the
	   notice's own. */
	bool notice;
};

/* Composes the messages of a mailing. Lives in `arena`; all that `mailing`
   points to must stay as long. */
struct composer;
struct composer *compose_begin(
    struct arena *arena, const struct compose_mailing *mailing);

/* An edition made ready for its readers: all that does not depend on them is
   written and encoded. Lives in `arena` and needs the composer; of `edition` it
   needs only what its greeting points to, the templates', and the pictures. */
struct compose_edition;
struct compose_edition *compose_prepare(struct arena *arena,
    const struct composer *composer, const struct edition *edition);

/* Parts of a message at most. */
enum { COMPOSE_PARTS = 164 };

struct message {
	const char *mail_from;  /* return path, without angle brackets */
	const char *rcpt;       /* as it goes into RCPT, quoted where need be */
	const char *message_id; /* without angle brackets */
	const char *subject;    /* decoded */

	/* Header, empty line, body; CRLF. One after the other they are the
	   message; where one ends means nothing. */
	const struct iovec *parts;
	size_t part_count;
	size_t count;                            /* bytes of all parts */
	unsigned char sha256[SECRET_HASH_BYTES]; /* of the bytes */
};

/* One message to be composed. */
struct compose_task {
	struct arena *arena;
	const struct compose_edition *edition;
	struct person person;
	int64_t date_ms; /* the time fixed at the first begin */

	/* Set by compose_all. */
	bool made; /* else `fault` tells why not */
	struct message message;
	struct err fault;
};

/* Composes each for one person, at less cost than one by one. Of a message the
   shared bytes live with the edition, all else in the task's arena. Faults
   (ERR_DATA): a control character or malformed UTF-8 in a name, address or
   subject, a header over 12 KB before signing, which some providers refuse. */
void compose_all(struct compose_task *tasks, size_t count);

/* The same for one message. */
bool compose(struct arena *arena, const struct compose_edition *edition,
    const struct person *person, int64_t date_ms, struct message *ret_message,
    struct err *err) GM_MUST_CHECK;

/* The bytes of the message in one piece, `count` of them and a NUL behind. */
const char *compose_bytes(struct arena *arena, const struct message *message);

#endif
