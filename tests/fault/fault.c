/*
 * Loaded before libc (LD_PRELOAD): lets the N-th call of a kind fail.
 *
 *	FAULT=write:17:ENOSPC    the 17th write to a file fails once
 *	FAULT=fsync:3:EIO:on     from the third on each fails
 *	FAULT=send:5:ECONNRESET  of what is sent over TCP
 *	FAULT=malloc:1000:ENOMEM
 *	FAULT=send:5:CUT         behind the fifth the power fails
 *	FAULT=fsync:1:SLOW:on    each takes 30 ms longer, and succeeds
 *	FAULT=fsync:5:TEAR       before the fifth it fails, and every other
 *	                         write that was not durable is there all the
 *	                         same
 *	FAULT_TOLD=FILE          made when the fault happened
 *	FAULT_COUNTS=FILE        at the end: "write 120", a line for each kind
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

enum kind { KIND_WRITE, KIND_FSYNC, KIND_SEND, KIND_MALLOC, KINDS };

static const char *const kind_names[] = { "write", "fsync", "send", "malloc" };

/* In the place of an errno. */
enum { CUT = -1, TEAR = -2, SLOW = -3 };
enum { SLOW_US = 30000 };

static const struct {
	const char *name;
	int value;
} errors[] = {
	{ "ENOSPC", ENOSPC },
	{ "EIO", EIO },
	{ "ECONNRESET", ECONNRESET },
	{ "ENOMEM", ENOMEM },
	{ "CUT", CUT },
	{ "TEAR", TEAR },
	{ "SLOW", SLOW },
};

static struct {
	bool given;
	enum kind kind;
	long number;
	int error;
	bool on;
} order;

static bool counting;
static atomic_long counts[KINDS];

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static ssize_t (*real_send)(int, const void *, size_t, int);
static ssize_t (*real_sendmsg)(int, const struct msghdr *, int);

static void
complain(const char *what)
{
	fprintf(stderr, "fault.so: %s\n", what);
	abort();
}

static void
find(void *function, const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (found == NULL)
		complain(name);
	memcpy(function, &found, sizeof(found));
}

static void
read_order(char *text)
{
	char *kind = strtok(text, ":");
	char *number = strtok(NULL, ":");
	char *error = strtok(NULL, ":");
	int found = 0;

	if (kind == NULL || number == NULL || error == NULL)
		complain("FAULT=KIND:NUMBER:ERROR[:on]");
	order.on = strtok(NULL, ":") != NULL;
	order.number = strtol(number, NULL, 10);
	for (int i = 0; i < KINDS; i++)
		if (strcmp(kind, kind_names[i]) == 0) {
			order.kind = (enum kind)i;
			found++;
		}
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(error, errors[i].name) == 0) {
			order.error = errors[i].value;
			found++;
		}
	if (found != 2)
		complain("FAULT: no such kind or error");
	order.given = true;
}

__attribute__((constructor)) static void
start(void)
{
	const char *text = getenv("FAULT");
	char copy[100] = "";

	find(&real_write, "write");
	find(&real_pwrite, "pwrite64");
	find(&real_ftruncate, "ftruncate64");
	find(&real_fsync, "fsync");
	find(&real_fdatasync, "fdatasync");
	find(&real_send, "send");
	find(&real_sendmsg, "sendmsg");
	if (text != NULL) {
		strncpy(copy, text, sizeof(copy) - 1);
		read_order(copy);
	}
	counting = true;
}

__attribute__((destructor)) static void
finish(void)
{
	const char *path = getenv("FAULT_COUNTS");
	FILE *file;

	counting = false;
	if (path == NULL)
		return;
	file = fopen(path, "w");
	if (file == NULL)
		complain(path);
	for (int i = 0; i < KINDS; i++)
		fprintf(
		    file, "%s %ld\n", kind_names[i], atomic_load(&counts[i]));
	fclose(file);
}

