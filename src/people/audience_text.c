#include "people/audience_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

enum { LONGEST_TEXT = 8000 };

static const char wide_blank[] = "\u3000";
static const char wide_colon[] = "\uff1a";
static const char *const keywords[] = { "and", "or", "not", "everyone", NULL };

enum token_kind {
	TOKEN_END,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_AND, /* the keywords, in their order */
	TOKEN_OR,
	TOKEN_NOT,
	TOKEN_EVERYONE,
	TOKEN_TEST,
};

struct token {
	enum token_kind kind;
	size_t start; /* byte */
	size_t end;
	enum audience_field field;
	const char *value;
	size_t value_start;
};

/* The work on one text; `token` is the one not used yet. */
struct parse {
	struct arena *arena;
	const char *text;
	struct token token;
	size_t tests;
	size_t depth;
	struct err *err;
};

/* The column of a byte. */
static size_t
column(const struct parse *parse, size_t at)
{
	size_t columns = 1;

	for (size_t i = 0; i < at; i++)
		columns += ((unsigned char)parse->text[i] & 0xc0) != 0x80;
	return columns;
}

static bool GM_PRINTF(3, 4)
    refuse(const struct parse *parse, size_t at, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = mem_vformat(fmt, ap);
	va_end(ap);
	err_set(
	    parse->err, ERR_USAGE, "column %zu: %s", column(parse, at), text);
	free(text);
	return false;
}

/* Bytes of the blank at `s`; 0: it is none. */
static size_t
blank_bytes(const char *s)
{
	if (*s == ' ')
		return 1;
	return text_starts(s, wide_blank) ? strlen(wide_blank) : 0;
}

static size_t
colon_bytes(const char *s)
{
	if (*s == ':')
		return 1;
	return text_starts(s, wide_colon) ? strlen(wide_colon) : 0;
}

/* True where a value without quotes ends. */
static bool
ends_value(const char *s)
{
	return *s == '\0' || *s == '(' || *s == ')' || *s == '"' ||
	       blank_bytes(s) > 0;
}

static const char *
copy_part(const struct parse *parse, size_t start, size_t end)
{
	return arena_strndup(parse->arena, parse->text + start, end - start);
}

/* Reads what stands between quotes; `at` is the first of them. */
static bool
read_quoted(struct parse *parse, size_t at, struct token *token)
{
	const char *text = parse->text;
	char *value = arena_take(parse->arena, strlen(text + at) + 1, 1);
	size_t bytes = 0;
	size_t i = at + 1;

	for (;; i++) {
		if (text[i] == '\0')
			return refuse(parse, at,
			    "the quote that opens here is not closed");
		if (text[i] == '"' && text[++i] != '"')
			break;
		value[bytes++] = text[i];
	}
	if (!ends_value(text + i) || text[i] == '(')
		return refuse(
		    parse, i, "expected a blank behind the closing quote");
	token->value = value;
	token->end = i;
	return true;
}

static bool
read_value(struct parse *parse, size_t at, struct token *token)
{
	const char *text = parse->text;
	size_t end = at;

	token->kind = TOKEN_TEST;
	token->value_start = at;
	if (text[at] == '"') {
		if (!read_quoted(parse, at, token))
			return false;
	} else {
		while (!ends_value(text + end))
			end++;
		if (text[end] == '"')
			return refuse(parse, end,
			    "a value in quotes begins with one: %s:\"…\"",
			    audience_field(token->field));
		token->value = copy_part(parse, at, end);
		token->end = end;
	}
	if (token->value[0] == '\0')
		return refuse(parse, at,
		    "the value of '%s' is missing; it stands right behind the "
		    "colon",
		    audience_field(token->field));
	return true;
}

static bool
read_field(
    struct parse *parse, const char *word, size_t colon, struct token *token)
{
	const char *nearest;

	if (audience_parse_field(word, &token->field))
		return read_value(
		    parse, colon + colon_bytes(parse->text + colon), token);
	nearest = text_nearest(word, audience_fields);
	if (nearest != NULL)
		return refuse(parse, token->start,
		    "unknown field '%.40s' (did you mean '%s'?)", word,
		    nearest);
	return refuse(parse, token->start,
	    "unknown field '%.40s', expected tag, country, prefecture, "
	    "municipality, organisation, language, format, basis, state, "
	    "domain or segment",
	    word);
}

