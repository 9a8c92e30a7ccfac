#ifndef DELIVER_THROTTLE_H
#define DELIVER_THROTTLE_H

/* Inside deliver/: does a reply ask us to slow down? By its codes (421 4.7.x,
   x.7.28) or its words. Greylisting is about one message and does not, nor
   does a relay that goes down. */

#include "model/outcome.h"

enum throttle {
	THROTTLE_NO,
	THROTTLE_MAYBE, /* 4.7.x without a word about rates: several in a row
			   mean yes */
	THROTTLE_YES,
};

/* `ret_times`: how much longer than usual to stay away, 1 for most. */
enum throttle throttle_weigh(const struct verdict *verdict, int *ret_times);

#endif
