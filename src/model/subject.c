#include "model/subject.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"

static const char *const fields[] = { "name", "organisation", "department",
	NULL };
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) - 1 };

/* A place in braces. */
struct slot {
	size_t field;     /* FIELDS: none of ours */
	const char *word; /* the name that stands there */
	size_t word_bytes;
	const char *fallback; /* NULL: none is given */
	size_t fallback_bytes;
	size_t bytes; /* with its braces; 0: the brace is never closed */
};

/* Reads what stands at an opening brace. */
static struct slot
read_slot(const char *at)
{
	const char *word = at + 1;
	size_t inside = strcspn(word, "{}");
	const char *bar = memchr(word, '|', inside);
	struct slot slot = {
		.field = FIELDS,
		.word = word,
		.word_bytes = bar != NULL ? (size_t)(bar - word) : inside,
		.fallback = bar != NULL ? bar + 1 : NULL,
	};

	if (bar != NULL)
		slot.fallback_bytes = inside - slot.word_bytes - 1;
	if (word[inside] != '}')
		return slot;
	slot.bytes = inside + 2;
	for (size_t i = 0; i < FIELDS; i++)
		if (strlen(fields[i]) == slot.word_bytes &&
		    memcmp(word, fields[i], slot.word_bytes) == 0)
			slot.field = i;
	return slot;
}

bool
subject_is_personal(const char *subject)
{
	for (const char *at = strchr(subject, '{'); at != NULL;
	     at = strchr(at + 1, '{'))
		if (read_slot(at).field < FIELDS)
			return true;
	return false;
}

static const char *
value_of(const struct person *person, size_t field)
{
	const char *const values[FIELDS] = {
		person->name,
		person->organisation,
		person->department,
	};

	return values[field];
}

/* Single blanks, and none at the ends. */
static char *
tidy(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text);
	char *to = copy;

	for (const char *from = copy; *from != '\0'; from++)
		if (*from != ' ' || (to > copy && to[-1] != ' '))
			*to++ = *from;
	*to = '\0';
	return text_trim(arena, copy);
}

char *
subject_fill(
    struct arena *arena, const char *subject, const struct person *person)
{
	struct buf out GM_BUF_AT_EXIT;
	const char *at = subject;

	buf_init(&out, SIZE_MAX / 4);
	if (!subject_is_personal(subject))
		return arena_strdup(arena, subject);
	while (*at != '\0') {
		struct slot slot = { .field = FIELDS };
		const char *value = "";

		if (*at == '{')
			slot = read_slot(at);
		if (slot.field == FIELDS) {
			buf_add_char(&out, *at++);
			continue;
		}
		if (person != NULL)
			value = value_of(person, slot.field);
		if (*value != '\0')
			buf_add_str(&out, value);
		else if (slot.fallback != NULL)
			buf_add(&out, slot.fallback, slot.fallback_bytes);
		at += slot.bytes;
	}
	return tidy(arena, buf_str(&out));
}

static char *
check_slot(struct arena *arena, const struct slot *slot)
{
	const char *word;
	const char *nearest;

	if (slot->bytes == 0)
		return arena_strdup(arena,
		    "a '{' without its '}'; braces are for fields such as "
		    "{name|colleagues}");
	word = arena_strndup(arena, slot->word, slot->word_bytes);
	nearest = text_nearest(word, fields);
	if (slot->field == FIELDS && nearest != NULL)
		return arena_format(arena,
		    "no such field '{%s}' (did you mean '{%s}'?)", word,
		    nearest);
	if (slot->field == FIELDS)
		return arena_format(arena,
		    "no such field '{%s}'; there are {name|…}, "
		    "{organisation|…} and {department|…}",
		    word);
	if (slot->fallback == NULL)
		return arena_format(arena,
		    "'{%s}' says nothing to readers without it; write "
		    "{%s|what they get}",
		    word, word);
	return NULL;
}

char *
subject_check(struct arena *arena, const char *subject)
{
	for (const char *at = subject; *at != '\0'; at++) {
		struct slot slot;
		char *fault;

		if (*at == '}')
			return arena_strdup(arena, "a '}' without its '{'");
		if (*at != '{')
			continue;
		slot = read_slot(at);
		fault = check_slot(arena, &slot);
		if (fault != NULL)
			return fault;
		at += slot.bytes - 1;
	}
	if (*subject != '\0' && *subject_fill(arena, subject, NULL) == '\0')
		return arena_strdup(arena,
		    "nothing is left of it for readers of whom no field is "
		    "known");
	return NULL;
}
