#ifndef YAML_YAML_H
#define YAML_YAML_H

/*
 * YAML 1.2 as a tree that remembers where everything stood, for the
 * configuration and for front matter. Scalars stay the text that was written,
 * so a code like 011002 keeps its zero and "off" is a word. What is wrong goes
 * to the list of complaints with file and line.
 *
 * Refused: several documents, anchors, aliases, tags, keys that are no plain
 * words, keys given twice, malformed UTF-8, control characters and
 * noncharacters (also when written as escapes), texts over YAML_LARGEST
 * bytes, trees deeper than YAML_DEEPEST or with more than YAML_MOST_NODES.
 *
 * The tree lives in the caller's arena. This room knows no schema.
 */

#include "base/complaints.h"
#include "base/text.h"

enum {
	YAML_LARGEST = 1000 * 1000,
	YAML_DEEPEST = 16,
	YAML_MOST_NODES = 20000,
};

enum yaml_kind {
	YAML_SCALAR,
	YAML_LIST,
	YAML_MAP,
};

struct yaml_node {
	enum yaml_kind kind;
	const char *file; /* as in complaints */
	size_t line;      /* from 1; of the key for a value left out */
	size_t column;    /* in characters, from 1; of the quote, if quoted */
	const char *text; /* scalar: its text; may hold LF and TAB */
	bool empty;       /* scalar: left out, "~" or "null", not quoted */
	struct yaml_entry *entries; /* list, map: in the order of the file */
	size_t count;
};

struct yaml_entry {
	const char *key; /* NULL in a list */
	size_t key_line;
	size_t key_column;
	struct yaml_node *node;
};

/* Reads `bytes` bytes; `first_line` is the number of their first line in the
   file (front matter begins at 2). Returns true when there is a tree; there
   may be complaints all the same (a key given twice: the first one counts).
   An empty text is an empty map. */
bool yaml_parse(struct arena *arena, const char *file, const char *text,
    size_t bytes, size_t first_line, struct complaints *complaints,
    struct yaml_node **ret_root);

/* The value of a key of a map; NULL when it is absent or left empty. */
const struct yaml_node *yaml_find(const struct yaml_node *map, const char *key);

/* Complains about the keys of `map` that are not in `known`
   (NULL-terminated), with the nearest known one. `inside` names the map
   ("sender"), "" for the file itself. */
void yaml_check_keys(const struct yaml_node *map, const char *inside,
    const char *const *known, struct complaints *complaints);

/* What a node is, for "must be a list, not a map". */
const char *yaml_kind_name(enum yaml_kind kind);

#endif
