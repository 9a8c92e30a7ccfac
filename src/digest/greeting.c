#include "digest/greeting.h"

#include <string.h>

#include "base/text.h"
#include "digest/wording.h"

/* Bytes of a control character, noncharacter or malformed byte at `s`; 0 when
   it is fit to be shown. */
static size_t
measure_unfit(const char *s)
{
	size_t bytes = text_utf8_bytes((unsigned char)*s);
	char one[5] = "";

	if (bytes == 0 || strnlen(s, bytes) < bytes)
		return 1;
	memcpy(one, s, bytes);
	return !text_is_utf8(one, bytes) ? 1
	       : text_has_control(one)   ? bytes
					 : 0;
}

/* True for one line in which no blank needs to go, as nearly all are. */
static bool
is_clean(const char *s)
{
	return *s != ' ' && strstr(s, "  ") == NULL && !text_ends(s, " ") &&
	       !text_has_control(s) && !text_starts(s, "\u3000") &&
	       !text_ends(s, "\u3000");
}

const char *
greeting_clean(struct arena *arena, const char *s)
{
	char *out, *p;

	if (is_clean(s))
		return s;
	out = p = arena_take(arena, strlen(s) + 1, 1);
	while (*s) {
		size_t unfit, bytes;

		if (*s > ' ' && *s < 0x7f) {
			*p++ = *s++;
			continue;
		}
		unfit = measure_unfit(s);
		bytes = text_utf8_bytes((unsigned char)*s);
		if (strchr(" \t\n\v\f\r", *s)) {
			if (p > out && p[-1] != ' ')
				*p++ = ' ';
			s++;
		} else if (unfit > 0) {
			s += unfit;
		} else {
			memcpy(p, s, bytes);
			p += bytes;
			s += bytes;
		}
	}
	if (p > out && p[-1] == ' ')
		p--;
	*p = '\0';
	return text_trim(arena, out);
}

/* `endings` stand between blanks. */
static bool
ends_with_any(const char *s, const char *endings)
{
	size_t count = strlen(s);

	for (;;) {
		size_t ending;

		endings += strspn(endings, " ");
		ending = strcspn(endings, " ");
		if (ending == 0)
			return false;
		if (ending <= count &&
		    memcmp(s + count - ending, endings, ending) == 0)
			return true;
		endings += ending;
	}
}

/* Department and organisation, or the one that is known. */
static const char *
join_office(struct arena *arena, const struct greeting_words *words,
    const char *organisation, const char *department)
{
	const struct wording_field fields[] = {
		{ "{organisation}", organisation },
		{ "{department}", department },
	};

	if (!*organisation || !*department)
		return *organisation ? organisation : department;
	return wording_put(arena, words->office, fields, 2);
}

char *
greeting_line(struct arena *arena, const struct greeting_words *words,
    const struct person *person)
{
	const char *name = greeting_clean(arena, person->name);
	const char *organisation = greeting_clean(arena, person->organisation);
	const char *department = greeting_clean(arena, person->department);
	const char *phrase = words->person;
	struct wording_field fields[] = {
		{ "{name}", name },
		{ "{office}", "" },
	};

	/* A name that only repeats the office is no name. */
	if (text_equal(name, organisation) || text_equal(name, department))
		name = "";
	fields[1].value = join_office(arena, words, organisation, department);

	if (!*name)
		phrase = *fields[1].value ? words->nameless : words->nobody;
	else if (ends_with_any(name, words->title_endings))
		phrase = words->titled;
	else if (ends_with_any(name, words->unit_endings))
		phrase = words->unit;
	return text_trim(arena, wording_put(arena, phrase, fields, 2));
}
