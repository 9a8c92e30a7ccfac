#include "deliver/mail_room.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "digest/material.h"
#include "store/store_mailing.h"

/* Editions are kept up to a number of bytes, not of editions: memory must not
   grow with the audience. */
enum {
	MAILINGS_KEPT = 4,
	EDITION_SLOTS = 1024,
	EDITION_BYTES = 20 << 20,
};

struct kept_edition {
	int64_t id; /* 0: free */
	struct arena *arena;
	struct compose_edition *ready;
};

/* One mailing's frozen material and the editions rendered from it. */
struct kept_mailing {
	int64_t id; /* 0: free */
	struct arena *arena;
	struct material *material;
	const struct secret_key *key;
	struct sign *sign; /* the keys that it was planned with */
	struct composer *composer;
	struct kept_edition editions[EDITION_SLOTS]; /* by id modulo */
};

struct mail_room {
	struct store *store;
	const struct secret_keys *keys;
	const struct sign *sign;
	struct kept_mailing *mailings[MAILINGS_KEPT];
	size_t oldest;
	size_t edition_bytes; /* of all editions of all mailings */
	size_t hand;          /* the slot from which editions are dropped */
};

struct mail_room *
mail_room_new(struct store *store, const struct secret_keys *keys,
    const struct sign *sign)
{
	struct mail_room *room = mem_new(1, sizeof(*room));

	room->store = store;
	room->keys = keys;
	room->sign = sign;
	return room;
}

static void
drop_edition(struct mail_room *room, struct kept_edition *slot)
{
	if (slot->arena == NULL)
		return;
	room->edition_bytes -= arena_bytes(slot->arena);
	arena_free(slot->arena);
	*slot = (struct kept_edition){ 0 };
}

static void
free_mailing(struct mail_room *room, struct kept_mailing *kept)
{
	if (kept == NULL)
		return;
	for (size_t i = 0; i < EDITION_SLOTS; i++)
		drop_edition(room, &kept->editions[i]);
	material_close(kept->material);
	sign_free(kept->sign);
	arena_free(kept->arena);
	free(kept);
}

void
mail_room_free(struct mail_room *room)
{
	if (room == NULL)
		return;
	for (size_t i = 0; i < MAILINGS_KEPT; i++)
		free_mailing(room, room->mailings[i]);
	free(room);
}

static bool
find_key(struct mail_room *room, struct kept_mailing *kept, struct err *err)
{
	struct store_mailing_list list;

	if (!store_mailing_of_issue(kept->arena, room->store, NULL, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].id == kept->id)
			kept->key = secret_keys_find(
			    room->keys, (int)list.items[i].key_id);
	return kept->key != NULL ||
	       err_set(err, ERR_CONFIG,
		   "the site key that this mailing was planned with is gone");
}

static bool
load(struct mail_room *room, const struct store_delivery *row,
    struct kept_mailing *kept, struct err *err)
{
	struct store_mailing_file *frozen;
	struct material_files files;
	struct material_file *list;

	kept->id = row->mailing;
	kept->arena = arena_new();
	if (!find_key(room, kept, err) ||
	    !store_mailing_files(kept->arena, room->store, row->mailing,
		&frozen, &files.count, err))
		return false;
	list = arena_take(kept->arena, files.count, sizeof(*list));
	for (size_t i = 0; i < files.count; i++)
		list[i] = (struct material_file){
			.path = frozen[i].path,
			.bytes = frozen[i].bytes,
			.count = frozen[i].count,
		};
	files.items = list;
	if (!material_open(
		kept->arena, row->issue, &files, &kept->material, err) ||
	    !sign_pick(room->sign, kept->material->dkim,
		kept->material->dkim_count, &kept->sign, err))
		return false;
	kept->composer =
	    compose_begin(kept->arena, &(struct compose_mailing){
					   .sender = &kept->material->sender,
					   .issue = kept->material->issue->id,
					   .key = kept->key,
					   .sign = kept->sign,
					   .number = row->mailing,
				       });
	return true;
}

static bool
find_mailing(struct mail_room *room, const struct store_delivery *row,
    struct kept_mailing **ret_kept, struct err *err)
{
	struct kept_mailing *kept;

