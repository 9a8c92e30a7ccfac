#ifndef STORE_STORE_APPROVAL_H
#define STORE_STORE_APPROVAL_H

/* Who approved which content of an issue. Rows are never taken out; one that
   was withdrawn says so. Reading is allowed outside a transaction too. */

#include "base/text.h"
#include "store/store.h"

struct store_approval {
	int64_t id;
	const char *issue;
	unsigned char sha256[32]; /* of the manifest */
	const char *manifest;     /* what was approved, file by file */
	const char *operator;
	int64_t at_ms;
	int64_t withdrawn_ms; /* 0: it stands */
	const char *withdrawn_by;
};

struct store_approvals {
	struct store_approval *items;
	size_t count;
};

/* Of `approval` all but id and withdrawal counts. */
bool store_approval_add(struct store *store,
    const struct store_approval *approval, struct err *err) GM_MUST_CHECK;

/* Those of an issue, newest first. */
bool store_approval_list(struct arena *arena, struct store *store,
    const char *issue, struct store_approvals *ret_list,
    struct err *err) GM_MUST_CHECK;

/* Withdraws all of an issue that stand. */
bool store_approval_withdraw(struct store *store, const char *issue,
    const char *operator, int64_t now, int64_t *ret_count,
    struct err *err) GM_MUST_CHECK;

#endif
