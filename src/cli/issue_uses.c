#include "cli/issue_uses.h"

#include <string.h>

#include "base/file.h"
#include "content/content.h"

static bool
names(const struct article *article, enum issue_use use, const char *word)
{
	const struct text_list *list =
	    use == ISSUE_USE_TAG ? &article->tags : &article->places;

	for (size_t i = 0; i < list->count; i++)
		if (text_equal(list->items[i], word))
			return true;
	return false;
}

static void
print_issue(struct arena *arena, const struct issue *issue, enum issue_use use,
    const char *word, const char *instead)
{
	char *stories = arena_strdup(arena, "");
	size_t count = 0;

	for (size_t i = 0; i < issue->count; i++)
		if (names(&issue->articles[i], use, word))
			stories = arena_format(arena, "%s%s%d-%s", stories,
			    count++ > 0 ? ", " : "", issue->articles[i].number,
			    issue->articles[i].slug);
	if (count > 0 && instead != NULL)
		printf("issues/%s still names '%s' in %s: write '%s' there\n",
		    issue->id, word, stories, instead);
	else if (count > 0)
		printf("issues/%s still names '%s' in %s: take it out there\n",
		    issue->id, word, stories);
}

/* Without a vocabulary nothing is refused for its tags. */
static bool
read_issue(struct arena *arena, const char *folder, const char *id,
    struct issue **ret_issue, struct err *err)
{
	struct complaints complaints = { 0 };
	struct content_files files;
	bool ok =
	    content_read(arena, folder, NULL, &files, err) &&
	    content_parse(arena, id, &files, NULL, &complaints, ret_issue, err);

	complaints_clear(&complaints);
	return ok;
}

bool
issue_uses_print(struct command_run *run, enum issue_use use, const char *word,
    const char *instead, struct err *err)
{
	const char *issues = site_path(run->arena, run->site, "issues");
	struct text_list ids;

	if (!file_exists(issues))
		return true;
	if (!file_list(run->arena, issues, &ids, err))
		return false;
	for (size_t i = 0; i < ids.count; i++) {
		struct arena *arena GM_ARENA_AT_EXIT = arena_new();
		const char *folder = file_join(arena, issues, ids.items[i]);
		struct err fault = { 0 };
		struct issue *issue;

		if (!content_id_holds(ids.items[i]) || !file_is_folder(folder))
			continue;
		if (read_issue(arena, folder, ids.items[i], &issue, &fault))
			print_issue(arena, issue, use, word, instead);
		else
			printf("issues/%s: look yourself whether it names "
			       "'%s': %s\n",
			    ids.items[i], word, fault.text);
	}
	return true;
}
