#include "people/links.h"

#include <assert.h>
#include <string.h>

enum {
	LONG_MAC = 16, /* bytes */
	SHORT_MAC = 10,
	LONGEST_MAC_TEXT = 27, /* with a NUL */
	NUMBER_CHARS = 13,     /* 63 bits */
	TOKEN_ROOM = 80,
};

static const char version = '1';
static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

static const char *const purposes[] = {
#define X(name, text) [name] = text,
	GM_LINK_PURPOSES(X)
#undef X
};
static_assert(sizeof(purposes) / sizeof(*purposes) == LINK_PURPOSES,
    "a text for each purpose");

static size_t
mac_bytes(enum link_purpose purpose)
{
	return purpose == LINK_RETURN_PATH ? SHORT_MAC : LONG_MAC;
}

static void
put_number(unsigned char *out, int64_t number)
{
	for (int i = 0; i < 8; i++)
		out[i] = (unsigned char)((uint64_t)number >> (56 - 8 * i));
}

/* Begins the MAC; the bytes of the subscriber's number are still missing. */
static void
begin_mac(const struct secret_key *key, enum link_purpose purpose,
    int64_t mailing, struct secret_mac_state *ret_state)
{
	const char *name = purposes[purpose];
	unsigned char number[8];

	secret_mac_begin(key, ret_state);
	secret_mac_add_length(ret_state, strlen(name));
	secret_mac_add(ret_state, name, strlen(name));
	secret_mac_add_length(ret_state, sizeof(version));
	secret_mac_add(ret_state, &version, sizeof(version));
	put_number(number, key->id);
	secret_mac_add_length(ret_state, sizeof(number));
	secret_mac_add(ret_state, number, sizeof(number));
	put_number(number, mailing);
	secret_mac_add_length(ret_state, sizeof(number));
	secret_mac_add(ret_state, number, sizeof(number));
	secret_mac_add_length(ret_state, sizeof(number));
}

static void
end_mac(struct secret_mac_state *state, int64_t subscriber,
    unsigned char ret_mac[SECRET_HASH_BYTES])
{
	unsigned char number[8];

	put_number(number, subscriber);
	secret_mac_add(state, number, sizeof(number));
	secret_mac_end(state, ret_mac);
}

static void
make_mac(const struct secret_key *key, enum link_purpose purpose,
    struct link_ids ids, unsigned char ret_mac[SECRET_HASH_BYTES])
{
	struct secret_mac_state state;

	begin_mac(key, purpose, ids.mailing, &state);
	end_mac(&state, ids.subscriber, ret_mac);
}

/* Writes a number to the base 32 without a NUL; returns what is behind it. */
static char *
write_number(char *out, int64_t number)
{
	int shift = 0;

	assert(number >= 0);
	while (shift < 60 && number >> shift >= 32)
		shift += 5;
	for (; shift >= 0; shift -= 5)
		*out++ = digits[number >> shift & 31];
	return out;
}

static void
write_token(char *out, const struct secret_key *key, enum link_purpose purpose,
    struct link_ids ids)
{
	unsigned char mac[SECRET_HASH_BYTES];

	*out++ = version;
	out = write_number(out, key->id);
	*out++ = '.';
	out = write_number(out, ids.subscriber);
	*out++ = '.';
	out = write_number(out, ids.mailing);
	*out++ = '.';
	make_mac(key, purpose, ids, mac);
	secret_base32(mac, mac_bytes(purpose), out);
}

char *
links_unsubscribe_url(struct arena *arena, const struct secret_key *key,
    const struct sender *sender, struct link_ids ids)
{
	char token[TOKEN_ROOM];

	write_token(token, key, LINK_UNSUBSCRIBE, ids);
	return arena_format(arena, "%s/u/%s", sender->public_url, token);
}

