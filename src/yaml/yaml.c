#include "yaml/yaml.h"

#include <string.h>

#include <libfyaml.h>

#include "base/mem.h"
#include "base/vec.h"

/* A list or map whose end has not come yet. */
struct level {
	struct yaml_node *node;
	GM_VEC(struct yaml_entry) entries;
	const char *key; /* map: a key that waits for its value */
	size_t key_line;
	size_t key_column;
};

struct reader {
	struct arena *arena;
	const char *file;
	size_t first_line;
	struct complaints *complaints;
	struct level levels[YAML_DEEPEST];
	size_t depth; /* levels in use */
	size_t nodes;
	size_t line; /* of the latest event that has one */
	size_t column;
	struct yaml_node *root;
	bool stop; /* complained; the tree is not to be used */
};

static void
complain(struct reader *reader, const char *what)
{
	complaints_add_at(reader->complaints, reader->file, reader->line,
	    reader->column, "%s", what);
	reader->stop = true;
}

static bool
in_key_position(const struct reader *reader)
{
	const struct level *level;

	if (reader->depth == 0)
		return false;
	level = &reader->levels[reader->depth - 1];
	return level->node->kind == YAML_MAP && level->key == NULL;
}

/* Adds a finished node to the innermost open level, or makes it the root. */
static void
attach(struct reader *reader, struct yaml_node *node)
{
	struct level *level;
	struct yaml_entry entry = { .node = node };

	if (reader->depth == 0) {
		reader->root = node;
		return;
	}

	/* Drop the value of a key that was there before. */
	level = &reader->levels[reader->depth - 1];
	for (size_t i = 0; level->key != NULL && i < level->entries.count;
	     i++) {
		const struct yaml_entry *old = &level->entries.items[i];

		if (strcmp(old->key, level->key) == 0) {
			complaints_add_at(reader->complaints, reader->file,
			    level->key_line, level->key_column,
			    "'%s' is given twice (first in line %zu)",
			    level->key, old->key_line);
			level->key = NULL;
			return;
		}
	}
	entry.key = level->key;
	entry.key_line = level->key_line;
	entry.key_column = level->key_column;
	level->key = NULL;
	vec_push(&level->entries, entry);
}

static struct yaml_node *
make_node(struct reader *reader, enum yaml_kind kind)
{
	struct yaml_node *node = arena_take(reader->arena, 1, sizeof(*node));

	node->kind = kind;
	node->file = reader->file;
	node->line = reader->line;
	node->column = reader->column;
	node->text = "";
	if (++reader->nodes > YAML_MOST_NODES)
		complain(reader, "too many values");
	return node;
}

static void
open_level(struct reader *reader, enum yaml_kind kind)
{
	struct level *level;

	if (in_key_position(reader)) {
		complain(reader, "a key must be a word");
		return;
	}
	if (reader->depth == YAML_DEEPEST) {
		complain(reader, "nested too deeply");
		return;
	}
	level = &reader->levels[reader->depth];
	memset(level, 0, sizeof(*level));
	level->node = make_node(reader, kind);
	reader->depth++;
}

static void
close_level(struct reader *reader)
{
	struct level *level = &reader->levels[--reader->depth];
	struct yaml_node *node = level->node;

	node->count = level->entries.count;
	node->entries = arena_copy(reader->arena, level->entries.items,
	    node->count * sizeof(*node->entries));
	vec_clear(&level->entries);
	attach(reader, node);
}

/* True when nothing but line feeds and tabs is a control character. */
static bool
is_clean(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text);

	for (char *p = copy; *p != '\0'; p++)
		if (*p == '\n' || *p == '\t')
			*p = ' ';
	return !text_has_control(copy);
}

static void
add_scalar(struct reader *reader, struct fy_event *event)
{
	size_t bytes = 0;
	const char *text = fy_token_get_text(event->scalar.value, &bytes);
	enum fy_node_style style = fy_event_get_node_style(event);
	bool plain = style == FYNS_PLAIN || style == FYNS_ANY;
	struct yaml_node *node;
	char *copy = arena_strndup(reader->arena, text ? text : "", bytes);

	if (strlen(copy) != bytes || !is_clean(reader->arena, copy)) {
		complain(reader, "control character in a value");
		return;
	}
	if (in_key_position(reader)) {
		struct level *level = &reader->levels[reader->depth - 1];

		level->key = copy;
		level->key_line = reader->line;
		level->key_column = reader->column;
		return;
	}
	node = make_node(reader, YAML_SCALAR);
	if (style == FYNS_SINGLE_QUOTED || style == FYNS_DOUBLE_QUOTED)
		node->column -= node->column > 1;
	node->text = copy;
	node->empty = plain && (*copy == '\0' || text_equal(copy, "~") ||
				   text_equal(copy, "null"));
	attach(reader, node);
}

static bool
has_anchor_or_tag(struct fy_event *event)
{
	return fy_event_get_anchor_token(event) != NULL ||
	       fy_event_get_tag_token(event) != NULL;
}

