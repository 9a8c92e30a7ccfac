#ifndef BASE_TRACE_H
#define BASE_TRACE_H

/* Where certain bytes are left behind: in files below a folder, or in their
   names. */

#include "base/arena.h"
#include "base/text.h"

/* Reads every file below `folder` (which may be a file itself) and gives the
   paths of those that hold one of `needles`, or have it in their path, in any
   case of ASCII letters; sorted. Links are not followed, and what vanishes
   meanwhile is passed over. Takes one MB, whatever the size of the files.
   Errors: ERR_NO_PERM, ERR_IO. */
bool trace_find(struct arena *arena, const char *folder,
    const struct text_list *needles, struct text_list *ret_paths,
    struct err *err) GM_MUST_CHECK;

#endif