static bool
read_word(struct parse *parse, struct token *token)
{
	const char *text = parse->text;
	size_t end = token->start;
	const char *word;

	while (!ends_value(text + end) && colon_bytes(text + end) == 0)
		end++;
	word = copy_part(parse, token->start, end);
	if (colon_bytes(text + end) > 0)
		return read_field(parse, word, end, token);
	token->end = end;
	for (size_t i = 0; keywords[i] != NULL; i++)
		if (text_equal_nocase(word, keywords[i])) {
			token->kind = (enum token_kind)(TOKEN_AND + i);
			return true;
		}
	return refuse(parse, token->start,
	    "'%.60s' is no test; write FIELD:VALUE, such as tag:tourism",
	    *word != '\0' ? word : "\"");
}

/* Reads the token behind the present one. */
static bool
advance(struct parse *parse)
{
	struct token token = { .kind = TOKEN_END };
	size_t at = parse->token.end;
	size_t bytes;

	while ((bytes = blank_bytes(parse->text + at)) > 0)
		at += bytes;
	token.start = at;
	token.end = at + 1;
	if (parse->text[at] == '\0')
		token.end = at;
	else if (parse->text[at] == '(')
		token.kind = TOKEN_OPEN;
	else if (parse->text[at] == ')')
		token.kind = TOKEN_CLOSE;
	else if (!read_word(parse, &token))
		return false;
	parse->token = token;
	return true;
}

static struct audience *
new_node(struct parse *parse, enum audience_kind kind,
    const struct audience *left, const struct audience *right)
{
	struct audience *node = arena_take(parse->arena, 1, sizeof(*node));

	node->kind = kind;
	node->left = left;
	node->right = right;
	return node;
}

static bool parse_one(struct parse *parse, const struct audience **ret_tree);
static bool parse_any(struct parse *parse, const struct audience **ret_tree);

/* What stands between parentheses; the first of them is the present token. */
static bool
parse_group(struct parse *parse, const struct audience **ret_tree)
{
	size_t open = parse->token.start;

	if (!advance(parse) || !parse_any(parse, ret_tree))
		return false;
	if (parse->token.kind != TOKEN_CLOSE)
		return refuse(parse, open,
		    "the parenthesis that opens here is not closed");
	return advance(parse);
}

static bool
parse_leaf(struct parse *parse, const struct audience **ret_tree)
{
	const struct token *token = &parse->token;
	struct audience *node = new_node(parse, AUDIENCE_EVERYONE, NULL, NULL);

	if (++parse->tests > AUDIENCE_TESTS_MOST)
		return refuse(parse, token->start, "more than %d tests",
		    AUDIENCE_TESTS_MOST);
	node->column = column(parse, token->start);
	if (token->kind == TOKEN_TEST) {
		node->kind = AUDIENCE_TEST;
		node->field = token->field;
		node->value = token->value;
		node->at = token->value_start;
		node->bytes = token->end - token->value_start;
	}
	*ret_tree = node;
	return advance(parse);
}

static bool
parse_inner(struct parse *parse, const struct audience **ret_tree)
{
	const struct token *token = &parse->token;
	const struct audience *inner;

	switch (token->kind) {
	case TOKEN_TEST:
	case TOKEN_EVERYONE:
		return parse_leaf(parse, ret_tree);
	case TOKEN_OPEN:
		return parse_group(parse, ret_tree);
	case TOKEN_NOT:
		if (!advance(parse) || !parse_one(parse, &inner))
			return false;
		*ret_tree = new_node(parse, AUDIENCE_NOT, inner, NULL);
		return true;
	case TOKEN_END:
		return refuse(parse, token->start,
		    token->start == 0 ? "the expression is empty; `everyone` "
					"means all"
				      : "the expression ends too early; "
					"expected a test such as tag:tourism");
	case TOKEN_CLOSE:
	case TOKEN_AND:
	case TOKEN_OR:
		break;
	}
	return refuse(parse, token->start,
	    "expected a test such as tag:tourism before '%s'",
	    copy_part(parse, token->start, token->end));
}

