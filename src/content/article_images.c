#include "content/article_images.h"

#include <string.h>

#include "image/image.h"

enum { MOST_IMAGES = 20, LEAST_IN_ROW = 2, MOST_IN_ROW = 3 };

static const char *const image_keys[] = { "file", "alt", "caption", NULL };
static const char *const row_keys[] = { "row", NULL };

static const struct article_picture *
find_picture(const struct article_pictures *pictures, const char *path)
{
	for (size_t i = 0; i < pictures->count; i++)
		if (strcmp(pictures->items[i].path, path) == 0)
			return &pictures->items[i];
	return NULL;
}

bool
article_images_name_holds(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";

	return strspn(name, letters) == strlen(name);
}

/* What stands behind the folders of a path. */
static const char *
file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static void
complain_missing(const struct front *front, const struct yaml_node *node,
    const struct article_pictures *pictures, const char *path)
{
	static const char folder[] = "images/";
	const char **names =
	    arena_take(front->arena, pictures->count + 1, sizeof(*names));
	const char *nearest;

	if (text_starts(path, folder) &&
	    !article_images_name_holds(path + strlen(folder))) {
		front_complain_node(front, node,
		    "'%s' is no name for a picture: it stands in addresses, so "
		    "letters a to z, digits, '.', '_' and '-' alone; rename "
		    "the file",
		    path);
		return;
	}
	for (size_t i = 0; i < pictures->count; i++)
		names[i] = file_name(pictures->items[i].path);
	nearest = text_nearest(file_name(path), names);
	if (nearest != NULL)
		front_complain_node(front, node,
		    "there is no picture '%s' (did you mean '%s%s'?)", path,
		    folder, nearest);
	else
		front_complain_node(
		    front, node, "there is no picture '%s'", path);
}

static void
read_image(const struct front *front, const struct yaml_node *node,
    const struct article_pictures *pictures, struct article_image *image)
{
	const struct article_picture *picture;
	const struct yaml_node *file = yaml_find(node, "file");

	yaml_check_keys(node, "images", image_keys, front->complaints);
	image->file = front_text(front, node, "file", true);
	image->ready = image->file;
	image->alt = front_text(front, node, "alt", true);
	image->caption = front_text(front, node, "caption", false);
	image->at = (struct article_place){ node->line, node->column };
	if (*image->file == '\0')
		return;
	image->at = (struct article_place){ file->line, file->column };
	picture = find_picture(pictures, image->file);
	if (picture == NULL) {
		complain_missing(front, file, pictures, image->file);
		return;
	}
	if (picture->width == 0 && picture->bytes > IMAGE_LARGEST)
		front_complain_node(front, file,
		    "'%s' has %lld MB; save it with at most %d MB", image->file,
		    (long long)picture->bytes / 1000000,
		    IMAGE_LARGEST / 1000000);
	else if (picture->width == 0)
		front_complain_node(front, file,
		    "'%s' is no JPEG, PNG or WebP picture, or it is damaged, "
		    "or "
		    "has over %d million pixels",
		    image->file, IMAGE_MOST_PIXELS / 1000000);
	image->ready = picture->ready;
	image->width = picture->width;
	image->height = picture->height;
}

/* Room for one more; false, with a complaint, when there are too many. */
static bool
take_image(const struct front *front, const struct yaml_node *node,
    struct article_text *text, struct article_image **ret_image)
{
	if (text->image_count == MOST_IMAGES) {
		front_complain_node(
		    front, node, "more than %d images", MOST_IMAGES);
		return false;
	}
	*ret_image = &text->images[text->image_count++];
	return true;
}

/* Those of a row, as number `row`. */
static void
read_row(const struct front *front, const struct yaml_node *list,
    const struct article_pictures *pictures, int row, struct article_text *text)
{
	if (list->kind != YAML_LIST || list->count < LEAST_IN_ROW ||
	    list->count > MOST_IN_ROW) {
		front_complain_node(front, list,
		    "a row must be a list of two or three images (file, alt, "
		    "caption)");
		return;
	}
	for (size_t i = 0; i < list->count; i++) {
		const struct yaml_node *node = list->entries[i].node;
		struct article_image *image;

		if (node->kind != YAML_MAP) {
			front_complain_node(front, node,
			    "an image in a row must be a map of file, alt and "
			    "caption, not %s",
			    yaml_kind_name(node->kind));
			continue;
		}
		if (!take_image(front, node, text, &image))
			return;
		read_image(front, node, pictures, image);
		image->row = row;
	}
}

static void
read_entry(const struct front *front, const struct yaml_node *node,
    const struct article_pictures *pictures, int row, struct article_text *text)
{
	struct article_image *image;
	const struct yaml_node *list;

	if (node->kind != YAML_MAP) {
		front_complain_node(front, node,
		    "an image must be a map of file, alt and caption, or a "
		    "row of such, not %s",
		    yaml_kind_name(node->kind));
		return;
	}
	list = yaml_find(node, "row");
	if (list != NULL) {
		yaml_check_keys(node, "a row", row_keys, front->complaints);
		text->arranged = true;
		read_row(front, list, pictures, row, text);
	} else if (take_image(front, node, text, &image)) {
		read_image(front, node, pictures, image);
	}
}

void
article_images_read(const struct front *front,
    const struct article_pictures *pictures, struct article_text *text)
{
	const struct yaml_node *list = yaml_find(front->root, "images");

	if (list == NULL)
		return;
	if (list->kind != YAML_LIST) {
		front_complain_node(front, list,
		    "images must be a list of maps (file, alt, caption), not "
		    "%s",
		    yaml_kind_name(list->kind));
		return;
	}
	text->images =
	    arena_take(front->arena, MOST_IMAGES, sizeof(*text->images));
	for (size_t i = 0; i < list->count; i++)
		read_entry(
		    front, list->entries[i].node, pictures, (int)i + 1, text);
}
