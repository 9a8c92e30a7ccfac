#include "render/render_scan.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum {
	DEEPEST_SECTION = 32,
	MOST_COMPLAINTS = 100, /* includes that lead back multiply */
};

void
render_scan_place(const struct render_file *file, size_t at, size_t *ret_line,
    size_t *ret_column)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < at; i++) {
		bool ends = file->bytes[i] == '\n';

		line += ends;
		column = ends ? 1 : column + ((file->bytes[i] & 0xc0) != 0x80);
	}
	*ret_line = line;
	*ret_column = column;
}

static bool
is_name_byte(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Reads what stands between {{ and }}; what is wrong with it, NULL: nothing. */
static const char *
read_tag(const char *inner, size_t count, struct render_tag *tag)
{
	size_t n = 0;

	if (count > 0 && strchr("#/>!", inner[0])) {
		tag->kind = *inner++;
		count--;
	}
	if (tag->kind == '!')
		return NULL;
	while (n < count && n < RENDER_SCAN_NAME && is_name_byte(inner[n]))
		n++;
	memcpy(tag->name, inner, n);
	tag->name[n] = '\0';
	if (n == 0)
		return "is no marker; names are capital letters, digits and _";
	if (n == count)
		return NULL;
	tag->raw = tag->kind == 0 && count - n == 5 &&
		   memcmp(inner + n, ":none", 5) == 0;
	return tag->raw ? NULL : "has something behind its name";
}

bool
render_scan_next(const struct render_file *file, size_t at,
    struct render_tag *ret_tag, const char **ret_wrong)
{
	const char *rest = file->bytes + at;
	const char *open = memmem(rest, file->count - at, "{{", 2), *close;

	*ret_wrong = NULL;
	*ret_tag = (struct render_tag){ .kind = 0 };
	if (!open)
		return false;
	ret_tag->start = (size_t)(open - file->bytes);
	close = memmem(open + 2, file->count - ret_tag->start - 2, "}}", 2);
	if (!close) {
		ret_tag->end = file->count;
		*ret_wrong = "is not closed by }}";
		return true;
	}
	ret_tag->end = (size_t)(close - file->bytes) + 2;
	*ret_wrong = read_tag(open + 2, (size_t)(close - open) - 2, ret_tag);
	return true;
}

static const struct render_marker *
find_marker(const struct render_marker *known, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(known[i].name, name))
			return &known[i];
	return NULL;
}

/* The file that is looked at, and where what is wrong is told. */
struct scan {
	const struct render_file *file;
	const struct render_marker *known;
	size_t known_count;
	struct complaints *complaints;
};

GM_PRINTF(3, 4)
static void
complain(const struct scan *scan, size_t at, const char *fmt, ...)
{
	size_t line, column;
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = mem_vformat(fmt, ap);
	va_end(ap);
	render_scan_place(scan->file, at, &line, &column);
	complaints_add_at(
	    scan->complaints, scan->file->name, line, column, "%s", text);
	free(text);
}

static void
complain_unknown(const struct scan *scan, const struct render_tag *tag)
{
	const char **names = mem_new(scan->known_count + 1, sizeof(*names));
	const char *nearest;

	for (size_t i = 0; i < scan->known_count; i++)
		names[i] = scan->known[i].name;
	nearest = text_nearest(tag->name, names);
	if (nearest)
		complain(scan, tag->start,
		    "unknown marker '%s' (did you mean '%s'?)", tag->name,
		    nearest);
	else
		complain(scan, tag->start, "unknown marker '%s'", tag->name);
	free(names);
}

/* What is wrong with using the marker in this way; NULL: nothing. */
static const char *
judge_use(const struct render_tag *tag, enum render_kind kind, bool html)
{
	bool section = tag->kind == '#' || tag->kind == '/';

	if (section != (kind == RENDER_SECTION))
		return section ? "is no section" : "is a section";
	if (section)
		return NULL;
	if (kind == RENDER_HTML && !html)
		return "is HTML; it has no place in a text template";
	if (kind == RENDER_HTML && !tag->raw)
		return "is HTML already; ':none' belongs behind its name";
	if (kind == RENDER_TEXT && tag->raw)
		return "must be escaped; ':none' is for HTML alone";
	return NULL;
}

/* Sections that are open at some place of a file. */
struct nest {
	struct render_tag open[DEEPEST_SECTION];
	size_t count;
};

static const char *
follow_nest(struct nest *nest, const struct render_tag *tag)
{
	if (tag->kind == '#') {
		if (nest->count == DEEPEST_SECTION)
			return "is nested too deeply";
		nest->open[nest->count++] = *tag;
	} else if (tag->kind == '/') {
		if (nest->count == 0 ||
		    !text_equal(nest->open[nest->count - 1].name, tag->name))
			return "closes what is not open here";
		nest->count--;
	}
	return NULL;
}

static void
check_tag(const struct scan *scan, const struct render_tag *tag,
    const char *wrong, struct nest *nest)
{
	bool html = text_ends(scan->file->name, ".html");
	const struct render_marker *marker;

	if (wrong) {
		complain(scan, tag->start, "'%.*s' %s",
		    (int)(tag->end - tag->start),
		    scan->file->bytes + tag->start, wrong);
		return;
	}
	if (tag->kind == '!' || tag->kind == '>')
		return;
	marker = find_marker(scan->known, scan->known_count, tag->name);
	if (!marker) {
		complain_unknown(scan, tag);
		return;
	}
	wrong = judge_use(tag, marker->kind, html);
	if (!wrong)
		wrong = follow_nest(nest, tag);
	if (wrong)
		complain(scan, tag->start, "marker '%s' %s", tag->name, wrong);
}

