#include <string.h>

#include "archive/archive_parts.h"
#include "base/file.h"
#include "base/mem.h"
#include "content/picture_ready.h"
#include "digest/edition_reason.h"
#include "people/links.h"
#include "store/store_mailing.h"

enum { IMAGE_MOST = 64 * 1000 * 1000 };

/* ---- pages */

static bool
write_page(struct archive_source *source, const char *template,
    struct render_dict *dict, const char *name, struct err *err)
{
	struct archive_run *run = source->run;
	bool ok = archive_pages_write(run->pages, template, dict, run->draft,
	    arena_format(run->page, "issues/%s/%s", source->id, name), err);

	arena_reset(run->page);
	return ok;
}

static bool
write_whole(
    struct archive_source *source, enum language language, struct err *err)
{
	struct arena *page = source->run->page;
	const struct issue *issue = source->material->issue;
	const char *other =
	    arena_format(page, "%s.html", archive_parts_other(language));
	struct render_dict *dict = archive_parts_begin(source, language,
	    &archive_in_issue, issue->text[language].title, other, false);

	for (size_t i = 0; i < issue->count; i++) {
		archive_parts_heading(source,
		    render_dict_section(dict, "CONTENTS"), &issue->articles[i],
		    language, &archive_in_issue);
		archive_parts_story(source, dict, &issue->articles[i], language,
		    &archive_in_issue, "", true);
	}
	return write_page(source, "archive_issue.html", dict,
	    arena_format(page, "%s.html", subscriber_language(language)), err);
}

static bool
write_story(struct archive_source *source, const struct article *article,
    enum language language, struct err *err)
{
	struct arena *page = source->run->page;
	struct render_dict *dict = archive_parts_begin(source, language,
	    &archive_in_issue, article_text(article, language)->title,
	    arena_format(page, "%s.%s.html", article->slug,
		archive_parts_other(language)),
	    false);

	archive_parts_story(
	    source, dict, article, language, &archive_in_issue, "", false);
	return write_page(source, "archive_story.html", dict,
	    arena_format(page, "%s.%s.html", article->slug,
		subscriber_language(language)),
	    err);
}

/* The page of a folder: of the issue's, and of its editions', so that no server
   shows their list. */
static bool
write_choice(struct archive_source *source, const struct archive_place *place,
    const char *name, struct err *err)
{
	struct archive_run *run = source->run;
	const struct issue *issue = source->material->issue;
	struct render_dict *dict = archive_parts_begin(source, LANGUAGE_EN,
	    place, issue->text[LANGUAGE_EN].title, NULL, false);

	for (size_t i = 0; i < LANGUAGES; i++) {
		struct render_dict *choice =
		    render_dict_section(dict, "CHOICE");
		const char *code = subscriber_language((enum language)i);

		render_dict_set(choice, "CHOICE_LANG", code);
		render_dict_set(choice, "CHOICE_URL",
		    arena_format(run->page, "%s%s.html", place->issue, code));
		render_dict_set(choice, "CHOICE_NAME",
		    archive_pages_word(run->pages, (enum language)i,
			ARCHIVE_WORD_language_name));
		render_dict_set(choice, "CHOICE_TITLE", issue->text[i].title);
	}
	return write_page(source, "archive_choose.html", dict, name, err);
}

static bool
write_edition(struct archive_source *source, const char *spec, struct err *err)
{
	struct arena *page = source->run->page;
	const struct material *material = source->material;
	const struct link_edition link = {
		.mailing = material->mailing,
		.version = material->version,
		.spec = spec,
	};
	struct edition_input in;
	struct render_dict *dict;

	if (!material_input(page, material, spec, &in, err))
		return false;
	dict = archive_parts_begin(source, in.language, &archive_in_edition,
	    material->issue->text[in.language].title, NULL, true);
	for (size_t i = 0; i < in.tailored->chosen_count; i++) {
		const struct tailored_article *chosen = &in.tailored->chosen[i];

		archive_parts_story(source, dict, chosen->article, in.language,
		    &archive_in_edition, edition_reason_line(page, &in, chosen),
		    true);
	}
	archive_parts_flag(dict, "HAS_ALSO", in.tailored->omitted_count > 0);
	for (size_t i = 0; i < in.tailored->omitted_count; i++)
		archive_parts_heading(source, render_dict_section(dict, "ALSO"),
		    in.tailored->omitted[i].article, in.language,
		    &archive_in_edition);
	source->run->editions++;
	return write_page(source, "archive_edition.html", dict,
	    arena_format(
		page, "e/%s", links_edition_file(page, material->key, &link)),
	    err);
}

