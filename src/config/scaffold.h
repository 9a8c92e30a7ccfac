#ifndef CONFIG_SCAFFOLD_H
#define CONFIG_SCAFFOLD_H

/*
 * Makes the folder of a new site: issues/, state/ (for its owner alone), and
 * glocal-mail.yaml; a sample site also gets the sample issues, tags.csv and
 * contacts.csv. Files alone: the store is the caller's, who fills it between
 * the two steps. The configuration is written last, so that a folder with it
 * is a whole site, and what was broken off can be repeated.
 */

#include "base/arena.h"

/* Makes the site in `folder`, which may exist, without its configuration.
   Nothing that is there is overwritten: a sample file that is there with
   another content is refused (ERR_CANT_CREATE) before anything is made. */
bool scaffold_files(
    const char *folder, bool sample, struct err *err) GM_MUST_CHECK;

/* The folder state/ alone, where it is missing. */
bool scaffold_state(const char *folder, struct err *err) GM_MUST_CHECK;

/* Writes glocal-mail.yaml. */
bool scaffold_configuration(
    const char *folder, bool sample, struct err *err) GM_MUST_CHECK;

#endif
