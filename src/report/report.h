#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

/*
 * What operators see: the books of an issue, the delivery log, what waits.
 * Tables for people, one JSON object a line with fixed keys for programs.
 * Reads only, in short transactions; the store must have none open. Nothing
 * here decides anything.
 */

#include <stdio.h>

#include "store/store_delivery.h"
#include "store/store_log.h"

/* The books of an issue: the sum of its mailings. */
struct report_books {
	const char *issue;
	enum mailing_state state;
	const char *pause_reason; /* "" unless the state is paused */
	size_t mailings;
	int64_t planned_ms;  /* the first mailing */
	int64_t start_ms;    /* the first that is to start later; 0: none */
	int64_t finished_ms; /* the last one; 0: not yet */
	struct store_books sum;
	int64_t due_first_ms; /* deferred deliveries: soonest, latest; 0: none
			       */
	int64_t due_last_ms;
};

/* The state of an issue whose mailings have these: sending if any is sending,
   else paused, planned, finished if any is; cancelled when all are. */
enum mailing_state report_books_state(
    const enum mailing_state *states, size_t count);

/* Errors: ERR_NO_INPUT when the issue has no mailing. */
bool report_books_read(struct arena *arena, struct store *store,
    const char *issue, struct report_books *ret_books,
    struct err *err) GM_MUST_CHECK;

/* All issues with mailings, by name. */
bool report_books_all(struct arena *arena, struct store *store,
    struct report_books **ret_books, size_t *ret_count,
    struct err *err) GM_MUST_CHECK;

/* Queued, leased, sending and in doubt: what is not done with. */
int64_t report_books_open(const struct report_books *books);

/* One object: issue, state, planned, sent, failed, expired, skipped, held,
   queued, leased, sending, unknown (attempts), and start when it is to start
   later. */
void report_books_json(const struct report_books *books, FILE *out);

/* `status`: of an issue, or of all when `issue` is NULL, with alarms and
   runners. `state_folder` has their locks in runners/. */
bool report_status(struct store *store, const char *state_folder,
    const char *issue, bool json, FILE *out, struct err *err) GM_MUST_CHECK;

/* `log`. A filter by state shows deliveries that are so now: those never
   tried first, then the last attempt of the others. */
struct report_log {
	struct store_log_filter filter;
	int64_t limit; /* the last ones; 0: all */
	bool follow;   /* goes on until `out` is closed or a signal ends it */
	bool json;
};

/* Sets outcome or state of the filter from a word; ERR_USAGE names the words.
   sent and failed are taken as outcomes. */
bool report_log_parse_state(const char *word, struct store_log_filter *filter,
    struct err *err) GM_MUST_CHECK;

bool report_log(struct store *store, const struct report_log *what, FILE *out,
    struct err *err) GM_MUST_CHECK;

/* `queue`: of an issue, or of all when `issue` is NULL; at most `limit` rows.
 */
bool report_queue(struct store *store, const char *issue, int64_t limit,
    bool json, FILE *out, struct err *err) GM_MUST_CHECK;

/* "in 45 s", "in 5 min", "in 2 h 10 min", "now", for people. */
char *report_wait(struct arena *arena, int64_t ms);

/* "451 4.2.0 text of the reply", without saying a code twice. */
char *report_reply(
    struct arena *arena, int code, const char *enhanced, const char *text);

#endif
