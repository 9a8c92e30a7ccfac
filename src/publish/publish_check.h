#ifndef PUBLISH_PUBLISH_CHECK_H
#define PUBLISH_PUBLISH_CHECK_H

/*
 * An issue before it is sent, with an editor's eyes: all that `send` would
 * refuse or that readers would see to be wrong (errors), and all that somebody
 * would wish to have known (warnings), each with its place, in one run. Looks
 * at the issue's files, the templates, and at every digest that the audience
 * would get. Changes nothing but caches.
 */

#include "base/complaints.h"
#include "config/site.h"
#include "store/store.h"

struct publish_findings {
	struct complaints complaints; /* files as seen from the site */
	int64_t readers;  /* counted where the issue has no errors */
	int64_t editions; /* different digests among theirs */
	int64_t links;    /* asked for */
};

/* `links`: asks whether the pages behind the links are there. False when there
   is no such issue, or it cannot be looked at; what is wrong with it is in the
   findings. */
bool publish_check(const struct site *site, struct store *store,
    const char *issue, bool links, struct publish_findings *ret_findings,
    struct err *err) GM_MUST_CHECK;
void publish_findings_clear(struct publish_findings *findings);

#endif
