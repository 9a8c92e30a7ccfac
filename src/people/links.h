#ifndef PEOPLE_LINKS_H
#define PEOPLE_LINKS_H

/*
 * The personal links, return paths and Message-IDs in our mail: their forms,
 * and whether one that comes back is ours. The forms are fixed and carry a
 * version: mail that was sent years ago holds them. No form holds an address.
 *
 *	token        1KEY.SUBSCRIBER.MAILING.MAC
 *	unsubscribe  PUBLIC_URL/u/TOKEN
 *	             mailto:u+TOKEN@BOUNCE_DOMAIN?subject=unsubscribe
 *	preferences  PUBLIC_URL/p/TOKEN
 *	confirm      PUBLIC_URL/c/TOKEN
 *	return path  b+TOKEN@BOUNCE_DOMAIN
 *	Message-ID   MAC@SENDER_DOMAIN, without angle brackets
 *	edition      PUBLIC_URL/issues/ISSUE/e/1MAC.html
 *
 * "1" is the version. KEY, SUBSCRIBER and MAILING are numbers to the base 32,
 * highest digit first, in the digits of base32 (a is 0, 7 is 31). MAC is
 * HMAC-SHA-256 with the named key over purpose, version and the three
 * numbers, of 128 bits (of 80 in return paths), in base32. A local part has
 * at most 64 octets (RFC 5321 section 4.5.3.1.1). All forms are lower case and
 * are recognised in any case.
 *
 * In the token of a confirmation the end of its validity, in seconds since
 * 1970, stands in the place of MAILING.
 *
 * An edition's page is the same for all its readers: its MAC covers the
 * mailing, the version of its content and the edition's text instead, so that
 * nobody can guess it who did not get the mail, and it tells nobody who did. A
 * folder of files can serve it.
 *
 * Mailing 0 stands for what belongs to none (a notice), subscriber 0 for one
 * who is no subscriber.
 */

#include <stdint.h>

#include "base/arena.h"
#include "model/sender.h"
#include "secret/secret.h"

/* What a token allows; part of what its MAC covers. */
#define GM_LINK_PURPOSES(X)                \
	X(LINK_UNSUBSCRIBE, "unsubscribe") \
	X(LINK_PREFERENCES, "preferences") \
	X(LINK_RETURN_PATH, "return path") \
	X(LINK_CONFIRM, "confirm")         \
	X(LINK_MESSAGE_ID, "message-id")   \
	X(LINK_NOTICE_ID, "notice-id")     \
	X(LINK_EDITION, "edition")

#define X(name, text) name,
enum link_purpose { GM_LINK_PURPOSES(X) LINK_PURPOSES };
#undef X

/* To whom and to which mailing something belongs; neither is negative. */
struct link_ids {
	int64_t subscriber;
	int64_t mailing;
};

/* "https://news.example/u/1b.k5.c.…": for List-Unsubscribe and the footer. */
char *links_unsubscribe_url(struct arena *arena, const struct secret_key *key,
    const struct sender *sender, struct link_ids ids);
char *links_preferences_url(struct arena *arena, const struct secret_key *key,
    const struct sender *sender, struct link_ids ids);

/* Valid to the end of that second; links_verify_token does not look at it. */
char *links_confirm_url(struct arena *arena, const struct secret_key *key,
    const struct sender *sender, int64_t subscriber, int64_t valid_to_s);

/* "mailto:u+1b.k5.c.…@bounce.news.example?subject=unsubscribe". */
char *links_unsubscribe_mailto(struct arena *arena,
    const struct secret_key *key, const struct sender *sender,
    struct link_ids ids);

/* "b+1b.k5.c.…@bounce.news.example": MAIL FROM of a delivery. */
char *links_return_path(struct arena *arena, const struct secret_key *key,
    const struct sender *sender, struct link_ids ids);

/* "…@news.example", the domain being that of the sender's address. */
char *links_message_id(struct arena *arena, const struct secret_key *key,
    const struct sender *sender, struct link_ids ids);

/* The Message-ID of a notice: `number` is one that no other notice has. */
char *links_notice_id(struct arena *arena, const struct secret_key *key,
    const struct sender *sender, int64_t number);

/* Which edition of which mailing. */
struct link_edition {
	int64_t mailing;
	int64_t version;  /* of the mailing's content, from 1 */
	const char *spec; /* the edition's text (digest/tailor.h) */
};

/* "1uyq….html", the file; and "https://news.example/issues/2026-04/e/1uyq…"
   of it. */
char *links_edition_file(struct arena *arena, const struct secret_key *key,
    const struct link_edition *edition);
char *links_edition_url(struct arena *arena, const struct secret_key *key,
    const struct sender *sender, const char *issue,
    const struct link_edition *edition);

/* All that is personal for the readers of one mailing: what they share is made
   once. Read-only once made; lives in `arena` and needs nothing of what it is
   made of. */
struct links;
struct links *links_new(struct arena *arena, const struct secret_key *key,
    const struct sender *sender, int64_t mailing);

struct links_of_reader {
	const char *unsubscribe_url;
	const char *unsubscribe_mailto;
	const char *preferences_url;
	const char *return_path;
	const char *message_id;
};
void links_make(struct arena *arena, const struct links *links,
    int64_t subscriber, struct links_of_reader *ret_links);

/* True when one of our keys made the token for that purpose, which is one of
   the first four. The MACs are compared in constant time. */
bool links_verify_token(const struct secret_keys *keys,
    enum link_purpose purpose, const char *token, struct link_ids *ret_ids);

/* The same for an address "b+TOKEN@…" or "u+TOKEN@…" (or its local part
   alone), saying also which of the two purposes it has. */
bool links_verify_address(const struct secret_keys *keys, const char *address,
    enum link_purpose *ret_purpose, struct link_ids *ret_ids);

/* True when `message_id` (with or without angle brackets) is the one that one
   of our keys makes of these ids, whatever its domain. */
bool links_verify_message_id(const struct secret_keys *keys,
    const char *message_id, struct link_ids ids);

#endif
