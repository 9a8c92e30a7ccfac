#ifndef STORE_SUBSCRIBER_H
#define STORE_SUBSCRIBER_H

/*
 * Subscribers with their organisation and interests. Rows are never deleted
 * and ids never reused. What a row may become is decided in people/; here it
 * is only written down.
 */

#include "model/audience.h"
#include "model/reader.h"
#include "model/subscriber.h"
#include "store/store.h"

/* A row as a whole. No text is NULL. */
struct store_subscriber {
	int64_t id;          /* 0: not stored yet */
	const char *address; /* as it goes on the wire */
	const char *address_key;
	const char *name;
	const char *organisation;
	const char *department;
	const char *municipality; /* six digits; "" when it is none */
	enum language language;
	enum format format;
	enum basis basis;
	enum subscriber_state state;
	struct text_list tags;      /* sorted slugs */
	struct text_list countries; /* sorted */
	int64_t created_ms;
	int64_t changed_ms;
};

/* The row of a normalised address; *ret_row is NULL when there is none. */
bool store_subscriber_find(struct arena *arena, struct store *store,
    const char *address_key, struct store_subscriber **ret_row,
    struct err *err) GM_MUST_CHECK;

/* The same by its id. */
bool store_subscriber_find_id(struct arena *arena, struct store *store,
    int64_t id, struct store_subscriber **ret_row,
    struct err *err) GM_MUST_CHECK;

/* Inserts a row (id 0, times are set to now) with its interests; tags that
   do not exist are left out. This and what follows records what it changes
   (store_history.h). */
bool store_subscriber_insert(struct store *store,
    const struct store_subscriber *row, int64_t *ret_id,
    struct err *err) GM_MUST_CHECK;

/* Writes all of a row but created_ms; changed_ms is set to now. `old` is what
   was there, as it was read in this transaction. */
bool store_subscriber_update(struct store *store,
    const struct store_subscriber *old, const struct store_subscriber *row,
    struct err *err) GM_MUST_CHECK;

/* Writes the state alone. */
bool store_subscriber_set_state(struct store *store, int64_t id,
    enum subscriber_state state, struct err *err) GM_MUST_CHECK;

/* Takes the open deliveries of a subscriber that are not on the wire (queued,
   leased) out of their mailings: skipped, with this reason. *ret_count says
   how many. */
bool store_subscriber_skip(struct store *store, int64_t id, const char *reason,
    int64_t *ret_count, struct err *err) GM_MUST_CHECK;

/* Calls `each` with the key of every row there is. */
bool store_subscriber_keys(struct store *store,
    void (*each)(const char *address_key, void *context), void *context,
    struct err *err) GM_MUST_CHECK;

/* Calls `each` for every active row with a name and an organisation. */
bool store_subscriber_names(struct store *store,
    void (*each)(const char *address_key, const char *name,
	const char *organisation, const char *municipality, void *context),
    void *context, struct err *err) GM_MUST_CHECK;

/* Calls `each` with the address of every row that may be mailed: active, with a
   basis, not suppressed. */
bool store_subscriber_mailable(struct store *store,
    void (*each)(const char *address, void *context), void *context,
    struct err *err) GM_MUST_CHECK;

/* What `list` shows; a NULL member does not filter. */
struct store_subscriber_filter {
	const char *state;
	const char *tag;
	const char *language;
	const char *municipality; /* code; of a prefecture: all within it */
	const struct audience *audience; /* checked (store_audience.h) */
	bool reachable;                  /* only who may be mailed */
};

/* Calls `each` for every row that passes, by id. The row is valid during the
   call only. `each` ends the walk by returning false with `err` set. */
typedef bool store_subscriber_each_fn(
    const struct store_subscriber *row, void *context, struct err *err);

bool store_subscriber_each(struct store *store,
    const struct store_subscriber_filter *filter,
    store_subscriber_each_fn *each, void *context,
    struct err *err) GM_MUST_CHECK;

/* One who is to get an issue. Valid during the call only. */
struct store_member {
	int64_t id;
	struct person person;
	struct reader reader;
};

typedef bool store_member_each_fn(
    const struct store_member *member, void *context, struct err *err);

/* Calls `each`, by id, for everyone in the audience (NULL: all) who may be
   mailed (active, with a basis, not suppressed) and has no delivery of this
   issue yet. May be used within a
   transaction, and `each` may insert deliveries of its member. It ends the
   walk by returning false with `err` set. Takes a few microseconds a member.
 */
bool store_subscriber_audience(struct store *store, const char *issue,
    const struct audience *audience, store_member_each_fn *each, void *context,
    struct err *err) GM_MUST_CHECK;

/* What was sent to a subscriber, oldest first. */
struct store_subscriber_mail {
	const char *issue;
	const char *state;
	const char *reason; /* "" when the state needs none */
	int64_t attempts;
	int64_t planned_ms;
	int64_t last_ms; /* end of the last attempt; 0: none yet */
	int64_t code;    /* its reply; 0: none */
	const char *text;
	const char *message_id;
};

struct store_subscriber_mails {
	struct store_subscriber_mail *items;
	size_t count;
};

bool store_subscriber_mail_list(struct arena *arena, struct store *store,
    int64_t id, struct store_subscriber_mails *ret_list,
    struct err *err) GM_MUST_CHECK;

#endif
