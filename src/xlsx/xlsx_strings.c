#include "xlsx/xlsx_strings.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum {
	TEXTS_MOST_BYTES = 64 * 1024 * 1024,
	TEXTS_MOST = 4 * 1024 * 1024,
	PART_MOST_BYTES = 512 * 1024 * 1024,
};

void
xlsx_text_init(struct xlsx_text *text, size_t most)
{
	*text = (struct xlsx_text){ 0 };
	buf_init(&text->bytes, most);
}

void
xlsx_text_start(struct xlsx_text *text, const char *name)
{
	if (text_equal(name, "rPh"))
		text->in_reading = true;
	else if (text_equal(name, "t"))
		text->in_t = !text->in_reading;
}

void
xlsx_text_end(struct xlsx_text *text, const char *name)
{
	if (text_equal(name, "rPh"))
		text->in_reading = false;
	else if (text_equal(name, "t"))
		text->in_t = false;
}

void
xlsx_text_add(struct xlsx_text *text, const char *bytes, size_t count)
{
	if (text->in_t)
		buf_add(&text->bytes, bytes, count);
}

void
xlsx_text_unescape(char *text)
{
	char *from = strstr(text, "_x");
	char *to = from;

	if (from == NULL)
		return;
	while (*from != '\0') {
		bool escaped = from[0] == '_' && from[1] == 'x';

		for (int i = 2; i < 6 && escaped; i++)
			escaped = isxdigit((unsigned char)from[i]);
		if (escaped && from[6] == '_' && from[2] == '0' &&
		    from[3] == '0' && from[4] < '8' &&
		    memcmp(from + 4, "00", 2) != 0) {
			*to++ = (char)strtol(
			    (char[]){ from[4], from[5], '\0' }, NULL, 16);
			from += 7;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

static void
on_start(struct xlsx_part *part, void *context, const char *name,
    const char **attributes)
{
	struct xlsx_strings *strings = context;

	(void)attributes;
	if (text_equal(name, "si")) {
		if (strings->offsets.count == TEXTS_MOST)
			xlsx_part_refuse(part, "too many texts");
		vec_push(&strings->offsets, strings->text.bytes.used);
	} else {
		xlsx_text_start(&strings->text, name);
	}
}

static void
on_end(struct xlsx_part *part, void *context, const char *name)
{
	struct xlsx_strings *strings = context;

	xlsx_text_end(&strings->text, name);
	if (text_equal(name, "si"))
		buf_add_char(&strings->text.bytes, '\0');
	if (strings->text.bytes.overflowed)
		xlsx_part_refuse(
		    part, "more than 64 MB of texts; save the sheet as CSV");
}

static void
on_text(struct xlsx_part *part, void *context, const char *bytes, size_t count)
{
	struct xlsx_strings *strings = context;

	(void)part;
	xlsx_text_add(&strings->text, bytes, count);
}

bool
xlsx_strings_read(zip_t *zip, const char *part,
    struct xlsx_strings *ret_strings, struct err *err)
{
	struct xlsx_handler handler = { on_start, on_end, on_text,
		ret_strings };
	bool there;

	xlsx_text_init(&ret_strings->text, TEXTS_MOST_BYTES);
	return xlsx_part_walk(
	    zip, part, PART_MOST_BYTES, &handler, &there, err);
}

void
xlsx_strings_clear(struct xlsx_strings *strings)
{
	buf_clear(&strings->text.bytes);
	vec_clear(&strings->offsets);
}

const char *
xlsx_strings_get(const struct xlsx_strings *strings, const char *number)
{
	char *end;
	unsigned long i = strtoul(number, &end, 10);

	if (*number < '0' || *number > '9' || *end != '\0' ||
	    i >= strings->offsets.count)
		return NULL;
	return strings->text.bytes.bytes + strings->offsets.items[i];
}
