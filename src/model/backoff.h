#ifndef MODEL_BACKOFF_H
#define MODEL_BACKOFF_H

/* When to try again: delays that grow by a factor up to a longest one, each
   jittered by up to a fifth so that refused messages do not return in step
   (RFC 5321 section 4.5.4.1). */

#include <stdint.h>

struct backoff {
	int64_t first_ms;
	double factor; /* >= 1 */
	int64_t longest_ms;
	int64_t give_up_after_ms; /* from the first attempt */
};

/* The delay after the `failures`-th failure in a row (from 1). `dice` is any
   random number; the result is within 80 and 120 per cent of the plain delay
   and at least 1 ms. */
int64_t backoff_delay_ms(
    const struct backoff *backoff, int failures, uint32_t dice);

/* The longest delay that backoff_delay_ms can ever ask for. */
int64_t backoff_longest_ms(const struct backoff *backoff);

#endif