void
render_scan_check(const struct render_file *file,
    const struct render_marker *known, size_t known_count,
    struct complaints *complaints)
{
	const struct scan scan = { file, known, known_count, complaints };
	struct nest nest = { .count = 0 };
	struct render_tag tag;
	const char *wrong;

	if (!complaints_check_text(
		complaints, file->name, 1, file->bytes, file->count))
		return;
	for (size_t at = 0; render_scan_next(file, at, &tag, &wrong);
	     at = tag.end)
		check_tag(&scan, &tag, wrong, &nest);
	if (nest.count > 0)
		complain(&scan, nest.open[nest.count - 1].start,
		    "section '%s' is not closed",
		    nest.open[nest.count - 1].name);
}

const struct render_file *
render_scan_included(const struct render_file *files, size_t count,
    const struct render_file *from, const char *name)
{
	const char *ending = strrchr(from->name, '.');
	size_t n = strlen(name);

	for (size_t i = 0; i < count; i++)
		if (strncasecmp(files[i].name, name, n) == 0 &&
		    text_equal(files[i].name + n, ending ? ending : ""))
			return &files[i];
	return NULL;
}

/* True when nothing but blanks stands with the tag on its line; `*start` and
   `*end` are then those of the whole line. */
static bool
stands_alone(const struct render_file *file, size_t *start, size_t *end)
{
	size_t from = *start, to = *end;

	while (from > 0 && strchr(" \t", file->bytes[from - 1]))
		from--;
	if (from > 0 && file->bytes[from - 1] != '\n')
		return false;
	while (to < file->count && strchr(" \t\r", file->bytes[to]))
		to++;
	if (to < file->count && file->bytes[to] != '\n')
		return false;
	*start = from;
	*end = to < file->count ? to + 1 : to;
	return true;
}

static void
add_plain(struct buf *out, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bytes[i] != '\r')
			buf_add_char(out, bytes[i]);
}

/* A text that is put together. */
struct assembly {
	const struct render_file *files;
	size_t count;
	size_t markers; /* that may still be put in */
	struct buf *out;
	struct complaints *complaints;
};

/* "story.html" is meant by "STORY". */
static void
complain_include(const struct scan *scan, const struct assembly *assembly,
    const struct render_tag *tag)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	const char *ending = strrchr(scan->file->name, '.');
	const char **names =
	    arena_take(arena, assembly->count + 1, sizeof(*names));
	const char *nearest;
	size_t count = 0;

	for (size_t i = 0; ending && i < assembly->count; i++) {
		const char *name = assembly->files[i].name;

		if (text_ends(name, ending))
			names[count++] = arena_strndup(
			    arena, name, strlen(name) - strlen(ending));
	}
	nearest = text_nearest(text_lower(arena, tag->name), names);
	if (nearest)
		complain(scan, tag->start,
		    "no file for the include '%s' (did you mean '%s%s'?)",
		    tag->name, nearest, ending);
	else
		complain(scan, tag->start, "no file for the include '%s'",
		    tag->name);
}

/* The file of an include; NULL with a complaint. */
static const struct render_file *
follow_include(const struct assembly *assembly, const struct render_file *file,
    const struct render_tag *tag, size_t depth)
{
	const struct scan scan = { .file = file,
		.complaints = assembly->complaints };
	const struct render_file *included = render_scan_included(
	    assembly->files, assembly->count, file, tag->name);

	if (!included)
		complain_include(&scan, assembly, tag);
	else if (depth == RENDER_SCAN_INCLUDES)
		complain(&scan, tag->start,
		    "the include '%s' leads back to itself", tag->name);
	return depth == RENDER_SCAN_INCLUDES ? NULL : included;
}

static void
assemble(
    struct assembly *assembly, const struct render_file *file, size_t depth)
{
	size_t at = 0;
	struct render_tag tag;
	const char *wrong;

	while (assembly->complaints->errors < MOST_COMPLAINTS &&
	       render_scan_next(file, at, &tag, &wrong)) {
		size_t start = tag.start, end = tag.end;
		const struct render_file *included;

		if (tag.kind != 0)
			stands_alone(file, &start, &end);
		add_plain(assembly->out, file->bytes + at, start - at);
		at = end;
		if (tag.kind == '!' || wrong)
			continue;
		if (tag.kind == '>') {
			included = follow_include(assembly, file, &tag, depth);
			if (included)
				assemble(assembly, included, depth + 1);
		} else if (tag.kind == 0 && assembly->markers == 0) {
			buf_add_char(assembly->out, 'x');
		} else {
			buf_add(assembly->out, file->bytes + tag.start,
			    tag.end - tag.start);
			assembly->markers -= tag.kind == 0;
		}
	}
	add_plain(assembly->out, file->bytes + at, file->count - at);
}

void
render_scan_assemble(const struct render_file *files, size_t count,
    const struct render_file *file, size_t markers, struct buf *out,
    struct complaints *complaints)
{
	struct assembly assembly = { files, count, markers, out, complaints };

	assemble(&assembly, file, 0);
}
