#include "publish/publish_gallery.h"

#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/num.h"
#include "content/picture_ready.h"
#include "digest/template_lint.h"
#include "people/links.h"
#include "publish/publish_audience.h"
#include "render/render.h"

enum {
	PAGE_BYTES_MOST = 64 * 1000 * 1000,
	IMAGE_BYTES_MOST = 64 * 1000 * 1000
};

static const char mark[] = ".glocal-mail-gallery";

static const struct render_marker markers[] = {
	{ "ISSUE_ID", RENDER_TEXT },
	{ "ISSUE_TITLE", RENDER_TEXT },
	{ "READERS", RENDER_TEXT },
	{ "EDITIONS", RENDER_TEXT },
	{ "SKIPPED", RENDER_TEXT }, /* readers who get no mail */
	{ "HAS_SKIPPED", RENDER_SECTION },
	{ "HAS_FIRST", RENDER_SECTION },
	{ "FIRST_URL", RENDER_TEXT }, /* page of the first edition */
	{ "EDITION", RENDER_SECTION },
	{ "NUMBER", RENDER_TEXT }, /* from 1, most readers first */
	{ "EDITION_READERS", RENDER_TEXT },
	{ "EDITION_SHARE", RENDER_TEXT },
	{ "EDITION_LANGUAGE", RENDER_TEXT },
	{ "EDITION_FORMAT", RENDER_TEXT },
	{ "EDITION_KB", RENDER_TEXT }, /* of what mail programs cut */
	{ "EXAMPLE", RENDER_TEXT },    /* the address of one reader */
	{ "PAGE_URL", RENDER_TEXT },
	{ "TEXT_URL", RENDER_TEXT },
	{ "IS_HTML", RENDER_SECTION },
	{ "FAULT", RENDER_TEXT }, /* why it cannot be sent */
	{ "HAS_FAULT", RENDER_SECTION },
	{ "STORY", RENDER_SECTION },
	{ "STORY_TITLE", RENDER_TEXT },
	{ "STORY_REASONS", RENDER_TEXT },
};

static const char *const roots[] = { "preview_gallery.html", NULL };

static const struct template_scope scopes[] = {
	{ "EDITION",
	    "NUMBER EDITION_READERS EDITION_SHARE EDITION_LANGUAGE "
	    "EDITION_FORMAT EDITION_KB EXAMPLE PAGE_URL TEXT_URL IS_HTML FAULT "
	    "HAS_FAULT STORY" },
	{ "STORY", "STORY_TITLE STORY_REASONS" },
	{ "HAS_FIRST", "FIRST_URL" },
};

/* One run. */
struct gallery {
	struct arena *arena; /* of the run */
	struct arena *page;  /* of one edition */
	const struct site *site;
	const struct secret_key *key;
	const struct material *material;
	struct publish_audience audience;
	struct folder_draft *draft;
	struct render_dict *dict;
	const char *first; /* page of the first edition; NULL: none can be
			      shown */
};

/* A part as the example reader gets it. */
static bool
write_part(struct gallery *gallery, const struct edition *edition,
    const struct person *person, const char *name, bool html, size_t *ret_bytes,
    struct err *err)
{
	const struct sender *sender = &gallery->material->sender;
	const struct link_ids ids = { 0 }; /* nobody's: they can be clicked */
	const struct edition_links links = {
		.unsubscribe_url = links_unsubscribe_url(
		    gallery->page, gallery->key, sender, ids),
		.preferences_url = links_preferences_url(
		    gallery->page, gallery->key, sender, ids),
	};
	const char *values[PERSONALS];
	struct buf out GM_BUF_AT_EXIT;

	buf_init(&out, PAGE_BYTES_MOST);
	edition_values(gallery->page, edition, person, &links, values);
	if (!html)
		edition_values_fold(gallery->page, values);
	edition_fill(
	    html ? &edition->html : &edition->text, values, html, &out);
	*ret_bytes = out.used;
	return folder_draft_write(
	    gallery->draft, name, buf_str(&out), out.used, err);
}

