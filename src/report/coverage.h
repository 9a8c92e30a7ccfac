#ifndef REPORT_COVERAGE_H
#define REPORT_COVERAGE_H

/*
 * Which municipalities of the register have nobody who may be mailed (active,
 * with a basis, not suppressed). A prefecture's own office is one of them; the
 * wards of a designated city are not: their contacts are the city's. What was
 * merged into another municipality is left out.
 */

#include <stdio.h>

#include "store/store.h"

/* A line for each prefecture, and the sum: municipalities, how many have
   someone, how many nobody. JSON: an object a line for each prefecture:
   prefecture, code, municipalities, reachable, missing (codes). */
bool coverage_print(
    struct store *store, bool json, FILE *out, struct err *err) GM_MUST_CHECK;

/* The municipalities without anyone in one prefecture, by the first two digits
   of its codes, and whom they have who may not be mailed. JSON: an object a
   line: code, prefecture, name, contacts, inactive, without_basis, suppressed.
 */
bool coverage_print_missing(struct store *store, const char *digits, bool json,
    FILE *out, struct err *err) GM_MUST_CHECK;

#endif
