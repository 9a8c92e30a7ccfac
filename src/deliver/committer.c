#include "deliver/committer.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/channel.h"
#include "base/mem.h"

struct committer {
	struct queue *queue;
	pthread_mutex_t lock; /* of the queue and its store */
	pthread_t thread;
	struct channel *posted;
	struct channel *done;
	bool busy;
};

static void
lease(struct queue *queue, struct commit_job *job)
{
	job->arena = arena_new();
	job->leased = queue_lease(queue, job->arena, &job->want, &job->items,
	    &job->item_count, &job->why);
	if (job->leased && job->item_count > 0)
		return;
	arena_free(job->arena);
	job->arena = NULL;
}

static void
do_job(struct queue *queue, struct commit_job *job)
{
	job->committed = true;
	job->leased = false;
	job->arena = NULL;
	job->item_count = 0;
	job->why = (struct err){ 0 };
	if (job->settle_count + job->begin_count > 0 || job->probe)
		job->committed =
		    queue_commit(queue, job->settles, job->settle_count,
			job->begins, job->begin_count, &job->why);
	if (job->committed && job->want.limit > 0)
		lease(queue, job);
}

static void *
work(void *context)
{
	struct committer *committer = context;
	void *job;

	while (channel_take(committer->posted, &job, 1) == 1) {
		pthread_mutex_lock(&committer->lock);
		do_job(committer->queue, job);
		pthread_mutex_unlock(&committer->lock);
		channel_put(committer->done, &job, 1);
	}
	return NULL;
}

struct committer *
committer_new(struct queue *queue)
{
	struct committer *committer = mem_new(1, sizeof(*committer));

	committer->queue = queue;
	committer->posted = channel_new();
	committer->done = channel_new();
	if (pthread_mutex_init(&committer->lock, NULL) != 0)
		abort();
	if (pthread_create(&committer->thread, NULL, work, committer) != 0)
		mem_exhausted();
	pthread_setname_np(committer->thread, "store");
	return committer;
}

void
committer_free(struct committer *committer)
{
	struct commit_job *job;

	if (committer == NULL)
		return;
	job = committer_take(committer, true);
	if (job != NULL)
		arena_free(job->arena);
	channel_close(committer->posted);
	pthread_join(committer->thread, NULL);
	channel_free(committer->posted);
	channel_free(committer->done);
	pthread_mutex_destroy(&committer->lock);
	free(committer);
}

void
committer_post(struct committer *committer, struct commit_job *job)
{
	void *item = job;

	committer->busy = true;
	channel_put(committer->posted, &item, 1);
}

bool
committer_busy(const struct committer *committer)
{
	return committer->busy;
}

struct commit_job *
committer_take(struct committer *committer, bool wait)
{
	void *job;

	if (!committer->busy)
		return NULL;
	if ((wait ? channel_take(committer->done, &job, 1)
		  : channel_poll(committer->done, &job, 1)) == 0)
		return NULL;
	committer->busy = false;
	return job;
}

int
committer_fd(const struct committer *committer)
{
	return channel_fd(committer->done);
}

struct queue *
committer_lock(struct committer *committer)
{
	pthread_mutex_lock(&committer->lock);
	return committer->queue;
}

void
committer_unlock(struct committer *committer)
{
	pthread_mutex_unlock(&committer->lock);
}
