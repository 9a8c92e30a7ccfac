#include "deliver/mail_room.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "digest/material.h"
#include "store/store_mailing.h"

/* Editions are kept up to a number of bytes, not of editions: memory must not
   grow with the audience. */
enum {
	MATERIALS_KEPT = 4,
	EDITION_SLOTS = 2048,
	EDITION_BYTES = 10 << 20,
	POOL_BYTES = 4 << 20, /* of each material */
};

/* One version of a mailing's frozen material. It stays while the room or an
   edition refers to it. */
struct kept_material {
	int64_t mailing;
	int64_t version;
	int refs;
	struct arena *arena;
	struct material *material;
	const struct secret_key *key;
	struct sign *sign; /* the keys that it was planned with */
	struct mime_pool *pool;
	struct composer *composer;
};

/* A rendered edition. It stays while its slot or a message refers to it. */
struct mail_hold {
	struct kept_material *from;
	int64_t edition;
	int refs;
	struct arena *arena;
	struct compose_edition *ready;
};

struct slot {
	struct mail_hold *kept; /* NULL: empty */
	int64_t making;         /* edition that a thread renders; 0: none */
};

/* The lock guards all but what is being rendered or composed. */
struct mail_room {
	pthread_mutex_t lock;
	pthread_cond_t made; /* an edition, or none after all */
	struct store *store;
	const struct secret_keys *keys;
	const struct sign *sign;
	struct kept_material *materials[MATERIALS_KEPT];
	size_t oldest;
	struct slot slots[EDITION_SLOTS]; /* by edition modulo */
	size_t edition_bytes;             /* of all editions in slots */
	size_t hand; /* the slot from which editions are dropped */
};

bool
mail_room_new(const struct site *site, const struct secret_keys *keys,
    const struct sign *sign, struct mail_room **ret_room, struct err *err)
{
	struct mail_room *room;
	struct store *store;

	if (!store_open_reader(".", site->store_url, &store, err))
		return false;
	room = mem_new(1, sizeof(*room));
	room->store = store;
	room->keys = keys;
	room->sign = sign;
	if (pthread_mutex_init(&room->lock, NULL) != 0 ||
	    pthread_cond_init(&room->made, NULL) != 0)
		abort();
	*ret_room = room;
	return true;
}

static void
unref_material(struct kept_material *material)
{
	if (material == NULL || --material->refs > 0)
		return;
	material_close(material->material);
	sign_free(material->sign);
	mime_pool_free(material->pool);
	arena_free(material->arena);
	free(material);
}

static void
unref_edition(struct mail_hold *hold)
{
	if (--hold->refs > 0)
		return;
	unref_material(hold->from);
	arena_free(hold->arena);
	free(hold);
}

static void
empty_slot(struct mail_room *room, struct slot *slot)
{
	if (slot->kept == NULL)
		return;
	room->edition_bytes -= arena_bytes(slot->kept->arena);
	unref_edition(slot->kept);
	slot->kept = NULL;
}

void
mail_room_free(struct mail_room *room)
{
	if (room == NULL)
		return;
	for (size_t i = 0; i < EDITION_SLOTS; i++)
		empty_slot(room, &room->slots[i]);
	for (size_t i = 0; i < MATERIALS_KEPT; i++)
		unref_material(room->materials[i]);
	store_close(room->store);
	pthread_cond_destroy(&room->made);
	pthread_mutex_destroy(&room->lock);
	free(room);
}

static bool
find_key(
    struct mail_room *room, struct kept_material *material, struct err *err)
{
	struct store_mailing_list list;

	if (!store_mailing_of_issue(
		material->arena, room->store, NULL, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].id == material->mailing)
			material->key = secret_keys_find(
			    room->keys, (int)list.items[i].key_id);
	return material->key != NULL ||
	       err_set(err, ERR_CONFIG,
		   "the site key that this mailing was planned with is gone");
}

static bool
load(struct mail_room *room, const char *issue, struct kept_material *kept,
    struct err *err)
{
	struct store_mailing_file *frozen;
	struct material_files files;
	struct material_file *list;