	for (size_t i = 0; i < MAILINGS_KEPT; i++) {
		kept = room->mailings[i];
		if (kept != NULL && kept->id == row->mailing) {
			*ret_kept = kept;
			return true;
		}
	}
	kept = mem_new(1, sizeof(*kept));
	if (!load(room, row, kept, err)) {
		free_mailing(room, kept);
		return false;
	}
	free_mailing(room, room->mailings[room->oldest]);
	room->mailings[room->oldest] = kept;
	room->oldest = (room->oldest + 1) % MAILINGS_KEPT;
	*ret_kept = kept;
	return true;
}

/* Drops editions in turn until there is room again. */
static void
make_room(struct mail_room *room)
{
	while (room->edition_bytes > EDITION_BYTES) {
		size_t slot = room->hand++ % EDITION_SLOTS;

		for (size_t i = 0; i < MAILINGS_KEPT; i++)
			if (room->mailings[i] != NULL)
				drop_edition(
				    room, &room->mailings[i]->editions[slot]);
	}
}

/* Renders an edition; what rendering leaves behind is not kept. */
static bool
prepare_edition(struct mail_room *room, struct kept_mailing *kept, int64_t id,
    struct kept_edition *slot, struct err *err)
{
	struct arena *scratch GM_ARENA_AT_EXIT = arena_new();
	struct edition *edition;
	const char *spec;

	if (!store_mailing_spec(scratch, room->store, id, &spec, err) ||
	    !material_edition(
		scratch, kept->material, spec, NULL, &edition, err))
		return false;
	drop_edition(room, slot);
	make_room(room);
	slot->id = id;
	slot->arena = arena_new();
	slot->ready = compose_prepare(slot->arena, kept->composer, edition);
	room->edition_bytes += arena_bytes(slot->arena);
	return true;
}

static bool
find_edition(struct mail_room *room, struct kept_mailing *kept, int64_t id,
    struct compose_edition **ret_ready, struct err *err)
{
	struct kept_edition *slot = &kept->editions[id % EDITION_SLOTS];

	if (slot->id != id && !prepare_edition(room, kept, id, slot, err))
		return false;
	*ret_ready = slot->ready;
	return true;
}

/* Makes bytes that live in `arena` those of the message. */
static void
hold(struct arena *arena, const char *bytes, struct message *message)
{
	struct iovec *part = arena_take(arena, 1, sizeof(*part));

	part->iov_base = (void *)(uintptr_t)bytes;
	part->iov_len = message->count;
	message->parts = part;
	message->part_count = 1;
}

static bool
make_delivery(struct mail_room *room, struct arena *arena,
    const struct store_delivery *row, int64_t dated_ms,
    struct message *ret_message, struct err *err)
{
	struct kept_mailing *kept;
	struct compose_edition *ready;
	struct person person = {
		.subscriber = row->subscriber,
		.address = row->address,
		.name = row->name,
		.organisation = row->organisation,
		.department = row->department,
	};

	if (!find_mailing(room, row, &kept, err) ||
	    !find_edition(room, kept, row->edition, &ready, err)) {
		/* Not this reader's fault, nor any reader's. */
		if (err->code == ERR_DATA)
			err->code = ERR_CONFIG;
		return false;
	}
	if (!compose(arena, ready, &person, dated_ms, ret_message, err))
		return false;

	/* The edition may be dropped before the message is sent. */
	hold(arena, compose_bytes(arena, ret_message), ret_message);
	return true;
}

static bool
make_notice(struct mail_room *room, struct arena *arena,
    const struct store_delivery *row, struct message *ret_message,
    struct err *err)
{
	struct message message = {
		.mail_from = row->mail_from,
		.rcpt = row->address,
		.message_id = row->message_id,
		.subject = "",
	};

	const char *bytes;

	memcpy(message.sha256, row->sha256, sizeof(message.sha256));
	if (!store_mailing_read_blob(
		arena, room->store, row->sha256, &bytes, &message.count, err))
		return false;
	hold(arena, bytes, &message);
	*ret_message = message;
	return true;
}

bool
mail_room_make(struct mail_room *room, struct arena *arena,
    const struct queue_item *item, int64_t dated_ms,
    struct message *ret_message, struct err *err)
{
	const struct store_delivery *row = &item->row;

	if (row->is_notice)
		return make_notice(room, arena, row, ret_message, err);
	return make_delivery(room, arena, row, dated_ms, ret_message, err);
}
