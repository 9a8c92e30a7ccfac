#include "people/people_work.h"

#include <assert.h>
#include <string.h>

#include "base/now.h"
#include "people/people_erase.h"
#include "people/people_formula.h"
#include "people/people_history.h"
#include "people/people_wording.h"
#include "store/store_consent.h"
#include "store/store_suppression.h"

/* Of the database, while a file is settled. */
enum { MEMORY_BYTES = 20 * 1024 * 1024 };

const char *
people_verdict(enum people_verdict verdict)
{
#define X(name, text) text,
	static const char *const texts[] = { GM_VERDICTS(X) };
#undef X

	assert(verdict < VERDICTS);
	return texts[verdict];
}

bool
people_work_line(struct people_work *work, const struct people_header *header,
    const struct csv_row *row, const char *ret_texts[COLUMNS],
    struct complaints *complaints, struct store_subscriber *ret_row)
{
	struct people_row_origin origin = {
		.file = work->import->path,
		.line = row->line,
		.vocabulary = &work->vocabulary,
		.roles = work->import->roles,
	};

	for (size_t i = 0; i < COLUMNS; i++)
		ret_texts[i] = header->places[i] < 0
				   ? NULL
				   : people_formula_read(work->arena,
					 people_header_field(header, row, i));
	*ret_row = people_row_default();
	return people_row_read(
	    work->arena, ret_texts, &origin, complaints, ret_row);
}

static void
hash_bytes(const void *bytes, size_t count, void *context)
{
	struct people_work *work = context;

	sha256_add(work->sum, bytes, count);
}

bool
people_work_walk(struct people_work *work, people_file_fn *each,
    unsigned char ret_sha256[SHA256_BYTES], struct complaints *complaints,
    struct err *err)
{
	struct people_file file = {
		.path = work->import->path,
		.headings = { .table = people_columns,
		    .maps = work->import->maps },
		.form = work->import->form,
		.sheet = work->import->sheet,
		.watch = hash_bytes,
		.each = each,
		.context = work,
	};
	bool ok;

	work->sum = sha256_new();
	ok = people_file_walk(&file, complaints, err);
	sha256_end(work->sum, ret_sha256);
	work->sum = NULL;
	work->import->form = file.form;
	return ok;
}

/* The warnings that were given for a line. */
static struct text_list
find_warnings(struct people_work *work, size_t line)
{
	struct text_list list = { 0 };

	for (size_t i = 0; i < work->complaints->count; i++) {
		const struct complaint *item = &work->complaints->items[i];

		if (!item->warning || item->line != line)
			continue;
		if (list.items == NULL)
			list.items = arena_take(work->arena,
			    work->complaints->count - i, sizeof(*list.items));
		list.items[list.count++] = item->text;
	}
	return list;
}

/* Counts what becomes of a line and tells it. */
static void
pronounce(struct people_work *work, struct people_line *line)
{
	/* The survey has counted those. */
	if (line->verdict != VERDICT_REFUSED)
		work->tally.counts[line->verdict]++;
	if (work->import->each == NULL)
		return;
	if (line->why == NULL)
		line->why = "";
	line->warnings = find_warnings(work, line->number);
	work->import->each(line, work->import->context);
}

/* The wording in a language, which is looked up once. */
static bool
find_wording(struct people_work *work, enum language language, int64_t *ret_id,
    struct err *err)
{
	int64_t *known = &work->wordings[language];

	if (*known == 0 && !people_find_wording(work->arena, work->store,
			       work->import->wording, language, known, err))
		return false;
	*ret_id = *known;
	return true;
}

/* Puts a basis for writing, or its end, on record. */
static bool
record_basis(struct people_work *work, const struct store_subscriber *contact,
    const char *address, size_t line, struct err *err)
{
	struct store_consent consent = { .subscriber = contact->id,
		.address = address,
		.withdrawn = contact->basis == BASIS_NONE,
		.basis = contact->basis,
		.at_ms = work->now,
		.method = "import",
		.source = work->import->path,
		.line = (int64_t)line,
		.sha256 = work->sha256,
		.operator= work->import->author.operator, };

	if (work->import->wording != NULL && !consent.withdrawn &&
	    !find_wording(work, contact->language, &consent.wording, err))
		return false;
	return store_consent_add(work->store, &consent, err);
}

