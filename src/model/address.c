#include "model/address.h"

#include <string.h>

#include "base/text.h"

enum {
	LOCAL_MOST = 64,
	DOMAIN_MOST = 255,
	ADDRESS_MOST = 254,
	LABEL_MOST = 63
};

/* What strspn would make a table of for each address. */
static bool
is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (c >= 'A' && c <= 'Z');
}

/* RFC 5322, section 3.2.3: atext. */
static bool
is_atext(char c)
{
	return is_letter_or_digit(c) ||
	       (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* Of a domain in lower case. */
static bool
is_label_text(char c)
{
	return (is_letter_or_digit(c) && (c < 'A' || c > 'Z')) || c == '-';
}

/* Domains whose users hold local parts with dots in odd places. */
static const char *const odd_dot_domains[] = { "docomo.ne.jp", "ezweb.ne.jp",
	"au.com", "softbank.ne.jp", "i.softbank.jp", "vodafone.ne.jp",
	"t.vodafone.ne.jp", "d.vodafone.ne.jp", "k.vodafone.ne.jp",
	"ymobile.ne.jp", NULL };

static const char *const roles[] = { "postmaster", "mailer-daemon", "abuse",
	"hostmaster", "noreply", "no-reply", "donotreply", "do-not-reply",
	"bounce", "bounces", "root", NULL };

static bool
is_in(const char *word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (text_equal_nocase(word, *words))
			return true;
	return false;
}

static bool
local_is_dot_atom(const char *local)
{
	return local[0] != '.' && !text_ends(local, ".") &&
	       strstr(local, "..") == NULL;
}

static bool
check_local(const char *local, const char *domain, struct err *err)
{
	size_t bytes = strlen(local);

	if (bytes == 0)
		return err_set(err, ERR_DATA, "nothing before the @");
	if (bytes > LOCAL_MOST)
		return err_set(err, ERR_DATA,
		    "%zu characters before the @, at most %d", bytes,
		    LOCAL_MOST);
	for (const char *p = local; *p != '\0'; p++)
		if (!is_atext(*p) && *p != '.')
			return err_set(err, ERR_DATA,
			    *p > ' ' && *p < 0x7f
				? "'%c' before the @ is not allowed"
			    : (unsigned char)*p >= 0x80
				? "letters beyond ASCII before the @, which "
				  "few "
				  "servers take; give another address of "
				  "theirs"
				: "a blank or control character before the @",
			    *p);
	if (!local_is_dot_atom(local) && !is_in(domain, odd_dot_domains))
		return err_set(err, ERR_DATA, "a misplaced dot before the @");
	return true;
}

static bool
check_domain(const char *domain, struct err *err)
{
	const char *label = domain;

	if (strlen(domain) > DOMAIN_MOST)
		return err_set(err, ERR_DATA, "the domain is too long");
	if (strchr(domain, '.') == NULL)
		return err_set(
		    err, ERR_DATA, "the domain '%s' has no dot", domain);
	for (;;) {
		size_t bytes = 0;

		while (is_label_text(label[bytes]))
			bytes++;
		if (bytes == 0 || bytes > LABEL_MOST || label[0] == '-' ||
		    label[bytes - 1] == '-' ||
		    (label[bytes] != '\0' && label[bytes] != '.'))
			return err_set(
			    err, ERR_DATA, "'%s' is no valid domain", domain);
		if (label[bytes] == '\0')
			break;
		label += bytes + 1;
	}
	if (strspn(label, "0123456789") == strlen(label))
		return err_set(
		    err, ERR_DATA, "'%s' is a number, no domain", domain);
	return true;
}

/* "foo..bar" without its quotes: what is within is checked like the rest. */
static char *
unquote(char *local)
{
	size_t bytes = strlen(local);

	if (bytes < 2 || local[0] != '"' || local[bytes - 1] != '"')
		return local;
	local[bytes - 1] = '\0';
	return local + 1;
}

bool
address_parse(struct arena *arena, const char *text,
    struct address *ret_address, struct err *err)
{
	const char *at = strrchr(text, '@');
	char *local;
	char *domain;
	char *whole;
	size_t bytes;

	if (at == NULL)
		return err_set(err, ERR_DATA,
		    "'%.80s': a mail address has an @",
		    text_printable(arena, text));
	local = unquote(arena_strndup(arena, text, (size_t)(at - text)));
	domain = text_lower(arena, at + 1);
	if (!check_domain(domain, err) || !check_local(local, domain, err))
		return err_wrap(err, "'%.80s'", text_printable(arena, text));
	if (strlen(text) > ADDRESS_MOST)
		return err_set(err, ERR_DATA,
		    "'%.80s…': longer than %d characters",
		    text_printable(arena, text), ADDRESS_MOST);
	bytes = strlen(local);
	whole = arena_take(arena, bytes + 1 + strlen(domain) + 1, 1);
	memcpy(whole, local, bytes);
	whole[bytes] = '@';
	strcpy(whole + bytes + 1, domain);
	ret_address->text = whole;
	ret_address->domain = whole + bytes + 1;
	ret_address->key = text_lower(arena, whole);
	return true;
}

char *
address_quoted(struct arena *arena, const char *text)
{
	const char *at = strrchr(text, '@');
	char *local;

	if (at == NULL)
		return arena_strdup(arena, text);
	local = arena_strndup(arena, text, (size_t)(at - text));
	if (local_is_dot_atom(local))
		return arena_strdup(arena, text);
	return arena_format(arena, "\"%s\"%s", local, at);
}

bool
address_is_role(const char *text)
{
	char local[LOCAL_MOST + 1];
	size_t bytes = strcspn(text, "@");

	if (bytes > LOCAL_MOST)
		return false;
	memcpy(local, text, bytes);
	local[bytes] = '\0';
	return is_in(local, roles);
}
