#include "config/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "base/file.h"
#include "base/num.h"
#include "config/value_file.h"
#include "model/address.h"

enum {
	LONGEST_LABEL = 63,
	LONGEST_HOST = 253,
};

bool
value_complain(const struct value *value, const char *fmt, ...)
{
	va_list ap;
	char text[500];

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	complaints_add(value->complaints, value->file, value->line, "%s: %s",
	    value->where, text);
	return false;
}

bool
value_set_text(const char *text, void *target)
{
	*(const char **)target = text;
	return true;
}

static bool
is_label(const char *text, size_t bytes)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

	return bytes > 0 && bytes <= LONGEST_LABEL && text[0] != '-' &&
	       text[bytes - 1] != '-' && strspn(text, letters) >= bytes;
}

bool
value_is_host(const char *text, size_t least_labels)
{
	size_t labels = 0;

	if (strlen(text) > LONGEST_HOST)
		return false;
	for (;;) {
		size_t bytes = strcspn(text, ".");

		if (!is_label(text, bytes))
			return false;
		labels++;
		if (text[bytes] == '\0')
			return labels >= least_labels;
		text += bytes + 1;
	}
}

/* ---- one function per type: checks value->text, stores into `target` */

static bool
read_text(const struct value *value, void *target)
{
	if (text_has_control(value->text))
		return value_complain(value, "must be one line");
	if (strlen(value->text) > (size_t)value->option->most)
		return value_complain(
		    value, "longer than %.0f bytes", value->option->most);
	return value_set_text(text_trim(value->arena, value->text), target);
}

static bool
read_word(const struct value *value, void *target)
{
	if (strpbrk(value->text, " \t") != NULL)
		return value_complain(value, "must not contain blanks");
	return read_text(value, target);
}

static bool
read_address(const struct value *value, void *target)
{
	struct address address;
	struct err err = { 0 };

	if (!address_parse(value->arena, value->text, &address, &err))
		return value_complain(value, "%s", err.text);
	return value_set_text(address.text, target);
}

static bool
read_domain(const struct value *value, void *target)
{
	if (!value_is_host(value->text, 2))
		return value_complain(value,
		    "'%s' is no domain such as news.example (international "
		    "ones in their xn-- form)",
		    value->text);
	return value_set_text(text_lower(value->arena, value->text), target);
}

static bool
read_selector(const struct value *value, void *target)
{
	if (!value_is_host(value->text, 1))
		return value_complain(value,
		    "'%s' is no selector such as s1 (letters, digits, "
		    "hyphens, dots)",
		    value->text);
	return value_set_text(value->text, target);
}

/* Splits "host:port", "[v6]:port", "host"; true when host and port hold. */
static bool
split_host(struct arena *arena, const char *text, char **ret_host,
    const char **ret_port, bool *ret_is_v6)
{
	bool is_v6 = *text == '[';
	const char *end = is_v6 ? strchr(text, ']') : strchrnul(text, ':');
	struct in6_addr address;
	int64_t port;
	char *host;

	if (end == NULL)
		return false;
	text += is_v6;
	host = arena_strndup(arena, text, (size_t)(end - text));
	end += is_v6;
	if (is_v6 ? inet_pton(AF_INET6, host, &address) != 1
		  : !value_is_host(host, 1))
		return false;
	if (*end == ':' && !num_parse(end + 1, 1, 65535, &port))
		return false;
	if (*end != '\0' && *end != ':')
		return false;
	*ret_host = host;
	*ret_port = *end == ':' ? end + 1 : "";
	*ret_is_v6 = is_v6;
	return true;
}

static bool
is_loopback_host(const char *host)
{
	struct in_addr v4;

	if (text_equal_nocase(host, "localhost") || text_equal(host, "::1"))
		return true;
	return inet_pton(AF_INET, host, &v4) == 1 &&
	       (ntohl(v4.s_addr) >> 24) == 127;
}

bool
value_is_loopback(const char *relay_url)
{
	const char *rest = strstr(relay_url, "://");
	struct arena *arena = arena_new();
	const char *port;
	char *host;
	bool is_v6;
	bool loopback;

	loopback = rest != NULL &&
		   split_host(arena, rest + 3, &host, &port, &is_v6) &&
		   is_loopback_host(host);
	arena_free(arena);
	return loopback;
}

static bool
read_web_url(const struct value *value, void *target)
{
	static const char hint[] = "write https://news.example";
	char *url = arena_strdup(value->arena, value->text);
	size_t bytes = strlen(url);
	bool is_secure = text_starts(url, "https://");
	const char *rest = url + (is_secure ? 8 : 7);
	const char *port;
	char *host;
	bool is_v6;

	if (!is_secure && !text_starts(url, "http://"))
		return value_complain(
		    value, "'%s' is no web address; %s", value->text, hint);
	while (bytes > 0 && url[bytes - 1] == '/')
		url[--bytes] = '\0';
	if (strpbrk(url, "?#@ \t\"<>\\") != NULL || text_has_control(url))
		return value_complain(value,
		    "'%s' has more than host, port and path; %s", value->text,
		    hint);
	if (!split_host(value->arena,
		arena_strndup(value->arena, rest, strcspn(rest, "/")), &host,
		&port, &is_v6))
		return value_complain(value, "'%s' has no host that can be; %s",
		    value->text, hint);
	if (!is_secure && !is_loopback_host(host))
		return value_complain(value,
		    "must begin with https:// (mailbox providers follow "
		    "unsubscribe links only there, RFC 8058)");
	return value_set_text(url, target);
}

