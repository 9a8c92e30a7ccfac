#include "base/step.h"

void
step_reached(const char *name)
{
	(void)name;
}
