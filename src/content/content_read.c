#include <ctype.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/vec.h"
#include "content/article_images.h"
#include "content/content.h"
#include "content/picture.h"
#include "content/picture_ready.h"
#include "image/image.h"
#include "secret/secret.h"

enum {
	LARGEST_TEXT = 500 * 1000,
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

/* An issue's folder while it is read. */
struct reading {
	struct arena *arena;
	const char *folder;
	const struct content_pictures *pictures; /* NULL: as they are */
	GM_VEC(struct content_file) files;
	struct buf list; /* images.txt */
	size_t most_bytes;
};

/* Adds the line of one picture that stays as it is. */
static bool
add_picture(struct reading *reading, const char *path, const char *name,
    struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	unsigned char hash[SECRET_HASH_BYTES];
	char *bytes;
	size_t count;
	int width = 0;
	int height = 0;

	if (!file_read(arena, path, IMAGE_LARGEST, &bytes, &count, err))
		return false;
	(void)picture_size(bytes, count, &width, &height);
	secret_sha256(bytes, count, hash);
	buf_add_format(
	    &reading->list, "images/%s %d %d %zu ", name, width, height, count);
	for (size_t i = 0; i < sizeof(hash); i++)
		buf_add_format(&reading->list, "%02x", hash[i]);
	buf_add_char(&reading->list, '\n');
	return true;
}

/* True when a text of the issue names the picture. */
static bool
is_named(const struct reading *reading, const char *name)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	const char *path = arena_format(arena, "images/%s", name);

	for (size_t i = 0; i < reading->files.count; i++) {
		const struct content_file *file = &reading->files.items[i];

		if (memmem(file->bytes, file->count, path, strlen(path)) !=
		    NULL)
			return true;
	}
	return false;
}

/* Makes one ready and adds its line. What is no picture gets a line all the
   same, so that the story that names it can be told. */
static bool
add_ready(struct reading *reading, const char *path, const char *name,
    struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct content_file file = { 0 };
	struct picture_ready ready;
	struct stat status;
	char *bytes;
	size_t count;

	if (stat(path, &status) != 0)
		return err_errno(err, ERR_IO, "%s", path);
	if (status.st_size > IMAGE_LARGEST || !is_named(reading, name)) {
		buf_add_format(&reading->list, "images/%s 0 0 %lld -\n", name,
		    (long long)status.st_size);
		return true;
	}
	if (!file_read(arena, path, IMAGE_LARGEST, &bytes, &count, err))
		return false;
	if (!picture_ready(arena, reading->pictures->cache, reading->most_bytes,
		name, bytes, count, &ready, err)) {
		if (err->code != ERR_DATA)
			return err_wrap(err, "images/%s", name);
		*err = (struct err){ 0 };
		buf_add_format(
		    &reading->list, "images/%s 0 0 %zu -\n", name, count);
		return true;
	}
	buf_add_format(&reading->list, "images/%s %d %d %zu %s %s\n", name,
	    ready.width, ready.height, ready.count, ready.sha256, ready.path);
	if (reading->pictures->inside) {
		file.path = arena_strdup(reading->arena, ready.path);
		file.bytes =
		    arena_copy(reading->arena, ready.bytes, ready.count);
		file.count = ready.count;
		vec_push(&reading->files, file);
	}
	return true;
}

/* Lists the pictures; names that could not stand in a URL are left out, so
   that a story that shows one is told that it is not there. */
static bool
list_pictures(struct reading *reading, struct err *err)
{
	const char *folder =
	    file_join(reading->arena, reading->folder, "images");
	struct text_list names;
	size_t named = 0;

	if (!file_exists(folder))
		return true;
	if (!file_list(reading->arena, folder, &names, err))
		return false;
	for (size_t i = 0; i < names.count; i++)
		named += is_named(reading, names.items[i]);
	reading->most_bytes = picture_most_bytes(
	    reading->pictures != NULL && reading->pictures->inside, named);
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.items[i];
		const char *path = file_join(reading->arena, folder, name);

		if (!article_images_name_holds(name) || file_is_folder(path))
			continue;
		if (!(reading->pictures != NULL ? add_ready : add_picture)(
			reading, path, name, err))
			return false;
	}
	return true;
}

static bool
read_texts(struct reading *reading, struct err *err)
{
	struct text_list names;
	char *bytes;

	if (!file_list(reading->arena, reading->folder, &names, err))
		return false;
	for (size_t i = 0; i < names.count; i++) {
		const char *path =
		    file_join(reading->arena, reading->folder, names.items[i]);

		struct content_file file = {
			.path = names.items[i],
			.bytes = "",
		};

		if (!text_ends(names.items[i], ".md") || file_is_folder(path))
			continue;
		if (file_read(reading->arena, path, LARGEST_TEXT, &bytes,
			&file.count, err)) {
			file.bytes = bytes;
		} else if (err->code == ERR_DATA) {
			*err = (struct err){ 0 };
			file.fault = arena_format(reading->arena,
			    "is larger than %d KB, the most that is read; make "
			    "several stories of it",
			    LARGEST_TEXT / 1000);
		} else {
			return false;
		}
		vec_push(&reading->files, file);
	}
	return true;
}

bool
content_read(struct arena *arena, const char *issue_folder,
    const struct content_pictures *pictures, struct content_files *ret_files,
    struct err *err)
{
	struct reading reading = {
		.arena = arena,
		.folder = issue_folder,
		.pictures = pictures,
	};
	struct content_file list = { .path = CONTENT_IMAGES };
	bool ok;

	if (!file_is_folder(issue_folder))
		return err_set(err, ERR_NO_INPUT,
		    "%s: there is no such issue folder", issue_folder);
	buf_init(&reading.list, LARGEST_LIST);
	ok = read_texts(&reading, err) && list_pictures(&reading, err);
	if (ok) {
		list.bytes =
		    arena_copy(arena, reading.list.bytes, reading.list.used);
		list.count = reading.list.used;
		vec_push(&reading.files, list);
		ret_files->count = reading.files.count;
		ret_files->items = arena_copy(arena, reading.files.items,
		    reading.files.count * sizeof(*reading.files.items));
	}
	buf_clear(&reading.list);
	vec_clear(&reading.files);
	return ok;
}
