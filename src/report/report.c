#include "report/report.h"

#include <inttypes.h>

#include "base/text.h"

char *
report_wait(struct arena *arena, int64_t ms)
{
	int64_t s = (ms + 999) / 1000;
	int64_t min = (s + 59) / 60;

	if (ms <= 0)
		return arena_strdup(arena, "now");
	if (s < 60)
		return arena_format(arena, "in %" PRId64 " s", s);
	if (min < 60)
		return arena_format(arena, "in %" PRId64 " min", min);
	if (min < 48 * 60 && min % 60 != 0)
		return arena_format(arena, "in %" PRId64 " h %" PRId64 " min",
		    min / 60, min % 60);
	if (min < 48 * 60)
		return arena_format(arena, "in %" PRId64 " h", min / 60);
	return arena_format(arena, "in %" PRId64 " days", min / 60 / 24);
}

char *
report_reply(
    struct arena *arena, int code, const char *enhanced, const char *text)
{
	char digits[16] = "";

	if (code != 0)
		snprintf(digits, sizeof(digits), "%d", code);
	if (*digits != '\0' && text_starts(text, digits))
		return arena_strdup(arena, text);
	if (text_starts(text, enhanced))
		enhanced = "";
	return arena_format(arena, "%s%s%s%s%s", digits,
	    *digits && (*enhanced || *text) ? " " : "", enhanced,
	    *enhanced && *text ? " " : "", text);
}
