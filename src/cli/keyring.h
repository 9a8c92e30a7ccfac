#ifndef CLI_KEYRING_H
#define CLI_KEYRING_H

/* The keys of a site, opened together by the commands that compose mail: those
   of links and return paths, and those of DKIM. */

#include "cli/command.h"
#include "secret/secret.h"
#include "sign/sign.h"

struct keyring {
	struct secret_keys *site;
	struct sign *dkim; /* NULL: messages go unsigned */
};

/* False (ERR_NO_INPUT) when something was sent and the key that it was sent
   with is not there: a new one would disown all mail that is out. *ret_ever:
   something was sent. */
bool keyring_check_site_key(struct command_run *run, struct store *store,
    bool *ret_ever, struct err *err) GM_MUST_CHECK;

/* Opens them all, making the site key where there is none and nothing was
   composed with one yet: a lost one is refused (ERR_NO_INPUT). Warnings go to
   standard error. Errors as of secret_keys_open and sign_open. */
bool keyring_open(struct command_run *run, struct keyring *ret_keyring,
    struct err *err) GM_MUST_CHECK;
void keyring_close(struct keyring *keyring);

#endif
