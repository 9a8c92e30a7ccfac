#include "publish/publish.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/now.h"
#include "base/step.h"
#include "digest/material.h"
#include "publish/publish_approval.h"
#include "queue/queue_control.h"
#include "store/store_delivery.h"
#include "store/store_mailing.h"
#include "store/store_replan.h"
#include "store/store_subscriber.h"

/* Specs that were met, and the id each edition got. */
struct known_edition {
	char *spec;
	int64_t id;
};

struct plan {
	struct store *store;
	bool needs_approval;
	const char *issue;
	int64_t mailing;
	int64_t version; /* of the material */
	const struct publish_wish *wish;
	const struct material *material;
	struct tailor *tailor;
	struct arena *scratch; /* of one reader */
	struct store_delivery_batch *batch;
	void *editions; /* tsearch(3) tree of struct known_edition */
	struct publish_counts counts;
};

static int
compare_editions(const void *a, const void *b)
{
	const struct known_edition *left = a;
	const struct known_edition *right = b;

	return strcmp(left->spec, right->spec);
}

static void
free_edition(void *node)
{
	struct known_edition *edition = node;

	free(edition->spec);
	free(edition);
}

/* A digest that cannot be rendered must stop the plan, not the mailing. */
static bool
try_edition(struct plan *plan, const char *spec, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct edition *edition;

	return material_edition(
	    arena, plan->material, spec, NULL, &edition, err);
}

static bool
find_edition(struct plan *plan, char *spec, int64_t *ret_id, struct err *err)
{
	struct known_edition wanted = { .spec = spec };
	struct known_edition **found =
	    tfind(&wanted, &plan->editions, compare_editions);
	struct known_edition *edition;

	if (found != NULL) {
		*ret_id = (*found)->id;
		return true;
	}
	if (!try_edition(plan, spec, err))
		return false;
	edition = mem_new(1, sizeof(*edition));
	if (!store_mailing_edition(plan->store, plan->mailing, plan->version,
		spec, &edition->id, err)) {
		free(edition);
		return false;
	}
	edition->spec = mem_strdup(spec);
	if (tsearch(edition, &plan->editions, compare_editions) == NULL)
		mem_exhausted();
	plan->counts.editions++;
	*ret_id = edition->id;
	return true;
}

static void
rehearse(struct plan *plan, const struct store_member *member,
    const struct tailored *tailored)
{
	const struct reader *reader = &member->reader;

	publish_rehearsal_add(plan->wish->rehearsal,
	    tailor_spec(
		plan->scratch, reader->language, reader->format, tailored),
	    &member->person);
}

/* One reader's row. */
static bool
plan_member(const struct store_member *member, void *context, struct err *err)
{
	struct plan *plan = context;
	const struct reader *reader = &member->reader;
	struct store_delivery_plan row = {
		.mailing = plan->mailing,
		.issue = plan->issue,
		.subscriber = member->id,
		.reason = "",
		.address = member->person.address,
		.name = member->person.name,
		.organisation = member->person.organisation,
		.department = member->person.department,
	};
	struct tailored tailored;

	arena_reset(plan->scratch);
	tailor_choose(plan->scratch, plan->tailor, reader, &tailored);
	if (tailored.skip) {
		row.reason = "nothing relevant";
		plan->counts.skipped++;
	} else if (plan->wish->rehearsal != NULL) {
		rehearse(plan, member, &tailored);
	} else if (!find_edition(plan,
		       tailor_spec(plan->scratch, reader->language,
			   reader->format, &tailored),
		       &row.edition, err)) {
		return false;
	}
	plan->counts.readers++;
	if (plan->wish->rehearsal != NULL)
		return true;
	return store_delivery_batch_add(plan->batch, &row, err);
}

/* Stores the material and writes it down as the mailing's. */
static bool
freeze(struct plan *plan, const struct material_files *files, struct err *err)
{
	for (size_t i = 0; i < files->count; i++) {
		const struct material_file *file = &files->items[i];
		unsigned char sha256[SECRET_HASH_BYTES];

		secret_sha256(file->bytes, file->count, sha256);
		if (!store_mailing_blob(
			plan->store, sha256, file->bytes, file->count, err) ||
		    !store_mailing_file(plan->store, plan->mailing,
			plan->version, file->path, sha256, err))
			return false;
	}
	return true;
}

/* Whether there is nothing to plan: an issue with a mailing is planned again
   for an audience alone, and not while it stands still. */
