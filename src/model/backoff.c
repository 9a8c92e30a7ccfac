#include "model/backoff.h"

int64_t
backoff_delay_ms(const struct backoff *backoff, int failures, uint32_t dice)
{
	double delay = (double)backoff->first_ms;
	double longest = (double)backoff->longest_ms;

	for (int i = 1; i < failures && delay < longest; i++)
		delay *= backoff->factor;
	if (delay > longest)
		delay = longest;
	delay *= 0.8 + 0.4 * ((double)dice / (double)UINT32_MAX);
	return delay < 1 ? 1 : (int64_t)delay;
}
