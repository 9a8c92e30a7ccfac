#include "digest/edition_proof.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "digest/edition_page.h"
#include "digest/edition_part.h"
#include "digest/edition_templates.h"
#include "digest/tailor.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

enum { SAMPLE_MOST = 4 << 20, BESIDE_HTML = 1500, BESIDE_TEXT = 300 };

/* Values that only escaping makes harmless: splicing must do all that the
   template engine would do. */
static const char *const hostile[] = {
	"",
	"javascript:<b>&\"'`{{X}} 1",
	"javascript:<b>&\"'`{{X}} 2",
	"javascript:<b>&\"'`{{X}} 3",
	"javascript:<b>&\"'`{{X}} 4",
	"javascript:<b>&\"'`{{X}} 5",
	"https://news.example/u/<b>&\"'`{{X}}",
	"https://news.example/p/<b>&\"'`{{X}}",
};
static_assert(COUNT(hostile) == PERSONALS, "a value for each field");

/* What the HTML of a mail must not hold. */
static const char *const forbidden[] = { "<script", "<form", "<iframe",
	"<object", "<embed", "src=\"data:" };

static const struct sender sender = {
	.name = "SENDERNAME",
	.address = "news@news.example",
	.reply_to = "",
	.postal = "SENDERPOSTAL",
	.contact = "SENDERCONTACT",
	.bounce_domain = "bounce.news.example",
	.public_url = "https://news.example",
	.list_id = "news.news.example",
	.timezone = "Asia/Tokyo",
};

/* A small issue that shows every section of a template. */
struct sample {
	struct article_image images[4];
	struct article_text text;
	struct article articles[3];
	struct issue issue;
	struct tailored_reason reason;
	struct tailored_article chosen[2];
	struct tailored_omission omitted;
	struct tailored tailored;
	struct edition_input in;
};

static void
fill_sample(struct sample *sample, const struct edition_templates *templates,
    enum language language)
{
	static const struct article_image image = { .file = "images/a.png",
		.ready = "images/a.png",
		.alt = "alt",
		.caption = "caption",
		.width = 1200,
		.height = 750 };
	static const struct issue_text words = { .title = "title",
		.subject = "subject",
		.preheader = "preheader",
		.greeting = "greeting" };

	memset(sample, 0, sizeof(*sample));
	for (size_t i = 0; i < COUNT(sample->images); i++)
		sample->images[i] = image;
	sample->text = (struct article_text){ .file = "a.md",
		.title = "title",
		.summary = "summary",
		.body = "body",
		.images = sample->images,
		.image_count = COUNT(sample->images) };
	for (size_t i = 0; i < COUNT(sample->articles); i++) {
		sample->articles[i].slug = "slug";
		sample->articles[i].text[language] = &sample->text;
	}
	sample->issue = (struct issue){ .id = "2026-04",
		.date = "2026-04-01",
		.articles = sample->articles,
		.count = COUNT(sample->articles) };
	for (size_t i = 0; i < LANGUAGES; i++)
		sample->issue.text[i] = words;
	sample->reason = (struct tailored_reason){ TAILOR_LEAD, "" };
	for (size_t i = 0; i < COUNT(sample->chosen); i++)
		sample->chosen[i] =
		    (struct tailored_article){ &sample->articles[i],
			    &sample->reason, 1 };
	sample->omitted = (struct tailored_omission){ &sample->articles[2],
		TAILOR_NOT_RELEVANT };
	sample->tailored = (struct tailored){ sample->chosen,
		COUNT(sample->chosen), &sample->omitted, 1, false };
	sample->in = (struct edition_input){ .templates = templates,
		.issue = &sample->issue,
		.tailored = &sample->tailored,
		.language = language,
		.sender = &sender,
		.image_base = "https://news.example/issues/2026-04/",
		.archive_base = "https://news.example/issues/2026-04/" };
}

/* A text as it stands in the part. */
static char *
show(struct arena *arena, const char *text, bool html)
{
	GM_BUF_AT_EXIT struct buf out;

	buf_init(&out, SAMPLE_MOST);
	if (!html)
		return arena_strdup(arena, text);
	edition_escape(text, &out);
	return arena_strndup(arena, buf_str(&out), out.used);
}

/* True when `word` stands within `beside` bytes of the link. */
static bool
stands_beside(
    const char *part, const char *word, const char *url, size_t beside)
{
	const char *link = strstr(part, url);

	for (const char *p = strstr(part, word); p && link;
	     p = strstr(p + 1, word)) {
		size_t far = (size_t)(p < link ? link - p : p - link);

		if (far <= beside)
			return true;
	}
	return false;
}

/* One proof: the faults so far, in their order. */
struct proof {
	struct arena *arena;
	const struct sample *sample;
	const char *file;
	bool html;
	struct edition_fault **last;
};

static void
blame(struct proof *proof, const char *marker, const char *word, char *text)
{
	struct edition_fault *fault =
	    arena_take(proof->arena, 1, sizeof(*fault));

	*fault =
	    (struct edition_fault){ proof->file, marker, word, text, NULL };
	*proof->last = fault;
	proof->last = &fault->next;
}

/* What the law asks for, and how the sample shows it. */
struct needed {
	const char *what, *marker, *text;
};

static void
check_needed(struct proof *proof, const char *part, const struct needed *needed)
{
	const char *text = show(proof->arena, needed->text, proof->html);
	const char *file = proof->file;

	if (*text && strstr(part, text))
		return;
	if (!*text)
		proof->file = arena_format(proof->arena, "strings.%s.yaml",
		    subscriber_language(proof->sample->in.language));
	blame(proof, *text ? needed->marker : NULL,
	    *text ? NULL : "unsubscribe:",
	    arena_format(proof->arena,
		"%s is missing ({{%s}}); the law asks for it", needed->what,
		needed->marker));
	proof->file = file;
}

