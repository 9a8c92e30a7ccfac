#ifndef STORE_DB_SQLITE_H
#define STORE_DB_SQLITE_H

/* Inside the driver for SQLite: the application ids that mark our files. */

#include "store/db.h"

enum {
	DB_SQLITE_STORE = 0x676c6d31,  /* "glm1" */
	DB_SQLITE_BACKUP = 0x676c6d62, /* "glmb" */
};

#endif
