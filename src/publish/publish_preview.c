#include "publish/publish_preview.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/now.h"
#include "base/vec.h"
#include "content/content.h"
#include "content/picture_ready.h"
#include "digest/compose.h"
#include "digest/material.h"
#include "people/links.h"

enum { PART_BYTES_MOST = 4 * 1000 * 1000 };

struct preview {
	struct arena *arena;
	const char *folder;
	const struct site *site;
	const struct secret_key *key;
	const struct sign *sign;
	const struct material *material;
	const struct publish_reader *reader;
	GM_VEC(const char *) paths;
};

static bool
write_file(struct preview *preview, const char *name, const char *bytes,
    size_t count, struct err *err)
{
	const char *path = file_join(preview->arena, preview->folder, name);

	if (!file_write(path, bytes, count, 0644, err))
		return false;
	vec_push(&preview->paths, path);
	return true;
}

/* One part with the reader's own words in it. */
static bool
write_part(struct preview *preview, const char *name,
    const struct edition *edition, bool html, struct err *err)
{
	const struct sender *sender = &preview->material->sender;
	struct link_ids ids = {
		.subscriber = preview->reader->person.subscriber,
	};
	struct edition_links links = {
		.unsubscribe_url = links_unsubscribe_url(
		    preview->arena, preview->key, sender, ids),
		.preferences_url = links_preferences_url(
		    preview->arena, preview->key, sender, ids),
	};
	const char *values[PERSONALS] = { 0 };
	struct buf out GM_BUF_AT_EXIT;

	buf_init(&out, PART_BYTES_MOST);
	edition_values(
	    preview->arena, edition, &preview->reader->person, &links, values);
	if (!html)
		edition_values_fold(preview->arena, values);
	edition_fill(
	    html ? &edition->html : &edition->text, values, html, &out);
	return write_file(preview, name, buf_str(&out), out.used, err);
}

static bool
copy_images(struct preview *preview, struct err *err)
{
	struct text_list images =
	    content_images(preview->arena, preview->material->issue);
	const char *cache =
	    site_path(preview->arena, preview->site, MATERIAL_PICTURES);
	const char *from = site_path(preview->arena, preview->site,
	    arena_format(
		preview->arena, "issues/%s", preview->material->issue->id));

	if (!file_make_folder(
		file_join(preview->arena, preview->folder, "images"), err))
		return false;
	for (size_t i = 0; i < images.count; i++)
		if (!file_copy(picture_path(preview->arena, cache, from,
				   images.items[i]),
			file_join(
			    preview->arena, preview->folder, images.items[i]),
			err))
			return false;
	return true;
}

static bool
write_message(struct preview *preview, const char *spec, struct err *err)
{
	const struct material *material = preview->material;
	const struct compose_mailing mailing = {
		.sender = &material->sender,
		.issue = material->issue->id,
		.key = preview->key,
		.sign = preview->sign,
		.number = publish_notice_number(),
		.notice = true,
	};
	struct edition *edition;
	struct message message;

	return material_edition(
		   preview->arena, material, spec, NULL, &edition, err) &&
	       compose(preview->arena,
		   compose_prepare(preview->arena,
		       compose_begin(preview->arena, &mailing), edition),
		   &preview->reader->person, now_ms(), &message, err) &&
	       write_file(preview, "digest.eml",
		   compose_bytes(preview->arena, &message), message.count, err);
}

static bool
write_all(struct preview *preview, struct err *err)
{
	const struct material *material = preview->material;
	const struct reader *reader = &preview->reader->reader;
	struct tailored tailored;
	struct edition *edition;
	const char *spec;

	tailor(preview->arena, material->issue, reader,
	    &preview->site->tailoring, &tailored);
	if (tailored.skip)
		return err_set(err, ERR_DATA,
		    "%s would get no digest: nothing in issue %s is relevant",
		    preview->reader->person.address, material->issue->id);
	spec = tailor_spec(
	    preview->arena, reader->language, reader->format, &tailored);
	if (!file_make_folder(preview->folder, err) ||
	    !material_edition(
		preview->arena, material, spec, "", &edition, err))
		return false;
	if (reader->format == FORMAT_HTML &&
	    (!write_part(preview, "digest.html", edition, true, err) ||
		!copy_images(preview, err)))
		return false;
	/* One of an earlier preview would be taken for this one's. */
	if (reader->format != FORMAT_HTML)
		(void)unlink(
		    file_join(preview->arena, preview->folder, "digest.html"));
	return write_part(preview, "digest.txt", edition, false, err) &&
	       write_message(preview, spec, err);
}

bool
publish_preview(struct arena *arena, const struct site *site,
    struct store *store, const struct secret_keys *keys,
    const struct sign *sign, const char *issue, const char *address,
    const char *folder, struct complaints *complaints,
    struct text_list *ret_paths, struct err *err)
{
	struct material *material = NULL;
	struct material_files files;
	struct publish_reader reader;
	struct preview preview = {
		.arena = arena,
		.folder = folder,
		.site = site,
		.key = secret_keys_newest(keys),
		.sign = sign,
		.reader = &reader,
	};
	bool ok;

	if (!publish_find_reader(arena, store, address, &reader, err) ||
	    !material_gather(
		arena, site, store, issue, complaints, &files, err) ||
	    !material_open(arena, issue, &files, &material, err))
		return false;
	preview.material = material;
	ok = write_all(&preview, err);
	if (ok) {
		ret_paths->count = preview.paths.count;
		ret_paths->items = arena_copy(arena, preview.paths.items,
		    preview.paths.count * sizeof(*preview.paths.items));
	}
	vec_clear(&preview.paths);
	material_close(material);
	return ok;
}

bool
publish_explain(struct arena *arena, const struct site *site,
    struct store *store, const char *issue, const char *address,
    struct complaints *complaints, struct publish_reader *ret_reader,
    const struct issue **ret_issue, struct tailored *ret_tailored,
    struct err *err)
{
	struct material *material = NULL;
	struct material_files files;

	if (!publish_find_reader(arena, store, address, ret_reader, err) ||
	    !material_gather(
		arena, site, store, issue, complaints, &files, err) ||
	    !material_open(arena, issue, &files, &material, err))
		return false;
	*ret_issue = material->issue;
	tailor(arena, material->issue, &ret_reader->reader, &site->tailoring,
	    ret_tailored);
	material_close(material);
	return true;
}
