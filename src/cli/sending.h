#ifndef CLI_SENDING_H
#define CLI_SENDING_H

/*
 * What `send` and its dry run share. Planning, with what there is to complain
 * about printed. What follows once an issue is planned: delivers here, or looks
 * on while the service does and takes over when that ends before its time. (Two
 * that send here at once do no harm: leases keep them apart.) Shows the
 * progress meanwhile.
 */

#include "cli/keyring.h"
#include "deliver/deliver.h"
#include "publish/publish.h"
#include "report/report.h"

struct sending {
	struct command_run *run;
	const char *issue;
	struct keyring keyring;
	bool to_the_end; /* not only the first pass (--wait) */
};

/* As publish_plan and publish_replan; complaints are printed. */
bool sending_plan(const struct sending *sending,
    const struct publish_wish *wish, bool *ret_planned,
    struct publish_counts *ret_counts, struct err *err) GM_MUST_CHECK;
bool sending_replan(const struct sending *sending,
    const struct publish_wish *wish, struct publish_replanned *ret_counts,
    struct err *err) GM_MUST_CHECK;

/* The books of the issue now. */
bool sending_books(struct arena *arena, const struct sending *sending,
    struct report_books *ret_books, struct err *err) GM_MUST_CHECK;

/* True for finished and cancelled. */
bool sending_is_over(const struct report_books *books);

/* Options of a run of the pipeline for this command. */
struct deliver_options sending_options(const struct sending *sending);

/* Goes on with the issue until the pass, or everything, is done. Errors:
   ERR_TEMP when no relay takes mail from us, and those of deliver_run. */
bool sending_carry_on(
    const struct sending *sending, struct err *err) GM_MUST_CHECK;

#endif
