#include "content/front.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"

/* LF for CR LF, four spaces for a tab, no byte order mark. */
static char *
normalise(struct arena *arena, const char *bytes, size_t count)
{
	static const char mark[] = "\xef\xbb\xbf";
	char *copy = arena_take(arena, 4 * count + 1, 1);
	char *to = copy;

	for (size_t i = 0; i < count; i++) {
		if (i == 0 && count >= 3 && memcmp(bytes, mark, 3) == 0) {
			i = 2;
		} else if (bytes[i] == '\t') {
			memset(to, ' ', 4);
			to += 4;
		} else if (bytes[i] != '\r') {
			*to++ = bytes[i];
		}
	}
	return copy;
}

/* Bytes of the line at `s`, its LF not counted. */
static size_t
line_bytes(const char *s)
{
	return strcspn(s, "\n");
}

/* True for a line "---", blanks behind it allowed. */
static bool
is_fence(const char *s)
{
	size_t bytes = line_bytes(s);

	return bytes >= 3 && strncmp(s, "---", 3) == 0 &&
	       strspn(s + 3, " ") >= bytes - 3;
}

/* Cuts blank lines off both ends of the body. */
static void
set_body(struct front *front, const char *body, size_t line)
{
	size_t bytes;

	for (;;) {
		bytes = line_bytes(body);
		if (strspn(body, " ") < bytes || body[bytes] == '\0')
			break;
		body += bytes + 1;
		line++;
	}
	bytes = strlen(body);
	while (bytes > 0 && (body[bytes - 1] == '\n' || body[bytes - 1] == ' '))
		bytes--;
	front->body = arena_strndup(front->arena, body, bytes);
	front->body_line = line;
}

bool
front_read(struct arena *arena, const char *file, const char *bytes,
    size_t count, struct complaints *complaints, struct front *ret_front)
{
	struct front front = {
		.arena = arena,
		.file = arena_strdup(arena, file),
		.complaints = complaints,
	};
	struct yaml_node *root;
	const char *text;
	const char *end;
	size_t line = 2;

	if (!complaints_check_text(complaints, file, 1, bytes, count))
		return false;
	text = normalise(arena, bytes, count);
	if (!is_fence(text)) {
		complaints_add_at(complaints, file, 1, 1,
		    "must begin with front matter: a line '---', then keys, "
		    "then a line '---'");
		return false;
	}

	/* Find the line that ends the front matter. */
	text += line_bytes(text) + (text[line_bytes(text)] == '\n');
	for (end = text; *end != '\0' && !is_fence(end); line++)
		end += line_bytes(end) + (end[line_bytes(end)] == '\n');
	if (*end == '\0') {
		complaints_add_at(complaints, file, 1, 1,
		    "the front matter has no end: a line '---' is missing");
		return false;
	}
	if (!yaml_parse(
		arena, file, text, (size_t)(end - text), 2, complaints, &root))
		return false;
	if (root->kind != YAML_MAP) {
		complaints_add_at(complaints, file, root->line, root->column,
		    "the front matter must be a map of keys, not %s",
		    yaml_kind_name(root->kind));
		return false;
	}
	front.root = root;
	end += line_bytes(end);
	set_body(&front, end + (*end == '\n'), line + 1);
	*ret_front = front;
	return true;
}

/* Where a key of a map stands, the first time; at `other` where it does not. */
static struct article_place
key_place(
    const struct yaml_node *map, const char *key, struct article_place other)
{
	for (size_t i = map->count; i-- > 0;)
		if (strcmp(map->entries[i].key, key) == 0)
			other = (struct article_place){
				map->entries[i].key_line,
				map->entries[i].key_column,
			};
	return other;
}

struct article_place
front_place(const struct front *front, const char *key)
{
	return key_place(front->root, key, (struct article_place){ 1, 1 });
}

struct article_place
front_value_place(
    const struct front *front, const char *key, enum language language)
{
	const struct yaml_node *node = yaml_find(front->root, key);
	const char *name = subscriber_language(language);
	const struct yaml_node *one =
	    node != NULL ? yaml_find(node, name) : NULL;
	struct article_place at;

	if (node == NULL)
		return front_place(front, key);
	at = (struct article_place){ node->line, node->column };
	if (one != NULL)
		at = (struct article_place){ one->line, one->column };
	else if (node->kind == YAML_MAP)
		at = key_place(node, name, at);
	return at;
}

