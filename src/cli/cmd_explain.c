#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "cli/cmd.h"
#include "people/people_audience.h"
#include "publish/publish_audience.h"
#include "publish/publish_preview.h"
#include "report/table.h"
#include "json/json.h"

enum { SCANT_SHOWN = 20 };

const struct command_option cmd_explain_options[] = {
	{ "audience", NULL,
	    "instead of one reader, all who may be mailed, or those that an "
	    "expression means (`audience count --help`): how many get each "
	    "story and why, how many editions there are, who gets little" },
	{ "json", NULL, "one JSON object" },
	{ NULL, NULL, NULL },
};

/* ---- one reader */

static void
print_json(struct arena *arena, const struct tailored *tailored)
{
	struct json *object GM_JSON_AT_EXIT = json_new();
	struct json *articles = json_set_list(object, "articles");
	struct json *omitted = json_set_list(object, "omitted");

	for (size_t i = 0; i < tailored->chosen_count; i++) {
		const struct tailored_article *chosen = &tailored->chosen[i];
		struct json *item = json_push_object(articles);
		const char **reasons =
		    arena_take(arena, chosen->reason_count, sizeof(*reasons));

		for (size_t j = 0; j < chosen->reason_count; j++)
			reasons[j] =
			    tailor_reason_text(arena, &chosen->reasons[j]);
		json_set_text(item, "slug", chosen->article->slug);
		json_set_texts(item, "reasons",
		    &(struct text_list){ reasons, chosen->reason_count });
	}
	for (size_t i = 0; i < tailored->omitted_count; i++) {
		struct json *item = json_push_object(omitted);

		json_set_text(item, "slug", tailored->omitted[i].article->slug);
		json_set_text(item, "reason",
		    tailor_omission_text(tailored->omitted[i].why));
	}
	json_print(object, stdout);
}

static void
print_text(struct arena *arena, const struct publish_reader *reader,
    const struct issue *issue, const struct tailored *tailored)
{
	enum language language = reader->reader.language;

	printf("%s reads issue %s in %s, as %s%s\n", reader->person.address,
	    issue->id, subscriber_language(language),
	    subscriber_format(reader->reader.format),
	    reader->person.subscriber == 0 ? " (no subscriber)" : "");
	if (tailored->skip)
		printf("gets no mail: nothing is relevant "
		       "(when_empty: skip)\n");
	for (size_t i = 0; i < tailored->chosen_count; i++) {
		const struct tailored_article *chosen = &tailored->chosen[i];

		printf("%2zu. %s\n    %s:", i + 1,
		    article_text(chosen->article, language)->title,
		    chosen->article->slug);
		for (size_t j = 0; j < chosen->reason_count; j++)
			printf("%s %s", j > 0 ? "," : "",
			    tailor_reason_text(arena, &chosen->reasons[j]));
		printf("\n");
	}
	for (size_t i = 0; i < tailored->omitted_count; i++) {
		const struct tailored_omission *omitted = &tailored->omitted[i];

		printf("%s %s\n    %s: %s\n", i == 0 ? "not in:\n  -" : "  -",
		    article_text(omitted->article, language)->title,
		    omitted->article->slug, tailor_omission_text(omitted->why));
	}
}

/* ---- all readers */

/* Sets each kind of reason that occurred. */
static void
print_json_story(struct json *list, const struct publish_story *story)
{
	struct json *item = json_push_object(list);
	struct json *reasons;

	json_set_text(item, "slug", story->article->slug);
	json_set_number(item, "readers", story->readers);
	json_set_number(item, "first", story->first);
	reasons = json_set_list(item, "reasons");
	for (size_t i = 0; i < TAILOR_REASONS; i++) {
		struct json *reason;

		if (story->by_reason[i] == 0)
			continue;
		reason = json_push_object(reasons);
		json_set_text(reason, "reason",
		    tailor_reason_kind((enum tailor_reason)i));
		json_set_number(reason, "readers", story->by_reason[i]);
	}
}

static void
print_json_audience(const struct publish_audience *audience)
{
	struct json *object GM_JSON_AT_EXIT = json_new();
	struct json *stories, *scant;

	json_set_text(object, "issue", audience->issue->id);
	json_set_number(object, "readers", audience->readers);
	json_set_number(object, "skipped", audience->skipped);
	json_set_number(object, "whole", audience->whole);
	json_set_number(object, "editions", (int64_t)audience->edition_count);
	stories = json_set_list(object, "stories");
	for (size_t i = 0; i < audience->issue->count; i++)
		print_json_story(stories, &audience->stories[i]);
	json_set_number(object, "nothing", audience->nothing);
	json_set_number(object, "little", audience->little);
	scant = json_set_list(object, "scant");
	for (size_t i = 0; i < audience->scant_count; i++) {
		struct json *item = json_push_object(scant);

		json_set_text(item, "address", audience->scant[i].address);
		json_set_number(
		    item, "stories", (int64_t)audience->scant[i].stories);
		json_set_number(item, "own", (int64_t)audience->scant[i].own);
	}
	json_print(object, stdout);
}

