#include "digest/tailor.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

static const char *const reason_texts[] = {
#define X(name, text) [name] = text,
	GM_TAILOR_REASONS(X)
#undef X
};
static_assert(sizeof(reason_texts) / sizeof(*reason_texts) == TAILOR_REASONS,
    "a text for each reason");

static const char *const omission_texts[] = {
#define X(name, text) [name] = text,
	GM_TAILOR_OMISSIONS(X)
#undef X
};
static_assert(
    sizeof(omission_texts) / sizeof(*omission_texts) == TAILOR_OMISSIONS,
    "a text for each omission");

/* Bits of the characters that separate: all lie below 64. */
#define BIT(c) ((uint64_t)1 << (c))
static const uint64_t separators =
    BIT(' ') | BIT('%') | BIT(',') | BIT(':') | BIT(';') | BIT('=');
#undef BIT

static bool
has_value(enum tailor_reason kind)
{
	return kind < TAILOR_LEAD;
}

char *
tailor_reason_text(struct arena *arena, const struct tailored_reason *reason)
{
	const char *text = reason_texts[reason->kind];

	if (!has_value(reason->kind))
		return arena_strdup(arena, text);
	return arena_format(arena, "%s:%s", text, reason->value);
}

const char *
tailor_reason_kind(enum tailor_reason kind)
{
	return reason_texts[kind];
}

const char *
tailor_omission_text(enum tailor_omission omission)
{
	return omission_texts[omission];
}

/* Writes a word; returns what is behind it. `out` NULL: counts only. */
static size_t
put_word(char *out, const char *word)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n = 0;

	for (; *word != '\0'; word++) {
		unsigned char c = (unsigned char)*word;

		if (c >= 64 || (separators >> c & 1) == 0) {
			if (out != NULL)
				out[n] = (char)c;
			n++;
			continue;
		}
		if (out != NULL) {
			out[n] = '%';
			out[n + 1] = digits[c >> 4];
			out[n + 2] = digits[c & 15];
		}
		n += 3;
	}
	return n;
}

static size_t
put_char(char *out, char c)
{
	if (out != NULL)
		*out = c;
	return 1;
}

/* Writes the whole text without a NUL; `out` NULL: counts only. */
static size_t
put_spec(char *out, enum language language, enum format format,
    const struct tailored *tailored)
{
	size_t n = 0;

#define PUT(function, value) n += function(out == NULL ? NULL : out + n, value)
	PUT(put_word, subscriber_language(language));
	PUT(put_char, ' ');
	PUT(put_word, subscriber_format(format));
	PUT(put_char, ' ');
	for (size_t i = 0; i < tailored->chosen_count; i++) {
		const struct tailored_article *chosen = &tailored->chosen[i];

		if (i > 0)
			PUT(put_char, ';');
		PUT(put_word, chosen->article->slug);
		for (size_t j = 0; j < chosen->reason_count; j++) {
			PUT(put_char, j == 0 ? '=' : ',');
			PUT(put_word, reason_texts[chosen->reasons[j].kind]);
			if (!has_value(chosen->reasons[j].kind))
				continue;
			PUT(put_char, ':');
			PUT(put_word, chosen->reasons[j].value);
		}
	}
#undef PUT
	return n;
}

char *
tailor_spec(struct arena *arena, enum language language, enum format format,
    const struct tailored *tailored)
{
	size_t bytes = put_spec(NULL, language, format, tailored);
	char *spec = arena_take(arena, bytes + 1, 1);

	put_spec(spec, language, format, tailored);
	return spec;
}

static int
read_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Reads up to the next separator; NULL when empty or wrongly escaped. */
static char *
take_word(struct arena *arena, const char **at)
{
	size_t most = strlen(*at);
	char *word;
	size_t n = 0;
	const char *p = *at;

	most = strcspn(p, " =,;:");
	word = arena_take(arena, most + 1, 1);
	while (p < *at + most) {
		int high, low;

		if (*p != '%') {
			word[n++] = *p++;
			continue;
		}
		high = read_digit(p[1]);
		low = high < 0 ? -1 : read_digit(p[2]);
		if (low < 0 || (high == 0 && low == 0))
			return NULL;
		word[n++] = (char)(high << 4 | low);
		p += 3;
	}
	*at = p;
	return n > 0 ? word : NULL;
}

