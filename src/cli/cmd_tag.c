#include "cli/cmd.h"
#include "cli/cmd_people.h"
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
