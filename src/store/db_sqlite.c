#include "store/db.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/step.h"
#include "base/text.h"
#include "store/db_sqlite.h"

enum {
	CACHED_QUERIES = 128,
	BUSY_MS = 30000,  /* only foreign tools can make us wait at all */
	RESTART_MS = 200, /* for readers, with the writers' lock in hand */
	PAGE_BYTES = 4096,
	CHECKPOINT_PAGES = 1000,
	RESTART_PAGES = 64 * 1024 * 1024 / PAGE_BYTES,
};

struct db_query {
	struct db *db;
	char *sql;
	sqlite3_stmt *stmt;
	bool busy;
	int status; /* SQLITE_OK, or what went wrong */
};

struct db {
	sqlite3 *sqlite;
	char *path;
	int lock;
	bool create; /* make it where there is none */
	bool writing;
	bool reading;
	int wal_pages; /* as of the last commit */
	struct db_query queries[CACHED_QUERIES];
	size_t query_count;
};

/* The class of an SQLite error: what the caller may do about it. */
static enum err_code
class_of(int status)
{
	switch (status & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_TEMP;
	case SQLITE_FULL:
	case SQLITE_IOERR:
		return ERR_IO;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return ERR_NO_PERM;
	case SQLITE_CANTOPEN:
		return ERR_CANT_CREATE;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ERR_DATA;
	default:
		return ERR_SOFTWARE;
	}
}

