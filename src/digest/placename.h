#ifndef DIGEST_PLACENAME_H
#define DIGEST_PLACENAME_H

/*
 * Names of places for readers of either language. The register knows Japanese
 * names with their kana; the English form is made of these: Hepburn letters
 * without marks for long vowels, and the kind of place behind ("Toyama
 * Prefecture", "Sumida City", "Misato Town").
 */

#include "base/arena.h"
#include "model/subscriber.h"

/* `name` and `kana` as in the register ("島根県", "しまねけん"). For a ward of
   a designated city `city_kana` is the city's kana ("さっぽろし"), else "". In
   Japanese the name itself; in English the name in Latin letters, or the
   Japanese one where the kana do not fit it. */
char *placename(struct arena *arena, const char *name, const char *kana,
    const char *city_kana, enum language language);

/* Kana in Latin letters ("しまね": "shimane"); NULL when it holds anything
   but kana. */
char *placename_romanise(struct arena *arena, const char *kana);

#endif
