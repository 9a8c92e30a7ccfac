#ifndef DELIVER_MAIL_ROOM_H
#define DELIVER_MAIL_ROOM_H

/* Inside deliver/: the bytes of a leased item. Keeps the material of the
   mailings at work and their rendered editions, up to a ceiling. */

#include "digest/compose.h"
#include "queue/queue.h"
#include "secret/secret.h"
#include "sign/sign.h"

struct mail_room;

/* All three are the caller's and stay. */
struct mail_room *mail_room_new(struct store *store,
    const struct secret_keys *keys, const struct sign *sign);
void mail_room_free(struct mail_room *room);

/* Makes the item's message in `arena`: of a delivery composed from frozen
   material, of a notice the stored bytes. `dated_ms` is its Date when none is
   fixed yet. Errors: ERR_DATA (this message cannot be made), ERR_CONFIG (no
   message of the mailing can: a key that it was planned with is gone, or what
   was frozen is damaged), and those of the store. */
bool mail_room_make(struct mail_room *room, struct arena *arena,
    const struct queue_item *item, int64_t dated_ms,
    struct message *ret_message, struct err *err) GM_MUST_CHECK;

#endif
