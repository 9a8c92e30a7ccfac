#include "people/people_wording.h"

#include <string.h>

#include "base/now.h"
#include "people/people_history.h"
#include "secret/secret.h"

enum { NAME_MOST_BYTES = 60 };

static bool
is_name(const char *name)
{
	size_t bytes = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return bytes > 0 && bytes <= NAME_MOST_BYTES && name[bytes] == '\0';
}

static bool
check(const struct store_wording *new, const struct store_wording *old,
    struct arena *arena, struct err *err)
{
	if (!is_name(new->name))
		return err_set(err, ERR_DATA,
		    "'%.60s' is no name of a wording, expected lower-case "
		    "letters, digits and hyphens",
		    text_printable(arena, new->name));
	if (*text_trim(arena, new->text) == '\0')
		return err_set(err, ERR_DATA, "the text is empty");
	if (!text_is_utf8(new->text, strlen(new->text)))
		return err_set(err, ERR_DATA, "the text is not UTF-8");
	return old == NULL || old->from_ms < new->from_ms ||
	       err_set(err, ERR_DATA,
		   "the wording in use holds from %s on; a new one must begin "
		   "later",
		   now_format_local(arena, old->from_ms));
}

bool
people_add_wording(struct store *store, const char *name,
    enum language language, const char *text, int64_t from_ms,
    const struct people_author *author, enum people_verdict *ret_verdict,
    struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	struct store_wording row = {
		.name = name,
		.language = language,
		.text = text,
		.from_ms = from_ms != 0 ? from_ms : now_ms(),
	};
	struct store_wording *old;
	int64_t id;

	secret_sha256(text, strlen(text), row.sha256);
	if (!people_begin(store, author, NULL, err))
		return false;
	guard = store;
	if (!store_wording_current(arena, store, name, language, &old, err))
		return false;
	if (old != NULL && text_equal(old->text, text)) {
		*ret_verdict = VERDICT_UNCHANGED;
		return true;
	}
	*ret_verdict = old != NULL ? VERDICT_CHANGED : VERDICT_NEW;
	return check(&row, old, arena, err) &&
	       store_wording_add(store, &row, &id, err) &&
	       store_commit(store, err);
}

bool
people_find_wording(struct arena *arena, struct store *store, const char *name,
    enum language language, int64_t *ret_id, struct err *err)
{
	struct store_wording *row;

	if (!store_wording_current(arena, store, name, language, &row, err))
		return false;
	if (row == NULL)
		return err_set(err, ERR_DATA,
		    "there is no wording '%.60s' in %s; `consent wording list` "
		    "shows them",
		    text_printable(arena, name), subscriber_language(language));
	*ret_id = row->id;
	return true;
}
