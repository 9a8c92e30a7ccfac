#ifndef PUBLISH_PUBLISH_APPROVAL_H
#define PUBLISH_PUBLISH_APPROVAL_H

/*
 * A second person looks at an issue before it goes. An approval binds to the
 * content: articles, pictures, templates, words for tags and places, who sends
 * and how stories are chosen, as planning freezes them (digest/material.h). A
 * changed comma needs a new one. Not part of it are the keys that sign, the
 * time zone's offset of the day, and who the readers are.
 *
 * It counts for a run of `send` when somebody else gave it than the one who
 * sends; who that is the system's user name tells (people_operator), so it is
 * as good as the accounts of the host.
 */

#include "base/complaints.h"
#include "config/site.h"
#include "digest/material.h"
#include "store/store.h"
#include "store/store_approval.h"

/* How the approvals of an issue fit a content. */
enum publish_consent {
	PUBLISH_APPROVED,     /* by another than the one who sends */
	PUBLISH_NOT_APPROVED, /* nobody has, or it was withdrawn */
	PUBLISH_CHANGED,      /* another content was approved */
	PUBLISH_SAME_PERSON,  /* only by the one who sends */
};

struct publish_verdict {
	enum publish_consent consent;
	const char *by;      /* who approved; "" for PUBLISH_NOT_APPROVED */
	int64_t at_ms;       /* when; 0 likewise */
	const char *changes; /* "a changed, b is new, c is gone"; "" for none */
};

/* Approves the issue as it stands in its folder; *ret_new is false when this
   person has approved the same already. Complaints, if any, are about the
   issue: one with faults is not approved. */
bool publish_approve(const struct site *site, struct store *store,
    const char *issue, const char *operator, struct complaints * complaints,
    bool *ret_new, struct err *err) GM_MUST_CHECK;

/* The approvals of an issue, and how they fit what would be planned now, if
   `operator` sent it. */
bool publish_approvals(struct arena *arena, const struct site *site,
    struct store *store, const char *issue, const char *operator,
    struct complaints * complaints, struct store_approvals *ret_list,
    struct publish_verdict *ret_verdict, struct err *err) GM_MUST_CHECK;

/* The verdict on files at hand. */
bool publish_approval_judge(struct arena *arena, struct store *store,
    const char *issue, const struct material_files *files, const char *operator,
    struct publish_verdict * ret_verdict, struct err *err) GM_MUST_CHECK;

/* Refuses, with one line that says why (ERR_NO_PERM), unless the verdict is
   PUBLISH_APPROVED. */
bool publish_approval_demand(struct store *store, const char *issue,
    const struct material_files *files, const char *operator,
    struct err * err) GM_MUST_CHECK;

/* The line of a verdict, without the issue. */
const char *publish_approval_text(struct arena *arena, const char *issue,
    const struct publish_verdict *verdict);

/* Withdraws what stands. ERR_NO_INPUT: nothing does. */
bool publish_approval_withdraw(struct store *store, const char *issue,
    const char *operator, int64_t * ret_count, struct err *err) GM_MUST_CHECK;

#endif
