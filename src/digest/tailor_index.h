#ifndef DIGEST_TAILOR_INDEX_H
#define DIGEST_TAILOR_INDEX_H

/* Inside tailor: an issue made ready for many readers, looked up by word. */

#include <stdint.h>

#include "digest/tailor.h"

/* One article has one tag or country. */
struct mention {
	enum tailor_reason kind; /* TAILOR_TAG or TAILOR_COUNTRY */
	const char *value;
	uint32_t article;
	uint32_t
	    same; /* mentions of the same word from here on, this included */
};

/* One article is about one place. */
struct place {
	uint32_t article;
	const char *code;
	const char *prefecture; /* its code */
};

struct tailor {
	const struct issue *issue;
	size_t least; /* stories to fill up to */
	size_t most;  /* stories to cut at */
	bool skip_empty;
	struct tailoring_weights weights;
	struct mention
	    *mentions; /* sorted by kind, word, article; no doubles */
	size_t mention_count;
	struct place *places; /* sorted by article */
	size_t place_count;
};

/* The first mention of a word, NULL when no article has it. */
const struct mention *tailor_find_mention(
    const struct tailor *tailor, enum tailor_reason kind, const char *value);

#endif
