#include "digest/template_lint.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

enum { LIST_MOST = 4000 };

/* A family, read. */
struct work {
	struct arena *arena;
	const struct template_lint *lint;
	struct render_file *now, *shipped;
	size_t now_count, shipped_count;
	struct complaints *complaints;
};

static void
begin(struct work *work, struct arena *arena, const struct template_lint *lint,
    struct complaints *complaints)
{
	*work = (struct work){
		.arena = arena,
		.lint = lint,
		.complaints = complaints,
	};
	work->now = template_folder_pick(
	    arena, lint->folder, lint->family, false, &work->now_count);
	work->shipped = template_folder_pick(
	    arena, lint->folder, lint->family, true, &work->shipped_count);
}

static bool
is_template(const char *name)
{
	return text_ends(name, ".html") || text_ends(name, ".txt");
}

static bool
is_own(const struct work *work, const char *name)
{
	const struct template_file *file =
	    template_folder_find(work->lint->folder, name);

	return file != NULL && file->own;
}

static struct render_uses
list_uses(const struct work *work, const char *root, bool shipped)
{
	struct render_uses uses;

	render_list_uses(work->arena, shipped ? work->shipped : work->now,
	    shipped ? work->shipped_count : work->now_count, root, &uses);
	return uses;
}

/* ---- where a marker has a value */

static bool
holds_word(const char *words, const char *word)
{
	size_t count = strlen(word);

	for (const char *p = words; (p = strstr(p, word)) != NULL; p += count)
		if ((p == words || p[-1] == ' ') &&
		    (p[count] == ' ' || p[count] == '\0'))
			return true;
	return false;
}

/* The sections that a marker needs around it; NULL: none. */
static const char *
find_scope(const struct template_lint *lint, const char *name)
{
	for (size_t i = 0; i < lint->scope_count; i++)
		if (holds_word(lint->scopes[i].names, name))
			return lint->scopes[i].within;
	return NULL;
}

static bool
is_inside(const struct render_uses *uses, const struct render_use *use,
    const char *within)
{
	for (size_t at = use->inside; at > 0; at = uses->items[at - 1].inside)
		if (holds_word(within, uses->items[at - 1].name))
			return true;
	return false;
}

/* "LEAD STORIES" as "{{#LEAD}} or {{#STORIES}}". */
static const char *
name_sections(struct arena *arena, const char *within)
{
	struct text_list names = text_split(arena, within, ' ');
	const char *text = "";

	for (size_t i = 0; i < names.count; i++)
		text = arena_format(arena, "%s%s{{#%s}}", text,
		    i == 0 ? "" : " or ", names.items[i]);
	return text;
}

/* The fault is that of the site's file: where a shipped one is included in the
   wrong place, the include is told. */
static void
complain_scope(const struct work *work, const struct render_uses *uses,
    const struct render_use *use, const char *within)
{
	const struct render_use *at = use;
	const char *needs = name_sections(work->arena, within);

	while (!is_own(work, at->file) && at->via > 0)
		at = &uses->items[at->via - 1];
	if (at != use)
		complaints_add_at(work->complaints, at->file, at->line,
		    at->column,
		    "{{>%s}} belongs into %s; '%s' in it is empty here",
		    at->name, needs, use->name);
	else
		complaints_add_at(work->complaints, at->file, at->line,
		    at->column, "'%s' is %s here; it belongs into %s",
		    use->name, use->kind == '#' ? "never shown" : "empty",
		    needs);
}

static void
check_scopes(const struct work *work, const char *root)
{
	struct render_uses uses = list_uses(work, root, false);
	size_t told = 0; /* one complaint an include is enough */

	for (size_t i = 0; i < uses.count; i++) {
		const struct render_use *use = &uses.items[i];
		const char *within = find_scope(work->lint, use->name);

		if (use->kind == '/' || use->kind == '>' || within == NULL ||
		    is_inside(&uses, use, within))
			continue;
		if (use->via == 0 || use->via != told ||
		    is_own(work, use->file))
			complain_scope(work, &uses, use, within);
		told = use->via;
	}
}

/* ---- files that nothing reads */

static bool
is_read(const struct work *work, const char *name)
{
	for (const char *const *root = work->lint->roots; *root; root++) {
		struct render_uses uses = list_uses(work, *root, false);

		if (text_equal(*root, name))
			return true;
		for (size_t i = 0; i < uses.count; i++)
			if (text_equal(uses.items[i].file, name))
				return true;
	}
	return false;
}

