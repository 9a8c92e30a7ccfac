#include "store/store_erasure.h"

#include <string.h>

#include "base/vec.h"
#include "store/db.h"

bool
store_erasure_list(struct arena *arena, struct store *store,
    struct store_erasures *ret_list, struct err *err)
{
	GM_VEC(struct store_erasure) rows = { 0 };
	struct db_query *query = db_query(store_db(store),
	    "SELECT mac, key_id, coalesce(subscriber_id, 0), reason, at_ms"
	    " FROM erasure ORDER BY mac",
	    "");

	while (db_next(query)) {
		struct store_erasure row = {
			.key_id = db_int(query, 1),
			.subscriber = db_int(query, 2),
			.reason = arena_strdup(arena, db_text(query, 3)),
			.at_ms = db_int(query, 4),
		};
		size_t count;
		const void *mac = db_bytes(query, 0, &count);

		if (count == sizeof(row.mac))
			memcpy(row.mac, mac, count);
		vec_push(&rows, row);
	}
	if (!db_end(query, err)) {
		vec_clear(&rows);
		return false;
	}
	ret_list->count = rows.count;
	ret_list->items =
	    arena_copy(arena, rows.items, rows.count * sizeof(*rows.items));
	vec_clear(&rows);
	return true;
}

bool
store_erasure_add(
    struct store *store, const struct store_erasure *row, struct err *err)
{
	return db_run(store_db(store), err,
	    "INSERT INTO erasure (mac, key_id, subscriber_id, reason, at_ms)"
	    " VALUES (?, ?, ?, ?, ?) ON CONFLICT (mac) DO NOTHING",
	    "bizsi", row->mac, sizeof(row->mac), row->key_id, row->subscriber,
	    row->reason, row->at_ms);
}

bool
store_erasure_remove(struct store *store,
    const unsigned char mac[STORE_SHA256_BYTES], struct err *err)
{
	return db_run(store_db(store), err, "DELETE FROM erasure WHERE mac = ?",
	    "b", mac, (size_t)STORE_SHA256_BYTES);
}