static bool
fail(const struct db *db, int status, struct err *err)
{
	const char *detail = db->sqlite != NULL ? sqlite3_errmsg(db->sqlite)
						: sqlite3_errstr(status);

	/* Lack of memory aborts everywhere. */
	if ((status & 0xff) == SQLITE_NOMEM)
		mem_exhausted();
	return err_set(err, class_of(status), "database %s: %s", db->path,
	    (status & 0xff) == SQLITE_FULL ? "the disk is full" : detail);
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

/* Our own checkpoints only, and only under the writers' lock (db.h). */
static void
checkpoint(struct db *db)
{
	int mode = db->wal_pages >= RESTART_PAGES ? SQLITE_CHECKPOINT_RESTART
						  : SQLITE_CHECKPOINT_PASSIVE;

	/* Failing is harmless: the log stays and the next one tries again. All
	   who write wait for us here: do not wait long for one who reads. */
	sqlite3_busy_timeout(db->sqlite, RESTART_MS);
	step_reached("store: about to checkpoint");
	sqlite3_wal_checkpoint_v2(db->sqlite, NULL, mode, NULL, NULL);
	step_reached("store: checkpointed");
	sqlite3_busy_timeout(db->sqlite, BUSY_MS);
	db->wal_pages = 0;
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

static bool
set_up(struct db *db, struct err *err)
{
	static const char pragmas[] = "PRAGMA synchronous = FULL;"
				      "PRAGMA foreign_keys = ON;"
				      "PRAGMA secure_delete = ON;"
				      "PRAGMA wal_autocheckpoint = 0;"
				      "PRAGMA temp_store = MEMORY;"
				      "PRAGMA cache_size = -4000;";

	return db_script(db, pragmas, err) && claim_once(db, err);
}

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

bool
db_open(const char *path, const char *lock_path, bool create,
    struct db **ret_db, struct err *err)
{
	struct db *db;
	int flags = SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0) |
		    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int status;
	bool ok;

	if (!create && !refuse_missing(path, err))
		return false;
	db = mem_new(1, sizeof(*db));
	db->create = create;
	db->path = mem_strdup(path);
	db->lock = file_lock_open(lock_path, err);
	if (db->lock < 0) {
		db_close(db);
		return false;
	}
	status = sqlite3_open_v2(path, &db->sqlite, flags, NULL);
	ok = status == SQLITE_OK || fail(db, status, err);
	if (ok) {
		sqlite3_busy_timeout(db->sqlite, BUSY_MS);
		sqlite3_db_config(
		    db->sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		ok = set_up(db, err);

		/* Setting wal_autocheckpoint takes a hook away: after it. */
		sqlite3_wal_hook(db->sqlite, note_wal_pages, db);
	}
	if (!ok) {
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

/* A cached query with this text that is not in use, or a new one. */
static struct db_query *
find_query(struct db *db, const char *sql)
{
	struct db_query *query;

	for (size_t i = 0; i < db->query_count; i++) {
		query = &db->queries[i];
		if (!query->busy && strcmp(query->sql, sql) == 0)
			return query;
	}
	assert(db->query_count < CACHED_QUERIES);
	query = &db->queries[db->query_count++];
	query->db = db;
	query->sql = mem_strdup(sql);
	return query;
}

static int
bind_all(sqlite3_stmt *stmt, const char *types, va_list ap)
{
	int status = SQLITE_OK;
	const void *bytes;

	for (int i = 1; *types != '\0' && status == SQLITE_OK; i++) {
		switch (*types++) {
		case 'i':
			status =
			    sqlite3_bind_int64(stmt, i, va_arg(ap, int64_t));
			break;
		case 'r':
			status =
			    sqlite3_bind_double(stmt, i, va_arg(ap, double));
			break;
		case 's':
			status = sqlite3_bind_text(stmt, i,
			    va_arg(ap, const char *), -1, SQLITE_STATIC);
			break;
		case 'b':
			bytes = va_arg(ap, const void *);
			status = sqlite3_bind_blob64(
			    stmt, i, bytes, va_arg(ap, size_t), SQLITE_STATIC);
			break;
		default:
			abort();
		}
	}
	return status;
}

static struct db_query *
start_query(struct db *db, const char *sql, const char *types, va_list ap)
{
	struct db_query *query = find_query(db, sql);

	query->busy = true;
	query->status = SQLITE_OK;
	if (query->stmt == NULL)
		query->status = sqlite3_prepare_v3(db->sqlite, sql, -1,
		    SQLITE_PREPARE_PERSISTENT, &query->stmt, NULL);
	if (query->status == SQLITE_OK) {
		assert(sqlite3_bind_parameter_count(query->stmt) ==
		       (int)strlen(types));
		query->status = bind_all(query->stmt, types, ap);
	}
	return query;
}

struct db_query *
db_query(struct db *db, const char *sql, const char *types, ...)
{
	struct db_query *query;
	va_list ap;

	va_start(ap, types);
	query = start_query(db, sql, types, ap);
	va_end(ap);
	return query;
}

bool
db_next(struct db_query *query)
{
	int status;

	if (query->status != SQLITE_OK)
		return false;
	status = sqlite3_step(query->stmt);
	if (status == SQLITE_ROW)
		return true;
	if (status != SQLITE_DONE)
		query->status = status;
	return false;
}

bool
db_end(struct db_query *query, struct err *err)
{
	bool ok =
	    query->status == SQLITE_OK || fail(query->db, query->status, err);

	if (query->stmt != NULL) {
		sqlite3_reset(query->stmt);
		sqlite3_clear_bindings(query->stmt);
	}
	query->busy = false;
	return ok;
}

int64_t
db_int(struct db_query *query, int column)
{
	return sqlite3_column_int64(query->stmt, column);
}

double
db_real(struct db_query *query, int column)
{
	return sqlite3_column_double(query->stmt, column);
}

const char *
db_text(struct db_query *query, int column)
{
	const unsigned char *text = sqlite3_column_text(query->stmt, column);

	return text != NULL ? (const char *)text : "";
}

const void *
db_bytes(struct db_query *query, int column, size_t *ret_count)
{
	const void *bytes = sqlite3_column_blob(query->stmt, column);

	*ret_count = (size_t)sqlite3_column_bytes(query->stmt, column);
	return bytes != NULL ? bytes : "";
}

bool
db_is_null(struct db_query *query, int column)
{
	return sqlite3_column_type(query->stmt, column) == SQLITE_NULL;
}

bool
db_run(struct db *db, struct err *err, const char *sql, const char *types, ...)
{
	struct db_query *query;
	va_list ap;

	va_start(ap, types);
	query = start_query(db, sql, types, ap);
	va_end(ap);
	while (db_next(query))
		continue;
	return db_end(query, err);
}

bool
db_script(struct db *db, const char *sql, struct err *err)
{
	int status = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);

	return status == SQLITE_OK || fail(db, status, err);
}

int64_t
db_changes(const struct db *db)
{
	return sqlite3_changes64(db->sqlite);
}

int64_t
db_last_id(const struct db *db)
{
	return sqlite3_last_insert_rowid(db->sqlite);
}

bool
db_begin(struct db *db, struct err *err)
{
	assert(!db->writing && !db->reading);
	if (!file_lock(db->lock, err))
		return err_wrap(err, "database %s", db->path);
	if (!db_script(db, "BEGIN IMMEDIATE", err)) {
		file_unlock(db->lock);
		return false;
	}
	db->writing = true;
	return true;
}

bool
db_commit(struct db *db, struct err *err)
{
	assert(db->writing);
	step_reached("store: about to commit");
	if (!db_script(db, "COMMIT", err)) {
		db_rollback(db);
		return false;
	}
	step_reached("store: committed");
	if (db->wal_pages >= CHECKPOINT_PAGES)
		checkpoint(db);
	db->writing = false;
	file_unlock(db->lock);
	return true;
}

void
db_rollback(struct db *db)
{
	if (!db->writing && !db->reading)
		return;
	/* SQLite may have rolled back by itself (full disk, I/O error). */
	if (!sqlite3_get_autocommit(db->sqlite))
		sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
	if (db->writing)
		file_unlock(db->lock);
	db->writing = false;
	db->reading = false;
}

bool
db_begin_reading(struct db *db, struct err *err)
{
	assert(!db->writing && !db->reading);
	if (!db_script(db, "BEGIN", err))
		return false;
	db->reading = true;
	return true;
}

int64_t
db_scanned(const struct db *db)
{
	int64_t sum = 0;

	for (size_t i = 0; i < db->query_count; i++)
		if (db->queries[i].stmt != NULL)
			sum += sqlite3_stmt_status(db->queries[i].stmt,
			    SQLITE_STMTSTATUS_FULLSCAN_STEP, 0);
	return sum;
}

bool
db_verify(struct db *db, struct err *err)
{
	struct db_query *query = db_query(db, "PRAGMA integrity_check", "");
	char *finding GM_FREE_AT_EXIT = NULL;
	bool sound = true;

	while (db_next(query)) {
		if (sound && !text_equal(db_text(query, 0), "ok")) {
			finding = mem_strdup(db_text(query, 0));
			sound = false;
		}
	}
	if (!db_end(query, err))
		return false;
	if (!sound)
		return err_set(err, ERR_DATA, "database %s: damaged: %s",
		    db->path, finding);
	query = db_query(db, "PRAGMA foreign_key_check", "");
	while (db_next(query))
		sound = false;
	if (!db_end(query, err))
		return false;
	return sound ||
	       err_set(err, ERR_DATA,
		   "database %s: rows refer to rows that are not there",
		   db->path);
}

bool
db_open_copy(const char *path, bool write, struct db **ret_db, struct err *err)
{
	struct db *db = mem_new(1, sizeof(*db));
	int flags = (write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) |
		    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int status;

	db->path = mem_strdup(path);
	db->lock = -1;
	status = sqlite3_open_v2(path, &db->sqlite, flags, NULL);
	if ((status != SQLITE_OK && !fail(db, status, err)) ||
	    !db_script(db,
		"PRAGMA temp_store = MEMORY; PRAGMA journal_mode = MEMORY;",
		err)) {
		db_close(db);
		return false;
	}
	*ret_db = db;
	return true;
}
