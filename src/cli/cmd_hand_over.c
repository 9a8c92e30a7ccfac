#include "base/num.h"
#include "cli/cmd.h"
#include "cli/cmd_people.h"
#include "people/people_hand_over.h"

const struct command_option cmd_subscriber_hand_over_options[] = {
	{ "name", "TEXT", "name of the new person" },
	{ "basis", "BASIS",
	    "why the new address may be written to: consent, given_address, "
	    "business_relation, published or none" },
	{ "evidence", "TEXT",
	    "needed with --basis: a letter of 2 April, the page …" },
	{ NULL, NULL,
	    "NEW takes over organisation, department, language, format and "
	    "interests; OLD is removed and keeps the history. Consent does not "
	    "pass to another person: without --basis NEW gets no mail until "
	    "there is one. Only `published` passes on, for it is the office "
	    "that publishes its address." },
};

static void
print_result(struct command_run *run, const struct people_handed_over *result)
{
	const char *old = run->arguments[0];
	const char *new = run->arguments[1];

	printf("%s: %s, takes over organisation and %s\n", new,
	    result->revived ? "revived" : "new",
	    num_format_count(run->arena, (int64_t)result->interests, "interest",
		"interests"));
	printf("%s: removed", old);
	if (result->skipped > 0)
		printf("; %s skipped",
		    num_format_count(run->arena, result->skipped,
			"waiting mail", "waiting mails"));
	putchar('\n');
	if (result->basis == BASIS_NONE)
		printf("%s gets no mail yet: consent does not pass to another "
		       "person; `subscriber edit --basis` when there is one\n",
		    new);
	else
		printf("basis: %s\n", subscriber_basis(result->basis));
}

bool
cmd_subscriber_hand_over(struct command_run *run, struct err *err)
{
	const struct people_hand_over wish = {
		.from = run->arguments[0],
		.to = run->arguments[1],
		.name = command_value(run, "name"),
		.basis = command_value(run, "basis"),
		.evidence = command_value(run, "evidence"),
		.author = cmd_people_author(run),
	};
	struct people_handed_over result;

	if (!people_hand_over(run->store, &wish, &result, err))
		return false;
	print_result(run, &result);
	return true;
}
