/* Addresses as people write them: what is accepted is accepted again as the
   same, is safe in a command, and is never taken for a slip of itself. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "model/address_slip.h"
#include "people/people_row.h"

static void
check(struct arena *arena, const struct address *address)
{
	struct address again;
	struct err err = { 0 };
	const char *slip;

	FUZZ_DEMAND(strlen(address->text) <= 254);
	FUZZ_DEMAND(!text_has_control(address->text));
	FUZZ_DEMAND(strpbrk(address->text, " <>\"\\,;:()[]") == NULL);
	FUZZ_DEMAND(address_parse(arena, address->text, &again, &err));
	FUZZ_DEMAND(strcmp(again.text, address->text) == 0);
	FUZZ_DEMAND(strcmp(again.key, address->key) == 0);
	FUZZ_DEMAND(
	    strcmp(text_lower(arena, address->text), address->key) == 0);

	/* Quoted or not, it is the same. */
	FUZZ_DEMAND(address_parse(
	    arena, address_quoted(arena, address->text), &again, &err));
	FUZZ_DEMAND(strcmp(again.text, address->text) == 0);
	address_is_role(address->text);
	slip = address_slip(arena, address->domain);
	FUZZ_DEMAND(slip == NULL || strcmp(slip, address->domain) != 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	struct arena *arena = arena_new();
	char *text = arena_strndup(arena, (const char *)bytes, count);
	struct address address;
	struct err err = { 0 };
	const char *mended;

	if (people_row_address(arena, text, &address, &err))
		check(arena, &address);
	else
		FUZZ_DEMAND(err.code == ERR_DATA && err.text[0] != '\0');
	mended = address_mend(arena, text);
	if (mended != NULL) {
		FUZZ_DEMAND(address_parse(arena, mended, &address, &err));
		check(arena, &address);
	}
	arena_free(arena);
	return 0;
}