static bool
is_settled(const struct plan *plan, bool *ret_settled, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store_mailing_list list;
	size_t cancelled = 0;

	if (!store_mailing_of_issue(
		arena, plan->store, plan->issue, &list, err))
		return false;
	*ret_settled = list.count > 0 && plan->wish->audience == NULL;
	if (*ret_settled)
		return true;
	for (size_t i = 0; i < list.count; i++) {
		const struct store_mailing *m = &list.items[i];

		cancelled += m->state == MAILING_CANCELLED;
		if (m->state == MAILING_PAUSED &&
		    strcmp(m->pause_reason, "limit") != 0)
			return err_set(err, ERR_TEMP,
			    "issue %s is paused (%s); `glocal-mail resume %s` "
			    "goes on",
			    plan->issue, m->pause_reason, plan->issue);
	}
	if (cancelled > 0 && cancelled == list.count)
		return err_set(err, ERR_DATA,
		    "issue %s is cancelled; nothing is sent", plan->issue);
	return true;
}

/* When nobody is left: an issue that has a mailing, beside those that were
   begun here for nobody, goes on with that. */
static bool
refuse_nobody(
    const struct plan *plan, size_t begun, bool *ret_planned, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store_mailing_list list;

	if (!store_mailing_of_issue(
		arena, plan->store, plan->issue, &list, err))
		return false;
	*ret_planned = false;

	if (list.count > begun)
		return true;
	if (plan->wish->audience != NULL)
		return err_set(err, ERR_DATA,
		    "issue %s: nobody to send to: the audience has nobody who "
		    "may be mailed",
		    plan->issue);
	return err_set(err, ERR_DATA,
	    "issue %s: nobody to send to; `subscriber import` adds contacts",
	    plan->issue);
}

/* In the transaction that plans, so that none is withdrawn meanwhile. */
static bool
ask_approval(const struct plan *plan, const struct material_files *files,
    struct err *err)
{
	return !plan->needs_approval || plan->wish->rehearsal != NULL ||
	       publish_approval_demand(
		   plan->store, plan->issue, files, plan->wish->operator, err);
}

/* Without a transaction, so that nobody who sends has to wait. */
static bool
rehearse_plan(struct plan *plan, bool *ret_planned, struct err *err)
{
	publish_rehearsal_begin(plan->wish->rehearsal, plan->material);
	*ret_planned = true;
	return store_subscriber_audience(plan->store, plan->issue,
		   plan->wish->audience, plan_member, plan, err) &&
	       (plan->counts.readers > 0 ||
		   refuse_nobody(plan, 0, ret_planned, err));
}

/* All that is written, in one transaction. */
static bool
write_plan(struct plan *plan, const struct material_files *files,
    const struct secret_key *key, bool *ret_planned, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = plan->store;
	const struct publish_wish *wish = plan->wish;
	bool settled = false;

	/* Of two that plan at once, the second finds the first's mailing. */
	if (!store_begin(plan->store, err) || !is_settled(plan, &settled, err))
		return false;
	if (settled) {
		*ret_planned = false;
		return true;
	}
	if (!ask_approval(plan, files, err) ||
	    !store_mailing_add(plan->store, plan->issue,
		wish->expression != NULL ? wish->expression : "", key->id,
		now_ms(), &plan->mailing, err) ||
	    !freeze(plan, files, err) ||
	    !store_subscriber_audience(plan->store, plan->issue, wish->audience,
		plan_member, plan, err) ||
	    !store_delivery_batch_flush(plan->batch, err))
		return false;
	if (plan->counts.readers == 0)
		return refuse_nobody(plan, 1, ret_planned, err);
	if ((wish->limit > 0 && !queue_control_limit(plan->store, plan->mailing,
				    wish->limit, err)) ||
	    !store_mailing_start(
		plan->store, plan->mailing, wish->start_ms, err))
		return false;
	step_reached("publish: plan written");
	*ret_planned = true;
	return store_commit(guard, err);
}

bool
publish_plan(const struct site *site, struct store *store,
    const struct secret_keys *keys, const char *issue,
    const struct publish_wish *wish, struct complaints *complaints,
    bool *ret_planned, struct publish_counts *ret_counts, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct material *material = NULL;
	struct material_files files;
	struct plan plan = {
		.store = store,
		.needs_approval = site->require_approval,
		.issue = issue,
		.version = 1,
		.wish = wish,
	};
	bool settled;
	bool ok;

	if (!is_settled(&plan, &settled, err))
		return false;
	if (settled) {
		*ret_planned = false;
		return true;
	}
	if (!material_gather(
		arena, site, store, issue, complaints, &files, err) ||
	    !material_open(arena, issue, &files, &material, err))
		return false;
	plan.material = material;
	plan.tailor = tailor_prepare(arena, material->issue, &site->tailoring);
	plan.scratch = arena_new();
	plan.batch = store_delivery_batch_new(store);
	ok = wish->rehearsal != NULL
		 ? rehearse_plan(&plan, ret_planned, err)
		 : write_plan(&plan, &files, secret_keys_newest(keys),
		       ret_planned, err);
	*ret_counts = plan.counts;
	tdestroy(plan.editions, free_edition);
	arena_free(plan.scratch);
	store_delivery_batch_free(plan.batch);
	material_close(material);
	return ok;
}

