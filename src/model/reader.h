#ifndef MODEL_READER_H
#define MODEL_READER_H

/*
 * A subscriber as the digest sees one: what decides about the choice of
 * stories (shared by an edition), and the personal fields put in per message.
 */

#include "base/text.h"
#include "model/subscriber.h"

struct reader {
	enum language language;
	enum format format;
	const char *municipality;   /* six-digit code; "" when there is none */
	struct text_list tags;      /* sorted */
	struct text_list countries; /* sorted */
};

struct person {
	int64_t subscriber; /* id; 0 for someone who is no subscriber */
	const char *address;
	const char *name; /* "" when not known; so the next two */
	const char *organisation;
	const char *department;
};

/* What counts how much for the choice; 0: it is not considered. The first two
   are 0 or 1: who shares them comes first in any case. */
struct tailoring_weights {
	int municipality;
	int prefecture;
	int tag;     /* each one that is shared */
	int country; /* likewise */
};

/* The site's rules for choosing stories. */
struct tailoring {
	int max_articles; /* 0: no limit */
	int min_articles; /* filled up to, with leads, then in issue order */
	bool skip_empty;  /* one for whom nothing is relevant gets no mail */
	struct tailoring_weights weights; /* 1 each, unless configured */
};

#endif
