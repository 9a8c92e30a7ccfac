#include "publish/check_readers.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "store/store_subscriber.h"

/* Digests of which something is to be told, and who gets the worst. */
struct worst {
	int64_t editions;
	size_t bytes;
	char *address;
	char *text; /* of what cannot be sent */
};

struct readership {
	const struct site *site;
	const struct material *material;
	struct tailor *tailor;
	struct arena *scratch; /* of one reader */
	void *specs;           /* tsearch(3) tree of char * */
	int64_t readers;
	int64_t *gets;       /* readers of each story */
	int64_t *calls;      /* those of them who call for it, or get it as a
				lead */
	int64_t unconcerned; /* to whom nothing speaks */
	char *unconcerned_address;
	struct worst html, message, refused;
};

static int
compare_specs(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void
note(struct worst *worst, size_t bytes, const char *address)
{
	worst->editions++;
	if (worst->address != NULL && bytes <= worst->bytes)
		return;
	worst->bytes = bytes;
	free(worst->address);
	worst->address = mem_strdup(address);
}

/* Renders a digest that was not met before. */
static void
try_edition(
    struct readership *readership, const char *spec, const char *address)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct err err = { 0 };
	struct edition *edition;
	size_t html;
	size_t message;

	if (!material_edition(
		arena, readership->material, spec, NULL, &edition, &err)) {
		if (readership->refused.text == NULL)
			readership->refused.text = mem_strdup(err.text);
		note(&readership->refused, 0, address);
		return;
	}
	html = edition->html.count > 0 ? edition_part_bytes(&edition->html) : 0;
	message = edition_message_bytes(edition);
	if (html > EDITION_HTML_WARN)
		note(&readership->html, html, address);
	if (edition->picture_count > 0 && message > EDITION_MESSAGE_WARN)
		note(&readership->message, message, address);
}

static void
meet_edition(
    struct readership *readership, const char *spec, const char *address)
{
	char *copy;

	if (tfind(spec, &readership->specs, compare_specs) != NULL)
		return;
	copy = mem_strdup(spec);
	if (tsearch(copy, &readership->specs, compare_specs) == NULL)
		mem_exhausted();
	try_edition(readership, spec, address);
}

/* True when a story is there for a reason of the reader's own. */
static bool
is_concerned(const struct tailored *tailored)
{
	for (size_t i = 0; i < tailored->chosen_count; i++)
		for (size_t j = 0; j < tailored->chosen[i].reason_count; j++)
			if (tailored->chosen[i].reasons[j].kind < TAILOR_LEAD)
				return true;
	return false;
}

static void
count_stories(struct readership *readership, const struct tailored *tailored)
{
	for (size_t i = 0; i < tailored->chosen_count; i++) {
		const struct tailored_article *chosen = &tailored->chosen[i];
		ptrdiff_t story =
		    chosen->article - readership->material->issue->articles;

		readership->gets[story]++;
		if (chosen->reason_count > 0 &&
		    chosen->reasons[0].kind <= TAILOR_LEAD)
			readership->calls[story]++;
	}
}

static bool
look_at(const struct store_member *member, void *context, struct err *err)
{
	struct readership *readership = context;
	const struct reader *reader = &member->reader;
	struct tailored tailored;

	(void)err;
	arena_reset(readership->scratch);
	tailor_choose(
	    readership->scratch, readership->tailor, reader, &tailored);
	readership->readers++;
	count_stories(readership, &tailored);
	if ((reader->tags.count > 0 || reader->countries.count > 0) &&
	    !is_concerned(&tailored)) {
		if (readership->unconcerned++ == 0)
			readership->unconcerned_address =
			    mem_strdup(member->person.address);
	}
	if (!tailored.skip)
		meet_edition(readership,
		    tailor_spec(readership->scratch, reader->language,
			reader->format, &tailored),
		    member->person.address);
	return true;
}

/* The whole issue in each language: what somebody new would get. */
static void
try_whole(struct readership *readership)
{
	const struct issue *issue = readership->material->issue;

	for (size_t i = 0; i < LANGUAGES; i++) {
		struct reader reader = {
			.language = (enum language)i,
			.format = FORMAT_HTML,
			.municipality = "",
		};
		struct tailored tailored;

		if (!issue->has_language[i])
			continue;
		arena_reset(readership->scratch);
		tailor_choose(readership->scratch, readership->tailor, &reader,
		    &tailored);
		meet_edition(readership,
		    tailor_spec(readership->scratch, reader.language,
			reader.format, &tailored),
		    "a reader without interests");
	}
}

