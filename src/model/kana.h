#ifndef MODEL_KANA_H
#define MODEL_KANA_H

/* Hiragana in Latin letters, by Hepburn. What lengthens a vowel or doubles a
   consonant (っ) is the caller's to see. */

#include <stddef.h>

/* The letters of the syllable that stands at the front of `count` bytes of
   kana, such as "kyo" for きょ, and its bytes; NULL when there is none. */
const char *kana_syllable(const char *kana, size_t count, size_t *ret_bytes);

#endif
