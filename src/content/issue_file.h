#ifndef CONTENT_ISSUE_FILE_H
#define CONTENT_ISSUE_FILE_H

/* issue.md: what an issue says of itself, and the editor's greeting. */

#include "content/content.h"

/* Fills everything of `issue` but id and articles. False when nothing of it
   is of use; either way it complained. */
bool issue_file_read(struct arena *arena, const struct content_file *source,
    bool check_markdown, struct complaints *complaints, struct issue *issue);

#endif
