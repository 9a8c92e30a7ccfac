#ifndef MODEL_ALARMS_H
#define MODEL_ALARMS_H

/* Who is told of what an operator must know, beside the log and `status`. */

struct alarms {
	const char *address; /* mail goes there; "": nowhere */
	const char *hook;    /* program that is run; "": none */
};

#endif