/* ---- pictures */

/* As it was made ready, or, where that is gone, from the archive as it was. */
static bool
copy_picture(struct archive_source *source, const char *file, struct err *err)
{
	struct archive_run *run = source->run;
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	const char *name =
	    arena_format(arena, "issues/%s/%s", source->id, file);
	const char *path =
	    picture_path(arena, site_path(arena, run->site, MATERIAL_PICTURES),
		site_path(arena, run->site,
		    arena_format(arena, "issues/%s", source->id)),
		file);
	struct err ignored = { 0 };
	char *bytes;
	size_t count;

	if (!file_exists(path))
		path = file_join(arena, folder_draft_place(run->draft), name);
	if (!file_read(arena, path, IMAGE_MOST, &bytes, &count, &ignored))
		return err_set(err, ERR_NO_INPUT,
		    "%s: the picture is gone; put it back", name);
	return folder_draft_write(run->draft, name, bytes, count, err);
}

/* Those of this content that are not there yet. */
static bool
copy_pictures(
    struct archive_source *source, struct text_list *done, struct err *err)
{
	struct text_list images =
	    content_images(source->run->arena, source->material->issue);
	struct text_list all = {
		.items = arena_take(source->run->arena,
		    done->count + images.count, sizeof(*all.items)),
	};

	if (done->count > 0)
		memcpy(
		    all.items, done->items, done->count * sizeof(*done->items));
	all.count = done->count;
	for (size_t i = 0; i < images.count; i++) {
		bool known = false;

		for (size_t j = 0; j < done->count; j++)
			known |= text_equal(images.items[i], done->items[j]);
		if (known)
			continue;
		if (!copy_picture(source, images.items[i], err))
			return false;
		all.items[all.count++] = images.items[i];
	}
	*done = all;
	return true;
}

/* ---- what lists need */

static void
note_tag(struct archive_source *source, const char *slug)
{
	struct archive_run *run = source->run;
	struct archive_tag *tag;

	for (size_t i = 0; i < run->tag_count; i++)
		if (text_equal(run->tags[i].slug, slug))
			return;
	if (run->tag_count == run->tag_room) {
		run->tag_room = run->tag_room > 0 ? 2 * run->tag_room : 16;
		run->tags =
		    mem_resize(run->tags, run->tag_room, sizeof(*run->tags));
	}
	tag = &run->tags[run->tag_count++];
	tag->slug = arena_strdup(run->arena, slug);
	for (size_t i = 0; i < LANGUAGES; i++)
		tag->label[i] = arena_strdup(
		    run->arena, archive_parts_label(
				    source->material, slug, (enum language)i));
}

static struct archive_story
note_story(struct archive_source *source, const struct article *article)
{
	struct arena *arena = source->run->arena;
	struct archive_story story = {
		.slug = arena_strdup(arena, article->slug),
		.tags.items = arena_take(
		    arena, article->tags.count, sizeof(*story.tags.items)),
		.tags.count = article->tags.count,
	};

	for (size_t i = 0; i < article->tags.count; i++) {
		story.tags.items[i] =
		    arena_strdup(arena, article->tags.items[i]);
		note_tag(source, article->tags.items[i]);
	}
	for (size_t i = 0; i < LANGUAGES; i++) {
		const struct article_text *text =
		    article_text(article, (enum language)i);

		story.text[i] = (struct archive_text){
			.title = arena_strdup(arena, text->title),
			.summary = arena_strdup(arena, text->summary),
			.language = archive_parts_story_language(
			    article, (enum language)i),
		};
	}
	return story;
}

static struct archive_issue
note_issue(struct archive_source *source)
{
	struct arena *arena = source->run->arena;
	const struct issue *issue = source->material->issue;
	struct archive_issue noted = {
		.id = arena_strdup(arena, issue->id),
		.date = arena_strdup(arena, issue->date),
		.utc_offset_min = source->material->sender.utc_offset_min,
		.stories =
		    arena_take(arena, issue->count, sizeof(*noted.stories)),
		.count = issue->count,
	};

	for (size_t i = 0; i < LANGUAGES; i++)
		noted.text[i] = (struct archive_text){
			.title = arena_strdup(arena, issue->text[i].title),
			.summary = "",
			.language = archive_parts_issue_language(
			    issue, (enum language)i),
		};
	for (size_t i = 0; i < issue->count; i++)
		noted.stories[i] = note_story(source, &issue->articles[i]);
	return noted;
}