static void
tell_sizes(const struct readership *readership, struct complaints *complaints)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	const struct worst *html = &readership->html;
	const struct worst *message = &readership->message;
	const struct worst *refused = &readership->refused;

	if (refused->editions > 0)
		complaints_add_at(complaints, "issue.md", 1, 1,
		    "%s; it is so for %s, that of %s among them", refused->text,
		    num_format_count(
			arena, refused->editions, "digest", "digests"),
		    refused->address);
	if (html->editions > 0)
		complaints_warn_at(complaints, "issue.md", 1, 1,
		    "the HTML of %s is over %d KB, with %zu bytes at most "
		    "(%s); mail programs cut off what is beyond %d: shorten "
		    "stories or set max_articles",
		    num_format_count(
			arena, html->editions, "digest", "digests"),
		    EDITION_HTML_WARN / 1000, html->bytes, html->address,
		    EDITION_HTML_MOST);
	if (message->editions > 0)
		complaints_warn_at(complaints, "issue.md", 1, 1,
		    "%s with pictures inside have over %d KB, %zu at most "
		    "(%s): fewer pictures, or images: hosted",
		    num_format_count(
			arena, message->editions, "digest", "digests"),
		    EDITION_MESSAGE_WARN / 1000, message->bytes / 1000,
		    message->address);
}

/* The place of a story's tags, in the language that comes first. */
static const struct article_text *
first_text(const struct article *article)
{
	size_t i = 0;

	while (article->text[i] == NULL)
		i++;
	return article->text[i];
}

static void
tell_readers(const struct readership *readership, struct complaints *complaints)
{
	const struct issue *issue = readership->material->issue;
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();

	if (readership->readers == 0) {
		complaints_warn_at(complaints, "issue.md", 1, 1,
		    "there are no readers yet; `glocal-mail subscriber "
		    "import` adds contacts");
		return;
	}
	for (size_t i = 0; i < issue->count; i++) {
		const struct article_text *text =
		    first_text(&issue->articles[i]);

		if (readership->gets[i] == 0)
			complaints_warn_at(complaints, text->file,
			    text->at_tags.line, text->at_tags.column,
			    "no reader gets this story: nobody shares its "
			    "tags, places or countries, or max_articles cuts "
			    "it off");
		else if (readership->calls[i] == 0)
			complaints_warn_at(complaints, text->file,
			    text->at_tags.line, text->at_tags.column,
			    "this story concerns no reader: nobody shares its "
			    "tags, places or countries; it only fills digests "
			    "that would be empty, and goes to who reads "
			    "everything");
	}
	if (readership->unconcerned > 0)
		complaints_warn_at(complaints, "issue.md", 1, 1,
		    "no story concerns %s by tag, place or country: they get "
		    "%s; `glocal-mail explain %s %s` tells of one",
		    num_format_count(
			arena, readership->unconcerned, "reader", "readers"),
		    readership->site->tailoring.skip_empty
			? "leads alone, or no mail (when_empty: skip)"
			: "leads and what fills up (when_empty: fill)",
		    issue->id, readership->unconcerned_address);
}

static void
clear(struct readership *readership)
{
	tdestroy(readership->specs, free);
	arena_free(readership->scratch);
	free(readership->gets);
	free(readership->calls);
	free(readership->unconcerned_address);
	free(readership->html.address);
	free(readership->message.address);
	free(readership->refused.address);
	free(readership->refused.text);
}

static void
count_spec(const void *node, VISIT visit, void *context)
{
	(void)node;
	if (visit == postorder || visit == leaf)
		++*(int64_t *)context;
}

bool
check_readers(const struct site *site, struct store *store,
    const struct material *material, struct publish_findings *findings,
    struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct readership readership = {
		.site = site,
		.material = material,
		.tailor =
		    tailor_prepare(arena, material->issue, &site->tailoring),
		.scratch = arena_new(),
		.gets = mem_new(
		    material->issue->count + 1, sizeof(*readership.gets)),
		.calls = mem_new(
		    material->issue->count + 1, sizeof(*readership.calls)),
	};
	bool ok = store_subscriber_audience(
	    store, "", NULL, look_at, &readership, err);

	if (ok) {
		twalk_r(readership.specs, count_spec, &findings->editions);
		findings->readers = readership.readers;
		try_whole(&readership);
		tell_sizes(&readership, &findings->complaints);
		tell_readers(&readership, &findings->complaints);
	}
	clear(&readership);
	return ok;
}
