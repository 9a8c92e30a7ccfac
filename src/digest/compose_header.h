#ifndef DIGEST_COMPOSE_HEADER_H
#define DIGEST_COMPOSE_HEADER_H

/* Inside digest/: the fields of a message, but those of MIME and signatures.
   What the readers of an edition share of them is written once. */

#include "base/buf.h"
#include "digest/compose.h"
#include "people/links.h"

struct compose_header {
	bool one_click;     /* leaving takes one click (RFC 8058) */
	int utc_offset_min; /* of Date */
	const char *letter; /* between Date and To */
	bool personal;      /* the subject is not among these */
	const char *list;   /* behind List-Unsubscribe */
	size_t letter_count;
	size_t list_count;
};

/* Writes the shared fields. ERR_DATA: one of them cannot be written. */
bool compose_header_prepare(struct arena *arena,
    const struct compose_mailing *mailing, const struct edition *edition,
    struct compose_header *ret_header, struct err *err) GM_MUST_CHECK;

/* Appends all fields of one message; `address` is the reader's, quoted;
   `subject` is looked at where it is personal. Errors (ERR_DATA): a control
   character or malformed UTF-8 in name or subject. */
bool compose_header_write(struct arena *arena,
    const struct compose_header *header, const struct links_of_reader *links,
    const char *name, const char *address, const char *subject, int64_t date_ms,
    struct buf *out, struct err *err) GM_MUST_CHECK;

#endif
