#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "people/people_row.h"

/* Whether there is more than blanks. */
static bool
has_text(const char *text)
{
	static const char wide_blank[] = "\u3000";

	for (;;) {
		text += strspn(text, " \t\r\n");
		if (!text_starts(text, wide_blank))
			return *text != '\0';
		text += strlen(wide_blank);
	}
}

void
people_row_merge(const struct store_subscriber *row,
    const char *const texts[COLUMNS], struct store_subscriber *onto)
{
	onto->address = row->address;
	onto->address_key = row->address_key;
	if (texts[COLUMN_NAME] != NULL)
		onto->name = row->name;
	if (texts[COLUMN_ORGANISATION] != NULL)
		onto->organisation = row->organisation;
	if (texts[COLUMN_DEPARTMENT] != NULL)
		onto->department = row->department;
	if (texts[COLUMN_MUNICIPALITY] != NULL)
		onto->municipality = row->municipality;
	if (texts[COLUMN_LANGUAGE] != NULL)
		onto->language = row->language;
	if (texts[COLUMN_FORMAT] != NULL)
		onto->format = row->format;
	if (texts[COLUMN_TAGS] != NULL)
		onto->tags = row->tags;
	if (texts[COLUMN_COUNTRIES] != NULL)
		onto->countries = row->countries;
	/* Consent ends by a word, not because a cell was left empty. */
	if (texts[COLUMN_BASIS] != NULL && has_text(texts[COLUMN_BASIS]))
		onto->basis = row->basis;
}

static const char *
join_words(struct arena *arena, const struct text_list *list)
{
	struct buf whole GM_BUF_AT_EXIT;

	buf_init(&whole, SIZE_MAX / 4);
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			buf_add_char(&whole, ';');
		buf_add_str(&whole, list->items[i]);
	}
	return arena_strndup(arena, buf_str(&whole), whole.used);
}

const char *
people_row_text(struct arena *arena, const struct store_subscriber *row,
    enum people_column column)
{
	switch (column) {
	case COLUMN_EMAIL:
		return row->address;
	case COLUMN_NAME:
		return row->name;
	case COLUMN_ORGANISATION:
		return row->organisation;
	case COLUMN_DEPARTMENT:
		return row->department;
	case COLUMN_MUNICIPALITY:
		return row->municipality;
	case COLUMN_LANGUAGE:
		return subscriber_language(row->language);
	case COLUMN_FORMAT:
		return subscriber_format(row->format);
	case COLUMN_TAGS:
		return join_words(arena, &row->tags);
	case COLUMN_COUNTRIES:
		return join_words(arena, &row->countries);
	case COLUMN_BASIS:
		return subscriber_basis(row->basis);
	case COLUMNS:
		break;
	}
	assert(false && "no such column");
	return "";
}

size_t
people_row_changes(struct arena *arena, const struct store_subscriber *old,
    const struct store_subscriber *new, struct people_difference *ret_changes)
{
	size_t count = 0;

	for (int i = 0; i < COLUMNS; i++) {
		enum people_column column = (enum people_column)i;
		const char *before = people_row_text(arena, old, column);
		const char *after = people_row_text(arena, new, column);

		if (!text_equal(before, after))
			ret_changes[count++] =
			    (struct people_difference){ people_column(column),
				    before, after };
	}
	return count;
}

static bool
lists_same(const struct text_list *a, const struct text_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!text_equal(a->items[i], b->items[i]))
			return false;
	return true;
}

bool
people_row_same(
    const struct store_subscriber *a, const struct store_subscriber *b)
{
	return text_equal(a->address, b->address) &&
	       text_equal(a->name, b->name) &&
	       text_equal(a->organisation, b->organisation) &&
	       text_equal(a->department, b->department) &&
	       text_equal(a->municipality, b->municipality) &&
	       a->language == b->language && a->format == b->format &&
	       a->basis == b->basis && a->state == b->state &&
	       lists_same(&a->tags, &b->tags) &&
	       lists_same(&a->countries, &b->countries);
}
