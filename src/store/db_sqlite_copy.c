#include <string.h>

#include "base/mem.h"
#include "store/db_sqlite.h"

bool
db_copy(struct db *db, const char *path, struct err *err)
{
	return db_run(db, err, "VACUUM INTO ?", "s", path);
}

bool
db_mark(struct db *db, enum db_kind kind, struct err *err)
{
	char *mark GM_FREE_AT_EXIT = mem_format("PRAGMA application_id = %d;",
	    kind == DB_BACKUP ? DB_SQLITE_BACKUP : DB_SQLITE_STORE);

	return db_script(db, mark, err);
}

bool
db_is_backup(const unsigned char *head)
{
	enum { ID_AT = 68 }; /* of the database file format, section 1.3 */
	static const char magic[] = "SQLite format 3";
	unsigned id = 0;

	for (int i = 0; i < 4; i++)
		id = id << 8 | head[ID_AT + i];
	return memcmp(head, magic, sizeof(magic)) == 0 &&
	       id == DB_SQLITE_BACKUP;
}

bool
db_skip_ids(struct db *db, const char *table, int64_t gap, struct err *err)
{
	return db_run(db, err,
		   "INSERT INTO sqlite_sequence (name, seq) SELECT ?, 0"
		   " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence"
		   "  WHERE name = ?)",
		   "ss", table, table) &&
	       db_run(db, err,
		   "UPDATE sqlite_sequence SET seq = seq + ? WHERE name = ?",
		   "is", gap, table);
}
