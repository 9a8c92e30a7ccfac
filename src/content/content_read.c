#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/vec.h"
#include "content/content.h"
#include "content/picture.h"
#include "secret/secret.h"

enum {
	LARGEST_TEXT = 500 * 1000,
	LARGEST_PICTURE = 20 * 1000 * 1000,
	LARGEST_LIST = 1000 * 1000,
	LONGEST_ID = 64,
};

static const char name_letters[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

bool
content_id_holds(const char *id)
{
	return isalnum((unsigned char)*id) && strlen(id) <= LONGEST_ID &&
	       strspn(id, name_letters) == strlen(id);
}

/* Adds the line of one picture. */
static bool
add_picture(struct arena *arena, const char *path, const char *name,
    struct buf *list, struct err *err)
{
	unsigned char hash[SECRET_HASH_BYTES];
	char *bytes;
	size_t count;
	int width = 0;
	int height = 0;

	if (!file_read(arena, path, LARGEST_PICTURE, &bytes, &count, err))
		return false;
	(void)picture_size(bytes, count, &width, &height);
	secret_sha256(bytes, count, hash);
	buf_add_format(
	    list, "images/%s %d %d %zu ", name, width, height, count);
	for (size_t i = 0; i < sizeof(hash); i++)
		buf_add_format(list, "%02x", hash[i]);
	buf_add_char(list, '\n');
	return true;
}

/* Lists the pictures; names that could not stand in a URL are left out, so
   that a story that shows one is told that it is not there. */
static bool
list_pictures(struct arena *arena, const char *issue_folder, struct buf *list,
    struct err *err)
{
	const char *folder = file_join(arena, issue_folder, "images");
	struct text_list names;

	if (!file_exists(folder))
		return true;
	if (!file_list(arena, folder, &names, err))
		return false;
	for (size_t i = 0; i < names.count; i++) {
		GM_ARENA_AT_EXIT struct arena *one = arena_new();
		const char *name = names.items[i];
		const char *path = file_join(one, folder, name);

		if (strspn(name, name_letters) != strlen(name) ||
		    file_is_folder(path))
			continue;
		if (!add_picture(one, path, name, list, err))
			return false;
	}
	return true;
}

bool
content_read(struct arena *arena, const char *issue_folder,
    struct content_files *ret_files, struct err *err)
{
	GM_VEC(struct content_file) files = { 0 };
	struct buf list GM_BUF_AT_EXIT = { 0 };
	struct text_list names;
	struct content_file file;
	char *bytes;

	if (!file_is_folder(issue_folder))
		return err_set(err, ERR_NO_INPUT,
		    "%s: there is no such issue folder", issue_folder);
	if (!file_list(arena, issue_folder, &names, err))
		return false;
	for (size_t i = 0; i < names.count; i++) {
		const char *path =
		    file_join(arena, issue_folder, names.items[i]);

		if (!text_ends(names.items[i], ".md") || file_is_folder(path))
			continue;
		if (!file_read(
			arena, path, LARGEST_TEXT, &bytes, &file.count, err)) {
			vec_clear(&files);
			return false;
		}
		file.path = names.items[i];
		file.bytes = bytes;
		vec_push(&files, file);
	}

	buf_init(&list, LARGEST_LIST);
	if (!list_pictures(arena, issue_folder, &list, err)) {
		vec_clear(&files);
		return false;
	}
	file.path = CONTENT_IMAGES;
	file.bytes = arena_copy(arena, list.bytes, list.used);
	file.count = list.used;
	vec_push(&files, file);
	ret_files->count = files.count;
	ret_files->items =
	    arena_copy(arena, files.items, files.count * sizeof(*files.items));
	vec_clear(&files);
	return true;
}
