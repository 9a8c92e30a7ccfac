#include "store/migrations.h"

#include <assert.h>
#include <inttypes.h>

#include "base/now.h"

/* Contacts: who may be written to, and why. */
static const char contacts_sql[] =
    /* An interest. */
    "CREATE TABLE tag ("
    " id INTEGER PRIMARY KEY,"
    " slug TEXT NOT NULL UNIQUE,"
    " label_en TEXT NOT NULL,"
    " label_ja TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL"
    ") STRICT;"

    /* The register; codes outside it are accepted when they hold. */
    "CREATE TABLE municipality ("
    " code TEXT PRIMARY KEY,"
    " prefecture TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " kana TEXT NOT NULL"
    ") STRICT;"

    /* municipality: six-digit code, '' when it is none. */
    "CREATE TABLE organisation ("
    " id INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL,"
    " municipality TEXT NOT NULL,"
    " UNIQUE (name, municipality)"
    ") STRICT;"

    /* Rows are never deleted and ids never reused (AUTOINCREMENT): links in
       old mails and the books of old mailings name them. address is as it
       goes on the wire, address_key the identity (lower case). */
    "CREATE TABLE subscriber ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " address TEXT NOT NULL,"
    " address_key TEXT NOT NULL UNIQUE,"
    " name TEXT NOT NULL,"
    " organisation_id INTEGER REFERENCES organisation (id),"
    " department TEXT NOT NULL,"
    " language TEXT NOT NULL,"
    " format TEXT NOT NULL,"
    " basis TEXT NOT NULL,"
    " state TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL,"
    " changed_ms INTEGER NOT NULL"
    ") STRICT;"
    "CREATE TABLE subscriber_tag ("
    " subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),"
    " tag_id INTEGER NOT NULL REFERENCES tag (id),"
    " PRIMARY KEY (subscriber_id, tag_id)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE subscriber_country ("
    " subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),"
    " country TEXT NOT NULL," /* ISO 3166-1 alpha-2 */
    " PRIMARY KEY (subscriber_id, country)"
    ") STRICT, WITHOUT ROWID;"

    /* Append-only. event: granted, withdrawn. method: import, operator,
       one-click, page, mail. source: file name or other evidence; line: in
       that file, 0 when it has none. */
    "CREATE TABLE consent ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),"
    " address TEXT NOT NULL," /* as given */
    " event TEXT NOT NULL,"
    " basis TEXT NOT NULL,"
    " at_ms INTEGER NOT NULL,"
    " method TEXT NOT NULL,"
    " source TEXT NOT NULL,"
    " line INTEGER NOT NULL,"
    " source_sha256 BLOB,"
    " operator TEXT NOT NULL"
    ") STRICT;"
    "CREATE INDEX consent_subscriber ON consent (subscriber_id);"

    /* Keyed by address, not by subscriber: it outlives the contact. reason:
       unsubscribed, bounced, complained, operator. */
    "CREATE TABLE suppression ("
    " address_key TEXT PRIMARY KEY,"
    " reason TEXT NOT NULL,"
    " at_ms INTEGER NOT NULL,"
    " evidence TEXT NOT NULL"
    ") STRICT, WITHOUT ROWID;";

