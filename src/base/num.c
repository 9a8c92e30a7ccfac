#include "base/num.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit durations[] = {
	{ "ms", 1 },
	{ "s", 1000 },
	{ "m", 60 * 1000 },
	{ "h", 60 * 60 * 1000 },
	{ "d", 24 * 60 * 60 * 1000 },
	{ NULL, 0 },
};

static const struct unit sizes[] = {
	{ "", 1 },
	{ "KB", 1000 },
	{ "MB", 1000 * 1000 },
	{ "GB", 1000 * 1000 * 1000 },
	{ NULL, 0 },
};

static const int64_t longest_duration_ms =
    INT64_C(10) * 366 * 24 * 60 * 60 * 1000;

/* Reads digits at `s`; returns where they end, NULL when there are none or
   too many. */
static const char *
read_digits(const char *s, int64_t *ret)
{
	char *end;
	long long n;

	if (*s < '0' || *s > '9')
		return NULL;
	errno = 0;
	n = strtoll(s, &end, 10);
	if (errno != 0)
		return NULL;
	*ret = n;
	return end;
}

bool
num_parse(const char *s, int64_t least, int64_t most, int64_t *ret)
{
	bool negative = *s == '-';
	int64_t n;
	const char *end = read_digits(negative ? s + 1 : s, &n);

	if (end == NULL || *end != '\0')
		return false;
	if (negative)
		n = -n;
	if (n < least || n > most)
		return false;
	*ret = n;
	return true;
}

bool
num_parse_real(const char *s, double *ret)
{
	char *end;
	double n;

	if (strspn(s, "0123456789.") != strlen(s) || *s < '0' || *s > '9')
		return false;
	n = strtod(s, &end);
	if (*end != '\0' || n >= 1e9)
		return false;
	*ret = n;
	return true;
}

static bool
parse_with_unit(const char *s, const struct unit *units, int64_t *ret)
{
	int64_t n;
	int64_t product;
	const char *unit = read_digits(s, &n);

	if (unit == NULL)
		return false;
	while (units->name != NULL && strcmp(unit, units->name) != 0)
		units++;
	if (units->name == NULL ||
	    __builtin_mul_overflow(n, units->factor, &product))
		return false;
	*ret = product;
	return true;
}

bool
num_parse_duration(const char *s, int64_t *ret_ms)
{
	int64_t ms;

	if (!parse_with_unit(s, durations, &ms) || ms > longest_duration_ms)
		return false;
	*ret_ms = ms;
	return true;
}

bool
num_parse_size(const char *s, int64_t *ret_bytes)
{
	return parse_with_unit(s, sizes, ret_bytes);
}

char *
num_format_duration(struct arena *arena, int64_t ms)
{
	const struct unit *best = &durations[0];

	if (ms == 0)
		return arena_strdup(arena, "0s");
	for (const struct unit *u = durations; u->name != NULL; u++)
		if (ms % u->factor == 0)
			best = u;
	return arena_format(
	    arena, "%" PRId64 "%s", ms / best->factor, best->name);
}

char *
num_format_grouped(struct arena *arena, int64_t n)
{
	char digits[32];
	char out[48];
	size_t length;
	size_t used = 0;

	snprintf(digits, sizeof(digits), "%" PRIu64,
	    n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
	length = strlen(digits);
	if (n < 0)
		out[used++] = '-';
	for (size_t i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			out[used++] = ',';
		out[used++] = digits[i];
	}
	return arena_strndup(arena, out, used);
}

char *
num_format_count(
    struct arena *arena, int64_t n, const char *one, const char *many)
{
	return arena_format(
	    arena, "%s %s", num_format_grouped(arena, n), n == 1 ? one : many);
}
