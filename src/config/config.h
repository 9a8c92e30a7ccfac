#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

/*
 * The configuration as a file to start from, printed from the table of
 * options so that it explains every option there is: config/glocal-mail.yaml
 * of the source tree, and the file of a new site.
 */

#include <stdio.h>

/* Every option with its comment. What has a default stands commented out;
   what must be filled in stands there empty. */
void config_print_example(FILE *out);

/* The same with the values of a sample site: complete, under .example, its
   relay a server on this host (smtp://127.0.0.1:2525). */
void config_print_sample(FILE *out);

#endif
