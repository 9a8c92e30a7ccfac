#include "model/backoff.h"

static const double jitter = 0.2;

int64_t
backoff_longest_ms(const struct backoff *backoff)
{
	int64_t most = backoff->first_ms > backoff->longest_ms
			   ? backoff->first_ms
			   : backoff->longest_ms;

	return (int64_t)((double)most * (1 + jitter)) + 1;
}

int64_t
backoff_delay_ms(const struct backoff *backoff, int failures, uint32_t dice)
{
	double delay = (double)backoff->first_ms;
	double longest = (double)backoff->longest_ms;

	for (int i = 1; i < failures && delay < longest; i++)
		delay *= backoff->factor;
	if (delay > longest)
		delay = longest;
	delay *= 1 - jitter + 2 * jitter * ((double)dice / (double)UINT32_MAX);
	return delay < 1 ? 1 : (int64_t)delay;
}
