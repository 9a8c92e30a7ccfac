#include "model/subscriber.h"

#include <assert.h>
#include <string.h>

#define X(name, text) text,
const char *const subscriber_languages[] = { GM_LANGUAGES(X) NULL };
const char *const subscriber_formats[] = { GM_FORMATS(X) NULL };
const char *const subscriber_bases[] = { GM_BASES(X) NULL };
static const char *const states[] = { GM_SUBSCRIBER_STATES(X) NULL };
#undef X

/* Index of `text` in `words`, -1 when it is not there. */
static int
find(const char *text, const char *const *words)
{
	for (int i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], text) == 0)
			return i;
	return -1;
}

const char *
subscriber_language(enum language language)
{
	assert(language < LANGUAGES);
	return subscriber_languages[language];
}

const char *
subscriber_format(enum format format)
{
	assert(format < FORMATS);
	return subscriber_formats[format];
}

const char *
subscriber_basis(enum basis basis)
{
	assert(basis < BASES);
	return subscriber_bases[basis];
}

const char *
subscriber_state(enum subscriber_state state)
{
	assert(state < SUBSCRIBER_STATES);
	return states[state];
}

bool
subscriber_parse_language(const char *text, enum language *ret)
{
	int i = find(text, subscriber_languages);

	if (i >= 0)
		*ret = (enum language)i;
	return i >= 0;
}

bool
subscriber_parse_format(const char *text, enum format *ret)
{
	int i = find(text, subscriber_formats);

	if (i >= 0)
		*ret = (enum format)i;
	return i >= 0;
}

bool
subscriber_parse_basis(const char *text, enum basis *ret)
{
	int i = find(text, subscriber_bases);

	if (i >= 0)
		*ret = (enum basis)i;
	return i >= 0;
}

bool
subscriber_parse_state(const char *text, enum subscriber_state *ret)
{
	int i = find(text, states);

	if (i >= 0)
		*ret = (enum subscriber_state)i;
	return i >= 0;
}