/* One test, group or negation. */
static bool
parse_one(struct parse *parse, const struct audience **ret_tree)
{
	bool ok;

	if (++parse->depth > AUDIENCE_DEEPEST)
		return refuse(parse, parse->token.start,
		    "nested more than %d deep", AUDIENCE_DEEPEST);
	ok = parse_inner(parse, ret_tree);
	parse->depth--;
	return ok;
}

static bool
parse_both(struct parse *parse, const struct audience **ret_tree)
{
	const struct audience *right;

	if (!parse_one(parse, ret_tree))
		return false;
	while (parse->token.kind == TOKEN_AND) {
		if (!advance(parse) || !parse_one(parse, &right))
			return false;
		*ret_tree = new_node(parse, AUDIENCE_AND, *ret_tree, right);
	}
	return true;
}

static bool
parse_any(struct parse *parse, const struct audience **ret_tree)
{
	const struct audience *right;

	if (!parse_both(parse, ret_tree))
		return false;
	while (parse->token.kind == TOKEN_OR) {
		if (!advance(parse) || !parse_both(parse, &right))
			return false;
		*ret_tree = new_node(parse, AUDIENCE_OR, *ret_tree, right);
	}
	return true;
}

bool
audience_text_parse(struct arena *arena, const char *text,
    const struct audience **ret_tree, struct err *err)
{
	struct parse parse = { .arena = arena, .text = text, .err = err };
	const struct audience *tree;

	if (strlen(text) > LONGEST_TEXT)
		return err_set(err, ERR_USAGE,
		    "the expression is longer than %d bytes", LONGEST_TEXT);
	if (!text_is_utf8(text, strlen(text)) || text_has_control(text))
		return err_set(err, ERR_USAGE,
		    "the expression is no UTF-8 or has control characters");
	if (!advance(&parse) || !parse_any(&parse, &tree))
		return false;
	if (parse.token.kind == TOKEN_CLOSE)
		return refuse(
		    &parse, parse.token.start, "this parenthesis closes none");
	if (parse.token.kind != TOKEN_END)
		return refuse(&parse, parse.token.start,
		    "expected 'and' or 'or' before '%s'",
		    copy_part(&parse, parse.token.start, parse.token.end));
	*ret_tree = tree;
	return true;
}

/* A value as it may stand behind a colon. */
static void
add_value(struct buf *buf, const char *value)
{
	bool bare = *value != '\0';

	for (const char *s = value; *s != '\0'; s++)
		bare = bare && !ends_value(s);
	if (bare) {
		buf_add_str(buf, value);
		return;
	}
	buf_add_char(buf, '"');
	for (const char *s = value; *s != '\0'; s++) {
		if (*s == '"')
			buf_add_char(buf, '"');
		buf_add_char(buf, *s);
	}
	buf_add_char(buf, '"');
}

/* The work of audience_text_replace: what was copied so far. */
struct replacing {
	const char *text;
	enum audience_field field;
	const char *old, *value;
	struct buf out;
	size_t copied;
	size_t found;
};

/* Goes through the tests in the order of the text. */
static void
replace_below(struct replacing *replacing, const struct audience *tree)
{
	if (tree->left != NULL)
		replace_below(replacing, tree->left);
	if (tree->right != NULL)
		replace_below(replacing, tree->right);
	if (tree->kind != AUDIENCE_TEST || tree->field != replacing->field ||
	    !text_equal(tree->value, replacing->old))
		return;
	buf_add(&replacing->out, replacing->text + replacing->copied,
	    tree->at - replacing->copied);
	add_value(&replacing->out, replacing->value);
	replacing->copied = tree->at + tree->bytes;
	replacing->found++;
}

char *
audience_text_replace(struct arena *arena, const char *text,
    enum audience_field field, const char *old, const char *value)
{
	struct replacing replacing = {
		.text = text, .field = field, .old = old, .value = value
	};
	const struct audience *tree;
	char *copy;

	if (!audience_text_parse(arena, text, &tree, NULL))
		return NULL;
	buf_init(&replacing.out, SIZE_MAX);
	replace_below(&replacing, tree);
	buf_add_str(&replacing.out, text + replacing.copied);
	copy = replacing.found > 0
		   ? arena_strdup(arena, buf_str(&replacing.out))
		   : NULL;
	buf_clear(&replacing.out);
	return copy;
}
