#ifndef MODEL_DELIVERY_H
#define MODEL_DELIVERY_H

/*
 * The states of a delivery and the moves between them, as one table. queue/
 * and store/ make no move that is not in it. The text of a state is what the
 * database holds.
 */

#include "base/err.h"

#define GM_DELIVERY_STATES(X)          \
	X(DELIVERY_QUEUED, "queued")   \
	X(DELIVERY_LEASED, "leased")   \
	X(DELIVERY_SENDING, "sending") \
	X(DELIVERY_UNKNOWN, "unknown") \
	X(DELIVERY_SENT, "sent")       \
	X(DELIVERY_FAILED, "failed")   \
	X(DELIVERY_EXPIRED, "expired") \
	X(DELIVERY_SKIPPED, "skipped") \
	X(DELIVERY_HELD, "held")

/* The life of a mailing. */
#define GM_MAILING_STATES(X)            \
	X(MAILING_PLANNED, "planned")   \
	X(MAILING_SENDING, "sending")   \
	X(MAILING_PAUSED, "paused")     \
	X(MAILING_FINISHED, "finished") \
	X(MAILING_CANCELLED, "cancelled")

#define X(name, text) name,
enum delivery_state { GM_DELIVERY_STATES(X) DELIVERY_STATES };
enum mailing_state { GM_MAILING_STATES(X) MAILING_STATES };
#undef X

const char *delivery_state(enum delivery_state state);
bool delivery_parse_state(const char *text, enum delivery_state *ret);
const char *delivery_mailing_state(enum mailing_state state);
bool delivery_parse_mailing_state(const char *text, enum mailing_state *ret);

/* True when the table has the move. */
bool delivery_may_move(enum delivery_state from, enum delivery_state to);

/* True for queued, leased and sending: the mailing is not finished yet. */
bool delivery_is_open(enum delivery_state state);

#endif
