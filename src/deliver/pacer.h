#ifndef DELIVER_PACER_H
#define DELIVER_PACER_H

/*
 * Inside deliver/: how fast. Messages per second overall and per group of
 * destinations, and messages in flight per group. A group is known by the
 * domains of its addresses.
 */

#include "model/relay.h"

struct pacer;

/* `pace` must outlive the pacer. */
struct pacer *pacer_new(const struct pace *pace);
void pacer_free(struct pacer *pacer);

/* True when a message to `address` may start now; it is then counted as begun
   and must be reported to pacer_ended. */
bool pacer_take(struct pacer *pacer, const char *address);
void pacer_ended(struct pacer *pacer, const char *address);

/* Milliseconds until pacer_take may say yes again for anyone it refused; at
   most a second. */
int64_t pacer_wait_ms(const struct pacer *pacer);

/* The group that a domain belongs to by the built-in table; NULL: none. */
const char *pacer_group_of(const char *domain);

#endif
