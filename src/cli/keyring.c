#include "cli/keyring.h"

#include "base/file.h"
#include "store/store_mailing.h"

static const char *
site_key_path(const struct command_run *run)
{
	return site_path(run->arena, run->site, "state/site.key");
}

bool
keyring_check_site_key(struct command_run *run, struct store *store,
    bool *ret_ever, struct err *err)
{
	const char *path = site_key_path(run);

	if (!store_mailing_ever(store, ret_ever, err))
		return false;
	return !*ret_ever || file_exists(path) ||
	       err_set(err, ERR_NO_INPUT,
		   "the site key %s is gone: without it the unsubscribe links "
		   "and bounces of all mail sent so far mean nothing; put it "
		   "back from the backup",
		   path);
}

static bool
open_site_key(
    struct command_run *run, struct secret_keys **ret_keys, struct err *err)
{
	bool ever;

	return keyring_check_site_key(run, run->store, &ever, err) &&
	       secret_keys_open(site_key_path(run), !ever, ret_keys, err);
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
