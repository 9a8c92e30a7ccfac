#include "backup/backup_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/backup.h"
#include "base/file.h"
#include "base/vec.h"
#include "digest/material.h"
#include "store/store_backup.h"

enum { DEPTH_MOST = 20 };

struct walk {
	struct arena *arena;
	const char *folder;
	const char *store;
	GM_VEC(const char *) files;
	GM_VEC(const char *) left_out;
};

static bool walk_folder(
    struct walk *walk, const char *name, int depth, struct err *err);

/* The database, its log and its lock. */
static bool
is_store(const struct walk *walk, const char *name)
{
	const char *rest;

	if (!text_starts(name, walk->store))
		return false;
	rest = name + strlen(walk->store);
	return *rest == '\0' || text_equal(rest, "-wal") ||
	       text_equal(rest, "-shm") || text_equal(rest, "-journal") ||
	       text_equal(rest, ".lock");
}

static bool
is_backup(const char *path)
{
	char head[128];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t got;

	if (fd < 0)
		return false;
	got = pread(fd, head, sizeof(head), 0);
	close(fd);
	return got > 0 && store_backup_is(head, (size_t)got);
}

static bool
add_file(struct walk *walk, const char *name, const struct stat *status)
{
	const char *path = file_join(walk->arena, walk->folder, name);

	if (is_store(walk, name) || is_backup(path))
		return true;
	if (!S_ISREG(status->st_mode) ||
	    status->st_size > BACKUP_FILE_BYTES_MOST)
		vec_push(&walk->left_out, name);
	else
		vec_push(&walk->files, name);
	return true;
}

/* A file, or a folder with what is in it; `name` is relative to the site. */
static bool
walk_entry(struct walk *walk, const char *name, int depth, struct err *err)
{
	const char *path = file_join(walk->arena, walk->folder, name);
	struct stat status;
	struct stat link;

	if (lstat(path, &link) != 0)
		return err_errno(err, ERR_IO, "%s", path);

	/* A link that leads nowhere is not worth a failed backup. */
	if (stat(path, &status) != 0 ||
	    (S_ISDIR(status.st_mode) &&
		(S_ISLNK(link.st_mode) || depth > DEPTH_MOST))) {
		vec_push(&walk->left_out, name);
		return true;
	}
	return S_ISDIR(status.st_mode) ? walk_folder(walk, name, depth + 1, err)
				       : add_file(walk, name, &status);
}

static bool
walk_folder(struct walk *walk, const char *name, int depth, struct err *err)
{
	struct text_list names;

	if (!file_list(walk->arena, file_join(walk->arena, walk->folder, name),
		&names, err))
		return false;
	for (size_t i = 0; i < names.count; i++)
		if (!walk_entry(walk,
			arena_format(
			    walk->arena, "%s/%s", name, names.items[i]),
			depth, err))
			return false;
	return true;
}

bool
backup_tree_walk(struct arena *arena, const char *folder, const char *store,
    struct backup_tree *ret_tree, struct err *err)
{
	struct walk walk = {
		.arena = arena,
		.folder = folder,
		.store = store,
	};
	struct text_list names;
	bool ok = file_list(arena, folder, &names, err);

	for (size_t i = 0; ok && i < names.count; i++)
		if (!text_equal(names.items[i], "state") &&
		    !text_starts(names.items[i], BACKUP_ASIDE))
			ok = walk_entry(&walk, names.items[i], 0, err);

	/* The names of pictures in old mails are those of what was made ready
	   then; made anew they may be others. */
	if (ok && file_is_folder(file_join(arena, folder, MATERIAL_PICTURES)))
		ok = walk_entry(&walk, MATERIAL_PICTURES, 1, err);
	if (file_exists(file_join(arena, folder, BACKUP_KEY_FILE)))
		vec_push(&walk.files, BACKUP_KEY_FILE);
	ret_tree->files.count = walk.files.count;
	ret_tree->files.items = arena_copy(arena, walk.files.items,
	    walk.files.count * sizeof(*walk.files.items));
	ret_tree->left_out.count = walk.left_out.count;
	ret_tree->left_out.items = arena_copy(arena, walk.left_out.items,
	    walk.left_out.count * sizeof(*walk.left_out.items));
	vec_clear(&walk.files);
	vec_clear(&walk.left_out);
	return ok;
}