/* Adds a complaint whose text is put together here. */
GM_PRINTF(4, 0)
static void
complain(const struct front *front, struct article_place at, bool warning,
    const char *fmt, va_list ap)
{
	char *text = mem_vformat(fmt, ap);

	if (warning)
		complaints_warn_at(front->complaints, front->file, at.line,
		    at.column, "%s", text);
	else
		complaints_add_at(front->complaints, front->file, at.line,
		    at.column, "%s", text);
	free(text);
}

void
front_complain(
    const struct front *front, struct article_place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(front, at, false, fmt, ap);
	va_end(ap);
}

void
front_complain_node(const struct front *front, const struct yaml_node *node,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(front, (struct article_place){ node->line, node->column },
	    false, fmt, ap);
	va_end(ap);
}

void
front_warn_node(const struct front *front, const struct yaml_node *node,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(front, (struct article_place){ node->line, node->column },
	    true, fmt, ap);
	va_end(ap);
}

/* The text of a scalar without blanks around it; "" with a complaint when it
   is none, or no single line. */
static const char *
take_line(
    const struct front *front, const char *key, const struct yaml_node *node)
{
	const char *text;

	if (node->kind != YAML_SCALAR) {
		front_complain_node(front, node, "%s must be a text, not %s",
		    key, yaml_kind_name(node->kind));
		return "";
	}
	text = text_trim(front->arena, node->text);
	if (text_has_control(text)) {
		front_complain_node(front, node, "%s must be one line", key);
		return "";
	}
	if (strlen(text) > FRONT_LONGEST) {
		front_complain_node(front, node, "%s is longer than %d bytes",
		    key, FRONT_LONGEST);
		return "";
	}
	return text;
}

const char *
front_text(const struct front *front, const struct yaml_node *map,
    const char *key, bool needed)
{
	const struct yaml_node *node = yaml_find(map, key);
	size_t before = front->complaints->errors;
	const char *text = node != NULL ? take_line(front, key, node) : "";

	if (needed && *text == '\0' && front->complaints->errors == before)
		front_complain_node(
		    front, node != NULL ? node : map, "%s is missing", key);
	return text;
}

void
front_texts(const struct front *front, const char *key,
    const bool wanted[LANGUAGES], bool needed, const char *ret_texts[LANGUAGES])
{
	const struct yaml_node *node = yaml_find(front->root, key);
	const char *all = "";

	if (node != NULL && node->kind == YAML_MAP)
		yaml_check_keys(
		    node, key, subscriber_languages, front->complaints);
	else if (node != NULL)
		all = take_line(front, key, node);
	for (size_t i = 0; i < LANGUAGES; i++) {
		const char *name = subscriber_language((enum language)i);
		const struct yaml_node *one =
		    node != NULL ? yaml_find(node, name) : NULL;

		ret_texts[i] = one != NULL ? take_line(front, key, one) : all;
		if (needed && wanted[i] && *ret_texts[i] == '\0')
			front_complain(front, front_place(front, key),
			    "%s is missing in '%s'", key, name);
	}
}

const struct yaml_node *
front_words(const struct front *front, const char *key)
{
	const struct yaml_node *node = yaml_find(front->root, key);

	if (node == NULL)
		return NULL;
	if (node->kind != YAML_LIST) {
		front_complain_node(front, node,
		    "%s must be a list such as [a, b], not %s", key,
		    yaml_kind_name(node->kind));
		return NULL;
	}
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *word = node->entries[i].node;

		if (word->kind == YAML_SCALAR && !word->empty &&
		    *word->text != '\0')
			continue;
		front_complain_node(
		    front, word, "%s must be a list of words", key);
		return NULL;
	}
	return node;
}

int
front_number(const struct front *front, const char *key, int most, int absent)
{
	const struct yaml_node *node = yaml_find(front->root, key);
	int64_t n;

	if (node == NULL)
		return absent;
	if (node->kind == YAML_SCALAR && num_parse(node->text, 0, most, &n))
		return (int)n;
	front_complain_node(
	    front, node, "%s must be a whole number from 0 to %d", key, most);
	return absent;
}

bool
front_flag(const struct front *front, const char *key)
{
	const struct yaml_node *node = yaml_find(front->root, key);

	if (node == NULL)
		return false;
	if (node->kind == YAML_SCALAR && text_equal(node->text, "true"))
		return true;
	if (node->kind != YAML_SCALAR || !text_equal(node->text, "false"))
		front_complain_node(
		    front, node, "%s must be true or false", key);
	return false;
}
