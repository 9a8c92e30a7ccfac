#ifndef PUBLISH_PUBLISH_PREVIEW_H
#define PUBLISH_PUBLISH_PREVIEW_H

/*
 * An issue as one reader would get it today, as files to look at:
 * digest.html with the pictures beside it, digest.txt, and digest.eml, the
 * message itself. And why the reader would get these stories.
 */

#include "base/complaints.h"
#include "config/site.h"
#include "digest/tailor.h"
#include "publish/publish.h"
#include "secret/secret.h"
#include "sign/sign.h"
#include "store/store.h"

/* Writes the files into `folder`, which is made; *ret_paths names them. A
   reader of plain text gets no digest.html; one of before goes. ERR_DATA when
   the reader would get no mail at all. */
bool publish_preview(struct arena *arena, const struct site *site,
    struct store *store, const struct secret_keys *keys,
    const struct sign *sign, const char *issue, const char *address,
    const char *folder, struct complaints *complaints,
    struct text_list *ret_paths, struct err *err) GM_MUST_CHECK;

/* The choice for a reader; *ret_issue belongs to it. */
bool publish_explain(struct arena *arena, const struct site *site,
    struct store *store, const char *issue, const char *address,
    struct complaints *complaints, struct publish_reader *ret_reader,
    const struct issue **ret_issue, struct tailored *ret_tailored,
    struct err *err) GM_MUST_CHECK;

#endif
