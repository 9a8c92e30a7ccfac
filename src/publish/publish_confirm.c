#include "publish/publish_confirm.h"

#include "base/now.h"
#include "digest/confirm_mail.h"
#include "people/links.h"
#include "people/people.h"
#include "publish/publish.h"
#include "store/store_consent.h"
#include "store/store_delivery.h"
#include "store/store_mailing.h"
#include "store/store_suppression.h"
#include "store/store_wording.h"

enum { BYTES_MOST = 1000 * 1000 };

/* Whom it is for, and what they are asked to agree to. */
static bool
find_asked(struct arena *arena, struct store *store, const char *address,
    struct store_subscriber **ret_row, struct store_wording **ret_wording,
    struct err *err)
{
	struct store_suppression *bar;
	struct store_consents list;
	int64_t wording = 0;

	if (!people_find(arena, store, address, ret_row, err) ||
	    !store_suppression_find(
		arena, store, (*ret_row)->address_key, &bar, err) ||
	    !store_consent_list(arena, store, (*ret_row)->id, &list, err))
		return false;
	if ((*ret_row)->state != SUBSCRIBER_PENDING || bar != NULL)
		return err_set(err, ERR_DATA, "%s has nothing to confirm (%s)",
		    address,
		    bar != NULL ? "suppressed"
				: subscriber_state((*ret_row)->state));
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].requested)
			wording = list.items[i].wording;
	return store_wording_find(arena, store, wording, ret_wording, err);
}

static bool
queue_mail(struct store *store, struct store_notice_plan *plan,
    const struct buf *bytes, struct err *err)
{
	int64_t id;

	secret_sha256(buf_str(bytes), bytes->used, plan->sha256);
	return store_mailing_blob(
		   store, plan->sha256, buf_str(bytes), bytes->used, err) &&
	       store_delivery_add_notice(store, plan, &id, err);
}

/* Within the transaction. */
static bool
ask(struct arena *arena, struct store *store, const struct confirm_mail *mail,
    const struct sender *sender, const struct secret_key *key,
    const struct sign *sign, const char *address, struct confirm_mail_to *to,
    struct err *err)
{
	struct store_notice_plan plan = {
		.kind = "confirmation",
		.issue = "",
		.now = to->dated_ms,
	};
	struct buf bytes GM_BUF_AT_EXIT;
	struct store_wording *wording;
	struct store_subscriber *row;

	buf_init(&bytes, BYTES_MOST);
	if (!find_asked(arena, store, address, &row, &wording, err))
		return false;
	to->subscriber = row->id;
	to->address = row->address;
	to->name = row->name;
	to->language = row->language;
	to->wording = wording != NULL ? wording->text : NULL;
	plan.address = row->address;
	plan.mail_from = links_return_path(
	    arena, key, sender, (struct link_ids){ .subscriber = row->id });
	return confirm_mail_compose(
		   arena, mail, to, key, sign, &bytes, &plan.message_id, err) &&
	       queue_mail(store, &plan, &bytes, err);
}

bool
publish_confirm(const struct site *site, struct store *store,
    const struct secret_keys *keys, const struct sign *sign,
    const char *address, int64_t *ret_valid_to_ms, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	struct confirm_mail_to to = {
		.dated_ms = now_ms(),
		.number = publish_notice_number(),
	};
	struct confirm_mail *mail = NULL;
	bool ok;

	to.valid_to_ms = to.dated_ms + site->confirm_within_ms;
	if (!confirm_mail_open(arena, site, &mail, err))
		return false;
	ok = store_begin(store, err);
	if (ok) {
		guard = store;
		ok = ask(arena, store, mail, &site->sender,
			 secret_keys_newest(keys), sign, address, &to, err) &&
		     store_commit(store, err);
	}
	confirm_mail_close(mail);
	*ret_valid_to_ms = to.valid_to_ms;
	return ok;
}
