/*
 * Keeps what each write that is not durable yet has overwritten, and puts it
 * back when the power is to fail. What was mapped into memory (the index of
 * SQLite's log) is left alone: the first who opens the database makes it anew.
 */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fault.h"

void *__libc_malloc(size_t size);
void __libc_free(void *memory);

/* A write, or a cut to a shorter length, that may be taken back. */
struct undo {
	struct undo *older;
	dev_t device;
	ino_t file;
	int fd; /* the writer's: closing another of this file would free the
		   locks that SQLite has on it */
	off_t length; /* of the file before */
	off_t offset;
	size_t count;
	char bytes[]; /* that were there */
};

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static struct undo *newest;

static bool
is_wanted(void)
{
	const char *order = getenv("FAULT");

	return order != NULL &&
	       (strstr(order, "CUT") != NULL || strstr(order, "TEAR") != NULL);
}

void
fault_cut_writing(int fd, off_t offset, size_t count)
{
	struct stat status;
	struct undo *undo;
	size_t there = 0;

	if (!is_wanted() || fstat(fd, &status) != 0)
		return;
	if (count == 0 && offset >= status.st_size)
		return;
	if (offset < status.st_size)
		there = (size_t)(status.st_size - offset);
	if (count > 0 && there > count)
		there = count;
	undo = __libc_malloc(sizeof(*undo) + there);
	if (undo == NULL)
		abort();
	*undo = (struct undo){
		.device = status.st_dev,
		.file = status.st_ino,
		.fd = fd,
		.length = status.st_size,
		.offset = offset,
		.count = there,
	};
	if (pread(fd, undo->bytes, there, offset) != (ssize_t)there)
		abort();
	pthread_mutex_lock(&guard);
	undo->older = newest;
	newest = undo;
	pthread_mutex_unlock(&guard);
}

void
fault_cut_synced(int fd)
{
	struct stat status;
	struct undo **link = &newest;

	if (!is_wanted() || fstat(fd, &status) != 0)
		return;
	pthread_mutex_lock(&guard);
	while (*link != NULL) {
		struct undo *undo = *link;

		if (undo->device != status.st_dev ||
		    undo->file != status.st_ino) {
			link = &undo->older;
			continue;
		}
		*link = undo->older;
		__libc_free(undo);
	}
	pthread_mutex_unlock(&guard);
}

/* As it was before; not through the functions that count. */
static void
take_back(const struct undo *undo)
{
	struct stat status;

	/* A file that was closed meanwhile is as good as durable. */
	if (fstat(undo->fd, &status) != 0 || status.st_dev != undo->device ||
	    status.st_ino != undo->file)
		return;
	if (syscall(SYS_pwrite64, undo->fd, undo->bytes, undo->count,
		undo->offset) != (long)undo->count ||
	    syscall(SYS_ftruncate, undo->fd, undo->length) != 0)
		abort();
}

void
fault_cut(int every_other)
{
	bool keep = false;

	pthread_mutex_lock(&guard);
	for (struct undo *undo = newest; undo != NULL; undo = undo->older) {
		keep = every_other && !keep;
		if (!keep)
			take_back(undo);
	}
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}
