#ifndef PEOPLE_PEOPLE_HAND_OVER_H
#define PEOPLE_PEOPLE_HAND_OVER_H

/*
 * Officials rotate every April, and a new address takes over the work of an
 * old one. What belongs to the office passes on: organisation, department,
 * municipality, language, format, interests. What belongs to the person does
 * not: the name, and consent in any form. So the successor has the basis that
 * is given, with its evidence, or none and gets no mail until there is one.
 * The one exception is `published`: it rests on what the office itself
 * publishes, not on a person. The predecessor is removed and keeps the history.
 */

#include "people/people.h"

struct people_hand_over {
	const char *from;
	const char *to;
	const char *name;     /* of the successor; NULL: not known */
	const char *basis;    /* NULL: published passes on, nothing else */
	const char *evidence; /* needed with a basis but `none`; else NULL */
	struct people_author author;
};

struct people_handed_over {
	enum basis basis; /* of the successor */
	bool revived;     /* the successor had been a subscriber before */
	size_t interests; /* tags and countries */
	int64_t skipped;  /* mails that waited for the predecessor */
};

/* Hands over, in one transaction. Errors: ERR_NO_USER (no such predecessor),
   ERR_DATA (the predecessor is no active subscriber, the successor is one
   already, is suppressed, or is no address to write to), ERR_USAGE (no such
   basis, evidence is missing). */
bool people_hand_over(struct store *store,
    const struct people_hand_over *hand_over,
    struct people_handed_over *ret_handed_over, struct err *err) GM_MUST_CHECK;

#endif
