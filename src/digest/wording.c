#include "digest/wording.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "yaml/yaml.h"

static bool
is_among(const char *key, const char *const *words)
{
	for (; words != NULL && *words != NULL; words++)
		if (strcmp(key, *words) == 0)
			return true;
	return false;
}

bool
wording_read(struct arena *arena, const char *file, const char *bytes,
    size_t bytes_count, const char *const *keys, size_t count,
    const char *const *later, struct complaints *complaints,
    const char ***ret_values)
{
	size_t errors = complaints->errors;
	const char **known = arena_take(arena, count + 1, sizeof(*known));
	const char **values = arena_take(arena, count, sizeof(*values));
	struct yaml_node *root;

	memcpy(known, keys, count * sizeof(*known));
	if (!yaml_parse(arena, file, bytes, bytes_count, 1, complaints, &root))
		return false;
	if (root->kind != YAML_MAP) {
		complaints_add(complaints, file, root->line,
		    "must be a map of keys and texts, not %s",
		    yaml_kind_name(root->kind));
		return false;
	}
	yaml_check_keys(root, "", known, complaints);
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *node = yaml_find(root, keys[i]);

		if (!node && is_among(keys[i], later))
			values[i] = "";
		else if (!node)
			complaints_add(complaints, file, 0,
			    "the key '%s' is missing; take its line from the "
			    "shipped file",
			    keys[i]);
		else if (node->kind != YAML_SCALAR)
			complaints_add(complaints, file, node->line,
			    "%s: must be a text, not %s", keys[i],
			    yaml_kind_name(node->kind));
		else
			values[i] = node->text;
	}
	*ret_values = values;
	return complaints->errors == errors;
}

size_t
wording_line(const char *bytes, const char *key)
{
	size_t line = 1;

	for (;; line++) {
		if (text_starts(bytes, key) &&
		    bytes[strlen(key) + strspn(bytes + strlen(key), " ")] ==
			':')
			return line;
		bytes = strchr(bytes, '\n');
		if (bytes == NULL)
			return 0;
		bytes++;
	}
}

/* The fields that stand for something there, split. */
static struct text_list
find_fields(struct arena *arena, const struct wording_rule *rules, size_t count,
    const char *key)
{
	for (size_t i = 0; i < count; i++) {
		bool begins = text_ends(rules[i].key, "_");

		if (begins ? text_starts(key, rules[i].key)
			   : text_equal(key, rules[i].key))
			return text_split(arena, rules[i].fields, ' ');
	}
	return (struct text_list){ 0 };
}

/* Complains about "{field}" when it is not among the fields. */
static void
check_field(struct arena *arena, const struct yaml_entry *entry,
    const char *field, const struct text_list *fields,
    struct complaints *complaints)
{
	const char **known =
	    arena_take(arena, fields->count + 1, sizeof(*known));
	const char *nearest;

	if (fields->count > 0)
		memcpy(known, fields->items, fields->count * sizeof(*known));
	if (is_among(field, known))
		return;
	nearest = text_nearest(field, known);
	if (nearest == NULL && fields->count == 1)
		nearest = known[0];
	complaints_add_at(complaints, entry->node->file, entry->node->line,
	    entry->node->column, "%s: '{%s}' stands for nothing here%s",
	    entry->key, field,
	    nearest == NULL
		? ""
		: arena_format(arena, " (did you mean '{%s}'?)", nearest));
}

static void
check_entry(struct arena *arena, const struct yaml_entry *entry,
    const struct text_list *fields, struct complaints *complaints)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
	const char *text = entry->node->text;

	while ((text = strchr(text, '{')) != NULL) {
		size_t bytes = strspn(++text, letters);

		if (bytes > 0 && text[bytes] == '}')
			check_field(arena, entry,
			    arena_strndup(arena, text, bytes), fields,
			    complaints);
	}
	if (text_equal(entry->key, "months") &&
	    text_split(arena, entry->node->text, ' ').count != 12)
		complaints_add_at(complaints, entry->node->file,
		    entry->node->line, entry->node->column,
		    "months: must be twelve words with blanks between");
}

void
wording_lint(struct arena *arena, const char *file, const char *bytes,
    size_t bytes_count, const struct wording_rule *rules, size_t count,
    struct complaints *complaints)
{
	struct complaints before = { 0 };
	struct yaml_node *root;

	if (yaml_parse(arena, file, bytes, bytes_count, 1, &before, &root) &&
	    root->kind == YAML_MAP)
		for (size_t i = 0; i < root->count; i++) {
			const struct yaml_entry *entry = &root->entries[i];
			struct text_list fields =
			    find_fields(arena, rules, count, entry->key);

			if (entry->node->kind == YAML_SCALAR)
				check_entry(arena, entry, &fields, complaints);
		}
	complaints_clear(&before);
}

char *
wording_put(struct arena *arena, const char *text,
    const struct wording_field *fields, size_t count)
{
	GM_BUF_AT_EXIT struct buf out;

	buf_init(&out, SIZE_MAX / 4);
	while (*text) {
		size_t i = 0;

		while (i < count && !text_starts(text, fields[i].name))
			i++;
		if (i == count) {
			buf_add_char(&out, *text++);
			continue;
		}
		buf_add_str(&out, fields[i].value);
		text += strlen(fields[i].name);
	}
	return arena_strndup(arena, buf_str(&out), out.used);
}
