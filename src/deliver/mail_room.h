#ifndef DELIVER_MAIL_ROOM_H
#define DELIVER_MAIL_ROOM_H

/*
 * Inside deliver/: the bytes of a leased item. Keeps the material of the
 * mailings at work and their rendered editions, up to a ceiling, for all
 * threads that compose; what two of them want at once is made once. Reads the
 * store by a connection of its own.
 */

#include "config/site.h"
#include "digest/compose.h"
#include "queue/queue.h"
#include "secret/secret.h"
#include "sign/sign.h"

struct mail_room;

/* All three are the caller's and stay. Errors: those of store_open. */
bool mail_room_new(const struct site *site, const struct secret_keys *keys,
    const struct sign *sign, struct mail_room **ret_room,
    struct err *err) GM_MUST_CHECK;

/* When no thread uses it and no message of it is left. NULL is allowed. */
void mail_room_free(struct mail_room *room);

/* What a message needs to stay beside its arena. */
struct mail_hold;

/* An item and its message in `arena`: of a delivery composed from frozen
   material, of a notice the stored bytes. */
struct mail_order {
	struct arena *arena;
	const struct queue_item *item;
	int64_t dated_ms; /* its Date when none is fixed yet */

	/* Set by mail_room_make. */
	bool made;
	struct message message;

	/* To be given to mail_room_release when the message is not needed any
	   more; NULL: nothing to hold. */
	struct mail_hold *hold;

	/* Why it was not made: ERR_DATA (this message cannot be), ERR_CONFIG
	   (no message of the mailing can: a key that it was planned with is
	   gone, or what was frozen is damaged), and those of the store. */
	struct err fault;
};

/* Makes up to MAIL_ORDERS at less cost than one by one. */
enum { MAIL_ORDERS = 8 };
void mail_room_make(
    struct mail_room *room, struct mail_order *orders, size_t count);

void mail_room_release(struct mail_room *room, struct mail_hold *hold);

#endif
