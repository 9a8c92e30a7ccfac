#ifndef STORE_HISTORY_H
#define STORE_HISTORY_H

/*
 * The history of contacts: every change to a subscriber, a tag, an
 * organisation, a municipality, a segment, a suppression or consent, with who
 *made it, when, by which command, from which line of which file. Rows are only
 *ever added. Functions of this room that write such a thing record it
 *themselves, so nobody can forget to; what they need for that is said once,
 *when the transaction begins (store_begin_as). What changes nothing records
 *nothing.
 *
 * An act is one transaction that changed something; a change is what one act
 * did to one subject (so an unsubscription is one change: state, consent and
 * suppression together). An organisation that comes into being with a contact
 * is part of that contact's change.
 *
 * The payload of a change is text, a line per field:
 *
 *	field TAB old TAB new LF
 *
 * in the order in which they were written; within values \t, \n and \\ stand
 * for TAB, LF and backslash. A value that was not there is empty. A line whose
 * old and new are the same only says what was changed ("tag", "code",
 * "organisation", "segment", "address"). What is renamed or merged changes each
 * contact that follows, too. A subscriber's fields are address, name,
 * organisation, department, municipality, language, format, tags and countries
 * (sorted, joined by ;), basis, state (old is empty for a new one), suppression
 * (the reason) with evidence, and consent ("granted BASIS METHOD", also
 * withdrawn or requested) with consent_wording (its number) where it is known,
 * and
 * consent_address, consent_source, consent_sha256 and consent_operator where
 * address or act do not say the same.
 *
 * Seals. With || for what stands side by side, be64() for eight bytes with the
 * highest first, and NUL behind each text:
 *
 *	act    = SHA-256(salt || be64(time) || operator || command || source
 *		|| SHA-256 of the source, if there is one)
 *	digest = SHA-256(salt || payload)
 *	chain  = SHA-256(previous chain || act || be64(number) || be64(act's
 *		number) || be64(subscriber) || be64(line) || be64(undoes)
 *		|| subject || digest)
 *
 * The first previous chain is 32 zero bytes. Only salt and payload are stored:
 * when they are erased the digest takes their place, nobody can guess from it
 * what was there, and the chain still holds. Numbers have no gaps. Who can
 * write to the database can of course make a whole new chain, or cut its end
 * off: note down the last chain value, which `check` shows, where they cannot
 * reach it.
 */

#include "base/text.h"
#include "store/store.h"

enum { STORE_SHA256_BYTES = 32, STORE_SALT_BYTES = 16 };

/* The hands of the seals, for the store itself knows no cryptography. */
struct store_seal {
	void (*sha256)(const void *bytes, size_t count,
	    unsigned char ret_hash[STORE_SHA256_BYTES]);
	void (*random)(void *ret_bytes, size_t count);
};

/* Who changes something, and from where. What it points at must stay valid
   until the transaction ends. */
struct store_author {
	const struct store_seal *seal;
	const char *operator; /* "" when nobody of ours */
	const char *command;  /* "subscriber import", "delivery", "page" … */
	const char *source;   /* file as it was named; "" when there is none */
	const unsigned char *source_sha256; /* NULL: none */
};

/* As store_begin, for a transaction that may change contacts. Within one that
   store_begin began that is a bug of ours, and asserted. */
bool store_begin_as(struct store *store, const struct store_author *author,
    struct err *err) GM_MUST_CHECK;

/* The line of the source that the next changes come from; 0: none. */
void store_history_line(struct store *store, int64_t line);

/* The next change takes this one back. */
void store_history_undoes(struct store *store, int64_t change);

/* One change. Valid during the call only, unless an arena owns it. */
struct store_change {
	int64_t id; /* its number, from 1 without gaps */
	int64_t at_ms;
	const char *operator;
	const char *command;
	const char *source;
	int64_t line;        /* 0: none */
	const char *subject; /* subscriber, tag, organisation, municipality,
				segment, suppression, wording, erasure (of no
				subscriber) */
	int64_t subscriber;  /* 0: none */
	int64_t undoes;      /* 0: none */
	bool erased;         /* the payload is gone */
	const char *payload;
	unsigned char chain[STORE_SHA256_BYTES];
};

typedef bool store_change_each_fn(
    const struct store_change *change, void *context, struct err *err);

/* Calls `each` for every change of a subscriber (0: all there are), oldest
   first. It ends the walk by returning false with `err` set. */
bool store_history_each(struct store *store, int64_t subscriber,
    store_change_each_fn *each, void *context, struct err *err) GM_MUST_CHECK;

struct store_changes {
	struct store_change *items; /* oldest first */
	size_t count;
};

/* All changes of one subscriber. */
bool store_history_list(struct arena *arena, struct store *store,
    int64_t subscriber, struct store_changes *ret_list,
    struct err *err) GM_MUST_CHECK;

/* One field of a payload. */
struct store_field {
	const char *name;
	const char *old;
	const char *new;
};

struct store_fields {
	struct store_field *items;
	size_t count;
};

/* Reads a payload; what is no line of three parts ends it. */
struct store_fields store_history_fields(
    struct arena *arena, const char *payload);

/* What a look through the whole history found. */
struct store_history_state {
	int64_t count;
	int64_t erased;
	unsigned char head[STORE_SHA256_BYTES]; /* the last chain value */
};

/* Follows the chain from its start, in a few KB. ERR_DATA names the first
   change that does not fit, and why. */
bool store_history_verify(struct store *store, const struct store_seal *seal,
    struct store_history_state *ret_state, struct err *err) GM_MUST_CHECK;

/* Takes what a change says out of the history for good; the chain goes on
   holding. One that says nothing any more stays as it is. */
bool store_history_erase(struct store *store, const struct store_seal *seal,
    int64_t change, struct err *err) GM_MUST_CHECK;

/* The same for the source of an act, which becomes "(erased)". Operator,
   command and time stay, but are no longer sealed. */
bool store_history_erase_act(struct store *store, const struct store_seal *seal,
    int64_t act, struct err *err) GM_MUST_CHECK;

#endif
