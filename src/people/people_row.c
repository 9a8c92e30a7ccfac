#include "people/people_row.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "model/country.h"
#include "model/municipality.h"
#include "store/store_tag.h"
#include "unicode/unicode.h"

enum { TEXT_MOST_BYTES = 500, WORDS_MOST = 100 };

/* The work on one contact. */
struct reading {
	struct arena *arena;
	const struct people_row_origin *origin;
	struct complaints *complaints;
	struct store_subscriber *row;
};

typedef void read_fn(struct reading *, const char *text);

static void GM_PRINTF(2, 3)
    complain(struct reading *reading, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = mem_vformat(fmt, ap);
	va_end(ap);
	complaints_add(reading->complaints, reading->origin->file,
	    reading->origin->line, "%s", text);
	free(text);
}

/* Complains of a word, naming the nearest of those there are. */
static void
complain_word(struct reading *reading, const char *what, const char *word,
    const char *const *words)
{
	const char *shown = text_printable(reading->arena, word);
	const char *nearest = text_nearest(word, words);

	if (nearest != NULL)
		complain(reading, "unknown %s '%.60s' (did you mean '%s'?)",
		    what, shown, nearest);
	else
		complain(reading, "unknown %s '%.60s'", what, shown);
}

static bool
is_ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

bool
people_row_address(struct arena *arena, const char *text,
    struct address *ret_address, struct err *err)
{
	const char *trimmed = text_trim(arena, text);
	const char *at = strrchr(trimmed, '@');
	char *domain;

	if (at != NULL && !is_ascii(at)) {
		if (!unicode_domain_to_ascii(arena, at + 1, &domain, err))
			return err_wrap(
			    err, "'%.80s'", text_printable(arena, trimmed));
		trimmed = arena_format(
		    arena, "%.*s@%s", (int)(at - trimmed), trimmed, domain);
	}
	return address_parse(arena, trimmed, ret_address, err);
}

static void
read_email(struct reading *reading, const char *text)
{
	struct address address;
	struct err err = { 0 };

	if (*text == '\0') {
		complain(reading, "the address is missing");
		return;
	}
	if (!people_row_address(reading->arena, text, &address, &err)) {
		complain(reading, "address %s", err.text);
		return;
	}
	if (address_is_role(address.text) && !reading->origin->roles)
		complain(reading,
		    "'%s' is read by nobody who could subscribe; give the "
		    "address of a person or an office",
		    address.text);
	reading->row->address = address.text;
	reading->row->address_key = address.key;
}

static const char *
check_text(struct reading *reading, const char *what, const char *text)
{
	if (text_has_control(text))
		complain(reading,
		    "the %s '%.60s' has a line break or control character",
		    what, text_printable(reading->arena, text));
	else if (strlen(text) > TEXT_MOST_BYTES)
		complain(reading, "the %s is longer than %d bytes", what,
		    TEXT_MOST_BYTES);
	return arena_strdup(reading->arena, text);
}

static void
read_name(struct reading *reading, const char *text)
{
	reading->row->name = check_text(reading, "name", text);
}

static void
read_organisation(struct reading *reading, const char *text)
{
	reading->row->organisation = check_text(reading, "organisation", text);
}

static void
read_department(struct reading *reading, const char *text)
{
	reading->row->department = check_text(reading, "department", text);
}

static void
read_municipality(struct reading *reading, const char *text)
{
	char code[MUNICIPALITY_CODE_BYTES];
	struct err err = { 0 };

	if (*text == '\0') {
		reading->row->municipality = "";
		return;
	}
	if (municipality_code_parse(text, code, &err))
		reading->row->municipality = arena_strdup(reading->arena, code);
	else
		complain(reading, "%s", err.text);
}

static void
read_language(struct reading *reading, const char *text)
{
	reading->row->language = LANGUAGE_JA;
	if (*text != '\0' &&
	    !subscriber_parse_language(
		text_lower(reading->arena, text), &reading->row->language))
		complain(reading, "unknown language '%.60s', expected ja or en",
		    text_printable(reading->arena, text));
}

static void
read_format(struct reading *reading, const char *text)
{
	reading->row->format = FORMAT_HTML;
	if (*text != '\0' &&
	    !subscriber_parse_format(
		text_lower(reading->arena, text), &reading->row->format))
		complain(reading,
		    "unknown format '%.60s', expected html or text",
		    text_printable(reading->arena, text));
}

static void
read_basis(struct reading *reading, const char *text)
{
	reading->row->basis = BASIS_NONE;
	if (*text == '\0' ||
	    subscriber_parse_basis(
		text_lower(reading->arena, text), &reading->row->basis))
		return;
	if (text_nearest(text, subscriber_bases) != NULL)
		complain_word(reading, "basis", text, subscriber_bases);
	else
		complain(reading,
		    "unknown basis '%.60s', expected consent, given_address, "
		    "business_relation, published or none",
		    text_printable(reading->arena, text));
}

