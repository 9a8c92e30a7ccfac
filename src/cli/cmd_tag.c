#include "base/num.h"
#include "cli/cmd.h"
#include "cli/cmd_people.h"
#include "cli/issue_uses.h"
#include "people/people_tags.h"
#include "report/table.h"
#include "store/store_tag.h"
#include "json/json.h"

const struct command_option cmd_tag_list_options[] = {
	{ "json", NULL,
	    "one object a line: tag, label_en, label_ja, "
	    "subscribers" },
	{ 0 },
};

static void
print_json(const struct store_tag *tag)
{
	struct json *object GM_JSON_AT_EXIT = json_new();

	json_set_text(object, "tag", tag->slug);
	json_set_text(object, "label_en", tag->label_en);
	json_set_text(object, "label_ja", tag->label_ja);
	json_set_number(object, "subscribers", tag->subscribers);
	json_print(object, stdout);
}

bool
cmd_tag_list(struct command_run *run, struct err *err)
{
	static const char *const titles[] = { "TAG", "ENGLISH", "JAPANESE",
		">SUBSCRIBERS", NULL };
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);
	struct store_tags tags;

	if (!store_tag_list(run->arena, run->store, true, &tags, err))
		return false;
	for (size_t i = 0; i < tags.count; i++) {
		const struct store_tag *tag = &tags.items[i];

		if (command_has(run, "json"))
			print_json(tag);
		else
			table_add(
			    table, (const char *const[]){ tag->slug,
				       tag->label_en, tag->label_ja,
				       arena_format(run->arena, "%lld",
					   (long long)tag->subscribers) });
	}
	if (!command_has(run, "json"))
		table_print(table, "no tags", stdout);
	return true;
}

const struct command_option cmd_tag_add_options[] = {
	{ "en", "LABEL", "what English readers see (needed)" },
	{ "ja", "LABEL", "what Japanese readers see (needed)" },
	{ 0 },
};

bool
cmd_tag_add(struct command_run *run, struct err *err)
{
	const char *label_en = command_value(run, "en");
	const char *label_ja = command_value(run, "ja");
	const struct people_author author = cmd_people_author(run);
	enum people_verdict verdict;

	if (label_en == NULL || label_ja == NULL)
		return err_set(err, ERR_USAGE,
		    "a tag needs both labels: --en LABEL --ja LABEL");
	if (!people_add_tag(run->store, run->arguments[0], label_en, label_ja,
		&author, &verdict, err))
		return false;
	printf("%s: %s\n", run->arguments[0], people_verdict(verdict));
	return true;
}

bool
cmd_tag_import(struct command_run *run, struct err *err)
{
	struct complaints complaints = { 0 };
	const struct people_author author = cmd_people_author(run);
	struct people_tally tally;
	bool ok = people_import_tags(
	    run->store, run->arguments[0], &author, &complaints, &tally, err);

	return cmd_people_conclude(&complaints, ok, &tally, false, "tags", err);
}

/* What followed the tag, and what did not. */
static bool
conclude_change(struct command_run *run, const struct people_tag_change *change,
    const char *old, const char *new, struct err *err)
{
	for (size_t i = 0; i < change->segments.count; i++)
		printf("segment:%s: changed\n", change->segments.items[i]);
	return issue_uses_print(run, ISSUE_USE_TAG, old, new, err);
}

const struct command_option cmd_tag_rename_options[] = {
	{ NULL, NULL,
	    "Contacts and segments follow; planned mailings keep the old name. "
	    "Issues that still write it are named." },
};

bool
cmd_tag_rename(struct command_run *run, struct err *err)
{
	const char *old = run->arguments[0];
	const char *new = run->arguments[1];
	const struct people_author author = cmd_people_author(run);
	struct people_tag_change change;

	if (!people_rename_tag(
		run->arena, run->store, old, new, &author, &change, err))
		return false;
	printf("%s: now %s; %s %s it\n", old, new,
	    num_format_count(
		run->arena, change.contacts, "contact", "contacts"),
	    change.contacts == 1 ? "has" : "have");
	return conclude_change(run, &change, old, new, err);
}

const struct command_option cmd_tag_merge_options[] = {
	{ NULL, NULL,
	    "All who have FROM get INTO, and FROM is gone. Segments follow; "
	    "planned mailings stay as they are. Issues that still write FROM "
	    "are named." },
};

bool
cmd_tag_merge(struct command_run *run, struct err *err)
{
	const char *from = run->arguments[0];
	const char *into = run->arguments[1];
	const struct people_author author = cmd_people_author(run);
	struct people_tag_change change;

	if (!people_merge_tags(
		run->arena, run->store, from, into, &author, &change, err))
		return false;
	printf("%s: merged into %s; %s had it\n", from, into,
	    num_format_count(
		run->arena, change.contacts, "contact", "contacts"));
	return conclude_change(run, &change, from, into, err);
}

bool
cmd_tag_remove(struct command_run *run, struct err *err)
{
	const struct people_author author = cmd_people_author(run);

	if (!people_remove_tag(run->store, run->arguments[0], &author, err))
		return false;
	printf("%s: removed\n", run->arguments[0]);
	return issue_uses_print(
	    run, ISSUE_USE_TAG, run->arguments[0], NULL, err);
}