char *
links_preferences_url(struct arena *arena, const struct secret_key *key,
    const struct sender *sender, struct link_ids ids)
{
	char token[TOKEN_ROOM];

	write_token(token, key, LINK_PREFERENCES, ids);
	return arena_format(arena, "%s/p/%s", sender->public_url, token);
}

char *
links_confirm_url(struct arena *arena, const struct secret_key *key,
    const struct sender *sender, int64_t subscriber, int64_t valid_to_s)
{
	char token[TOKEN_ROOM];

	write_token(token, key, LINK_CONFIRM,
	    (struct link_ids){
		.subscriber = subscriber, .mailing = valid_to_s });
	return arena_format(arena, "%s/c/%s", sender->public_url, token);
}

char *
links_unsubscribe_mailto(struct arena *arena, const struct secret_key *key,
    const struct sender *sender, struct link_ids ids)
{
	char token[TOKEN_ROOM];

	write_token(token, key, LINK_UNSUBSCRIBE, ids);
	return arena_format(arena, "mailto:u+%s@%s?subject=unsubscribe", token,
	    sender->bounce_domain);
}

char *
links_return_path(struct arena *arena, const struct secret_key *key,
    const struct sender *sender, struct link_ids ids)
{
	char token[TOKEN_ROOM];

	write_token(token, key, LINK_RETURN_PATH, ids);
	return arena_format(arena, "b+%s@%s", token, sender->bounce_domain);
}

static const char *
domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return at != NULL ? at + 1 : address;
}

static char *
make_message_id(struct arena *arena, const struct secret_key *key,
    const struct sender *sender, enum link_purpose purpose, struct link_ids ids)
{
	unsigned char mac[SECRET_HASH_BYTES];
	char text[LONGEST_MAC_TEXT];

	make_mac(key, purpose, ids, mac);
	secret_base32(mac, LONG_MAC, text);
	return arena_format(arena, "%s@%s", text, domain_of(sender->address));
}

char *
links_message_id(struct arena *arena, const struct secret_key *key,
    const struct sender *sender, struct link_ids ids)
{
	return make_message_id(arena, key, sender, LINK_MESSAGE_ID, ids);
}

char *
links_notice_id(struct arena *arena, const struct secret_key *key,
    const struct sender *sender, int64_t number)
{
	return make_message_id(arena, key, sender, LINK_NOTICE_ID,
	    (struct link_ids){ .mailing = number });
}

char *
links_edition_file(struct arena *arena, const struct secret_key *key,
    const struct link_edition *edition)
{
	const char *purpose = purposes[LINK_EDITION];
	unsigned char id[8], mailing[8], content[8];
	const struct secret_part parts[] = {
		{ purpose, strlen(purpose) },
		{ &version, sizeof(version) },
		{ id, sizeof(id) },
		{ mailing, sizeof(mailing) },
		{ content, sizeof(content) },
		{ edition->spec, strlen(edition->spec) },
	};
	unsigned char mac[SECRET_HASH_BYTES];
	char text[LONGEST_MAC_TEXT];

	put_number(id, key->id);
	put_number(mailing, edition->mailing);
	put_number(content, edition->version);
	secret_mac(key, parts, sizeof(parts) / sizeof(parts[0]), mac);
	secret_base32(mac, LONG_MAC, text);
	return arena_format(arena, "%c%s.html", version, text);
}

char *
links_edition_url(struct arena *arena, const struct secret_key *key,
    const struct sender *sender, const char *issue,
    const struct link_edition *edition)
{
	return arena_format(arena, "%s/issues/%s/e/%s", sender->public_url,
	    issue, links_edition_file(arena, key, edition));
}

/* A form with a hole for the subscriber's number and one for the MAC. */
struct form {
	const char *before;
	const char *between; /* NULL: there is no number */
	const char *behind;
	size_t before_chars;
	size_t between_chars;
	size_t behind_chars;
};

