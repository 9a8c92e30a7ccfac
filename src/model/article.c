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

const struct article *
article_find(const struct issue *issue, const char *slug)
{
	for (size_t i = 0; i < issue->count; i++)
		if (strcmp(issue->articles[i].slug, slug) == 0)
			return &issue->articles[i];
	return NULL;
}
