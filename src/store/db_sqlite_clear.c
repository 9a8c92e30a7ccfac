#include "base/file.h"
#include "base/step.h"
#include "store/db_sqlite.h"

enum { CLEAR_MS = 2 * 1000 };

bool
db_clear_log(struct db *db, bool *ret_cleared, struct err *err)
{
	int status;

	if (!file_lock(db->lock, err))
		return err_wrap(err, "database %s", db->path);
	sqlite3_busy_timeout(db->sqlite, CLEAR_MS);
	status = sqlite3_wal_checkpoint_v2(
	    db->sqlite, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(db->sqlite, DB_SQLITE_BUSY_MS);
	if (status == SQLITE_OK)
		db->wal_pages = 0;
	file_unlock(db->lock);
	if (status != SQLITE_OK && (status & 0xff) != SQLITE_BUSY)
		return db_sqlite_fail(db, status, err);
	*ret_cleared = status == SQLITE_OK;
	return true;
}

/* The copy that it is made from goes to a file: memory must not grow with the
   database. */
bool
db_rewrite(struct db *db, struct err *err)
{
	struct err ignored = { 0 };
	bool ok;

	if (!file_lock(db->lock, err))
		return err_wrap(err, "database %s", db->path);
	ok = db_script(db, "PRAGMA temp_store = FILE; VACUUM;", err);
	if (!db_script(db, "PRAGMA temp_store = MEMORY;", &ignored) && ok)
		ok = err_set(err, ignored.code, "%s", ignored.text);
	step_reached("store: rewritten");
	file_unlock(db->lock);
	return ok;
}
