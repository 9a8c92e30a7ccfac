#ifndef PEOPLE_PEOPLE_NEAR_H
#define PEOPLE_PEOPLE_NEAR_H

/* Finds people who seem to be in a file or in the store twice: the same name,
   organisation and municipality, widths, case and blanks aside, under two
   addresses. Names
   that more than a few share are those of desks, and say nothing. */

#include "base/complaints.h"
#include "store/store_subscriber.h"

struct people_near;

struct people_near *people_near_new(void);
void people_near_free(struct people_near *near); /* NULL is allowed */

/* Notes a line of the file; `fresh`: the store does not know its address.
   Twelve bytes each. */
void people_near_add(struct people_near *near,
    const struct store_subscriber *contact, size_t line, bool fresh);

/* After the last line: warns of pairs within the file, and of fresh lines
   whose name an active subscriber has that is not in the file. `is_in_file`
   tells by the address. */
bool people_near_report(struct people_near *near, struct store *store,
    const char *file, bool (*is_in_file)(const char *key, void *context),
    void *context, struct complaints *complaints,
    struct err *err) GM_MUST_CHECK;

#endif
