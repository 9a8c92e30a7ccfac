#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/step.h"
#include "base/text.h"
#include "store/db_sqlite.h"

static pthread_once_t started = PTHREAD_ONCE_INIT;

enum { STATEMENT_JOURNAL_BYTES = 256 * 1024 };

/* Counting every allocation under a lock of the whole process costs a sixth of
   all that a commit does; and what undoes one statement of a lease is not to
   be written to a file. */
static void
configure(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, STATEMENT_JOURNAL_BYTES);
}

void
db_sqlite_start(void)
{
	pthread_once(&started, configure);
}

static int
note_wal_pages(void *context, sqlite3 *sqlite, const char *name, int pages)
{
	struct db *db = context;

	(void)sqlite;
	(void)name;
	db->wal_pages = pages;
	return SQLITE_OK;
}

/* First number of a query. */
static bool
read_int(struct db *db, const char *sql, int64_t *ret, struct err *err)
{
	struct db_query *query = db_query(db, sql, "");

	if (db_next(query))
		*ret = db_int(query, 0);
	return db_end(query, err);
}

static bool
is_wal(struct db *db, const char *sql, bool *ret_wal, struct err *err)
{
	struct db_query *query = db_query(db, sql, "");

	*ret_wal = db_next(query) && text_equal(db_text(query, 0), "wal");
	return db_end(query, err);
}

static bool
refuse_lost(const char *path, const char *what, struct err *err)
{
	return err_set(err, ERR_NO_INPUT,
	    "database %s %s; if it was there before, is its disk mounted? "
	    "`glocal-mail init` makes a new one",
	    path, what);
}

/* Makes a new file ours, with the writers' lock in hand. The mark comes last:
   a file without it was not made ours to the end, or is somebody else's. */
static bool
claim(struct db *db, int64_t id, struct err *err)
{
	char *mark GM_FREE_AT_EXIT =
	    mem_format("PRAGMA application_id = %d;", DB_SQLITE_STORE);
	int64_t tables = 0;
	bool wal;

	if (!read_int(db, "SELECT count(*) FROM sqlite_schema", &tables, err))
		return false;
	if (id == DB_SQLITE_BACKUP)
		return err_set(err, ERR_DATA,
		    "database %s: is a backup; `glocal-mail restore` makes a "
		    "site of it",
		    db->path);
	if (id != DB_SQLITE_STORE && (id != 0 || tables > 0))
		return err_set(err, ERR_DATA,
		    "database %s: belongs to another program", db->path);
	if (id != DB_SQLITE_STORE && !db->create)
		return refuse_lost(db->path, "holds nothing", err);
	if (!is_wal(db, "PRAGMA journal_mode = WAL", &wal, err))
		return false;
	if (!wal)
		return err_set(err, ERR_UNAVAILABLE,
		    "database %s: this file system cannot keep a write-ahead "
		    "log",
		    db->path);
	step_reached("store: about to mark a new database");
	return db_script(db, mark, err);
}

static bool
claim_once(struct db *db, struct err *err)
{
	int64_t id = 0;
	bool wal = false;
	bool ok;

	/* An old database is only read here, without waiting for writers. */
	if (!read_int(db, "PRAGMA application_id", &id, err) ||
	    !is_wal(db, "PRAGMA journal_mode", &wal, err))
		return false;
	if (id == DB_SQLITE_STORE && wal)
		return true;

	/* Of two that make a new one, the second finds it made. */
	if (!file_lock(db->lock, err))
		return err_wrap(err, "database %s", db->path);
	ok = read_int(db, "PRAGMA application_id", &id, err) &&
	     claim(db, id, err);
	file_unlock(db->lock);
	return ok;
}

/* Freed bytes are overwritten, so that an erased address is gone; measured, it
   costs the queue nothing, whose rows are rewritten anyway. */
static const char pragmas[] = "PRAGMA synchronous = FULL;"
			      "PRAGMA foreign_keys = ON;"
			      "PRAGMA secure_delete = ON;"
			      "PRAGMA wal_autocheckpoint = 0;"
			      "PRAGMA temp_store = MEMORY;"
			      "PRAGMA cache_size = -4000;";
static const char reader_pragmas[] = "PRAGMA query_only = ON;"
				     "PRAGMA wal_autocheckpoint = 0;"
				     "PRAGMA temp_store = MEMORY;"
				     "PRAGMA cache_size = -256;";

/* What cannot be looked at is left for the engine to tell. */
static bool
refuse_missing(const char *path, struct err *err)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return errno != ENOENT ||
		       refuse_lost(path, "does not exist", err);
	return status.st_size > 0 || refuse_lost(path, "is empty", err);
}

/* As it is set up before anybody looks at what it holds. */
static bool
connect(struct db *db, const char *lock_path, struct err *err)
{
	int flags = SQLITE_OPEN_READWRITE |
		    (db->create ? SQLITE_OPEN_CREATE : 0) |
		    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int status;

	if (!db->reader) {
		db->lock = file_lock_open(lock_path, err);
		if (db->lock < 0)
			return false;
	}
	db_sqlite_start();
	status = sqlite3_open_v2(db->path, &db->sqlite, flags, NULL);
	if (status != SQLITE_OK)
		return db_sqlite_fail(db, status, err);
	sqlite3_busy_timeout(db->sqlite, DB_SQLITE_BUSY_MS);
	sqlite3_db_config(
	    db->sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	if (!db_script(db, db->reader ? reader_pragmas : pragmas, err))
		return false;

	/* Setting wal_autocheckpoint takes a hook away: after it. */
	sqlite3_wal_hook(db->sqlite, note_wal_pages, db);
	return true;
}

static struct db *
new_db(const char *path)
{
	struct db *db = mem_new(1, sizeof(*db));

	db->path = mem_strdup(path);
	db->lock = -1;
	return db;
}

bool
db_open(const char *path, const char *lock_path, bool create,
    struct db **ret_db, struct err *err)
{
	struct db *db;

	if (!create && !refuse_missing(path, err))
		return false;
	db = new_db(path);
	db->create = create;
	if (!connect(db, lock_path, err) || !claim_once(db, err)) {
		db_close(db);
		return false;
	}
	*ret_db = db;
	return true;
}

bool
db_open_reader(const char *path, struct db **ret_db, struct err *err)
{
	struct db *db;

	if (!refuse_missing(path, err))
		return false;
	db = new_db(path);
	db->reader = true;
	if (!connect(db, NULL, err)) {
		db_close(db);
		return false;
	}
	*ret_db = db;
	return true;
}

bool
db_open_copy(const char *path, bool write, struct db **ret_db, struct err *err)
{
	struct db *db = new_db(path);
	int flags = (write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
		    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int status;

	db_sqlite_start();
	status = sqlite3_open_v2(path, &db->sqlite, flags, NULL);
	if ((status != SQLITE_OK && !db_sqlite_fail(db, status, err)) ||
	    !db_script(db,
		"PRAGMA temp_store = MEMORY; PRAGMA journal_mode = MEMORY;",
		err)) {
		db_close(db);
		return false;
	}
	*ret_db = db;
	return true;
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	db_rollback(db);
	db_sqlite_drop_heaps(db);
	for (size_t i = 0; i < db->query_count; i++) {
		sqlite3_finalize(db->queries[i].stmt);
		free(db->queries[i].sql);
	}
	sqlite3_close(db->sqlite);
	if (db->lock >= 0)
		close(db->lock);
	free(db->path);
	free(db);
}
