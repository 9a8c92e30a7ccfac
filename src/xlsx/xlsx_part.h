#ifndef XLSX_XLSX_PART_H
#define XLSX_XLSX_PART_H

/* Inside xlsx/: one XML part of the package, read piece by piece. */

#include <expat.h>
#include <zip.h>

#include "base/err.h"

struct xlsx_part;

/* Is told what a part is made of. Names come without their prefix. Each may
   call xlsx_part_refuse or xlsx_part_pause. `end` and `text` may be NULL. */
struct xlsx_handler {
	void (*start)(struct xlsx_part *part, void *context, const char *name,
	    const char **attributes);
	void (*end)(struct xlsx_part *part, void *context, const char *name);
	void (*text)(struct xlsx_part *part, void *context, const char *bytes,
	    size_t count);
	void *context;
};

/* Opens a part by its name in the package; *ret_part is NULL when there is
   none. At most `most` bytes are unpacked. */
bool xlsx_part_open(zip_t *zip, const char *name, zip_uint64_t most,
    const struct xlsx_handler *handler, struct xlsx_part **ret_part,
    struct err *err) GM_MUST_CHECK;
void xlsx_part_close(struct xlsx_part *part); /* NULL is allowed */

/* Reads until a handler pauses, or to the end (*ret_more is false). */
bool xlsx_part_read(
    struct xlsx_part *part, bool *ret_more, struct err *err) GM_MUST_CHECK;

/* Opens, reads to the end, closes. *ret_there: whether there is such a part. */
bool xlsx_part_walk(zip_t *zip, const char *name, zip_uint64_t most,
    const struct xlsx_handler *handler, bool *ret_there,
    struct err *err) GM_MUST_CHECK;

/* From a handler: nothing more is to be read; `why` is a literal. */
void xlsx_part_refuse(struct xlsx_part *part, const char *why);
void xlsx_part_pause(struct xlsx_part *part);

/* The value of an attribute by its name without prefix; NULL: there is none. */
const char *xlsx_part_attribute(const char **attributes, const char *name);

#endif