static bool
insert(struct people_work *work, struct store_subscriber *contact,
    const char *given, size_t line, struct err *err)
{
	return store_subscriber_insert(
		   work->store, contact, &contact->id, err) &&
	       (contact->basis == BASIS_NONE ||
		   record_basis(work, contact, given, line, err));
}

static bool
update(struct people_work *work, const struct store_subscriber *old,
    const struct store_subscriber *new, const char *given, size_t line,
    struct err *err)
{
	bool again = old->state != new->state &&new->basis != BASIS_NONE;

	return store_subscriber_update(work->store, old, new, err) &&
	       ((old->basis == new->basis && !again) ||
		   record_basis(work, new, given, line, err));
}

/* Why an address stays out, NULL when it does not. */
static bool
find_bar(struct people_work *work, const struct store_subscriber *old,
    const char *key, uint64_t hash, const char **ret_why, struct err *err)
{
	const struct store_erasure *erased =
	    people_barrier_find(work->barrier, key);
	struct store_suppression *bar = NULL;

	if (people_keys_hold(&work->barred, hash) &&
	    !store_suppression_find(work->arena, work->store, key, &bar, err))
		return false;
	if (erased != NULL)
		*ret_why = arena_format(work->arena,
		    "erased on %.10s at its owner's wish",
		    now_format_local(work->arena, erased->at_ms));
	else if (bar != NULL)
		*ret_why = arena_format(work->arena,
		    text_equal(bar->reason, "unsubscribed")
			? "unsubscribed on %.10s"
			: "suppressed on %.10s (%s)",
		    now_format_local(work->arena, bar->at_ms), bar->reason);
	else if (old != NULL && old->state == SUBSCRIBER_UNSUBSCRIBED)
		*ret_why = "unsubscribed";
	else if (old != NULL && old->state == SUBSCRIBER_ERASED)
		*ret_why = "erased at the wish of its owner";
	else
		*ret_why = NULL;
	return true;
}

static void
note_basis(struct people_work *work, enum basis basis, size_t line)
{
	if (basis == BASIS_NONE && work->without_basis++ == 0)
		work->first_without_basis = line;
}

/* A contact that the store has in some state. */
static bool
settle_known(struct people_work *work, const struct store_subscriber *old,
    const struct store_subscriber *contact, const char *const texts[COLUMNS],
    struct people_line *line, struct err *err)
{
	struct people_difference changes[COLUMNS];
	struct store_subscriber new = *old;

	new.state = old->state == SUBSCRIBER_PENDING ? SUBSCRIBER_PENDING
						     : SUBSCRIBER_ACTIVE;
	people_row_merge(contact, texts, &new);
	line->verdict = old->state != new.state      ? VERDICT_REVIVED
			: people_row_same(old, &new) ? VERDICT_UNCHANGED
						     : VERDICT_CHANGED;
	if (line->verdict != VERDICT_UNCHANGED) {
		line->changes = changes;
		line->change_count =
		    people_row_changes(work->arena, old, &new, changes);
		if (work->writing &&
		    !update(work, old, &new, texts[COLUMN_EMAIL], line->number,
			err))
			return false;
	}
	note_basis(work, new.basis, line->number);
	line->address = new.address;
	pronounce(work, line);
	return true;
}

/* What a line is refused for; a warning is no reason. */
static const char *
first_fault(const struct complaints *faults)
{
	size_t i = 0;

	while (i < faults->count && faults->items[i].warning)
		i++;
	assert(i < faults->count);
	return faults->items[i].text;
}

static bool
settle_contact(struct people_work *work, struct store_subscriber *contact,
    const char *const texts[COLUMNS], struct people_line *line, struct err *err)
{
	uint64_t hash = people_keys_hash(contact->address_key);
	struct store_subscriber *old = NULL;

	if (people_keys_hold(&work->known, hash) &&
	    !store_subscriber_find(
		work->arena, work->store, contact->address_key, &old, err))
		return false;
	if (!find_bar(work, old, contact->address_key, hash, &line->why, err))
		return false;
	if (line->why != NULL) {
		line->verdict = VERDICT_KEPT_OUT;
		pronounce(work, line);
		return true;
	}
	if (old != NULL)
		return settle_known(work, old, contact, texts, line, err);
	if (work->writing &&
	    !insert(work, contact, texts[COLUMN_EMAIL], line->number, err))
		return false;
	note_basis(work, contact->basis, line->number);
	line->verdict = VERDICT_NEW;
	pronounce(work, line);
	return true;
}

