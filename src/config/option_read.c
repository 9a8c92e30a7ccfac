#include <string.h>

#include "base/text.h"
#include "config/option.h"
#include "config/value.h"

/* What goes along while tables nest. */
struct walk {
	struct arena *arena;
	const char *folder;
	const char *file;
	bool partly; /* what is missing is no fault */
	struct complaints *complaints;
};

static void read_table(const struct walk *walk,
    const struct option_table *table, const char *where,
    const struct yaml_node *node, size_t line, void *into);

/* "relays.url" for a key of the table named "relays". */
static const char *
join_key(const struct walk *walk, const char *where, const char *key)
{
	if (*where == '\0')
		return key;
	return arena_format(walk->arena, "%s.%s", where, key);
}

static void
check_keys(const struct walk *walk, const struct option_table *table,
    const char *where, const struct yaml_node *node)
{
	const char **known =
	    arena_take(walk->arena, table->count + 1, sizeof(*known));

	for (size_t i = 0; i < table->count; i++)
		known[i] = table->rows[i].key;
	yaml_check_keys(node, where, known, walk->complaints);
}

static bool
expect(const struct walk *walk, const struct yaml_node *node,
    enum yaml_kind kind, const char *where)
{
	if (node->kind == kind)
		return true;
	complaints_add(walk->complaints, node->file, node->line,
	    "%s must be %s, not %s", where, yaml_kind_name(kind),
	    yaml_kind_name(node->kind));
	return false;
}

static bool
is_string(enum option_type type)
{
	return type <= OPTION_SECRET;
}

/* Sets a scalar from the file, or from its default where it is left out. */
static void
read_scalar(const struct walk *walk, const struct option *option,
    const char *where, const struct yaml_node *node, size_t line, void *into)
{
	struct value value = {
		.arena = walk->arena,
		.option = option,
		.folder = walk->folder,
		.where = where,
		.file = walk->file,
		.line = node != NULL ? node->line : line,
		.partly = walk->partly,
		.complaints = walk->complaints,
	};
	bool given = node != NULL && !node->empty &&
		     !(node->kind == YAML_SCALAR && *node->text == '\0');

	if (is_string(option->type))
		*(const char **)((char *)into + option->offset) = "";
	if (given && !expect(walk, node, YAML_SCALAR, where))
		return;
	if (!given && option->fallback == NULL) {
		if (walk->partly)
			return;
		complaints_add(walk->complaints, walk->file, value.line,
		    node != NULL ? "%s must be filled in" : "%s is missing",
		    where);
		return;
	}
	value.text = given ? node->text : option->fallback;
	if (*value.text != '\0')
		(void)value_set(&value, into);
}

/* Reads words that stand in a list, or a single one. */
static void
read_words(const struct walk *walk, const struct option *option,
    const char *where, const struct yaml_node *node, void *into)
{
	struct text_list *list =
	    (struct text_list *)(void *)((char *)into + option->offset);
	size_t count;

	*list = (struct text_list){ 0 };
	if (node == NULL || node->empty)
		return;
	if (node->kind != YAML_SCALAR && !expect(walk, node, YAML_LIST, where))
		return;
	count = node->kind == YAML_SCALAR ? 1 : node->count;
	if (count > (size_t)option->most) {
		complaints_add(walk->complaints, walk->file, node->line,
		    "%s has more than %.0f entries", where, option->most);
		return;
	}
	list->items = arena_take(walk->arena, count + 1, sizeof(*list->items));
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *word =
		    node->kind == YAML_SCALAR ? node : node->entries[i].node;

		if (!expect(walk, word, YAML_SCALAR, where))
			return;
		if (strpbrk(word->text, " \t\n") != NULL ||
		    *word->text == '\0') {
			complaints_add(walk->complaints, walk->file, word->line,
			    "%s: '%s' is no single word", where, word->text);
			return;
		}
		list->items[list->count++] = word->text;
	}
}

/* Reads a list of maps, or a map of maps whose keys are names. */
static void
read_items(const struct walk *walk, const struct option *option,
    const char *where, const struct yaml_node *node, size_t line, void *into)
{
	const struct option_table *table = option->inner;
	bool is_list = option->type == OPTION_LIST;
	size_t count = 0;
	char *items;

	if (node != NULL &&
	    !expect(walk, node, is_list ? YAML_LIST : YAML_MAP, where))
		return;
	count = node != NULL ? node->count : 0;
	if ((count < (size_t)option->least && !walk->partly) ||
	    count > (size_t)option->most) {
		complaints_add(walk->complaints, walk->file,
		    node != NULL ? node->line : line,
		    "%s needs %.0f to %.0f entries", where, option->least,
		    option->most);
		return;
	}
	items = arena_take(walk->arena, count, table->item_bytes);
	for (size_t i = 0; i < count; i++) {
		const struct yaml_entry *entry = &node->entries[i];
		char *item = items + i * table->item_bytes;
		const char *at =
		    is_list ? where : join_key(walk, where, entry->key);

		if (!is_list)
			*(const char **)(item + table->name_offset) =
			    entry->key;
		if (table->prefill != NULL)
			table->prefill(item);
		read_table(
		    walk, table, at, entry->node, entry->node->line, item);
	}
	*(void **)((char *)into + option->offset) = items;
	*(size_t *)((char *)into + option->count_offset) = count;
}

/* The node of a key, also when it is left empty; NULL when it is absent. */
static const struct yaml_node *
find_entry(const struct yaml_node *map, const char *key)
{
	for (size_t i = 0; map != NULL && i < map->count; i++)
		if (strcmp(map->entries[i].key, key) == 0)
			return map->entries[i].node;
	return NULL;
}

/* Fills a table whose place in the file holds something else, without
   complaining about each key that is missing. */
static void
fill_defaults(
    const struct walk *walk, const struct option_table *table, void *into)
{
	struct complaints unheard = { 0 };
	struct walk quiet = *walk;

	quiet.complaints = &unheard;
	read_table(&quiet, table, "", NULL, 0, into);
	complaints_clear(&unheard);
}

static void
read_table(const struct walk *walk, const struct option_table *table,
    const char *where, const struct yaml_node *node, size_t line, void *into)
{
	/* An empty value is a map without keys. */
	if (node != NULL && node->empty)
		node = NULL;
	if (node != NULL && !expect(walk, node, YAML_MAP,
				*where != '\0' ? where : "the file")) {
		fill_defaults(walk, table, into);
		return;
	}
	if (node != NULL)
		check_keys(walk, table, where, node);

	for (size_t i = 0; i < table->count; i++) {
		const struct option *option = &table->rows[i];
		const char *at = join_key(walk, where, option->key);
		const struct yaml_node *value = find_entry(node, option->key);
		size_t value_line = value != NULL ? value->line : line;

		switch (option->type) {
		case OPTION_MAP:
			read_table(walk, option->inner, at, value, value_line,
			    (char *)into + option->offset);
			break;
		case OPTION_WORDS:
			read_words(walk, option, at, value, into);
			break;
		case OPTION_LIST:
		case OPTION_NAMED:
			if (value != NULL && value->empty)
				value = NULL;
			read_items(walk, option, at, value, value_line, into);
			break;
		default:
			read_scalar(walk, option, at, value, line, into);
		}
	}
}

void
option_read(struct arena *arena, const struct option_table *table,
    const struct yaml_node *node, const char *folder, bool partly,
    struct complaints *complaints, void *into)
{
	struct walk walk = {
		.arena = arena,
		.folder = folder,
		.file = node->file,
		.partly = partly,
		.complaints = complaints,
	};

	read_table(&walk, table, "", node, 0, into);
}
