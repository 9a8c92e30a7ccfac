#ifndef PEOPLE_PEOPLE_PLACE_H
#define PEOPLE_PEOPLE_PLACE_H

/*
 * Places as people name them: by code, by Japanese name, by the name in Latin
 * letters; and what became of those that were merged into another.
 */

#include "base/complaints.h"
#include "base/text.h"
#include "model/municipality.h"
#include "store/store.h"

enum { PEOPLE_PLACE_PREFECTURE_BYTES = 3 }; /* two digits and a NUL */

/* The first two digits of the codes in a prefecture: of "島根県", "島根",
   "Shimane", "32" or its code. ERR_USAGE, with the nearest, when there is no
   such prefecture. */
bool people_place_prefecture(struct arena *arena, struct store *store,
    const char *text, char ret_digits[PEOPLE_PLACE_PREFECTURE_BYTES],
    struct err *err) GM_MUST_CHECK;

/* The code of a municipality, or of a prefecture's own office: of its code,
   "美郷町", "島根県美郷町" or "Misato-cho". One that was merged gives the one
   it is part of now. ERR_USAGE when there is none, with the nearest, and when
   there are several, with their codes. A code that holds need not be in the
   register. */
bool people_place_municipality(struct arena *arena, struct store *store,
    const char *text, char ret_code[MUNICIPALITY_CODE_BYTES],
    struct err *err) GM_MUST_CHECK;

#endif
