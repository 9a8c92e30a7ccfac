#ifndef STORE_STORE_PURGE_H
#define STORE_STORE_PURGE_H

/*
 * Taking out personal data that was kept long enough. What is not personal
 * stays: deliveries and attempts with their states, times and codes, changes
 * with their seals, reports with what they did. Suppressions and erased
 * addresses stay for ever. Each step is a transaction's worth of rows, to be
 * called until *ret_count is 0; with `dry_run` all rows are counted at once.
 * Dry runs need no transaction, the others one of store_begin_as.
 */

#include "store/store_history.h"

/* Addresses, names, organisations and departments in deliveries of mailings
   that ended before `before`, and addresses and bytes of notices that did. */
bool store_purge_deliveries(struct store *store, int64_t before, bool dry_run,
    int64_t *ret_count, struct err *err) GM_MUST_CHECK;
bool store_purge_notices(struct store *store, int64_t before, bool dry_run,
    int64_t *ret_count, struct err *err) GM_MUST_CHECK;

/* What servers said before then, of deliveries and notices that are not open.
 */
bool store_purge_attempts(struct store *store, int64_t before, bool dry_run,
    int64_t *ret_count, struct err *err) GM_MUST_CHECK;

/* What changes said that were made before then, and from which files. */
bool store_purge_changes(struct store *store, int64_t before, bool dry_run,
    int64_t *ret_count, struct err *err) GM_MUST_CHECK;
bool store_purge_acts(struct store *store, int64_t before, bool dry_run,
    int64_t *ret_count, struct err *err) GM_MUST_CHECK;

/* Consent of whoever is neither on the list nor asked to confirm, when both the
   event and the last mail to them are older. */
bool store_purge_consents(struct store *store, int64_t before, bool dry_run,
    int64_t *ret_count, struct err *err) GM_MUST_CHECK;

/* Contacts who were asked to confirm before then and did not; they are erased
   as store_person_erase does it, so that they may come anew. Who is suppressed
   stays. */
bool store_purge_pending(struct store *store, int64_t before, bool dry_run,
    int64_t *ret_count, struct err *err) GM_MUST_CHECK;

/* Whom reports were about, and what they said. */
bool store_purge_reports(struct store *store, int64_t before, bool dry_run,
    int64_t *ret_count, struct err *err) GM_MUST_CHECK;

#endif
