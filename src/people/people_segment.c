#include <string.h>

#include "base/vec.h"
#include "people/audience_text.h"
#include "people/people_audience.h"
#include "people/people_history.h"
#include "store/store_segment.h"

enum { NAME_MOST = 60 };

static bool
check_name(const char *name, struct err *err)
{
	size_t bytes = strlen(name);

	if (bytes == 0 || bytes > NAME_MOST || !text_is_utf8(name, bytes) ||
	    text_has_control(name) || strpbrk(name, " ()\":") != NULL ||
	    strstr(name, "\u3000") != NULL)
		return err_set(err, ERR_USAGE,
		    "'%.80s' is no name for a segment, expected at most %d "
		    "bytes without blanks, colons, quotes and parentheses",
		    name, NAME_MOST);
	return true;
}

static bool
find(struct arena *arena, struct store *store, const char *name,
    const struct store_segment **ret_segment, struct store_segments *ret_all,
    struct err *err)
{
	if (!store_segment_list(arena, store, ret_all, err))
		return false;
	*ret_segment = NULL;
	for (size_t i = 0; i < ret_all->count; i++)
		if (text_equal(ret_all->items[i].name, name))
			*ret_segment = &ret_all->items[i];
	return true;
}

bool
people_segment_add(struct store *store, const char *name, const char *text,
    const struct people_author *author, bool *ret_new, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	const struct store_segment *old;
	const struct audience *tree;
	struct store_segments all;

	if (!check_name(name, err) || !people_begin(store, author, NULL, err))
		return false;
	guard = store;
	if (!people_audience_of_segment(arena, store, name, text, &tree, err) ||
	    !find(arena, store, name, &old, &all, err) ||
	    !store_segment_put(store, name, text, err))
		return false;
	*ret_new = old == NULL;
	return store_commit(store, err);
}

static char *
join(struct arena *arena, const struct text_list *names)
{
	char *whole = arena_strdup(arena, "");

	for (size_t i = 0; i < names->count; i++)
		whole = arena_format(
		    arena, "%s%s%s", whole, i > 0 ? ", " : "", names->items[i]);
	return whole;
}

static bool
refuse_missing(struct arena *arena, const char *name,
    const struct store_segments *all, struct err *err)
{
	const char **names = arena_take(arena, all->count + 1, sizeof(*names));
	const char *nearest;

	for (size_t i = 0; i < all->count; i++)
		names[i] = all->items[i].name;
	nearest = text_nearest(name, names);
	if (nearest != NULL)
		return err_set(err, ERR_NO_INPUT,
		    "no segment '%.80s' (did you mean '%s'?)", name, nearest);
	return err_set(err, ERR_NO_INPUT, "no segment '%.80s'", name);
}

bool
people_segment_remove(struct store *store, const char *name,
    const struct people_author *author, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	const struct store_segment *old;
	struct store_segments all;
	struct text_list users;
	bool removed;

	if (!people_begin(store, author, NULL, err))
		return false;
	guard = store;
	if (!find(arena, store, name, &old, &all, err))
		return false;
	if (old == NULL)
		return refuse_missing(arena, name, &all, err);
	if (!people_segment_users(
		arena, store, AUDIENCE_SEGMENT, name, &users, err))
		return false;
	if (users.count > 0)
		return err_set(err, ERR_DATA,
		    "the segment '%s' is part of %s; change that first", name,
		    join(arena, &users));
	return store_segment_remove(store, name, &removed, err) &&
	       store_commit(store, err);
}

bool
people_segment_replace(struct arena *arena, struct store *store,
    enum audience_field field, const char *old, const char *value,
    struct text_list *ret_changed, struct err *err)
{
	struct store_segments all;

	if (!store_segment_list(arena, store, &all, err))
		return false;
	ret_changed->items =
	    arena_take(arena, all.count + 1, sizeof(*ret_changed->items));
	ret_changed->count = 0;
	for (size_t i = 0; i < all.count; i++) {
		const struct store_segment *segment = &all.items[i];
		const char *text = audience_text_replace(
		    arena, segment->expression, field, old, value);

		if (text == NULL)
			continue;
		if (!store_segment_put(store, segment->name, text, err))
			return false;
		ret_changed->items[ret_changed->count++] = segment->name;
	}
	return true;
}

bool
people_segment_users(struct arena *arena, struct store *store,
    enum audience_field field, const char *value, struct text_list *ret_names,
    struct err *err)
{
	struct store_segments all;

	if (!store_segment_list(arena, store, &all, err))
		return false;
	ret_names->items =
	    arena_take(arena, all.count + 1, sizeof(*ret_names->items));
	ret_names->count = 0;
	for (size_t i = 0; i < all.count; i++)
		if (audience_text_replace(arena, all.items[i].expression, field,
			value, value) != NULL)
			ret_names->items[ret_names->count++] =
			    all.items[i].name;
	return true;
}
