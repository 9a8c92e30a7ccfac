#include "store/store_restore.h"

#include <assert.h>

#include "store/db.h"

/* Parameters: the mailing; of notices any number. */
#define OF_MAILING                                                \
	" WHERE mailing_id = ? AND state IN ('queued', 'leased'," \
	" 'sending')"
#define OF_NOTICES " WHERE ? = 0 AND state IN ('queued', 'leased', 'sending')"

#define ATTEMPT                                                            \
	"INSERT INTO attempt (delivery_id, notice_id, number, started_ms," \
	" ended_ms, outcome, blame, phase, code, enhanced, text, relay,"   \
	" tls, runner, message_id, sha256) SELECT "
#define VALUES                                                              \
	", attempts + 1, ?, ?, 'unknown', ?, ?, 0, '', ?, '', '', runner, " \
	"coalesce(message_id, ''), sha256 FROM "

bool
store_restore_doubt(struct store *store, int64_t mailing,
    enum delivery_state to, const char *reason, const char *text, int64_t since,
    int64_t now, int64_t *ret_count, struct err *err)
{
	struct db *db = store_db(store);
	bool notices = mailing == 0;

	assert(to == DELIVERY_HELD || to == DELIVERY_QUEUED);
	*store_sending(store) = -1;
	if (!db_run(db, err,
		notices ? ATTEMPT "NULL, id" VALUES "notice" OF_NOTICES
				  " ORDER BY id"
			: ATTEMPT "id, NULL" VALUES "delivery" OF_MAILING
				  " ORDER BY id",
		"iisssi", since, now, outcome_blame(BLAME_NONE),
		outcome_phase(PHASE_FINAL), text, mailing))
		return false;
	*ret_count = db_changes(db);
	if (notices)
		return db_run(db, err,
		    "UPDATE notice SET state = ?, attempts = attempts + 1,"
		    " runner = 0, first_ms = NULL" OF_NOTICES,
		    "si", delivery_state(to), mailing);
	return db_run(db, err,
	    "UPDATE delivery SET state = ?, reason = ?,"
	    " attempts = attempts + 1, runner = 0,"
	    " first_ms = NULL" OF_MAILING,
	    "ssi", delivery_state(to), reason, mailing);
}

bool
store_restore_end_runners(struct store *store, int64_t now, struct err *err)
{
	return db_run(store_db(store), err,
	    "UPDATE runner SET ended_ms = ? WHERE ended_ms IS NULL", "i", now);
}

bool
store_restore_skip_ids(struct store *store, struct err *err)
{
	/* Far more than anybody adds between two backups. */
	static const struct {
		const char *table;
		int64_t gap;
	} rows[] = {
		{ "subscriber", 1000 * 1000 },
		{ "mailing", 1000 },
		{ "notice", 1000 * 1000 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!db_skip_ids(
			store_db(store), rows[i].table, rows[i].gap, err))
			return false;
	return true;
}
