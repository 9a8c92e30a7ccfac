#include "model/outcome.h"

#include <assert.h>
#include <string.h>

#define X(name, text) text,
static const char *const outcomes[] = { GM_OUTCOMES(X) };
static const char *const blames[] = { GM_BLAMES(X) };
static const char *const phases[] = { GM_PHASES(X) };
#undef X

const char *
outcome_name(enum outcome outcome)
{
	assert(outcome < OUTCOMES);
	return outcomes[outcome];
}

const char *
outcome_blame(enum blame blame)
{
	assert(blame < BLAMES);
	return blames[blame];
}

const char *
outcome_phase(enum phase phase)
{
	assert(phase < PHASES);
	return phases[phase];
}

bool
outcome_parse(const char *text, enum outcome *ret)
{
	for (size_t i = 0; i < OUTCOMES; i++) {
		if (strcmp(outcomes[i], text) == 0) {
			*ret = (enum outcome)i;
			return true;
		}
	}
	return false;
}
