#include "base/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/step.h"

enum { FOLDERS_OPEN = 16, LARGEST_SAME = 64 * 1000 * 1000 };

struct folder_draft {
	struct arena *arena;
	const char *place;
	char *beside; /* where it is written */
	const char *mark;
};

static int
remove_entry(
    const char *path, const struct stat *status, int kind, struct FTW *ftw)
{
	(void)status;
	(void)kind;
	(void)ftw;
	(void)!remove(path);
	return 0;
}

void
folder_remove(const char *path)
{
	nftw(path, remove_entry, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
}

/* ---- comparing */

static bool
same_file(const char *a, const char *b)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct err ignored = { 0 };
	char *bytes[2];
	size_t counts[2];

	return file_read(
		   arena, a, LARGEST_SAME, &bytes[0], &counts[0], &ignored) &&
	       file_read(
		   arena, b, LARGEST_SAME, &bytes[1], &counts[1], &ignored) &&
	       counts[0] == counts[1] &&
	       memcmp(bytes[0], bytes[1], counts[0]) == 0;
}

static bool
is_folder_itself(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool
folder_same(const char *a, const char *b)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct text_list names[2];
	struct err ignored = { 0 };

	if (!file_list(arena, a, &names[0], &ignored) ||
	    !file_list(arena, b, &names[1], &ignored) ||
	    names[0].count != names[1].count)
		return false;
	for (size_t i = 0; i < names[0].count; i++) {
		const char *name = names[0].items[i];
		const char *left = file_join(arena, a, name);
		const char *right = file_join(arena, b, name);
		bool is_folder = is_folder_itself(left);

		if (!text_equal(name, names[1].items[i]) ||
		    is_folder != is_folder_itself(right) ||
		    !(is_folder ? folder_same(left, right)
				: same_file(left, right)))
			return false;
	}
	return true;
}

/* ---- drafts */