/* ---- contents: of the folder, or frozen */

/* All but the editions. */
static bool
write_content(struct archive_source *source, struct text_list *pictures,
    struct archive_issue *ret_issue, struct err *err)
{
	const struct issue *issue = source->material->issue;

	for (size_t i = 0; i < LANGUAGES; i++) {
		if (!write_whole(source, (enum language)i, err))
			return false;
		for (size_t j = 0; j < issue->count; j++)
			if (!write_story(source, &issue->articles[j],
				(enum language)i, err))
				return false;
	}
	if (!write_choice(source, &archive_in_issue, "index.html", err) ||
	    !write_choice(source, &archive_in_edition, "e/index.html", err) ||
	    !copy_pictures(source, pictures, err))
		return false;
	*ret_issue = note_issue(source);
	return true;
}

static bool
write_unplanned(struct archive_run *run, const char *id,
    struct archive_issue *ret_issue, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct archive_source source = { .run = run, .id = id };
	struct text_list pictures = { 0 };
	struct material *material = NULL;
	struct material_files files;
	bool ok;

	if (!material_gather(arena, run->site, run->store, id, run->complaints,
		&files, err) ||
	    !material_open(arena, id, &files, &material, err))
		return false;
	source.material = material;
	ok = write_content(&source, &pictures, ret_issue, err);
	material_close(material);
	return ok;
}

static bool
open_frozen(struct arena *arena, struct archive_run *run,
    const struct store_mailing *mailing, int64_t version,
    struct material **ret_material, struct err *err)
{
	struct store_mailing_file *frozen;
	struct material_files files;

	if (!store_mailing_material(arena, run->store, mailing->id, version,
		&frozen, &files.count, err))
		return false;
	files.items = arena_take(arena, files.count, sizeof(*files.items));
	for (size_t i = 0; i < files.count; i++)
		files.items[i] = (struct material_file){
			.path = frozen[i].path,
			.bytes = frozen[i].bytes,
			.count = frozen[i].count,
		};
	if (!material_open(arena, mailing->issue, &files, ret_material, err))
		return false;
	(*ret_material)->key =
	    secret_keys_find(run->keys, (int)mailing->key_id);
	(*ret_material)->mailing = mailing->id;
	(*ret_material)->version = version;
	return true;
}

/* The editions of one version of a mailing that somebody has; with `ret_issue`
   the other pages as well. */
static bool
write_version(struct archive_run *run, const struct store_mailing *mailing,
    int64_t version, struct text_list *pictures,
    struct archive_issue *ret_issue, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct archive_source source = { .run = run, .id = mailing->issue };
	struct material *material = NULL;
	struct text_list specs;
	bool ok = true;

	if (!store_mailing_specs(
		arena, run->store, mailing->id, version, &specs, err))
		return false;
	if (specs.count == 0 && ret_issue == NULL)
		return true;
	if (!open_frozen(arena, run, mailing, version, &material, err))
		return false;
	source.material = material;
	if (ret_issue != NULL)
		ok = write_content(&source, pictures, ret_issue, err);
	if (material->key == NULL)
		complaints_warn(run->complaints,
		    arena_format(arena, "issue %s", mailing->issue), 0,
		    "the site key of its links is gone: no editions");
	else
		for (size_t i = 0; ok && i < specs.count; i++)
			ok = write_edition(&source, specs.items[i], err);
	ok = ok && copy_pictures(&source, pictures, err);
	material_close(material);
	return ok;
}

bool
archive_issue_write(struct archive_run *run, const char *id,
    struct archive_issue *ret_issue, struct err *err)
{
	struct text_list pictures = { 0 };
	const struct store_mailing *newest = NULL;
	struct store_mailing_list list;

	if (!store_mailing_of_issue(run->arena, run->store, id, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].state != MAILING_CANCELLED)
			newest = &list.items[i];
	if (newest == NULL && !write_unplanned(run, id, ret_issue, err))
		return false;

	/* Mails of a cancelled mailing may have gone out before. */
	for (size_t i = 0; i < list.count; i++) {
		const struct store_mailing *mailing = &list.items[i];

		for (int64_t v = 1; v <= mailing->version; v++) {
			bool is_newest =
			    mailing == newest && v == mailing->version;

			if (!write_version(run, mailing, v, &pictures,
				is_newest ? ret_issue : NULL, err))
				return err_wrap(err, "issue %s", id);
		}
	}
	return true;
}
