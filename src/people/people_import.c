/*
 * The import of contacts reads its file twice. The first pass checks every
 * line, hashes the file and looks for addresses given twice; only when there
 * is no fault does the second one, within one transaction, compare each line
 * with what is stored and write what differs.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/now.h"
#include "base/vec.h"
#include "people/people.h"
#include "people/people_file.h"
#include "people/people_history.h"
#include "people/people_row.h"
#include "secret/secret.h"
#include "store/store_consent.h"
#include "store/store_suppression.h"
#include "store/store_tag.h"

/* How many numbered addresses in a row look like made-up ones. */
enum { NUMBERED_RUN = 10 };

static const struct csv_column columns[] = {
	{ "email", COLUMN_EMAIL, true },
	{ "name", COLUMN_NAME, false },
	{ "organisation", COLUMN_ORGANISATION, false },
	{ "department", COLUMN_DEPARTMENT, false },
	{ "municipality", COLUMN_MUNICIPALITY, false },
	{ "language", COLUMN_LANGUAGE, false },
	{ "format", COLUMN_FORMAT, false },
	{ "tags", COLUMN_TAGS, false },
	{ "countries", COLUMN_COUNTRIES, false },
	{ "basis", COLUMN_BASIS, false },
	{ 0 },
};
static_assert(sizeof(columns) / sizeof(columns[0]) == COLUMNS + 1,
    "each column has its row");

/* An address of the file, to find doubles. */
struct seen {
	uint64_t hash; /* of its key */
	size_t line;
};

/* A run of addresses that differ by a growing number alone. */
struct numbered {
	char stem[260]; /* before the number, and the domain */
	int64_t number;
	size_t run;
	size_t first_line;
};

/* The work on one file. */
struct work {
	const struct people_import *import;
	struct store *store;
	struct complaints *complaints;
	struct people_tally tally;
	const char **tags;
	size_t tag_count;

	/* First pass. */
	struct secret_sum *sum;
	GM_VEC(struct seen) seen;
	GM_VEC(size_t) doubles; /* lines, sorted */
	struct numbered numbered;

	/* Second pass. */
	size_t without_basis;
	size_t first_without_basis;
	unsigned char sha256[SECRET_HASH_BYTES];
	int64_t now;
	bool writing;

	struct arena *arena; /* of the present line */
};

const char *
people_verdict(enum people_verdict verdict)
{
#define X(name, text) text,
	static const char *const texts[] = { GM_VERDICTS(X) };
#undef X

	assert(verdict < VERDICTS);
	return texts[verdict];
}

static bool
read_line(struct work *work, const struct csv_header *header,
    const struct csv_row *row, const char *ret_texts[COLUMNS],
    struct complaints *complaints, struct store_subscriber *ret_row)
{
	struct people_row_origin origin = {
		.file = work->import->path,
		.line = row->line,
		.tags = work->tags,
		.tag_count = work->tag_count,
		.roles = work->import->roles,
	};

	for (size_t i = 0; i < COLUMNS; i++)
		ret_texts[i] = header->places[i] < 0
				   ? NULL
				   : csv_header_field(header, row, i);
	*ret_row = people_row_default();
	return people_row_read(
	    work->arena, ret_texts, &origin, complaints, ret_row);
}

/* FNV-1a, finished by a mixing step. */
static uint64_t
hash_key(const char *key)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *key != '\0'; key++)
		hash = (hash ^ (unsigned char)*key) * 0x100000001b3;
	hash ^= hash >> 32;
	return hash * 0x9e3779b97f4a7c15;
}

/* Notes a1@, a2@, a3@ … of one domain; warns once per run. */
static void
watch_numbers(struct work *work, const char *key, size_t line)
{
	struct numbered *last = &work->numbered;
	struct numbered this = { .run = 1, .first_line = line };
	size_t local = strcspn(key, "@");
	size_t stem = local;

	while (stem > 0 && key[stem - 1] >= '0' && key[stem - 1] <= '9')
		stem--;
	if (stem < local && local - stem < 10) {
		this.number = strtoll(key + stem, NULL, 10);
		snprintf(this.stem, sizeof(this.stem), "%.*s%s", (int)stem, key,
		    key + local);
	}
	if (this.stem[0] != '\0' && strcmp(this.stem, last->stem) == 0 &&
	    this.number == last->number + 1) {
		this.run = last->run + 1;
		this.first_line = last->first_line;
	}
	*last = this;
	if (this.run == NUMBERED_RUN)
		complaints_warn(work->complaints, work->import->path,
		    this.first_line,
		    "%d addresses from here on differ by a growing number "
		    "alone; do not write to addresses that were guessed",
		    NUMBERED_RUN);
}