static void
put_stories(struct gallery *gallery, struct render_dict *row,
    const struct tailored *tailored, enum language language)
{
	for (size_t i = 0; i < tailored->chosen_count; i++) {
		const struct tailored_article *chosen = &tailored->chosen[i];
		struct render_dict *story = render_dict_section(row, "STORY");
		const char *reasons = "";

		for (size_t j = 0; j < chosen->reason_count; j++)
			reasons = arena_format(gallery->page, "%s%s%s", reasons,
			    j > 0 ? ", " : "",
			    tailor_reason_text(
				gallery->page, &chosen->reasons[j]));
		render_dict_set(story, "STORY_TITLE",
		    article_text(chosen->article, language)->title);
		render_dict_set(story, "STORY_REASONS", reasons);
	}
}

static void
put_row(struct gallery *gallery, struct render_dict *row,
    const struct publish_edition *edition, size_t number)
{
	struct arena *page = gallery->page;

	render_dict_set(row, "NUMBER", arena_format(page, "%zu", number));
	render_dict_set(row, "EDITION_READERS",
	    num_format_count(page, edition->readers, "reader", "readers"));
	render_dict_set(row, "EDITION_SHARE",
	    arena_format(page, "%.1f",
		100.0 * (double)edition->readers /
		    (double)gallery->audience.readers));
	render_dict_set(row, "EXAMPLE", edition->example.address);
	render_dict_set(
	    row, "PAGE_URL", arena_format(page, "editions/%zu.html", number));
	render_dict_set(
	    row, "TEXT_URL", arena_format(page, "editions/%zu.txt", number));
}

/* Writes the parts; what cannot be rendered is told in the row. */
static bool
show_edition(struct gallery *gallery, struct render_dict *row,
    const struct publish_edition *shown, size_t number, struct err *err)
{
	struct arena *page = gallery->page;
	const struct person *person = &shown->example;
	struct edition *edition;
	struct err fault = { 0 };
	size_t bytes;

	if (!material_edition(page, gallery->material, shown->spec, "../",
		&edition, &fault)) {
		render_dict_set(row, "FAULT", fault.text);
		render_dict_show(row, "HAS_FAULT");
		return true;
	}
	if (!write_part(gallery, edition, person,
		arena_format(page, "editions/%zu.txt", number), false, &bytes,
		err))
		return false;
	if (edition->format == FORMAT_HTML) {
		render_dict_show(row, "IS_HTML");
		if (!write_part(gallery, edition, person,
			arena_format(page, "editions/%zu.html", number), true,
			&bytes, err))
			return false;
	}
	if (number == 1)
		gallery->first = edition->format == FORMAT_HTML
				     ? "editions/1.html"
				     : "editions/1.txt";
	render_dict_set(
	    row, "EDITION_KB", arena_format(page, "%zu", (bytes + 500) / 1000));
	return true;
}

static bool
add_edition(struct gallery *gallery, size_t index, struct err *err)
{
	const struct publish_edition *edition =
	    &gallery->audience.editions[index];
	struct render_dict *row = render_dict_section(gallery->dict, "EDITION");
	struct tailored tailored;
	enum language language;
	enum format format;

	arena_reset(gallery->page);
	if (!tailor_from_spec(gallery->page, gallery->material->issue,
		edition->spec, &language, &format, &tailored, err))
		return false;
	put_row(gallery, row, edition, index + 1);
	render_dict_set(row, "EDITION_LANGUAGE", subscriber_language(language));
	render_dict_set(row, "EDITION_FORMAT", subscriber_format(format));
	put_stories(gallery, row, &tailored, language);
	return show_edition(gallery, row, edition, index + 1, err);
}

static bool
copy_images(struct gallery *gallery, struct err *err)
{
	const struct issue *issue = gallery->material->issue;
	struct text_list images = content_images(gallery->arena, issue);
	const char *from = site_path(gallery->arena, gallery->site,
	    arena_format(gallery->arena, "issues/%s", issue->id));
	const char *cache =
	    site_path(gallery->arena, gallery->site, MATERIAL_PICTURES);

	for (size_t i = 0; i < images.count; i++) {
		struct arena *arena GM_ARENA_AT_EXIT = arena_new();
		char *bytes;
		size_t count;

		if (!file_read(arena,
			picture_path(arena, cache, from, images.items[i]),
			IMAGE_BYTES_MOST, &bytes, &count, err) ||
		    !folder_draft_write(
			gallery->draft, images.items[i], bytes, count, err))
			return false;
	}
	return true;
}

