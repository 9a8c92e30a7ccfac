#ifndef PUBLISH_CHECK_READERS_H
#define PUBLISH_CHECK_READERS_H

/* Within the room: what an issue is to its readers. */

#include "config/site.h"
#include "digest/material.h"
#include "publish/publish_check.h"
#include "store/store.h"

/* Tailors the issue for everybody who might get it, renders each digest once,
   and warns of stories that nobody gets, readers whom nothing concerns, and
   digests that are too large (an error where they cannot be sent). Counts
   readers and editions. Files are within the issue folder. */
bool check_readers(const struct site *site, struct store *store,
    const struct material *material, struct publish_findings *findings,
    struct err *err) GM_MUST_CHECK;

#endif