	if (!find_key(room, kept, err) ||
	    !store_mailing_material(kept->arena, room->store, kept->mailing,
		kept->version, &frozen, &files.count, err))
		return false;
	list = arena_take(kept->arena, files.count, sizeof(*list));
	for (size_t i = 0; i < files.count; i++)
		list[i] = (struct material_file){
			.path = frozen[i].path,
			.bytes = frozen[i].bytes,
			.count = frozen[i].count,
		};
	files.items = list;
	if (!material_open(kept->arena, issue, &files, &kept->material, err) ||
	    !sign_pick(room->sign, kept->material->dkim,
		kept->material->dkim_count, &kept->sign, err))
		return false;
	kept->material->key = kept->key;
	kept->material->mailing = kept->mailing;
	kept->material->version = kept->version;
	kept->pool = mime_pool_new(POOL_BYTES);
	kept->composer =
	    compose_begin(kept->arena, &(struct compose_mailing){
					   .sender = &kept->material->sender,
					   .issue = kept->material->issue->id,
					   .key = kept->key,
					   .sign = kept->sign,
					   .number = kept->mailing,
					   .pool = kept->pool,
				       });
	return true;
}

/* With the lock in hand, through all of it. */
static bool
find_material(struct mail_room *room, const struct store_delivery *row,
    int64_t version, struct kept_material **ret_kept, struct err *err)
{
	struct kept_material *kept;

	for (size_t i = 0; i < MATERIALS_KEPT; i++) {
		kept = room->materials[i];
		if (kept != NULL && kept->mailing == row->mailing &&
		    kept->version == version) {
			*ret_kept = kept;
			return true;
		}
	}
	kept = mem_new(1, sizeof(*kept));
	kept->mailing = row->mailing;
	kept->version = version;
	kept->refs = 1;
	kept->arena = arena_new();
	if (!load(room, row->issue, kept, err)) {
		unref_material(kept);
		return false;
	}
	unref_material(room->materials[room->oldest]);
	room->materials[room->oldest] = kept;
	room->oldest = (room->oldest + 1) % MATERIALS_KEPT;
	*ret_kept = kept;
	return true;
}

/* Drops editions in turn until there is room again. */
static void
make_room(struct mail_room *room)
{
	while (room->edition_bytes > EDITION_BYTES)
		empty_slot(room, &room->slots[room->hand++ % EDITION_SLOTS]);
}

/* Renders an edition, the lock being let go meanwhile; what rendering leaves
   behind is not kept. */
static bool
render(struct mail_room *room, const struct store_delivery *row,
    struct mail_hold *hold, struct err *err)
{
	struct arena *scratch GM_ARENA_AT_EXIT = arena_new();
	struct edition *edition;
	const char *spec;
	int64_t version;
	bool ok;

	if (!store_mailing_read_edition(
		scratch, room->store, hold->edition, &spec, &version, err) ||
	    !find_material(room, row, version, &hold->from, err))
		return false;
	hold->from->refs++;
	pthread_mutex_unlock(&room->lock);
	ok = material_edition(
	    scratch, hold->from->material, spec, NULL, &edition, err);
	if (ok) {
		hold->arena = arena_new();
		hold->ready =
		    compose_prepare(hold->arena, hold->from->composer, edition);
	}
	pthread_mutex_lock(&room->lock);
	return ok;
}

static bool
make_edition(struct mail_room *room, const struct store_delivery *row,
    struct slot *slot, struct mail_hold **ret_hold, struct err *err)
{
	struct mail_hold *hold = mem_new(1, sizeof(*hold));
	bool marked = slot->making == 0;
	bool ok;

	hold->edition = row->edition;
	hold->refs = 1;
	if (marked)
		slot->making = row->edition;
	ok = render(room, row, hold, err);
	if (marked)
		slot->making = 0;
	pthread_cond_broadcast(&room->made);
	if (!ok) {
		unref_edition(hold);
		return false;
	}
	empty_slot(room, slot);
	make_room(room);
	slot->kept = hold;
	hold->refs++;
	room->edition_bytes += arena_bytes(hold->arena);
	*ret_hold = hold;
	return true;
}