/* One reader whose mail no server can have yet. */
static bool
replan_member(const struct store_member *member, void *context, struct err *err)
{
	struct plan *plan = context;
	const struct reader *reader = &member->reader;
	struct tailored tailored;
	const char *reason = "";
	int64_t edition = 0;

	arena_reset(plan->scratch);
	tailor_choose(plan->scratch, plan->tailor, reader, &tailored);
	if (tailored.skip) {
		reason = "nothing relevant";
		plan->counts.skipped++;
	} else if (plan->wish->rehearsal != NULL) {
		rehearse(plan, member, &tailored);
	} else if (!find_edition(plan,
		       tailor_spec(plan->scratch, reader->language,
			   reader->format, &tailored),
		       &edition, err)) {
		return false;
	}
	plan->counts.readers++;
	if (plan->wish->rehearsal != NULL)
		return true;
	return store_replan_edition(plan->store, plan->mailing, plan->issue,
	    member->id, edition, reason, now_ms(), err);
}

/* Editions are of one mailing. */
static void
forget_editions(struct plan *plan)
{
	tdestroy(plan->editions, free_edition);
	plan->editions = NULL;
}

static bool
replan_mailing(struct plan *plan, const struct material_files *files,
    struct store_mailing *mailing, int64_t *kept, struct err *err)
{
	int64_t count = 0;

	plan->mailing = mailing->id;
	plan->version = ++mailing->version;
	forget_editions(plan);
	if ((plan->wish->rehearsal == NULL && !freeze(plan, files, err)) ||
	    !store_replan_members(plan->store, mailing->id, plan->issue,
		replan_member, plan, err) ||
	    !store_replan_kept(plan->store, mailing->id, &count, err))
		return false;
	*kept += count;
	if (plan->wish->rehearsal != NULL)
		return true;
	return store_mailing_update(plan->store, mailing, err) &&
	       queue_control_end(plan->store, mailing->id, err);
}

/* All of it, in one transaction; a rehearsal needs none. */
static bool
write_replan(struct plan *plan, const struct material_files *files,
    int64_t *ret_kept, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = plan->store;
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store_mailing_list list;
	size_t open = 0;

	*ret_kept = 0;
	if ((plan->wish->rehearsal == NULL && !store_begin(plan->store, err)) ||
	    !store_mailing_of_issue(
		arena, plan->store, plan->issue, &list, err))
		return false;
	if (list.count > 0 && !ask_approval(plan, files, err))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		struct store_mailing *m = &list.items[i];

		if (m->state == MAILING_FINISHED ||
		    m->state == MAILING_CANCELLED)
			continue;
		open++;
		if (!replan_mailing(plan, files, m, ret_kept, err))
			return false;
	}
	if (list.count == 0)
		return err_set(err, ERR_NO_INPUT,
		    "issue %s is not planned yet; `glocal-mail send %s` plans "
		    "it",
		    plan->issue, plan->issue);
	if (open == 0)
		return err_set(err, ERR_DATA,
		    "nothing to plan anew: issue %s is %s", plan->issue,
		    delivery_mailing_state(list.items[0].state));
	return plan->wish->rehearsal != NULL || store_commit(guard, err);
}

bool
publish_replan(const struct site *site, struct store *store, const char *issue,
    const struct publish_wish *wish, struct complaints *complaints,
    struct publish_replanned *ret_counts, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct material *material = NULL;
	struct material_files files;
	struct plan plan = {
		.store = store,
		.needs_approval = site->require_approval,
		.issue = issue,
		.wish = wish,
	};
	bool ok;

	if (!material_gather(
		arena, site, store, issue, complaints, &files, err) ||
	    !material_open(arena, issue, &files, &material, err))
		return false;
	plan.material = material;
	plan.tailor = tailor_prepare(arena, material->issue, &site->tailoring);
	plan.scratch = arena_new();
	if (wish->rehearsal != NULL)
		publish_rehearsal_begin(wish->rehearsal, material);
	ok = write_replan(&plan, &files, &ret_counts->kept, err);
	ret_counts->readers = plan.counts.readers;
	ret_counts->skipped = plan.counts.skipped;
	ret_counts->editions = plan.counts.editions;
	forget_editions(&plan);
	arena_free(plan.scratch);
	material_close(material);
	return ok;
}