/* An include may be all of a file. */
static bool
is_included(const struct work *work, const char *name)
{
	const char *ending = strrchr(name, '.');

	for (const char *const *root = work->lint->roots; *root; root++) {
		struct render_uses uses = list_uses(work, *root, false);

		for (size_t i = 0; i < uses.count; i++) {
			const struct render_use *use = &uses.items[i];
			size_t bytes = strlen(use->name);

			if (use->kind == '>' &&
			    text_equal(strrchr(use->file, '.'), ending) &&
			    strncasecmp(use->name, name, bytes) == 0 &&
			    text_equal(name + bytes, ending))
				return true;
		}
	}
	return false;
}

/* The shipped name that may be meant: of those with the same ending. */
static const char *
find_nearest(const struct work *work, const char *name)
{
	const struct template_folder *folder = work->lint->folder;
	const char *ending = strrchr(name, '.');
	const char **names =
	    arena_take(work->arena, folder->count + 1, sizeof(*names));
	const char *nearest;
	size_t count = 0;

	if (ending == NULL)
		return NULL;
	for (size_t i = 0; i < folder->count; i++) {
		const char *known = folder->items[i].name;

		if (folder->items[i].shipped != NULL &&
		    text_ends(known, ending))
			names[count++] = arena_strndup(
			    work->arena, known, strlen(known) - strlen(ending));
	}
	nearest = text_nearest(
	    arena_strndup(work->arena, name, (size_t)(ending - name)), names);
	return nearest == NULL
		   ? NULL
		   : arena_format(work->arena, "%s%s", nearest, ending);
}

static void
check_stray(const struct work *work, const struct template_file *file)
{
	const char *nearest;

	if (file->is_folder) {
		complaints_add_at(work->complaints, file->name, 1, 1,
		    "is a folder; templates are files of this folder alone");
		return;
	}
	if (file->shipped == NULL &&
	    !(is_template(file->name) &&
		(is_read(work, file->name) || is_included(work, file->name)))) {
		nearest = find_nearest(work, file->name);
		if (nearest != NULL)
			complaints_add_at(work->complaints, file->name, 1, 1,
			    "unknown template '%s' (did you mean '%s'?)",
			    file->name, nearest);
		else
			complaints_warn_at(work->complaints, file->name, 1, 1,
			    "nothing reads this file; take it out, or include "
			    "it");
	} else if (is_template(file->name) && !is_read(work, file->name) &&
		   !is_included(work, file->name)) {
		complaints_warn_at(work->complaints, file->name, 1, 1,
		    "no template includes this file any more");
	}
}

/* ---- what a site's own file leaves out */

/* Whether a use counts for the marker. */
static bool
is_of(const struct render_use *use, const char *name)
{
	return use->kind != '/' && use->kind != '>' &&
	       text_equal(use->name, name);
}

static bool
uses_name(const struct render_uses *uses, const char *file, const char *name)
{
	for (size_t i = 0; i < uses->count; i++)
		if ((file == NULL || text_equal(uses->items[i].file, file)) &&
		    is_of(&uses->items[i], name))
			return true;
	return false;
}

/* True when another file of the site's, of this ending, shows it now and did
   not before. */
static bool
is_moved(const struct work *work, const char *from, const char *name)
{
	for (size_t i = 0; i < work->now_count; i++) {
		const char *file = work->now[i].name;
		struct render_uses now, before;

		if (text_equal(file, from) || !is_own(work, file) ||
		    !text_equal(strrchr(file, '.'), strrchr(from, '.')))
			continue;
		now = list_uses(work, file, false);
		before = list_uses(work, file, true);
		if (uses_name(&now, file, name) &&
		    !uses_name(&before, file, name))
			return true;
	}
	return false;
}

/* The include of the file itself that a use came by; NULL: by none. */
static const char *
find_include(const struct render_uses *uses, const struct render_use *use)
{
	const struct render_use *top = use;

	while (top->via > 0)
		top = &uses->items[top->via - 1];
	return top == use ? NULL : top->name;
}

static bool
includes(const struct render_uses *uses, const char *name)
{
	for (size_t i = 0; i < uses->count; i++)
		if (uses->items[i].kind == '>' && uses->items[i].via == 0 &&
		    text_equal(uses->items[i].name, name))
			return true;
	return false;
}

/* True when the file shows it itself, or by an include that it did not have
   before. */
static bool
shows_itself(const struct render_uses *now, const struct render_uses *before,
    const char *name)
{
	for (size_t i = 0; i < now->count; i++) {
		const struct render_use *use = &now->items[i];
		const char *include = find_include(now, use);

		if (is_of(use, name) &&
		    (include == NULL || !includes(before, include)))
			return true;
	}
	return false;
}

/* Whether the site's own `file` lost the marker that its shipped version
   shows, itself or by an include that is gone. */
