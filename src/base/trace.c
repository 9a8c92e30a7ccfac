#include "base/trace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/vec.h"

enum { CHUNK_BYTES = 1 << 20, NEEDLE_MOST_BYTES = 1 << 10 };

struct trace {
	struct arena *arena;
	struct text_list needles; /* in lower case */
	char *chunk;
	GM_VEC(const char *) found;
};

static bool
holds(const struct trace *trace, const char *bytes, size_t count)
{
	for (size_t i = 0; i < trace->needles.count; i++)
		if (memmem(bytes, count, trace->needles.items[i],
			strlen(trace->needles.items[i])) != NULL)
			return true;
	return false;
}

static void
lower(char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bytes[i] >= 'A' && bytes[i] <= 'Z')
			bytes[i] = (char)(bytes[i] - 'A' + 'a');
}

/* The end of each chunk is looked at again before the next one, for a needle
   may lie across. */
static bool
read_file(struct trace *trace, int fd, bool *ret_holds)
{
	size_t kept = 0;

	*ret_holds = false;
	for (;;) {
		ssize_t got = read(fd, trace->chunk + kept, CHUNK_BYTES - kept);
		size_t count = kept + (size_t)got;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0;
		lower(trace->chunk + kept, (size_t)got);
		if (holds(trace, trace->chunk, count)) {
			*ret_holds = true;
			return true;
		}
		kept = count < NEEDLE_MOST_BYTES ? count : NEEDLE_MOST_BYTES;
		memmove(trace->chunk, trace->chunk + count - kept, kept);
	}
}

static bool
look_into_file(struct trace *trace, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	bool found;
	bool ok;

	if (fd < 0)
		return errno == ENOENT ||
		       err_errno(err, ERR_NO_PERM, "%s", path);
	ok = read_file(trace, fd, &found) || err_errno(err, ERR_IO, "%s", path);
	close(fd);
	if (ok && found)
		vec_push(&trace->found, arena_strdup(trace->arena, path));
	return ok;
}

static bool look_into(struct trace *trace, const char *path, struct err *err);

static bool
look_into_folder(struct trace *trace, const char *path, struct err *err)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	bool ok = true;

	if (folder == NULL)
		return errno == ENOENT ||
		       err_errno(err, ERR_NO_PERM, "%s", path);
	while (ok && (entry = readdir(folder)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			ok = look_into(trace,
			    file_join(trace->arena, path, entry->d_name), err);
	closedir(folder);
	return ok;
}

static bool
look_into(struct trace *trace, const char *path, struct err *err)
{
	struct stat status;
	const char *name = text_lower(trace->arena, path);

	if (lstat(path, &status) < 0)
		return errno == ENOENT ||
		       err_errno(err, ERR_NO_PERM, "%s", path);
	if (S_ISDIR(status.st_mode))
		return look_into_folder(trace, path, err);
	if (holds(trace, name, strlen(name))) {
		vec_push(&trace->found, path);
		return true;
	}
	return !S_ISREG(status.st_mode) || look_into_file(trace, path, err);
}

static int
compare_paths(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool
trace_find(struct arena *arena, const char *folder,
    const struct text_list *needles, struct text_list *ret_paths,
    struct err *err)
{
	char *chunk GM_FREE_AT_EXIT = mem_new(CHUNK_BYTES, 1);
	struct trace trace = { .arena = arena, .chunk = chunk };
	bool ok;

	trace.needles.items =
	    arena_take(arena, needles->count + 1, sizeof(*needles->items));
	for (size_t i = 0; i < needles->count; i++)
		if (*needles->items[i] != '\0' &&
		    strlen(needles->items[i]) <= NEEDLE_MOST_BYTES)
			trace.needles.items[trace.needles.count++] =
			    text_lower(arena, needles->items[i]);
	ok = look_into(&trace, folder, err);
	if (ok) {
		if (trace.found.count > 1)
			qsort(trace.found.items, trace.found.count,
			    sizeof(*trace.found.items), compare_paths);
		ret_paths->count = trace.found.count;
		ret_paths->items = arena_copy(arena, trace.found.items,
		    trace.found.count * sizeof(*trace.found.items));
	}
	vec_clear(&trace.found);
	return ok;
}
