#ifndef DIGEST_EDITION_PAGE_H
#define DIGEST_EDITION_PAGE_H

/* Fills the dictionaries of a digest and expands its templates. */

#include "digest/edition.h"

/* Stands in an address for "cid:", which the template engine would not let
   through; no content can hold it. */
#define EDITION_PAGE_INSIDE "\ufdd2"

/* Appends the whole part with `personal` in the places of the personal fields
   (marks, or values for the proof). The text is not folded yet. */
bool edition_page(const struct edition_input *in, bool html,
    const char *const personal[PERSONALS], struct buf *out,
    struct err *err) GM_MUST_CHECK;

#endif
