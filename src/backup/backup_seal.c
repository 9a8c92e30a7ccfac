#include "backup/backup_seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "secret/secret.h"
#include "store/store_backup.h"

#define PREFIX "\nglocal-mail backup; SHA-256 of all before: "

enum {
	BLOCK_BYTES = 1 << 16,
	HEX_CHARS = 2 * SECRET_HASH_BYTES,
	SEAL_BYTES = sizeof(PREFIX) - 1 + HEX_CHARS + 1,
};

static bool
open_file(const char *path, int flags, int *ret_fd, int64_t *ret_bytes,
    struct err *err)
{
	struct stat status;
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err,
		    errno == EACCES ? ERR_NO_PERM : ERR_NO_INPUT, "%s", path);
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
		close(fd);
		return err_set(err, ERR_DATA, "%s: is no file", path);
	}
	*ret_fd = fd;
	*ret_bytes = status.st_size;
	return true;
}

/* The line for the first `count` bytes; its NUL is not part of it. */
static bool
make_line(int fd, int64_t count, char ret_line[SEAL_BYTES + 1])
{
	struct secret_sum *sum = secret_sum_new();
	unsigned char hash[SECRET_HASH_BYTES];
	char *block = mem_new(1, BLOCK_BYTES);
	int64_t done = 0;
	int used = snprintf(ret_line, SEAL_BYTES + 1, "%s", PREFIX);

	while (done < count) {
		size_t most = count - done < BLOCK_BYTES
				  ? (size_t)(count - done)
				  : BLOCK_BYTES;
		ssize_t got = pread(fd, block, most, done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		secret_sum_add(sum, block, (size_t)got);
		done += got;
	}
	free(block);
	secret_sum_end(sum, hash);
	for (size_t i = 0; i < sizeof(hash); i++)
		used += snprintf(ret_line + used,
		    (size_t)(SEAL_BYTES + 1 - used), "%02x", hash[i]);
	snprintf(ret_line + used, (size_t)(SEAL_BYTES + 1 - used), "\n");
	return done == count;
}

bool
backup_seal(const char *path, struct err *err)
{
	char line[SEAL_BYTES + 1];
	int64_t count = 0;
	int fd = -1;
	bool ok;

	if (!open_file(path, O_RDWR, &fd, &count, err))
		return false;
	ok = make_line(fd, count, line) &&
	     pwrite(fd, line, SEAL_BYTES, count) == SEAL_BYTES &&
	     fsync(fd) == 0;
	if (!ok)
		err_errno(err, ERR_IO, "%s", path);
	close(fd);
	return ok;
}

static bool
is_sealed(int fd, int64_t count)
{
	char wanted[SEAL_BYTES + 1];
	char line[SEAL_BYTES + 1] = "";

	return count > 0 && pread(fd, line, SEAL_BYTES, count) == SEAL_BYTES &&
	       make_line(fd, count, wanted) &&
	       memcmp(line, wanted, SEAL_BYTES) == 0;
}

bool
backup_seal_check(const char *path, int64_t *ret_bytes, struct err *err)
{
	char head[BLOCK_BYTES / 64];
	int64_t bytes = 0;
	int fd = -1;
	ssize_t got;
	bool ok;

	if (!open_file(path, O_RDONLY, &fd, &bytes, err))
		return false;
	got = pread(fd, head, sizeof(head), 0);
	if (got < 0 || !store_backup_is(head, (size_t)got))
		ok = err_set(
		    err, ERR_DATA, "%s is no backup of glocal-mail", path);
	else
		ok = is_sealed(fd, bytes - SEAL_BYTES) ||
		     err_set(err, ERR_DATA,
			 "%s is damaged or not whole: its checksum does not "
			 "agree",
			 path);
	close(fd);
	if (ok)
		*ret_bytes = bytes - SEAL_BYTES;
	return ok;
}