/* Whether nothing is in the folder, hidden or not. */
static bool
is_empty(const char *path)
{
	DIR *folder = opendir(path);
	size_t count = 0;

	if (folder == NULL)
		return false;
	while (count < 3 && readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count == 2;
}

static bool
may_replace(struct folder_draft *draft, struct err *err)
{
	struct stat status;

	if (*draft->place == '\0')
		return err_set(err, ERR_CANT_CREATE, "a folder without a name");
	if (lstat(draft->place, &status) != 0 && errno == ENOENT)
		return true;
	if (!file_is_folder(draft->place))
		return err_set(err, ERR_CANT_CREATE,
		    "%s: exists and is no folder", draft->place);
	return is_empty(draft->place) ||
	       file_exists(
		   file_join(draft->arena, draft->place, draft->mark)) ||
	       err_set(err, ERR_CANT_CREATE,
		   "%s: holds something else already; name a folder of its own",
		   draft->place);
}

/* The place as the system knows it: links followed, so that one is not replaced
   by what it leads to. */
static const char *
settle_place(struct arena *arena, const char *path)
{
	char *real = realpath(path, NULL);
	char *place = arena_strdup(arena, real != NULL ? real : path);
	size_t count = strlen(place);

	free(real);
	while (count > 1 && place[count - 1] == '/')
		place[--count] = '\0';
	return place;
}

static bool
make_beside(struct folder_draft *draft, struct err *err)
{
	mode_t mask = umask(0);
	char *parent = arena_strdup(draft->arena, draft->place);
	char *slash = strrchr(parent, '/');

	umask(mask);
	if (slash != NULL && slash > parent) {
		*slash = '\0';
		if (!file_make_folder(parent, err))
			return false;
	}
	draft->beside =
	    arena_format(draft->arena, "%s.new.XXXXXX", draft->place);
	if (mkdtemp(draft->beside) == NULL ||
	    chmod(draft->beside, 0777 & ~mask) != 0)
		return err_errno(
		    err, ERR_CANT_CREATE, "beside folder %s", draft->place);
	return true;
}

bool
folder_draft_new(const char *path, const char *mark,
    struct folder_draft **ret_draft, struct err *err)
{
	struct folder_draft *draft = mem_new(1, sizeof(*draft));

	draft->arena = arena_new();
	draft->place = settle_place(draft->arena, path);
	draft->mark = arena_strdup(draft->arena, mark);
	if (!may_replace(draft, err) || !make_beside(draft, err)) {
		arena_free(draft->arena);
		free(draft);
		return false;
	}
	if (!folder_draft_write(draft, mark, "", 0, err)) {
		folder_draft_drop(draft);
		return false;
	}
	*ret_draft = draft;
	return true;
}

const char *
folder_draft_place(const struct folder_draft *draft)
{
	return draft->place;
}

static bool
write_whole(const char *path, const void *bytes, size_t count, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	const char *at = bytes;
	bool ok = fd >= 0;

	while (ok && count > 0) {
		ssize_t wrote = write(fd, at, count);

		if (wrote < 0 && errno == EINTR)
			continue;
		ok = wrote > 0;
		at += ok ? wrote : 0;
		count -= ok ? (size_t)wrote : 0;
	}
	if (fd >= 0 && close(fd) != 0)
		ok = false;
	return ok || err_errno(err, ERR_CANT_CREATE, "%s", path);
}

bool
folder_draft_write(struct folder_draft *draft, const char *name,
    const void *bytes, size_t count, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	char *path = file_join(arena, draft->beside, name);
	char *slash = strrchr(path, '/');

	*slash = '\0';
	if (!file_is_folder(path) && !file_make_folder(path, err))
		return false;
	*slash = '/';
	return write_whole(path, bytes, count, err);
}

static void
free_draft(struct folder_draft *draft)
{
	arena_free(draft->arena);
	free(draft);
}

void
folder_draft_drop(struct folder_draft *draft)
{
	if (draft == NULL)
		return;
	folder_remove(draft->beside);
	free_draft(draft);
}

/* All files at once: one by one each would wait for the disk. */
static bool
make_durable(const struct folder_draft *draft, struct err *err)
{
	int fd = open(draft->beside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && syncfs(fd) == 0;

	if (!ok)
		err_errno(err, ERR_CANT_CREATE, "%s", draft->beside);
	if (fd >= 0)
		close(fd);
	return ok;
}

/* Changes the places of both. Where the file system cannot, for a moment there
   is none. */
static bool
put_in_place(const struct folder_draft *draft, struct err *err)
{
	const char *aside;

	if (rename(draft->beside, draft->place) == 0)
		return true;
	if (errno != ENOTEMPTY && errno != EEXIST)
		return err_errno(err, ERR_CANT_CREATE, "%s", draft->place);
	if (renameat2(AT_FDCWD, draft->beside, AT_FDCWD, draft->place,
		RENAME_EXCHANGE) == 0) {
		step_reached("folder: in its place");
		folder_remove(draft->beside);
		return true;
	}
	aside = arena_format(draft->arena, "%s.old", draft->beside);
	if (rename(draft->place, aside) != 0)
		return err_errno(err, ERR_CANT_CREATE, "%s", draft->place);
	if (rename(draft->beside, draft->place) != 0) {
		err_errno(err, ERR_CANT_CREATE, "%s", draft->place);
		(void)!rename(aside, draft->place);
		return false;
	}
	folder_remove(aside);
	return true;
}

bool
folder_draft_publish(
    struct folder_draft *draft, bool *ret_changed, struct err *err)
{
	bool same = folder_same(draft->beside, draft->place);
	bool ok =
	    same || (may_replace(draft, err) && make_durable(draft, err) &&
			put_in_place(draft, err));

	if (ok)
		*ret_changed = !same;
	if (ok && !same)
		free_draft(draft);
	else
		folder_draft_drop(draft);
	return ok;
}
