#include "store/store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "store/db.h"
#include "store/migrations.h"
#include "store/store_memo.h"
#include "store/store_pen.h"

struct store {
	struct db *db;
	int64_t sending; /* rows that are SENDING; below 0: not known */
	int64_t version; /* of the database, for which that holds */
	struct store_pen *pen;
	struct store_memo *memo;
};

static const char sqlite_scheme[] = "sqlite:";

static bool
find_file(struct arena *arena, const char *folder, const char *url,
    const char **ret_path, struct err *err)
{
	if (!text_starts(url, sqlite_scheme))
		return err_set(
		    err, ERR_CONFIG, "store '%s': expected sqlite:FILE", url);
	*ret_path = file_join(arena, folder, url + strlen(sqlite_scheme));
	return true;
}

static struct store *
new_store(struct db *db)
{
	struct store *store = mem_new(1, sizeof(*store));

	store->db = db;
	store->sending = -1;
	store->pen = store_pen_new();
	store->memo = store_memo_new();
	return store;
}

static bool
open_at(const char *folder, const char *url, bool create,
    struct store **ret_store, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct db *db;
	const char *path = NULL;

	if (!find_file(arena, folder, url, &path, err) ||
	    !db_open(
		path, arena_format(arena, "%s.lock", path), create, &db, err))
		return false;
	if (!migrations_run(db, err)) {
		db_close(db);
		return err_wrap(err, "%s", path);
	}
	*ret_store = new_store(db);
	return true;
}

bool
store_open(const char *folder, const char *url, struct store **ret_store,
    struct err *err)
{
	return open_at(folder, url, false, ret_store, err);
}

bool
store_create(const char *folder, const char *url, struct store **ret_store,
    struct err *err)
{
	return open_at(folder, url, true, ret_store, err);
}

bool
store_open_reader(const char *folder, const char *url, struct store **ret_store,
    struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct db *db;
	const char *path = NULL;

	if (!find_file(arena, folder, url, &path, err) ||
	    !db_open_reader(path, &db, err))
		return false;
	*ret_store = new_store(db);
	return true;
}

bool
store_exists(const char *folder, const char *url)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct stat status;
	const char *path = NULL;

	return find_file(arena, folder, url, &path, NULL) &&
	       stat(path, &status) == 0 && status.st_size > 0;
}

bool
store_move(const char *folder, const char *from_url, const char *to_url,
    bool *ret_moved, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	const char *from = NULL;
	const char *to = NULL;
	const char *slash;

	*ret_moved = false;
	if (!find_file(arena, folder, from_url, &from, err) ||
	    !find_file(arena, folder, to_url, &to, err))
		return false;
	if (file_exists(to) || !store_exists(folder, from_url))
		return true;
	slash = strrchr(to, '/');
	if (slash != NULL && slash != to &&
	    !file_make_folder(
		arena_strndup(arena, to, (size_t)(slash - to)), err))
		return false;
	*ret_moved = true;
	return db_move(from, to, arena_format(arena, "%s.lock", from), err);
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	db_close(store->db);
	store_pen_free(store->pen);
	store_memo_free(store->memo);
	free(store);
}

bool
store_begin(struct store *store, struct err *err)
{
	int64_t version = 0;

	if (!db_begin(store->db, err))
		return false;
	if (!db_version(store->db, &version, err)) {
		db_rollback(store->db);
		return false;
	}
	if (version != store->version)
		store->sending = -1;
	store->version = version;
	store_pen_reset(store->pen, NULL);
	store_memo_clear(store->memo);
	return true;
}

bool
store_begin_as(
    struct store *store, const struct store_author *author, struct err *err)
{
	if (!store_begin(store, err))
		return false;
	store_pen_reset(store->pen, author);
	return true;
}

bool
store_commit(struct store *store, struct err *err)
{
	bool written = store_pen_flush(store, err);

	store_memo_clear(store->memo);

	if (written && db_commit(store->db, err)) {
		store_pen_reset(store->pen, NULL);
		return true;
	}

	/* A commit that fails has rolled back by itself; what was counted
	   within it is not so. */
	store->sending = -1;
	store_rollback(store);
	return false;
}

void
store_rollback(struct store *store)
{
	if (db_is_writing(store->db))
		store->sending = -1;
	store_pen_reset(store->pen, NULL);
	store_memo_clear(store->memo);
	db_rollback(store->db);
}

void
store_rollback_at(struct store **variable)
{
	if (*variable != NULL)
		store_rollback(*variable);
}

bool
store_begin_reading(struct store *store, struct err *err)
{
	return db_begin_reading(store->db, err);
}

void
store_use_memory(struct store *store, size_t bytes)
{
	static const size_t usual_bytes = 4000 * 1024;

	db_use_memory(store->db, bytes != 0 ? bytes : usual_bytes);
}

bool
store_verify(struct store *store, struct err *err)
{
	return db_verify(store->db, err);
}

bool
store_clear_log(struct store *store, bool *ret_cleared, struct err *err)
{
	return db_clear_log(store->db, ret_cleared, err);
}

bool
store_rewrite(struct store *store, struct err *err)
{
	return db_rewrite(store->db, err);
}

struct db *
store_db(struct store *store)
{
	return store->db;
}

int64_t *
store_sending(struct store *store)
{
	return &store->sending;
}

struct store_pen *
store_pen(struct store *store)
{
	return store->pen;
}

struct store_memo *
store_memo(struct store *store)
{
	return store->memo;
}
