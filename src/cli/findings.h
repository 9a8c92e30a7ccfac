#ifndef CLI_FINDINGS_H
#define CLI_FINDINGS_H

/* What a check found, as editors and people read it. */

#include <stdio.h>

#include "base/arena.h"
#include "base/complaints.h"

/* Puts them in order, and gives what is said of a file as a whole its first
   line. */
void findings_sort(struct complaints *complaints);

/* One a line: "file:line:column: severity: text", or a JSON object with these
   five. */
void findings_print(
    const struct complaints *complaints, bool as_json, FILE *out);

/* "2 errors, 1 warning" */
char *findings_count(struct arena *arena, const struct complaints *complaints);

#endif