static bool
settle_line(const struct people_header *header, const struct csv_row *row,
    void *context, struct err *err)
{
	struct people_work *work = context;
	struct complaints faults = { 0 };
	const char *texts[COLUMNS];
	struct store_subscriber contact;
	struct people_line line = {
		.number = row->line,
		.verdict = VERDICT_REFUSED,
	};
	bool ok = true;

	/* Only a dry run comes here with faults; it shows them once more. */
	arena_reset(work->arena);
	store_history_line(work->store, (int64_t)row->line);
	if (!people_work_line(work, header, row, texts, &faults, &contact)) {
		line.address = contact.address;
		line.why = first_fault(&faults);
		pronounce(work, &line);
	} else if (people_survey_is_double(work, row->line)) {
		line.address = contact.address;
		line.why = "the address is there twice";
		pronounce(work, &line);
	} else {
		line.address = contact.address;
		ok = settle_contact(work, &contact, texts, &line, err);
	}
	complaints_clear(&faults);
	return ok;
}

/* Compares every line with what is stored, and writes unless it is a dry
   run. A file that changed between the passes is refused. */
static bool
settle(struct people_work *work, struct err *err)
{
	unsigned char again[SHA256_BYTES];
	struct complaints faults = { 0 };
	bool ok;

	/* Others may have written since the survey. */
	work->now = now_ms();
	if (!people_keys_subscribers(work->store, &work->known, err) ||
	    !people_keys_suppressions(work->store, &work->barred, err))
		return false;
	ok = people_work_walk(work, settle_line, again, &faults, err);
	complaints_clear(&faults);
	if (!ok)
		return false;
	if (memcmp(again, work->sha256, sizeof(again)) != 0)
		return err_set(err, ERR_TEMP,
		    "%s changed while it was read; import it again",
		    work->import->path);
	if (work->without_basis > 0)
		complaints_warn(work->complaints, work->import->path,
		    work->first_without_basis,
		    work->without_basis == 1
			? "this contact has the basis none and will get no mail"
			: "%zu contacts, here the first, have the basis none "
			  "and will get no mail",
		    work->without_basis);
	return true;
}

static bool
run_passes(struct people_work *work, struct arena *names, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	const struct people_source source = {
		.name = work->import->path,
		.sha256 = work->sha256,
	};
	bool faultless;

	if (!people_row_vocabulary(
		names, work->store, &work->vocabulary, err) ||
	    !people_survey(work, err))
		return false;
	faultless = work->complaints->errors == 0;
	if (!faultless && !work->import->dry_run)
		return true;
	work->writing = !work->import->dry_run;

	/* Rows come in the order of the file, and go all over the indexes; what
	   the survey held is free again. */
	store_use_memory(work->store, MEMORY_BYTES);
	if (!(work->writing ? people_begin(work->store, &work->import->author,
				  &source, err)
			    : store_begin_reading(work->store, err)))
		return false;
	guard = work->store;
	return people_barrier_open(
		   work->store, &work->import->author, &work->barrier, err) &&
	       settle(work, err) &&
	       (!work->writing || store_commit(work->store, err));
}

bool
people_import(struct store *store, struct people_import *import,
    struct complaints *complaints, struct people_tally *ret_tally,
    struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct arena *names GM_ARENA_AT_EXIT = arena_new();
	struct people_work work = {
		.import = import,
		.store = store,
		.complaints = complaints,
		.arena = arena,
	};
	bool ok;

	ok = run_passes(&work, names, err);
	store_use_memory(store, 0);
	vec_clear(&work.doubles);
	people_keys_clear(&work.known);
	people_keys_clear(&work.barred);
	people_barrier_free(work.barrier);
	if (!ok)
		return false;
	*ret_tally = work.tally;
	return complaints_none(complaints, ERR_DATA, err);
}
