#ifndef BACKUP_BACKUP_SEAL_H
#define BACKUP_BACKUP_SEAL_H

/* Inside backup/: the last line of a backup, which holds the SHA-256 of all
   before it. A database may have such a line behind its last page; what reads
   databases does not see it. */

#include <stdint.h>

#include "base/err.h"

/* Adds the line to a finished file and makes it durable. */
bool backup_seal(const char *path, struct err *err) GM_MUST_CHECK;

/* Refuses (ERR_DATA) a file that is not as it was sealed; tells how many bytes
   stand before the seal. Errors: also ERR_NO_INPUT, ERR_NO_PERM, ERR_IO. */
bool backup_seal_check(
    const char *path, int64_t *ret_bytes, struct err *err) GM_MUST_CHECK;

#endif
