#include "digest/template_folder.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "base/vec.h"

enum { TEMPLATE_BYTES_MOST = 1000 * 1000 };

struct template_files {
	struct template_file *items;
	size_t count;
	size_t room;
};

static struct template_file *
find(const struct template_files *files, const char *name)
{
	for (size_t i = 0; i < files->count; i++)
		if (text_equal(files->items[i].name, name))
			return &files->items[i];
	return NULL;
}

/* The entry of that name, a new one where there is none. */
static struct template_file *
take_entry(struct template_files *files, const char *name)
{
	const struct template_file fresh = { .name = name, .bytes = "" };

	if (find(files, name) == NULL)
		vec_push(files, fresh);
	return find(files, name);
}

static bool
read_folder(struct arena *arena, const char *path, bool own,
    struct template_files *files, struct err *err)
{
	struct text_list names;

	if (!file_list(arena, path, &names, err))
		return false;
	for (size_t i = 0; i < names.count; i++) {
		char *name = file_join(arena, path, names.items[i]);
		struct template_file *file;
		char *bytes = "";
		size_t count = 0;

		if (text_ends(name, "~"))
			continue;
		file = take_entry(files, names.items[i]);
		file->is_folder = file_is_folder(name);
		if (!file->is_folder &&
		    !file_read(
			arena, name, TEMPLATE_BYTES_MOST, &bytes, &count, err))
			return false;
		file->own |= own;
		file->bytes = bytes;
		file->count = count;
		if (own)
			continue;
		file->shipped = bytes;
		file->shipped_count = count;
	}
	return true;
}

static int
compare_names(const void *a, const void *b)
{
	const struct template_file *left = a;
	const struct template_file *right = b;

	return strcmp(left->name, right->name);
}

bool
template_folder_read(struct arena *arena, const struct site *site,
    struct template_folder *ret_folder, struct err *err)
{
	char *own = site_path(arena, site, "templates");
	struct template_files files = { 0 };
	char *shipped;
	bool ok = site_share(arena, "templates", &shipped, err) &&
		  read_folder(arena, shipped, false, &files, err) &&
		  (!file_is_folder(own) ||
		      read_folder(arena, own, true, &files, err));

	if (ok) {
		if (files.count > 0)
			qsort(files.items, files.count, sizeof(*files.items),
			    compare_names);
		ret_folder->count = files.count;
		ret_folder->items = arena_copy(
		    arena, files.items, files.count * sizeof(*files.items));
	}
	vec_clear(&files);
	return ok;
}

enum template_family
template_folder_family(const char *name)
{
	static const struct {
		const char *prefix;
		enum template_family family;
	} families[] = {
		{ "confirm.", TEMPLATE_CONFIRM },
		{ "archive_", TEMPLATE_ARCHIVE },
		{ "preview_", TEMPLATE_PREVIEW },
	};

	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
		if (text_starts(name, families[i].prefix))
			return families[i].family;
	return TEMPLATE_DIGEST;
}

const struct template_file *
template_folder_find(const struct template_folder *folder, const char *name)
{
	for (size_t i = 0; i < folder->count; i++)
		if (text_equal(folder->items[i].name, name))
			return &folder->items[i];
	return NULL;
}

struct render_file *
template_folder_pick(struct arena *arena, const struct template_folder *folder,
    enum template_family family, bool shipped, size_t *ret_count)
{
	struct render_file *list =
	    arena_take(arena, folder->count, sizeof(*list));
	size_t count = 0;

	for (size_t i = 0; i < folder->count; i++) {
		const struct template_file *file = &folder->items[i];

		if (template_folder_family(file->name) != family ||
		    file->is_folder || (shipped && file->shipped == NULL))
			continue;
		list[count++] = (struct render_file){
			.name = file->name,
			.bytes = shipped ? file->shipped : file->bytes,
			.count = shipped ? file->shipped_count : file->count,
		};
	}
	*ret_count = count;
	return list;
}
