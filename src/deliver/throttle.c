#include "deliver/throttle.h"

#include <string.h>

#include "base/text.h"

/* Words of replies, and how many times the usual hold they are worth; 0: they
   say that it is no throttling. The first one found counts. */
static const struct {
	const char *word;
	int times;
} words[] = {
	{ "greylist", 0 },
	{ "graylist", 0 },
	{ "grey list", 0 },
	{ "shutting down", 0 },
	{ "mailbox full", 0 },
	{ "over quota", 0 },
	{ "quota exceeded", 0 },
	{ "[TSS04]", 12 },
	{ "[TS03]", 12 },
	{ "IP reputation", 9 },
	{ "temporarily deferred", 1 },
	{ "rate limit", 1 },
	{ "rate of", 1 },
	{ "sending rate", 1 },
	{ "message rate", 1 },
	{ "unusual rate", 1 },
	{ "too many", 1 },
	{ "too fast", 1 },
	{ "too much mail", 1 },
	{ "slow down", 1 },
	{ "throttl", 1 },
	{ "server busy", 1 },
	{ "exceeded the", 1 },
};

static int
find_word(const char *text, bool *ret_found)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasestr(text, words[i].word) != NULL) {
			*ret_found = true;
			return words[i].times;
		}
	}
	*ret_found = false;
	return 1;
}

enum throttle
throttle_weigh(const struct verdict *verdict, int *ret_times)
{
	bool by_rate = text_ends(verdict->enhanced, ".7.28");
	bool found;
	int times = find_word(verdict->text, &found);

	/* What comes before the recipient is the relay's own business. */
	if (verdict->phase < PHASE_RCPT || verdict->code == 0)
		return THROTTLE_NO;
	if (verdict->outcome != OUTCOME_DEFERRED &&
	    !(by_rate && verdict->outcome == OUTCOME_FAILED))
		return THROTTLE_NO;
	if (found && times == 0)
		return THROTTLE_NO;
	*ret_times = times;
	if (found || by_rate)
		return THROTTLE_YES;
	if (!text_starts(verdict->enhanced, "4.7."))
		return THROTTLE_NO;
	return verdict->code == 421 ? THROTTLE_YES : THROTTLE_MAYBE;
}
