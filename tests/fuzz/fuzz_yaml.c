/* YAML: a tree within its bounds, or complaints. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "yaml/yaml.h"

static size_t
walk(const struct yaml_node *node, size_t depth)
{
	size_t nodes = 1;

	FUZZ_DEMAND(depth <= YAML_DEEPEST + 1);
	if (node->kind == YAML_SCALAR) {
		FUZZ_DEMAND(text_is_utf8(node->text, strlen(node->text)));
		return nodes;
	}
	for (size_t i = 0; i < node->count; i++)
		nodes += walk(node->entries[i].node, depth + 1);
	return nodes;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	struct arena *arena = arena_new();
	struct complaints complaints = { 0 };
	struct yaml_node *root;

	if (yaml_parse(arena, "f.yaml", (const char *)bytes, count, 1,
		&complaints, &root))
		FUZZ_DEMAND(walk(root, 0) <= YAML_MOST_NODES + 1);
	else
		FUZZ_DEMAND(complaints.errors > 0);
	complaints_clear(&complaints);
	arena_free(arena);
	return 0;
}