static const char *
format_share(struct arena *arena, int64_t part, int64_t whole)
{
	return arena_format(arena, "%.1f %%",
	    whole > 0 ? 100.0 * (double)part / (double)whole : 0.0);
}

static void
print_stories(struct arena *arena, const struct publish_audience *audience)
{
	static const char *const titles[] = { "story", ">readers", ">share",
		">first", ">municipality", ">prefecture", ">tag", ">country",
		">lead", ">everything", ">fill", NULL };
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);
	const char *cells[4 + TAILOR_REASONS];

	for (size_t i = 0; i < audience->issue->count; i++) {
		const struct publish_story *story = &audience->stories[i];

		cells[0] = story->article->slug;
		cells[1] = num_format_grouped(arena, story->readers);
		cells[2] =
		    format_share(arena, story->readers, audience->readers);
		cells[3] = num_format_grouped(arena, story->first);
		for (size_t j = 0; j < TAILOR_REASONS; j++)
			cells[4 + j] =
			    num_format_grouped(arena, story->by_reason[j]);
		table_add(table, cells);
	}
	table_print(table, "no stories", stdout);
}

static void
print_scant(struct arena *arena, const struct publish_audience *audience)
{
	int64_t all = audience->nothing + audience->little;
	size_t shown = audience->scant_count;

	if (shown > SCANT_SHOWN)
		shown = SCANT_SHOWN;
	printf("\nof the readers with interests, %s get no story for them or "
	       "their place, %s get one\n",
	    num_format_grouped(arena, audience->nothing),
	    num_format_grouped(arena, audience->little));
	for (size_t i = 0; i < shown; i++)
		printf("  %s: %zu of %zu\n", audience->scant[i].address,
		    audience->scant[i].own, audience->scant[i].stories);
	if (all > (int64_t)shown)
		printf("  \u2026 and %s more\n",
		    num_format_grouped(arena, all - (int64_t)shown));
}

static void
print_audience(struct arena *arena, const struct publish_audience *audience)
{
	printf("issue %s for %s: %s", audience->issue->id,
	    num_format_count(arena, audience->readers, "reader", "readers"),
	    num_format_count(arena, (int64_t)audience->edition_count, "edition",
		"editions"));
	if (audience->whole > 0)
		printf("; %s without interests get the whole issue",
		    num_format_grouped(arena, audience->whole));
	if (audience->skipped > 0)
		printf("; %s get no mail (nothing relevant)",
		    num_format_grouped(arena, audience->skipped));
	printf("\n\n");
	print_stories(arena, audience);
	print_scant(arena, audience);
}

static bool
explain_audience(struct command_run *run, struct err *err)
{
	struct complaints complaints = { 0 };
	struct publish_audience audience;
	const struct audience *who = NULL;
	bool ok;

	if (run->argument_count > 1 && !people_audience(run->arena, run->store,
					   run->arguments[1], &who, err))
		return err_wrap(err, "--audience");
	ok = publish_audience(run->arena, run->site, run->store,
	    run->arguments[0], who, &complaints, &audience, err);
	complaints_print(&complaints, stderr);
	complaints_clear(&complaints);
	if (!ok)
		return false;
	if (command_has(run, "json"))
		print_json_audience(&audience);
	else
		print_audience(run->arena, &audience);
	return true;
}

bool
cmd_explain(struct command_run *run, struct err *err)
{
	struct complaints complaints = { 0 };
	struct publish_reader reader;
	const struct issue *issue;
	struct tailored tailored;
	bool ok;

	if (command_has(run, "audience"))
		return explain_audience(run, err);
	if (run->argument_count < 2)
		return err_set(err, ERR_USAGE,
		    "which reader? Name an address, or write --audience for "
		    "all");
	if (strchr(run->arguments[1], '@') == NULL)
		return err_set(err, ERR_USAGE,
		    "'%s' is no address; for all whom an expression means, "
		    "add --audience",
		    run->arguments[1]);
	ok = publish_explain(run->arena, run->site, run->store,
	    run->arguments[0], run->arguments[1], &complaints, &reader, &issue,
	    &tailored, err);
	complaints_print(&complaints, stderr);
	complaints_clear(&complaints);
	if (!ok)
		return false;
	if (command_has(run, "json"))
		print_json(run->arena, &tailored);
	else
		print_text(run->arena, &reader, issue, &tailored);
	return true;
}
