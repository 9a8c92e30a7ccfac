#ifndef BASE_NOW_H
#define BASE_NOW_H

/*
 * Two clocks that are never mixed. Wall time (`…_ms`, milliseconds since 1970
 * in UTC) is stored and shown; monotonic time (`mono`) is for waiting. And
 * wall time as text: RFC 3339 for programs, RFC 5322 for mail.
 */

#include <stdint.h>

#include "base/arena.h"

int64_t now_ms(void);
int64_t now_mono_ms(void);
int64_t now_mono_us(void);

/* "2026-04-01T09:00:00.000Z". */
char *now_format_rfc3339(struct arena *arena, int64_t ms);

/* "2026-04-01 18:00:00" in the process's time zone (TZ), for people. */
char *now_format_local(struct arena *arena, int64_t ms);

/* "Wed, 01 Apr 2026 18:00:00 +0900", `offset_min` minutes east of UTC,
   whatever the locale and time zone (RFC 5322 section 3.3). */
char *now_format_rfc5322(struct arena *arena, int64_t ms, int offset_min);

/* Minutes east of UTC of the process's time zone at a moment. */
int now_offset_min(int64_t ms);

/* Reads RFC 3339 with or without fraction, offset "Z" or "+09:00"; a date
   alone ("2026-04-01") is midnight in the process's time zone. */
bool now_parse(const char *s, int64_t *ret_ms);

/* As now_parse, and what a person types in the process's time zone:
   "2026-04-01 09:00", with seconds or without, and "09:00", the next time it
   is that late after `now`. A date needs its time. What a change to summer
   time leaves out is refused; of what comes twice, the first is meant. */
bool now_parse_local(const char *s, int64_t now, int64_t *ret_ms);

#endif
