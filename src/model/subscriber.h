#ifndef MODEL_SUBSCRIBER_H
#define MODEL_SUBSCRIBER_H

/*
 * The words that describe a subscriber. Each enum names itself: the text is
 * what stands in the database, in CSV files and on the command line.
 */

#include <stdint.h>

#include "base/err.h"

#define GM_LANGUAGES(X)      \
	X(LANGUAGE_EN, "en") \
	X(LANGUAGE_JA, "ja")

#define GM_FORMATS(X)          \
	X(FORMAT_HTML, "html") \
	X(FORMAT_TEXT, "text")

/* Why we may write to an address (Act 26/2002, article 3); "none" is never
   planned. */
#define GM_BASES(X)                                     \
	X(BASIS_CONSENT, "consent")                     \
	X(BASIS_GIVEN_ADDRESS, "given_address")         \
	X(BASIS_BUSINESS_RELATION, "business_relation") \
	X(BASIS_PUBLISHED, "published")                 \
	X(BASIS_NONE, "none")

/* pending: asked to confirm, gets nothing before. removed: taken out by an
   admin, revived by a re-import. erased: a tombstone that keeps the books of
   old mailings. */
#define GM_SUBSCRIBER_STATES(X)                    \
	X(SUBSCRIBER_ACTIVE, "active")             \
	X(SUBSCRIBER_PENDING, "pending")           \
	X(SUBSCRIBER_UNSUBSCRIBED, "unsubscribed") \
	X(SUBSCRIBER_REMOVED, "removed")           \
	X(SUBSCRIBER_ERASED, "erased")

#define X(name, text) name,
enum language { GM_LANGUAGES(X) LANGUAGES };
enum format { GM_FORMATS(X) FORMATS };
enum basis { GM_BASES(X) BASES };
enum subscriber_state { GM_SUBSCRIBER_STATES(X) SUBSCRIBER_STATES };
#undef X

/* The text of a value; never NULL. */
const char *subscriber_language(enum language language);
const char *subscriber_format(enum format format);
const char *subscriber_basis(enum basis basis);
const char *subscriber_state(enum subscriber_state state);

/* The value of a text (exact); false when there is none. */
bool subscriber_parse_language(const char *text, enum language *ret);
bool subscriber_parse_format(const char *text, enum format *ret);
bool subscriber_parse_basis(const char *text, enum basis *ret);
bool subscriber_parse_state(const char *text, enum subscriber_state *ret);

/* All words of an enum for messages ("en, ja") and text_nearest(). */
extern const char *const subscriber_languages[];
extern const char *const subscriber_formats[];
extern const char *const subscriber_bases[];

#endif
