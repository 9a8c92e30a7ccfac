#include "render/render_scan.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum {
	DEEPEST_INCLUDE = 8,
	DEEPEST_SECTION = 32,
	LONGEST_NAME = 60,
	MOST_COMPLAINTS = 100, /* includes that lead back multiply */
};

/* One {{…}} of a file. */
struct tag {
	size_t start, end; /* bytes of the file; end lies behind }} */
	char kind;         /* '#', '/', '>', '!', or 0 for a marker */
	char name[LONGEST_NAME + 1];
	bool raw; /* ":none" stands behind the name */
};

static size_t
count_lines(const char *bytes, size_t end)
{
	size_t line = 1;

	for (size_t i = 0; i < end; i++)
		line += bytes[i] == '\n';
	return line;
}

static bool
is_name_byte(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Reads what stands between {{ and }}; what is wrong with it, NULL: nothing. */
static const char *
read_tag(const char *inner, size_t count, struct tag *tag)
{
	size_t n = 0;

	if (count > 0 && strchr("#/>!", inner[0])) {
		tag->kind = *inner++;
		count--;
	}
	if (tag->kind == '!')
		return NULL;
	while (n < count && n < LONGEST_NAME && is_name_byte(inner[n]))
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

/* Finds the next tag from `at`; false when there is none. `*ret_wrong` says
   what is wrong with it, NULL: nothing. */
static bool
find_tag(const struct render_file *file, size_t at, struct tag *ret_tag,
    const char **ret_wrong)
{
	const char *rest = file->bytes + at;
	const char *open = memmem(rest, file->count - at, "{{", 2), *close;

	*ret_wrong = NULL;
	*ret_tag = (struct tag){ .kind = 0 };
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

static void
complain_unknown(struct complaints *complaints, const char *file, size_t line,
    const char *name, const struct render_marker *known, size_t count)
{
	const char **names = mem_new(count + 1, sizeof(*names));
	const char *nearest;

	for (size_t i = 0; i < count; i++)
		names[i] = known[i].name;
	nearest = text_nearest(name, names);
	if (nearest)
		complaints_add(complaints, file, line,
		    "unknown marker '%s' (did you mean '%s'?)", name, nearest);
	else
		complaints_add(
		    complaints, file, line, "unknown marker '%s'", name);
	free(names);
}

/* What is wrong with using the marker in this way; NULL: nothing. */
static const char *
judge_use(const struct tag *tag, enum render_kind kind, bool html)
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
	char names[DEEPEST_SECTION][LONGEST_NAME + 1];
	size_t count;
};

static const char *
follow_nest(struct nest *nest, const struct tag *tag)
{
	if (tag->kind == '#') {
		if (nest->count == DEEPEST_SECTION)
			return "is nested too deeply";
		memcpy(
		    nest->names[nest->count++], tag->name, sizeof(tag->name));
	} else if (tag->kind == '/') {
		if (nest->count == 0 ||
		    !text_equal(nest->names[nest->count - 1], tag->name))
			return "closes what is not open here";
		nest->count--;
	}
	return NULL;
}

void
render_scan_check(const struct render_file *file,
    const struct render_marker *known, size_t known_count,
    struct complaints *complaints)
{
	bool html = text_ends(file->name, ".html");
	struct nest nest = { .count = 0 };
	struct tag tag;
	const char *wrong;

	if (!complaints_check_text(
		complaints, file->name, 1, file->bytes, file->count))
		return;
	for (size_t at = 0; find_tag(file, at, &tag, &wrong); at = tag.end) {
		size_t line = count_lines(file->bytes, tag.start);
		const struct render_marker *marker;

		if (!wrong && (tag.kind == '!' || tag.kind == '>'))
			continue;
		if (wrong) {
			complaints_add(complaints, file->name, line,
			    "'%.*s' %s", (int)(tag.end - tag.start),
			    file->bytes + tag.start, wrong);
			continue;
		}
		marker = find_marker(known, known_count, tag.name);
		if (!marker) {
			complain_unknown(complaints, file->name, line, tag.name,
			    known, known_count);
			continue;
		}
		wrong = judge_use(&tag, marker->kind, html);
		if (!wrong)
			wrong = follow_nest(&nest, &tag);
		if (wrong)
			complaints_add(complaints, file->name, line,
			    "marker '%s' %s", tag.name, wrong);
	}
	if (nest.count > 0)
		complaints_add(complaints, file->name, 0,
		    "section '%s' is not closed", nest.names[nest.count - 1]);
}

/* The file that an include means; NULL when the set lacks it. */
static const struct render_file *
find_included(const struct render_file *files, size_t count,
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

static void
assemble(const struct render_file *files, size_t count,
    const struct render_file *file, size_t depth, struct buf *out,
    struct complaints *complaints)
{
	size_t at = 0;
	struct tag tag;
	const char *wrong;

	while (complaints->errors < MOST_COMPLAINTS &&
	       find_tag(file, at, &tag, &wrong)) {
		size_t start = tag.start, end = tag.end;
		const struct render_file *included;

		if (tag.kind != 0)
			stands_alone(file, &start, &end);
		add_plain(out, file->bytes + at, start - at);
		at = end;
		if (tag.kind == '!' || wrong)
			continue;
		if (tag.kind != '>') {
			buf_add(
			    out, file->bytes + tag.start, tag.end - tag.start);
			continue;
		}
		included = find_included(files, count, file, tag.name);
		if (!included)
			complaints_add(complaints, file->name,
			    count_lines(file->bytes, tag.start),
			    "no file for the include '%s'", tag.name);
		else if (depth == DEEPEST_INCLUDE)
			complaints_add(complaints, file->name,
			    count_lines(file->bytes, tag.start),
			    "the include '%s' leads back to itself", tag.name);
		else
			assemble(
			    files, count, included, depth + 1, out, complaints);
	}
	add_plain(out, file->bytes + at, file->count - at);
}

void
render_scan_assemble(const struct render_file *files, size_t count,
    const struct render_file *file, struct buf *out,
    struct complaints *complaints)
{
	assemble(files, count, file, 0, out, complaints);
}