/* Takes one event of the parser into the tree. */
static void
take(struct reader *reader, struct fy_event *event)
{
	const struct fy_mark *mark = fy_event_start_mark(event);

	if (mark != NULL) {
		reader->line = reader->first_line + (size_t)mark->line;
		reader->column = (size_t)mark->column + 1;
	}
	switch (event->type) {
	case FYET_SCALAR:
	case FYET_MAPPING_START:
	case FYET_SEQUENCE_START:
		if (has_anchor_or_tag(event))
			complain(reader,
			    "anchors (&) and tags (!) are not used here; "
			    "quote the text if it is meant literally");
		else if (event->type == FYET_SCALAR)
			add_scalar(reader, event);
		else
			open_level(reader, event->type == FYET_MAPPING_START
					       ? YAML_MAP
					       : YAML_LIST);
		break;
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END:
		close_level(reader);
		break;
	case FYET_ALIAS:
		complain(reader, "aliases (*) are not used here; "
				 "quote the text if it is meant literally");
		break;
	case FYET_DOCUMENT_START:
		if (reader->root != NULL)
			complain(reader, "a second document begins here");
		break;
	default:
		break;
	}
}

/* Turns what the parser found wrong into complaints. */
static void
complain_parser(struct reader *reader, struct fy_diag *diag)
{
	void *iterator = NULL;
	struct fy_diag_error *error;

	while ((error = fy_diag_errors_iterate(diag, &iterator)) != NULL) {
		size_t line = reader->first_line;

		if (error->line > 0)
			line += (size_t)error->line - 1;
		complaints_add_at(reader->complaints, reader->file, line,
		    error->column > 0 ? (size_t)error->column : 0, "%s",
		    error->msg);
		reader->stop = true;
	}
	if (!reader->stop)
		complain(reader, "cannot be read as YAML");
}

static void
run_parser(struct reader *reader, const char *text, size_t bytes)
{
	struct fy_diag_cfg diag_cfg;
	struct fy_parse_cfg cfg = {
		.search_path = "",
		.flags = FYPCF_QUIET | FYPCF_ALLOW_DUPLICATE_KEYS,
	};
	struct fy_parser *parser;
	struct fy_event *event;

	fy_diag_cfg_default(&diag_cfg);
	diag_cfg.level = FYET_ERROR;
	cfg.diag = fy_diag_create(&diag_cfg);
	if (cfg.diag == NULL)
		mem_exhausted();
	fy_diag_set_collect_errors(cfg.diag, true);
	parser = fy_parser_create(&cfg);
	if (parser == NULL || fy_parser_set_string(parser, text, bytes) != 0)
		mem_exhausted();

	while (!reader->stop && (event = fy_parser_parse(parser)) != NULL) {
		take(reader, event);
		fy_parser_event_free(parser, event);
	}
	if (!reader->stop && fy_parser_get_stream_error(parser))
		complain_parser(reader, cfg.diag);
	fy_parser_destroy(parser);
	fy_diag_destroy(cfg.diag);
}

bool
yaml_parse(struct arena *arena, const char *file, const char *text,
    size_t bytes, size_t first_line, struct complaints *complaints,
    struct yaml_node **ret_root)
{
	struct reader reader = {
		.arena = arena,
		.file = arena_strdup(arena, file),
		.first_line = first_line,
		.complaints = complaints,
		.line = first_line,
		.column = 1,
	};

	if (bytes > YAML_LARGEST) {
		complaints_add(
		    complaints, file, 0, "larger than %d bytes", YAML_LARGEST);
		return false;
	}
	if (!complaints_check_text(complaints, file, first_line, text, bytes))
		return false;

	run_parser(&reader, text, bytes);
	for (size_t i = 0; i < reader.depth; i++)
		vec_clear(&reader.levels[i].entries);
	if (reader.stop)
		return false;
	if (reader.root == NULL ||
	    (reader.root->kind == YAML_SCALAR && reader.root->empty)) {
		reader.line = first_line;
		reader.column = 1;
		reader.root = make_node(&reader, YAML_MAP);
	}
	*ret_root = reader.root;
	return true;
}

const struct yaml_node *
yaml_find(const struct yaml_node *map, const char *key)
{
	if (map->kind != YAML_MAP)
		return NULL;
	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->entries[i].key, key) == 0)
			return map->entries[i].node->empty
				   ? NULL
				   : map->entries[i].node;
	return NULL;
}

static bool
is_among(const char *word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

void
yaml_check_keys(const struct yaml_node *map, const char *inside,
    const char *const *known, struct complaints *complaints)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct yaml_entry *entry = &map->entries[i];
		const char *nearest;
		char where[80] = "";
		char hint[80] = "";

		if (is_among(entry->key, known))
			continue;
		nearest = text_nearest(entry->key, known);
		if (*inside != '\0')
			snprintf(where, sizeof(where), " in %s", inside);
		if (nearest != NULL)
			snprintf(hint, sizeof(hint), " (did you mean '%s'?)",
			    nearest);
		complaints_add_at(complaints, map->file, entry->key_line,
		    entry->key_column, "unknown key '%s'%s%s", entry->key,
		    where, hint);
	}
}

const char *
yaml_kind_name(enum yaml_kind kind)
{
	static const char *const names[] = {
		[YAML_SCALAR] = "a single value",
		[YAML_LIST] = "a list",
		[YAML_MAP] = "a map of keys",
	};

	return names[kind];
}
