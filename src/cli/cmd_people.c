#include "cli/cmd_people.h"

#include "base/buf.h"

struct people_author
cmd_people_author(struct command_run *run)
{
	return (struct people_author){
		.operator= people_operator(run->arena),
		.command = run->command->name,
		.keys_path =
		    run->site == NULL
			? NULL
			: site_path(run->arena, run->site, "state/site.key"),
	};
}

static void
print_tally(const struct people_tally *tally, bool dry_run, const char *things)
{
	const char *between = "";

	printf(
	    "%s%s: ", dry_run ? "dry run, nothing was changed; " : "", things);
	for (size_t i = 0; i < VERDICTS; i++) {
		if (tally->counts[i] == 0)
			continue;
		printf("%s%zu %s", between, tally->counts[i],
		    people_verdict((enum people_verdict)i));
		between = ", ";
	}
	printf("%s\n", *between ? "" : "none");
}

struct people_contact
cmd_people_contact(const struct command_run *run)
{
	return (struct people_contact){
		.email = command_value(run, "email"),
		.name = command_value(run, "name"),
		.organisation = command_value(run, "organisation"),
		.department = command_value(run, "department"),
		.municipality = command_value(run, "municipality"),
		.language = command_value(run, "language"),
		.format = command_value(run, "format"),
		.tags = command_value(run, "tags"),
		.countries = command_value(run, "countries"),
		.basis = command_value(run, "basis"),
		.wording = command_value(run, "wording"),
	};
}

bool
cmd_people_conclude(struct complaints *complaints, bool ok,
    const struct people_tally *tally, bool dry_run, const char *things,
    struct err *err)
{
	size_t faults = complaints->errors;

	fflush(stdout);
	complaints_print(complaints, stderr);
	complaints_clear(complaints);
	if (ok && things != NULL)
		print_tally(tally, dry_run, things);

	/* The complaints were just printed: do not repeat the first one. */
	if (!ok && faults > 0)
		err_set(err, ERR_DATA, "%zu %s; nothing was changed", faults,
		    faults == 1 ? "fault" : "faults");
	return ok;
}
