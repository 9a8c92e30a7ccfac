#include "people/people_audience.h"

#include <string.h>

#include "model/country.h"
#include "model/subscriber.h"
#include "people/audience_text.h"
#include "people/people_place.h"
#include "store/store_organisation.h"
#include "store/store_segment.h"
#include "store/store_tag.h"
#include "unicode/unicode.h"

/* A segment that we are in, and the one around it. */
struct within {
	const char *name;
	const struct within *outer;
};

/* The work on one expression, and on the segments within it. */
struct checking {
	struct arena *arena;
	struct store *store;
	size_t tests;
};

static bool
refuse_unknown(const struct audience *test, const char *meant, struct err *err)
{
	const char *what = audience_field(test->field);

	if (meant != NULL)
		return err_set(err, ERR_USAGE,
		    "unknown %s '%.80s' (did you mean '%s'?)", what,
		    test->value, meant);
	return err_set(err, ERR_USAGE, "unknown %s '%.80s'", what, test->value);
}

/* A check refuses a value that is not there (ERR_USAGE); it may set *value to
   another form of it. */
typedef bool check_fn(struct checking *, const struct audience *test,
    const char **value, struct err *err);

static bool
check_tag(struct checking *checking, const struct audience *test,
    const char **value, struct err *err)
{
	struct store_tags tags;
	const char **slugs;

	(void)value;
	if (!store_tag_list(
		checking->arena, checking->store, false, &tags, err))
		return false;
	slugs = arena_take(checking->arena, tags.count + 1, sizeof(*slugs));
	for (size_t i = 0; i < tags.count; i++) {
		slugs[i] = tags.items[i].slug;
		if (text_equal(slugs[i], test->value))
			return true;
	}

	/* Labels are what readers see; a slug is what is written. */
	for (size_t i = 0; i < tags.count; i++)
		if (text_equal_nocase(tags.items[i].label_en, test->value) ||
		    text_equal(tags.items[i].label_ja, test->value))
			return refuse_unknown(test, slugs[i], err);
	return refuse_unknown(test,
	    text_nearest(text_lower(checking->arena, test->value), slugs), err);
}

static bool
check_country(struct checking *checking, const struct audience *test,
    const char **value, struct err *err)
{
	(void)checking;
	(void)value;
	return country_known(test->value) ||
	       refuse_unknown(test, country_nearest(test->value), err);
}

static bool
check_prefecture(struct checking *checking, const struct audience *test,
    const char **value, struct err *err)
{
	char *digits =
	    arena_take(checking->arena, PEOPLE_PLACE_PREFECTURE_BYTES, 1);

	*value = digits;
	return people_place_prefecture(
	    checking->arena, checking->store, test->value, digits, err);
}

static bool
check_municipality(struct checking *checking, const struct audience *test,
    const char **value, struct err *err)
{
	char *code = arena_take(checking->arena, MUNICIPALITY_CODE_BYTES, 1);

	*value = code;
	return people_place_municipality(
	    checking->arena, checking->store, test->value, code, err);
}

static bool
check_organisation(struct checking *checking, const struct audience *test,
    const char **value, struct err *err)
{
	struct store_organisations list;
	const char **names;
	bool named;

	(void)value;
	if (!store_organisation_named(
		checking->store, test->value, &named, err))
		return false;
	if (named)
		return true;
	if (!store_organisation_list(
		checking->arena, checking->store, NULL, NULL, true, &list, err))
		return false;
	names = arena_take(checking->arena, list.count + 1, sizeof(*names));
	for (size_t i = 0; i < list.count; i++)
		names[i] = list.items[i].name;
	return refuse_unknown(test, text_nearest(test->value, names), err);
}

/* One of the few words of a field. */
static bool
check_word(struct checking *checking, const struct audience *test,
    const char **value, struct err *err)
{
#define X(name, text) text,
	static const char *const states[] = { GM_SUBSCRIBER_STATES(X) NULL };
#undef X
	const char *const *words =
	    test->field == AUDIENCE_LANGUAGE ? subscriber_languages
	    : test->field == AUDIENCE_FORMAT ? subscriber_formats
	    : test->field == AUDIENCE_BASIS  ? subscriber_bases
					     : states;
	char *list = arena_strdup(checking->arena, "");

	for (size_t i = 0; words[i] != NULL; i++) {
		if (text_equal_nocase(words[i], test->value)) {
			*value = words[i];
			return true;
		}
		list = arena_format(checking->arena, "%s%s%s", list,
		    i > 0 ? ", " : "", words[i]);
	}
	if (text_nearest(test->value, words) != NULL)
		return refuse_unknown(
		    test, text_nearest(test->value, words), err);
	return err_set(err, ERR_USAGE, "unknown %s '%.80s', expected one of %s",
	    audience_field(test->field), test->value, list);
}

