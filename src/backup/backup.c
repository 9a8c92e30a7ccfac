#include "backup/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/backup_seal.h"
#include "backup/backup_tree.h"
#include "base/file.h"
#include "base/now.h"
#include "base/vec.h"
#include "store/store_backup.h"

/* `path` as it reads within the site; NULL: it stands outside. */
static const char *
within_site(struct arena *arena, const struct site *site, const char *path)
{
	const char *start = arena_format(arena, "%s/", site->folder);

	if (!text_starts(path, start) || strstr(path, "/../") != NULL)
		return NULL;
	return path + strlen(start);
}

/* Where the database stands within the site, else its whole path. */
static const char *
store_path(struct arena *arena, const struct site *site)
{
	const char *path = strchr(site->store_url, ':') + 1;
	const char *name = within_site(arena, site, path);

	return name != NULL ? name : path;
}

/* What the configuration names and we do not take. */
static void
add_outside(
    struct arena *arena, const struct site *site, struct text_list *left_out)
{
	GM_VEC(const char *) list = { 0 };

	for (size_t i = 0; i < left_out->count; i++)
		vec_push(&list, left_out->items[i]);
	for (size_t i = 0; i < site->dkim_count; i++)
		if (within_site(arena, site, site->dkim_keys[i].key_file) ==
		    NULL)
			vec_push(&list, site->dkim_keys[i].key_file);
	for (size_t i = 0; i < site->relay_count; i++)
		if (*site->relays[i].ca_file != '\0' &&
		    within_site(arena, site, site->relays[i].ca_file) == NULL)
			vec_push(&list, site->relays[i].ca_file);
	left_out->count = list.count;
	left_out->items =
	    arena_copy(arena, list.items, list.count * sizeof(*list.items));
	vec_clear(&list);
}

static bool
add_file(struct store_backup *backup, const struct site *site, const char *name,
    struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	const char *path = site_path(arena, site, name);
	struct stat status;
	size_t count;
	char *bytes;

	if (stat(path, &status) != 0)
		return err_errno(err, ERR_IO, "%s", path);
	return file_read(
		   arena, path, BACKUP_FILE_BYTES_MOST, &bytes, &count, err) &&
	       store_backup_add(
		   backup, name, status.st_mode & 07777, bytes, count, err);
}

/* The database first: the keys of what is in it were there by then. */
static bool
write_backup(struct arena *arena, const struct site *site, struct store *store,
    const char *path, const char *program, struct backup_made *made,
    struct err *err)
{
	const struct store_backup_about about = {
		.made_ms = made->made_ms,
		.program = program,
		.store = store_path(arena, site),
	};
	struct store_backup *backup;
	struct backup_tree tree;
	bool ok;

	if (!store_backup_make(store, path, &about, &backup, err))
		return false;
	ok = backup_tree_walk(arena, site->folder, about.store, &tree, err);
	for (size_t i = 0; ok && i < tree.files.count; i++)
		ok = add_file(backup, site, tree.files.items[i], err);
	ok = ok && store_backup_end(backup, err);
	store_backup_close(backup);
	if (!ok)
		return false;
	made->files = tree.files.count;
	made->left_out = tree.left_out;
	add_outside(arena, site, &made->left_out);
	return backup_seal(path, err);
}

/* Puts the file in its place; without force, only where there is none. */
static bool
put_in_place(const char *from, const struct backup_wish *wish, struct err *err)
{
	unsigned flags = wish->force ? 0 : RENAME_NOREPLACE;

	if (renameat2(AT_FDCWD, from, AT_FDCWD, wish->path, flags) == 0)
		return true;

	/* Not every file system knows the flag. */
	if (errno == EINVAL && !file_exists(wish->path) &&
	    rename(from, wish->path) == 0)
		return true;
	return err_errno(err, ERR_CANT_CREATE, "%s", wish->path);
}

static void
sync_folder(struct arena *arena, const char *path)
{
	char *folder = arena_strdup(arena, path);
	char *slash = strrchr(folder, '/');
	int fd;

	if (slash != NULL)
		slash[slash == folder] = '\0';
	fd = open(
	    slash != NULL ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

static bool
is_replaceable(const struct backup_wish *wish, struct err *err)
{
	struct stat status;

	if (lstat(wish->path, &status) != 0)
		return true;
	if (!S_ISREG(status.st_mode))
		return err_set(err, ERR_CANT_CREATE,
		    "%s is no plain file, and is left alone", wish->path);
	return wish->force ||
	       err_set(err, ERR_CANT_CREATE,
		   "%s is there already; --force replaces it", wish->path);
}

static void
remove_unfinished(struct arena *arena, const char *path)
{
	unlink(path);
	unlink(arena_format(arena, "%s-journal", path));
}

/* Takes the place of what a killed backup left, unless one is still at it. The
   lock is flock's: those of fcntl are the database's. */
static bool
open_unfinished(
    struct arena *arena, const char *path, int *ret_fd, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_errno(err, ERR_CANT_CREATE, "%s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		close(fd);
		return err_set(err, ERR_TEMP,
		    "%s is being written by another backup", path);
	}

	/* A new file, readable for us alone from its first moment; the old one
	   may have become a backup since we opened it. */
	remove_unfinished(arena, path);
	close(fd);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (fd >= 0)
			close(fd);
		return err_set(err, ERR_TEMP,
		    "%s is being written by another backup", path);
	}
	*ret_fd = fd;
	return true;
}

bool
backup_make(struct arena *arena, const struct site *site, struct store *store,
    const struct backup_wish *wish, struct backup_made *ret_made,
    struct err *err)
{
	struct backup_made made = { .made_ms = now_ms() };
	const char *unfinished = arena_format(arena, "%s.part", wish->path);
	struct stat status;
	int fd = -1;
	bool ok;

	if (!is_replaceable(wish, err) ||
	    !open_unfinished(arena, unfinished, &fd, err))
		return false;
	ok = write_backup(
		 arena, site, store, unfinished, wish->program, &made, err) &&
	     (stat(unfinished, &status) == 0 ||
		 err_errno(err, ERR_IO, "%s", unfinished)) &&
	     put_in_place(unfinished, wish, err);
	if (!ok)
		remove_unfinished(arena, unfinished);
	close(fd);
	if (!ok)
		return false;
	sync_folder(arena, wish->path);
	made.bytes = status.st_size;
	*ret_made = made;
	return true;
}
