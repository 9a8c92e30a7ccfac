#ifndef QUEUE_QUEUE_RUNNER_H
#define QUEUE_QUEUE_RUNNER_H

/* Inside queue/ (and for report/, which shows it): who lives. A runner's lock
   file is locked from before its row exists until the process ends, however it
   ends. */

#include "queue/queue.h"

struct queue_runner {
	int64_t id;
	char *name;
	int lock; /* descriptor that holds the lock */
	char *path;
};

/* Locks a new file in `folder`, then writes the row, in a transaction of its
   own. */
bool queue_runner_start(struct store *store, const char *folder,
    const char *kind, struct queue_runner *ret_runner,
    struct err *err) GM_MUST_CHECK;

/* Gives up the lock; removes its file when the row has `ended`. */
void queue_runner_stop(struct queue_runner *runner, bool ended);

/* True when the lock of a runner is free: the process is gone. */
bool queue_runner_is_dead(const char *folder, const char *name, bool *ret_dead,
    struct err *err) GM_MUST_CHECK;

/* Removes the lock file of a dead runner. */
void queue_runner_bury(const char *folder, const char *name);

#endif
