#ifndef CSV_CSV_SOURCE_H
#define CSV_CSV_SOURCE_H

/* Inside csv/: the text of a file as UTF-8, piece by piece, whatever its
   encoding; a byte order mark is left out. */

#include <stddef.h>

#include "csv/csv.h"

struct csv_source;

/* Opens a regular file; CSV_DETECT looks through all of it first. */
bool csv_source_open(const char *path, enum csv_encoding encoding,
    csv_watch_fn *watch, void *context, struct csv_source **ret_source,
    struct err *err) GM_MUST_CHECK;
void csv_source_close(struct csv_source *source); /* NULL is allowed */

/* Puts the next piece of at most `room` (at least 1 KB) bytes there;
   *ret_count is 0 at the end only. UTF-8 is not looked at. A fault of another
   encoding (ERR_DATA) comes when all before it was given out. */
bool csv_source_read(struct csv_source *source, char *bytes, size_t room,
    size_t *ret_count, struct err *err) GM_MUST_CHECK;

enum csv_encoding csv_source_encoding(const struct csv_source *source);

/* Bytes of the file read so far, and all. */
void csv_source_progress(
    const struct csv_source *source, size_t *ret_done, size_t *ret_all);

#endif
