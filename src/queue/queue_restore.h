#ifndef QUEUE_QUEUE_RESTORE_H
#define QUEUE_QUEUE_RESTORE_H

/*
 * The queue of a store that was restored from a backup. What happened between
 * the backup and the loss is known to nobody, so each delivery that was open
 * at the backup may have been accepted since. It gets an attempt `unknown` in
 * the log that says so; then it is as after any doubt: queued again (nobody
 * misses a mail, some get a second copy with the same Message-ID), or held
 * (nobody gets it twice). So promise 2 of queue.h stays true, and the books
 * balance. Open mailings are paused (reason "restored") until an operator who
 * knows of this lets them go on. Notices are held: they were for then.
 *
 * What is settled in the backup stays as it is there: a failed delivery that
 * was retried after the backup reads failed.
 */

#include "queue/queue.h"

/* Of one mailing that was open. */
struct queue_restored {
	const char *issue;
	int64_t in_doubt; /* deliveries */
};

/* In one transaction, on a store that nobody else uses. `made_ms` is when the
   backup was made. */
bool queue_restore(struct arena *arena, struct store *store, int64_t made_ms,
    bool hold_unknown, struct queue_restored **ret_mailings, size_t *ret_count,
    struct err *err) GM_MUST_CHECK;

#endif