static void
check_law(struct proof *proof, const char *part)
{
	const struct edition_input *in = &proof->sample->in;
	const char *sentence =
	    in->templates->words[in->language][EDITION_WORD_unsubscribe];
	const char *url = hostile[PERSONAL_UNSUBSCRIBE_URL];
	const struct needed needed[] = {
		{ "the sender's name", "SENDER_NAME", sender.name },
		{ "the postal address", "SENDER_POSTAL", sender.postal },
		{ "the contact",
		    proof->html ? "SENDER_CONTACT_HTML" : "SENDER_CONTACT",
		    sender.contact },
		{ "the unsubscribe link", "UNSUBSCRIBE_URL", url },
		{ "the unsubscribe sentence", "W_UNSUBSCRIBE", sentence },
	};

	for (size_t i = 0; i < COUNT(needed); i++)
		check_needed(proof, part, &needed[i]);
	sentence = show(proof->arena, sentence, proof->html);
	url = show(proof->arena, url, proof->html);
	if (strstr(part, sentence) && strstr(part, url) &&
	    !stands_beside(
		part, sentence, url, proof->html ? BESIDE_HTML : BESIDE_TEXT))
		blame(proof, "UNSUBSCRIBE_URL", NULL,
		    "the unsubscribe link does not stand beside its sentence "
		    "({{W_UNSUBSCRIBE}})");
}

static void
check_html(struct proof *proof, const char *part)
{
	const char *hidden = strstr(part, "display:none");

	for (size_t i = 0; i < COUNT(forbidden); i++)
		if (strcasestr(part, forbidden[i]))
			blame(proof, NULL, forbidden[i],
			    arena_format(proof->arena,
				"'%s' has no place in a mail", forbidden[i]));
	if (hidden && strstr(hidden + 1, "display:none"))
		blame(proof, NULL, "display:none",
		    "only the preheader may be hidden (display:none)");
}

/* Renders the part with the values, and by splicing them in (or the one of
   `only` alone, PERSONAL_NONE: all of them); the latter goes to `spliced`. */
static bool
compare(const struct proof *proof, const char *const values[PERSONALS],
    enum personal only, struct buf *spliced, bool *ret_same, struct err *err)
{
	const struct edition_input *in = &proof->sample->in;
	GM_BUF_AT_EXIT struct buf direct;
	GM_BUF_AT_EXIT struct buf marked;
	const char *marks[PERSONALS];
	struct edition_part part;

	buf_init(&direct, SAMPLE_MOST);
	buf_init(&marked, SAMPLE_MOST);
	for (size_t i = 0; i < PERSONALS; i++)
		marks[i] = only == PERSONAL_NONE || i == only
			       ? edition_part_mark((enum personal)i)
			       : values[i];
	if (!edition_page(in, proof->html, values, &direct, err) ||
	    !edition_page(in, proof->html, marks, &marked, err) ||
	    !edition_part_cut(
		proof->arena, buf_str(&marked), marked.used, &part, err))
		return false;
	edition_fill(&part, values, proof->html, spliced);
	*ret_same = text_equal(buf_str(&direct), buf_str(spliced));
	return true;
}

/* Finds the first field that is not harmless where it stands. */
static const char *
find_harmful(const struct proof *proof)
{
	for (size_t i = PERSONAL_NONE + 1; i < PERSONALS; i++) {
		const char *values[PERSONALS];
		GM_BUF_AT_EXIT struct buf spliced;
		struct err ignored = { 0 };
		bool same;

		buf_init(&spliced, SAMPLE_MOST);
		for (size_t j = 0; j < PERSONALS; j++)
			values[j] = i == j ? hostile[j] : "";
		if (compare(proof, values, (enum personal)i, &spliced, &same,
			&ignored) &&
		    !same)
			return edition_templates_personals[i];
	}
	return NULL;
}

static void
check_part(struct proof *proof)
{
	GM_BUF_AT_EXIT struct buf spliced;
	struct err err = { 0 };
	bool same;

	buf_init(&spliced, SAMPLE_MOST);
	if (!compare(proof, hostile, PERSONAL_NONE, &spliced, &same, &err)) {
		blame(proof, NULL, NULL, arena_strdup(proof->arena, err.text));
		return;
	}
	if (!same)
		blame(proof, find_harmful(proof), NULL,
		    "a personal field (READER_..., UNSUBSCRIBE_URL, "
		    "PREFERENCES_URL) stands where escaping for HTML does not "
		    "make it harmless: in a style, in a script, as a link, or "
		    "in an attribute without quotes");
	check_law(proof, buf_str(&spliced));
	if (proof->html)
		check_html(proof, buf_str(&spliced));
}

struct edition_fault *
edition_proof(struct arena *arena, const struct edition_templates *templates)
{
	struct edition_fault *faults = NULL;
	struct proof proof = { .arena = arena, .last = &faults };

	for (size_t i = 0; faults == NULL && i < LANGUAGES; i++) {
		struct sample *sample = arena_take(arena, 1, sizeof(*sample));

		fill_sample(sample, templates, (enum language)i);
		proof.sample = sample;
		proof.html = true;
		proof.file = "digest.html";
		check_part(&proof);
		proof.html = false;
		proof.file = "digest.txt";
		check_part(&proof);
	}
	return faults;
}
