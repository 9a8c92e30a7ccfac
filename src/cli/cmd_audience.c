#include "base/now.h"
#include "base/num.h"
#include "cli/cmd.h"
#include "cli/cmd_people.h"
#include "people/people_audience.h"
#include "report/table.h"
#include "store/store_audience.h"
#include "store/store_segment.h"
#include "json/json.h"

const struct command_option cmd_audience_count_options[] = {
	{ "json", NULL,
	    "one object: expression, matching, reachable, inactive, "
	    "without_basis, suppressed" },
	{ NULL, NULL,
	    "An expression joins tests by `and`, `or`, `not` and parentheses; "
	    "`and` binds tighter than `or`:\n"
	    "  tag:tourism and prefecture:島根 and not language:en\n"
	    "A value with blanks or parentheses stands in double quotes: "
	    "organisation:\"外務省 広報室\". The tests:\n"
	    "  everyone\n"
	    "  tag:SLUG, country:GR\n"
	    "  prefecture:島根 (or 島根県, Shimane, 32): its office and all "
	    "within\n"
	    "  municipality:324485 (or 松江市, 島根県美郷町, Matsue)\n"
	    "  organisation:NAME, domain:lg.jp (and the domains below)\n"
	    "  language:ja, format:text, basis:consent, state:active\n"
	    "  segment:NAME: a saved expression, see `segment add`" },
};

static void
print_counts_json(
    const char *expression, const struct store_audience_counts *counts)
{
	struct json *object GM_JSON_AT_EXIT = json_new();

	json_set_text(object, "expression", expression);
	json_set_number(object, "matching", counts->matching);
	json_set_number(object, "reachable", counts->reachable);
	json_set_number(object, "inactive", counts->inactive);
	json_set_number(object, "without_basis", counts->without_basis);
	json_set_number(object, "suppressed", counts->suppressed);
	json_print(object, stdout);
}

static void
print_counts(struct arena *arena, const struct store_audience_counts *counts)
{
	const struct {
		int64_t count;
		const char *why;
	} others[] = {
		{ counts->inactive, "unsubscribed or removed" },
		{ counts->without_basis, "without a basis" },
		{ counts->suppressed, "suppressed" },
	};
	const char *between = "; the others: ";

	printf("%s may be mailed, of %s in this audience",
	    num_format_grouped(arena, counts->reachable),
	    num_format_grouped(arena, counts->matching));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (others[i].count == 0)
			continue;
		printf("%s%s %s", between,
		    num_format_grouped(arena, others[i].count), others[i].why);
		between = ", ";
	}
	putchar('\n');
}

bool
cmd_audience_count(struct command_run *run, struct err *err)
{
	const char *expression = run->arguments[0];
	struct store_audience_counts counts;
	const struct audience *tree;

	if (!people_audience(run->arena, run->store, expression, &tree, err) ||
	    !store_audience_count(run->store, tree, &counts, err))
		return false;
	if (command_has(run, "json"))
		print_counts_json(expression, &counts);
	else
		print_counts(run->arena, &counts);
	return true;
}

bool
cmd_segment_add(struct command_run *run, struct err *err)
{
	const struct people_author author = cmd_people_author(run);
	bool new;

	if (!people_segment_add(run->store, run->arguments[0],
		run->arguments[1], &author, &new, err))
		return false;
	printf("segment:%s: %s\n", run->arguments[0], new ? "new" : "changed");
	return true;
}

const struct command_option cmd_segment_list_options[] = {
	{ "json", NULL,
	    "one object a line: name, expression, reachable (null: it names "
	    "what is no longer there), changed" },
	{ 0 },
};

/* Prints a segment, or adds it to the table; `counts` is NULL when it cannot
   be counted, for `fault`. */
static void
show_segment(struct command_run *run, struct table *table,
    const struct store_segment *segment,
    const struct store_audience_counts *counts, const char *fault)
{
	struct json *object GM_JSON_AT_EXIT = NULL;

	if (!command_has(run, "json")) {
		table_add(table,
		    (const char *const[]){ segment->name,
			counts == NULL
			    ? "?"
			    : num_format_grouped(run->arena, counts->reachable),
			now_format_local(run->arena, segment->changed_ms),
			segment->expression });
		if (counts == NULL)
			fprintf(stderr, "glocal-mail: segment '%s': %s\n",
			    segment->name, fault);
		return;
	}
	object = json_new();
	json_set_text(object, "name", segment->name);
	json_set_text(object, "expression", segment->expression);
	if (counts != NULL)
		json_set_number(object, "reachable", counts->reachable);
	else
		json_set_text(object, "reachable", NULL);
	json_set_text(object, "changed",
	    now_format_rfc3339(run->arena, segment->changed_ms));
	json_print(object, stdout);
}

bool
cmd_segment_list(struct command_run *run, struct err *err)
{
	static const char *const titles[] = { "SEGMENT", ">MAY BE MAILED",
		"CHANGED", "EXPRESSION", NULL };
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);
	struct store_segments list;

	if (!store_segment_list(run->arena, run->store, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		const struct store_segment *segment = &list.items[i];
		struct store_audience_counts counts;
		const struct audience *tree;
		struct err fault = { 0 };
		bool holds = people_audience(
		    run->arena, run->store, segment->expression, &tree, &fault);

		/* One that names what is gone must not hide the others. */
		if (!holds && fault.code != ERR_USAGE) {
			*err = fault;
			return false;
		}
		if (holds &&
		    !store_audience_count(run->store, tree, &counts, err))
			return false;
		show_segment(
		    run, table, segment, holds ? &counts : NULL, fault.text);
	}
	if (!command_has(run, "json"))
		table_print(table, "no segments", stdout);
	return true;
}

bool
cmd_segment_remove(struct command_run *run, struct err *err)
{
	const struct people_author author = cmd_people_author(run);

	if (!people_segment_remove(run->store, run->arguments[0], &author, err))
		return false;
	printf("segment:%s: removed\n", run->arguments[0]);
	return true;
}
