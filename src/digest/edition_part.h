#ifndef DIGEST_EDITION_PART_H
#define DIGEST_EDITION_PART_H

/* Parts with holes: markers of noncharacters that stand for personal fields
   while templates are expanded, and the cut at them. */

#include "digest/edition.h"

/* What stands for the field in an expansion: U+FDD0, a digit, U+FDD1. */
const char *edition_part_mark(enum personal personal);

/* Cuts the bytes at the marks. Segments point into `bytes`. ERR_DATA when a
   noncharacter is there that is no mark. */
bool edition_part_cut(struct arena *arena, const char *bytes, size_t count,
    struct edition_part *ret_part, struct err *err) GM_MUST_CHECK;

#endif