static bool
survey_line(const struct csv_header *header, const struct csv_row *row,
    void *context, struct err *err)
{
	struct work *work = context;
	const char *texts[COLUMNS];
	struct store_subscriber contact;
	struct seen seen = { .line = row->line };

	(void)err;
	arena_reset(work->arena);
	if (!read_line(work, header, row, texts, work->complaints, &contact))
		work->tally.counts[VERDICT_REFUSED]++;
	if (contact.address_key[0] != '\0') {
		seen.hash = hash_key(contact.address_key);
		vec_push(&work->seen, seen);
		watch_numbers(work, contact.address_key, row->line);
	}
	return true;
}

static int
compare_seen(const void *a, const void *b)
{
	const struct seen *x = a;
	const struct seen *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

static int
compare_lines(const void *a, const void *b)
{
	size_t x = *(const size_t *)a;
	size_t y = *(const size_t *)b;

	return (x > y) - (x < y);
}

/* Equal hashes are taken for equal addresses: among a million lines two
   different ones meet once in forty million files, and then the file is
   refused, not mixed up. */
static void
find_doubles(struct work *work)
{
	const struct seen *first = NULL;

	if (work->seen.count > 1)
		qsort(work->seen.items, work->seen.count,
		    sizeof(*work->seen.items), compare_seen);
	for (size_t i = 0; i < work->seen.count; i++) {
		const struct seen *seen = &work->seen.items[i];

		if (first == NULL || first->hash != seen->hash) {
			first = seen;
			continue;
		}
		complaints_add(work->complaints, work->import->path, seen->line,
		    "the same address as in line %zu; leave one of the two",
		    first->line);
		vec_push(&work->doubles, seen->line);
	}
	work->tally.counts[VERDICT_REFUSED] += work->doubles.count;
	if (work->doubles.count > 1)
		qsort(work->doubles.items, work->doubles.count,
		    sizeof(*work->doubles.items), compare_lines);
}

static void
hash_bytes(const void *bytes, size_t count, void *context)
{
	struct work *work = context;

	secret_sum_add(work->sum, bytes, count);
}

static bool
read_tags(struct work *work, struct arena *names, struct err *err)
{
	struct store_tags tags;

	if (!store_tag_list(names, work->store, false, &tags, err))
		return false;
	work->tag_count = tags.count;
	work->tags = arena_take(names, tags.count + 1, sizeof(*work->tags));
	for (size_t i = 0; i < tags.count; i++)
		work->tags[i] = tags.items[i].slug;
	return true;
}

/* A walk over the whole file; its hash goes to `ret_sha256`. */
static bool
walk(struct work *work, people_file_fn *each,
    unsigned char ret_sha256[SECRET_HASH_BYTES], struct complaints *complaints,
    struct err *err)
{
	struct people_file file = {
		.path = work->import->path,
		.columns = columns,
		.watch = hash_bytes,
		.each = each,
		.context = work,
	};
	bool ok;

	work->sum = secret_sum_new();
	ok = people_file_walk(&file, complaints, err);
	secret_sum_end(work->sum, ret_sha256);
	work->sum = NULL;
	return ok;
}

static bool
survey(struct work *work, struct err *err)
{
	if (!walk(work, survey_line, work->sha256, work->complaints, err))
		return false;
	find_doubles(work);
	vec_clear(&work->seen);
	return true;
}

static void
pronounce(struct work *work, size_t line, const char *address,
    enum people_verdict verdict, const char *why)
{
	if (verdict != VERDICT_REFUSED)
		work->tally.counts[verdict]++;
	if (work->import->each != NULL)
		work->import->each(
		    line, address, verdict, why, work->import->context);
}

/* Puts a basis for writing, or its end, on record. */
static bool
record_basis(struct work *work, const struct store_subscriber *contact,
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

	return store_consent_add(work->store, &consent, err);
}

static bool
insert(struct work *work, struct store_subscriber *contact, const char *given,
    size_t line, struct err *err)
{
	return store_subscriber_insert(
		   work->store, contact, &contact->id, err) &&
	       (contact->basis == BASIS_NONE ||
		   record_basis(work, contact, given, line, err));
}

static bool
update(struct work *work, const struct store_subscriber *old,
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
find_bar(struct work *work, const struct store_subscriber *old, const char *key,
    const char **ret_why, struct err *err)
{
	struct store_suppression *bar;

	if (!store_suppression_find(work->arena, work->store, key, &bar, err))
		return false;
	if (bar != NULL)
		*ret_why = arena_format(work->arena,
		    text_equal(bar->reason, "unsubscribed")
			? "unsubscribed on %.10s"
			: "suppressed on %.10s (%s)",
		    now_format_local(work->arena, bar->at_ms), bar->reason);
	else if (old != NULL && old->state == SUBSCRIBER_UNSUBSCRIBED)
		*ret_why = "unsubscribed";
	else
		*ret_why = NULL;
	return true;
}

static void
note_basis(struct work *work, enum basis basis, size_t line)
{
	if (basis == BASIS_NONE && work->without_basis++ == 0)
		work->first_without_basis = line;
}

static bool
settle_contact(struct work *work, struct store_subscriber *contact,
    const char *const texts[COLUMNS], size_t line, struct err *err)
{
	struct store_subscriber *old;
	struct store_subscriber new;
	enum people_verdict verdict;
	const char *why;

	if (!store_subscriber_find(
		work->arena, work->store, contact->address_key, &old, err) ||
	    !find_bar(work, old, contact->address_key, &why, err))
		return false;
	if (why != NULL) {
		pronounce(work, line, contact->address, VERDICT_KEPT_OUT, why);
		return true;
	}
	if (old == NULL) {
		if (work->writing &&
		    !insert(work, contact, texts[COLUMN_EMAIL], line, err))
			return false;
		note_basis(work, contact->basis, line);
		pronounce(work, line, contact->address, VERDICT_NEW, "");
		return true;
	}
	new = *old;
	new.state = SUBSCRIBER_ACTIVE;
	people_row_merge(contact, texts, &new);
	verdict = old->state != SUBSCRIBER_ACTIVE ? VERDICT_REVIVED
		  : people_row_same(old, &new)    ? VERDICT_UNCHANGED
						  : VERDICT_CHANGED;
	if (work->writing && verdict != VERDICT_UNCHANGED &&
	    !update(work, old, &new, texts[COLUMN_EMAIL], line, err))
		return false;
	note_basis(work, new.basis, line);
	pronounce(work, line, new.address, verdict, "");
	return true;
}

static bool
settle_line(const struct csv_header *header, const struct csv_row *row,
    void *context, struct err *err)
{
	struct work *work = context;
	struct complaints faults = { 0 };
	const char *texts[COLUMNS];
	struct store_subscriber contact;
	bool ok = true;

	/* Only a dry run comes here with faults; it shows them once more. */
	arena_reset(work->arena);
	store_history_line(work->store, (int64_t)row->line);
	if (!read_line(work, header, row, texts, &faults, &contact)) {
		assert(faults.count > 0);
		pronounce(work, row->line, contact.address, VERDICT_REFUSED,
		    faults.items[0].text);
	} else if (work->doubles.count > 0 &&
		   bsearch(&row->line, work->doubles.items, work->doubles.count,
		       sizeof(*work->doubles.items), compare_lines) != NULL) {
		pronounce(work, row->line, contact.address, VERDICT_REFUSED,
		    "the address is there twice");
	} else {
		ok = settle_contact(work, &contact, texts, row->line, err);
	}
	complaints_clear(&faults);
	return ok;
}

/* Compares every line with what is stored, and writes unless it is a dry
   run. A file that changed between the passes is refused. */
static bool
settle(struct work *work, struct err *err)
{
	unsigned char again[SECRET_HASH_BYTES];
	struct complaints faults = { 0 };
	bool ok;

	work->now = now_ms();
	ok = walk(work, settle_line, again, &faults, err);
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
run_passes(struct work *work, struct arena *names, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	const struct people_source source = {
		.name = work->import->path,
		.sha256 = work->sha256,
	};
	bool faultless;

	if (!read_tags(work, names, err) || !survey(work, err))
		return false;
	faultless = work->complaints->errors == 0;
	if (!faultless && !work->import->dry_run)
		return true;
	work->writing = !work->import->dry_run;
	if (!(work->writing ? people_begin(work->store, &work->import->author,
				  &source, err)
			    : store_begin_reading(work->store, err)))
		return false;
	guard = work->store;
	return settle(work, err) &&
	       (!work->writing || store_commit(work->store, err));
}

bool
people_import(struct store *store, const struct people_import *import,
    struct complaints *complaints, struct people_tally *ret_tally,
    struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct arena *names GM_ARENA_AT_EXIT = arena_new();
	struct work work = {
		.import = import,
		.store = store,
		.complaints = complaints,
		.arena = arena,
	};
	bool ok = run_passes(&work, names, err);

	vec_clear(&work.seen);
	vec_clear(&work.doubles);
	if (!ok)
		return false;
	*ret_tally = work.tally;
	return complaints_none(complaints, ERR_DATA, err);
}
