#include "content/issue_file.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "content/front.h"
#include "markdown/markdown.h"
#include "model/subject.h"

enum { MOST_ARTICLES = 1000 };

static const char *const issue_keys[] = { "title", "date", "languages",
	"subject", "preheader", "max_articles", "min_articles", NULL };

/* ---- front matter */

static void
read_languages(const struct front *front, struct issue *issue)
{
	const struct yaml_node *list = front_words(front, "languages");
	enum language language;
	size_t found = 0;

	for (size_t i = 0; list != NULL && i < list->count; i++) {
		const struct yaml_node *word = list->entries[i].node;

		if (!subscriber_parse_language(word->text, &language)) {
			front_complain_node(front, word,
			    "languages: no such language '%s'; there are en "
			    "and ja",
			    word->text);
			continue;
		}
		issue->has_language[language] = true;
		found++;
	}
	if (found == 0 && (list == NULL || list->count == 0))
		front_complain(front, front_place(front, "languages"),
		    "languages is missing; write languages: [en, ja]");
}

/* True for a day that the calendar has, as YYYY-MM-DD. */
static bool
is_date(const char *s)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	char digits[11];
	int64_t year, month, day;
	bool leap;

	if (strlen(s) != 10 || s[4] != '-' || s[7] != '-')
		return false;
	memcpy(digits, s, sizeof(digits));
	digits[4] = '\0';
	digits[7] = '\0';
	if (!num_parse(digits, 1900, 9999, &year) ||
	    !num_parse(digits + 5, 1, 12, &month) ||
	    !num_parse(digits + 8, 1, 31, &day))
		return false;
	leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return day <= days[month - 1] + (month == 2 && leap);
}

static void
read_date(const struct front *front, struct issue *issue)
{
	const char *date = front_text(front, front->root, "date", true);
	bool names_month = strlen(issue->id) == 7 && issue->id[4] == '-' &&
			   isdigit((unsigned char)issue->id[0]);

	issue->date = date;
	if (*date == '\0')
		return;
	if (!is_date(date))
		front_complain(front, front_place(front, "date"),
		    "date: '%s' is no day; write 2026-04-01", date);
	else if (names_month && strncmp(date, issue->id, 7) != 0)
		complaints_warn_at(front->complaints, front->file,
		    front_place(front, "date").line,
		    front_place(front, "date").column,
		    "date: %s is not in the month of issue %s", date,
		    issue->id);
}

static void
read_texts(const struct front *front, struct issue *issue)
{
	const char *titles[LANGUAGES];
	const char *subjects[LANGUAGES];
	const char *preheaders[LANGUAGES];

	front_texts(front, "title", issue->has_language, true, titles);
	front_texts(front, "subject", issue->has_language, false, subjects);
	front_texts(front, "preheader", issue->has_language, false, preheaders);
	for (size_t i = 0; i < LANGUAGES; i++) {
		issue->text[i].title = titles[i];
		issue->text[i].subject =
		    *subjects[i] != '\0' ? subjects[i] : titles[i];
		issue->text[i].preheader = preheaders[i];
		issue->text[i].greeting = "";
		issue->text[i].at_title =
		    front_value_place(front, "title", (enum language)i);
		issue->text[i].at_subject = front_value_place(front,
		    *subjects[i] != '\0' ? "subject" : "title",
		    (enum language)i);
	}
}

/* Who writes the key means to fill it. */
static void
check_preheaders(const struct front *front, const struct issue *issue)
{
	for (size_t i = 0; i < LANGUAGES; i++) {
		struct article_place at =
		    front_value_place(front, "preheader", (enum language)i);

		if (issue->has_language[i] &&
		    *issue->text[i].preheader == '\0' &&
		    yaml_find(front->root, "preheader") != NULL)
			complaints_warn_at(front->complaints, front->file,
			    at.line, at.column,
			    "preheader: empty in '%s'; inboxes show the first "
			    "words of the mail instead",
			    subscriber_language((enum language)i));
	}
}

/* Looks at the personal fields of each subject. */
static void
check_subjects(const struct front *front, const struct issue *issue)
{
	for (size_t i = 0; i < LANGUAGES; i++) {
		const struct issue_text *text = &issue->text[i];
		const char *key =
		    text->subject == text->title ? "title" : "subject";
		const char *fault = subject_check(front->arena, text->subject);

		if (issue->has_language[i] && fault != NULL)
			front_complain(front,
			    front_value_place(front, key, (enum language)i),
			    "%s: %s", key, fault);
	}
}

/* ---- the greeting */

/* The language code of a line "<!-- en -->" as two letters; "" for any other
   line. */
static const char *
marked_language(struct arena *arena, const char *line, size_t bytes)
{
	const char *text = text_trim(arena, arena_strndup(arena, line, bytes));
	size_t count = strlen(text);
	const char *word;

	if (count < 7 || !text_starts(text, "<!--") || !text_ends(text, "-->"))
		return "";
	word = text_trim(arena, arena_strndup(arena, text + 4, count - 7));
	return strlen(word) == 2 && isalpha((unsigned char)word[0]) &&
		       isalpha((unsigned char)word[1])
		   ? word
		   : "";
}

