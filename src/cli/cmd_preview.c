#include <stdio.h>

#include "base/text.h"
#include "cli/cmd.h"
#include "cli/keyring.h"
#include "publish/publish_preview.h"
#include "json/json.h"

const struct command_option cmd_preview_options[] = {
	{ "as", "ADDRESS", "the reader whose digest it is" },
	{ "out", "DIR", "where to write (default: state/preview/…)" },
	{ NULL, NULL, NULL },
};

const struct command_option cmd_explain_options[] = {
	{ "json", NULL, "one JSON object" },
	{ NULL, NULL, NULL },
};

bool
cmd_preview(struct command_run *run, struct err *err)
{
	const char *issue = run->arguments[0];
	const char *address = command_value(run, "as");
	const char *folder = command_value(run, "out");
	struct complaints complaints = { 0 };
	struct keyring keyring;
	struct text_list paths;
	bool ok;

	if (address == NULL)
		return err_set(err, ERR_USAGE,
		    "--as ADDRESS says for whom; any subscriber's address");
	if (folder == NULL)
		folder = site_path(run->arena, run->site,
		    arena_format(run->arena, "state/preview/%s/%s", issue,
			text_lower(run->arena, address)));
	if (!keyring_open(run, &keyring, err))
		return false;
	ok = publish_preview(run->arena, run->site, run->store, keyring.site,
	    keyring.dkim, issue, address, folder, &complaints, &paths, err);
	complaints_print(&complaints, stderr);
	complaints_clear(&complaints);
	keyring_close(&keyring);
	for (size_t i = 0; ok && i < paths.count; i++)
		printf("%s\n", paths.items[i]);
	return ok;
}

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

bool
cmd_explain(struct command_run *run, struct err *err)
{
	struct complaints complaints = { 0 };
	struct publish_reader reader;
	const struct issue *issue;
	struct tailored tailored;
	bool ok = publish_explain(run->arena, run->site, run->store,
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
