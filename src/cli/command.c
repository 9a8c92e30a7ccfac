#include "cli/command.h"

#include <assert.h>
#include <getopt.h>
#include <string.h>

#include "base/text.h"
#include "base/vec.h"
#include "unicode/unicode.h"

enum {
	HELP_CODE = 1,
	FIRST_OPTION_CODE = 256,
	NAME_COLUMNS = 30,
	OPTION_COLUMNS = 20,
	HELP_COLUMNS = 78
};

const char *
command_value(const struct command_run *run, const char *option)
{
	const struct command_option *options = run->command->options;

	for (size_t i = 0; options != NULL && options[i].name != NULL; i++)
		if (strcmp(options[i].name, option) == 0)
			return run->values[i];
	assert(false && "the command has no such option");
	return NULL;
}

struct text_list
command_values(const struct command_run *run, const char *option)
{
	const struct command_option *options = run->command->options;

	for (size_t i = 0; options != NULL && options[i].name != NULL; i++)
		if (strcmp(options[i].name, option) == 0)
			return run->lists[i];
	assert(false && "the command has no such option");
	return (struct text_list){ 0 };
}

bool
command_has(const struct command_run *run, const char *option)
{
	return command_value(run, option) != NULL;
}

/* How many words of `argv` are the command's name: 0 when they are not. */
static int
match_name(const struct command *command, int argc, char **argv)
{
	const char *at = command->name;
	int words = 0;

	while (*at != '\0') {
		size_t chars = strcspn(at, " ");

		if (words == argc || strlen(argv[words]) != chars ||
		    strncmp(argv[words], at, chars) != 0)
			return 0;
		words++;
		at += chars;
		at += strspn(at, " ");
	}
	return words;
}

/* The words that may follow `first`, or all first words, for "did you
   mean". */
static const char *
nearest_name(struct arena *arena, int argc, char **argv)
{
	GM_VEC(const char *) names = { 0 };
	const char *typed = argv[0];
	const char *nearest;

	if (argc > 1 && argv[1][0] != '-')
		typed = arena_format(arena, "%s %s", argv[0], argv[1]);
	for (const struct command *c = commands; c->name != NULL; c++)
		vec_push(&names, c->name);
	vec_push(&names, NULL);
	nearest = text_nearest(typed, names.items);
	if (nearest == NULL)
		nearest = text_nearest(argv[0], names.items);
	vec_clear(&names);
	return nearest;
}

/* Names the commands that begin with the word, when it is a group of them. */
static bool
refuse_name(struct arena *arena, int argc, char **argv, struct err *err)
{
	const char *nearest = nearest_name(arena, argc, argv);
	const char *list = "";
	const char *start = arena_format(arena, "%s ", argv[0]);

	for (const struct command *c = commands; c->name != NULL; c++)
		if (text_starts(c->name, start))
			list = arena_format(
			    arena, "%s%s%s", list, *list ? ", " : "", c->name);
	if (*list != '\0')
		return err_set(
		    err, ERR_USAGE, "'%s' needs one of: %s", argv[0], list);
	if (nearest != NULL)
		return err_set(err, ERR_USAGE,
		    "unknown command '%s' (did you mean '%s'?)", argv[0],
		    nearest);
	return err_set(err, ERR_USAGE,
	    "unknown command '%s'; see glocal-mail --help", argv[0]);
}

static void
print_row(const struct command *command, FILE *out)
{
	char usage[128];

	snprintf(usage, sizeof(usage), "%s%s%s", command->name,
	    *command->arguments ? " " : "", command->arguments);
	fprintf(out, "  %-*s %s\n", NAME_COLUMNS, usage, command->summary);
}

void
command_print_help(FILE *out)
{
	const char *group = "";

	fputs("glocal-mail sends a newsletter as one tailored digest per "
	      "reader.\n\n"
	      "usage: glocal-mail [--site DIR] COMMAND [ARGUMENT…] "
	      "[--OPTION…]\n\n"
	      "The site is the folder with glocal-mail.yaml: DIR, else "
	      "$GLOCAL_MAIL_SITE, else\nthe working folder or one above it, "
	      "else /etc/glocal-mail.\n",
	    out);
	for (const struct command *c = commands; c->name != NULL; c++) {
		if (strcmp(group, c->group) != 0)
			fprintf(out, "\n%s\n", c->group);
		group = c->group;
		print_row(c, out);
	}
	fputs("\nglocal-mail COMMAND --help tells a command's options.\n", out);
}

/* Commands whose names begin with the word; how many there are. */
static size_t
print_group_help(const char *word, FILE *out)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	const char *start = arena_format(arena, "%s ", word);
	size_t count = 0;

	for (const struct command *c = commands; c->name != NULL; c++) {
		if (!text_starts(c->name, start))
			continue;
		if (count++ == 0)
			fprintf(out,
			    "usage: glocal-mail [--site DIR] %s… "
			    "[ARGUMENT…] [--OPTION…]\n\n",
			    start);
		print_row(c, out);
	}
	return count;
}

