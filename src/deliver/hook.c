#include "deliver/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/now.h"
#include "base/vec.h"

enum {
	PATIENCE_MS = 30 * 1000,
	LAST_MS = 5 * 1000,
	LOOK_NS = 20 * 1000 * 1000,
	WAITING_MOST = 32,
};

struct call {
	char *kind, *subject, *text;
};

struct hook {
	const char *program;
	pid_t process; /* 0: none */
	int64_t end_mono_ms;
	GM_VEC(struct call) waiting; /* oldest first */
};

struct hook *
hook_new(const char *program)
{
	struct hook *hook = mem_new(1, sizeof(*hook));

	hook->program = program;
	return hook;
}

static void
clear_call(struct call *call)
{
	free(call->kind);
	free(call->subject);
	free(call->text);
}

/* The signals that the run catches are the child's again, in a process group
   of its own, which can be killed whole. */
static int
spawn(const struct hook *hook, const struct call *call, int input,
    pid_t *ret_process)
{
	char *const words[] = { (char *)(uintptr_t)hook->program, call->kind,
		call->subject, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none;
	sigset_t all;
	int status;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
	posix_spawn_file_actions_addopen(
	    &files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK |
						  POSIX_SPAWN_SETSIGDEF |
						  POSIX_SPAWN_SETPGROUP);
	status = posix_spawn(
	    ret_process, hook->program, &files, &attributes, words, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return status;
}

static void
start(struct hook *hook, const struct call *call)
{
	int pipe_ends[2];
	pid_t process;
	int status;

	if (pipe2(pipe_ends, O_CLOEXEC) != 0) {
		log_warning("alarm hook: %s", strerror(errno));
		return;
	}

	/* An alarm's text fits into any pipe: this never waits. */
	fcntl(pipe_ends[1], F_SETFL, O_NONBLOCK);
	if (write(pipe_ends[1], call->text, strlen(call->text)) < 0 ||
	    write(pipe_ends[1], "\n", 1) < 0)
		log_warning("alarm hook: %s", strerror(errno));
	close(pipe_ends[1]);
	status = spawn(hook, call, pipe_ends[0], &process);
	close(pipe_ends[0]);
	if (status != 0) {
		log_warning(
		    "alarm hook %s: %s", hook->program, strerror(status));
		return;
	}
	hook->process = process;
	hook->end_mono_ms = now_mono_ms() + PATIENCE_MS;
}

static void
start_next(struct hook *hook)
{
	struct call call = hook->waiting.items[0];

	hook->waiting.count--;
	memmove(hook->waiting.items, hook->waiting.items + 1,
	    hook->waiting.count * sizeof(call));
	start(hook, &call);
	clear_call(&call);
}

static void
look_after(struct hook *hook)
{
	int status = 0;
	pid_t ended = waitpid(hook->process, &status, WNOHANG);

	if (ended == 0 && now_mono_ms() < hook->end_mono_ms)
		return;
	if (ended == 0) {
		log_warning(
		    "alarm hook %s: takes too long; killed", hook->program);
		kill(-hook->process, SIGKILL);
		waitpid(hook->process, &status, 0);
	} else if (ended > 0 && WIFSIGNALED(status)) {
		log_warning("alarm hook %s: ended by signal %d", hook->program,
		    WTERMSIG(status));
	} else if (ended > 0 && WEXITSTATUS(status) != 0) {
		log_warning("alarm hook %s: exit status %d", hook->program,
		    WEXITSTATUS(status));
	}
	hook->process = 0;
}

void
hook_tick(struct hook *hook)
{
	if (hook->process != 0)
		look_after(hook);
	while (hook->process == 0 && hook->waiting.count > 0)
		start_next(hook);
}

void
hook_add(
    struct hook *hook, const char *kind, const char *subject, const char *text)
{
	struct call call = {
		.kind = mem_strdup(kind),
		.subject = mem_strdup(subject),
		.text = mem_strdup(text),
	};

	if (hook->waiting.count == WAITING_MOST) {
		log_warning("alarm hook: too many alarms; not run for %s %s",
		    kind, subject);
		clear_call(&call);
		return;
	}
	vec_push(&hook->waiting, call);
	hook_tick(hook);
}

/* A moment for what is under way; nothing of ours stays behind. */
static void
finish(struct hook *hook)
{
	const struct timespec pause = { .tv_nsec = LOOK_NS };
	int64_t end = now_mono_ms() + LAST_MS;

	while (hook->process != 0 || hook->waiting.count > 0) {
		if (now_mono_ms() >= end) {
			hook->end_mono_ms = end;
			for (size_t i = 0; i < hook->waiting.count; i++)
				log_warning("alarm hook: not run for %s %s",
				    hook->waiting.items[i].kind,
				    hook->waiting.items[i].subject);
			break;
		}
		hook_tick(hook);
		nanosleep(&pause, NULL);
	}
	if (hook->process != 0)
		look_after(hook);
}

void
hook_free(struct hook *hook)
{
	if (hook == NULL)
		return;
	finish(hook);
	for (size_t i = 0; i < hook->waiting.count; i++)
		clear_call(&hook->waiting.items[i]);
	vec_clear(&hook->waiting);
	free(hook);
}
