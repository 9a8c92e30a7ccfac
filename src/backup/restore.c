#include "backup/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/backup.h"
#include "backup/backup_seal.h"
#include "backup/backup_tree.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/mem.h"
#include "base/now.h"
#include "config/scaffold.h"
#include "store/store_backup.h"

enum { BLOCK_BYTES = 1 << 16 };

struct restoring {
	struct arena *arena;
	const struct restore_wish *wish;
	struct store_backup *backup;
	struct store_backup_about about;
	int64_t bytes;     /* of the database in the backup */
	const char *stage; /* where all is made */
	const char *aside; /* where the old things go */
	bool put_aside;
	struct restore_done done;
};

/* Copies the first `count` bytes to a new file, durably. */
static bool
copy_bytes(const char *from, int64_t count, const char *to, struct err *err)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char *block = mem_new(1, BLOCK_BYTES);
	bool ok = in >= 0 && out >= 0;

	while (ok && count > 0) {
		size_t most = count < BLOCK_BYTES ? (size_t)count : BLOCK_BYTES;
		ssize_t got = read(in, block, most);

		ok = got > 0 && write(out, block, (size_t)got) == got;
		count -= got;
	}
	ok = ok && fsync(out) == 0;
	if (!ok)
		err_errno(err, ERR_IO, "%s", to);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	free(block);
	return ok;
}

static bool
refuse_runners(struct arena *arena, const char *folder, struct err *err)
{
	const char *runners = file_join(arena, folder, "state/runners");
	struct text_list names;

	if (!file_is_folder(runners))
		return true;
	if (!file_list(arena, runners, &names, err))
		return false;
	for (size_t i = 0; i < names.count; i++) {
		bool lives = false;

		if (!file_is_locked(
			file_join(arena, runners, names.items[i]), &lives, err))
			return false;
		if (lives)
			return err_set(err, ERR_TEMP,
			    "a runner is at work in %s; stop it first", folder);
	}
	return true;
}

/* Is there room for the site? */
static bool
look_at_folder(struct restoring *r, struct err *err)
{
	const char *folder = r->wish->folder;
	struct text_list names = { 0 };

	if (file_is_folder(folder) && !file_list(r->arena, folder, &names, err))
		return false;
	if (names.count > 0 && !r->wish->force)
		return err_set(err, ERR_CANT_CREATE,
		    "%s is not empty; --force puts what is in the way aside",
		    folder);
	if (*r->about.store == '/' && file_exists(r->about.store))
		return err_set(err, ERR_CANT_CREATE,
		    "the database of this site stands outside, at %s, and "
		    "there is one; move that away first",
		    r->about.store);
	return refuse_runners(r->arena, folder, err);
}

/* A name that leads out of the folder was not written by us. */
static bool
is_inside(const char *name)
{
	return *name != '/' && *name != '\0' && !text_starts(name, "../") &&
	       strstr(name, "/../") == NULL && !text_ends(name, "/..");
}

static bool
make_folder_of(const char *path, struct err *err)
{
	char *folder GM_FREE_AT_EXIT = mem_strdup(path);

	*strrchr(folder, '/') = '\0';
	return file_make_folder(folder, err);
}

static bool
write_file(const struct store_backup_file *file, void *context, struct err *err)
{
	struct restoring *r = context;
	const char *path = file_join(r->arena, r->stage, file->path);

	if (!is_inside(file->path))
		return err_set(
		    err, ERR_DATA, "%s: names '%s'", r->wish->path, file->path);
	r->done.files++;
	return make_folder_of(path, err) &&
	       file_write(path, file->bytes, file->count, file->mode, err);
}

/* What the restored configuration says of doubt; a configuration that cannot
   be read says what the default does. */
static bool
find_hold(struct restoring *r)
{
	struct complaints complaints = { 0 };
	struct err ignored = { 0 };
	struct site *site;
	bool hold = false;

	if (r->wish->unknown != RESTORE_AS_CONFIGURED)
		return r->wish->unknown == RESTORE_HOLD;
	if (site_open_partly(r->arena, r->stage, &complaints, &site, &ignored))
		hold = site->hold_unknown;
	complaints_clear(&complaints);
	return hold;
}

