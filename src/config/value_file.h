#ifndef CONFIG_VALUE_FILE_H
#define CONFIG_VALUE_FILE_H

/* Values that name files: readers of value.c's table. */

#include "config/value.h"

/* A zone of /usr/share/zoneinfo, as it is written. */
bool value_read_timezone(const struct value *value, void *target);

/* The path of a file that can be read. */
bool value_read_file(const struct value *value, void *target);

/* What one line of a file says: of the site's, or of a systemd credential;
   nobody else on the machine may read it. */
bool value_read_secret(const struct value *value, void *target);

#endif
