#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/now.h"
#include "base/vec.h"
#include "content/content.h"
#include "digest/material.h"
#include "model/municipality.h"
#include "sign/sign.h"
#include "store/store_municipality.h"
#include "store/store_tag.h"

enum { TEMPLATE_BYTES_MOST = 1000 * 1000, WORDS_BYTES_MOST = 4 * 1000 * 1000 };

struct files {
	struct material_file *items;
	size_t count;
	size_t room;
};

static void
add_file(struct files *files, const char *path, const char *bytes, size_t count)
{
	struct material_file file = {
		.path = path,
		.bytes = bytes,
		.count = count,
	};

	vec_push(files, file);
}

static void
add_text(struct arena *arena, struct files *files, const char *path,
    const struct buf *text)
{
	add_file(files, path, arena_strdup(arena, buf_str(text)), text->used);
}

/* A field of a line: tabs and line ends would read as separators. */
static const char *
one_line(struct arena *arena, const char *value)
{
	char *copy = arena_strdup(arena, value);

	for (char *p = copy; *p != '\0'; p++)
		if (*p == '\t' || *p == '\n' || *p == '\r')
			*p = ' ';
	return copy;
}

static void
gather_sender(
    struct arena *arena, const struct sender *sender, struct files *files)
{
	struct buf text GM_BUF_AT_EXIT;

	buf_init(&text, WORDS_BYTES_MOST);
#define X(member)       \
	buf_add_format( \
	    &text, "%s\t%s\n", #member, one_line(arena, sender->member));
	GM_SENDER_FIELDS(X)
#undef X
	buf_add_format(&text, "utc_offset_min\t%d\n", now_offset_min(now_ms()));
	add_text(arena, files, "sender.txt", &text);
}

static void
gather_tailoring(
    struct arena *arena, const struct tailoring *tailoring, struct files *files)
{
	const struct tailoring_weights *weights = &tailoring->weights;
	struct buf text GM_BUF_AT_EXIT;

	buf_init(&text, WORDS_BYTES_MOST);
	buf_add_format(&text,
	    "max_articles\t%d\nmin_articles\t%d\nwhen_empty\t%s\n",
	    tailoring->max_articles, tailoring->min_articles,
	    tailoring->skip_empty ? "skip" : "fill");
	buf_add_format(&text,
	    "municipality\t%d\nprefecture\t%d\ntag\t%d\ncountry\t%d\n",
	    weights->municipality, weights->prefecture, weights->tag,
	    weights->country);
	add_text(arena, files, "tailoring.txt", &text);
}

/* A key that cannot be opened is the affair of who signs: others than that can
   do without. */
static void
gather_dkim(struct arena *arena, const struct site *site, struct files *files)
{
	struct buf text GM_BUF_AT_EXIT;
	struct err ignored = { 0 };

	buf_init(&text, WORDS_BYTES_MOST);
	for (size_t i = 0; i < site->dkim_count; i++) {
		const struct dkim_key *key = &site->dkim_keys[i];
		char fingerprint[SIGN_FINGERPRINT] = "";

		if (!sign_fingerprint(key, fingerprint, &ignored))
			fingerprint[0] = '\0';
		buf_add_format(&text, "%s\t%s\t%s\n", key->domain,
		    key->selector, fingerprint);
	}
	add_text(arena, files, "dkim.txt", &text);
}

/* The slugs, for checking what articles name. */
static const char *const *
list_slugs(struct arena *arena, const struct store_tags *tags)
{
	const char **slugs = arena_take(arena, tags->count + 1, sizeof(*slugs));

	for (size_t i = 0; i < tags->count; i++)
		slugs[i] = tags->items[i].slug;
	return slugs;
}

static void
gather_tags(
    struct arena *arena, const struct store_tags *tags, struct files *files)
{
	struct buf text GM_BUF_AT_EXIT;

