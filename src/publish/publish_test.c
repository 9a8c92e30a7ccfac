#include <string.h>

#include "base/now.h"
#include "digest/compose.h"
#include "digest/material.h"
#include "model/address.h"
#include "people/people_erase.h"
#include "publish/publish.h"
#include "store/store_delivery.h"
#include "store/store_mailing.h"
#include "store/store_subscriber.h"
#include "store/store_suppression.h"

/* As many as a JSON reader keeps exactly. */
enum { NUMBER_BITS = 53 };

bool
publish_find_reader(struct arena *arena, struct store *store,
    const char *address, struct publish_reader *ret_reader, struct err *err)
{
	struct store_subscriber *row;
	struct address parsed;

	if (!address_parse(arena, address, &parsed, err) ||
	    !store_subscriber_find(arena, store, parsed.key, &row, err))
		return false;
	if (row == NULL) {
		*ret_reader = (struct publish_reader) {
			.person = {
				.address = parsed.text,
				.name = "",
				.organisation = "",
				.department = "",
			},
			.reader = {
				.language = LANGUAGE_EN,
				.format = FORMAT_HTML,
				.municipality = "",
			},
		};
		return true;
	}
	*ret_reader = (struct publish_reader) {
		.person = {
			.subscriber = row->id,
			.address = row->address,
			.name = row->name,
			.organisation = row->organisation,
			.department = row->department,
		},
		.reader = {
			.language = row->language,
			.format = row->format,
			.municipality = row->municipality,
			.tags = row->tags,
			.countries = row->countries,
		},
	};
	return true;
}

int64_t
publish_notice_number(void)
{
	uint64_t number;

	secret_random(&number, sizeof(number));
	return (int64_t)(number >> (64 - NUMBER_BITS));
}

/* Who said no gets no test either. */
static bool
may_be_mailed(struct arena *arena, const struct site *site, struct store *store,
    const char *address, struct err *err)
{
	const struct people_author author = {
		.keys_path = site_path(arena, site, "state/site.key"),
	};
	struct store_suppression *suppression;
	struct store_subscriber *row;
	const char *key = text_lower(arena, address);

	if (!store_suppression_find(arena, store, key, &suppression, err) ||
	    !store_subscriber_find(arena, store, key, &row, err) ||
	    !people_barrier_check(store, &author, key, err))
		return false;
	if (suppression != NULL)
		return err_set(err, ERR_DATA,
		    "%s must not be mailed (%s); `suppress list` tells more",
		    address, suppression->reason);
	return row == NULL || row->state == SUBSCRIBER_ACTIVE ||
	       err_set(err, ERR_DATA, "%s must not be mailed (%s)", address,
		   subscriber_state(row->state));
}

/* The message that this reader would get today. */
static bool
compose_now(struct arena *arena, const struct material *material,
    const struct site *site, const struct secret_key *key,
    const struct sign *sign, const struct publish_reader *to, int64_t now,
    struct message *ret_message, struct err *err)
{
	struct tailored tailored;
	struct edition *edition;
	const struct compose_mailing mailing = {
		.sender = &material->sender,
		.issue = material->issue->id,
		.key = key,
		.sign = sign,
		.number = publish_notice_number(),
		.notice = true,
	};

	tailor(
	    arena, material->issue, &to->reader, &site->tailoring, &tailored);
	if (tailored.skip)
		return err_set(err, ERR_DATA,
		    "%s would get no digest: nothing in issue %s is relevant",
		    to->person.address, material->issue->id);
	return material_edition(arena, material,
		   tailor_spec(arena, to->reader.language, to->reader.format,
		       &tailored),
		   NULL, &edition, err) &&
	       compose(arena,
		   compose_prepare(
		       arena, compose_begin(arena, &mailing), edition),
		   &to->person, now, ret_message, err);
}

static bool
queue_notice(struct arena *arena, struct store *store, const char *issue,
    const struct message *message, int64_t now, int64_t *ret_notice,
    struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = store;
	struct store_notice_plan plan = {
		.kind = "test",
		.issue = issue,
		.address = message->rcpt,
		.mail_from = message->mail_from,
		.message_id = message->message_id,
		.now = now,
	};

	memcpy(plan.sha256, message->sha256, sizeof(plan.sha256));
	return store_begin(store, err) &&
	       store_mailing_blob(store, message->sha256,
		   compose_bytes(arena, message), message->count, err) &&
	       store_delivery_add_notice(store, &plan, ret_notice, err) &&
	       store_commit(guard, err);
}

bool
publish_test(const struct site *site, struct store *store,
    const struct secret_keys *keys, const struct sign *sign, const char *issue,
    const char *address, const char *as, struct complaints *complaints,
    int64_t *ret_notice, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct material *material = NULL;
	struct material_files files;
	struct publish_reader to, reader;
	struct message message;
	int64_t now = now_ms();
	bool ok;

	if (!publish_find_reader(arena, store, address, &to, err) ||
	    !may_be_mailed(arena, site, store, to.person.address, err) ||
	    !publish_find_reader(
		arena, store, as != NULL ? as : address, &reader, err) ||
	    !material_gather(
		arena, site, store, issue, complaints, &files, err) ||
	    !material_open(arena, issue, &files, &material, err))
		return false;
	if (as != NULL) {
		reader.person.subscriber = 0;
		reader.person.address = to.person.address;
	}
	ok = compose_now(arena, material, site, secret_keys_newest(keys), sign,
		 &reader, now, &message, err) &&
	     queue_notice(arena, store, issue, &message, now, ret_notice, err);
	material_close(material);
	return ok;
}
