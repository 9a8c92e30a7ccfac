#include "base/now.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const weekdays[] = { "Sun", "Mon", "Tue", "Wed", "Thu",
	"Fri", "Sat" };
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static int64_t
read_us(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts) != 0)
		abort();
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
now_ms(void)
{
	return read_us(CLOCK_REALTIME) / 1000;
}

int64_t
now_mono_ms(void)
{
	return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t
now_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

/* Splits into whole seconds and a millisecond part that is not negative. */
static time_t
whole_seconds(int64_t ms, int *ret_rest_ms)
{
	int64_t rest = ms % 1000;

	if (rest < 0)
		rest += 1000;
	*ret_rest_ms = (int)rest;
	return (time_t)((ms - rest) / 1000);
}

char *
now_format_rfc3339(struct arena *arena, int64_t ms)
{
	int rest;
	time_t s = whole_seconds(ms, &rest);
	struct tm tm;

	if (gmtime_r(&s, &tm) == NULL)
		abort();
	return arena_format(arena, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec, rest);
}

char *
now_format_local(struct arena *arena, int64_t ms)
{
	int rest;
	time_t s = whole_seconds(ms, &rest);
	struct tm tm;

	if (localtime_r(&s, &tm) == NULL)
		abort();
	return arena_format(arena, "%04d-%02d-%02d %02d:%02d:%02d",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec);
}

char *
now_format_rfc5322(struct arena *arena, int64_t ms, int offset_min)
{
	int rest;
	time_t s = whole_seconds(ms, &rest) + 60 * (time_t)offset_min;
	struct tm tm;

	if (gmtime_r(&s, &tm) == NULL)
		abort();
	return arena_format(arena, "%s, %02d %s %04d %02d:%02d:%02d %c%02d%02d",
	    weekdays[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
	    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec,
	    offset_min < 0 ? '-' : '+', abs(offset_min) / 60,
	    abs(offset_min) % 60);
}

int
now_offset_min(int64_t ms)
{
	int rest;
	time_t s = whole_seconds(ms, &rest);
	struct tm tm;

	if (localtime_r(&s, &tm) == NULL)
		abort();
	return (int)(tm.tm_gmtoff / 60);
}

/* Reads exactly `digits` decimal digits within [least, most]. */
static bool
read_field(const char **s, int digits, int least, int most, int *ret)
{
	int n = 0;

	for (int i = 0; i < digits; i++) {
		char c = (*s)[i];

		if (c < '0' || c > '9')
			return false;
		n = 10 * n + (c - '0');
	}
	*s += digits;
	*ret = n;
	return n >= least && n <= most;
}

static bool
read_char(const char **s, const char *any_of)
{
	if (**s == '\0' || strchr(any_of, **s) == NULL)
		return false;
	(*s)++;
	return true;
}

/* Reads ".123…" if it is there; only milliseconds count. */
static bool
read_fraction(const char **s, int *ret_ms)
{
	int factor = 100;

	*ret_ms = 0;
	if (**s != '.')
		return true;
	(*s)++;
	if (**s < '0' || **s > '9')
		return false;
	for (; **s >= '0' && **s <= '9'; (*s)++) {
		*ret_ms += (**s - '0') * factor;
		factor /= 10;
	}
	return true;
}

static bool
read_offset(const char **s, int *ret_min)
{
	int hours;
	int minutes;
	int sign = **s == '-' ? -1 : 1;

	*ret_min = 0;
	if (read_char(s, "Zz"))
		return true;
	if (!read_char(s, "+-") || !read_field(s, 2, 0, 23, &hours) ||
	    !read_char(s, ":") || !read_field(s, 2, 0, 59, &minutes))
		return false;
	*ret_min = sign * (60 * hours + minutes);
	return true;
}

bool
now_parse(const char *s, int64_t *ret_ms)
{
	struct tm tm = { .tm_isdst = -1 };
	struct tm checked;
	int year, month, rest, offset;
	time_t seconds;

	if (!read_field(&s, 4, 1970, 9999, &year) || !read_char(&s, "-") ||
	    !read_field(&s, 2, 1, 12, &month) || !read_char(&s, "-") ||
	    !read_field(&s, 2, 1, 31, &tm.tm_mday))
		return false;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	checked = tm;
	if (timegm(&checked) == -1 || checked.tm_mday != tm.tm_mday)
		return false;
	if (*s == '\0') {
		*ret_ms = (int64_t)mktime(&tm) * 1000;
		return true;
	}
	if (!read_char(&s, "Tt ") || !read_field(&s, 2, 0, 23, &tm.tm_hour) ||
	    !read_char(&s, ":") || !read_field(&s, 2, 0, 59, &tm.tm_min) ||
	    !read_char(&s, ":") || !read_field(&s, 2, 0, 60, &tm.tm_sec) ||
	    !read_fraction(&s, &rest) || !read_offset(&s, &offset) ||
	    *s != '\0')
		return false;
	seconds = timegm(&tm);
	*ret_ms = ((int64_t)seconds - 60 * (int64_t)offset) * 1000 + rest;
	return true;
}

/* "09:00" or "09:00:30", to the end of the text. */
static bool
read_clock(const char *s, struct tm *tm)
{
	return read_field(&s, 2, 0, 23, &tm->tm_hour) && read_char(&s, ":") &&
	       read_field(&s, 2, 0, 59, &tm->tm_min) &&
	       (*s == '\0' ||
		   (read_char(&s, ":") &&
		       read_field(&s, 2, 0, 59, &tm->tm_sec) && *s == '\0'));
}

/* The moment that the fields name in the process's time zone. */
static bool
resolve(const struct tm *tm, int64_t *ret_ms)
{
	struct tm made = *tm;
	time_t seconds = mktime(&made);

	/* A moment that there is not comes back as another one. */
	if (seconds == -1 || made.tm_mday != tm->tm_mday ||
	    made.tm_hour != tm->tm_hour || made.tm_min != tm->tm_min)
		return false;

	/* Of two, mktime may give the later one. */
	for (int i = 0; i < 2; i++) {
		struct tm other = *tm;
		time_t first;

		other.tm_isdst = i;
		first = mktime(&other);
		if (first != -1 && first < seconds &&
		    other.tm_hour == tm->tm_hour && other.tm_min == tm->tm_min)
			seconds = first;
	}
	*ret_ms = (int64_t)seconds * 1000;
	return true;
}

/* The next moment after `now` at which the clock shows this. */
static bool
find_next(const struct tm *clock, int64_t now, int64_t *ret_ms)
{
	time_t seconds = (time_t)(now / 1000);
	struct tm day;
	int64_t ms = 0;

	/* Over a night in which the clock is changed, it may be the third. */
	for (int days = 0; days < 3; days++) {
		if (localtime_r(&seconds, &day) == NULL)
			return false;
		day.tm_mday += days;
		day.tm_hour = day.tm_min = day.tm_sec = 0;
		day.tm_isdst = -1;
		if (mktime(&day) == -1)
			return false;
		day.tm_hour = clock->tm_hour;
		day.tm_min = clock->tm_min;
		day.tm_sec = clock->tm_sec;
		day.tm_isdst = -1;
		if (resolve(&day, &ms) && ms > now) {
			*ret_ms = ms;
			return true;
		}
	}
	return false;
}

bool
now_parse_local(const char *s, int64_t now, int64_t *ret_ms)
{
	enum { DATE_CHARS = 10 };
	struct tm tm = { .tm_isdst = -1 };
	struct tm day;
	char date[DATE_CHARS + 1] = "";
	time_t seconds;
	int64_t ms = 0;

	if (read_clock(s, &tm))
		return find_next(&tm, now, ret_ms);
	if (strlen(s) <= DATE_CHARS)
		return false;
	if (strchr("Tt ", s[DATE_CHARS]) == NULL ||
	    !read_clock(s + DATE_CHARS + 1, &tm))
		return now_parse(s, ret_ms);
	memcpy(date, s, DATE_CHARS);
	seconds = now_parse(date, &ms) ? (time_t)(ms / 1000) : -1;
	if (seconds == -1 || localtime_r(&seconds, &day) == NULL)
		return false;
	tm.tm_year = day.tm_year;
	tm.tm_mon = day.tm_mon;
	tm.tm_mday = day.tm_mday;
	return resolve(&tm, ret_ms);
}
