#ifndef DIGEST_EDITION_PROOF_H
#define DIGEST_EDITION_PROOF_H

/* What a template set must keep before anything is rendered with it. */

#include "base/complaints.h"
#include "digest/edition.h"

/* Renders a sample in each language and part and complains when
   splicing differs from rendering with the values themselves, or when the
   result lacks what the law asks for (Act 26/2002, article 4: sender, how to
   unsubscribe beside its link, address, contact), or when the HTML holds what
   mail programs distrust (scripts, forms, hidden text beyond a preheader). All
   that the first language shows to be wrong comes at once. */
void edition_proof(
    const struct edition_templates *templates, struct complaints *complaints);

#endif
