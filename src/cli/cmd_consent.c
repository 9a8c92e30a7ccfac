#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/now.h"
#include "cli/cmd.h"
#include "cli/cmd_people.h"
#include "cli/cmd_subscriber_story.h"
#include "people/people_confirm.h"
#include "people/people_wording.h"
#include "people/site_keys.h"
#include "report/table.h"
#include "store/store_consent.h"
#include "json/json.h"

enum { TEXT_MOST_BYTES = 1000 * 1000 };

const struct command_option cmd_consent_show_options[] = {
	{ "json", NULL,
	    "one object a line: time, event, basis, method, source, line, "
	    "sha256, operator, address, wording, wording_name, "
	    "wording_sha256, wording_text" },
	{ 0 },
};

static void
set_wording(
    struct json *object, struct arena *arena, const struct store_wording *row)
{
	json_set_number(object, "wording", row->id);
	json_set_text(object, "name", row->name);
	json_set_text(object, "language", subscriber_language(row->language));
	json_set_text(object, "from", now_format_rfc3339(arena, row->from_ms));
	json_set_text(object, "to",
	    row->to_ms == 0 ? NULL : now_format_rfc3339(arena, row->to_ms));
	json_set_text(object, "sha256", cmd_story_hex(arena, row->sha256));
	json_set_text(object, "text", row->text);
}

static void
print_event_json(struct arena *arena, const struct store_consent *c,
    const struct store_wording *wording)
{
	struct json *object GM_JSON_AT_EXIT = json_new();

	json_set_text(object, "time", now_format_rfc3339(arena, c->at_ms));
	json_set_text(object, "event", store_consent_event(c));
	json_set_text(object, "basis", subscriber_basis(c->basis));
	json_set_text(object, "method", c->method);
	json_set_text(object, "source", c->source);
	json_set_number(object, "line", c->line);
	json_set_text(object, "sha256", cmd_story_hex(arena, c->sha256));
	json_set_text(object, "operator", c->operator);
	json_set_text(object, "address", c->address);
	json_set_number(object, "wording", c->wording);
	json_set_text(
	    object, "wording_name", wording != NULL ? wording->name : NULL);
	json_set_text(object, "wording_sha256",
	    wording != NULL ? cmd_story_hex(arena, wording->sha256) : NULL);
	json_set_text(
	    object, "wording_text", wording != NULL ? wording->text : NULL);
	json_print(object, stdout);
}

/* The lines of a text, each behind blanks. */
static void
print_text(struct arena *arena, const char *text)
{
	struct text_list lines = text_split(arena, text, '\n');

	for (size_t i = 0; i < lines.count; i++)
		printf("      %s\n", text_printable(arena, lines.items[i]));
}

static void
print_event(struct arena *arena, const struct store_consent *c,
    const struct store_wording *wording)
{
	printf("%s  %s %s by %s", now_format_local(arena, c->at_ms),
	    store_consent_event(c), subscriber_basis(c->basis), c->method);
	if (*c->operator!= '\0')
		printf(" (%s)", text_printable(arena, c->operator));
	printf("\n    address   %s\n", text_printable(arena, c->address));
	if (*c->source != '\0')
		printf("    evidence  %s", text_printable(arena, c->source));
	if (*c->source != '\0' && c->line != 0)
		printf(":%" PRId64, c->line);
	if (*c->source != '\0')
		putchar('\n');
	if (c->sha256 != NULL)
		printf("    SHA-256   %s\n", cmd_story_hex(arena, c->sha256));
	if (wording == NULL)
		return;
	printf("    wording   %" PRId64 " %s, %s, since %s, SHA-256 %s\n",
	    wording->id, wording->name, subscriber_language(wording->language),
	    now_format_local(arena, wording->from_ms),
	    cmd_story_hex(arena, wording->sha256));
	print_text(arena, wording->text);
}

