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

static void
check_law(struct arena *arena, const struct sample *sample, const char *file,
    const char *part, bool html, struct complaints *complaints)
{
	const char **words = sample->in.templates->words[sample->in.language];
	const struct {
		const char *what, *marker, *text;
	} needed[] = {
		{ "the sender's name", "SENDER_NAME", sender.name },
		{ "the postal address", "SENDER_POSTAL", sender.postal },
		{ "the contact", "SENDER_CONTACT", sender.contact },
		{ "the unsubscribe link", "UNSUBSCRIBE_URL",
		    hostile[PERSONAL_UNSUBSCRIBE_URL] },
		{ "the unsubscribe sentence", "W_UNSUBSCRIBE",
		    words[EDITION_WORD_unsubscribe] },
	};

	for (size_t i = 0; i < COUNT(needed); i++) {
		const char *text = show(arena, needed[i].text, html);

		if (!*text || !strstr(part, text))
			complaints_add(complaints, file, 0,
			    "%s is missing ({{%s}}); the law asks for it",
			    needed[i].what, needed[i].marker);
	}
	if (strstr(part, show(arena, words[EDITION_WORD_unsubscribe], html)) &&
	    strstr(
		part, show(arena, hostile[PERSONAL_UNSUBSCRIBE_URL], html)) &&
	    !stands_beside(part,
		show(arena, words[EDITION_WORD_unsubscribe], html),
		show(arena, hostile[PERSONAL_UNSUBSCRIBE_URL], html),
		html ? BESIDE_HTML : BESIDE_TEXT))
		complaints_add(complaints, file, 0,
		    "the unsubscribe link does not stand beside its sentence "
		    "({{W_UNSUBSCRIBE}})");
}

static void
check_html(const char *part, struct complaints *complaints)
{
	const char *hidden = strstr(part, "display:none");

	for (size_t i = 0; i < COUNT(forbidden); i++)
		if (strcasestr(part, forbidden[i]))
			complaints_add(complaints, "digest.html", 0,
			    "'%s' has no place in a mail", forbidden[i]);
	if (hidden && strstr(hidden + 1, "display:none"))
		complaints_add(complaints, "digest.html", 0,
		    "only the preheader may be hidden (display:none)");
}

/* Renders the part with the hostile values and by splicing them in. */
static void
check_part(struct arena *arena, const struct sample *sample, bool html,
    struct complaints *complaints)
{
	const char *file = html ? "digest.html" : "digest.txt";
	GM_BUF_AT_EXIT struct buf direct;
	GM_BUF_AT_EXIT struct buf marked;
	GM_BUF_AT_EXIT struct buf spliced;
	const char *marks[PERSONALS];
	struct edition_part part;
	struct err err = { 0 };

	buf_init(&direct, SAMPLE_MOST);
	buf_init(&marked, SAMPLE_MOST);
	buf_init(&spliced, SAMPLE_MOST);
	for (size_t i = 0; i < PERSONALS; i++)
		marks[i] = edition_part_mark((enum personal)i);
	if (!edition_page(&sample->in, html, hostile, &direct, &err) ||
	    !edition_page(&sample->in, html, marks, &marked, &err) ||
	    !edition_part_cut(
		arena, buf_str(&marked), marked.used, &part, &err)) {
		complaints_add(complaints, file, 0, "%s", err.text);
		return;
	}
	edition_fill(&part, hostile, html, &spliced);
	if (!text_equal(buf_str(&direct), buf_str(&spliced)))
		complaints_add(complaints, file, 0,
		    "a personal field (READER_..., UNSUBSCRIBE_URL, "
		    "PREFERENCES_URL) stands where escaping for HTML does not "
		    "make it harmless: in a style, in a script, as a link, or "
		    "in an attribute without quotes");
	check_law(arena, sample, file, buf_str(&spliced), html, complaints);
	if (html)
		check_html(buf_str(&spliced), complaints);
}

void
edition_proof(
    const struct edition_templates *templates, struct complaints *complaints)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	size_t before = complaints->errors;
	struct sample sample;

	for (size_t i = 0; complaints->errors == before && i < LANGUAGES; i++) {
		fill_sample(&sample, templates, (enum language)i);
		check_part(arena, &sample, true, complaints);
		check_part(arena, &sample, false, complaints);
	}
}
