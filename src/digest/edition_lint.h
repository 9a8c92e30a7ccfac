#ifndef DIGEST_EDITION_LINT_H
#define DIGEST_EDITION_LINT_H

/*
 * The templates, words and theme of the digests, judged with their places
 * (template_lint.h): all that edition_templates_new would refuse, and words
 * and colours that a reader would see to be wrong.
 */

#include "base/complaints.h"
#include "digest/template_folder.h"

void edition_lint(
    const struct template_folder *folder, struct complaints *complaints);

#endif
