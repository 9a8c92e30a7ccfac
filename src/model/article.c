#include "model/article.h"

#include <stdlib.h>
#include <string.h>

const struct article_text *
article_text(const struct article *article, enum language language)
{
	if (article->text[language] != NULL)
		return article->text[language];
	for (size_t i = 0; i < LANGUAGES; i++)
		if (article->text[i] != NULL)
			return article->text[i];
	abort();
}

struct article_row
article_row_at(const struct article_text *text, size_t at)
{
	struct article_row row = { 1, 1 };
	int number = text->images[at].row;

	if (!text->arranged && at > 0) {
		row.columns = 2;
		row.count = text->image_count - at < 2 ? 1 : 2;
		return row;
	}
	while (number != 0 && at + row.count < text->image_count &&
	       text->images[at + row.count].row == number)
		row.count++;
	row.columns = row.count;
	return row;
}

const struct article *
article_find(const struct issue *issue, const char *slug)
{
	for (size_t i = 0; i < issue->count; i++)
		if (strcmp(issue->articles[i].slug, slug) == 0)
			return &issue->articles[i];
	return NULL;
}
