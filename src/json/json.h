#ifndef JSON_JSON_H
#define JSON_JSON_H

/*
 * JSON for programs that read our listings: objects are built key by key,
 * printed in that order on one line, freed. An object belongs to whoever made
 * it with json_new; lists and objects within it belong to it. Keys are
 * literals of ours. Texts may hold anything: what is no UTF-8 is written as
 * base/text.h's text_printable shows it.
 */

#include <stdint.h>
#include <stdio.h>

#include "base/text.h"

struct json;

/* An empty object. */
struct json *json_new(void);
void json_free(struct json *object); /* NULL is allowed */

/* Frees a `struct json *` variable at the end of its scope. */
void json_free_at(struct json **variable);
#define GM_JSON_AT_EXIT __attribute__((cleanup(json_free_at)))

/* Members, in the order of the calls. A NULL text is null. */
void json_set_text(struct json *object, const char *key, const char *value);
void json_set_number(struct json *object, const char *key, int64_t value);
void json_set_real(struct json *object, const char *key, double value);
void json_set_flag(struct json *object, const char *key, bool value);
void json_set_texts(
    struct json *object, const char *key, const struct text_list *values);

/* An empty list as a member; an empty object at the end of a list. */
struct json *json_set_list(struct json *object, const char *key);
struct json *json_push_object(struct json *list);

/* The object and a line feed. */
void json_print(const struct json *object, FILE *out);

#endif
