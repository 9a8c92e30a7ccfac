#include <stdlib.h>
#include <string.h>

#include "model/address_slip.h"
#include "people/people_work.h"

enum {
	NUMBERED_RUN = 10, /* so many in a row look made up */
	MOST_SLIPS = 20,   /* told one by one */
};

/* Notes a1@, a2@, a3@ … of one domain; warns once per run. */
static void
watch_numbers(struct people_work *work, const char *key, size_t line)
{
	struct people_numbered *last = &work->numbered;
	struct people_numbered this = { .run = 1, .first_line = line };
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

/* A valid address whose domain looks mistyped. */
static void
watch_slips(struct people_work *work, const char *address, size_t line)
{
	const char *domain = strrchr(address, '@') + 1;
	const char *meant = address_slip(work->arena, domain);

	if (meant != NULL && work->slips++ < MOST_SLIPS)
		complaints_warn(work->complaints, work->import->path, line,
		    "%s: the domain '%s' looks mistyped (did you mean '%s'?)",
		    address, domain, meant);
}

static bool
survey_line(const struct people_header *header, const struct csv_row *row,
    void *context, struct err *err)
{
	struct people_work *work = context;
	const char *texts[COLUMNS];
	struct store_subscriber contact;
	struct people_seen seen = { .line = (uint32_t)row->line };
	uint64_t hash;

	if (row->line > UINT32_MAX)
		return err_set(
		    err, ERR_DATA, "%s: too many lines", work->import->path);
	arena_reset(work->arena);
	if (!people_work_line(
		work, header, row, texts, work->complaints, &contact))
		work->tally.counts[VERDICT_REFUSED]++;
	if (contact.address_key[0] == '\0')
		return true;
	hash = people_keys_hash(contact.address_key);
	seen.high = (uint32_t)(hash >> 32);
	seen.low = (uint32_t)hash;
	vec_push(&work->seen, seen);
	watch_numbers(work, contact.address_key, row->line);
	watch_slips(work, contact.address, row->line);
	people_near_add(work->near, &contact, row->line,
	    !people_keys_hold(&work->known, hash));
	return true;
}

static int
compare_hashes(const struct people_seen *x, const struct people_seen *y)
{
	if (x->high != y->high)
		return x->high < y->high ? -1 : 1;
	return (x->low > y->low) - (x->low < y->low);
}

static int
compare_seen(const void *a, const void *b)
{
	const struct people_seen *x = a;
	const struct people_seen *y = b;
	int order = compare_hashes(x, y);

	return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
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
find_doubles(struct people_work *work)
{
	const struct people_seen *first = NULL;

	if (work->seen.count > 1)
		qsort(work->seen.items, work->seen.count,
		    sizeof(*work->seen.items), compare_seen);
	for (size_t i = 0; i < work->seen.count; i++) {
		const struct people_seen *seen = &work->seen.items[i];

		if (first == NULL || compare_hashes(first, seen) != 0) {
			first = seen;
			continue;
		}
		complaints_add(work->complaints, work->import->path, seen->line,
		    "the same address as in line %u; leave one of the two",
		    (unsigned)first->line);
		vec_push(&work->doubles, (size_t)seen->line);
	}
	work->tally.counts[VERDICT_REFUSED] += work->doubles.count;
	if (work->doubles.count > 1)
		qsort(work->doubles.items, work->doubles.count,
		    sizeof(*work->doubles.items), compare_lines);
}

bool
people_survey_is_double(const struct people_work *work, size_t line)
{
	return work->doubles.count > 0 &&
	       bsearch(&line, work->doubles.items, work->doubles.count,
		   sizeof(*work->doubles.items), compare_lines) != NULL;
}

/* Whether the file has the address; once `seen` is sorted. */
static bool
is_in_file(const char *key, void *context)
{
	const struct people_work *work = context;
	uint64_t hash = people_keys_hash(key);
	const struct people_seen wanted = { (uint32_t)(hash >> 32),
		(uint32_t)hash, 0 };
	size_t low = 0, high = work->seen.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_hashes(&work->seen.items[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < work->seen.count &&
	       compare_hashes(&work->seen.items[low], &wanted) == 0;
}

bool
people_survey(struct people_work *work, struct err *err)
{
	bool ok;

	if (!people_keys_subscribers(work->store, &work->known, err))
		return false;
	work->near = people_near_new();
	ok = people_work_walk(
	    work, survey_line, work->sha256, work->complaints, err);
	/* Sorting takes as much again: what is not needed goes before. */
	people_keys_clear(&work->known);
	if (ok)
		find_doubles(work);
	if (ok && work->slips > MOST_SLIPS)
		complaints_warn(work->complaints, work->import->path, 0,
		    "%zu more addresses look mistyped",
		    work->slips - MOST_SLIPS);

	/* Two lines of one address are of one person, and told already. */
	if (ok && work->doubles.count == 0)
		ok = people_near_report(work->near, work->store,
		    work->import->path, is_in_file, work, work->complaints,
		    err);
	people_near_free(work->near);
	work->near = NULL;
	vec_clear(&work->seen);
	return ok;
}
