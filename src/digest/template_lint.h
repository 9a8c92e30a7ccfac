#ifndef DIGEST_TEMPLATE_LINT_H
#define DIGEST_TEMPLATE_LINT_H

/*
 * What is wrong with a family of templates, with its place, as whoever changes
 * them wants to know it: errors are what the program would refuse or what a
 * reader would see to be wrong, warnings what may be meant. Files are named
 * without their folder.
 */

#include "base/complaints.h"
#include "digest/template_folder.h"

/* Markers and sections that are set within sections only: outside they are
   empty, or never shown. */
struct template_scope {
	const char *within; /* "LEAD STORIES": one of these is around it */
	const char *names;  /* "STORY_TITLE STORY_NUMBER" */
};

struct template_lint {
	const struct template_folder *folder;
	enum template_family family;
	const struct render_marker *known;
	size_t known_count;
	const char *const *roots; /* that the program expands; NULL behind */
	const struct template_scope *scopes;
	size_t scope_count;
};

/* Errors: what render_new would refuse, roots that are missing, markers where
   they are empty, files that look like one with another name. Warnings: what a
   shipped file shows and the site's own does not, files that nothing reads. */
void template_lint(
    const struct template_lint *lint, struct complaints *complaints);

/* Complains at the place in the site's own files where `marker` was lost or is
   used, "digest.html" or "digest.txt" as a whole where it cannot be told. */
void template_lint_at_marker(const struct template_lint *lint, const char *root,
    const char *marker, const char *text, struct complaints *complaints);

/* Complains at the last place of a site's own file of the ending where `word`
   stands (in any case), at the root where there is none. */
void template_lint_at_word(const struct template_lint *lint, const char *root,
    const char *word, const char *text, struct complaints *complaints);

#endif
