#include "json/json.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/mem.h"

/* Our `struct json` is jansson's value under a name of our own; jansson
   fails for lack of memory alone where its arguments are right. */
static json_t *
have(json_t *value)
{
	if (value == NULL)
		mem_exhausted();
	return value;
}

static json_t *
to_jansson(const struct json *json)
{
	return (json_t *)json;
}

static void
set(struct json *object, const char *key, json_t *value)
{
	if (json_object_set_new(to_jansson(object), key, have(value)) != 0)
		mem_exhausted();
}

static void
push(json_t *list, json_t *value)
{
	if (json_array_append_new(list, have(value)) != 0)
		mem_exhausted();
}

static json_t *
make_text(const char *value)
{
	struct arena *arena;
	json_t *text;

	if (value == NULL)
		return json_null();
	if (text_is_utf8(value, strlen(value)))
		return json_string(value);
	arena = arena_new();
	text = json_string(text_printable(arena, value));
	arena_free(arena);
	return text;
}

struct json *
json_new(void)
{
	return (struct json *)have(json_object());
}

void
json_free(struct json *object)
{
	json_decref(to_jansson(object));
}

void
json_free_at(struct json **variable)
{
	json_free(*variable);
}

void
json_set_text(struct json *object, const char *key, const char *value)
{
	set(object, key, make_text(value));
}

void
json_set_number(struct json *object, const char *key, int64_t value)
{
	set(object, key, json_integer(value));
}

void
json_set_real(struct json *object, const char *key, double value)
{
	set(object, key, json_real(value));
}

void
json_set_flag(struct json *object, const char *key, bool value)
{
	set(object, key, json_boolean(value));
}

void
json_set_texts(
    struct json *object, const char *key, const struct text_list *values)
{
	json_t *list = have(json_array());

	for (size_t i = 0; i < values->count; i++)
		push(list, make_text(values->items[i]));
	set(object, key, list);
}

struct json *
json_set_list(struct json *object, const char *key)
{
	json_t *list = have(json_array());

	set(object, key, list);
	return (struct json *)list;
}

struct json *
json_push_object(struct json *list)
{
	json_t *object = have(json_object());

	push(to_jansson(list), object);
	return (struct json *)object;
}

void
json_print(const struct json *object, FILE *out)
{
	/* A stream that fails says so itself when it is flushed. */
	(void)json_dumpf(to_jansson(object), out, JSON_COMPACT);
	fputc('\n', out);
}
