#ifndef STORE_STORE_SUBSCRIBER_ROW_H
#define STORE_STORE_SUBSCRIBER_ROW_H

/* Inside store/: how a subscriber is read. */

#include "store/db.h"
#include "store/store_subscriber.h"

/* The columns of a row, in the order that store_subscriber_row_read
   expects. */
#define GM_STORE_SUBSCRIBER_COLUMNS                              \
	"s.id, s.address, s.address_key, s.name, s.department,"  \
	" s.language, s.format, s.basis, s.state, s.created_ms," \
	" s.changed_ms, coalesce(o.name, ''),"                   \
	" coalesce(o.municipality, '')"
#define GM_STORE_SUBSCRIBER_FROM \
	" FROM subscriber s"     \
	" LEFT JOIN organisation o ON o.id = s.organisation_id"

/* Who may be mailed. */
#define GM_STORE_SUBSCRIBER_REACHABLE                  \
	"s.state = 'active' AND s.basis <> 'none'"     \
	" AND NOT EXISTS (SELECT 1 FROM suppression p" \
	"  WHERE p.address_key = s.address_key)"

/* Reads all but the interests. Words that this program does not know read as
   the most careful choice. */
void store_subscriber_row_read(
    struct arena *arena, struct db_query *query, struct store_subscriber *row);

#endif