struct links {
	struct secret_mac_state states[LINK_PURPOSES]; /* begun */
	struct form unsubscribe_url;
	struct form unsubscribe_mailto;
	struct form preferences_url;
	struct form return_path;
	struct form message_id;
};

static struct form
make_form(const char *before, const char *between, const char *behind)
{
	return (struct form){
		.before = before,
		.between = between,
		.behind = behind,
		.before_chars = strlen(before),
		.between_chars = between != NULL ? strlen(between) : 0,
		.behind_chars = strlen(behind),
	};
}

struct links *
links_new(struct arena *arena, const struct secret_key *key,
    const struct sender *sender, int64_t mailing)
{
	struct links *links = arena_take(arena, 1, sizeof(*links));
	char number[NUMBER_CHARS + 1] = "";
	const char *id, *between, *at_bounces;

	for (enum link_purpose i = 0; i < LINK_PURPOSES; i++)
		begin_mac(key, i, mailing, &links->states[i]);
	*write_number(number, mailing) = '\0';
	between = arena_format(arena, ".%s.", number);
	*write_number(number, key->id) = '\0';
	id = arena_format(arena, "%c%s.", version, number);
	at_bounces = arena_format(arena, "@%s", sender->bounce_domain);
	links->unsubscribe_url =
	    make_form(arena_format(arena, "%s/u/%s", sender->public_url, id),
		between, "");
	links->preferences_url =
	    make_form(arena_format(arena, "%s/p/%s", sender->public_url, id),
		between, "");
	links->unsubscribe_mailto =
	    make_form(arena_format(arena, "mailto:u+%s", id), between,
		arena_format(arena, "%s?subject=unsubscribe", at_bounces));
	links->return_path =
	    make_form(arena_format(arena, "b+%s", id), between, at_bounces);
	links->message_id = make_form(
	    "", NULL, arena_format(arena, "@%s", domain_of(sender->address)));
	return links;
}

/* Fills the holes. */
static const char *
fill_form(struct arena *arena, const struct form *form, const char *number,
    size_t number_chars, const char *mac)
{
	char *text = arena_take(arena,
	    form->before_chars + number_chars + form->between_chars +
		LONGEST_MAC_TEXT + form->behind_chars,
	    1);
	char *to = mempcpy(text, form->before, form->before_chars);

	if (form->between != NULL) {
		to = mempcpy(to, number, number_chars);
		to = mempcpy(to, form->between, form->between_chars);
	}
	to = stpcpy(to, mac);
	memcpy(to, form->behind, form->behind_chars);
	return text;
}

/* The MAC of that purpose as it stands in the forms. */
static void
write_mac(const struct links *links, enum link_purpose purpose,
    int64_t subscriber, char ret_text[LONGEST_MAC_TEXT])
{
	struct secret_mac_state state = links->states[purpose];
	unsigned char mac[SECRET_HASH_BYTES];

	end_mac(&state, subscriber, mac);
	secret_base32(mac, mac_bytes(purpose), ret_text);
}

void
links_make(struct arena *arena, const struct links *links, int64_t subscriber,
    struct links_of_reader *ret_links)
{
	char number[NUMBER_CHARS];
	size_t chars = (size_t)(write_number(number, subscriber) - number);
	char mac[LONGEST_MAC_TEXT];

	write_mac(links, LINK_UNSUBSCRIBE, subscriber, mac);
	ret_links->unsubscribe_url =
	    fill_form(arena, &links->unsubscribe_url, number, chars, mac);
	ret_links->unsubscribe_mailto =
	    fill_form(arena, &links->unsubscribe_mailto, number, chars, mac);
	write_mac(links, LINK_PREFERENCES, subscriber, mac);
	ret_links->preferences_url =
	    fill_form(arena, &links->preferences_url, number, chars, mac);
	write_mac(links, LINK_RETURN_PATH, subscriber, mac);
	ret_links->return_path =
	    fill_form(arena, &links->return_path, number, chars, mac);
	write_mac(links, LINK_MESSAGE_ID, subscriber, mac);
	ret_links->message_id =
	    fill_form(arena, &links->message_id, number, chars, mac);
}

