#include "cli/cmd.h"
#include "people/people_place.h"
#include "report/coverage.h"

const struct command_option cmd_coverage_options[] = {
	{ "prefecture", "NAME|CODE",
	    "name those of one prefecture that have nobody: 島根, 32" },
	{ "json", NULL,
	    "one object a line: prefecture, code, municipalities, reachable, "
	    "missing (codes); with --prefecture: code, prefecture, name, "
	    "contacts, inactive, without_basis, suppressed" },
	{ NULL, NULL,
	    "A prefecture's own office counts among its municipalities; the "
	    "wards of a designated city count as the city." },
};

bool
cmd_coverage(struct command_run *run, struct err *err)
{
	const char *prefecture = command_value(run, "prefecture");
	bool json = command_has(run, "json");
	char digits[PEOPLE_PLACE_PREFECTURE_BYTES];

	if (prefecture == NULL)
		return coverage_print(run->store, json, stdout, err);
	return (people_place_prefecture(
		    run->arena, run->store, prefecture, digits, err) ||
		   err_wrap(err, "--prefecture")) &&
	       coverage_print_missing(run->store, digits, json, stdout, err);
}