static void
print_command_help(const struct command *command, FILE *out)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	const struct command_option *option = command->options;

	fprintf(out, "usage: glocal-mail [--site DIR] %s%s%s%s\n\n%s\n",
	    command->name, *command->arguments ? " " : "", command->arguments,
	    option != NULL ? " [--OPTION…]" : "", command->summary);
	if (option != NULL && option->name != NULL)
		fputs("\n", out);
	for (; option != NULL && option->name != NULL; option++) {
		const char *usage = arena_format(arena, "--%s%s%s",
		    option->name, option->value ? " " : "",
		    option->value ? option->value : "");
		const char *line = arena_format(
		    arena, "  %-*s %s", OPTION_COLUMNS, usage, option->help);
		const char *indent =
		    arena_format(arena, "%*s", OPTION_COLUMNS + 3, "");

		fprintf(out, "%s\n",
		    unicode_fold(arena, line, HELP_COLUMNS, indent));
	}
	if (option != NULL && option->help != NULL)
		fprintf(out, "\n%s\n",
		    unicode_fold(arena, option->help, HELP_COLUMNS, ""));
}

/* The command's options as getopt_long wants them. */
static void
list_options(
    const struct command *command, struct option list[COMMAND_OPTIONS_MOST + 2])
{
	const struct command_option *options = command->options;
	size_t count = 0;

	for (; options != NULL && options[count].name != NULL; count++) {
		assert(count < COMMAND_OPTIONS_MOST);
		list[count] = (struct option){
			.name = options[count].name,
			.has_arg = options[count].value != NULL,
			.val = FIRST_OPTION_CODE + (int)count,
		};
	}
	list[count] = (struct option){ .name = "help", .val = HELP_CODE };
	list[count + 1] = (struct option){ 0 };
}

static const char *
nearest_option(const struct command *command, const char *typed)
{
	const char *names[COMMAND_OPTIONS_MOST + 2] = { 0 };
	size_t count = 0;

	while (
	    command->options != NULL && command->options[count].name != NULL) {
		names[count] = command->options[count].name;
		count++;
	}
	names[count] = "help";
	while (*typed == '-')
		typed++;
	return text_nearest(typed, names);
}

static bool
refuse_option(
    const struct command *command, int code, const char *typed, struct err *err)
{
	const char *nearest = nearest_option(command, typed);

	if (code == ':')
		return err_set(
		    err, ERR_USAGE, "option %s needs a value", typed);
	if (nearest != NULL)
		return err_set(err, ERR_USAGE,
		    "unknown option %s (did you mean --%s?)", typed, nearest);
	return err_set(err, ERR_USAGE, "unknown option %s; see --help", typed);
}

static void
note_value(struct command_run *run, size_t row, const char *value, int argc)
{
	struct text_list *list = &run->lists[row];

	run->values[row] = value;
	if (list->items == NULL)
		list->items =
		    arena_take(run->arena, (size_t)argc, sizeof(*list->items));
	list->items[list->count++] = value;
}

/* Reads options from `argv`, whose first word is skipped. */
static bool
parse_options(struct command_run *run, int argc, char **argv, bool *ret_done,
    struct err *err)
{
	struct option list[COMMAND_OPTIONS_MOST + 2];
	int code;

	list_options(run->command, list);
	optind = 0;
	opterr = 0;
	while ((code = getopt_long(argc, argv, ":", list, NULL)) != -1) {
		if (code == HELP_CODE) {
			print_command_help(run->command, stdout);
			*ret_done = true;
			return true;
		}
		if (code < FIRST_OPTION_CODE)
			return refuse_option(
			    run->command, code, argv[optind - 1], err);
		note_value(run, (size_t)(code - FIRST_OPTION_CODE),
		    optarg ? optarg : "", argc);
	}
	run->argument_count = (size_t)(argc - optind);
	run->arguments = arena_copy(run->arena, argv + optind,
	    (run->argument_count + 1) * sizeof(*run->arguments));
	return true;
}

bool
command_parse(struct command_run *run, int argc, char **argv, bool *ret_done,
    struct err *err)
{
	const struct command *command = commands;
	int words = 0;

	for (; command->name != NULL; command++) {
		words = match_name(command, argc, argv);
		if (words > 0)
			break;
	}
	if (words == 0 && argc == 2 && strcmp(argv[1], "--help") == 0 &&
	    print_group_help(argv[0], stdout) > 0) {
		*ret_done = true;
		return true;
	}
	if (words == 0)
		return refuse_name(run->arena, argc, argv, err);
	run->command = command;
	if (!parse_options(
		run, argc - words + 1, argv + words - 1, ret_done, err))
		return err_wrap(err, "%s", command->name);
	if (*ret_done)
		return true;
	if (run->argument_count < command->least ||
	    run->argument_count > command->most)
		return err_set(err, ERR_USAGE, "usage: glocal-mail %s%s%s%s",
		    command->name, *command->arguments ? " " : "",
		    command->arguments,
		    command->options ? " [--OPTION…] (see --help)" : "");
	return true;
}
