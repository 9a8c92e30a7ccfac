#include "queue/queue_runner.h"

#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/now.h"
#include "base/step.h"
#include "store/store_runner.h"

enum { HOST_BYTES = 256 };

/* A name that no other runner has had: process id, start, dice. */
static char *
new_name(void)
{
	unsigned dice = 0;

	if (getrandom(&dice, sizeof(dice), GRND_NONBLOCK) < 0)
		dice = (unsigned)now_mono_us();
	return mem_format(
	    "%ld-%lld-%08x", (long)getpid(), (long long)now_ms(), dice);
}

static bool
write_row(struct store *store, const char *kind, struct queue_runner *runner,
    struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = store;
	char host[HOST_BYTES] = "";

	step_reached("runner: lock taken");
	if (gethostname(host, sizeof(host) - 1) != 0)
		host[0] = '\0';
	return store_begin(store, err) &&
	       store_runner_add(store, runner->name, kind, host,
		   (int64_t)getpid(), now_ms(), &runner->id, err) &&
	       store_commit(guard, err);
}

bool
queue_runner_start(struct store *store, const char *folder, const char *kind,
    struct queue_runner *ret_runner, struct err *err)
{
	struct queue_runner runner = { .lock = -1 };
	bool taken = false;

	if (!file_make_folder(folder, err))
		return false;
	runner.name = new_name();
	runner.path = mem_format("%s/%s", folder, runner.name);
	runner.lock = file_lock_open(runner.path, err);
	if (runner.lock >= 0 && file_try_lock(runner.lock, &taken, err) &&
	    taken && write_row(store, kind, &runner, err)) {
		*ret_runner = runner;
		return true;
	}
	if (runner.lock >= 0) {
		unlink(runner.path);
		close(runner.lock);
	}
	free(runner.name);
	free(runner.path);
	return false;
}

void
queue_runner_stop(struct queue_runner *runner, bool ended)
{
	if (ended)
		unlink(runner->path);
	step_reached("runner: lock file gone");
	close(runner->lock);
	free(runner->name);
	free(runner->path);
}

bool
queue_runner_is_dead(
    const char *folder, const char *name, bool *ret_dead, struct err *err)
{
	char *path GM_FREE_AT_EXIT = mem_format("%s/%s", folder, name);
	bool locked;

	if (!file_is_locked(path, &locked, err))
		return false;
	*ret_dead = !locked;
	return true;
}

void
queue_runner_bury(const char *folder, const char *name)
{
	char *path GM_FREE_AT_EXIT = mem_format("%s/%s", folder, name);

	unlink(path);
}
