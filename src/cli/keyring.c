#include "cli/keyring.h"

#include "base/file.h"
#include "store/store_mailing.h"

/* A new key in the place of a lost one would disown all mail that is out. */
static bool
open_site_key(
    struct command_run *run, struct secret_keys **ret_keys, struct err *err)
{
	const char *path = site_path(run->arena, run->site, "state/site.key");
	bool ever;

	if (!store_mailing_ever(run->store, &ever, err))
		return false;
	if (ever && !file_exists(path))
		return err_set(err, ERR_NO_INPUT,
		    "the site key %s is gone: without it the unsubscribe links "
		    "and bounces of all mail sent so far mean nothing; put it "
		    "back from the backup",
		    path);
	return secret_keys_open(path, !ever, ret_keys, err);
}

bool
keyring_open(
    struct command_run *run, struct keyring *ret_keyring, struct err *err)
{
	const struct site *site = run->site;
	struct complaints complaints = { 0 };
	struct keyring keyring;
	bool ok;

	if (!open_site_key(run, &keyring.site, err))
		return false;
	ok = sign_open(
	    site->dkim_keys, site->dkim_count, &complaints, &keyring.dkim, err);
	complaints_print(&complaints, stderr);
	complaints_clear(&complaints);
	if (!ok) {
		secret_keys_free(keyring.site);
		return false;
	}
	*ret_keyring = keyring;
	return true;
}

void
keyring_close(struct keyring *keyring)
{
	secret_keys_free(keyring->site);
	sign_free(keyring->dkim);
}
