#include "render/render.h"

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

/* Puts one file into the cache, ready for ctemplate. */
static void
add_file(struct render *render, const struct render_file *files, size_t count,
    const struct render_file *file, struct complaints *complaints)
{
	GM_BUF_AT_EXIT struct buf whole;

	buf_init(&whole, LARGEST_TEMPLATE);
	if (text_ends(file->name, ".html"))
		buf_add_str(&whole, "{{%AUTOESCAPE context=\"HTML\"}}");
	render_scan_assemble(files, count, file, &whole, complaints);
	if (whole.overflowed)
		complaints_add(complaints, file->name, 0,
		    "is larger than %d bytes with what it includes",
		    LARGEST_TEMPLATE);

	/* What has complaints is not shown to ctemplate. */
	if (complaints->errors > 0)
		return;
	if (!render_cache_add(
		render->cache, file->name, buf_str(&whole), whole.used))
		complaints_add(complaints, file->name, 0,
		    "a marker stands where nothing can be escaped for it");
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
	bool clean;

	render->cache = render_cache_new();
	render->names = mem_new(count, sizeof(*render->names));
	render->sources = mem_new(count, sizeof(*render->sources));
	for (size_t i = 0; i < count; i++)
		render_scan_check(&files[i], known, known_count, &complaints);
	for (size_t i = 0; i < count; i++)
		add_file(render, files, count, &files[i], &complaints);
	clean = complaints_none(&complaints, ERR_DATA, err);
	complaints_clear(&complaints);
	if (!clean) {
		render_free(render);
		return false;
	}
	render_cache_freeze(render->cache);
	*ret = render;
	return true;
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
