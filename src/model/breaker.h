#ifndef MODEL_BREAKER_H
#define MODEL_BREAKER_H

/* When to stop a mailing before it burns its list: servers refuse what we are
   or send (policy, 5.7.x), whoever the reader is. */

struct breaker {
	int least;     /* so many policy refusals … */
	int share_pct; /* … being so many per cent of the latest outcomes */
};

#endif
