#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/step.h"
#include "base/vec.h"

enum { LARGEST_COPY = 64 * 1000 * 1000 };

/* The error class of a failed open. */
static enum err_code
class_of_errno(enum err_code other)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return ERR_NO_INPUT;
	case EACCES:
	case EPERM:
		return ERR_NO_PERM;
	default:
		return other;
	}
}

static bool
read_all(int fd, char *to, size_t room, size_t *ret_count)
{
	size_t used = 0;

	while (used < room) {
		ssize_t got = read(fd, to + used, room - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		if (got == 0)
			break;
		used += (size_t)got;
	}
	*ret_count = used;
	return true;
}

/* Reads up to one byte more than `limit`; `expected` bytes are likely. */
static char *
read_fd(struct arena *arena, int fd, size_t expected, size_t limit,
    size_t *ret_count)
{
	char *bytes = arena_take(arena, expected + 2, 1);
	size_t count;
	size_t more;

	if (!read_all(fd, bytes, expected + 1, &count))
		return NULL;

	/* It grew, or did not tell its size (/proc): take what there is. */
	if (count > expected && expected < limit) {
		char *larger = arena_take(arena, limit + 2, 1);

		memcpy(larger, bytes, count);
		bytes = larger;
		if (!read_all(fd, bytes + count, limit + 1 - count, &more))
			return NULL;
		count += more;
	}
	*ret_count = count;
	return bytes;
}

/* Opens for reading. A pipe that nobody writes into is empty; others are read
   to their end. -1 with errno. */
static int
open_patiently(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0)
		fcntl(fd, F_SETFL, O_RDONLY);
	return fd;
}

bool
file_read(struct arena *arena, const char *path, size_t limit, char **ret_bytes,
    size_t *ret_count, struct err *err)
{
	int fd = open_patiently(path);
	struct stat st;
	size_t expected;
	size_t count = 0;
	char *bytes;

	if (fd < 0)
		return err_errno(err, class_of_errno(ERR_IO), "%s", path);
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(fd);
		return err_set(
		    err, ERR_DATA, "%s: is a folder, expected a file", path);
	}
	expected = S_ISREG(st.st_mode) && (uintmax_t)st.st_size < limit
		       ? (size_t)st.st_size
		       : limit;
	bytes = read_fd(arena, fd, expected, limit, &count);
	if (bytes == NULL)
		err_errno(err, ERR_IO, "%s", path);
	close(fd);
	if (bytes == NULL)
		return false;
	if (count > limit)
		return err_set(err, ERR_DATA,
		    "%s: larger than %zu bytes, the most that is read", path,
		    limit);
	bytes[count] = '\0';
	*ret_bytes = bytes;
	if (ret_count != NULL)
		*ret_count = count;
	return true;
}

static bool
write_all(int fd, const char *bytes, size_t count)
{
	while (count > 0) {
		ssize_t put = write(fd, bytes, count);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return false;
		bytes += put;
		count -= (size_t)put;
	}
	return true;
}

/* Makes the rename durable. */
static void
sync_folder_of(const char *path)
{
	char *folder = mem_strdup(path);
	char *slash = strrchr(folder, '/');
	int fd;

	if (slash != NULL)
		slash[slash == folder] = '\0';
	fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(folder);
}

bool
file_write(const char *path, const void *bytes, size_t count, mode_t mode,
    struct err *err)
{
	char *temporary = mem_format("%s.XXXXXX", path);
	int fd = mkostemp(temporary, O_CLOEXEC);
	bool ok = fd >= 0;

	ok = ok && write_all(fd, bytes, count);
	ok = ok && fchmod(fd, mode) == 0 && fsync(fd) == 0;
	if (!ok)
		err_errno(err, ERR_CANT_CREATE, "%s", path);
	if (fd >= 0)
		close(fd);
	if (ok)
		step_reached("file: written beside its place");
	if (ok && rename(temporary, path) != 0)
		ok = err_errno(err, ERR_CANT_CREATE, "%s", path);
	if (ok)
		step_reached("file: renamed");
	if (ok)
		sync_folder_of(path);
	else if (fd >= 0)
		unlink(temporary);
	free(temporary);
	return ok;
}

