#include <inttypes.h>
#include <string.h>

#include "people/people.h"
#include "people/people_audience.h"
#include "people/people_file.h"
#include "people/people_history.h"
#include "people/people_tags.h"
#include "store/store_tag.h"

enum { SLUG_MOST = 40, LABEL_MOST = 200 };
enum { COLUMN_TAG, COLUMN_LABEL_EN, COLUMN_LABEL_JA };

static const struct people_heading headings[] = {
	{ "tag", COLUMN_TAG, true },
	{ "label_en", COLUMN_LABEL_EN, true },
	{ "label_ja", COLUMN_LABEL_JA, true },
	{ 0 },
};

struct work {
	struct store *store;
	const char *path;
	struct complaints *complaints;
	struct people_tally tally;
};

static bool
check_label(const char *what, const char *label, struct err *err)
{
	if (label[0] == '\0')
		return err_set(err, ERR_DATA, "the %s is missing", what);
	if (strlen(label) > LABEL_MOST || text_has_control(label))
		return err_set(err, ERR_DATA,
		    "the %s is longer than %d bytes or has a line break", what,
		    LABEL_MOST);
	return true;
}

static bool
check_slug(const char *slug, struct err *err)
{
	size_t bytes = strlen(slug);

	if (bytes == 0 || bytes > SLUG_MOST || slug[0] == '-' ||
	    strspn(slug, "abcdefghijklmnopqrstuvwxyz0123456789-") < bytes)
		return err_set(err, ERR_DATA,
		    "'%.60s' is no tag, expected at most %d lower-case "
		    "letters, digits and hyphens",
		    slug, SLUG_MOST);
	return true;
}

static bool
check_tag(const struct store_tag *tag, struct err *err)
{
	return check_slug(tag->slug, err) &&
	       check_label("English label", tag->label_en, err) &&
	       check_label("Japanese label", tag->label_ja, err);
}

static bool
put_tag(struct store *store, const struct store_tag *tag,
    enum people_verdict *ret_verdict, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store_tags tags;
	bool changed;
	bool new = true;

	if (!store_tag_list(arena, store, false, &tags, err) ||
	    !store_tag_put(store, tag, &changed, err))
		return false;
	for (size_t i = 0; i < tags.count; i++)
		if (text_equal(tags.items[i].slug, tag->slug))
			new = false;
	*ret_verdict = new       ? VERDICT_NEW
		       : changed ? VERDICT_CHANGED
				 : VERDICT_UNCHANGED;
	return true;
}

bool
people_add_tag(struct store *store, const char *slug, const char *label_en,
    const char *label_ja, const struct people_author *author,
    enum people_verdict *ret_verdict, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	const struct store_tag tag = {
		.slug = slug,
		.label_en = label_en,
		.label_ja = label_ja,
	};

	if (!check_tag(&tag, err) || !people_begin(store, author, NULL, err))
		return false;
	guard = store;
	return put_tag(store, &tag, ret_verdict, err) &&
	       store_commit(store, err);
}

static bool
read_tag(const struct people_header *header, const struct csv_row *row,
    void *context, struct err *err)
{
	struct work *work = context;
	const struct store_tag tag = {
		.slug = people_header_field(header, row, COLUMN_TAG),
		.label_en = people_header_field(header, row, COLUMN_LABEL_EN),
		.label_ja = people_header_field(header, row, COLUMN_LABEL_JA),
	};
	enum people_verdict verdict = VERDICT_REFUSED;
	struct err fault = { 0 };

	store_history_line(work->store, (int64_t)row->line);
	if (!check_tag(&tag, &fault))
		complaints_add(
		    work->complaints, work->path, row->line, "%s", fault.text);
	else if (!put_tag(work->store, &tag, &verdict, err))
		return false;
	work->tally.counts[verdict]++;
	return true;
}

