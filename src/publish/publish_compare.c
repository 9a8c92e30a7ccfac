#include "publish/publish_compare.h"

#include "digest/material.h"

static bool
view(struct arena *arena, const struct site *site,
    const struct material *material, struct publish_view *view, struct err *err)
{
	const struct reader *reader = &view->reader.reader;
	const struct edition_links no_links = { "", "" };
	const char *values[PERSONALS];
	struct edition *edition;

	view->subject = "";
	view->greeting = "";
	tailor(
	    arena, material->issue, reader, &site->tailoring, &view->tailored);
	if (view->tailored.skip)
		return true;
	if (!material_edition(arena, material,
		tailor_spec(
		    arena, reader->language, reader->format, &view->tailored),
		NULL, &edition, err))
		return false;
	edition_values(arena, edition, &view->reader.person, &no_links, values);
	view->greeting = values[PERSONAL_GREETING];
	view->subject = edition_subject(arena, edition, &view->reader.person);
	return true;
}

bool
publish_compare(struct arena *arena, const struct site *site,
    struct store *store, const char *issue, const char *const addresses[2],
    struct complaints *complaints, const struct issue **ret_issue,
    struct publish_view ret_views[2], struct err *err)
{
	struct material *material = NULL;
	struct material_files files;
	bool ok = true;

	for (size_t i = 0; i < 2; i++)
		if (!publish_find_reader(
			arena, store, addresses[i], &ret_views[i].reader, err))
			return false;
	if (!material_gather(
		arena, site, store, issue, complaints, &files, err) ||
	    !material_open(arena, issue, &files, &material, err))
		return false;
	*ret_issue = material->issue;
	for (size_t i = 0; ok && i < 2; i++)
		ok = view(arena, site, material, &ret_views[i], err);
	material_close(material);
	return ok;
}