bool
cmd_consent_show(struct command_run *run, struct err *err)
{
	struct store_subscriber *row;
	struct store_consents list;

	if (!people_find(
		run->arena, run->store, run->arguments[0], &row, err) ||
	    !store_consent_list(run->arena, run->store, row->id, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		const struct store_consent *consent = &list.items[i];
		struct store_wording *wording;

		if (!store_wording_find(run->arena, run->store,
			consent->wording, &wording, err))
			return false;
		if (command_has(run, "json"))
			print_event_json(run->arena, consent, wording);
		else
			print_event(run->arena, consent, wording);
	}
	if (list.count == 0 && !command_has(run, "json"))
		printf("nothing is on record\n");
	return true;
}

const struct command_option cmd_consent_wording_list_options[] = {
	{ "json", NULL,
	    "one object a line: wording, name, language, from, to, sha256, "
	    "text" },
	{ 0 },
};

bool
cmd_consent_wording_list(struct command_run *run, struct err *err)
{
	static const char *const titles[] = { ">NUMBER", "NAME", "LANG", "FROM",
		"TO", "SHA-256", NULL };
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);
	struct arena *arena = run->arena;
	struct store_wordings list;

	if (!store_wording_list(arena, run->store, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		const struct store_wording *row = &list.items[i];
		struct json *object GM_JSON_AT_EXIT = NULL;

		if (command_has(run, "json")) {
			object = json_new();
			set_wording(object, arena, row);
			json_print(object, stdout);
			continue;
		}
		table_add(table,
		    (const char *const[]){
			arena_format(arena, "%" PRId64, row->id), row->name,
			subscriber_language(row->language),
			now_format_local(arena, row->from_ms),
			row->to_ms == 0 ? ""
					: now_format_local(arena, row->to_ms),
			cmd_story_hex(arena, row->sha256) });
	}
	if (!command_has(run, "json"))
		table_print(table, "no wordings", stdout);
	return true;
}

const struct command_option cmd_consent_wording_add_options[] = {
	{ "language", "LANGUAGE", "ja or en (needed)" },
	{ "file", "FILE", "the text, in UTF-8 (needed)" },
	{ "from", "TIME",
	    "since when people are shown it: a date, or a date and a time "
	    "(default: now)" },
	{ 0 },
};

static bool
read_wording_options(struct command_run *run, enum language *ret_language,
    int64_t *ret_from_ms, struct err *err)
{
	const char *language = command_value(run, "language");
	const char *from = command_value(run, "from");

	if (language == NULL || command_value(run, "file") == NULL)
		return err_set(
		    err, ERR_USAGE, "--language and --file are needed");
	if (!subscriber_parse_language(language, ret_language))
		return err_set(err, ERR_USAGE,
		    "unknown language '%.40s', expected ja or en", language);
	*ret_from_ms = 0;
	return from == NULL || now_parse(from, ret_from_ms) ||
	       now_parse_local(from, now_ms(), ret_from_ms) ||
	       err_set(err, ERR_USAGE,
		   "'%.40s' is no time, expected one such as 2026-04-01 or "
		   "\"2026-04-01 09:00\"",
		   from);
}

bool
cmd_consent_wording_add(struct command_run *run, struct err *err)
{
	const struct people_author author = cmd_people_author(run);
	enum people_verdict verdict;
	enum language language = LANGUAGE_JA;
	int64_t from_ms;
	size_t bytes;
	char *text;

	if (!read_wording_options(run, &language, &from_ms, err) ||
	    !file_read(run->arena, command_value(run, "file"), TEXT_MOST_BYTES,
		&text, &bytes, err) ||
	    !people_add_wording(run->store, run->arguments[0], language, text,
		from_ms, &author, &verdict, err))
		return false;
	printf("wording %s in %s: %s\n", run->arguments[0],
	    subscriber_language(language), people_verdict(verdict));
	return true;
}

bool
cmd_subscriber_confirm(struct command_run *run, struct err *err)
{
	const struct people_author author = cmd_people_author(run);
	const struct people_withdrawal how = { .method = "confirmation",
		.source = "link of the confirmation mail",
		.operator= author.operator, };
	const char *slash = strrchr(run->arguments[0], '/');
	const char *token = slash != NULL ? slash + 1 : run->arguments[0];
	struct secret_keys *keys;
	enum people_verdict verdict;
	const char *address;
	bool ok;

	if (!site_keys_open(run->store, author.keys_path, &keys, err))
		return false;
	ok = people_confirm(run->arena, run->store, keys, token, &how, &author,
	    &address, &verdict, err);
	secret_keys_free(keys);
	if (ok)
		printf("%s: %s\n", address,
		    verdict == VERDICT_CHANGED ? "confirmed"
					       : "was confirmed already");
	return ok;
}