	buf_init(&text, WORDS_BYTES_MOST);
	for (size_t i = 0; i < tags->count; i++)
		buf_add_format(&text, "%s\t%s\t%s\n", tags->items[i].slug,
		    one_line(arena, tags->items[i].label_en),
		    one_line(arena, tags->items[i].label_ja));
	add_text(arena, files, "tags.tsv", &text);
}

/* True when a story is about the place, or about one in its prefecture. */
static bool
is_mentioned(const struct issue *issue, const char *code)
{
	char prefecture[MUNICIPALITY_CODE_BYTES];

	for (size_t i = 0; i < issue->count; i++) {
		const struct text_list *places = &issue->articles[i].places;

		for (size_t j = 0; j < places->count; j++) {
			municipality_prefecture(places->items[j], prefecture);
			if (strcmp(places->items[j], code) == 0 ||
			    strcmp(prefecture, code) == 0)
				return true;
		}
	}
	return false;
}

static bool
gather_places(struct arena *arena, struct store *store,
    const struct issue *issue, struct files *files, struct err *err)
{
	struct buf text GM_BUF_AT_EXIT;
	struct store_municipalities list;

	buf_init(&text, WORDS_BYTES_MOST);
	if (!store_municipality_list(arena, store, NULL, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		const struct store_municipality *row = &list.items[i];

		if (is_mentioned(issue, row->code))
			buf_add_format(&text, "%s\t%s\t%s\t%s\n", row->code,
			    row->prefecture, row->name, row->kana);
	}
	add_text(arena, files, "places.tsv", &text);
	return true;
}

/* Families of templates that no digest is made of; their names begin so. */
static const char *const page_families[] = { "archive_", "preview_" };

/* Whether a file is of a family; NULL: of those of the digests. */
static bool
is_of_family(const char *name, const char *family)
{
	if (family != NULL)
		return text_starts(name, family);
	for (size_t i = 0; i < sizeof(page_families) / sizeof(*page_families);
	     i++)
		if (text_starts(name, page_families[i]))
			return false;
	return true;
}

/* Adds the templates of a folder that are not there yet. */
static bool
gather_template_folder(struct arena *arena, const char *folder,
    const char *family, struct files *files, struct err *err)
{
	struct text_list names;

	if (!file_list(arena, folder, &names, err))
		return false;
	for (size_t i = 0; i < names.count; i++) {
		char *path =
		    arena_format(arena, "templates/%s", names.items[i]);
		bool known = false;
		char *bytes;
		size_t count;

		for (size_t j = 0; j < files->count; j++)
			known |= strcmp(files->items[j].path, path) == 0;

		/* Confirmations belong to no issue (confirm_mail.h). */
		if (known || text_ends(path, "~") ||
		    text_starts(names.items[i], "confirm.") ||
		    !is_of_family(names.items[i], family))
			continue;
		if (!file_read(arena, file_join(arena, folder, names.items[i]),
			TEMPLATE_BYTES_MOST, &bytes, &count, err))
			return false;
		add_file(files, path, bytes, count);
	}
	return true;
}

static bool
gather_templates(struct arena *arena, const struct site *site,
    const char *family, struct files *files, struct err *err)
{
	char *own = site_path(arena, site, "templates");
	char *shipped;

	if (file_is_folder(own) &&
	    !gather_template_folder(arena, own, family, files, err))
		return false;
	return site_share(arena, "templates", &shipped, err) &&
	       gather_template_folder(arena, shipped, family, files, err);
}

/* What is complained about is the caller's to print: the error only counts. */
static bool
parse_content(struct arena *arena, const char *id,
    const struct content_files *content, const struct content_vocabulary *known,
    struct complaints *complaints, struct issue **ret_issue, struct err *err)
{
	size_t first = complaints->count;
	size_t errors = complaints->errors;
	bool ok = content_parse(
	    arena, id, content, known, complaints, ret_issue, err);

	complaints_move(
	    complaints, first, arena_format(arena, "issues/%s", id));
	errors = complaints->errors - errors;
	if (!ok && errors > 0)
		err_set(err, ERR_DATA, "issue %s: %zu %s, see above", id,
		    errors, errors == 1 ? "fault" : "faults");
	return ok;
}

static bool
gather_content(struct arena *arena, const struct site *site,
    const struct store_tags *tags, const char *id,
    struct complaints *complaints, struct files *files,
    struct issue **ret_issue, struct err *err)
{
	const struct content_vocabulary known = {
		.tags = list_slugs(arena, tags),
	};
	const struct content_pictures pictures = {
		.cache = site_path(arena, site, MATERIAL_PICTURES),
		.inside = site->images_inline,
	};
	struct content_files content;
	char *folder;

	if (!content_id_holds(id))
		return err_set(err, ERR_USAGE,
		    "'%s' is no issue, expected a name such as 2026-04", id);
	folder = site_path(arena, site, arena_format(arena, "issues/%s", id));
	if (!content_read(arena, folder, &pictures, &content, err) ||
	    !parse_content(
		arena, id, &content, &known, complaints, ret_issue, err))
		return false;
	for (size_t i = 0; i < content.count; i++)
		add_file(files,
		    arena_format(arena, "content/%s", content.items[i].path),
		    content.items[i].bytes, content.items[i].count);
	return true;
}

bool
material_gather_pages(struct arena *arena, const struct site *site,
    const char *family, struct material_files *ret_files, struct err *err)
{
	struct files files = { 0 };
	bool ok = gather_templates(arena, site, family, &files, err);

	if (ok) {
		ret_files->count = files.count;
		ret_files->items = arena_copy(
		    arena, files.items, files.count * sizeof(*files.items));
	}
	vec_clear(&files);
	return ok;
}

bool
material_gather(struct arena *arena, const struct site *site,
    struct store *store, const char *issue, struct complaints *complaints,
    struct material_files *ret_files, struct err *err)
{
	struct files files = { 0 };
	struct issue *parsed = NULL;
	struct store_tags tags;
	bool ok = store_tag_list(arena, store, false, &tags, err) &&
		  gather_content(arena, site, &tags, issue, complaints, &files,
		      &parsed, err) &&
		  gather_templates(arena, site, NULL, &files, err) &&
		  gather_places(arena, store, parsed, &files, err);

	if (ok) {
		gather_sender(arena, &site->sender, &files);
		gather_tailoring(arena, &site->tailoring, &files);
		gather_dkim(arena, site, &files);
		gather_tags(arena, &tags, &files);
		ret_files->count = files.count;
		ret_files->items = arena_copy(
		    arena, files.items, files.count * sizeof(*files.items));
	}
	vec_clear(&files);
	return ok;
}
