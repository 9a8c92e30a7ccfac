#ifndef DIGEST_EDITION_PROOF_H
#define DIGEST_EDITION_PROOF_H

/* What a template set must keep before anything is rendered with it. */

#include "digest/edition.h"

struct edition_fault {
	const char *file;   /* "digest.html", "strings.ja.yaml" */
	const char *marker; /* that it is about; NULL: none */
	const char *word;   /* that it is about, as it stands in a file; NULL */
	const char *text;
	struct edition_fault *next;
};

/* Renders a sample in each language and part and gives what is wrong, NULL:
   nothing. Wrong is when splicing differs from rendering with the values
   themselves, when the result lacks what the law asks for (Act 26/2002,
   article 4: sender, how to unsubscribe beside its link, address, contact), or
   when the HTML holds what mail programs distrust (scripts, forms, hidden text
   beyond a preheader). All that the first language shows to be wrong comes at
   once. */
struct edition_fault *edition_proof(
    struct arena *arena, const struct edition_templates *templates);

#endif
