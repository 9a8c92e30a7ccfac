#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "store/db.h"
#include "store/migrations.h"

struct store {
	struct db *db;
};

static const char sqlite_scheme[] = "sqlite:";

bool
store_open(const char *folder, const char *url, struct store **ret_store,
    struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store *store;
	struct db *db;
	char *path;

	if (!text_starts(url, sqlite_scheme))
		return err_set(
		    err, ERR_CONFIG, "store '%s': expected sqlite:FILE", url);
	path = file_join(arena, folder, url + strlen(sqlite_scheme));
	if (!db_open(path, arena_format(arena, "%s.lock", path), &db, err))
		return false;
	if (!migrations_run(db, err)) {
		db_close(db);
		return err_wrap(err, "%s", path);
	}
	store = mem_new(1, sizeof(*store));
	store->db = db;
	*ret_store = store;
	return true;
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	db_close(store->db);
	free(store);
}

bool
store_begin(struct store *store, struct err *err)
{
	return db_begin(store->db, err);
}

bool
store_commit(struct store *store, struct err *err)
{
	return db_commit(store->db, err);
}

void
store_rollback(struct store *store)
{
	db_rollback(store->db);
}

void
store_rollback_at(struct store **variable)
{
	if (*variable != NULL)
		db_rollback((*variable)->db);
}

bool
store_begin_reading(struct store *store, struct err *err)
{
	return db_begin_reading(store->db, err);
}

bool
store_verify(struct store *store, struct err *err)
{
	return db_verify(store->db, err);
}

struct db *
store_db(struct store *store)
{
	return store->db;
}
