#ifndef UNICODE_UNICODE_H
#define UNICODE_UNICODE_H

/*
 * What Japanese text asks of a program beyond UTF-8: how wide it is, where a
 * line may break, what a reader sees as one character, which spellings are
 * the same, and how a domain in any script is written in ASCII. Takes and
 * returns UTF-8; malformed bytes count as one column each and are never
 * broken apart from their neighbours.
 */

#include "base/arena.h"

/* Columns on a terminal or in a plain-text mail: East Asian Wide and Fullwidth
   characters 2 (UAX #11), combining marks 0, a character sequence seen as one
   (an emoji with modifiers) at most 2, one shown as an emoji (U+FE0F) 2.
   Control characters 0. */
size_t unicode_width(const char *s);

/* The bytes of the longest beginning that is at most `columns` wide and ends
   between characters as a reader sees them; for tables. */
size_t unicode_fit(const char *s, size_t columns);

/* Breaks lines longer than `columns` where UAX #14 allows it, so that no 。or
   」 begins a line and no 「 ends one (kinsoku, a little stricter than UAX #14,
   and behind blanks too); lines already there stay.
   Never inside a URL ("https://", "http://", "mailto:" and the ASCII graphic
   characters behind it, without <>"), which may stick out. Trailing blanks
   go. Each line after a break begins with `indent`. */
char *unicode_fold(
    struct arena *arena, const char *text, size_t columns, const char *indent);

/* The byte offset behind the character that a reader sees at `s` (an extended
   grapheme cluster, UAX #29); 0 at the end of the text. */
size_t unicode_grapheme(const char *s);

/* NFKC: full-width letters and digits to ASCII, half-width kana to full-width;
   for comparing and searching. */
char *unicode_nfkc(struct arena *arena, const char *s);

/* A domain in any script as ASCII in lower case ("例え.example" becomes
   "xn--r8jz45g.example"), by IDNA2008 non-transitional (RFC 5891, UTS #46).
   Refuses what DNS or IDNA refuses. */
bool unicode_domain_to_ascii(struct arena *arena, const char *domain,
    char **ret_ascii, struct err *err) GM_MUST_CHECK;

#endif
