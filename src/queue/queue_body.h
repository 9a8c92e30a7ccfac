#ifndef QUEUE_QUEUE_BODY_H
#define QUEUE_QUEUE_BODY_H

/* Inside queue/: what an open queue is made of. */

#include "queue/queue.h"
#include "queue/queue_runner.h"

struct queue {
	struct store *store;
	char *folder; /* of the runners' locks */
	struct queue_rules rules;
	struct queue_runner runner;
};

#endif