static bool
check_domain(struct checking *checking, const struct audience *test,
    const char **value, struct err *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789.-";
	const char *domain = test->value + (*test->value == '@');
	char *ascii;

	if (!unicode_domain_to_ascii(checking->arena, domain, &ascii, err) ||
	    ascii[strspn(ascii, allowed)] != '\0')
		return err_set(err, ERR_USAGE,
		    "'%.80s' is no domain, expected such as lg.jp",
		    test->value);
	*value = ascii;
	return true;
}

static check_fn *const checks[AUDIENCE_FIELDS] = {
	[AUDIENCE_TAG] = check_tag,
	[AUDIENCE_COUNTRY] = check_country,
	[AUDIENCE_PREFECTURE] = check_prefecture,
	[AUDIENCE_MUNICIPALITY] = check_municipality,
	[AUDIENCE_ORGANISATION] = check_organisation,
	[AUDIENCE_LANGUAGE] = check_word,
	[AUDIENCE_FORMAT] = check_word,
	[AUDIENCE_BASIS] = check_word,
	[AUDIENCE_STATE] = check_word,
	[AUDIENCE_DOMAIN] = check_domain,
};

static bool check_text(struct checking *checking, const struct within *within,
    const char *text, const struct audience **ret_tree, struct err *err);

/* Puts the expression of a segment in place of its name. */
static bool
open_segment(struct checking *checking, const struct within *within,
    const struct audience *test, const struct audience **ret_tree,
    struct err *err)
{
	const struct within inner = { .name = test->value, .outer = within };
	struct store_segments list;
	const char **names;

	for (const struct within *w = within; w != NULL; w = w->outer)
		if (text_equal(w->name, test->value))
			return err_set(err, ERR_USAGE,
			    "the segment '%s' would contain itself",
			    test->value);
	if (!store_segment_list(checking->arena, checking->store, &list, err))
		return false;
	names = arena_take(checking->arena, list.count + 1, sizeof(*names));
	for (size_t i = 0; i < list.count; i++) {
		names[i] = list.items[i].name;
		if (!text_equal(names[i], test->value))
			continue;
		return check_text(checking, &inner, list.items[i].expression,
			   ret_tree, err) ||
		       err_wrap(err, "segment '%s'", test->value);
	}
	return refuse_unknown(test, text_nearest(test->value, names), err);
}

/* Each leaf counts, and each segment that is opened: they multiply. */
static bool
count_leaf(struct checking *checking, struct err *err)
{
	return ++checking->tests <= AUDIENCE_TESTS_MOST ||
	       err_set(err, ERR_USAGE,
		   "more than %d tests with those of the segments",
		   AUDIENCE_TESTS_MOST);
}

static bool
check_test(struct checking *checking, const struct within *within,
    const struct audience *test, const struct audience **ret_tree,
    struct err *err)
{
	struct audience *copy =
	    arena_copy(checking->arena, test, sizeof(struct audience));
	bool ok = count_leaf(checking, err);

	*ret_tree = copy;
	if (ok && test->field == AUDIENCE_SEGMENT)
		ok = open_segment(checking, within, test, ret_tree, err);
	else if (ok)
		ok = checks[test->field](checking, test, &copy->value, err);
	if (!ok && err->code == ERR_USAGE)
		err_wrap(err, "column %zu", test->column);
	return ok;
}

static bool
check_tree(struct checking *checking, const struct within *within,
    const struct audience *tree, const struct audience **ret_tree,
    struct err *err)
{
	struct audience *copy;

	if (tree->kind == AUDIENCE_TEST)
		return check_test(checking, within, tree, ret_tree, err);
	copy = arena_copy(checking->arena, tree, sizeof(*tree));
	*ret_tree = copy;
	if (tree->kind == AUDIENCE_EVERYONE)
		return count_leaf(checking, err);
	return check_tree(checking, within, tree->left, &copy->left, err) &&
	       (tree->right == NULL || check_tree(checking, within, tree->right,
					   &copy->right, err));
}

static bool
check_text(struct checking *checking, const struct within *within,
    const char *text, const struct audience **ret_tree, struct err *err)
{
	const struct audience *tree;

	return audience_text_parse(checking->arena, text, &tree, err) &&
	       check_tree(checking, within, tree, ret_tree, err);
}

/* The text alone was looked at when it was read. */
static bool
check_depth(const struct audience *tree, struct err *err)
{
	return audience_depth(tree) <= AUDIENCE_DEEPEST ||
	       err_set(err, ERR_USAGE,
		   "nested more than %d deep with the segments",
		   AUDIENCE_DEEPEST);
}

bool
people_audience(struct arena *arena, struct store *store, const char *text,
    const struct audience **ret_tree, struct err *err)
{
	struct checking checking = { .arena = arena, .store = store };

	return check_text(&checking, NULL, text, ret_tree, err) &&
	       check_depth(*ret_tree, err);
}

bool
people_audience_of_segment(struct arena *arena, struct store *store,
    const char *name, const char *text, const struct audience **ret_tree,
    struct err *err)
{
	struct checking checking = { .arena = arena, .store = store };
	const struct within within = { .name = name };

	return check_text(&checking, &within, text, ret_tree, err) &&
	       check_depth(*ret_tree, err);
}
