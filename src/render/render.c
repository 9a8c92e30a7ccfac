#include "render/render.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/complaints.h"
#include "base/mem.h"
#include "base/text.h"
#include "render/render_scan.h"
#include "render/render_shim.h"

/* A template with all that it includes; endless growth by includes ends here.
 */
enum { LARGEST_TEMPLATE = 1000 * 1000 };

struct render {
	struct render_cache *cache;
	/* The files in the cache: their names, and each with its includes. */
	char **names;
	char **sources;
	size_t count;
};

/* A set on its way into a cache. */
struct loading {
	struct render_cache *cache;
	const struct render_file *files;
	size_t count;
	struct complaints *complaints;
};

/* Puts a file with its first `markers` markers into a cache; false when
   ctemplate cannot make sense of it. */
static bool
add_to_cache(const struct loading *loading, struct render_cache *cache,
    const struct render_file *file, size_t markers)
{
	GM_BUF_AT_EXIT struct buf whole;

	buf_init(&whole, LARGEST_TEMPLATE);
	if (text_ends(file->name, ".html"))
		buf_add_str(&whole, "{{%AUTOESCAPE context=\"HTML\"}}");
	render_scan_assemble(loading->files, loading->count, file, markers,
	    &whole, loading->complaints);
	if (whole.overflowed)
		complaints_add(loading->complaints, file->name, 0,
		    "is larger than %d bytes with what it includes",
		    LARGEST_TEMPLATE);

	/* What has complaints is not shown to ctemplate. */
	return loading->complaints->errors > 0 ||
	       render_cache_add(cache, file->name, buf_str(&whole), whole.used);
}

/* Complains about the first marker that the file makes no sense with; without
   it, it does. */
static void
complain_unsafe(const struct loading *loading, const struct render_file *file)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct render_uses uses;
	size_t markers = 0;

	render_list_uses(
	    arena, loading->files, loading->count, file->name, &uses);
	for (size_t i = 0; i < uses.count; i++) {
		const struct render_use *use = &uses.items[i];
		struct render_cache *cache;
		bool sense;

		if (use->kind != 0)
			continue;
		cache = render_cache_new();
		sense = add_to_cache(loading, cache, file, ++markers);
		render_cache_free(cache);
		if (sense)
			continue;
		complaints_add_at(loading->complaints, use->file, use->line,
		    use->column,
		    "marker '%s' stands where nothing can be escaped for it; "
		    "put it between tags or into a quoted attribute",
		    use->name);
		return;
	}
	complaints_add(loading->complaints, file->name, 0,
	    "is no HTML that markers can be escaped in");
}

/* Checks the files and puts them into the cache. */
static void
load(const struct loading *loading, const struct render_marker *known,
    size_t known_count)
{
	for (size_t i = 0; i < loading->count; i++)
		render_scan_check(&loading->files[i], known, known_count,
		    loading->complaints);
	for (size_t i = 0; i < loading->count; i++)
		if (!add_to_cache(
			loading, loading->cache, &loading->files[i], SIZE_MAX))
			complain_unsafe(loading, &loading->files[i]);
}

/* Notes a file that was put into the cache. */
static void
keep_file(struct render *render, const struct loading *loading,
    const struct render_file *file)
{
	GM_BUF_AT_EXIT struct buf whole;

	buf_init(&whole, LARGEST_TEMPLATE);
	render_scan_assemble(loading->files, loading->count, file, SIZE_MAX,
	    &whole, loading->complaints);
	render->names[render->count] = mem_strdup(file->name);
	render->sources[render->count++] = mem_strdup(buf_str(&whole));
}

bool
render_new(const struct render_file *files, size_t count,
    const struct render_marker *known, size_t known_count, struct render **ret,
    struct err *err)
{
	struct complaints complaints = { 0 };
	struct render *render = mem_new(1, sizeof(*render));
	const struct loading loading = { render_cache_new(), files, count,
		&complaints };
	bool clean;

	render->cache = loading.cache;
	render->names = mem_new(count, sizeof(*render->names));
	render->sources = mem_new(count, sizeof(*render->sources));
	load(&loading, known, known_count);
	clean = complaints_none(&complaints, ERR_DATA, err);
	if (clean) {
		for (size_t i = 0; i < count; i++)
			keep_file(render, &loading, &files[i]);
		render_cache_freeze(render->cache);
		*ret = render;
	} else {
		render_free(render);
	}
	complaints_clear(&complaints);
	return clean;
}

void
render_check(const struct render_file *files, size_t count,
    const struct render_marker *known, size_t known_count,
    struct complaints *complaints)
{
	struct complaints found = { 0 };
	struct render_cache *cache = render_cache_new();

	load(&(struct loading){ cache, files, count, &found }, known,
	    known_count);
	render_cache_free(cache);
	complaints_sort(&found);
	for (size_t i = 0; i < found.count; i++)
		complaints_add_at(complaints, found.items[i].file,
		    found.items[i].line, found.items[i].column, "%s",
		    found.items[i].text);
	complaints_clear(&found);
}

void
render_free(struct render *render)
{
	if (!render)
		return;
	render_cache_free(render->cache);
	for (size_t i = 0; i < render->count; i++) {
		free(render->names[i]);
		free(render->sources[i]);
	}
	free(render->names);
	free(render->sources);
	free(render);
}

/* The file with its includes; NULL when the set lacks it. */
static const char *
find_source(const struct render *render, const char *name)
{
	for (size_t i = 0; i < render->count; i++)
		if (text_equal(render->names[i], name))
			return render->sources[i];
	return NULL;
}

bool
render_has(const struct render *render, const char *name)
{
	return find_source(render, name) != NULL;
}

bool
render_shows(const struct render *render, const char *name, const char *section)
{
	const char *source = find_source(render, name);
	char tag[80];

	snprintf(tag, sizeof(tag), "{{#%s}}", section);
	return source != NULL && strstr(source, tag) != NULL;
}

bool
render_expand(const struct render *render, const char *file,
    const struct render_dict *dict, struct buf *out, struct err *err)
{
	if (!render_has(render, file))
		return err_set(
		    err, ERR_SOFTWARE, "template %s is not loaded", file);
	if (!render_cache_expand(render->cache, file, dict, out))
		return err_set(
		    err, ERR_SOFTWARE, "template %s cannot be expanded", file);
	if (out->overflowed)
		return err_set(err, ERR_DATA,
		    "template %s: the result is larger than %zu bytes", file,
		    out->ceiling);
	return true;
}
