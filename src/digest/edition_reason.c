#include "digest/edition_reason.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "digest/edition_templates.h"
#include "digest/placename.h"
#include "digest/wording.h"
#include "model/country.h"

static int
compare_code(const void *code, const void *place)
{
	return strcmp(code, ((const struct edition_place *)place)->code);
}

static const struct edition_place *
find_place(const struct edition_input *in, const char *code)
{
	if (in->place_count == 0)
		return NULL;
	return bsearch(code, in->places, in->place_count, sizeof(*in->places),
	    compare_code);
}

/* The kana of the designated city that a ward belongs to; "" for others. */
static const char *
find_city_kana(const struct edition_input *in, const struct edition_place *ward)
{
	const char *city = strstr(ward->name, "市");
	size_t bytes = city ? (size_t)(city - ward->name) + strlen("市") : 0;

	if (!city || !text_ends(ward->name, "区"))
		return "";
	for (size_t i = 0; i < in->place_count; i++) {
		const struct edition_place *place = &in->places[i];

		if (strlen(place->name) == bytes &&
		    strncmp(place->name, ward->name, bytes) == 0 &&
		    text_equal(place->prefecture, ward->prefecture))
			return place->kana;
	}
	return "";
}

static const char *
label_place(
    struct arena *arena, const struct edition_input *in, const char *code)
{
	const struct edition_place *place = find_place(in, code);

	if (!place)
		return code;
	return placename(arena, place->name, place->kana,
	    find_city_kana(in, place), in->language);
}

static const char *
label_tag(const struct edition_input *in, const char *slug)
{
	for (size_t i = 0; i < in->tag_count; i++) {
		const char *label = in->tags[i].label[in->language];

		if (text_equal(in->tags[i].slug, slug))
			return label && *label ? label : slug;
	}
	return slug;
}

static const char *
label_country(const struct edition_input *in, const char *code)
{
	const char *name = country_name(code, in->language);

	return name ? name : code;
}

/* What the reader follows that led to the story; NULL for other reasons. */
static const char *
label_reason(struct arena *arena, const struct edition_input *in,
    const struct tailored_reason *reason)
{
	switch (reason->kind) {
	case TAILOR_MUNICIPALITY:
	case TAILOR_PREFECTURE:
		return label_place(arena, in, reason->value);
	case TAILOR_TAG:
		return label_tag(in, reason->value);
	case TAILOR_COUNTRY:
		return label_country(in, reason->value);
	default:
		return NULL;
	}
}

static bool
has_reason(const struct tailored_article *chosen, enum tailor_reason kind)
{
	for (size_t i = 0; i < chosen->reason_count; i++)
		if (chosen->reasons[i].kind == kind)
			return true;
	return false;
}

char *
edition_reason_line(struct arena *arena, const struct edition_input *in,
    const struct tailored_article *chosen)
{
	const char **words = in->templates->words[in->language];
	GM_BUF_AT_EXIT struct buf list;
	struct wording_field field = { "{list}", NULL };

	buf_init(&list, SIZE_MAX / 4);
	for (size_t i = 0; i < chosen->reason_count; i++) {
		const char *label =
		    label_reason(arena, in, &chosen->reasons[i]);

		if (!label)
			continue;
		if (list.used > 0)
			buf_add_str(
			    &list, words[EDITION_WORD_reason_separator]);
		buf_add_str(&list, label);
	}
	if (list.used > 0) {
		field.value = buf_str(&list);
		return wording_put(
		    arena, words[EDITION_WORD_reason], &field, 1);
	}
	if (has_reason(chosen, TAILOR_LEAD))
		return arena_strdup(arena, words[EDITION_WORD_reason_lead]);
	if (has_reason(chosen, TAILOR_FILL))
		return arena_strdup(arena, words[EDITION_WORD_reason_fill]);
	return arena_strdup(arena, "");
}
