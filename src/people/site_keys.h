#ifndef PEOPLE_SITE_KEYS_H
#define PEOPLE_SITE_KEYS_H

/* The site's own keys, by which links and erased addresses are known. */

#include "secret/secret.h"
#include "store/store.h"

/* ERR_NO_INPUT when something was made with a key, and the file is gone.
 *ret_ever says whether something was. */
bool site_keys_check(struct store *store, const char *path, bool *ret_ever,
    struct err *err) GM_MUST_CHECK;

/* Opens them, making the first where there is none and nothing was made with
   one yet: a lost one is refused (ERR_NO_INPUT). Errors as of
   secret_keys_open. */
bool site_keys_open(struct store *store, const char *path,
    struct secret_keys **ret_keys, struct err *err) GM_MUST_CHECK;

#endif
