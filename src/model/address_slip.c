#include "model/address_slip.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "model/address.h"

/* Names below that are too short to tell a slip from another company. */
enum { LONG_NAME = 5 };

/* Where most people have their mail, and what lies one slip from that and is
   no slip. */
static const char *const providers[] = { "gmail.com", "googlemail.com",
	"yahoo.co.jp", "yahoo.com", "ymail.com", "ymail.ne.jp", "hotmail.com",
	"hotmail.co.jp", "outlook.com", "outlook.jp", "live.jp", "live.com",
	"msn.com", "icloud.com", "me.com", "mac.com", "mail.com", "email.com",
	"aol.com", "docomo.ne.jp", "ezweb.ne.jp", "au.com", "softbank.ne.jp",
	"i.softbank.jp", "ymobile.ne.jp", "nifty.com", "biglobe.ne.jp",
	"ocn.ne.jp", "so-net.ne.jp", "plala.or.jp", "rakuten.jp", NULL };

/* Ends under jp by who may have them. */
static const char *const ends[] = { "lg.jp", "go.jp", "co.jp", "ne.jp", "or.jp",
	"ac.jp", "ed.jp", "ad.jp", "gr.jp", NULL };

/* Ends that no one has and that look like the ones above. */
static const struct {
	const char *wrong;
	const char *right;
} lookalikes[] = {
	{ "1g.jp", "lg.jp" },
	{ "ig.jp", "lg.jp" },
	{ "lq.jp", "lg.jp" },
	{ "g0.jp", "go.jp" },
	{ "c0.jp", "co.jp" },
	{ "0r.jp", "or.jp" },
};

/* Whether one added, missing, other or swapped character makes `b` of `a`. */
static bool
is_one_slip(const char *a, const char *b)
{
	size_t a_bytes, b_bytes;
	size_t i = 0;

	/* Mostly they are quite other words, which their starts show. */
	if (a[0] == '\0' || b[0] == '\0' ||
	    (a[0] != b[0] && a[1] != b[1] && a[0] != b[1] && a[1] != b[0]))
		return false;
	a_bytes = strlen(a);
	b_bytes = strlen(b);
	if (a_bytes + 1 < b_bytes || b_bytes + 1 < a_bytes)
		return false;
	while (a[i] != '\0' && a[i] == b[i])
		i++;
	if (a[i] == '\0' && b[i] == '\0')
		return false;
	if (a_bytes < b_bytes)
		return strcmp(a + i, b + i + 1) == 0;
	if (a_bytes > b_bytes)
		return strcmp(a + i + 1, b + i) == 0;
	if (strcmp(a + i + 1, b + i + 1) == 0)
		return true;
	return a[i] == b[i + 1] && b[i] == a[i + 1] &&
	       strcmp(a + i + 2, b + i + 2) == 0;
}

static bool
is_in(const char *word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (word[0] == (*words)[0] && text_equal(word, *words))
			return true;
	return false;
}

/* Where the last `count` labels begin. */
static const char *
find_end(const char *domain, int count)
{
	const char *p = domain + strlen(domain);

	while (p > domain) {
		if (p[-1] == '.' && --count == 0)
			return p;
		p--;
	}
	return p;
}

static char *
replace_end(
    struct arena *arena, const char *domain, const char *end, const char *right)
{
	return arena_format(
	    arena, "%.*s%s", (int)(end - domain), domain, right);
}

/* "city-x.lg.jo", "city-x.lgjp": an end that is none, near one of those. */
static char *
mend_end(struct arena *arena, const char *domain)
{
	const char *two = find_end(domain, 2);
	const char *one = find_end(domain, 1);

	for (size_t i = 0; i < sizeof(lookalikes) / sizeof(lookalikes[0]); i++)
		if (text_equal(two, lookalikes[i].wrong))
			return replace_end(
			    arena, domain, two, lookalikes[i].right);
	if (text_equal(one, "jp"))
		return NULL;
	for (size_t i = 0; ends[i] != NULL; i++) {
		/* A slip after the dot, or the dot itself missing. */
		if (is_one_slip(two, ends[i]) && strncmp(two, ends[i], 3) == 0)
			return replace_end(arena, domain, two, ends[i]);
		if (is_one_slip(one, ends[i]) &&
		    strlen(one) + 1 == strlen(ends[i]))
			return replace_end(arena, domain, one, ends[i]);
	}
	return NULL;
}

char *
address_slip(struct arena *arena, const char *domain)
{
	if (is_in(domain, providers))
		return NULL;
	for (size_t i = 0; providers[i] != NULL; i++)
		if (is_one_slip(domain, providers[i]) &&
		    strcspn(providers[i], ".") >= LONG_NAME)
			return arena_strdup(arena, providers[i]);
	if (is_in(find_end(domain, 2), ends))
		return NULL;
	return mend_end(arena, domain);
}

/* The part between < and >, without "mailto:". */
static char *
unwrap(struct arena *arena, const char *text)
{
	const char *open = strrchr(text, '<');
	const char *close = open != NULL ? strchr(open, '>') : NULL;
	char *inner;

	if (close != NULL)
		inner =
		    arena_strndup(arena, open + 1, (size_t)(close - open - 1));
	else
		inner = arena_strdup(arena, text);
	if (strncasecmp(inner, "mailto:", 7) == 0)
		inner += 7;
	return inner;
}

char *
address_mend(struct arena *arena, const char *text)
{
	char *mended = unwrap(arena, text);
	char *to = mended;
	struct address address;
	struct err ignored = { 0 };
	bool in_domain = false;

	/* Keep what an address is made of; one dot for several behind the @. */
	for (const char *from = mended; *from != '\0'; from++) {
		char c = *from == ',' ? '.' : *from;

		if (isspace((unsigned char)c) || strchr("<>;\"", c) != NULL)
			continue;
		if (c == '.' &&
		    (to == mended || (in_domain && strchr(".@", to[-1]))))
			continue;
		in_domain |= c == '@';
		*to++ = c;
	}
	while (to > mended && to[-1] == '.')
		to--;
	*to = '\0';
	if (text_equal(mended, text) ||
	    !address_parse(arena, mended, &address, &ignored))
		return NULL;
	return arena_strdup(arena, address.text);
}
