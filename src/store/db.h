#ifndef STORE_DB_H
#define STORE_DB_H

/*
 * The seam between store/ and a database engine: open, query, step, column,
 * transaction. One driver file per engine implements it (db_sqlite.c); the SQL
 * above it is the portable subset: ON CONFLICT, RETURNING, CTEs, partial
 * indexes, times as integer milliseconds UTC, no engine functions.
 *
 * One process, one thread per `struct db` (a driver may have threads of its
 * own). Writers of all processes are
 * serialised by a lock file held from db_begin to db_commit and for every
 * checkpoint, so that no two connections ever write or checkpoint at the same
 * instant. Readers need no lock and must be short: end every query.
 */

#include <stdint.h>

#include "base/err.h"

struct db;
struct db_query;

/* Opens the database at `path`; with `create` makes it where there is none.
   Without, a file that is missing, empty or was never made ours to the end is
   refused (ERR_NO_INPUT) and nothing is touched: a database that was lost must
   not come back as an empty one. `lock_path` is the writers' lock file. Every
   write is durable when db_commit returns. */
bool db_open(const char *path, const char *lock_path, bool create,
    struct db **ret_db, struct err *err) GM_MUST_CHECK;

/* Opens a database that is there for reading alone, in a few hundred KB: for a
   thread of its own beside one that writes. */
bool db_open_reader(
    const char *path, struct db **ret_db, struct err *err) GM_MUST_CHECK;

/* Moves a database that nobody uses, unless there is one at `to`. Errors:
   ERR_TEMP (in use), ERR_CANT_CREATE, ERR_IO. */
bool db_move(const char *from, const char *to, const char *from_lock_path,
    struct err *err) GM_MUST_CHECK;
void db_close(struct db *db); /* rolls back what is open; NULL is allowed */

/* Starts a query. `types` has a letter per parameter:
     i int64_t · z int64_t (0: NULL) · s const char * (NULL: NULL) · b const
   void *, size_t (NULL pointer: NULL) · r double Texts and bytes must stay
   valid until db_end. Never fails by itself: what goes wrong is reported by
   db_end. Prepared statements are cached by their text. */
struct db_query *db_query(
    struct db *db, const char *sql, const char *types, ...);

/* The same in two steps, for texts with many parameters: db_bind gives those
   from number `at` (1 is the first) on; all must be given. */
struct db_query *db_prepare(struct db *db, const char *sql);
void db_bind(struct db_query *query, int at, const char *types, ...);

/* As db_prepare for a text that is made while running: it is not cached, and
   may go once this returns. */
struct db_query *db_prepare_once(struct db *db, const char *sql);

/* True when a row is there; false at the end and on errors. */
bool db_next(struct db_query *query);

/* Ends the query, at any point; false with `err` when it went wrong. Rows and
   texts of columns are gone afterwards. Must always be called. */
bool db_end(struct db_query *query, struct err *err) GM_MUST_CHECK;

/* Columns of the present row, from 0. Texts are valid until the next
   db_next; NULL reads as 0, "" and no bytes. */
int64_t db_int(struct db_query *query, int column);
double db_real(struct db_query *query, int column);
const char *db_text(struct db_query *query, int column);
const void *db_bytes(struct db_query *query, int column, size_t *ret_count);
bool db_is_null(struct db_query *query, int column);

/* What a column holds, and how many there are. */
enum db_value { DB_NULL, DB_NUMBER, DB_TEXT, DB_BYTES };
enum db_value db_kind(struct db_query *query, int column);
int db_columns(struct db_query *query);
const char *db_name(struct db_query *query, int column);

/* Runs a query that returns nothing that matters. */
bool db_run(struct db *db, struct err *err, const char *sql, const char *types,
    ...) GM_MUST_CHECK;

/* Rows of a table, for db_insert. */
struct db_rows {
	const char *into;  /* "INSERT INTO table (column, …)" */
	const char *types; /* a letter per column, as for db_query; not r */
	bool first;        /* rows of other tables refer to these */
};

