#include "base/complaints.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

void
complaints_clear(struct complaints *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].file);
		free(list->items[i].text);
	}
	free(list->items);
	*list = (struct complaints){ 0 };
}

GM_PRINTF(6, 0)
static void
add(struct complaints *list, bool warning, const char *file, size_t line,
    size_t column, const char *fmt, va_list ap)
{
	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 16;
		list->items =
		    mem_resize(list->items, list->room, sizeof(*list->items));
	}
	list->items[list->count++] = (struct complaint){
		.file = mem_strdup(file),
		.line = line,
		.column = column,
		.warning = warning,
		.text = mem_vformat(fmt, ap),
	};
	text_mend(list->items[list->count - 1].text);
	if (!warning)
		list->errors++;
}

void
complaints_add(struct complaints *list, const char *file, size_t line,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(list, false, file, line, 0, fmt, ap);
	va_end(ap);
}

void
complaints_warn(struct complaints *list, const char *file, size_t line,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(list, true, file, line, 0, fmt, ap);
	va_end(ap);
}

void
complaints_add_at(struct complaints *list, const char *file, size_t line,
    size_t column, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(list, false, file, line, column, fmt, ap);
	va_end(ap);
}

void
complaints_warn_at(struct complaints *list, const char *file, size_t line,
    size_t column, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(list, true, file, line, column, fmt, ap);
	va_end(ap);
}

static const char malformed[] = "malformed UTF-8";

/* What is wrong with the character at `s`, NULL when nothing is; its length
   in *ret_bytes. */
static const char *
judge_character(const char *s, size_t left, size_t *ret_bytes)
{
	size_t bytes = text_utf8_bytes((unsigned char)*s);
	char one[5] = { 0 };

	*ret_bytes = 1;
	if (*s == '\n' || *s == '\t' ||
	    (*s == '\r' && left > 1 && s[1] == '\n'))
		return NULL;
	if (*s == '\0')
		return "control character";
	if (bytes == 0 || bytes > left || !text_is_utf8(s, bytes))
		return malformed;
	*ret_bytes = bytes;
	for (size_t i = 0; i < bytes; i++)
		one[i] = s[i];
	return text_has_control(one) ? "control character or noncharacter"
				     : NULL;
}

bool
complaints_check_text(struct complaints *list, const char *file,
    size_t first_line, const char *text, size_t bytes)
{
	size_t line = first_line;

	for (size_t i = 0, step; i < bytes; i += step) {
		const char *wrong = judge_character(text + i, bytes - i, &step);

		if (wrong != NULL) {
			complaints_add(list, file, line, "%s (byte 0x%02x)%s",
			    wrong, (unsigned char)text[i],
			    wrong == malformed ? "; save the file as UTF-8"
					       : "");
			return false;
		}
		if (text[i] == '\n')
			line++;
	}
	return true;
}

void
complaints_move(struct complaints *list, size_t first, const char *folder)
{
	for (size_t i = first; i < list->count; i++) {
		char *file = list->items[i].file;

		list->items[i].file = mem_format("%s/%s", folder, file);
		free(file);
	}
}

static int
compare(const void *a, const void *b)
{
	const struct complaint *x = a;
	const struct complaint *y = b;
	int files = strcmp(x->file, y->file);

	if (files != 0)
		return files;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	if (x->warning != y->warning)
		return x->warning ? 1 : -1;
	return strcmp(x->text, y->text);
}

void
complaints_sort(struct complaints *list)
{
	size_t kept = 0;

	if (list->count > 0)
		qsort(list->items, list->count, sizeof(*list->items), compare);
	for (size_t i = 0; i < list->count; i++) {
		struct complaint *item = &list->items[i];

		if (kept == 0 || compare(&list->items[kept - 1], item) != 0) {
			list->items[kept++] = *item;
			continue;
		}
		list->errors -= !item->warning;
		free(item->file);
		free(item->text);
	}
	list->count = kept;
}

void
complaints_print(const struct complaints *list, FILE *out)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct complaint *item = &list->items[i];

		fprintf(out, "%s:", item->file);
		if (item->line != 0)
			fprintf(out, "%zu:", item->line);
		fprintf(out, " %s%s\n", item->warning ? "warning: " : "",
		    item->text);
	}
}

bool
complaints_none(
    const struct complaints *list, enum err_code code, struct err *err)
{
	const struct complaint *first = NULL;

	if (list->errors == 0)
		return true;
	for (size_t i = 0; first == NULL; i++)
		if (!list->items[i].warning)
			first = &list->items[i];
	if (first->line != 0)
		err_set(err, code, "%s:%zu: %s", first->file, first->line,
		    first->text);
	else
		err_set(err, code, "%s: %s", first->file, first->text);
	if (err != NULL && list->errors > 1) {
		struct err one = *err;

		err_set(
		    err, code, "%s (and %zu more)", one.text, list->errors - 1);
	}
	return false;
}
