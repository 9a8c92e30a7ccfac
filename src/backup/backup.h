#ifndef BACKUP_BACKUP_H
#define BACKUP_BACKUP_H

/*
 * A site as one file, and back (restore.h). The file is a database
 * (store/store_backup.h) with a checksum behind it (backup_seal.h): the tables
 * as they were at one moment, and the files of the site's folder, the site's
 * key and the keys in it included; so it is readable for its owner alone.
 * Made while runners send; nobody waits for it.
 */

#include "config/site.h"
#include "store/store.h"

#define BACKUP_KEY_FILE "state/site.key"
#define BACKUP_ASIDE    "before-restore-"

enum { BACKUP_FILE_BYTES_MOST = 256 * 1000 * 1000 };

struct backup_wish {
	const char *path;
	const char *program; /* our version */
	bool force;          /* replace a file that is there */
};

struct backup_made {
	int64_t made_ms; /* what happened later is not in it, or not all */
	int64_t bytes;
	size_t files;
	struct text_list left_out; /* what the configuration names but stands
				      outside, and what is no plain file */
};

/* Through a temporary file beside it: there is a whole backup at `path`, or
   what was there before. Errors: ERR_CANT_CREATE (it is there already, the
   folder is not), and those of reading and writing. */
bool backup_make(struct arena *arena, const struct site *site,
    struct store *store, const struct backup_wish *wish,
    struct backup_made *ret_made, struct err *err) GM_MUST_CHECK;

#endif