/* Reads "kind" or "kind:value". */
static bool
take_reason(
    struct arena *arena, const char **at, struct tailored_reason *ret_reason)
{
	const char *text = take_word(arena, at);

	if (text == NULL)
		return false;
	for (size_t kind = 0; kind < TAILOR_REASONS; kind++) {
		struct tailored_reason reason = {
			.kind = (enum tailor_reason)kind,
			.value = "",
		};

		if (strcmp(text, reason_texts[kind]) != 0)
			continue;
		if (has_value(reason.kind)) {
			if (*(*at)++ != ':')
				return false;
			reason.value = take_word(arena, at);
		}
		*ret_reason = reason;
		return reason.value != NULL;
	}
	return false;
}

/* Reads "slug=reason,reason". */
static bool
take_article(struct arena *arena, const struct issue *issue, const char **at,
    struct tailored_article *ret_chosen, struct err *err)
{
	struct tailored_article chosen = { 0 };
	const char *slug = take_word(arena, at);
	size_t reasons = 1;

	if (slug == NULL || **at != '=')
		return err_set(err, ERR_DATA, "an article has no reason");
	chosen.article = article_find(issue, slug);
	if (chosen.article == NULL)
		return err_set(err, ERR_DATA, "issue %s has no article '%s'",
		    issue->id, slug);
	for (const char *p = *at; *p != '\0' && *p != ';'; p++)
		reasons += *p == ',';
	chosen.reasons = arena_take(arena, reasons, sizeof(*chosen.reasons));
	do {
		(*at)++;
		if (!take_reason(
			arena, at, &chosen.reasons[chosen.reason_count++]))
			return err_set(err, ERR_DATA,
			    "a reason of '%s' is malformed", slug);
	} while (**at == ',');
	*ret_chosen = chosen;
	return true;
}

/* Reads the articles that follow language and format. */
static bool
take_articles(struct arena *arena, const struct issue *issue, const char *at,
    struct tailored *result, struct err *err)
{
	bool *named = arena_take(arena, issue->count, sizeof(*named));

	result->chosen =
	    arena_take(arena, issue->count, sizeof(*result->chosen));
	result->omitted =
	    arena_take(arena, issue->count, sizeof(*result->omitted));
	while (*at != '\0') {
		struct tailored_article chosen;

		if (result->chosen_count > 0 && *at++ != ';')
			return err_set(err, ERR_DATA, "expected ';'");
		if (!take_article(arena, issue, &at, &chosen, err))
			return false;
		if (named[chosen.article - issue->articles])
			return err_set(err, ERR_DATA, "'%s' is there twice",
			    chosen.article->slug);
		named[chosen.article - issue->articles] = true;
		result->chosen[result->chosen_count++] = chosen;
	}
	for (size_t i = 0; i < issue->count; i++)
		if (!named[i])
			result->omitted[result->omitted_count++] =
			    (struct tailored_omission){
				    .article = &issue->articles[i],
				    .why = TAILOR_NOT_CHOSEN,
			    };
	return true;
}

bool
tailor_from_spec(struct arena *arena, const struct issue *issue,
    const char *spec, enum language *ret_language, enum format *ret_format,
    struct tailored *ret_tailored, struct err *err)
{
	struct tailored result = { 0 };
	enum language language;
	enum format format;
	const char *at = spec;
	const char *word = take_word(arena, &at);

	if (word == NULL || !subscriber_parse_language(word, &language) ||
	    *at++ != ' ')
		return err_set(err, ERR_DATA,
		    "edition '%.80s': expected a language first", spec);
	word = take_word(arena, &at);
	if (word == NULL || !subscriber_parse_format(word, &format) ||
	    *at++ != ' ')
		return err_set(err, ERR_DATA,
		    "edition '%.80s': expected a format second", spec);
	if (!take_articles(arena, issue, at, &result, err))
		return err_wrap(err, "edition '%.80s'", spec);
	*ret_language = language;
	*ret_format = format;
	*ret_tailored = result;
	return true;
}
