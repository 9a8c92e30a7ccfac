#include "digest/material.h"

#include <string.h>

#include "base/num.h"
#include "base/vec.h"
#include "content/content.h"
#include "people/links.h"

static const char content_folder[] = "content/";
static const char picture_folder[] = "content/images/";
static const char template_folder[] = "templates/";

enum { DAY_MIN = 24 * 60 };

/* The file of that path; NULL when there is none. */
static const struct material_file *
find_file(const struct material_files *files, const char *path)
{
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->items[i].path, path) == 0)
			return &files->items[i];
	return NULL;
}

/* Cuts a file into lines, and a line into fields at tabs. */
static struct text_list
cut(struct arena *arena, const char *s, char separator)
{
	GM_VEC(const char *) parts = { 0 };
	struct text_list list;

	while (*s != '\0') {
		const char *end = strchrnul(s, separator);

		vec_push(&parts, arena_strndup(arena, s, (size_t)(end - s)));
		if (*end == '\0')
			break;
		s = end + 1;
		if (*s == '\0' && separator == '\t')
			vec_push(&parts, "");
	}
	list.count = parts.count;
	list.items =
	    arena_copy(arena, parts.items, parts.count * sizeof(*parts.items));
	vec_clear(&parts);
	return list;
}

static bool
open_sender(struct arena *arena, const struct material_files *files,
    struct sender *ret_sender, struct err *err)
{
	const struct material_file *file = find_file(files, "sender.txt");
	struct sender sender = { 0 };
	struct text_list lines;
	int64_t offset;