static bool
is_lost(const struct work *work, const char *file, const char *name,
    const struct render_uses *now, const struct render_uses *before)
{
	for (size_t i = 0; i < before->count; i++) {
		const struct render_use *use = &before->items[i];
		const char *include = find_include(before, use);

		if (!is_of(use, name) ||
		    (include == NULL ? shows_itself(now, before, name)
				     : includes(now, include) ||
					   uses_name(now, NULL, name)))
			continue;
		return !is_moved(work, file, name);
	}
	return false;
}

/* Colours are the theme's affair. */
static void
check_left_out(const struct work *work, const char *file)
{
	struct render_uses now = list_uses(work, file, false);
	struct render_uses before = list_uses(work, file, true);
	struct buf list GM_BUF_AT_EXIT;

	buf_init(&list, LIST_MOST);
	for (size_t i = 0; i < before.count; i++) {
		const char *name = before.items[i].name;
		bool told = false;

		for (size_t j = 0; j < i; j++)
			told |= text_equal(before.items[j].name, name);
		if (told || text_starts(name, "T_") ||
		    !is_lost(work, file, name, &now, &before))
			continue;
		buf_add_format(&list, "%s%s", list.used > 0 ? ", " : "", name);
	}
	if (list.used > 0)
		complaints_warn_at(work->complaints, file, 1, 1,
		    "leaves out what the shipped file shows: %s",
		    buf_str(&list));
}

/* ---- all of it */

void
template_lint(const struct template_lint *lint, struct complaints *complaints)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	const struct template_folder *folder = lint->folder;
	struct render_file *templates;
	struct work work;
	size_t count = 0, errors = complaints->errors;

	begin(&work, arena, lint, complaints);
	templates = arena_take(arena, work.now_count, sizeof(*templates));
	for (size_t i = 0; i < work.now_count; i++)
		if (is_template(work.now[i].name))
			templates[count++] = work.now[i];
	render_check(
	    templates, count, lint->known, lint->known_count, complaints);
	for (const char *const *root = lint->roots;
	     complaints->errors == errors && *root; root++)
		render_check_contexts(templates, count, *root, complaints);
	for (const char *const *root = lint->roots; *root; root++)
		if (template_folder_find(folder, *root) == NULL)
			complaints_add(
			    complaints, *root, 0, "the file is missing");
		else
			check_scopes(&work, *root);
	for (size_t i = 0; i < folder->count; i++) {
		const struct template_file *file = &folder->items[i];

		if (!file->own ||
		    template_folder_family(file->name) != lint->family)
			continue;
		check_stray(&work, file);
		if (file->shipped != NULL && is_template(file->name) &&
		    text_is_utf8(file->bytes, file->count))
			check_left_out(&work, file->name);
	}
}

void
template_lint_at_marker(const struct template_lint *lint, const char *root,
    const char *marker, const char *text, struct complaints *complaints)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct render_uses all;
	struct work work;

	begin(&work, arena, lint, complaints);
	for (size_t i = 0; i < work.now_count; i++) {
		const char *file = work.now[i].name;
		struct render_uses now = list_uses(&work, file, false);
		struct render_uses before = list_uses(&work, file, true);

		if (is_own(&work, file) &&
		    text_equal(strrchr(file, '.'), strrchr(root, '.')) &&
		    is_lost(&work, file, marker, &now, &before)) {
			complaints_add_at(complaints, file, 1, 1, "%s", text);
			return;
		}
	}
	all = list_uses(&work, root, false);
	for (size_t i = 0; i < all.count; i++) {
		const struct render_use *use = &all.items[i];

		if (is_own(&work, use->file) && text_equal(use->name, marker)) {
			complaints_add_at(complaints, use->file, use->line,
			    use->column, "%s", text);
			return;
		}
	}
	complaints_add(complaints, root, 0, "%s", text);
}

void
template_lint_at_word(const struct template_lint *lint, const char *root,
    const char *word, const char *text, struct complaints *complaints)
{
	const struct template_folder *folder = lint->folder;

	for (size_t i = folder->count; i-- > 0;) {
		const struct template_file *file = &folder->items[i];
		const char *found = NULL;
		size_t line = 1, column = 1;

		if (!file->own ||
		    !text_equal(strrchr(file->name, '.'), strrchr(root, '.')) ||
		    (text_ends(root, ".yaml") && !text_equal(file->name, root)))
			continue;
		for (const char *p = file->bytes;
		     (p = strcasestr(p, word)) != NULL; p++)
			found = p;
		if (found == NULL)
			continue;
		for (const char *p = file->bytes; p < found; p++) {
			column =
			    *p == '\n' ? 1 : column + ((*p & 0xc0) != 0x80);
			line += *p == '\n';
		}
		complaints_add_at(
		    complaints, file->name, line, column, "%s", text);
		return;
	}
	complaints_add(complaints, root, 0, "%s", text);
}
