#include "store/db_sqlite.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/step.h"
#include "base/text.h"

enum {
	RESTART_MS = 200, /* for readers, with the writers' lock in hand */
	PAGE_BYTES = 4096,
	CHECKPOINT_PAGES = 1000,
	RESTART_PAGES = 64 * 1024 * 1024 / PAGE_BYTES,
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

bool
db_sqlite_fail(const struct db *db, int status, struct err *err)
{
	const char *detail = db->sqlite != NULL ? sqlite3_errmsg(db->sqlite)
						: sqlite3_errstr(status);

	/* Lack of memory aborts everywhere. */
	if ((status & 0xff) == SQLITE_NOMEM)
		mem_exhausted();
	return err_set(err, class_of(status), "database %s: %s", db->path,
	    (status & 0xff) == SQLITE_FULL ? "the disk is full" : detail);
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
	sqlite3_busy_timeout(db->sqlite, DB_SQLITE_BUSY_MS);
	db->wal_pages = 0;
}

/* Where the address of a text has its slot. */
static unsigned char *
find_slot(struct db *db, const char *sql)
{
	uint64_t mixed = (uint64_t)(uintptr_t)sql * 0x9e3779b97f4a7c15u;

	return &db->slots[mixed >> 32 & (DB_SQLITE_SLOTS - 1)];
}

/* A cached query with this text that is not in use, or a new one. The slot is
   but a guess: what counts is the text. */
static struct db_query *
find_query(struct db *db, const char *sql)
{
	unsigned char *slot = find_slot(db, sql);
	struct db_query *query = &db->queries[*slot];
	size_t i = 0;

	if (*slot < db->query_count && !query->busy &&
	    strcmp(query->sql, sql) == 0)
		return query;
	for (i = 0; i < db->query_count; i++) {
		query = &db->queries[i];
		if (!query->busy && strcmp(query->sql, sql) == 0)
			break;
	}
	if (i == db->query_count) {
		assert(db->query_count < DB_SQLITE_QUERIES);
		query = &db->queries[db->query_count++];
		query->db = db;
		query->sql = mem_strdup(sql);
	}
	*slot = (unsigned char)i;
	return query;
}

static int
bind_all(sqlite3_stmt *stmt, int at, const char *types, va_list ap)
{
	int status = SQLITE_OK;
	const void *bytes;
	int64_t number;

	for (int i = at; *types != '\0' && status == SQLITE_OK; i++) {
		switch (*types++) {
		case 'i':
			status =
			    sqlite3_bind_int64(stmt, i, va_arg(ap, int64_t));
			break;
		case 'z':
			number = va_arg(ap, int64_t);
			status = number == 0
				     ? sqlite3_bind_null(stmt, i)
				     : sqlite3_bind_int64(stmt, i, number);
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

struct db_query *
db_sqlite_prepare(struct db *db, const char *sql)
{
	struct db_query *query = find_query(db, sql);

	db->open++;
	query->busy = true;
	query->status = SQLITE_OK;
	if (query->stmt == NULL)
		query->status = sqlite3_prepare_v3(db->sqlite, sql, -1,
		    SQLITE_PREPARE_PERSISTENT, &query->stmt, NULL);
	return query;
}

struct db_query *
db_prepare(struct db *db, const char *sql)
{
	struct db_query *query;
	int status =
	    db_sqlite_is_waiting(db) ? db_sqlite_write_waiting(db) : SQLITE_OK;

	if (status == SQLITE_OK)
		return db_sqlite_prepare(db, sql);
	query = find_query(db, sql);
	db->open++;
	query->busy = true;
	query->status = status;
	return query;
}

struct db_query *
db_prepare_once(struct db *db, const char *sql)
{
	struct db_query *query = mem_new(1, sizeof(*query));

	query->db = db;
	query->busy = true;
	query->once = true;
	db->open++;
	if (db_sqlite_is_waiting(db))
		query->status = db_sqlite_write_waiting(db);
	if (query->status == SQLITE_OK)
		query->status = sqlite3_prepare_v3(
		    db->sqlite, sql, -1, 0, &query->stmt, NULL);
	return query;
}

static struct db_query *
start_query(struct db *db, const char *sql, const char *types, va_list ap)
{
	struct db_query *query = db_prepare(db, sql);

	if (query->status == SQLITE_OK) {
		assert(sqlite3_bind_parameter_count(query->stmt) ==
		       (int)strlen(types));
		query->status = bind_all(query->stmt, 1, types, ap);
	}
	return query;
}

void
db_bind(struct db_query *query, int at, const char *types, ...)
{
	va_list ap;

	if (query->status != SQLITE_OK)
		return;
	va_start(ap, types);
	query->status = bind_all(query->stmt, at, types, ap);
	va_end(ap);
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
	bool ok = query->status == SQLITE_OK ||
		  db_sqlite_fail(query->db, query->status, err);

	/* What was bound stays, and is bound anew before it is looked at. */
	if (query->stmt != NULL)
		sqlite3_reset(query->stmt);
	query->busy = false;
	query->db->open--;
	if (query->once) {
		sqlite3_finalize(query->stmt);
		free(query);
	}
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

enum db_value
db_kind(struct db_query *query, int column)
{
	switch (sqlite3_column_type(query->stmt, column)) {
	case SQLITE_NULL:
		return DB_NULL;
	case SQLITE_INTEGER:
	case SQLITE_FLOAT:
		return DB_NUMBER;
	case SQLITE_TEXT:
		return DB_TEXT;
	default:
		return DB_BYTES;
	}
}

int
db_columns(struct db_query *query)
{
	return sqlite3_column_count(query->stmt);
}

const char *
db_name(struct db_query *query, int column)
{
	return sqlite3_column_name(query->stmt, column);
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
	int status =
	    db_sqlite_is_waiting(db) ? db_sqlite_write_waiting(db) : SQLITE_OK;

	if (status == SQLITE_OK)
		status = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);
	return status == SQLITE_OK || db_sqlite_fail(db, status, err);
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

void
db_use_memory(struct db *db, size_t bytes)
{
	char sql[64];

	/* As a hint it may fail. */
	snprintf(sql, sizeof(sql), "PRAGMA cache_size = -%zu", bytes / 1024);
	sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);
}

bool
db_begin(struct db *db, struct err *err)
{
	assert(!db->writing && !db->reading && !db->reader);
	if (!file_lock(db->lock, err))
		return err_wrap(err, "database %s", db->path);
	if (!db_run(db, err, "BEGIN IMMEDIATE", "")) {
		file_unlock(db->lock);
		return false;
	}
	db->writing = true;
	db->id_table = NULL;
	return true;
}

bool
db_commit(struct db *db, struct err *err)
{
	assert(db->writing);
	step_reached("store: about to commit");
	if (!db_run(db, err, "COMMIT", "")) {
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
	db_sqlite_forget_waiting(db);
	/* SQLite may have rolled back by itself (full disk, I/O error). */
	if (!sqlite3_get_autocommit(db->sqlite))
		sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
	if (db->writing)
		file_unlock(db->lock);
	db->writing = false;
	db->reading = false;
	db->lost = false;
}

bool
db_begin_reading(struct db *db, struct err *err)
{
	assert(!db->writing && !db->reading);
	if (!db_run(db, err, "BEGIN", ""))
		return false;
	db->reading = true;
	return true;
}

bool
db_is_writing(const struct db *db)
{
	return db->writing;
}

bool
db_version(struct db *db, int64_t *ret_version, struct err *err)
{
	struct db_query *query = db_query(db, "PRAGMA data_version", "");

	if (db_next(query))
		*ret_version = db_int(query, 0);
	return db_end(query, err);
}

static int64_t
sum_status(const struct db *db, int what)
{
	int64_t sum = 0;

	for (size_t i = 0; i < db->query_count; i++)
		if (db->queries[i].stmt != NULL)
			sum +=
			    sqlite3_stmt_status(db->queries[i].stmt, what, 0);
	return sum;
}

int64_t
db_scanned(const struct db *db)
{
	return sum_status(db, SQLITE_STMTSTATUS_FULLSCAN_STEP);
}

int64_t
db_worked(const struct db *db)
{
	return sum_status(db, SQLITE_STMTSTATUS_VM_STEP);
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
			for (char *p = finding; *p != '\0'; p++)
				if (*p == '\n')
					*p = ' ';
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
