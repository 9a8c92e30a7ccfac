#include "store/store_backup.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/db.h"
#include "store/migrations.h"

struct store_backup {
	struct db *db;
};

static const char tables_sql[] =
    "BEGIN;"
    "CREATE TABLE backup ("
    " made_ms INTEGER NOT NULL,"
    " program TEXT NOT NULL,"
    " store TEXT NOT NULL" /* path of the database within the site */
    ") STRICT;"
    "CREATE TABLE backup_file ("
    " path TEXT PRIMARY KEY," /* within the site */
    " mode INTEGER NOT NULL," /* permission bits */
    " bytes BLOB NOT NULL"
    ") STRICT;";

static bool
set_up(struct db *db, const struct store_backup_about *about, struct err *err)
{
	return db_mark(db, DB_BACKUP, err) && db_script(db, tables_sql, err) &&
	       db_run(db, err,
		   "INSERT INTO backup (made_ms, program, store)"
		   " VALUES (?, ?, ?)",
		   "iss", about->made_ms, about->program, about->store);
}

bool
store_backup_make(struct store *store, const char *path,
    const struct store_backup_about *about, struct store_backup **ret_backup,
    struct err *err)
{
	struct store_backup *backup;
	struct db *db;

	if (!db_copy(store_db(store), path, err) ||
	    !db_open_copy(path, true, &db, err))
		return false;
	if (!set_up(db, about, err)) {
		db_close(db);
		return false;
	}
	backup = mem_new(1, sizeof(*backup));
	backup->db = db;
	*ret_backup = backup;
	return true;
}

bool
store_backup_add(struct store_backup *backup, const char *path, mode_t mode,
    const void *bytes, size_t count, struct err *err)
{
	return db_run(backup->db, err,
	    "INSERT INTO backup_file (path, mode, bytes) VALUES (?, ?, ?)",
	    "sib", path, (int64_t)mode, count != 0 ? bytes : "", count);
}

bool
store_backup_end(struct store_backup *backup, struct err *err)
{
	return db_script(backup->db, "COMMIT", err);
}

void
store_backup_close(struct store_backup *backup)
{
	if (backup == NULL)
		return;
	db_close(backup->db);
	free(backup);
}

bool
store_backup_is(const void *head, size_t count)
{
	return count >= DB_HEAD_BYTES && db_is_backup(head);
}

bool
store_backup_open(
    const char *path, struct store_backup **ret_backup, struct err *err)
{
	struct store_backup *backup;
	struct db *db;

	if (!db_open_copy(path, false, &db, err))
		return false;
	if (!migrations_refuse_newer(db, err) || !db_verify(db, err)) {
		db_close(db);
		return false;
	}
	backup = mem_new(1, sizeof(*backup));
	backup->db = db;
	*ret_backup = backup;
	return true;
}

bool
store_backup_read(struct arena *arena, struct store_backup *backup,
    struct store_backup_about *ret_about, struct err *err)
{
	struct db_query *query = db_query(
	    backup->db, "SELECT made_ms, program, store FROM backup", "");
	bool found = db_next(query);

	if (found)
		*ret_about = (struct store_backup_about){
			.made_ms = db_int(query, 0),
			.program = arena_strdup(arena, db_text(query, 1)),
			.store = arena_strdup(arena, db_text(query, 2)),
		};
	return db_end(query, err) &&
	       (found || err_set(err, ERR_DATA, "it was not made to the end"));
}

bool
store_backup_files(struct store_backup *backup, store_backup_file_fn *each,
    void *context, struct err *err)
{
	struct db_query *query = db_query(backup->db,
	    "SELECT path, mode, bytes FROM backup_file ORDER BY path", "");
	bool ok = true;

	while (ok && db_next(query)) {
		struct store_backup_file file = {
			.path = db_text(query, 0),
			.mode = (mode_t)db_int(query, 1),
		};

		file.bytes = db_bytes(query, 2, &file.count);
		ok = each(&file, context, err);
	}
	return db_end(query, ok ? err : NULL) && ok;
}

bool
store_backup_unpack(const char *path, struct err *err)
{
	struct db *db;
	bool ok;

	if (!db_open_copy(path, true, &db, err))
		return false;
	ok = db_script(db,
		 "BEGIN; DROP TABLE backup_file; DROP TABLE backup; COMMIT;",
		 err) &&
	     db_mark(db, DB_STORE, err);
	db_close(db);
	return ok;
}