/* Mailings: what is frozen when planned, and what becomes of it. */
static const char mailings_sql[] =
    /* Content-addressed: articles, templates, settings, notices. */
    "CREATE TABLE blob ("
    " sha256 BLOB PRIMARY KEY,"
    " bytes BLOB NOT NULL"
    ") STRICT;"

    /* pause_reason: '', operator, limit, policy. release_through: while the
       reason is limit, deliveries up to this id may go. key_id: the site key
       of its Message-IDs and links. */
    "CREATE TABLE mailing ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " issue TEXT NOT NULL,"
    " state TEXT NOT NULL,"
    " pause_reason TEXT NOT NULL,"
    " audience TEXT NOT NULL," /* the expression; '' is everyone */
    " key_id INTEGER NOT NULL,"
    " release_through INTEGER,"                  /* NULL: no limit */
    " breaker_after INTEGER NOT NULL DEFAULT 0," /* attempts up to this id are
					  forgiven */
    " planned_ms INTEGER NOT NULL,"
    " finished_ms INTEGER" /* NULL: not yet */
    ") STRICT;"
    "CREATE INDEX mailing_issue ON mailing (issue);"
    "CREATE TABLE mailing_file ("
    " mailing_id INTEGER NOT NULL REFERENCES mailing (id),"
    " path TEXT NOT NULL,"
    " sha256 BLOB NOT NULL REFERENCES blob (sha256),"
    " PRIMARY KEY (mailing_id, path)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE edition ("
    " id INTEGER PRIMARY KEY,"
    " mailing_id INTEGER NOT NULL REFERENCES mailing (id),"
    " spec TEXT NOT NULL," /* digest/tailor.h: choice, order, reasons */
    " UNIQUE (mailing_id, spec)"
    ") STRICT;"

    /* issue repeats that of the mailing, so that the database itself keeps
       promise 1. next_ms: not before. failures: in a row, for the backoff.
       runner, generation: who holds it (leased, sending); generation grows
       with every lease. dated_ms: its Date, fixed at the first begin. Rows are
       never deleted, and their ids are in no mail. */
    "CREATE TABLE delivery ("
    " id INTEGER PRIMARY KEY,"
    " mailing_id INTEGER NOT NULL REFERENCES mailing (id),"
    " issue TEXT NOT NULL,"
    " subscriber_id INTEGER NOT NULL REFERENCES subscriber (id),"
    " edition_id INTEGER REFERENCES edition (id)," /* NULL: skipped */
    " address TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " organisation TEXT NOT NULL,"
    " department TEXT NOT NULL,"
    " state TEXT NOT NULL,"
    " reason TEXT NOT NULL," /* of skipped, expired, held; else '' */
    " attempts INTEGER NOT NULL,"
    " failures INTEGER NOT NULL,"
    " next_ms INTEGER NOT NULL,"
    " first_ms INTEGER,"        /* first attempt; NULL: none yet */
    " runner INTEGER NOT NULL," /* 0: nobody */
    " generation INTEGER NOT NULL,"
    " begun_ms INTEGER," /* the present or last attempt */
    " dated_ms INTEGER,"
    " sha256 BLOB,"     /* of the bytes, from the first begin on */
    " message_id TEXT," /* likewise */
    " UNIQUE (issue, subscriber_id)"
    ") STRICT;"

    /* By id within, for the id stands at the end of each entry. */
    "CREATE INDEX delivery_due ON delivery (mailing_id, next_ms)"
    " WHERE state = 'queued';"
    "CREATE INDEX delivery_held ON delivery (runner)"
    " WHERE runner > 0;"

    /* Outside the books of any mailing. kind: test, confirmation, alarm.
       sha256: its frozen bytes in blob. */
    "CREATE TABLE notice ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " kind TEXT NOT NULL,"
    " issue TEXT NOT NULL," /* '' when it belongs to none */
    " address TEXT NOT NULL,"
    " mail_from TEXT NOT NULL,"
    " message_id TEXT NOT NULL,"
    " sha256 BLOB NOT NULL REFERENCES blob (sha256),"
    " state TEXT NOT NULL,"
    " attempts INTEGER NOT NULL,"
    " failures INTEGER NOT NULL,"
    " next_ms INTEGER NOT NULL,"
    " first_ms INTEGER,"
    " runner INTEGER NOT NULL,"
    " generation INTEGER NOT NULL,"
    " begun_ms INTEGER,"
    " created_ms INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX notice_open ON notice (next_ms, id)"
    " WHERE state IN ('queued', 'leased', 'sending');"

    /* The delivery log; nothing is ever taken out, so ids only grow. Exactly
       one of delivery_id and notice_id is set. */
    "CREATE TABLE attempt ("
    " id INTEGER PRIMARY KEY,"
    " delivery_id INTEGER REFERENCES delivery (id),"
    " notice_id INTEGER REFERENCES notice (id),"
    " number INTEGER NOT NULL," /* from 1, per delivery */
    " started_ms INTEGER NOT NULL,"
    " ended_ms INTEGER NOT NULL,"
    " outcome TEXT NOT NULL,"
    " blame TEXT NOT NULL,"
    " phase TEXT NOT NULL,"
    " code INTEGER NOT NULL," /* 0: no reply */
    " enhanced TEXT NOT NULL,"
    " text TEXT NOT NULL,"
    " relay TEXT NOT NULL,"
    " tls TEXT NOT NULL," /* '' is none */
    " runner INTEGER NOT NULL,"
    " message_id TEXT NOT NULL,"
    " sha256 BLOB"
    ") STRICT;"
    "CREATE INDEX attempt_delivery ON attempt (delivery_id);"
    "CREATE INDEX attempt_unknown ON attempt (delivery_id)"
    " WHERE outcome = 'unknown';"

    /* name: its lock file under state/runners. kind: send, deliver. */
    "CREATE TABLE runner ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " name TEXT NOT NULL UNIQUE,"
    " kind TEXT NOT NULL,"
    " host TEXT NOT NULL,"
    " pid INTEGER NOT NULL,"
    " started_ms INTEGER NOT NULL,"
    " ended_ms INTEGER" /* NULL: at work, or dead and not recovered yet */
    ") STRICT;"
    "CREATE INDEX runner_open ON runner (id) WHERE ended_ms IS NULL;"

    /* What an operator must know; one open row per kind and subject. */
    "CREATE TABLE alarm ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " kind TEXT NOT NULL,"
    " subject TEXT NOT NULL,"
    " text TEXT NOT NULL,"
    " raised_ms INTEGER NOT NULL,"
    " cleared_ms INTEGER"
    ") STRICT;"
    "CREATE UNIQUE INDEX alarm_open ON alarm (kind, subject)"
    " WHERE cleared_ms IS NULL;"

    /* A message that came back. */
    "CREATE TABLE report ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " received_ms INTEGER NOT NULL,"
    " kind TEXT NOT NULL,"
    " delivery_id INTEGER REFERENCES delivery (id)," /* NULL: not ours */
    " recipient TEXT NOT NULL,"
    " action TEXT NOT NULL,"
    " status TEXT NOT NULL,"
    " reply TEXT NOT NULL,"
    " reason TEXT NOT NULL,"
    " hard INTEGER NOT NULL,"
    " sha256 BLOB NOT NULL UNIQUE" /* of the message: counted once */
    ") STRICT;";

