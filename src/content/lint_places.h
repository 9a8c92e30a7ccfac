#ifndef CONTENT_LINT_PLACES_H
#define CONTENT_LINT_PLACES_H

/* Town names that several towns have: a reader in one of them wants to know
   whether it is theirs. */

#include "content/lint.h"

/* Warns of each such name that a text has without saying which town it is, and
   of one whose code under `places` is not that of the prefecture it names. */
void lint_places(struct arena *arena, const struct lint_texts *texts,
    const struct content_files *files, const struct content_vocabulary *known,
    struct complaints *complaints);

#endif
