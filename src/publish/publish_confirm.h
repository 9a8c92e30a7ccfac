#ifndef PUBLISH_PUBLISH_CONFIRM_H
#define PUBLISH_PUBLISH_CONFIRM_H

/* Asking a contact that is pending to confirm (people/people_confirm.h). */

#include "config/site.h"
#include "secret/secret.h"
#include "sign/sign.h"
#include "store/store.h"

/* Queues the mail as a notice; whoever delivers sends it. *ret_valid_to_ms is
   the end of its link. Errors: ERR_NO_USER, ERR_DATA (not pending, suppressed,
   a template that is wrong). */
bool publish_confirm(const struct site *site, struct store *store,
    const struct secret_keys *keys, const struct sign *sign,
    const char *address, int64_t *ret_valid_to_ms,
    struct err *err) GM_MUST_CHECK;

#endif
