#include "config/config.h"

#include <stdbool.h>
#include <string.h>

#include "config/option.h"

enum { STEP = 2 }; /* columns of one level */

static void print_table(FILE *out, const struct option_table *table, int indent,
    bool sample, bool commented);

static void
print_head(FILE *out, bool sample)
{
	fprintf(out, "# The configuration of a glocal-mail site%s.\n#\n",
	    sample ? " with sample values" : "");
	fputs("# A line '#key: value' shows a default or an example; take "
	      "away its '#' to\n"
	      "# set the key. Keys without '#' and without a value must be "
	      "filled in.\n"
	      "# 'glocal-mail check' tells what is wrong or missing.\n"
	      "#\n"
	      "# Files are relative to the folder of this file. Durations "
	      "read 500ms, 30s,\n"
	      "# 5m, 2h, 4d.\n",
	    out);
}

/* Prints the comment, a '# ' before each of its lines. */
static void
print_comment(FILE *out, const char *comment, int indent)
{
	while (*comment != '\0') {
		int bytes = (int)strcspn(comment, "\n");

		fprintf(out, "%*s# %.*s\n", indent, "", bytes, comment);
		comment += bytes;
		comment += *comment == '\n';
	}
}

static bool
has_sample(const struct option_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].sample != NULL)
			return true;
	return false;
}

/* Prints the one entry of a list or map of names that shows its keys. */
static void
print_entry(FILE *out, const struct option *option, int indent, bool sample)
{
	bool commented =
	    option->least < 1 && !(sample && has_sample(option->inner));
	const char *mark = commented ? "#" : "";

	if (option->type == OPTION_LIST)
		fprintf(out, "%*s%s-\n", indent, "", mark);
	else
		fprintf(out, "%*s%s%s:\n", indent, "", mark, option->example);
	print_table(out, option->inner, indent + STEP, sample, commented);
}

static void
print_scalar(FILE *out, const struct option *option, int indent, bool sample,
    bool commented)
{
	const char *value = option->example;

	if (value == NULL)
		value = option->fallback != NULL ? option->fallback : "";
	if (sample && option->sample != NULL)
		value = option->sample;
	else if (option->fallback != NULL)
		commented = true;
	else if (!commented)
		value = "";
	fprintf(out, "%*s%s%s:%s%s\n", indent, "", commented ? "#" : "",
	    option->key, *value != '\0' ? " " : "", value);
}

static void
print_table(FILE *out, const struct option_table *table, int indent,
    bool sample, bool commented)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct option *option = &table->rows[i];

		if (indent == 0)
			fputc('\n', out);
		print_comment(out, option->comment, indent);
		switch (option->type) {
		case OPTION_MAP:
			fprintf(out, "%*s%s:\n", indent, "", option->key);
			print_table(out, option->inner, indent + STEP, sample,
			    commented);
			break;
		case OPTION_LIST:
		case OPTION_NAMED:
			fprintf(out, "%*s%s:\n", indent, "", option->key);
			print_entry(out, option, indent + STEP, sample);
			break;
		default:
			print_scalar(out, option, indent, sample, commented);
		}
	}
}

void
config_print_example(FILE *out)
{
	print_head(out, false);
	print_table(out, &option_root, 0, false, false);
}

void
config_print_sample(FILE *out)
{
	print_head(out, true);
	print_table(out, &option_root, 0, true, false);
}
