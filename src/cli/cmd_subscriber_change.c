#include <inttypes.h>

#include "base/now.h"
#include "base/num.h"
#include "cli/cmd.h"
#include "cli/cmd_people.h"
#include "cli/cmd_subscriber_story.h"
#include "people/people_change.h"
#include "people/people_history.h"

const struct command_option cmd_subscriber_edit_options[] = {
	{ "email", "ADDRESS", "the same address, spelt otherwise" },
	{ "name", "TEXT", "name of the person or office" },
	{ "organisation", "TEXT", "whom they work for" },
	{ "department", "TEXT", "where there" },
	{ "municipality", "CODE", "six-digit local-government code" },
	{ "language", "LANGUAGE", "ja or en" },
	{ "format", "FORMAT", "html or text" },
	{ "tags", "TAGS", "all interests, separated by ;" },
	{ "countries", "CODES", "ISO 3166-1 alpha-2, separated by ;" },
	{ "basis", "BASIS",
	    "consent, given_address, business_relation, published or none" },
	{ "evidence", "TEXT", "with --basis: how they said so" },
	{ "wording", "NAME",
	    "with --basis: what they were shown (`consent wording list`)" },
	{ 0 },
};

bool
cmd_subscriber_edit(struct command_run *run, struct err *err)
{
	const struct people_contact contact = cmd_people_contact(run);
	const struct people_author author = cmd_people_author(run);
	const char *evidence = command_value(run, "evidence");
	enum people_verdict verdict;
	size_t given = 0;

	for (size_t i = 0; cmd_subscriber_edit_options[i].name != NULL; i++)
		given += run->values[i] != NULL ? 1 : 0;
	if (given == 0)
		return err_set(
		    err, ERR_USAGE, "say what to change: see --help");
	if ((evidence != NULL || contact.wording != NULL) &&
	    contact.basis == NULL)
		return err_set(err, ERR_USAGE,
		    "--evidence and --wording go with --basis alone");
	if (!people_edit(run->store, run->arguments[0], &contact,
		evidence != NULL ? evidence : "", &author, &verdict, err))
		return false;
	printf("%s: %s\n", run->arguments[0], people_verdict(verdict));
	return true;
}

bool
cmd_subscriber_undo(struct command_run *run, struct err *err)
{
	const struct people_author author = cmd_people_author(run);
	const char *number = run->arguments[1];
	int64_t change = 0;

	if (number != NULL && !num_parse(number, 1, INT64_MAX, &change))
		return err_set(err, ERR_USAGE,
		    "'%.40s' is no number of a change; `subscriber history "
		    "ADDRESS` shows them",
		    number);
	if (!people_undo(
		run->store, run->arguments[0], change, &author, &change, err))
		return false;
	printf("%s: change %" PRId64 " is undone\n", run->arguments[0], change);
	return true;
}

const struct command_option cmd_subscriber_history_options[] = {
	{ "json", NULL,
	    "one object a line: change, time, operator, command, source, "
	    "line, subject, subscriber, undoes, erased, fields, chain" },
	{ 0 },
};

/* How changes are shown. */
struct showing {
	struct arena *arena; /* of the present one */
	bool json;
	size_t count;
};

static const char *
show_number(struct arena *arena, int64_t number)
{
	return number == 0 ? "" : arena_format(arena, "%" PRId64, number);
}

/* Every field, for that is what the history is for. */
static void
print_change(struct arena *arena, const struct store_change *change)
{
	struct store_fields fields =
	    store_history_fields(arena, change->payload);
	const char *line = show_number(arena, change->line);

	printf("%" PRId64 "  %s  %s%s%s%s%s%s%s\n", change->id,
	    now_format_local(arena, change->at_ms),
	    text_printable(arena, change->operator),
	    *change->operator!= '\0' ? ", " : "",
	    text_printable(arena, change->command),
	    *change->source != '\0' ? " " : "",
	    text_printable(arena, change->source), *line != '\0' ? ":" : "",
	    line);
	printf("    %s", change->subject);
	if (change->subscriber != 0)
		printf(" %" PRId64, change->subscriber);
	if (change->undoes != 0)
		printf(", undoes change %" PRId64, change->undoes);
	printf("%s\n", change->erased ? ": erased" : "");
	for (size_t i = 0; i < fields.count; i++) {
		const struct store_field *field = &fields.items[i];
		bool names = text_equal(field->old, field->new);

		printf("    %-16s%s%s%s\n", field->name,
		    text_printable(arena, names ? "" : field->old),
		    *field->old == '\0' || names ? "" : " → ",
		    text_printable(arena, field->new));
	}
}

static bool
show_change(const struct store_change *change, void *context, struct err *err)
{
	struct showing *showing = context;
	struct json *object GM_JSON_AT_EXIT = NULL;

	(void)err;
	showing->count++;
	arena_reset(showing->arena);
	if (!showing->json) {
		print_change(showing->arena, change);
		return true;
	}
	object = json_new();
	cmd_story_set_change(object, showing->arena, change);
	json_print(object, stdout);
	return true;
}

bool
cmd_subscriber_history(struct command_run *run, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct showing showing = {
		.arena = arena,
		.json = command_has(run, "json"),
	};
	struct store_subscriber *row;
	int64_t subscriber = 0;

	if (run->argument_count > 0) {
		if (!people_find(
			run->arena, run->store, run->arguments[0], &row, err))
			return false;
		subscriber = row->id;
	}
	if (!store_history_each(
		run->store, subscriber, show_change, &showing, err))
		return false;
	if (showing.count == 0 && !showing.json)
		printf("no changes\n");
	return true;
}