/* Material and editions get versions, for `send --replan`: `version` of a
   mailing is that of its newest. A table whose keys change is made anew under
   another name; foreign keys are not looked at meanwhile. */
static const char versions_sql[] =
    "ALTER TABLE mailing ADD COLUMN version INTEGER NOT NULL DEFAULT 1;"
    "CREATE TABLE new_file ("
    " mailing_id INTEGER NOT NULL REFERENCES mailing (id),"
    " version INTEGER NOT NULL,"
    " path TEXT NOT NULL,"
    " sha256 BLOB NOT NULL REFERENCES blob (sha256),"
    " PRIMARY KEY (mailing_id, version, path)"
    ") STRICT, WITHOUT ROWID;"
    "INSERT INTO new_file SELECT mailing_id, 1, path, sha256"
    " FROM mailing_file;"
    "DROP TABLE mailing_file;"
    "ALTER TABLE new_file RENAME TO mailing_file;"
    "CREATE TABLE new_edition ("
    " id INTEGER PRIMARY KEY,"
    " mailing_id INTEGER NOT NULL REFERENCES mailing (id),"
    " version INTEGER NOT NULL," /* of the material it is rendered from */
    " spec TEXT NOT NULL,"       /* digest/tailor.h: choice, order, reasons */
    " UNIQUE (mailing_id, version, spec)"
    ") STRICT;"
    "INSERT INTO new_edition SELECT id, mailing_id, 1, spec FROM edition;"
    "DROP TABLE edition;"
    "ALTER TABLE new_edition RENAME TO edition;";

/* start_ms: not before; 0: at once. skipped_ms: when a delivery was skipped;
   NULL: it was not, or before this was noted. told_ms: when the operator was
   told of an alarm; NULL: not yet. */
static const char operating_sql[] =
    "ALTER TABLE mailing ADD COLUMN start_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE delivery ADD COLUMN skipped_ms INTEGER;"
    "ALTER TABLE alarm ADD COLUMN told_ms INTEGER;"
    "UPDATE alarm SET told_ms = raised_ms;"
    "CREATE INDEX alarm_untold ON alarm (id) WHERE told_ms IS NULL;"
    "CREATE INDEX alarm_told ON alarm (kind, subject, told_ms)"
    " WHERE told_ms IS NOT NULL;";