	if (file == NULL)
		return err_set(err, ERR_DATA, "sender.txt is missing");
	lines = cut(arena, file->bytes, '\n');
	for (size_t i = 0; i < lines.count; i++) {
		struct text_list field = cut(arena, lines.items[i], '\t');

		if (field.count != 2)
			continue;
#define X(member)                                 \
	if (strcmp(field.items[0], #member) == 0) \
		sender.member = field.items[1];
		GM_SENDER_FIELDS(X)
#undef X
		if (strcmp(field.items[0], "utc_offset_min") == 0 &&
		    num_parse(field.items[1], -DAY_MIN, DAY_MIN, &offset))
			sender.utc_offset_min = (int)offset;
	}
#define X(member)                  \
	if (sender.member == NULL) \
		return err_set(err, ERR_DATA, "sender.txt: no '%s'", #member);
	GM_SENDER_FIELDS(X)
#undef X
	*ret_sender = sender;
	return true;
}

/* Which keys sign: "DOMAIN\tSELECTOR\tFINGERPRINT" lines. The keys themselves
   are never frozen. */
static bool
open_dkim(struct arena *arena, const struct material_files *files,
    struct material *material, struct err *err)
{
	const struct material_file *file = find_file(files, "dkim.txt");
	struct text_list lines =
	    cut(arena, file != NULL ? file->bytes : "", '\n');
	struct dkim_key *keys = arena_take(arena, lines.count, sizeof(*keys));

	for (size_t i = 0; i < lines.count; i++) {
		struct text_list field = cut(arena, lines.items[i], '\t');

		if (field.count != 3)
			return err_set(err, ERR_DATA,
			    "dkim.txt: expected a domain, a selector and a "
			    "fingerprint");
		keys[i] = (struct dkim_key){
			.domain = field.items[0],
			.selector = field.items[1],
			.key_file = "",
			.fingerprint = field.items[2],
		};
	}
	material->dkim = keys;
	material->dkim_count = lines.count;
	return true;
}

static void
open_tags(struct arena *arena, const struct material_files *files,
    struct material *material)
{
	const struct material_file *file = find_file(files, "tags.tsv");
	struct text_list lines =
	    cut(arena, file != NULL ? file->bytes : "", '\n');
	struct edition_tag *tags =
	    arena_take(arena, lines.count, sizeof(*tags));
	size_t count = 0;

	for (size_t i = 0; i < lines.count; i++) {
		struct text_list field = cut(arena, lines.items[i], '\t');

		if (field.count != 3)
			continue;
		tags[count].slug = field.items[0];
		tags[count].label[LANGUAGE_EN] = field.items[1];
		tags[count++].label[LANGUAGE_JA] = field.items[2];
	}
	material->tags = tags;
	material->tag_count = count;
}

static void
open_places(struct arena *arena, const struct material_files *files,
    struct material *material)
{
	const struct material_file *file = find_file(files, "places.tsv");
	struct text_list lines =
	    cut(arena, file != NULL ? file->bytes : "", '\n');
	struct edition_place *places =
	    arena_take(arena, lines.count, sizeof(*places));
	size_t count = 0;

	for (size_t i = 0; i < lines.count; i++) {
		struct text_list field = cut(arena, lines.items[i], '\t');

		if (field.count != 4)
			continue;
		places[count++] = (struct edition_place){
			.code = field.items[0],
			.prefecture = field.items[1],
			.name = field.items[2],
			.kana = field.items[3],
		};
	}
	material->places = places;
	material->place_count = count;
}

static bool
open_issue(struct arena *arena, const char *id,
    const struct material_files *files, struct material *material,
    struct err *err)
{
	struct complaints complaints = { 0 };
	struct content_files content = {
		.items =
		    arena_take(arena, files->count, sizeof(*content.items)),
	};
	struct issue *issue = NULL;
	bool ok;

	for (size_t i = 0; i < files->count; i++) {
		const struct material_file *file = &files->items[i];

		if (text_starts(file->path, content_folder))
			content.items[content.count++] = (struct content_file){
				.path = file->path + strlen(content_folder),
				.bytes = file->bytes,
				.count = file->count,
			};
	}
	ok = content_parse(arena, id, &content, NULL, &complaints, &issue, err);
	complaints_clear(&complaints);
	material->issue = issue;
	return ok;
}

/* Makes those parts of mails that were frozen with the issue. Their ids are
   their names, which no two pictures share. */
static void
open_pictures(struct arena *arena, const struct material_files *files,
    struct material *material)
{
	struct edition_picture *pictures =
	    arena_take(arena, files->count, sizeof(*pictures));
	size_t count = 0;

	for (size_t i = 0; i < files->count; i++) {
		const struct material_file *file = &files->items[i];
		const char *name = file->path + strlen(picture_folder);
		struct edition_picture *picture = &pictures[count];

		if (!text_starts(file->path, picture_folder))
			continue;
		picture->path = file->path + strlen(content_folder);
		picture->mime.name = name;
		picture->mime.subtype =
		    text_ends(name, ".png") ? "png" : "jpeg";
		picture->mime.id = arena_format(arena, "%s@%s", name,
		    strrchr(material->sender.address, '@') + 1);
		mime_picture_encode(
		    arena, file->bytes, file->count, &picture->mime);
		count++;
	}
	material->pictures = pictures;
	material->picture_count = count;
}

/* The templates among them. */
static struct render_file *
pick_templates(
    struct arena *arena, const struct material_files *files, size_t *ret_count)
{
	struct render_file *list =
	    arena_take(arena, files->count, sizeof(*list));
	size_t count = 0;

	for (size_t i = 0; i < files->count; i++) {
		const struct material_file *file = &files->items[i];

		if (text_starts(file->path, template_folder))
			list[count++] = (struct render_file){
				.name = file->path + strlen(template_folder),
				.bytes = file->bytes,
				.count = file->count,
			};
	}
	*ret_count = count;
	return list;
}

static bool
open_templates(struct arena *arena, const struct material_files *files,
    struct edition_templates **ret_templates, struct err *err)
{
	size_t count;
	struct render_file *list = pick_templates(arena, files, &count);

	return edition_templates_new(list, count, ret_templates, err) ||
	       err_wrap(
		   err, "templates (`glocal-mail template check` tells where)");
}

bool
material_open(struct arena *arena, const char *issue,
    const struct material_files *files, struct material **ret_material,
    struct err *err)
{
	struct material *material = arena_take(arena, 1, sizeof(*material));

	if (!open_sender(arena, files, &material->sender, err) ||
	    !open_dkim(arena, files, material, err) ||
	    !open_issue(arena, issue, files, material, err) ||
	    !open_templates(arena, files, &material->templates, err))
		return err_wrap(err, "issue %s", issue);
	open_tags(arena, files, material);
	open_places(arena, files, material);
	open_pictures(arena, files, material);
	material->archive_base = arena_format(
	    arena, "%s/issues/%s/", material->sender.public_url, issue);
	material->image_base = material->archive_base;
	*ret_material = material;
	return true;
}

void
material_close(struct material *material)
{
	if (material != NULL)
		edition_templates_free(material->templates);
}

bool
material_input(struct arena *arena, const struct material *material,
    const char *spec, struct edition_input *ret_input, struct err *err)
{
	struct tailored *tailored = arena_take(arena, 1, sizeof(*tailored));
	const struct link_edition link = {
		.mailing = material->mailing,
		.version = material->version,
		.spec = spec,
	};
	struct edition_input in = {
		.templates = material->templates,
		.issue = material->issue,
		.tailored = tailored,
		.sender = &material->sender,
		.tags = material->tags,
		.tag_count = material->tag_count,
		.places = material->places,
		.place_count = material->place_count,
		.image_base = material->image_base,
		.archive_base = material->archive_base,
	};

	if (!tailor_from_spec(arena, material->issue, spec, &in.language,
		&in.format, tailored, err))
		return false;
	if (material->key != NULL)
		in.view_url = links_edition_url(arena, material->key,
		    &material->sender, material->issue->id, &link);
	*ret_input = in;
	return true;
}

bool
material_edition(struct arena *arena, const struct material *material,
    const char *spec, const char *image_base, struct edition **ret_edition,
    struct err *err)
{
	struct edition_input in;

	if (!material_input(arena, material, spec, &in, err))
		return false;
	if (image_base != NULL) {
		in.image_base = image_base;
	} else {
		in.pictures = material->pictures;
		in.picture_count = material->picture_count;
	}
	return edition_render(arena, &in, ret_edition, err);
}
