#include "cli/cmd_preview_diff.h"

#include <stdio.h>

#include "base/buf.h"
#include "publish/publish_compare.h"
#include "report/table.h"

enum { REASONS_MOST = 20 * 1000 };

/* Where a story stands with a reader, from 1, and why; NULL: not at all. */
static const struct tailored_article *
find_story(const struct tailored *tailored, const struct article *article,
    size_t *ret_place)
{
	for (size_t i = 0; i < tailored->chosen_count; i++)
		if (tailored->chosen[i].article == article) {
			*ret_place = i + 1;
			return &tailored->chosen[i];
		}
	return NULL;
}

static const char *
list_reasons(struct arena *arena, const struct tailored_article *chosen)
{
	struct buf out GM_BUF_AT_EXIT;

	buf_init(&out, REASONS_MOST);
	for (size_t i = 0; chosen != NULL && i < chosen->reason_count; i++)
		buf_add_format(&out, "%s%s", i > 0 ? ", " : "",
		    tailor_reason_text(arena, &chosen->reasons[i]));
	return arena_strdup(arena, buf_str(&out));
}

/* A fact of both, when they differ. */
static void
add_fact(struct table *table, const char *what, const char *a, const char *b)
{
	const char *const cells[] = { what, a, b };

	if (!text_equal(a, b))
		table_add(table, cells);
}

static void
print_facts(struct arena *arena, const struct publish_view views[2])
{
	static const char *const titles[] = { "", "A", "B", NULL };
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);
	const char *counts[2];
	const struct publish_view *a = &views[0];
	const struct publish_view *b = &views[1];

	for (size_t i = 0; i < 2; i++)
		counts[i] = views[i].tailored.skip
				? "no mail"
				: arena_format(arena, "%zu",
				      views[i].tailored.chosen_count);
	add_fact(table, "reader", a->reader.person.address,
	    b->reader.person.address);
	add_fact(table, "language",
	    subscriber_language(a->reader.reader.language),
	    subscriber_language(b->reader.reader.language));
	add_fact(table, "format", subscriber_format(a->reader.reader.format),
	    subscriber_format(b->reader.reader.format));
	add_fact(table, "subject", a->subject, b->subject);
	add_fact(table, "greeting", a->greeting, b->greeting);
	add_fact(table, "stories", counts[0], counts[1]);
	table_print(table, NULL, stdout);
}

/* A row for a story that differs; the others are named below. */
static void
add_story(struct arena *arena, struct table *table,
    const struct article *article, const struct publish_view views[2],
    struct buf *same)
{
	const char *cells[5] = { article->slug };
	const char *places[2] = { "-", "-" };
	const char *reasons[2];

	for (size_t i = 0; i < 2; i++) {
		size_t place = 0;
		const struct tailored_article *chosen =
		    find_story(&views[i].tailored, article, &place);

		reasons[i] = list_reasons(arena, chosen);
		if (chosen != NULL)
			places[i] = arena_format(arena, "%zu", place);
	}
	if (text_equal(places[0], places[1]) &&
	    text_equal(reasons[0], reasons[1])) {
		buf_add_format(
		    same, "%s%s", same->used > 0 ? ", " : "", article->slug);
		return;
	}
	cells[1] = places[0];
	cells[2] = places[1];
	cells[3] = reasons[0];
	cells[4] = reasons[1];
	table_add(table, cells);
}

static void
print_stories(struct arena *arena, const struct issue *issue,
    const struct publish_view views[2])
{
	static const char *const titles[] = { "story", ">A", ">B", "why A",
		"why B", NULL };
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);
	struct buf same GM_BUF_AT_EXIT;

	buf_init(&same, REASONS_MOST);
	for (size_t i = 0; i < issue->count; i++)
		add_story(arena, table, &issue->articles[i], views, &same);
	printf("\n");
	table_print(table, "no story differs", stdout);
	if (same.used > 0)
		printf("\nthe same for both: %s\n", buf_str(&same));
}

bool
cmd_preview_diff(
    struct command_run *run, const char *const addresses[2], struct err *err)
{
	struct complaints complaints = { 0 };
	struct publish_view views[2];
	const struct issue *issue;
	bool ok = publish_compare(run->arena, run->site, run->store,
	    run->arguments[0], addresses, &complaints, &issue, views, err);

	complaints_print(&complaints, stderr);
	complaints_clear(&complaints);
	if (!ok)
		return false;
	print_facts(run->arena, views);
	print_stories(run->arena, issue, views);
	return true;
}
