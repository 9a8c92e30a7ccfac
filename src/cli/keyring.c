#include "cli/keyring.h"

bool
keyring_open(
    struct command_run *run, struct keyring *ret_keyring, struct err *err)
{
	const struct site *site = run->site;
	struct complaints complaints = { 0 };
	struct keyring keyring;
	bool ok;

	if (!secret_keys_open(site_path(run->arena, site, "state/site.key"),
		true, &keyring.site, err))
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
