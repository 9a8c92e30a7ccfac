#include "cli/findings.h"

#include "base/num.h"
#include "json/json.h"

void
findings_sort(struct complaints *complaints)
{
	complaints_sort(complaints);
	for (size_t i = 0; i < complaints->count; i++) {
		struct complaint *item = &complaints->items[i];

		item->line += item->line == 0;
		item->column += item->column == 0;
	}
}

static void
print_json(const struct complaint *item, const char *severity, FILE *out)
{
	struct json *object GM_JSON_AT_EXIT = json_new();

	json_set_text(object, "file", item->file);
	json_set_number(object, "line", (int64_t)item->line);
	json_set_number(object, "column", (int64_t)item->column);
	json_set_text(object, "severity", severity);
	json_set_text(object, "message", item->text);
	json_print(object, out);
}

void
findings_print(const struct complaints *complaints, bool as_json, FILE *out)
{
	for (size_t i = 0; i < complaints->count; i++) {
		const struct complaint *item = &complaints->items[i];
		const char *severity = item->warning ? "warning" : "error";

		if (as_json)
			print_json(item, severity, out);
		else
			fprintf(out, "%s:%zu:%zu: %s: %s\n", item->file,
			    item->line, item->column, severity, item->text);
	}
}

char *
findings_count(struct arena *arena, const struct complaints *complaints)
{
	size_t warnings = complaints->count - complaints->errors;

	return arena_format(arena, "%s, %s",
	    num_format_count(
		arena, (int64_t)complaints->errors, "error", "errors"),
	    num_format_count(arena, (int64_t)warnings, "warning", "warnings"));
}