/* What was said about pace while mail was being sent. destination: a group of
   pace, or a domain; '' is all mail. */
static const char pace_sql[] =
    "CREATE TABLE pace_limit ("
    " destination TEXT NOT NULL,"
    " limit_key TEXT NOT NULL," /* as in the configuration */
    " limit_value REAL NOT NULL,"
    " changed_ms INTEGER NOT NULL,"
    " PRIMARY KEY (destination, limit_key)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE pace_hold ("
    " destination TEXT PRIMARY KEY,"
    " reason TEXT NOT NULL,"
    " until_ms INTEGER" /* NULL: until an operator frees it */
    ") STRICT, WITHOUT ROWID;";

/* The history of contacts, see store_history.h. salt is NULL once what the row
   says was erased; then digest is set, else it is NULL. */
static const char history_sql[] =
    "CREATE TABLE act ("
    " id INTEGER PRIMARY KEY,"
    " at_ms INTEGER NOT NULL,"
    " operator TEXT NOT NULL,"
    " command TEXT NOT NULL,"
    " source TEXT NOT NULL,"
    " source_sha256 BLOB," /* NULL: the source is no file */
    " salt BLOB,"
    " digest BLOB"
    ") STRICT;"
    "CREATE TABLE change ("
    " id INTEGER PRIMARY KEY," /* without gaps */
    " act_id INTEGER NOT NULL REFERENCES act (id),"
    " subject TEXT NOT NULL,"
    " subscriber_id INTEGER REFERENCES subscriber (id)," /* NULL: none */
    " line INTEGER NOT NULL,"                            /* 0: none */
    " undoes INTEGER REFERENCES change (id),"            /* NULL: none */
    " salt BLOB,"
    " payload TEXT," /* NULL once erased */
    " digest BLOB,"
    " chain BLOB NOT NULL"
    ") STRICT;"
    "CREATE INDEX change_subscriber ON change (subscriber_id)"
    " WHERE subscriber_id IS NOT NULL;";

/* What DNS said about the domains of contacts; a cache. answer: in the words of
   dns/dns.h. */
static const char domains_sql[] = "CREATE TABLE mail_domain ("
				  " domain TEXT PRIMARY KEY,"
				  " answer TEXT NOT NULL,"
				  " detail TEXT NOT NULL,"
				  " asked_ms INTEGER NOT NULL"
				  ") STRICT, WITHOUT ROWID;";
/* Saved audiences, as people write them; places that were merged into
   another: into_code is never itself one that was. */
static const char audiences_sql[] =
    "CREATE TABLE segment ("
    " name TEXT PRIMARY KEY,"
    " expression TEXT NOT NULL,"
    " changed_ms INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE municipality_merger ("
    " code TEXT PRIMARY KEY,"
    " into_code TEXT NOT NULL,"
    " merged_ms INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "ALTER TABLE municipality ADD COLUMN romaji TEXT NOT NULL DEFAULT '';";

/* The rights of persons. An erased address is known by a keyed hash alone
   (people/people_erase.h); reason: what its suppression said, '' when there was
   none. A wording is what people are shown when they agree, in one language and
   valid from one moment to another; texts are never changed. */
static const char rights_sql[] =
    "CREATE TABLE erasure ("
    " mac BLOB PRIMARY KEY,"
    " key_id INTEGER NOT NULL,"                          /* of the site key */
    " subscriber_id INTEGER REFERENCES subscriber (id)," /* NULL: was none */
    " reason TEXT NOT NULL,"
    " at_ms INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE wording ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " name TEXT NOT NULL," /* the form, page or paper that it stands on */
    " language TEXT NOT NULL,"
    " text TEXT NOT NULL,"
    " sha256 BLOB NOT NULL,"
    " from_ms INTEGER NOT NULL,"
    " to_ms INTEGER" /* NULL: in use */
    ") STRICT;"
    "CREATE UNIQUE INDEX wording_current ON wording (name, language)"
    " WHERE to_ms IS NULL;"
    "ALTER TABLE consent ADD COLUMN wording_id INTEGER"
    " REFERENCES wording (id);"; /* NULL: not known */
