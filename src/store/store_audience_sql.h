#ifndef STORE_STORE_AUDIENCE_SQL_H
#define STORE_STORE_AUDIENCE_SQL_H

/* Inside store/: an audience as SQL. */

#include "base/arena.h"
#include "model/audience.h"
#include "store/db.h"

/* A condition on a row of GM_STORE_SUBSCRIBER_FROM, in parentheses, never
   NULL. Its values are parameters, never part of the text. */
struct store_audience_sql {
	const char *condition;
	const char **values; /* for its parameters, in order */
	size_t count;
};

/* Of a tree; NULL is everyone. */
struct store_audience_sql store_audience_compile(
    struct arena *arena, const struct audience *tree);

/* Gives the values, the first as parameter number `at`. They must live until
   the query ends. */
void store_audience_bind(
    struct db_query *query, int at, const struct store_audience_sql *sql);

#endif
