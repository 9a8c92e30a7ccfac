#include "cli/cmd.h"
#include "cli/cmd_people.h"
#include "people/people.h"
#include "json/json.h"

const struct command_option cmd_subscriber_import_options[] = {
	{ "dry-run", NULL, "say what would be done, change nothing" },
	{ "verbose", NULL, "show the verdict of every line" },
	{ "json", NULL,
	    "one object a line: line, address, verdict, why, changes, "
	    "warnings" },
	{ "encoding", "NAME",
	    "utf-8, utf-16, cp932 (Shift_JIS) or euc-jp; detected where not "
	    "given" },
	{ "delimiter", "CHARACTER",
	    "what separates columns, such as ; or tab; detected where not "
	    "given" },
	{ "sheet", "NAME",
	    "the sheet of a workbook (.xlsx); the first where not given" },
	{ "map", "COLUMN=FIELD",
	    "what a column of the file is: --map 連絡先=email; --map 備考=- "
	    "passes over it; may be repeated" },
	{ "wording", "NAME", "what they were shown (`consent wording list`)" },
	{ "allow-roles", NULL, "let postmaster@, noreply@ and the like pass" },
	{ 0 },
};

/* How verdicts are shown. */
struct showing {
	struct arena *arena; /* of the present line */
	const char *path;
	bool json;
	bool all; /* else those that need an eye: kept out, refused */
};

static void
show_json(const struct people_line *line)
{
	struct json *object GM_JSON_AT_EXIT = json_new();
	struct json *list;

	json_set_number(object, "line", (int64_t)line->number);
	json_set_text(object, "address", line->address);
	json_set_text(object, "verdict", people_verdict(line->verdict));
	json_set_text(object, "why", line->why);
	list = json_set_list(object, "changes");
	for (size_t i = 0; i < line->change_count; i++) {
		struct json *change = json_push_object(list);

		json_set_text(change, "field", line->changes[i].field);
		json_set_text(change, "old", line->changes[i].old);
		json_set_text(change, "new", line->changes[i].new);
	}
	json_set_texts(object, "warnings", &line->warnings);
	json_print(object, stdout);
}

/* A value as part of a line: what is nothing must be seen. */
static const char *
show_value(struct arena *arena, const char *value)
{
	return *value != '\0' ? text_printable(arena, value) : "(nothing)";
}

static void
show_verdict(const struct people_line *line, void *context)
{
	const struct showing *showing = context;

	if (showing->json) {
		show_json(line);
		return;
	}

	/* What is refused stands among the complaints. */
	if (line->verdict == VERDICT_REFUSED ||
	    (!showing->all && line->verdict != VERDICT_KEPT_OUT))
		return;
	arena_reset(showing->arena);
	printf("%s:%zu: %s %s", showing->path, line->number,
	    people_verdict(line->verdict), line->address);
	if (*line->why != '\0')
		printf(" (%s)", line->why);
	for (size_t i = 0; i < line->change_count; i++) {
		const struct people_difference *change = &line->changes[i];

		printf("%s %s %s -> %s", i == 0 ? ":" : ",", change->field,
		    show_value(showing->arena, change->old),
		    show_value(showing->arena, change->new));
	}
	putchar('\n');
}

static bool
read_form(struct command_run *run, struct csv_form *form, struct err *err)
{
	const char *encoding = command_value(run, "encoding");
	const char *delimiter = command_value(run, "delimiter");

	if (encoding != NULL &&
	    !csv_form_encoding(encoding, &form->encoding, err))
		return err_wrap(err, "--encoding");
	if (delimiter != NULL &&
	    !csv_form_delimiter(delimiter, &form->delimiter, err))
		return err_wrap(err, "--delimiter");
	return true;
}

/* What was found out of the file, where it is not the plain case. */
static void
tell_form(const char *path, const struct csv_form *form)
{
	bool plain = form->encoding == CSV_UTF_8 && form->delimiter == ',';

	if (plain || form->delimiter == '\0')
		return;
	printf("%s: read as %s, columns separated by ", path,
	    csv_encoding(form->encoding));
	if (form->delimiter == '\t')
		puts("tabs");
	else
		printf("'%c'\n", form->delimiter);
}

bool
cmd_subscriber_import(struct command_run *run, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct showing showing = {
		.arena = arena,
		.path = run->arguments[0],
		.json = command_has(run, "json"),
		.all =
		    command_has(run, "verbose") || command_has(run, "dry-run"),
	};
	struct people_import import = {
		.path = run->arguments[0],
		.sheet = command_value(run, "sheet"),
		.maps = command_values(run, "map"),
		.author = cmd_people_author(run),
		.dry_run = command_has(run, "dry-run"),
		.roles = command_has(run, "allow-roles"),
		.wording = command_value(run, "wording"),
		.each = show_verdict,
		.context = &showing,
	};
	struct complaints complaints = { 0 };
	struct people_tally tally;
	bool ok;

	if (!read_form(run, &import.form, err))
		return false;
	ok = people_import(run->store, &import, &complaints, &tally, err);
	if (!showing.json)
		tell_form(import.path, &import.form);
	ok = cmd_people_conclude(&complaints, ok, &tally, import.dry_run,
	    showing.json ? NULL : "contacts", err);
	if (ok && !showing.json && tally.counts[VERDICT_KEPT_OUT] > 0)
		puts("who is kept out comes back one by one, with "
		     "`subscriber reinstate ADDRESS --evidence TEXT`");
	return ok;
}
