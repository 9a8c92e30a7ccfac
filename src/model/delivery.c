#include "model/delivery.h"

#include <assert.h>
#include <string.h>

#define X(name, text) text,
static const char *const states[] = { GM_DELIVERY_STATES(X) };
static const char *const mailing_states[] = { GM_MAILING_STATES(X) };
#undef X

#define TO(state) (1u << DELIVERY_##state)

/* From each state: where a delivery may go. */
static const unsigned moves[] = {
	[DELIVERY_QUEUED] =
	    TO(LEASED) | TO(SKIPPED) | TO(EXPIRED) | TO(SENT) |
	    TO(FAILED), /* the last two by late evidence after a resend */
	[DELIVERY_LEASED] =
	    TO(SENDING) | TO(QUEUED) | TO(SKIPPED) | TO(FAILED) | TO(EXPIRED),
	[DELIVERY_SENDING] = TO(SENT) | TO(FAILED) | TO(QUEUED) | TO(UNKNOWN) |
			     TO(EXPIRED) | TO(SKIPPED),
	[DELIVERY_UNKNOWN] =
	    TO(QUEUED) | TO(HELD) | TO(SENT) | TO(FAILED) | TO(SKIPPED),
	[DELIVERY_SENT] = 0,
	[DELIVERY_FAILED] = TO(QUEUED),
	[DELIVERY_EXPIRED] = TO(QUEUED),
	[DELIVERY_SKIPPED] = 0,
	[DELIVERY_HELD] = TO(QUEUED) | TO(SENT) | TO(FAILED),
};
static_assert(sizeof(moves) / sizeof(moves[0]) == DELIVERY_STATES,
    "each state has its row");

const char *
delivery_state(enum delivery_state state)
{
	assert(state < DELIVERY_STATES);
	return states[state];
}

const char *
delivery_mailing_state(enum mailing_state state)
{
	assert(state < MAILING_STATES);
	return mailing_states[state];
}

bool
delivery_parse_state(const char *text, enum delivery_state *ret)
{
	for (size_t i = 0; i < DELIVERY_STATES; i++) {
		if (strcmp(states[i], text) == 0) {
			*ret = (enum delivery_state)i;
			return true;
		}
	}
	return false;
}

bool
delivery_parse_mailing_state(const char *text, enum mailing_state *ret)
{
	for (size_t i = 0; i < MAILING_STATES; i++) {
		if (strcmp(mailing_states[i], text) == 0) {
			*ret = (enum mailing_state)i;
			return true;
		}
	}
	return false;
}

bool
delivery_may_move(enum delivery_state from, enum delivery_state to)
{
	return (moves[from] & (1u << to)) != 0;
}

bool
delivery_is_open(enum delivery_state state)
{
	return state == DELIVERY_QUEUED || state == DELIVERY_LEASED ||
	       state == DELIVERY_SENDING;
}
