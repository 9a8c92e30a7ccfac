/* Markdown into mail: no tag that we did not write, no link of another kind,
   tags that close. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "markdown/markdown.h"

static const char *const tags[] = { "p", "h3", "ul", "ol", "li", "blockquote",
	"a", "code", "pre", "hr", "em", "strong", "br", "div", "span" };

static bool
is_ours(const char *name, size_t bytes)
{
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (strlen(tags[i]) == bytes &&
		    strncmp(tags[i], name, bytes) == 0)
			return true;
	return false;
}

/* Each < begins one of our tags; as many open as close. */
static void
check_html(const char *html)
{
	int depth = 0;

	for (const char *p = strchr(html, '<'); p != NULL;
	     p = strchr(p + 1, '<')) {
		bool closes = p[1] == '/';
		const char *name = p + 1 + closes;
		size_t bytes = strcspn(name, " />");
		const char *end = strchr(p, '>');

		FUZZ_DEMAND(is_ours(name, bytes));
		FUZZ_DEMAND(end != NULL);
		if (strncmp(name, "hr", bytes) == 0 ||
		    strncmp(name, "br", bytes) == 0)
			continue;
		depth += closes ? -1 : 1;
		FUZZ_DEMAND(depth >= 0);
	}
	FUZZ_DEMAND(depth == 0);
	for (const char *p = strstr(html, "href=\""); p != NULL;
	     p = strstr(p + 1, "href=\""))
		FUZZ_DEMAND(strncasecmp(p + 6, "http", 4) == 0 ||
			    strncasecmp(p + 6, "mailto:", 7) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	static const struct markdown_style style = {
		.paragraph = "margin:0",
		.link = "color:#036",
		.signature = "text-align:right",
	};
	struct arena *arena = arena_new();
	struct complaints complaints = { 0 };
	char *markdown = arena_strndup(arena, (const char *)bytes, count);

	/* What front.c lets through is well-formed. */
	if (text_is_utf8(markdown, strlen(markdown))) {
		check_html(markdown_to_html(arena, markdown, &style));
		markdown_to_text(arena, markdown);
		markdown_check("f.md", 1, markdown, &complaints);
	}
	complaints_clear(&complaints);
	arena_free(arena);
	return 0;
}
