#ifndef CONFIG_SCAFFOLD_H
#define CONFIG_SCAFFOLD_H

/*
 * Makes the folder of a new site: glocal-mail.yaml, issues/, state/ (for its
 * owner alone); a sample site also gets the sample issues, tags.csv and
 * contacts.csv. Files alone: importing tags and contacts into the store is
 * the caller's next step.
 */

#include "base/arena.h"

/* Makes the site in `folder`, which may exist. Nothing that is there is
   overwritten: a folder that has glocal-mail.yaml or a sample file already
   is refused (ERR_CANT_CREATE) before anything is made. The configuration is
   written last, so a folder with it is a whole site. */
bool scaffold_site(
    const char *folder, bool sample, struct err *err) GM_MUST_CHECK;

#endif