static int
read_digit(char c)
{
	const char *digit;

	if (c >= 'A' && c <= 'Z')
		c = (char)(c - 'A' + 'a');
	digit = c == '\0' ? NULL : strchr(digits, c);
	return digit == NULL ? -1 : (int)(digit - digits);
}

/* Reads a number as write_number writes it, and the dot behind it. */
static bool
take_number(const char **at, int64_t *ret_number)
{
	const char *p = *at;
	uint64_t number = 0;
	int chars = 0;

	for (; *p != '.'; p++) {
		int digit = read_digit(*p);

		if (digit < 0 || ++chars > NUMBER_CHARS)
			return false;
		number = number << 5 | (unsigned)digit;
	}
	if (chars == 0 || number > INT64_MAX || (chars > 1 && **at == 'a'))
		return false;
	*at = p + 1;
	*ret_number = (int64_t)number;
	return true;
}

/* As links_verify_token; the token ends at `end`. */
static bool
verify(const struct secret_keys *keys, enum link_purpose purpose,
    const char *at, const char *end, struct link_ids *ret_ids)
{
	unsigned char theirs[LONG_MAC];
	unsigned char ours[SECRET_HASH_BYTES];
	const struct secret_key *key;
	struct link_ids ids;
	int64_t key_id;

	if (*at++ != version || !take_number(&at, &key_id) ||
	    !take_number(&at, &ids.subscriber) ||
	    !take_number(&at, &ids.mailing) || at > end ||
	    key_id > SECRET_KEY_ID_LAST ||
	    !secret_base32_read(
		at, (size_t)(end - at), theirs, mac_bytes(purpose)))
		return false;
	key = secret_keys_find(keys, (int)key_id);
	if (key == NULL)
		return false;
	make_mac(key, purpose, ids, ours);
	if (!secret_equal(ours, theirs, mac_bytes(purpose)))
		return false;
	*ret_ids = ids;
	return true;
}

bool
links_verify_token(const struct secret_keys *keys, enum link_purpose purpose,
    const char *token, struct link_ids *ret_ids)
{
	assert(purpose < LINK_MESSAGE_ID);
	return verify(keys, purpose, token, token + strlen(token), ret_ids);
}

bool
links_verify_address(const struct secret_keys *keys, const char *address,
    enum link_purpose *ret_purpose, struct link_ids *ret_ids)
{
	const char *end = strchrnul(address, '@');
	enum link_purpose purpose;

	if (*address == 'b' || *address == 'B')
		purpose = LINK_RETURN_PATH;
	else if (*address == 'u' || *address == 'U')
		purpose = LINK_UNSUBSCRIBE;
	else
		return false;
	if (address[1] != '+' ||
	    !verify(keys, purpose, address + 2, end, ret_ids))
		return false;
	*ret_purpose = purpose;
	return true;
}

bool
links_verify_message_id(
    const struct secret_keys *keys, const char *message_id, struct link_ids ids)
{
	const char *start = message_id + (*message_id == '<');
	const char *end = strchrnul(start, '@');
	unsigned char theirs[LONG_MAC];
	bool equal = false;

	if (ids.subscriber < 0 || ids.mailing < 0 ||
	    !secret_base32_read(
		start, (size_t)(end - start), theirs, sizeof(theirs)))
		return false;
	for (int id = secret_keys_newest(keys)->id; id > 0; id--) {
		const struct secret_key *key = secret_keys_find(keys, id);
		unsigned char ours[SECRET_HASH_BYTES];

		if (key == NULL)
			continue;
		make_mac(key, LINK_MESSAGE_ID, ids, ours);
		equal |= secret_equal(ours, theirs, sizeof(theirs));
	}
	return equal;
}
