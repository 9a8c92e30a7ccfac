#ifndef PUBLISH_PUBLISH_COMPARE_H
#define PUBLISH_PUBLISH_COMPARE_H

/* An issue as two readers would get it today, side by side. */

#include "publish/publish_preview.h"

struct publish_view {
	struct publish_reader reader;
	struct tailored tailored;
	const char *subject;  /* "" when there is no mail */
	const char *greeting; /* the line that addresses the reader; likewise */
};

/* Both views belong to *ret_issue. Errors: those of publish_explain. */
bool publish_compare(struct arena *arena, const struct site *site,
    struct store *store, const char *issue, const char *const addresses[2],
    struct complaints *complaints, const struct issue **ret_issue,
    struct publish_view ret_views[2], struct err *err) GM_MUST_CHECK;

#endif