/* A part of the body and where it stands. */
struct part {
	const char *name; /* its language; "" before any marker */
	const char *text;
	size_t bytes;
	size_t line;
};

/* The only language of the issue, LANGUAGES when it has several. */
static enum language
only_language(const struct issue *issue)
{
	enum language only = LANGUAGES;
	size_t count = 0;

	for (size_t i = 0; i < LANGUAGES; i++)
		if (issue->has_language[i]) {
			only = (enum language)i;
			count++;
		}
	return count == 1 ? only : LANGUAGES;
}

/* Whose greeting a part is; LANGUAGES, with a complaint, for nobody's. */
static enum language
owner_of(const struct front *front, const struct issue *issue,
    const struct part *part)
{
	enum language language;

	if (*part->name == '\0') {
		language = only_language(issue);
		if (language == LANGUAGES)
			complaints_add_at(front->complaints, front->file,
			    part->line, 1,
			    "of which language? Write a line '<!-- en -->' or "
			    "'<!-- ja -->' before each part");
		return language;
	}
	if (!subscriber_parse_language(part->name, &language)) {
		complaints_add_at(front->complaints, front->file, part->line, 1,
		    "no such language '%s'; there are en and ja", part->name);
		return LANGUAGES;
	}
	if (*issue->text[language].greeting != '\0') {
		complaints_add_at(front->complaints, front->file, part->line, 1,
		    "a second part in '%s'", part->name);
		return LANGUAGES;
	}
	return language;
}

/* Gives a part of the body to its language. */
static void
take_part(const struct front *front, bool check_markdown, struct issue *issue,
    struct part part)
{
	char *text = text_trim(
	    front->arena, arena_strndup(front->arena, part.text, part.bytes));
	enum language language;

	if (*part.name == '\0' && *text == '\0')
		return;
	language = owner_of(front, issue, &part);
	if (language == LANGUAGES)
		return;
	/* What is only notes of the author is no greeting. */
	if (*markdown_to_text(front->arena, text) == '\0') {
		issue->text[language].greeting_line = part.line;
		complaints_warn_at(front->complaints, front->file, part.line, 1,
		    "the greeting in '%s' is empty; write it, or take its "
		    "part out",
		    subscriber_language(language));
		return;
	}
	issue->text[language].greeting = text;
	for (; part.bytes > 0 && isspace((unsigned char)*part.text);
	     part.text++, part.bytes--)
		part.line += *part.text == '\n';
	issue->text[language].greeting_line = part.line;
	if (check_markdown)
		markdown_check(front->file, part.line, text, front->complaints);
}

static void
read_greeting(
    const struct front *front, bool check_markdown, struct issue *issue)
{
	struct part part = {
		.name = "",
		.text = front->body,
		.line = front->body_line,
	};
	const char *at = front->body;
	size_t line = front->body_line;

	for (bool last = false; !last; line++) {
		size_t bytes = strcspn(at, "\n");
		const char *marked = marked_language(front->arena, at, bytes);

		last = at[bytes] == '\0';
		if (*marked != '\0') {
			part.bytes = (size_t)(at - part.text);
			take_part(front, check_markdown, issue, part);
			part = (struct part){
				.name = marked, .text = at + bytes, .line = line
			};
		}
		at += bytes + !last;
	}
	part.bytes = strlen(part.text);
	take_part(front, check_markdown, issue, part);
}

/* Lets what is missing in one language be the other one's. */
static void
fall_back(const struct front *front, struct issue *issue)
{
	bool any_greeting = false;

	for (size_t i = 0; i < LANGUAGES; i++)
		any_greeting = any_greeting || *issue->text[i].greeting != '\0';
	for (size_t i = 0; i < LANGUAGES; i++) {
		size_t other;

		if (issue->has_language[i]) {
			if (any_greeting && issue->text[i].greeting_line == 0)
				complaints_warn_at(front->complaints,
				    front->file, front->body_line, 1,
				    "no greeting in '%s'",
				    subscriber_language((enum language)i));
			continue;
		}
		for (other = 0; other < LANGUAGES; other++)
			if (issue->has_language[other])
				issue->text[i] = issue->text[other];
	}
}

bool
issue_file_read(struct arena *arena, const struct content_file *source,
    bool check_markdown, struct complaints *complaints, struct issue *issue)
{
	struct front front;

	if (!front_read(arena, source->path, source->bytes, source->count,
		complaints, &front))
		return false;
	yaml_check_keys(front.root, "", issue_keys, complaints);
	read_languages(&front, issue);
	read_date(&front, issue);
	read_texts(&front, issue);
	if (check_markdown)
		check_subjects(&front, issue);
	check_preheaders(&front, issue);
	issue->max_articles =
	    front_number(&front, "max_articles", MOST_ARTICLES, -1);
	issue->min_articles =
	    front_number(&front, "min_articles", MOST_ARTICLES, -1);
	if (issue->max_articles > 0 &&
	    issue->min_articles > issue->max_articles)
		front_complain(&front, front_place(&front, "min_articles"),
		    "min_articles is more than max_articles");
	read_greeting(&front, check_markdown, issue);
	fall_back(&front, issue);
	return true;
}
