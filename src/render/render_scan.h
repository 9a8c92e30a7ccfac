#ifndef RENDER_RENDER_SCAN_H
#define RENDER_RENDER_SCAN_H

/* Templates read before ctemplate sees them, for what it does not tell:
   unknown markers, files and lines. Inside this room only. */

#include "base/complaints.h"
#include "render/render.h"

/* Complains about the markers of one file and about text that is not clean
   UTF-8. */
void render_scan_check(const struct render_file *file,
    const struct render_marker *known, size_t known_count,
    struct complaints *complaints);

/* Appends the file with its includes put in. Complains about includes that
   are not in the set or that lead back to themselves. */
void render_scan_assemble(const struct render_file *files, size_t count,
    const struct render_file *file, struct buf *out,
    struct complaints *complaints);

#endif
