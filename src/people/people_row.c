#include "people/people_row.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "model/address_slip.h"
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

static bool
is_ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

/* Full-width letters and digits as what they are meant to be. */
static const char *
to_half_width(struct arena *arena, const char *text)
{
	return is_ascii(text) ? text
			      : text_trim(arena, unicode_nfkc(arena, text));
}

/* For words that are looked up. */
static const char *
fold_word(struct arena *arena, const char *text)
{
	return text_lower(arena, to_half_width(arena, text));
}

bool
people_row_address(struct arena *arena, const char *text,
    struct address *ret_address, struct err *err)
{
	const char *trimmed = to_half_width(arena, text_trim(arena, text));
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
refuse_address(
    struct reading *reading, const char *text, const struct err *fault)
{
	const char *meant =
	    address_mend(reading->arena, to_half_width(reading->arena, text));

	if (meant != NULL)
		complain(reading, "address %s (did you mean '%s'?)",
		    fault->text, meant);
	else
		complain(reading, "address %s", fault->text);
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
		refuse_address(reading, text, &err);
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

/* Lines of a cell behind each other. */
static const char *
join_lines(struct arena *arena, const char *text)
{
	static const char breaks[] = "\r\n";
	const char *joined = "";

	if (strpbrk(text, breaks) == NULL)
		return text;
	while (*text != '\0') {
		size_t bytes = strcspn(text, breaks);
		const char *line =
		    text_trim(arena, arena_strndup(arena, text, bytes));

		if (*line != '\0')
			joined = arena_format(arena, "%s%s%s", joined,
			    *joined != '\0' ? " " : "", line);
		text += bytes + strspn(text + bytes, breaks);
	}
	return joined;
}

static const char *
check_text(struct reading *reading, const char *what, const char *text)
{
	text = join_lines(reading->arena, text);
	if (text_has_control(text))
		complain(reading, "the %s '%.60s' has a control character",
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
	const struct store_merger *merger;
	char code[MUNICIPALITY_CODE_BYTES];
	struct err err = { 0 };

	if (*text == '\0') {
		reading->row->municipality = "";
		return;
	}
	if (!municipality_code_parse(
		to_half_width(reading->arena, text), code, &err)) {
		complain(reading, "%s", err.text);
		return;
	}
	merger = store_merger_find(&reading->origin->vocabulary->mergers, code);
	if (merger != NULL)
		complaints_warn(reading->complaints, reading->origin->file,
		    reading->origin->line,
		    "municipality %s was merged into %s, which is taken",
		    merger->code, merger->into);
	reading->row->municipality =
	    arena_strdup(reading->arena, merger != NULL ? merger->into : code);
}

static void
read_language(struct reading *reading, const char *text)
{
	reading->row->language = LANGUAGE_JA;
	if (*text != '\0' &&
	    !people_column_language(
		fold_word(reading->arena, text), &reading->row->language))
		complain(reading, "unknown language '%.60s', expected ja or en",
		    text_printable(reading->arena, text));
}

static void
read_format(struct reading *reading, const char *text)
{
	reading->row->format = FORMAT_HTML;
	if (*text != '\0' &&
	    !people_column_format(
		fold_word(reading->arena, text), &reading->row->format))
		complain(reading,
		    "unknown format '%.60s', expected html or text",
		    text_printable(reading->arena, text));
}

static void
read_basis(struct reading *reading, const char *text)
{
	const char *nearest;

	reading->row->basis = BASIS_NONE;
	if (*text == '\0' ||
	    people_column_basis(
		fold_word(reading->arena, text), &reading->row->basis))
		return;
	nearest = text_nearest(text, subscriber_bases);
	if (nearest != NULL)
		complain(reading, "unknown basis '%.60s' (did you mean '%s'?)",
		    text_printable(reading->arena, text), nearest);
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

/* Semicolons for all that separates words of a list. */
static const char *
join_separators(struct arena *arena, const char *text)
{
	static const char comma[] = "、";
	char *copy, *found;

	if (is_ascii(text) && strpbrk(text, "\r\n") == NULL)
		return text;
	copy = arena_strdup(arena, to_half_width(arena, text));
	while ((found = strstr(copy, comma)) != NULL)
		memcpy(found, ";  ", sizeof(comma) - 1);
	for (found = copy; *found != '\0'; found++)
		if (*found == '\r' || *found == '\n')
			*found = ';';
	return copy;
}

static struct text_list
split_words(struct reading *reading, const char *what, const char *text)
{
	struct text_list list = text_split(
	    reading->arena, join_separators(reading->arena, text), ';');

	if (list.count > WORDS_MOST) {
		complain(reading, "%zu %s, at most %d", list.count, what,
		    WORDS_MOST);
		list.count = 0;
	}
	return list;
}

static int
compare_labels(const void *a, const void *b)
{
	return strcmp(((const struct people_label *)a)->folded,
	    ((const struct people_label *)b)->folded);
}

bool
people_row_vocabulary(struct arena *arena, struct store *store,
    struct people_vocabulary *ret_vocabulary, struct err *err)
{
	struct people_vocabulary all = { 0 };
	struct store_tags tags;

	if (!store_tag_list(arena, store, false, &tags, err) ||
	    !store_merger_list(arena, store, &all.mergers, err))
		return false;
	all.count = tags.count;
	all.slugs = arena_take(arena, tags.count + 1, sizeof(*all.slugs));
	all.labels = arena_take(arena, 2 * tags.count + 1, sizeof(*all.labels));
	for (size_t i = 0; i < tags.count; i++) {
		const struct store_tag *tag = &tags.items[i];

		all.slugs[i] = tag->slug;
		all.labels[all.label_count++] =
		    (struct people_label){ fold_word(arena, tag->label_en),
			    tag->slug };
		all.labels[all.label_count++] =
		    (struct people_label){ fold_word(arena, tag->label_ja),
			    tag->slug };
	}
	if (all.label_count > 1)
		qsort(all.labels, all.label_count, sizeof(*all.labels),
		    compare_labels);
	*ret_vocabulary = all;
	return true;
}

/* The slug of a word, NULL when there is none. */
static const char *
find_tag(struct reading *reading, const char *word)
{
	const struct people_vocabulary *all = reading->origin->vocabulary;
	const struct people_label key = { .folded = word };
	const struct people_label *label;

	if (bsearch(&word, all->slugs, all->count, sizeof(*all->slugs),
		compare_words) != NULL)
		return word;
	label = bsearch(
	    &(struct people_label){ fold_word(reading->arena, word), NULL },
	    all->labels, all->label_count, sizeof(key), compare_labels);
	return label != NULL ? label->slug : NULL;
}

/* The slug that a word which is none may mean: one spelt like it, or one whose
   label has the word in it; NULL: none. */
static const char *
guess_tag(struct reading *reading, const char *word)
{
	const struct people_vocabulary *all = reading->origin->vocabulary;
	const char *nearest = text_nearest(word, all->slugs);
	const char *folded = fold_word(reading->arena, word);

	for (size_t i = 0; i < all->label_count && nearest == NULL; i++)
		if (strstr(all->labels[i].folded, folded) != NULL)
			nearest = all->labels[i].slug;
	return nearest;
}

static void
complain_tag(struct reading *reading, const char *word)
{
	const char *shown = text_printable(reading->arena, word);
	const char *meant = guess_tag(reading, word);

	if (meant != NULL)
		complain(reading, "unknown tag '%.60s' (did you mean '%s'?)",
		    shown, meant);
	else
		complain(reading,
		    "unknown tag '%.60s'; `tag list` shows those there are",
		    shown);
}

static void
read_tags(struct reading *reading, const char *text)
{
	struct text_list list = split_words(reading, "tags", text);

	for (size_t i = 0; i < list.count; i++) {
		const char *slug = find_tag(reading, list.items[i]);

		if (slug == NULL)
			complain_tag(reading, list.items[i]);
		else
			list.items[i] = slug;
	}
	reading->row->tags = put_in_order(list);
}

static void
read_countries(struct reading *reading, const char *text)
{
	struct text_list list = split_words(reading, "countries", text);

	for (size_t i = 0; i < list.count; i++) {
		const char *shown;
		const char *meant;

		if (country_known(list.items[i]))
			continue;
		shown = text_printable(reading->arena, list.items[i]);
		meant = country_meant(list.items[i]);
		if (meant != NULL && strlen(list.items[i]) > 2)
			list.items[i] = meant;
		else if (meant != NULL)
			complain(reading,
			    "unknown country '%.60s' (did you mean '%s'?)",
			    shown, meant);
		else
			complain(reading,
			    "unknown country '%.60s', expected two letters of "
			    "ISO 3166-1, several separated by ;",
			    shown);
	}
	reading->row->countries = put_in_order(list);
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

/* Mostly there is nothing to take away, and a copy costs. */
static const char *
trim(struct arena *arena, const char *text)
{
	size_t bytes = strlen(text);
	unsigned char first = (unsigned char)text[0];
	bool plain = bytes == 0 || (first > ' ' && first != 0xe3 &&
				       (unsigned char)text[bytes - 1] > ' ' &&
				       (unsigned char)text[bytes - 1] != 0x80);

	return plain ? text : text_trim(arena, text);
}

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
			readers[i](&reading, trim(arena, texts[i]));
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
	struct people_vocabulary vocabulary;
	struct people_row_origin origin = {
		.file = contact->email,
		.vocabulary = &vocabulary,
		.roles = contact->roles,
	};
	bool ok;

	if (!people_row_vocabulary(arena, store, &vocabulary, err))
		return false;
	*ret_row = people_row_default();
	memcpy(ret_texts, given, sizeof(given));
	people_row_read(arena, given, &origin, &complaints, ret_row);
	ok = complaints_none(&complaints, ERR_DATA, err);
	complaints_clear(&complaints);
	return ok;
}
