#ifndef PEOPLE_PEOPLE_CONSENT_H
#define PEOPLE_PEOPLE_CONSENT_H

/* The record of who agreed to what. */

#include "people/people.h"

/* Puts an event on record that happens now, in the transaction that is open:
   the basis of `row`, or its end; of who is pending, that it was requested.
   given: the address as it was given. */
bool people_consent_record(struct store *store,
    const struct store_subscriber *row, const char *given, bool withdrawn,
    const struct people_withdrawal *how, struct err *err) GM_MUST_CHECK;

#endif
