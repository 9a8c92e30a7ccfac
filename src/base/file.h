#ifndef BASE_FILE_H
#define BASE_FILE_H

/*
 * Files and folders: reading with a limit, writing that is there whole or not
 * at all, locks between processes.
 */

#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/text.h"

/* Reads a whole file of at most `limit` bytes; a NUL stands behind the bytes.
   A named pipe without a writer reads as empty instead of waiting for one.
   Errors: ERR_NO_INPUT, ERR_NO_PERM, ERR_DATA (too large), ERR_IO. */
bool file_read(struct arena *arena, const char *path, size_t limit,
    char **ret_bytes, size_t *ret_count, struct err *err) GM_MUST_CHECK;

/* Writes through a temporary file, fsync and rename, so that `path` has the
   old or the new content at any moment. The folder must exist. */
bool file_write(const char *path, const void *bytes, size_t count, mode_t mode,
    struct err *err) GM_MUST_CHECK;

/* Copies a file (at most 64 MB) by file_read and file_write, mode 0644. */
bool file_copy(const char *from, const char *to, struct err *err) GM_MUST_CHECK;

/* Makes the folder and its missing parents, mode 0755 less umask. */
bool file_make_folder(const char *path, struct err *err) GM_MUST_CHECK;

bool file_exists(const char *path);
bool file_is_folder(const char *path);

/* What may still be written on the disk of `path`; -1: nobody knows. */
int64_t file_free_bytes(const char *path);

/* Names in a folder, sorted bytewise, without those that begin with a dot. */
bool file_list(struct arena *arena, const char *path,
    struct text_list *ret_names, struct err *err) GM_MUST_CHECK;

/* Removes a folder with all that is in it; links are removed, not followed.
   One that is not there is no error. Errors: ERR_NO_PERM. */
bool file_remove_folder(const char *path, struct err *err) GM_MUST_CHECK;

/* "folder/name", or `name` alone when it is absolute. */
char *file_join(struct arena *arena, const char *folder, const char *name);

/* Opens or makes the lock file and returns its descriptor (close-on-exec),
   -1 with `err` set. One open descriptor holds at most one lock; the lock
   ends with file_unlock, with close, or with the process (OFD lock, fcntl(2)).
   Children that fork and live on must close it. */
int file_lock_open(const char *path, struct err *err) GM_MUST_CHECK;

/* Waits until the lock is ours. */
bool file_lock(int fd, struct err *err) GM_MUST_CHECK;

/* Takes the lock when it is free; *ret_taken says whether it was. */
bool file_try_lock(int fd, bool *ret_taken, struct err *err) GM_MUST_CHECK;
void file_unlock(int fd);

/* Whether somebody holds the lock of this file (nobody does where there is no
   file). Takes nothing, so that two who ask never see each other. */
bool file_is_locked(
    const char *path, bool *ret_locked, struct err *err) GM_MUST_CHECK;

#endif
