#ifndef DELIVER_COMMITTER_H
#define DELIVER_COMMITTER_H

/*
 * Inside deliver/: the store thread. It takes one job after the other, a group
 * commit and perhaps a lease, so that the thread of the network never waits
 * for the disk. The queue and its store are guarded by one lock: who has work
 * for them outside a job takes it.
 */

#include "queue/queue.h"

/* What one turn of the store thread does. Inputs stay untouched until it is
   back. */
struct commit_job {
	/* The group commit; left out when there is nothing to settle or begin,
	   unless it is to find out whether the store can be written. */
	const struct queue_settle *settles;
	size_t settle_count;
	struct queue_begin *begins; /* out: what became of them */
	size_t begin_count;
	bool probe;

	/* Then a lease; limit 0: none. */
	struct queue_want want;

	/* Out. Without `committed` the lease was not tried. */
	bool committed;
	bool leased;
	struct err why;      /* of the one that failed */
	struct arena *arena; /* of the items, the caller's then; NULL: none */
	struct queue_item **items;
	size_t item_count;
};

struct committer;

/* The queue is the caller's and outlives the committer. */
struct committer *committer_new(struct queue *queue);

/* Waits for a job that is under way, and forgets it. NULL is allowed. */
void committer_free(struct committer *committer);

/* Hands a job over; there is one at a time, it stays the caller's. */
void committer_post(struct committer *committer, struct commit_job *job);

/* True when a job was posted and is not taken back yet. */
bool committer_busy(const struct committer *committer);

/* Takes the job back when it is done; with `wait`, waits for that. NULL when
   there is none. */
struct commit_job *committer_take(struct committer *committer, bool wait);

/* Readable when there is a job to take back. */
int committer_fd(const struct committer *committer);

/* The queue and its store are the caller's in between. */
struct queue *committer_lock(struct committer *committer);
void committer_unlock(struct committer *committer);

#endif
