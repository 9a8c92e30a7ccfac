#ifndef MODEL_ADDRESS_SLIP_H
#define MODEL_ADDRESS_SLIP_H

/* Addresses as they are mistyped, and what was meant. Guesses: for messages to
   people, never to write to. */

#include "base/arena.h"

/* The address that was probably meant by one that address_parse refuses: a
   comma for a dot, a dot too many, blanks within, what mail programs put around
   an address ("Name <…>", "mailto:"). NULL when that gives no address. */
char *address_mend(struct arena *arena, const char *text);

/* The domain that was probably meant by a valid one (in lower case): one slip
   of the finger from a large provider ("gmial.com"), from the end that
   Japanese offices and companies have ("lg.jo", "lgjp"), or a digit for a
   letter ("1g.jp"). NULL when it looks like what it is. */
char *address_slip(struct arena *arena, const char *domain);

#endif
