#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/db_sqlite.h"

enum { BUSY_MS = 2000 };

static bool
fail(sqlite3 *sqlite, const char *from, int status, struct err *err)
{
	if ((status & 0xff) == SQLITE_BUSY)
		return err_set(err, ERR_TEMP,
		    "database %s is in use, so it cannot be moved; stop what "
		    "uses it",
		    from);
	return err_set(err, ERR_IO, "database %s: %s", from,
	    sqlite != NULL ? sqlite3_errmsg(sqlite) : sqlite3_errstr(status));
}

/* Puts the whole write-ahead log into the file, which only the last one who
   uses it may do, and keeps everybody out. */
static bool
take_whole(sqlite3 *sqlite, const char *from, struct err *err)
{
	int status = sqlite3_exec(sqlite,
	    "PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE", NULL, NULL, NULL);

	return status == SQLITE_OK || fail(sqlite, from, status, err);
}

static bool
rename_file(const char *from, const char *to, struct err *err)
{
	if (rename(from, to) == 0)
		return true;
	if (errno == EXDEV)
		return err_set(err, ERR_CANT_CREATE,
		    "the database is to be at %s, on another file system; "
		    "move %s there by hand",
		    to, from);
	return err_errno(err, ERR_CANT_CREATE, "moving %s to %s", from, to);
}

static bool
move_locked(const char *from, const char *to, struct err *err)
{
	sqlite3 *sqlite = NULL;
	int status;
	bool ok;

	db_sqlite_start();
	status = sqlite3_open_v2(from, &sqlite,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
	    NULL);
	ok = status == SQLITE_OK || fail(sqlite, from, status, err);
	if (ok) {
		sqlite3_busy_timeout(sqlite, BUSY_MS);
		ok =
		    take_whole(sqlite, from, err) && rename_file(from, to, err);
	}
	sqlite3_close(sqlite);
	return ok;
}

bool
db_move(const char *from, const char *to, const char *from_lock_path,
    struct err *err)
{
	int lock = file_lock_open(from_lock_path, err);
	bool ok;

	if (lock < 0 || !file_lock(lock, err)) {
		if (lock >= 0)
			close(lock);
		return false;
	}

	/* Of two who come at once, the second finds it moved. */
	ok =
	    file_exists(to) || !file_exists(from) || move_locked(from, to, err);
	close(lock);
	return ok;
}
