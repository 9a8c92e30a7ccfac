#include "people/site_keys.h"

#include "base/file.h"
#include "store/store_mailing.h"

bool
site_keys_check(
    struct store *store, const char *path, bool *ret_ever, struct err *err)
{
	if (!store_mailing_ever(store, ret_ever, err))
		return false;
	return !*ret_ever || file_exists(path) ||
	       err_set(err, ERR_NO_INPUT,
		   "the site key %s is gone: without it the unsubscribe links "
		   "and bounces of all mail sent so far mean nothing, and "
		   "erased addresses are not recognised; put it back from the "
		   "backup",
		   path);
}

/* A new key in the place of a lost one would disown all mail that is out. */
bool
site_keys_open(struct store *store, const char *path,
    struct secret_keys **ret_keys, struct err *err)
{
	bool ever;

	return site_keys_check(store, path, &ever, err) &&
	       secret_keys_open(path, !ever, ret_keys, err);
}