/* Without memory, for this may be called from malloc. */
static void
tell(void)
{
	const char *path = getenv("FAULT_TOLD");
	int fd = path != NULL ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644)
			      : -1;

	if (fd >= 0)
		close(fd);
}

/* Counts a call; true when it is the one, or one of those, that the order is
   about. */
static bool
is_meant(enum kind kind)
{
	long number;

	if (!counting)
		return false;
	number = atomic_fetch_add(&counts[kind], 1) + 1;
	if (!order.given || kind != order.kind ||
	    !(number == order.number || (order.on && number > order.number)))
		return false;
	if (number == order.number)
		tell();
	return true;
}

/* Before a call: true when it must fail, with errno set. */
static bool
fails(enum kind kind)
{
	if (!is_meant(kind))
		return false;
	if (order.error == SLOW) {
		usleep(SLOW_US);
		return false;
	}
	if (order.error < 0)
		fault_cut(order.error == TEAR);
	errno = order.error;
	return true;
}

static bool
is_file(int fd)
{
	struct stat status;
	int before = errno;
	bool is = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);

	errno = before;
	return is;
}

static bool
is_tcp(int fd)
{
	int domain = 0;
	socklen_t bytes = sizeof(domain);
	int before = errno;
	bool is = getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &bytes) == 0 &&
		  (domain == AF_INET || domain == AF_INET6);

	errno = before;
	return is;
}

ssize_t
write(int fd, const void *bytes, size_t count)
{
	bool file = is_file(fd);

	if (file && fails(KIND_WRITE))
		return -1;
	if (file)
		fault_cut_writing(fd, lseek(fd, 0, SEEK_CUR), count);
	return real_write(fd, bytes, count);
}

ssize_t
pwrite64(int fd, const void *bytes, size_t count, off_t offset)
{
	bool file = is_file(fd);

	if (file && fails(KIND_WRITE))
		return -1;
	if (file)
		fault_cut_writing(fd, offset, count);
	return real_pwrite(fd, bytes, count, offset);
}

ssize_t
pwrite(int fd, const void *bytes, size_t count, off_t offset)
{
	return pwrite64(fd, bytes, count, offset);
}

int
ftruncate64(int fd, off_t length)
{
	if (fails(KIND_WRITE))
		return -1;
	fault_cut_writing(fd, length, 0);
	return real_ftruncate(fd, length);
}

int
ftruncate(int fd, off_t length)
{
	return ftruncate64(fd, length);
}

int
fsync(int fd)
{
	int result;

	if (fails(KIND_FSYNC))
		return -1;
	result = real_fsync(fd);
	if (result == 0)
		fault_cut_synced(fd);
	return result;
}

int
fdatasync(int fd)
{
	int result;

	if (fails(KIND_FSYNC))
		return -1;
	result = real_fdatasync(fd);
	if (result == 0)
		fault_cut_synced(fd);
	return result;
}

/* Sending fails before, and the power behind the bytes: they are out. */
static ssize_t
send_any(int fd, const void *bytes, size_t count, const struct msghdr *message,
    int options)
{
	bool meant = is_tcp(fd) && is_meant(KIND_SEND);
	ssize_t sent;

	if (meant && order.error > 0) {
		errno = order.error;
		return -1;
	}
	sent = message != NULL ? real_sendmsg(fd, message, options)
			       : real_send(fd, bytes, count, options);
	if (meant)
		fault_cut(order.error == TEAR);
	return sent;
}

ssize_t
send(int fd, const void *bytes, size_t count, int options)
{
	return send_any(fd, bytes, count, NULL, options);
}

ssize_t
sendmsg(int fd, const struct msghdr *message, int options)
{
	return send_any(fd, NULL, 0, message, options);
}

void *
malloc(size_t size)
{
	return fails(KIND_MALLOC) ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return fails(KIND_MALLOC) ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
	return fails(KIND_MALLOC) ? NULL : __libc_realloc(old, size);
}
