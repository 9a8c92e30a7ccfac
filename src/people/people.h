#ifndef PEOPLE_PEOPLE_H
#define PEOPLE_PEOPLE_H

/*
 * Contacts: who may be written to, and why. Imports, additions and removals
 * go through here, so that three rules hold whatever the door: an address is
 * one subscriber for ever; who unsubscribed or is suppressed does not come
 * back through an import; every basis for writing to someone, and its end, is
 * on record with its evidence. Knows nothing of issues or of how mail is
 * sent. SQL is in store/; each function here that writes is one transaction.
 */

#include "base/complaints.h"
#include "csv/csv_form.h"
#include "store/store_subscriber.h"

/* Who does something to contacts, for the record. */
struct people_author {
	const char *operator; /* "" when nobody of ours */
	const char *command;  /* "subscriber add", "inbound", "page" … */

	/* The site's keys, by which erased addresses are known
	   (people_erase.h); asked for once somebody was erased. */
	const char *keys_path;
};

/* What an import makes of one line. */
#define GM_VERDICTS(X)                    \
	X(VERDICT_NEW, "new")             \
	X(VERDICT_CHANGED, "changed")     \
	X(VERDICT_UNCHANGED, "unchanged") \
	X(VERDICT_REVIVED, "revived")     \
	X(VERDICT_KEPT_OUT, "kept out")   \
	X(VERDICT_REFUSED, "refused")

#define X(name, text) name,
enum people_verdict { GM_VERDICTS(X) VERDICTS };
#undef X

const char *people_verdict(enum people_verdict verdict);

/* What an import changes in a contact, by the names of its columns; lists are
   joined by ;. */
struct people_difference {
	const char *field;
	const char *old;
	const char *new;
};

/* What becomes of a line. */
struct people_line {
	size_t number; /* where it begins in the file, from 1 */
	const char *address;
	enum people_verdict verdict;
	const char *why; /* kept out, refused: why; else "" */
	const struct people_difference
	    *changes; /* of those changed and revived */
	size_t change_count;
	struct text_list warnings;
};

/* Sees each line in the order of the file. Valid during the call. */
typedef void people_verdict_fn(const struct people_line *line, void *context);

struct people_import {
	const char *path;
	struct csv_form form;  /* all zero: find out; then set to what it is */
	const char *sheet;     /* of a workbook; NULL: the first */
	struct text_list maps; /* "COLUMN=FIELD", see people_header.h */
	struct people_author author;
	bool dry_run;            /* only say what would be done */
	bool roles;              /* let postmaster@ and the like pass */
	const char *wording;     /* what they were shown; NULL: not known */
	people_verdict_fn *each; /* NULL: nobody looks */
	void *context;
};

struct people_tally {
	size_t counts[VERDICTS]; /* lines */
};

/* Reads contacts (email, name, organisation, department, municipality,
   language, format, tags, countries, basis, in English or Japanese, see
   people_columns.c; header in any order, all but email may be missing) and adds
   or changes subscribers by their normalised address. A column that is missing
   leaves what is stored as it is. All or nothing: any fault is a complaint with
   its line, and then nothing changes and the result is false (ERR_DATA).
   Addresses that look mistyped and people who seem to be there twice are
   warnings, which stop nothing. Without dry_run `each` is called when there is
   no fault only, before the commit. *ret_tally is set after faults, too. Memory
   does not grow with the file but for 24 bytes a line, and with the store by 8
   bytes a contact. */
bool people_import(struct store *store, struct people_import *import,
    struct complaints *complaints, struct people_tally *ret_tally,
    struct err *err) GM_MUST_CHECK;

/* Reads a vocabulary (tag, label_en, label_ja) and adds or relabels tags. */
bool people_import_tags(struct store *store, const char *path,
    const struct people_author *author, struct complaints *complaints,
    struct people_tally *ret_tally, struct err *err) GM_MUST_CHECK;

/* One tag; *ret_verdict is new, changed or unchanged. ERR_DATA when the slug
   is none (lower-case letters, digits and hyphens) or a label is missing. */
bool people_add_tag(struct store *store, const char *slug, const char *label_en,
    const char *label_ja, const struct people_author *author,
    enum people_verdict *ret_verdict, struct err *err) GM_MUST_CHECK;