bool
people_import_tags(struct store *store, const char *path,
    const struct people_author *author, struct complaints *complaints,
    struct people_tally *ret_tally, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	struct work work = {
		.store = store,
		.path = path,
		.complaints = complaints,
	};
	struct people_file file = {
		.path = path,
		.headings.table = headings,
		.headings.fixed = true,
		.each = read_tag,
		.context = &work,
	};

	if (!people_begin(
		store, author, &(struct people_source){ .name = path }, err))
		return false;
	guard = store;
	if (!people_file_walk(&file, complaints, err) ||
	    !complaints_none(complaints, ERR_DATA, err) ||
	    !store_commit(store, err))
		return false;
	*ret_tally = work.tally;
	return true;
}

/* Refuses a tag that is not there. */
static bool
find_tag(struct arena *arena, struct store *store, const char *slug,
    int64_t *ret_users, struct err *err)
{
	struct store_tags tags;
	const char **slugs;
	const char *nearest;
	bool found;

	if (!store_tag_users(store, slug, &found, ret_users, err))
		return false;
	if (found)
		return true;
	if (!store_tag_list(arena, store, false, &tags, err))
		return false;
	slugs = arena_take(arena, tags.count + 1, sizeof(*slugs));
	for (size_t i = 0; i < tags.count; i++)
		slugs[i] = tags.items[i].slug;
	nearest = text_nearest(slug, slugs);
	if (nearest != NULL)
		return err_set(err, ERR_NO_INPUT,
		    "unknown tag '%.60s' (did you mean '%s'?)", slug, nearest);
	return err_set(err, ERR_NO_INPUT, "unknown tag '%.60s'", slug);
}

bool
people_rename_tag(struct arena *arena, struct store *store, const char *old,
    const char *slug, const struct people_author *author,
    struct people_tag_change *ret_change, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	int64_t others;
	bool taken;

	if (!check_slug(slug, err) || !people_begin(store, author, NULL, err))
		return false;
	guard = store;
	if (!find_tag(arena, store, old, &ret_change->contacts, err) ||
	    !store_tag_users(store, slug, &taken, &others, err))
		return false;
	if (taken)
		return err_set(err, ERR_DATA,
		    "there is a tag '%s' already; `tag merge %s %s` makes one "
		    "of both",
		    slug, old, slug);
	return store_tag_rename(store, old, slug, err) &&
	       people_segment_replace(arena, store, AUDIENCE_TAG, old, slug,
		   &ret_change->segments, err) &&
	       store_commit(store, err);
}

bool
people_merge_tags(struct arena *arena, struct store *store, const char *from,
    const char *into, const struct people_author *author,
    struct people_tag_change *ret_change, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	int64_t others;

	if (text_equal(from, into))
		return err_set(err, ERR_USAGE,
		    "'%s' and '%s' are one tag already", from, into);
	if (!people_begin(store, author, NULL, err))
		return false;
	guard = store;
	return find_tag(arena, store, from, &ret_change->contacts, err) &&
	       find_tag(arena, store, into, &others, err) &&
	       store_tag_merge(store, from, into, err) &&
	       people_segment_replace(arena, store, AUDIENCE_TAG, from, into,
		   &ret_change->segments, err) &&
	       store_commit(store, err);
}

bool
people_remove_tag(struct store *store, const char *slug,
    const struct people_author *author, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct text_list segments;
	int64_t users;

	if (!people_begin(store, author, NULL, err))
		return false;
	guard = store;
	if (!find_tag(arena, store, slug, &users, err) ||
	    !people_segment_users(
		arena, store, AUDIENCE_TAG, slug, &segments, err))
		return false;
	if (users > 0)
		return err_set(err, ERR_DATA,
		    "%" PRId64 " %s the tag '%s'; `tag merge %s INTO` gives "
		    "them another one",
		    users, users == 1 ? "contact has" : "contacts have", slug,
		    slug);
	if (segments.count > 0)
		return err_set(err, ERR_DATA,
		    "the segment '%s' names the tag '%s'; change it first",
		    segments.items[0], slug);
	return store_tag_remove(store, slug, err) && store_commit(store, err);
}
