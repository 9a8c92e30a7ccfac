#include "people/people_formula.h"

#include <string.h>

#include "base/text.h"

/* Whether a spreadsheet would calculate what stands behind apostrophes. */
static bool
is_formula(const char *text)
{
	static const char *const starts[] = { "=", "+", "-", "@", "\t", "\r",
		"＝", "＋", "－", "＠" };

	while (*text == '\'')
		text++;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (text_starts(text, starts[i]))
			return true;
	return false;
}

const char *
people_formula_write(struct arena *arena, const char *value)
{
	return is_formula(value) ? arena_format(arena, "'%s", value) : value;
}

const char *
people_formula_read(struct arena *arena, const char *text)
{
	const char *quote = text + strspn(text, " \t\r\n");

	if (*quote != '\'' || !is_formula(quote))
		return text;
	return arena_strdup(arena, quote + 1);
}