/* Who approved which content of an issue: manifest has a line for each file,
   "SHA-256 PATH" (publish_approval.h). withdrawn_ms: NULL: it stands. */
static const char approvals_sql[] =
    "CREATE TABLE approval ("
    " id INTEGER PRIMARY KEY,"
    " issue TEXT NOT NULL,"
    " sha256 BLOB NOT NULL," /* of the manifest */
    " manifest TEXT NOT NULL,"
    " operator TEXT NOT NULL,"
    " at_ms INTEGER NOT NULL,"
    " withdrawn_ms INTEGER,"
    " withdrawn_by TEXT NOT NULL DEFAULT ''"
    ") STRICT;"
    "CREATE INDEX approval_issue ON approval (issue);";

/* Step n (from 1) is row n - 1. Rows are never changed once released. */
static const char *const steps[][2] = {
	{ contacts_sql, mailings_sql },
	{ versions_sql, operating_sql },
	{ pace_sql, NULL },
	{ history_sql, NULL },
	{ domains_sql, NULL },
	{ audiences_sql, NULL },
	{ rights_sql, NULL },
	{ approvals_sql, NULL },
};
enum { NEWEST = sizeof(steps) / sizeof(steps[0]) };
static_assert(NEWEST == 8, "count the steps when adding one");

static bool
read_version(struct db *db, int64_t *ret_version, struct err *err)
{
	struct db_query *query;
	int64_t version = 0;

	query =
	    db_query(db, "SELECT coalesce(max(number), 0) FROM migration", "");
	if (db_next(query))
		version = db_int(query, 0);
	if (!db_end(query, err))
		return false;
	*ret_version = version;
	return true;
}

static bool
refuse(int64_t version, struct err *err)
{
	return err_set(err, ERR_CONFIG,
	    "the database has schema %" PRId64
	    ", this program knows up to %d; use a newer glocal-mail",
	    version, NEWEST);
}

bool
migrations_refuse_newer(struct db *db, struct err *err)
{
	int64_t version;

	return read_version(db, &version, err) &&
	       (version <= NEWEST || refuse(version, err));
}

static bool
run_step(struct db *db, int64_t number, struct err *err)
{
	for (size_t i = 0; i < sizeof(steps[0]) / sizeof(steps[0][0]); i++)
		if (steps[number - 1][i] != NULL &&
		    !db_script(db, steps[number - 1][i], err))
			return err_wrap(err, "migration %" PRId64, number);
	return db_run(db, err,
	    "INSERT INTO migration (number, applied_ms) VALUES (?, ?)", "ii",
	    number, now_ms());
}

static bool
run_missing(struct db *db, struct err *err)
{
	int64_t version;

	if (!db_script(db,
		"CREATE TABLE IF NOT EXISTS migration ("
		" number INTEGER PRIMARY KEY,"
		" applied_ms INTEGER NOT NULL) STRICT;",
		err) ||
	    !read_version(db, &version, err))
		return false;
	if (version > NEWEST)
		return refuse(version, err);
	for (int64_t n = version + 1; n <= NEWEST; n++)
		if (!run_step(db, n, err))
			return false;
	return true;
}

static bool
migrate(struct db *db, struct err *err)
{
	if (!db_begin(db, err))
		return false;
	if (!run_missing(db, err)) {
		db_rollback(db);
		return false;
	}
	return db_commit(db, err);
}

bool
migrations_run(struct db *db, struct err *err)
{
	struct db_query *query;
	struct err ignored = { 0 };
	int64_t version = 0;
	bool done;

	/* Mostly there is nothing to do: do not queue behind writers. */
	query =
	    db_query(db, "SELECT coalesce(max(number), 0) FROM migration", "");
	if (db_next(query))
		version = db_int(query, 0);
	if (db_end(query, &ignored) && version == NEWEST)
		return true;

	/* The switch works outside transactions alone. */
	if (!db_script(db, "PRAGMA foreign_keys = OFF", err))
		return false;
	done = migrate(db, err);
	return db_script(
		   db, "PRAGMA foreign_keys = ON", done ? err : &ignored) &&
	       done;
}
