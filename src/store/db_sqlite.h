#ifndef STORE_DB_SQLITE_H
#define STORE_DB_SQLITE_H

/* Inside the driver for SQLite: what its files share. */

#include <sqlite3.h>

#include "base/buf.h"
#include "store/db.h"

/* Application ids that mark our files. */
enum {
	DB_SQLITE_STORE = 0x676c6d31,  /* "glm1" */
	DB_SQLITE_BACKUP = 0x676c6d62, /* "glmb" */
};

enum {
	DB_SQLITE_QUERIES = 128,
	DB_SQLITE_SLOTS = 512,     /* a power of two */
	DB_SQLITE_BUSY_MS = 30000, /* only foreign tools can make us wait */
	DB_SQLITE_HEAPS = 8,
	DB_SQLITE_SIZES = 3,
};

/* A value of a row that waits; n: NULL. */
struct db_waiting_value {
	char kind;      /* i, s, b, n */
	int64_t number; /* s, b: where it begins in the heap's bytes */
	size_t bytes;
};

/* Rows that wait to be inserted together. There are two piles: while one is
   written by a thread of its own, the other grows. */
struct db_pile {
	struct db_waiting_value *values;
	struct buf bytes;
	size_t count; /* of rows */
};
struct db_heap {
	const struct db_rows *rows;
	size_t columns;
	char *sql[DB_SQLITE_SIZES]; /* for so many rows each */
	struct db_pile piles[2];
};

struct db_query {
	struct db *db;
	char *sql;
	sqlite3_stmt *stmt;
	bool busy;
	bool once;  /* not in the cache: gone when it ends */
	int status; /* SQLITE_OK, or what went wrong */
};

struct db {
	sqlite3 *sqlite;
	char *path;
	int lock;
	bool create; /* make it where there is none */
	bool reader; /* never writes */
	bool writing;
	bool reading;
	int wal_pages; /* as of the last commit */
	struct db_query queries[DB_SQLITE_QUERIES];
	size_t query_count;
	size_t open; /* queries that were not ended */

	/* By the address of a text, for a text is mostly a constant: the query
	   that it was last. */
	unsigned char slots[DB_SQLITE_SLOTS];

	/* What db_insert was given and is not written. */
	struct db_heap heaps[DB_SQLITE_HEAPS];
	size_t heap_count;
	int growing;              /* the number of the pile, in all heaps */
	size_t waiting;           /* rows that are not known to be written */
	struct db_writer *writer; /* NULL: not needed so far */
	bool lost; /* rows could not be written: only a rollback helps */

	/* Of db_take_id; NULL: nothing known. */
	const char *id_table;
	int64_t last_id;
};

/* Says what went wrong; always false. */
bool db_sqlite_fail(const struct db *db, int status, struct err *err);

/* As db_prepare, but for the rows that wait. */
struct db_query *db_sqlite_prepare(struct db *db, const char *sql);

/* Writes the rows that wait, and waits for the thread; the status of what went
   wrong, which db_sqlite_fail tells. */
int db_sqlite_write_waiting(struct db *db);
static inline bool
db_sqlite_is_waiting(const struct db *db)
{
	return db->waiting > 0 || db->lost;
}
void db_sqlite_forget_waiting(struct db *db);
void db_sqlite_drop_heaps(struct db *db);

/* To be called before anything else of SQLite. */
void db_sqlite_start(void);

#endif
