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
			    "the key '%s' is missing", keys[i]);
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
