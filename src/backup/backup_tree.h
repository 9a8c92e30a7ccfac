#ifndef BACKUP_BACKUP_TREE_H
#define BACKUP_BACKUP_TREE_H

/* Inside backup/: which files make the site. All that stands in its folder,
   but for hidden files, other backups, what a restore put aside, and state/, of
   which only the site's key and the pictures that were made ready are kept; the
   database is not a file here. */

#include "base/text.h"

struct backup_tree {
	struct text_list files;    /* relative to the folder, sorted */
	struct text_list left_out; /* found, but not taken */
};

/* `store` is the path of the database within the folder. */
bool backup_tree_walk(struct arena *arena, const char *folder,
    const char *store, struct backup_tree *ret_tree,
    struct err *err) GM_MUST_CHECK;

#endif