static bool
make_store(struct restoring *r, struct err *err)
{
	/* One that stood outside moves there when the site is opened. */
	const char *name =
	    is_inside(r->about.store) ? r->about.store : "state/glocal-mail.db";
	const char *path = file_join(r->arena, r->stage, name);
	struct store *store;
	bool ok;

	if (!make_folder_of(path, err) ||
	    !copy_bytes(r->wish->path, r->bytes, path, err) ||
	    !store_backup_unpack(path, err) ||
	    !store_open(
		".", arena_format(r->arena, "sqlite:%s", path), &store, err))
		return false;
	r->done.held = find_hold(r);
	ok = queue_restore(r->arena, store, r->about.made_ms, r->done.held,
		 &r->done.mailings, &r->done.mailing_count, err) &&
	     store_verify(store, err);
	store_close(store);
	return ok;
}

/* Moves one thing into the site. */
static bool
move_in(struct restoring *r, const char *name, struct err *err)
{
	const char *to = file_join(r->arena, r->wish->folder, name);
	struct stat status;

	if (lstat(to, &status) == 0) {
		if (!file_make_folder(r->aside, err))
			return false;
		if (rename(to, file_join(r->arena, r->aside, name)) != 0)
			return err_errno(err, ERR_CANT_CREATE, "%s", to);
		r->put_aside = true;
	}
	return rename(file_join(r->arena, r->stage, name), to) == 0 ||
	       err_errno(err, ERR_CANT_CREATE, "%s", to);
}

static void
move_back(struct restoring *r, const char *name)
{
	const char *at = file_join(r->arena, r->wish->folder, name);
	const char *old = file_join(r->arena, r->aside, name);
	struct stat status;

	(void)!rename(at, file_join(r->arena, r->stage, name));
	if (lstat(old, &status) == 0)
		(void)!rename(old, at);
}

/* All or nothing; the configuration last, for with it the site is whole. */
static bool
move_all_in(struct restoring *r, struct err *err)
{
	struct err ignored = { 0 };
	struct text_list names;
	size_t last;

	if (!file_list(r->arena, r->stage, &names, err))
		return false;
	last = names.count;
	for (size_t i = 0; i < names.count; i++)
		if (text_equal(names.items[i], SITE_FILE))
			last = i;
	if (last < names.count) {
		const char *swapped = names.items[names.count - 1];

		names.items[names.count - 1] = names.items[last];
		names.items[last] = swapped;
	}
	for (size_t i = 0; i < names.count; i++) {
		if (move_in(r, names.items[i], err))
			continue;
		for (size_t j = i + 1; j-- > 0;)
			move_back(r, names.items[j]);
		rmdir(r->aside);
		return false;
	}
	if (!refuse_runners(r->arena, r->aside, &ignored))
		return err_set(err, ERR_TEMP,
		    "the site is restored, but a runner started meanwhile and "
		    "works on what is now in %s; stop it",
		    r->aside);
	return true;
}

static bool
stage_and_move(struct restoring *r, struct err *err)
{
	return (mkdir(r->stage, 0700) == 0 ||
		   err_errno(err, ERR_CANT_CREATE, "%s", r->stage)) &&
	       scaffold_state(r->stage, err) &&
	       store_backup_files(r->backup, write_file, r, err) &&
	       make_store(r, err) && move_all_in(r, err);
}

static bool
build(struct restoring *r, struct err *err)
{
	const char *folder = r->wish->folder;
	bool made = !file_is_folder(folder);
	bool ok;

	if (!look_at_folder(r, err) || !file_make_folder(folder, err))
		return false;
	r->stage = file_join(r->arena, folder, ".restoring");
	r->aside = file_join(r->arena, folder,
	    arena_format(r->arena, BACKUP_ASIDE "%lld", (long long)now_ms()));

	/* What an earlier try left behind when it was broken off. */
	folder_remove(r->stage);
	ok = stage_and_move(r, err);
	folder_remove(r->stage);
	if (!ok && made)
		rmdir(folder);
	if (ok && r->put_aside)
		r->done.aside = r->aside;
	return ok;
}

bool
restore_site(struct arena *arena, const struct restore_wish *wish,
    struct restore_done *ret_done, struct err *err)
{
	struct restoring r = { .arena = arena, .wish = wish };
	bool ok;

	if (!backup_seal_check(wish->path, &r.bytes, err))
		return false;
	if (!store_backup_open(wish->path, &r.backup, err))
		return err_wrap(err, "%s", wish->path);
	ok = store_backup_read(arena, r.backup, &r.about, err);
	if (!ok)
		err_wrap(err, "%s", wish->path);
	ok = ok && build(&r, err);
	store_backup_close(r.backup);
	if (!ok)
		return false;
	r.done.made_ms = r.about.made_ms;
	r.done.program = r.about.program;
	*ret_done = r.done;
	return true;
}
