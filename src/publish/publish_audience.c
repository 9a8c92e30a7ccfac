#include "publish/publish_audience.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "store/store_subscriber.h"

/* The walk over all readers. */
struct tally {
	struct arena *arena; /* of the result */
	struct arena *scratch;
	struct tailor *tailor;
	struct publish_audience result;
	GM_VEC(struct publish_edition *) editions;
	GM_VEC(struct publish_scant) scant;
	void *by_spec; /* tsearch(3) tree of struct publish_edition */
};

static int
compare_specs(const void *a, const void *b)
{
	const struct publish_edition *left = a;
	const struct publish_edition *right = b;

	return strcmp(left->spec, right->spec);
}

static void
keep_node(void *node)
{
	(void)node; /* lives in the arena */
}

static struct person
copy_person(struct arena *arena, const struct person *person)
{
	return (struct person){
		.subscriber = person->subscriber,
		.address = arena_strdup(arena, person->address),
		.name = arena_strdup(arena, person->name),
		.organisation = arena_strdup(arena, person->organisation),
		.department = arena_strdup(arena, person->department),
	};
}

static void
count_edition(
    struct tally *tally, const char *spec, const struct person *person)
{
	struct publish_edition wanted = { .spec = spec };
	struct publish_edition **found =
	    tfind(&wanted, &tally->by_spec, compare_specs);
	struct publish_edition *edition;

	if (found != NULL) {
		(*found)->readers++;
		return;
	}
	edition = arena_take(tally->arena, 1, sizeof(*edition));
	edition->spec = arena_strdup(tally->arena, spec);
	edition->readers = 1;
	edition->example = copy_person(tally->arena, person);
	if (tsearch(edition, &tally->by_spec, compare_specs) == NULL)
		mem_exhausted();
	vec_push(&tally->editions, edition);
}

/* A reader who shares three tags is there for tags once. Reasons come in the
   order of their kinds. */
static void
count_reasons(
    struct publish_story *story, const struct tailored_article *chosen)
{
	for (size_t i = 0; i < chosen->reason_count; i++)
		if (i == 0 ||
		    chosen->reasons[i].kind != chosen->reasons[i - 1].kind)
			story->by_reason[chosen->reasons[i].kind]++;
}

/* Counts the stories; returns how many are there for an interest or place. */
static size_t
count_stories(struct tally *tally, const struct tailored *tailored)
{
	const struct issue *issue = tally->result.issue;
	size_t own = 0;

	for (size_t i = 0; i < tailored->chosen_count; i++) {
		const struct tailored_article *chosen = &tailored->chosen[i];
		struct publish_story *story =
		    &tally->result.stories[chosen->article - issue->articles];

		story->readers++;
		story->first += i == 0;
		count_reasons(story, chosen);
		own += chosen->reasons[0].kind < TAILOR_LEAD;
	}
	return own;
}

static void
count_scant(struct tally *tally, const struct person *person,
    const struct tailored *tailored, size_t own)
{
	struct publish_scant scant = {
		.stories = tailored->chosen_count,
		.own = own,
	};

	if (own == 0)
		tally->result.nothing++;
	else
		tally->result.little++;
	if (tally->scant.count >= PUBLISH_SCANT_MOST)
		return;
	scant.address = arena_strdup(tally->arena, person->address);
	vec_push(&tally->scant, scant);
}

static bool
is_whole(const struct tailored *tailored)
{
	for (size_t i = 0; i < tailored->chosen_count; i++)
		if (tailored->chosen[i].reasons[0].kind == TAILOR_EVERYTHING)
			return true;
	return false;
}

static bool
count_member(const struct store_member *member, void *context, struct err *err)
{
	struct tally *tally = context;
	const struct reader *reader = &member->reader;
	struct tailored tailored;
	size_t own;

	(void)err;
	arena_reset(tally->scratch);
	tailor_choose(tally->scratch, tally->tailor, reader, &tailored);
	tally->result.readers++;
	own = count_stories(tally, &tailored);
	if (is_whole(&tailored))
		tally->result.whole++;
	else if (own <= 1)
		count_scant(tally, &member->person, &tailored, own);
	if (tailored.skip)
		tally->result.skipped++;
	else
		count_edition(tally,
		    tailor_spec(tally->scratch, reader->language,
			reader->format, &tailored),
		    &member->person);
	return true;
}

/* Most readers first. */
static int
compare_readers(const void *a, const void *b)
{
	const struct publish_edition *left = a;
	const struct publish_edition *right = b;

	if (left->readers != right->readers)
		return left->readers < right->readers ? 1 : -1;
	return strcmp(left->spec, right->spec);
}

static void
finish(struct tally *tally)
{
	struct publish_audience *result = &tally->result;

	result->edition_count = tally->editions.count;
	result->editions = arena_take(
	    tally->arena, tally->editions.count, sizeof(*result->editions));
	for (size_t i = 0; i < result->edition_count; i++)
		result->editions[i] = *tally->editions.items[i];
	qsort(result->editions, result->edition_count,
	    sizeof(*result->editions), compare_readers);
	result->scant_count = tally->scant.count;
	result->scant = arena_copy(tally->arena, tally->scant.items,
	    tally->scant.count * sizeof(*tally->scant.items));
}

bool
publish_audience_tally(struct arena *arena, const struct site *site,
    struct store *store, const struct material *material,
    const struct audience *who, struct publish_audience *ret_audience,
    struct err *err)
{
	struct arena *scratch GM_ARENA_AT_EXIT = arena_new();
	const struct issue *issue = material->issue;
	struct tally tally = {
		.arena = arena,
		.scratch = scratch,
		.tailor = tailor_prepare(arena, issue, &site->tailoring),
		.result.issue = issue,
		.result.stories = arena_take(
		    arena, issue->count, sizeof(*tally.result.stories)),
	};
	bool ok;

	for (size_t i = 0; i < issue->count; i++)
		tally.result.stories[i].article = &issue->articles[i];

	/* No delivery is of the issue "": so all are there. */
	ok = store_subscriber_audience(
	    store, "", who, count_member, &tally, err);
	if (ok) {
		finish(&tally);
		*ret_audience = tally.result;
	}
	tdestroy(tally.by_spec, keep_node);
	vec_clear(&tally.editions);
	vec_clear(&tally.scant);
	return ok;
}

bool
publish_audience(struct arena *arena, const struct site *site,
    struct store *store, const char *issue, const struct audience *who,
    struct complaints *complaints, struct publish_audience *ret_audience,
    struct err *err)
{
	struct material *material = NULL;
	struct material_files files;
	bool ok;

	if (!material_gather(
		arena, site, store, issue, complaints, &files, err) ||
	    !material_open(arena, issue, &files, &material, err))
		return false;
	ok = publish_audience_tally(
	    arena, site, store, material, who, ret_audience, err);
	material_close(material);
	return ok;
}