/* With the lock in hand, but let go while an edition is made. The hold is the
   caller's. */
static bool
find_edition(struct mail_room *room, const struct store_delivery *row,
    struct mail_hold **ret_hold, struct err *err)
{
	struct slot *slot = &room->slots[row->edition % EDITION_SLOTS];

	for (;;) {
		if (slot->kept != NULL && slot->kept->edition == row->edition) {
			slot->kept->refs++;
			*ret_hold = slot->kept;
			return true;
		}
		if (slot->making != row->edition)
			return make_edition(room, row, slot, ret_hold, err);
		pthread_cond_wait(&room->made, &room->lock);
	}
}

/* Finds what a delivery is composed from. */
static bool
prepare_delivery(
    struct mail_room *room, struct mail_order *order, struct compose_task *task)
{
	const struct store_delivery *row = &order->item->row;
	bool found;

	pthread_mutex_lock(&room->lock);
	found = find_edition(room, row, &order->hold, &order->fault);
	pthread_mutex_unlock(&room->lock);
	if (!found) {
		/* Not this reader's fault, nor any reader's. */
		if (order->fault.code == ERR_DATA)
			order->fault.code = ERR_CONFIG;
		return false;
	}
	*task = (struct compose_task){
		.arena = order->arena,
		.edition = order->hold->ready,
		.person = {
			.subscriber = row->subscriber,
			.address = row->address,
			.name = row->name,
			.organisation = row->organisation,
			.department = row->department,
		},
		.date_ms = order->dated_ms,
	};
	return true;
}

static bool
make_notice(struct mail_room *room, struct mail_order *order)
{
	const struct store_delivery *row = &order->item->row;
	struct message message = {
		.mail_from = row->mail_from,
		.rcpt = row->address,
		.message_id = row->message_id,
		.subject = "",
	};
	struct iovec *part = arena_take(order->arena, 1, sizeof(*part));
	const char *bytes;
	bool ok;

	memcpy(message.sha256, row->sha256, sizeof(message.sha256));
	pthread_mutex_lock(&room->lock);
	ok = store_mailing_read_blob(order->arena, room->store, row->sha256,
	    &bytes, &message.count, &order->fault);
	pthread_mutex_unlock(&room->lock);
	if (!ok)
		return false;
	part->iov_base = (void *)(uintptr_t)bytes;
	part->iov_len = message.count;
	message.parts = part;
	message.part_count = 1;
	order->message = message;
	return true;
}

/* Takes over what became of a task. */
static void
take_composed(struct mail_room *room, struct mail_order *order,
    const struct compose_task *task)
{
	order->made = task->made;
	order->message = task->message;
	if (task->made)
		return;
	order->fault = task->fault;
	mail_room_release(room, order->hold);
	order->hold = NULL;
}

void
mail_room_make(struct mail_room *room, struct mail_order *orders, size_t count)
{
	struct compose_task tasks[MAIL_ORDERS];
	struct mail_order *ordered[MAIL_ORDERS];
	size_t task_count = 0;

	assert(count <= MAIL_ORDERS);
	for (size_t i = 0; i < count; i++) {
		struct mail_order *order = &orders[i];

		order->made = false;
		order->hold = NULL;
		order->fault = (struct err){ 0 };
		if (order->item->row.is_notice)
			order->made = make_notice(room, order);
		else if (prepare_delivery(room, order, &tasks[task_count]))
			ordered[task_count++] = order;
	}
	compose_all(tasks, task_count);
	for (size_t i = 0; i < task_count; i++)
		take_composed(room, ordered[i], &tasks[i]);
}

void
mail_room_release(struct mail_room *room, struct mail_hold *hold)
{
	if (hold == NULL)
		return;
	pthread_mutex_lock(&room->lock);
	unref_edition(hold);
	pthread_mutex_unlock(&room->lock);
}
