#ifndef STORE_STORE_RUNNER_H
#define STORE_STORE_RUNNER_H

/* Runners (processes that deliver) and alarms. Who lives is not known here:
   only the lock file that queue/ holds proves it. */

#include "store/store.h"

struct store_runner {
	int64_t id;
	const char *name; /* of its lock file */
	const char *kind; /* "send", "deliver" */
	int64_t pid;
	int64_t started_ms;
};

bool store_runner_add(struct store *store, const char *name, const char *kind,
    const char *host, int64_t pid, int64_t now, int64_t *ret_id,
    struct err *err) GM_MUST_CHECK;
/* Writes the row as it is: nothing changes, but it takes a disk that can be
   written. */
bool store_runner_touch(
    struct store *store, int64_t id, struct err *err) GM_MUST_CHECK;

bool store_runner_end(struct store *store, int64_t id, int64_t now,
    struct err *err) GM_MUST_CHECK;

/* Those that have not ended, oldest first. Outside a transaction too. */
bool store_runner_open(struct arena *arena, struct store *store,
    struct store_runner **ret_runners, size_t *ret_count,
    struct err *err) GM_MUST_CHECK;

/* Whether rows are in the hands of a runner. Outside a transaction too. */
bool store_runner_holds(struct store *store, int64_t id, bool *ret_holds,
    struct err *err) GM_MUST_CHECK;

/* What an operator must know: one open alarm per (kind, subject). Raising it
   again changes its text only. */
struct store_alarm {
	int64_t id;
	const char *kind;    /* "relay", "credentials", "store", "policy",
				"failures" */
	const char *subject; /* "mail.example:587" */
	const char *text;
	int64_t raised_ms;
};

bool store_runner_raise(struct store *store, const char *kind,
    const char *subject, const char *text, int64_t now,
    struct err *err) GM_MUST_CHECK;
bool store_runner_clear(struct store *store, const char *kind,
    const char *subject, int64_t now, struct err *err) GM_MUST_CHECK;

/* What ended by itself before anybody could be told, as a full disk: raised
   and cleared at once. */
bool store_runner_note(struct store *store, const char *kind,
    const char *subject, const char *text, int64_t now,
    struct err *err) GM_MUST_CHECK;

/* An alarm that the operator is to be told of: it is open (or was noted), and
   no other of this kind and subject was told since `since`; one that an
   operator clears (policy, failures) whenever it is raised. Outside a
   transaction too. */
bool store_runner_untold(struct arena *arena, struct store *store,
    int64_t since, struct store_alarm *ret_alarm, bool *ret_found,
    struct err *err) GM_MUST_CHECK;

/* Marks it as told; *ret_ours is false when somebody else has. What was over
   before it was told is not told any more. */
bool store_runner_tell(struct store *store, int64_t alarm, int64_t now,
    bool *ret_ours, struct err *err) GM_MUST_CHECK;

/* Open alarms, oldest first. Outside a transaction too. */
bool store_runner_alarms(struct arena *arena, struct store *store,
    struct store_alarm **ret_alarms, size_t *ret_count,
    struct err *err) GM_MUST_CHECK;

#endif
