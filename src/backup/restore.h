#ifndef BACKUP_RESTORE_H
#define BACKUP_RESTORE_H

/*
 * A site from its backup. All is made and looked through in a folder beside,
 * then moved into place, the configuration last; where anything fails before
 * that, nothing has changed. What stood in the way is put aside, not removed.
 * What becomes of deliveries that were open: queue/queue_restore.h.
 */

#include "queue/queue_restore.h"

enum restore_unknown { RESTORE_AS_CONFIGURED, RESTORE_RESEND, RESTORE_HOLD };

struct restore_wish {
	const char *path;
	const char *folder; /* of the site; made where it is missing */
	bool force;         /* although something is in it */
	enum restore_unknown unknown;
};

struct restore_done {
	int64_t made_ms;     /* when the backup was made */
	const char *program; /* and by which version */
	size_t files;
	bool held;         /* deliveries in doubt are held, else queued */
	const char *aside; /* where what was there is now; NULL: nothing was */
	struct queue_restored *mailings; /* those that were open */
	size_t mailing_count;
};

/* Errors: ERR_NO_INPUT, ERR_DATA (no backup, or a damaged one), ERR_CONFIG (of
   a newer program), ERR_CANT_CREATE (the folder is not empty), ERR_TEMP (a
   runner lives in it), ERR_IO. */
bool restore_site(struct arena *arena, const struct restore_wish *wish,
    struct restore_done *ret_done, struct err *err) GM_MUST_CHECK;

#endif
