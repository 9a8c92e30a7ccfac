#ifndef MODEL_MUNICIPALITY_H
#define MODEL_MUNICIPALITY_H

/*
 * Local-government codes (JIS X 0401/0402, as the ministry of internal affairs
 * publishes them): two digits prefecture 01-47, three digits municipality
 * (000: the prefecture itself), one check digit. Arithmetic only; the
 * register of names is data (config/municipalities.csv).
 */

#include "base/err.h"

enum { MUNICIPALITY_CODE_BYTES = 7 }; /* six digits and a NUL */

/* The check digit ('0' to '9') that belongs behind five digits. */
char municipality_check_digit(const char *five_digits);

/* True for six digits with a prefecture that exists and a check digit that
   holds. */
bool municipality_code_holds(const char *code);

/* Reads a code as spreadsheets leave it: six digits; five, when a leading zero
   was lost or the check digit is missing; four, when both. A five-digit code
   that can be read both ways is refused, with both readings in the error. */
bool municipality_code_parse(const char *text,
    char ret_code[MUNICIPALITY_CODE_BYTES], struct err *err) GM_MUST_CHECK;

/* The code of the prefecture that `code` lies in ("324485": "320005"). */
void municipality_prefecture(
    const char *code, char ret_code[MUNICIPALITY_CODE_BYTES]);

/* True when `code` is a prefecture itself. */
bool municipality_is_prefecture(const char *code);

#endif
