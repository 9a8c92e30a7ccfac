#ifndef STORE_STORE_BACKUP_H
#define STORE_STORE_BACKUP_H

/*
 * A backup: one file that is a database, with the tables of the site as they
 * were at one moment and two more: what the backup is, and the files of the
 * site. So it is consistent by itself, any SQLite tool can look into it, and
 * nothing but the engine is needed to make and to read it. It is no store: a
 * program that opened it by mistake would refuse it.
 *
 * What the files are, and the checksum over the whole, is the caller's.
 */

#include <sys/types.h>

#include "store/store.h"

struct store_backup;

struct store_backup_about {
	int64_t made_ms;
	const char *program; /* version that made it */
	const char *store;   /* the database within the site: its path */
};

/* Copies the store into `path`, an empty file or none, while others go on to
   write; then files may be added. The moment is between the call and its
   return. */
bool store_backup_make(struct store *store, const char *path,
    const struct store_backup_about *about, struct store_backup **ret_backup,
    struct err *err) GM_MUST_CHECK;
bool store_backup_add(struct store_backup *backup, const char *path,
    mode_t mode, const void *bytes, size_t count,
    struct err *err) GM_MUST_CHECK;

/* Keeps what was added. */
bool store_backup_end(
    struct store_backup *backup, struct err *err) GM_MUST_CHECK;
void store_backup_close(struct store_backup *backup); /* NULL is allowed */

/* Whether a file that begins so is a backup; `count` bytes are there. */
bool store_backup_is(const void *head, size_t count);

/* Opens a backup for reading and looks it through. Errors: ERR_DATA (damaged),
   ERR_CONFIG (of a newer program). */
bool store_backup_open(const char *path, struct store_backup **ret_backup,
    struct err *err) GM_MUST_CHECK;
bool store_backup_read(struct arena *arena, struct store_backup *backup,
    struct store_backup_about *ret_about, struct err *err) GM_MUST_CHECK;

/* A file of the site; its bytes are valid during the call. */
struct store_backup_file {
	const char *path; /* relative to the site */
	mode_t mode;
	const void *bytes;
	size_t count;
};
typedef bool store_backup_file_fn(
    const struct store_backup_file *file, void *context, struct err *err);
bool store_backup_files(struct store_backup *backup, store_backup_file_fn *each,
    void *context, struct err *err) GM_MUST_CHECK;

/* Makes the copy of a backup at `path` a store again. */
bool store_backup_unpack(const char *path, struct err *err) GM_MUST_CHECK;

#endif
