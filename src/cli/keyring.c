#include "cli/keyring.h"

#include "people/site_keys.h"

static const char *
site_key_path(const struct command_run *run)
{
	return site_path(run->arena, run->site, "state/site.key");
}

bool
keyring_check_site_key(struct command_run *run, struct store *store,
    bool *ret_ever, struct err *err)
{
	return site_keys_check(store, site_key_path(run), ret_ever, err);
}

bool
keyring_open(
    struct command_run *run, struct keyring *ret_keyring, struct err *err)
{
	const struct site *site = run->site;
	struct complaints complaints = { 0 };
	struct keyring keyring;
	bool ok;

	if (!site_keys_open(run->store, site_key_path(run), &keyring.site, err))
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
