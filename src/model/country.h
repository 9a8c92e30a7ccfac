#ifndef MODEL_COUNTRY_H
#define MODEL_COUNTRY_H

/*
 * Countries and territories by their ISO 3166-1 alpha-2 code, with the short
 * names that readers see. Officially assigned codes alone: reserved and
 * user-assigned ones (EU, UK, XK) are not known.
 */

#include "base/text.h"
#include "model/subscriber.h"

/* True for two capitals that are assigned. */
bool country_known(const char *code);

/* "Greece", "ギリシャ"; NULL when the code is not known. */
const char *country_name(const char *code, enum language language);

/* The code that someone meant who wrote "gr", "Greece" or "ギリシャ"; NULL
   when there is none. For messages: "did you mean 'GR'?". */
const char *country_meant(const char *text);

/* As country_meant, or the one whose name is nearest to the text. */
const char *country_nearest(const char *text);

#endif
