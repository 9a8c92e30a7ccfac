#include "config/scaffold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/site.h"

enum {
	DEEPEST = 4, /* folders below config/sample */
	LARGEST_FILE = 64 * 1000 * 1000,
};

/* What a sample site gets from config/sample; NULL-terminated. */
static const char *const sample_names[] = { "tags.csv", "contacts.csv",
	"issues", NULL };

/* Copies a file, or a folder with all that is in it, where it is not there
   yet. */
static bool
copy_tree(struct arena *arena, const char *from, const char *to, int depth,
    struct err *err)
{
	struct text_list names;

	if (!file_is_folder(from))
		return file_exists(to) || file_copy(from, to, err);
	if (depth > DEEPEST)
		return err_set(err, ERR_DATA, "%s: too many folders", from);
	if (!file_make_folder(to, err) || !file_list(arena, from, &names, err))
		return false;
	for (size_t i = 0; i < names.count; i++)
		if (!copy_tree(arena, file_join(arena, from, names.items[i]),
			file_join(arena, to, names.items[i]), depth + 1, err))
			return false;
	return true;
}

static bool
is_copy(const char *from, const char *to)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	char *bytes[2];
	size_t counts[2];

	return file_read(
		   arena, from, LARGEST_FILE, &bytes[0], &counts[0], NULL) &&
	       file_read(
		   arena, to, LARGEST_FILE, &bytes[1], &counts[1], NULL) &&
	       counts[0] == counts[1] &&
	       memcmp(bytes[0], bytes[1], counts[0]) == 0;
}

/* What an earlier attempt left of the same content is no obstacle. */
static bool
refuse_different(struct arena *arena, const char *from, const char *to,
    int depth, struct err *err)
{
	struct text_list names;

	if (!file_exists(to))
		return true;
	if (!file_is_folder(from))
		return is_copy(from, to) ||
		       err_set(err, ERR_CANT_CREATE,
			   "%s exists already and is not the sample's", to);
	if (depth > DEEPEST || !file_is_folder(to))
		return err_set(err, ERR_CANT_CREATE, "%s exists already", to);
	if (!file_list(arena, from, &names, err))
		return false;
	for (size_t i = 0; i < names.count; i++)
		if (!refuse_different(arena,
			file_join(arena, from, names.items[i]),
			file_join(arena, to, names.items[i]), depth + 1, err))
			return false;
	return true;
}

bool
scaffold_state(const char *folder, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	const char *state = file_join(arena, folder, "state");

	if (file_is_folder(state))
		return true;
	if (!file_make_folder(state, err))
		return false;
	if (chmod(state, 0700) != 0)
		return err_errno(err, ERR_CANT_CREATE, "%s", state);
	return true;
}

bool
scaffold_files(const char *folder, bool sample, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	char *from = NULL;

	if (sample && !site_share(arena, "config/sample", &from, err))
		return false;
	for (size_t i = 0; sample && sample_names[i] != NULL; i++)
		if (!refuse_different(arena,
			file_join(arena, from, sample_names[i]),
			file_join(arena, folder, sample_names[i]), 0, err))
			return false;
	if (!file_make_folder(folder, err) ||
	    !file_make_folder(file_join(arena, folder, "issues"), err) ||
	    !scaffold_state(folder, err))
		return false;
	for (size_t i = 0; sample && sample_names[i] != NULL; i++)
		if (!copy_tree(arena, file_join(arena, from, sample_names[i]),
			file_join(arena, folder, sample_names[i]), 0, err))
			return false;
	return true;
}

bool
scaffold_configuration(const char *folder, bool sample, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);
	bool done;

	if (out == NULL)
		mem_exhausted();
	(sample ? config_print_sample : config_print_example)(out);
	if (fclose(out) != 0)
		mem_exhausted();
	done = file_write(
	    file_join(arena, folder, SITE_FILE), text, bytes, 0644, err);
	free(text);
	return done;
}
