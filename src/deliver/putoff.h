#ifndef DELIVER_PUTOFF_H
#define DELIVER_PUTOFF_H

/*
 * Inside deliver/: whom a relay puts off while it takes others. A 4xx to MAIL
 * is mostly about us all, and no attempt of that reader (relays.h). Where the
 * same message meets it again and again while others pass, it is about that
 * message: its size, or what stands in its return path. Remembers the last few
 * alone.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PUTOFFS = 64 };

struct putoff {
	struct putoff_row {
		int64_t id;
		bool is_notice;
		int times;      /* put off although others had passed */
		uint64_t taken; /* of `taken` when it was put off last */
	} rows[PUTOFFS];
	size_t count;
	size_t next;    /* the row that is overwritten next when all are used */
	uint64_t taken; /* messages that relays took */
};

/* A relay took a message. */
void putoff_taken(struct putoff *putoff);

/* This one was put off. True when that is about itself: for the third time,
   and others were taken each time between. */
bool putoff_is_own(struct putoff *putoff, int64_t id, bool is_notice);

#endif
