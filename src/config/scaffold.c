#include "config/scaffold.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "config/config.h"
#include "config/site.h"

enum { DEEPEST = 4 }; /* folders below config/sample */

/* What a sample site gets from config/sample; NULL-terminated. */
static const char *const sample_names[] = { "tags.csv", "contacts.csv",
	"issues", NULL };

/* Copies a file, or a folder with all that is in it. */
static bool
copy_tree(struct arena *arena, const char *from, const char *to, int depth,
    struct err *err)
{
	struct text_list names;

	if (!file_is_folder(from))
		return file_copy(from, to, err);
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
refuse_existing(struct arena *arena, const char *folder, bool sample,
    const char *from, struct err *err)
{
	struct text_list issues = { 0 };

	if (file_exists(file_join(arena, folder, SITE_FILE)))
		return err_set(err, ERR_CANT_CREATE,
		    "%s is a site already (it has %s)", folder, SITE_FILE);
	if (!sample)
		return true;
	if (!file_list(arena, file_join(arena, from, "issues"), &issues, err))
		return false;
	for (size_t i = 0; sample_names[i] != NULL; i++) {
		char *path = file_join(arena, folder, sample_names[i]);

		if (file_exists(path) && !file_is_folder(path))
			return err_set(
			    err, ERR_CANT_CREATE, "%s exists already", path);
	}
	for (size_t i = 0; i < issues.count; i++) {
		char *path = file_join(
		    arena, file_join(arena, folder, "issues"), issues.items[i]);

		if (file_exists(path))
			return err_set(
			    err, ERR_CANT_CREATE, "%s exists already", path);
	}
	return true;
}

static bool
make_folders(struct arena *arena, const char *folder, struct err *err)
{
	const char *state = file_join(arena, folder, "state");

	if (!file_make_folder(folder, err) ||
	    !file_make_folder(file_join(arena, folder, "issues"), err) ||
	    !file_make_folder(state, err))
		return false;
	if (chmod(state, 0700) != 0)
		return err_errno(err, ERR_CANT_CREATE, "%s", state);
	return true;
}

static bool
write_configuration(
    struct arena *arena, const char *folder, bool sample, struct err *err)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);
	bool done;

	if (out == NULL)
		abort();
	(sample ? config_print_sample : config_print_example)(out);
	if (fclose(out) != 0)
		abort();
	done = file_write(
	    file_join(arena, folder, SITE_FILE), text, bytes, 0644, err);
	free(text);
	return done;
}

bool
scaffold_site(const char *folder, bool sample, struct err *err)
{
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	char *from = NULL;

	if (sample && !site_share(arena, "config/sample", &from, err))
		return false;
	if (!refuse_existing(arena, folder, sample, from, err) ||
	    !make_folders(arena, folder, err))
		return false;
	for (size_t i = 0; sample && sample_names[i] != NULL; i++)
		if (!copy_tree(arena, file_join(arena, from, sample_names[i]),
			file_join(arena, folder, sample_names[i]), 0, err))
			return false;
	return write_configuration(arena, folder, sample, err);
}
