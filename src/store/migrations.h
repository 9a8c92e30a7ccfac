#ifndef STORE_MIGRATIONS_H
#define STORE_MIGRATIONS_H

/* The schema, as numbered steps that only go forward. */

#include "store/db.h"

/* Brings the database to the newest schema, all steps in one transaction.
   Refuses (ERR_CONFIG) a database that is newer than this program. */
bool migrations_run(struct db *db, struct err *err) GM_MUST_CHECK;

/* Only looks: ERR_CONFIG when the schema is newer than this program's. */
bool migrations_refuse_newer(struct db *db, struct err *err) GM_MUST_CHECK;

#endif
