#include "people/people_erase.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/now.h"
#include "base/vec.h"
#include "people/people_consent.h"
#include "people/people_history.h"
#include "people/people_row.h"
#include "people/site_keys.h"
#include "store/store_person.h"
#include "store/store_suppression.h"

/* Part of what the hash covers, so that it is good for nothing else. */
static const char purpose[] = "erased address";

struct people_barrier {
	struct arena *arena;
	struct store_erasures rows;
	struct secret_keys *keys;               /* NULL: nobody was erased */
	GM_VEC(const struct secret_key *) used; /* in rows */
};

static void
make_mac(const struct secret_key *key, const char *address_key,
    unsigned char ret_mac[SECRET_HASH_BYTES])
{
	const struct secret_part parts[] = {
		{ purpose, strlen(purpose) },
		{ address_key, strlen(address_key) },
	};

	secret_mac(key, parts, sizeof(parts) / sizeof(parts[0]), ret_mac);
}

/* The keys that the hashes were made with. */
static bool
find_keys(struct people_barrier *barrier, struct err *err)
{
	for (size_t i = 0; i < barrier->rows.count; i++) {
		int64_t id = barrier->rows.items[i].key_id;
		const struct secret_key *key =
		    secret_keys_find(barrier->keys, (int)id);
		bool known = false;

		if (key == NULL)
			return err_set(err, ERR_CONFIG,
			    "site key %" PRId64 " is gone: without it erased "
			    "addresses are not recognised; put it back from "
			    "the backup",
			    id);
		for (size_t k = 0; k < barrier->used.count; k++)
			known |= barrier->used.items[k] == key;
		if (!known)
			vec_push(&barrier->used, key);
	}
	return true;
}

bool
people_barrier_open(struct store *store, const struct people_author *author,
    struct people_barrier **ret_barrier, struct err *err)
{
	struct people_barrier *barrier = mem_new(1, sizeof(*barrier));

	barrier->arena = arena_new();
	if (!store_erasure_list(barrier->arena, store, &barrier->rows, err) ||
	    (barrier->rows.count > 0 &&
		(!site_keys_open(
		     store, author->keys_path, &barrier->keys, err) ||
		    !find_keys(barrier, err)))) {
		people_barrier_free(barrier);
		return false;
	}
	*ret_barrier = barrier;
	return true;
}

void
people_barrier_free(struct people_barrier *barrier)
{
	if (barrier == NULL)
		return;
	vec_clear(&barrier->used);
	secret_keys_free(barrier->keys);
	arena_free(barrier->arena);
	free(barrier);
}

static int
compare_macs(const void *a, const void *b)
{
	const struct store_erasure *row = b;

	return memcmp(a, row->mac, sizeof(row->mac));
}

const struct store_erasure *
people_barrier_find(
    const struct people_barrier *barrier, const char *address_key)
{
	const struct store_erasure *row = NULL;

	for (size_t i = 0; i < barrier->used.count && row == NULL; i++) {
		unsigned char mac[SECRET_HASH_BYTES];

		make_mac(barrier->used.items[i], address_key, mac);
		row = bsearch(mac, barrier->rows.items, barrier->rows.count,
		    sizeof(*barrier->rows.items), compare_macs);
	}
	return row;
}

bool
people_barrier_check(struct store *store, const struct people_author *author,
    const char *address_key, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct people_barrier *barrier;
	const struct store_erasure *row;
	bool ok = true;

	if (!people_barrier_open(store, author, &barrier, err))
		return false;
	row = people_barrier_find(barrier, address_key);
	if (row != NULL)
		ok = err_set(err, ERR_DATA,
		    "%s was erased on %.10s at its owner's wish; if they ask "
		    "for it again, `subscriber reinstate` it with the evidence",
		    address_key, now_format_local(arena, row->at_ms));
	people_barrier_free(barrier);
	return ok;
}

/* What is erased. */
struct erasing {
	struct arena *arena;
	struct store *store;
	struct address address;
	struct store_subscriber *row;  /* NULL: no subscriber */
	struct store_suppression *bar; /* NULL: none */
	struct store_person person;
	size_t held; /* rows */
};

