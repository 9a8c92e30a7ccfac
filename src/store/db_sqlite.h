#ifndef STORE_DB_SQLITE_H
#define STORE_DB_SQLITE_H

/* Inside the driver for SQLite: what its files share. */

#include <sqlite3.h>

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

	/* By the address of a text, for a text is mostly a constant: the query
	   that it was last. */
	unsigned char slots[DB_SQLITE_SLOTS];
};

/* Says what went wrong; always false. */
bool db_sqlite_fail(const struct db *db, int status, struct err *err);

/* To be called before anything else of SQLite. */
void db_sqlite_start(void);

#endif
