#include "model/audience.h"

#include <assert.h>
#include <stdlib.h>

#include "base/text.h"

#define X(name, text) text,
const char *const audience_fields[] = { GM_AUDIENCE_FIELDS(X) NULL };
#undef X

const char *
audience_field(enum audience_field field)
{
	assert(field < AUDIENCE_FIELDS);
	return audience_fields[field];
}

bool
audience_parse_field(const char *word, enum audience_field *ret_field)
{
	for (size_t i = 0; i < AUDIENCE_FIELDS; i++)
		if (text_equal_nocase(word, audience_fields[i])) {
			*ret_field = (enum audience_field)i;
			return true;
		}
	return false;
}

size_t
audience_tests(const struct audience *tree)
{
	switch (tree->kind) {
	case AUDIENCE_EVERYONE:
	case AUDIENCE_TEST:
		return 1;
	case AUDIENCE_NOT:
		return audience_tests(tree->left);
	case AUDIENCE_AND:
	case AUDIENCE_OR:
		return audience_tests(tree->left) + audience_tests(tree->right);
	}
	abort();
}

/* Of what stands in a run of this kind, or is none. */
static size_t
depth_within(const struct audience *tree, enum audience_kind kind)
{
	size_t left, right;

	if (tree->kind != kind)
		return audience_depth(tree);
	left = depth_within(tree->left, kind);
	right = depth_within(tree->right, kind);
	return left > right ? left : right;
}

size_t
audience_depth(const struct audience *tree)
{
	switch (tree->kind) {
	case AUDIENCE_EVERYONE:
	case AUDIENCE_TEST:
		return 0;
	case AUDIENCE_NOT:
		return audience_depth(tree->left) + 1;
	case AUDIENCE_AND:
	case AUDIENCE_OR:
		return depth_within(tree, tree->kind) + 1;
	}
	abort();
}