static bool
read_relay_url(const struct value *value, void *target)
{
	static const char hint[] =
	    "write smtp://host:port or smtps://host:port";
	bool is_tls = text_starts(value->text, "smtps://");
	const char *rest = value->text + (is_tls ? 8 : 7);
	const char *port;
	char *host;
	bool is_v6;

	if (!is_tls && !text_starts(value->text, "smtp://"))
		return value_complain(
		    value, "'%s' is no relay; %s", value->text, hint);
	if (strchr(rest, '@') != NULL)
		return value_complain(value,
		    "credentials do not belong here; use username and "
		    "password_file");
	if (text_ends(rest, "/"))
		rest = arena_strndup(value->arena, rest, strlen(rest) - 1);
	if (!split_host(value->arena, rest, &host, &port, &is_v6))
		return value_complain(value,
		    "'%s' has no host and port that can be; %s", value->text,
		    hint);
	if (*port == '\0')
		port = is_tls ? "465" : "25";
	return value_set_text(
	    arena_format(value->arena, is_v6 ? "%s://[%s]:%s" : "%s://%s:%s",
		is_tls ? "smtps" : "smtp", host, port),
	    target);
}

static bool
read_store_url(const struct value *value, void *target)
{
	const char *path = value->text + strlen("sqlite:");

	if (!text_starts(value->text, "sqlite:") || *path == '\0' ||
	    text_has_control(value->text))
		return value_complain(value,
		    "'%s' is no store; write sqlite:state/glocal-mail.db",
		    value->text);
	return value_set_text(arena_format(value->arena, "sqlite:%s",
				  file_join(value->arena, value->folder, path)),
	    target);
}

static bool
read_integer(const struct value *value, void *target)
{
	int64_t n;

	if (!num_parse(value->text, (int64_t)value->option->least,
		(int64_t)value->option->most, &n))
		return value_complain(value,
		    "'%s' is no whole number from %.0f to %.0f", value->text,
		    value->option->least, value->option->most);
	*(int *)target = (int)n;
	return true;
}

static bool
read_real(const struct value *value, void *target)
{
	double n;

	if (!num_parse_real(value->text, &n) || n < value->option->least ||
	    n > value->option->most)
		return value_complain(value,
		    "'%s' is no number from %.0f to %.0f", value->text,
		    value->option->least, value->option->most);
	*(double *)target = n;
	return true;
}

static bool
read_duration(const struct value *value, void *target)
{
	int64_t least = (int64_t)value->option->least;
	int64_t most = (int64_t)value->option->most;
	int64_t ms;

	if (!num_parse_duration(value->text, &ms))
		return value_complain(value,
		    "'%s' is no duration such as 30s, 5m, 2h or 4d",
		    value->text);
	if (ms < least || ms > most)
		return value_complain(value, "'%s' is not within %s to %s",
		    value->text, num_format_duration(value->arena, least),
		    num_format_duration(value->arena, most));
	*(int64_t *)target = ms;
	return true;
}

/* The index of the text among the option's words, -1 with a complaint. */
static int
find_choice(const struct value *value)
{
	const char *const *words = value->option->words;
	const char *nearest;
	char list[200] = "";
	size_t used = 0;

	for (int i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], value->text) == 0)
			return i;
	for (size_t i = 0; words[i] != NULL && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used,
		    "%s%s", i > 0 ? ", " : "", words[i]);
	nearest = text_nearest(value->text, words);
	if (nearest != NULL)
		value_complain(value, "'%s' is none of %s (did you mean '%s'?)",
		    value->text, list, nearest);
	else
		value_complain(value, "'%s' is none of %s", value->text, list);
	return -1;
}

static bool
read_choice(const struct value *value, void *target)
{
	int index = find_choice(value);

	if (index >= 0)
		*(int *)target = index;
	return index >= 0;
}

static bool
read_switch(const struct value *value, void *target)
{
	int index = find_choice(value);

	if (index >= 0)
		*(bool *)target = index == 1;
	return index >= 0;
}

static bool (*const readers[OPTION_TYPES])(const struct value *, void *) = {
	[OPTION_TEXT] = read_text,
	[OPTION_WORD] = read_word,
	[OPTION_ADDRESS] = read_address,
	[OPTION_DOMAIN] = read_domain,
	[OPTION_SELECTOR] = read_selector,
	[OPTION_WEB_URL] = read_web_url,
	[OPTION_RELAY_URL] = read_relay_url,
	[OPTION_STORE_URL] = read_store_url,
	[OPTION_TIMEZONE] = value_read_timezone,
	[OPTION_FILE] = value_read_file,
	[OPTION_SECRET] = value_read_secret,
	[OPTION_INTEGER] = read_integer,
	[OPTION_REAL] = read_real,
	[OPTION_DURATION] = read_duration,
	[OPTION_CHOICE] = read_choice,
	[OPTION_SWITCH] = read_switch,
};

bool
value_set(const struct value *value, void *into)
{
	void *target = (char *)into + value->option->offset;

	return readers[value->option->type](value, target);
}
