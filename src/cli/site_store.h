#ifndef CLI_SITE_STORE_H
#define CLI_SITE_STORE_H

/* Opens the store where the configuration wants it. */

#include "config/site.h"
#include "store/store.h"

/* Where `init` puts the store, relative to the site. */
#define SITE_STORE_FIRST "sqlite:state/glocal-mail.db"

/* When the configuration names another file than `init` made, and there is
   none yet: moves the one of `init` there, for who replaces the configuration
   wants to lose nothing. Errors: those of store_move. */
bool site_store_move(const struct site *site, struct err *err) GM_MUST_CHECK;

/* Opens the site's store, moved there if need be. Errors: those of store_move
   and store_open. */
bool site_store_open(const struct site *site, struct store **ret_store,
    struct err *err) GM_MUST_CHECK;

#endif