static bool
count_row(const char *table, const struct store_person_value *values,
    size_t count, void *context, struct err *err)
{
	struct erasing *erasing = context;

	(void)table;
	(void)values;
	(void)count;
	(void)err;
	erasing->held++;
	return true;
}

static bool
find_person(struct erasing *erasing, struct err *err)
{
	const char *key = erasing->address.key;

	if (!store_subscriber_find(
		erasing->arena, erasing->store, key, &erasing->row, err) ||
	    !store_suppression_find(
		erasing->arena, erasing->store, key, &erasing->bar, err))
		return false;
	erasing->person = (struct store_person){
		.subscriber = erasing->row != NULL ? erasing->row->id : 0,
		.address_key = key,
		.name = erasing->row != NULL ? erasing->row->name : "",
	};
	return store_person_each(
	    erasing->store, &erasing->person, count_row, erasing, err);
}

/* All that the person was called here. A name of one character would be found
   everywhere. */
static struct text_list
list_traces(const struct erasing *erasing)
{
	const char **items = arena_take(erasing->arena, 3, sizeof(*items));
	struct text_list list = { .items = items };

	items[list.count++] = erasing->address.text;
	if (erasing->row != NULL)
		items[list.count++] = erasing->row->address;
	if (strlen(erasing->person.name) > 3)
		items[list.count++] = erasing->person.name;
	return list;
}

/* Mails that wait; those on the wire are skipped by who settles them. */
static bool
skip_mails(const struct erasing *erasing, int64_t *ret_skipped, struct err *err)
{
	int64_t deliveries = 0;
	int64_t notices;

	if (!store_person_skip_notices(
		erasing->store, erasing->person.address_key, &notices, err) ||
	    (erasing->row != NULL &&
		!store_subscriber_skip(erasing->store, erasing->row->id,
		    "erased", &deliveries, err)))
		return false;
	*ret_skipped = deliveries + notices;
	return true;
}

static bool
erase(const struct erasing *erasing, const struct secret_key *key,
    int64_t *ret_skipped, struct err *err)
{
	struct store_erasure row = {
		.key_id = key->id,
		.subscriber = erasing->person.subscriber,
		.reason = erasing->bar != NULL ? erasing->bar->reason : "",
		.at_ms = now_ms(),
	};
	char *text = arena_take(
	    erasing->arena, secret_base32_chars(SECRET_HASH_BYTES) + 1, 1);

	make_mac(key, erasing->address.key, row.mac);
	secret_base32(row.mac, sizeof(row.mac), text);
	return skip_mails(erasing, ret_skipped, err) &&
	       store_person_erase(erasing->store, &erasing->person,
		   arena_format(erasing->arena, "hmac-%d:%s", key->id, text),
		   err) &&
	       store_erasure_add(erasing->store, &row, err);
}

/* Within the transaction. */
static bool
erase_once(struct erasing *erasing, const struct people_barrier *barrier,
    const struct secret_key *key, struct people_erased *ret_erased,
    struct err *err)
{
	bool again = people_barrier_find(barrier, erasing->address.key) != NULL;

	if (!find_person(erasing, err))
		return false;
	if (erasing->held == 0 && !again)
		return err_set(err, ERR_NO_USER, "nothing is held about %s",
		    erasing->address.text);
	*ret_erased = (struct people_erased){
		.again = again,
		.traces = list_traces(erasing),
	};
	return erasing->held == 0 ||
	       erase(erasing, key, &ret_erased->skipped, err);
}

bool
people_erase(struct arena *arena, struct store *store, const char *address,
    const struct people_author *author, struct people_erased *ret_erased,
    struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	struct erasing erasing = { .arena = arena, .store = store };
	struct secret_keys *keys = NULL;
	struct people_barrier *barrier = NULL;
	bool ok;

	if (!people_row_address(arena, address, &erasing.address, err) ||
	    !people_begin(store, author, NULL, err))
		return false;
	guard = store;
	ok = site_keys_open(store, author->keys_path, &keys, err) &&
	     people_barrier_open(store, author, &barrier, err) &&
	     erase_once(&erasing, barrier, secret_keys_newest(keys), ret_erased,
		 err) &&
	     store_commit(store, err);
	people_barrier_free(barrier);
	secret_keys_free(keys);
	return ok;
}