/* Inserts a row; what it is given is copied. Rows wait and are written many at
   once: when enough have come, before anything else is asked of the database,
   and at the commit. So their ids are not to be had (db_last_id, but see
   db_take_id), and what is wrong with one may be told by a later call; from
   then on all fail until db_rollback. Those that stand `first` are written
   before the others, those of one table in their order. Only between db_begin
   and its end; `rows` stays valid. */
bool db_insert(struct db *db, struct err *err, const struct db_rows *rows,
    ...) GM_MUST_CHECK;

/* An id for a new row of a table that never uses one twice; `table` is a
   literal. Between db_begin and its end all new rows of the table must get
   theirs here, or none. */
bool db_take_id(struct db *db, const char *table, int64_t *ret_id,
    struct err *err) GM_MUST_CHECK;

/* Runs several statements without parameters (migrations). */
bool db_script(struct db *db, const char *sql, struct err *err) GM_MUST_CHECK;

/* Rows changed by the last statement; id given by the last INSERT. */
int64_t db_changes(const struct db *db);
int64_t db_last_id(const struct db *db);

/* A write transaction: waits for the writers' lock, then begins. They do not
   nest. Commit makes it durable and may checkpoint; if it fails, nothing of
   the transaction remains. */
bool db_begin(struct db *db, struct err *err) GM_MUST_CHECK;
bool db_commit(struct db *db, struct err *err) GM_MUST_CHECK;
void db_rollback(struct db *db); /* no transaction: does nothing */

/* A consistent view for several queries: begin, then db_rollback. */
bool db_begin_reading(struct db *db, struct err *err) GM_MUST_CHECK;

/* True between db_begin and its end. */
bool db_is_writing(const struct db *db);

/* A number that is another one when somebody else has committed in between;
   what this `struct db` commits itself leaves it as it is. Within a
   transaction, or it may be late. */
bool db_version(
    struct db *db, int64_t *ret_version, struct err *err) GM_MUST_CHECK;

/* Rows that queries stepped over since the database was opened because no
   index led them: what should cost the same however much there is, must not
   let this grow with it. */
int64_t db_scanned(const struct db *db);

/* All that queries did since then, in steps of the engine: what an index leads
   to the wrong end of shows here. */
int64_t db_worked(const struct db *db);

/* Empties the log of what was written, so that nothing older than the last
   commit is left in it. *ret_cleared is false when somebody went on reading an
   older state for some seconds. Not within a transaction. */
bool db_clear_log(
    struct db *db, bool *ret_cleared, struct err *err) GM_MUST_CHECK;

/* Writes the whole database anew, without what its pages hold beside the rows
   that are there. Writers wait meanwhile; it takes as much room on the disk
   again, twice. Then the log is to be cleared. Not within a transaction. */
bool db_rewrite(struct db *db, struct err *err) GM_MUST_CHECK;

/* Copies the database as it is at one moment into an empty or missing file,
   without its unused pages and without keeping writers waiting. */
bool db_copy(struct db *db, const char *path, struct err *err) GM_MUST_CHECK;

/* How much of the database may stay in memory from now on; a hint. What is
   opened begins with 4 MB. */
void db_use_memory(struct db *db, size_t bytes);

/* What marks a file: a store that programs work on, or a backup of one. */
enum db_kind { DB_STORE, DB_BACKUP };

/* Opens a file made by db_copy, which nobody else uses: no lock, nothing beside
   it, and no transactions but by db_script. With `write` it can be changed; a
   crash meanwhile leaves it unusable. */
bool db_open_copy(const char *path, bool write, struct db **ret_db,
    struct err *err) GM_MUST_CHECK;

/* Says what the file is from now on. */
bool db_mark(struct db *db, enum db_kind kind, struct err *err) GM_MUST_CHECK;

/* Whether the beginning of a file (at least DB_HEAD_BYTES) is that of a backup.
 */
enum { DB_HEAD_BYTES = 100 };
bool db_is_backup(const unsigned char *head);

/* Lets the ids of a table that never uses one twice begin again `gap` above
   those it has given. */
bool db_skip_ids(struct db *db, const char *table, int64_t gap,
    struct err *err) GM_MUST_CHECK;

/* Checks the file for damage (used by `check`). */
bool db_verify(struct db *db, struct err *err) GM_MUST_CHECK;

#endif