static int
compare_words(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorts a list and takes doubles out. */
static struct text_list
put_in_order(struct text_list list)
{
	size_t kept = 0;

	if (list.count > 1)
		qsort(
		    list.items, list.count, sizeof(*list.items), compare_words);
	for (size_t i = 0; i < list.count; i++)
		if (i == 0 || !text_equal(list.items[i], list.items[kept - 1]))
			list.items[kept++] = list.items[i];
	list.count = kept;
	return list;
}

static struct text_list
split_words(struct reading *reading, const char *what, const char *text)
{
	struct text_list list = text_split(reading->arena, text, ';');

	if (list.count > WORDS_MOST) {
		complain(reading, "%zu %s, at most %d", list.count, what,
		    WORDS_MOST);
		list.count = 0;
	}
	return put_in_order(list);
}

static void
read_tags(struct reading *reading, const char *text)
{
	const struct people_row_origin *origin = reading->origin;
	struct text_list list = split_words(reading, "tags", text);

	for (size_t i = 0; i < list.count; i++)
		if (bsearch(&list.items[i], origin->tags, origin->tag_count,
			sizeof(*origin->tags), compare_words) == NULL)
			complain_word(
			    reading, "tag", list.items[i], origin->tags);
	reading->row->tags = list;
}

static void
read_countries(struct reading *reading, const char *text)
{
	struct text_list list = split_words(reading, "countries", text);

	for (size_t i = 0; i < list.count; i++) {
		const char *shown =
		    text_printable(reading->arena, list.items[i]);
		const char *meant;

		if (country_known(list.items[i]))
			continue;
		meant = country_meant(list.items[i]);
		if (meant != NULL)
			complain(reading,
			    "unknown country '%.60s' (did you mean '%s'?)",
			    shown, meant);
		else
			complain(reading,
			    "unknown country '%.60s', expected two letters of "
			    "ISO 3166-1, several separated by ;",
			    shown);
	}
	reading->row->countries = list;
}

static read_fn *const readers[COLUMNS] = {
	[COLUMN_EMAIL] = read_email,
	[COLUMN_NAME] = read_name,
	[COLUMN_ORGANISATION] = read_organisation,
	[COLUMN_DEPARTMENT] = read_department,
	[COLUMN_MUNICIPALITY] = read_municipality,
	[COLUMN_LANGUAGE] = read_language,
	[COLUMN_FORMAT] = read_format,
	[COLUMN_TAGS] = read_tags,
	[COLUMN_COUNTRIES] = read_countries,
	[COLUMN_BASIS] = read_basis,
};

bool
people_row_read(struct arena *arena, const char *const texts[COLUMNS],
    const struct people_row_origin *origin, struct complaints *complaints,
    struct store_subscriber *ret_row)
{
	struct reading reading = {
		.arena = arena,
		.origin = origin,
		.complaints = complaints,
		.row = ret_row,
	};
	size_t errors = complaints->errors;

	for (size_t i = 0; i < COLUMNS; i++)
		if (texts[i] != NULL)
			readers[i](&reading, text_trim(arena, texts[i]));
	return complaints->errors == errors;
}

struct store_subscriber
people_row_default(void)
{
	return (struct store_subscriber){
		.address = "",
		.address_key = "",
		.name = "",
		.organisation = "",
		.department = "",
		.municipality = "",
		.language = LANGUAGE_JA,
		.format = FORMAT_HTML,
		.basis = BASIS_NONE,
		.state = SUBSCRIBER_ACTIVE,
	};
}

bool
people_row_contact(struct arena *arena, struct store *store,
    const struct people_contact *contact, const char *ret_texts[COLUMNS],
    struct store_subscriber *ret_row, struct err *err)
{
	const char *const given[COLUMNS] = {
		[COLUMN_EMAIL] = contact->email,
		[COLUMN_NAME] = contact->name,
		[COLUMN_ORGANISATION] = contact->organisation,
		[COLUMN_DEPARTMENT] = contact->department,
		[COLUMN_MUNICIPALITY] = contact->municipality,
		[COLUMN_LANGUAGE] = contact->language,
		[COLUMN_FORMAT] = contact->format,
		[COLUMN_TAGS] = contact->tags,
		[COLUMN_COUNTRIES] = contact->countries,
		[COLUMN_BASIS] = contact->basis,
	};
	struct complaints complaints = { 0 };
	struct people_row_origin origin = {
		.file = contact->email,
		.roles = contact->roles,
	};
	struct store_tags tags;
	const char **slugs;
	bool ok;

	if (!store_tag_list(arena, store, false, &tags, err))
		return false;
	slugs = arena_take(arena, tags.count + 1, sizeof(*slugs));
	for (size_t i = 0; i < tags.count; i++)
		slugs[i] = tags.items[i].slug;
	origin.tags = slugs;
	origin.tag_count = tags.count;
	*ret_row = people_row_default();
	memcpy(ret_texts, given, sizeof(given));
	people_row_read(arena, given, &origin, &complaints, ret_row);
	ok = complaints_none(&complaints, ERR_DATA, err);
	complaints_clear(&complaints);
	return ok;
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
	if (texts[COLUMN_BASIS] != NULL)
		onto->basis = row->basis;
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
