#ifndef DIGEST_EDITION_REASON_H
#define DIGEST_EDITION_REASON_H

/* The small line that tells a reader why a story was chosen. */

#include "digest/edition.h"
#include "digest/tailor.h"

/* "Because you follow: Tourism, Toyama Prefecture"; for a story that no
   interest chose the words for leads and fillers; "" when there is nothing to
   say (a reader who gets everything). */
char *edition_reason_line(struct arena *arena, const struct edition_input *in,
    const struct tailored_article *chosen);

#endif