static bool
write_index(struct gallery *gallery, struct err *err)
{
	const struct publish_audience *audience = &gallery->audience;
	struct material_files files;
	struct render *render = NULL;
	struct buf out GM_BUF_AT_EXIT;
	struct render_file *list;
	bool ok;

	buf_init(&out, PAGE_BYTES_MOST);
	if (!material_gather_pages(
		gallery->arena, gallery->site, "preview_", &files, err))
		return false;
	list = arena_take(gallery->arena, files.count, sizeof(*list));
	for (size_t i = 0; i < files.count; i++)
		list[i] = (struct render_file){
			.name = files.items[i].path + strlen("templates/"),
			.bytes = files.items[i].bytes,
			.count = files.items[i].count,
		};
	render_dict_set(gallery->dict, "ISSUE_ID", audience->issue->id);
	render_dict_set(gallery->dict, "ISSUE_TITLE",
	    audience->issue->text[LANGUAGE_EN].title);
	render_dict_set(gallery->dict, "READERS",
	    num_format_count(
		gallery->arena, audience->readers, "reader", "readers"));
	render_dict_set(gallery->dict, "EDITIONS",
	    num_format_count(gallery->arena, (int64_t)audience->edition_count,
		"edition", "editions"));
	render_dict_set(gallery->dict, "SKIPPED",
	    num_format_grouped(gallery->arena, audience->skipped));
	if (audience->skipped > 0)
		render_dict_show(gallery->dict, "HAS_SKIPPED");
	if (gallery->first != NULL) {
		render_dict_set(gallery->dict, "FIRST_URL", gallery->first);
		render_dict_show(gallery->dict, "HAS_FIRST");
	}
	ok = render_new(list, files.count, markers,
		 sizeof(markers) / sizeof(markers[0]), &render, err) &&
	     render_expand(
		 render, "preview_gallery.html", gallery->dict, &out, err) &&
	     folder_draft_write(
		 gallery->draft, "index.html", buf_str(&out), out.used, err);
	render_free(render);
	return ok;
}

static bool
write_all(struct gallery *gallery, const char *folder, struct err *err)
{
	bool ok = folder_draft_new(folder, mark, &gallery->draft, err);
	bool changed;

	for (size_t i = 0; ok && i < gallery->audience.edition_count; i++)
		ok = add_edition(gallery, i, err);
	ok = ok && copy_images(gallery, err) && write_index(gallery, err);
	if (!ok) {
		folder_draft_drop(gallery->draft);
		return false;
	}
	return folder_draft_publish(gallery->draft, &changed, err);
}

bool
publish_gallery(struct arena *arena, const struct site *site,
    struct store *store, const struct secret_keys *keys, const char *issue,
    const char *folder, struct complaints *complaints,
    struct publish_gallery *ret_gallery, struct err *err)
{
	struct arena *page GM_ARENA_AT_EXIT = arena_new();
	struct material *material = NULL;
	struct material_files files;
	struct gallery gallery = {
		.arena = arena,
		.page = page,
		.site = site,
		.key = secret_keys_newest(keys),
	};
	bool ok;

	if (!material_gather(
		arena, site, store, issue, complaints, &files, err) ||
	    !material_open(arena, issue, &files, &material, err))
		return false;
	gallery.material = material;
	gallery.dict = render_dict_new();
	ok = publish_audience_tally(
		 arena, site, store, material, NULL, &gallery.audience, err) &&
	     write_all(&gallery, folder, err);
	render_dict_free(gallery.dict);
	material_close(material);
	if (ok)
		*ret_gallery = (struct publish_gallery){
			.index = file_join(arena, folder, "index.html"),
			.editions = gallery.audience.edition_count,
			.readers = gallery.audience.readers,
		};
	return ok;
}

void
publish_gallery_lint(
    const struct template_folder *folder, struct complaints *complaints)
{
	const struct template_lint lint = {
		.folder = folder,
		.family = TEMPLATE_PREVIEW,
		.known = markers,
		.known_count = sizeof(markers) / sizeof(markers[0]),
		.roots = roots,
		.scopes = scopes,
		.scope_count = sizeof(scopes) / sizeof(scopes[0]),
	};

	template_lint(&lint, complaints);
}
