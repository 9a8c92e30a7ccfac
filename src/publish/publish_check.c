#include "publish/publish_check.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "content/content_lint.h"
#include "content/lint.h"
#include "digest/edition_lint.h"
#include "digest/material.h"
#include "fetch/fetch.h"
#include "publish/check_readers.h"
#include "store/store_municipality.h"
#include "store/store_tag.h"

/* What the steps of a check share. */
struct check {
	struct arena *arena;
	const struct site *site;
	struct store *store;
	const char *id;
	struct publish_findings *findings;
	struct content_vocabulary known;
	struct content_files files;
	const struct issue *issue;
};

static bool
read_vocabulary(struct check *check, struct err *err)
{
	struct store_municipalities list;
	struct store_tags tags;
	const char **slugs, **labels;
	struct content_town *towns;

	if (!store_tag_list(check->arena, check->store, false, &tags, err) ||
	    !store_municipality_list(
		check->arena, check->store, NULL, &list, err))
		return false;
	slugs = arena_take(check->arena, tags.count + 1, sizeof(*slugs));
	labels =
	    arena_take(check->arena, tags.count * LANGUAGES, sizeof(*labels));
	for (size_t i = 0; i < tags.count; i++) {
		slugs[i] = tags.items[i].slug;
		labels[LANGUAGES * i + LANGUAGE_EN] = tags.items[i].label_en;
		labels[LANGUAGES * i + LANGUAGE_JA] = tags.items[i].label_ja;
	}
	towns = arena_take(check->arena, list.count, sizeof(*towns));
	for (size_t i = 0; i < list.count; i++)
		towns[i] = (struct content_town){
			.code = list.items[i].code,
			.prefecture = list.items[i].prefecture,
			.name = list.items[i].name,
			.kana = list.items[i].kana,
		};
	check->known = (struct content_vocabulary){
		.tags = slugs,
		.tag_labels = labels,
		.towns = towns,
		.town_count = list.count,
	};
	return true;
}

static bool
read_issue(struct check *check, struct err *err)
{
	const struct content_pictures pictures = {
		.cache =
		    site_path(check->arena, check->site, MATERIAL_PICTURES),
		.inside = check->site->images_inline,
	};
	struct complaints *complaints = &check->findings->complaints;

	if (!content_id_holds(check->id))
		return err_set(err, ERR_USAGE,
		    "'%s' is no issue, expected a name such as 2026-04",
		    check->id);
	if (!content_read(check->arena,
		site_path(check->arena, check->site,
		    arena_format(check->arena, "issues/%s", check->id)),
		&pictures, &check->files, err))
		return false;
	check->issue = content_understand(
	    check->arena, check->id, &check->files, &check->known, complaints);
	content_lint(check->arena, check->issue, &check->files, &check->known,
	    complaints);
	return true;
}

/* Names the files of complaints from number `first` on as seen from the
   site. */
static void
move_to_issue(struct check *check, size_t first)
{
	complaints_move(&check->findings->complaints, first,
	    arena_format(check->arena, "issues/%s", check->id));
}

/* ---- templates */

static bool
check_templates(struct check *check, struct err *err)
{
	struct complaints *complaints = &check->findings->complaints;
	size_t first = complaints->count;
	struct template_folder folder;

	if (!template_folder_read(check->arena, check->site, &folder, err))
		return false;
	edition_lint(&folder, complaints);
	complaints_move(complaints, first, "templates");
	return true;
}

/* ---- readers */

/* What `send` would take. */
static bool
check_audience(struct check *check, struct err *err)
{
	size_t first = check->findings->complaints.count;
	struct complaints again = { 0 };
	struct material_files files;
	struct material *material = NULL;
	bool ok;

	if (check->findings->complaints.errors > 0)
		return true;
	ok = material_gather(check->arena, check->site, check->store, check->id,
		 &again, &files, err) &&
	     material_open(check->arena, check->id, &files, &material, err) &&
	     check_readers(
		 check->site, check->store, material, check->findings, err);
	move_to_issue(check, first);
	complaints_clear(&again);
	material_close(material);
	return ok;
}

/* ---- links */

static bool
check_links(struct check *check, struct err *err)
{
	struct complaints *complaints = &check->findings->complaints;
	struct fetch_wish wish = fetch_usual;
	struct content_links links;
	struct fetch_link *asked;

	content_links(check->arena, check->issue, &links);
	asked = arena_take(check->arena, links.count, sizeof(*asked));
	for (size_t i = 0; i < links.count; i++)
		asked[i].url = links.items[i].url;
	wish.cache = site_path(check->arena, check->site, "state/links.txt");
	if (!fetch_links(check->arena, &wish, asked, links.count, err))
		return false;
	check->findings->links = (int64_t)links.count;
	for (size_t i = 0; i < links.count; i++) {
		const struct content_link *link = &links.items[i];

		if (asked[i].answer == FETCH_DEAD)
			complaints_add_at(complaints, link->file, link->line,
			    link->column,
			    "dead link: %s (%s); correct the address or take "
			    "the link out",
			    link->url, asked[i].why);
		else if (asked[i].answer == FETCH_UNSURE)
			complaints_warn_at(complaints, link->file, link->line,
			    link->column,
			    "%s could not be checked (%s); open it in a "
			    "browser",
			    link->url, asked[i].why);
	}
	return true;
}

bool
publish_check(const struct site *site, struct store *store, const char *issue,
    bool links, struct publish_findings *ret_findings, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct publish_findings findings = { 0 };
	struct check check = {
		.arena = arena,
		.site = site,
		.store = store,
		.id = issue,
		.findings = &findings,
	};
	bool ok = read_vocabulary(&check, err) && read_issue(&check, err) &&
		  (!links || check_links(&check, err));

	if (ok) {
		lint_count_tabs(&check.files, &findings.complaints);
		move_to_issue(&check, 0);
		ok =
		    check_templates(&check, err) && check_audience(&check, err);
	}
	if (ok)
		*ret_findings = findings;
	else
		complaints_clear(&findings.complaints);
	return ok;
}

void
publish_findings_clear(struct publish_findings *findings)
{
	complaints_clear(&findings->complaints);
}
