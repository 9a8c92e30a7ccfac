/* A file with front matter: each kind of value is asked for. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content/front.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	static const bool wanted[LANGUAGES] = { true, true };
	struct arena *arena = arena_new();
	struct complaints complaints = { 0 };
	struct front front;
	const char *texts[LANGUAGES];

	if (front_read(arena, "f.md", (const char *)bytes, count, &complaints,
		&front)) {
		FUZZ_DEMAND(strlen(front_text(&front, front.root, "title",
				true)) <= FRONT_LONGEST);
		front_texts(&front, "subject", wanted, true, texts);
		for (int i = 0; i < LANGUAGES; i++)
			FUZZ_DEMAND(strlen(texts[i]) <= FRONT_LONGEST);
		front_words(&front, "tags");
		FUZZ_DEMAND(
		    front_number(&front, "max_articles", 100, 7) <= 100);
		front_flag(&front, "lead");
		FUZZ_DEMAND(strchr(front.body, '\r') == NULL);
		FUZZ_DEMAND(front.body_line > 0);
	} else {
		FUZZ_DEMAND(complaints.errors > 0);
	}
	complaints_clear(&complaints);
	arena_free(arena);
	return 0;
}
