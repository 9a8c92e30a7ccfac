#ifndef BASE_NUM_H
#define BASE_NUM_H

/*
 * Numbers, durations and sizes as people write them. The whole text must be
 * the number; nothing is skipped, nothing wraps around.
 */

#include <stdint.h>

#include "base/arena.h"

/* A decimal integer within [least, most]. */
bool num_parse(const char *s, int64_t least, int64_t most, int64_t *ret);

/* A decimal fraction such as "1.5", not negative, below 1e9. */
bool num_parse_real(const char *s, double *ret);

/* "500ms", "1s", "5m", "2h", "4d" to milliseconds; at most ten years. */
bool num_parse_duration(const char *s, int64_t *ret_ms);

/* "500", "500KB", "1MB", "2GB" to bytes; KB is 1,000 bytes. */
bool num_parse_size(const char *s, int64_t *ret_bytes);

/* The shortest text that num_parse_duration reads back: "90s", "5m". */
char *num_format_duration(struct arena *arena, int64_t ms);

/* For people: "1,741". */
char *num_format_grouped(struct arena *arena, int64_t n);

/* "1 delivery", "1,741 deliveries". */
char *num_format_count(
    struct arena *arena, int64_t n, const char *one, const char *many);

#endif
