/* Replies of a server, line by line, and what becomes of them. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "smtp/smtp_outcome.h"
#include "smtp/smtp_reply.h"

static void
check_whole(const struct smtp_reply *reply)
{
	FUZZ_DEMAND(reply->code >= 200 && reply->code <= 599);
	FUZZ_DEMAND(reply->lines > 0 && reply->lines <= SMTP_REPLY_LINES);
	FUZZ_DEMAND(strlen(reply->text) == reply->text_bytes);
	FUZZ_DEMAND(reply->text_bytes < sizeof(reply->text));
	FUZZ_DEMAND(strlen(reply->enhanced) < sizeof(reply->enhanced));
	for (int phase = 0; phase < PHASES; phase++) {
		struct verdict verdict = { 0 };

		smtp_outcome((enum phase)phase, reply, &verdict);
		FUZZ_DEMAND(verdict.outcome < OUTCOMES);
		smtp_outcome_accepts((enum phase)phase, reply->code);
		smtp_outcome_closes(verdict.blame);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	struct smtp_reply reply = { 0 };
	const char *at = (const char *)bytes;
	const char *end = at + count;

	while (at < end) {
		const char *feed = memchr(at, '\n', (size_t)(end - at));
		size_t line =
		    feed != NULL ? (size_t)(feed - at) + 1 : (size_t)(end - at);

		switch (smtp_reply_add(&reply, at, line)) {
		case SMTP_REPLY_PART:
			break;
		case SMTP_REPLY_WHOLE:
			check_whole(&reply);
			smtp_reply_reset(&reply);
			break;
		case SMTP_REPLY_BROKEN:
		case SMTP_REPLY_ENDLESS:
			return 0;
		}
		at += line;
	}
	return 0;
}