/* Reads a register of municipalities: code (or lgcode), prefecture (pref),
   name (city; missing: the prefecture's), kana (citykana, prefkana); other
   columns are passed over. Restores zeros that a spreadsheet lost. */
bool people_import_register(struct store *store, const char *path, bool dry_run,
    const struct people_author *author, struct complaints *complaints,
    struct people_tally *ret_tally, struct err *err) GM_MUST_CHECK;

/* One contact, as its columns; NULL members are not given. */
struct people_contact {
	const char *email;
	const char *name;
	const char *organisation;
	const char *department;
	const char *municipality;
	const char *language;
	const char *format;
	const char *tags;      /* separated by ; */
	const char *countries; /* likewise */
	const char *basis;
	const char *evidence; /* of the basis: how they said so */
	const char *wording;  /* what they were shown, by its name */
	bool roles;           /* let postmaster@ and the like pass */
	bool confirm; /* nothing is sent before they say yes themselves */
};

/* Adds one contact by hand, or revives one that was removed or unsubscribed.
   With `confirm` its state is pending, also when it was before, and what is on
   record is that consent was requested.
   Refuses (ERR_DATA) who is there already, suppressed or erased. */
bool people_add(struct store *store, const struct people_contact *contact,
    const struct people_author *author, enum people_verdict *ret_verdict,
    struct err *err) GM_MUST_CHECK;

/* Refuses (ERR_DATA) whom nobody may add by hand: an address on the suppression
   list, and one whose row `old` (NULL: there is none) is active. */
bool people_check_addable(struct arena *arena, struct store *store,
    const char *address_key, const struct store_subscriber *old,
    struct err *err) GM_MUST_CHECK;

/* Finds a subscriber by an address as people write it. ERR_NO_USER when there
   is none, with the nearest thing to say. */
bool people_find(struct arena *arena, struct store *store, const char *address,
    struct store_subscriber **ret_row, struct err *err) GM_MUST_CHECK;

/* Takes a contact off the list; deliveries that wait are skipped (reason
   `removed`), *ret_skipped says how many. An import may bring it back.
   Refuses (ERR_DATA) who is off the list, or unsubscribed, already. */
bool people_remove(struct store *store, const char *address,
    const struct people_author *author, int64_t *ret_skipped,
    struct err *err) GM_MUST_CHECK;

/* How someone unsubscribed. */
struct people_withdrawal {
	const char *method;   /* operator, one-click, page, mail */
	const char *source;   /* evidence; "" when there is none */
	const char *operator; /* "" when nobody of ours did it */
	int64_t wording;      /* what they were shown; 0: not known */
};

/* Ends a subscription for good, in one step: state, suppression (reason
   `unsubscribed`), consent record, and deliveries that wait are skipped.
   Doing it again changes nothing. */
bool people_unsubscribe(struct store *store, const char *address,
    const struct people_withdrawal *withdrawal, int64_t *ret_skipped,
    struct err *err) GM_MUST_CHECK;

/* Enters an address into the suppression list, subscriber or not, unless it
   was erased (ERR_DATA: it is kept out by that); deliveries
   that wait are skipped (reason `suppressed`). *ret_new is false when it was
   there already. */
bool people_suppress(struct store *store, const char *address,
    const char *reason, const char *evidence,
    const struct people_author *author, bool *ret_new, int64_t *ret_skipped,
    struct err *err) GM_MUST_CHECK;

/* Brings back one address that was suppressed, unsubscribed, removed or erased,
   which no import does: in one step, on record with this evidence. Who had
   unsubscribed, and who was erased, is written to by consent from now on (Act
   26/2002, article 3: nothing else is left); otherwise the basis stays. Of who
   was erased a new contact is made, with nothing but the address. ERR_USAGE
   without evidence; ERR_NO_USER for nobody; ERR_DATA for who is active and not
   suppressed. */
bool people_reinstate(struct store *store, const char *address,
    const char *evidence, const struct people_author *author,
    struct err *err) GM_MUST_CHECK;

/* Takes an address out of the suppression list; ERR_NO_USER when it is not
   there. Who unsubscribed stays so until added again by hand. */
bool people_unsuppress(struct store *store, const char *address,
    const struct people_author *author, struct err *err) GM_MUST_CHECK;

/* The person at the keyboard: $SUDO_USER, $USER or the login name. */
char *people_operator(struct arena *arena);

#endif
