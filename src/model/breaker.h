#ifndef MODEL_BREAKER_H
#define MODEL_BREAKER_H

/* When to stop a mailing before it burns its list: servers refuse what we are
   or send (policy, 5.7.x), whoever the reader is; or so many readers fail that
   something must be wrong with the list, or between us and them. */

struct breaker {
	int least;     /* so many policy refusals (0: never) … */
	int share_pct; /* … being so many per cent of the latest outcomes */
	int failed_least; /* so many outcomes (0: never) … */
	int failed_pct;   /* … of which so many per cent are failures */
};

#endif
