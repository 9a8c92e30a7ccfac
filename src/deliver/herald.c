#include "deliver/herald.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/now.h"
#include "deliver/hook.h"
#include "digest/alarm_mail.h"
#include "store/store_mailing.h"
#include "store/store_runner.h"

enum {
	LOOK_EVERY_MS = 2000,
	LOOK_LATER_MS = 60 * 1000, /* after a failure */
	AGAIN_AFTER_MS = 3600 * 1000,
	TOLD_AT_ONCE = 8,
	BYTES_MOST = 200 * 1000,
	NUMBER_BITS = 53,
};

struct herald {
	const struct site *site;
	const struct secret_keys *keys;
	const struct sign *sign;
	struct hook *hook;    /* NULL: none */
	int64_t look_mono_ms; /* not before */
};

struct herald *
herald_new(const struct site *site, const struct secret_keys *keys,
    const struct sign *sign)
{
	const struct alarms *alarms = &site->alarms;
	struct herald *herald;

	if (*alarms->address == '\0' && *alarms->hook == '\0')
		return NULL;
	herald = mem_new(1, sizeof(*herald));
	herald->site = site;
	herald->keys = keys;
	herald->sign = sign;
	if (*alarms->hook != '\0')
		herald->hook = hook_new(alarms->hook);
	return herald;
}

void
herald_free(struct herald *herald)
{
	if (herald == NULL)
		return;
	hook_free(herald->hook);
	free(herald);
}

/* Within the transaction that marks the alarm as told. */
static bool
queue_mail(struct herald *herald, struct arena *arena, struct store *store,
    const struct store_alarm *alarm, int64_t now, struct err *err)
{
	struct alarm_mail mail = {
		.sender = &herald->site->sender,
		.key = secret_keys_newest(herald->keys),
		.sign = herald->sign,
		.rcpt = herald->site->alarms.address,
		.kind = alarm->kind,
		.subject = alarm->subject,
		.text = alarm->text,
		.raised_ms = alarm->raised_ms,
		.dated_ms = now,
	};
	struct store_notice_plan plan = {
		.kind = "alarm",
		.issue = "",
		.address = mail.rcpt,
		.mail_from = mail.sender->address,
		.now = now,
	};
	struct buf bytes GM_BUF_AT_EXIT;
	uint64_t number;
	int64_t id;

	secret_random(&number, sizeof(number));
	mail.number = (int64_t)(number >> (64 - NUMBER_BITS));
	buf_init(&bytes, BYTES_MOST);
	if (!alarm_mail_compose(arena, &mail, &bytes, &plan.message_id, err))
		return false;
	secret_sha256(buf_str(&bytes), bytes.used, plan.sha256);
	return store_mailing_blob(
		   store, plan.sha256, buf_str(&bytes), bytes.used, err) &&
	       store_delivery_add_notice(store, &plan, &id, err);
}

/* Marks one alarm as told, together with its mail. */
static bool
claim(struct herald *herald, struct arena *arena, struct store *store,
    const struct store_alarm *alarm, bool *ret_ours, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = store;
	int64_t now = now_ms();

	return store_begin(store, err) &&
	       store_runner_tell(store, alarm->id, now, ret_ours, err) &&
	       (!*ret_ours || *herald->site->alarms.address == '\0' ||
		   queue_mail(herald, arena, store, alarm, now, err)) &&
	       store_commit(guard, err);
}

/* Tells the next alarm; false when there is none, or it cannot be told now. */
static bool
tell_next(struct herald *herald, struct store *store)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store_alarm alarm;
	struct err err = { 0 };
	bool found;
	bool ours = false;

	if (!store_runner_untold(arena, store, now_ms() - AGAIN_AFTER_MS,
		&alarm, &found, &err) ||
	    (found && !claim(herald, arena, store, &alarm, &ours, &err))) {
		log_warning("an alarm cannot be told: %s", err.text);
		herald->look_mono_ms = now_mono_ms() + LOOK_LATER_MS;
		return false;
	}
	if (ours && herald->hook != NULL)
		hook_add(herald->hook, alarm.kind, alarm.subject, alarm.text);
	return found;
}

void
herald_tick(struct herald *herald, struct committer *committer, bool now)
{
	struct store *store;

	if (herald == NULL)
		return;
	if (herald->hook != NULL)
		hook_tick(herald->hook);
	if (now_mono_ms() < herald->look_mono_ms && !now)
		return;
	herald->look_mono_ms = now_mono_ms() + LOOK_EVERY_MS;
	store = queue_store(committer_lock(committer));
	for (int i = 0; i < TOLD_AT_ONCE && tell_next(herald, store); i++)
		continue;
	committer_unlock(committer);
}