bool
file_copy(const char *from, const char *to, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	char *bytes;
	size_t count;

	return file_read(arena, from, LARGEST_COPY, &bytes, &count, err) &&
	       file_write(to, bytes, count, 0644, err);
}

bool
file_make_folder(const char *path, struct err *err)
{
	char *copy GM_FREE_AT_EXIT = mem_strdup(path);

	if (*path == '\0')
		return err_set(err, ERR_CANT_CREATE, "a folder without a name");
	for (char *p = copy + 1;; p++) {
		bool last = *p == '\0';

		if (*p != '/' && !last)
			continue;
		*p = '\0';
		if (mkdir(copy, 0755) != 0 && errno != EEXIST)
			return err_errno(
			    err, ERR_CANT_CREATE, "folder %s", copy);
		if (last)
			break;
		*p = '/';
	}
	if (!file_is_folder(path))
		return err_set(
		    err, ERR_CANT_CREATE, "%s: exists and is no folder", path);
	return true;
}

bool
file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

bool
file_is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int64_t
file_free_bytes(const char *path)
{
	struct statvfs disk;

	if (statvfs(path, &disk) != 0)
		return -1;
	return (int64_t)(disk.f_bavail * disk.f_frsize);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

bool
file_list(struct arena *arena, const char *path, struct text_list *ret_names,
    struct err *err)
{
	GM_VEC(char *) names = { 0 };
	DIR *folder = opendir(path);
	struct dirent *entry;

	if (folder == NULL)
		return err_errno(err, class_of_errno(ERR_IO), "%s", path);
	while ((entry = readdir(folder)) != NULL)
		if (entry->d_name[0] != '.')
			vec_push(&names, arena_strdup(arena, entry->d_name));
	closedir(folder);
	if (names.count > 0)
		qsort(names.items, names.count, sizeof(*names.items),
		    compare_names);
	ret_names->count = names.count;
	ret_names->items =
	    arena_copy(arena, names.items, names.count * sizeof(*names.items));
	vec_clear(&names);
	return true;
}

static int
remove_entry(
    const char *path, const struct stat *status, int kind, struct FTW *ftw)
{
	(void)status;
	(void)kind;
	(void)ftw;
	return remove(path);
}

bool
file_remove_folder(const char *path, struct err *err)
{
	enum { DESCRIPTORS = 16 };

	return nftw(path, remove_entry, DESCRIPTORS, FTW_DEPTH | FTW_PHYS) ==
		   0 ||
	       errno == ENOENT || err_errno(err, ERR_NO_PERM, "%s", path);
}

char *
file_join(struct arena *arena, const char *folder, const char *name)
{
	if (name[0] == '/')
		return arena_strdup(arena, name);
	return arena_format(
	    arena, "%s%s%s", folder, text_ends(folder, "/") ? "" : "/", name);
}

int
file_lock_open(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		err_errno(err, class_of_errno(ERR_CANT_CREATE), "%s", path);
	return fd;
}

static int
set_lock(int fd, int command, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };
	int rc;

	do
		rc = fcntl(fd, command, &lock);
	while (rc != 0 && errno == EINTR);
	return rc;
}

bool
file_lock(int fd, struct err *err)
{
	if (set_lock(fd, F_OFD_SETLKW, F_WRLCK) != 0)
		return err_errno(err, ERR_OS, "lock");
	return true;
}

bool
file_try_lock(int fd, bool *ret_taken, struct err *err)
{
	if (set_lock(fd, F_OFD_SETLK, F_WRLCK) == 0)
		*ret_taken = true;
	else if (errno == EAGAIN || errno == EACCES)
		*ret_taken = false;
	else
		return err_errno(err, ERR_OS, "lock");
	return true;
}

bool
file_is_locked(const char *path, bool *ret_locked, struct err *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0 && errno == ENOENT) {
		*ret_locked = false;
		return true;
	}
	if (fd < 0)
		return err_errno(err, class_of_errno(ERR_IO), "%s", path);
	ok = fcntl(fd, F_OFD_GETLK, &lock) == 0 ||
	     err_errno(err, ERR_OS, "%s: lock", path);
	close(fd);
	if (ok)
		*ret_locked = lock.l_type != F_UNLCK;
	return ok;
}

void
file_unlock(int fd)
{
	set_lock(fd, F_OFD_SETLK, F_UNLCK);
}
