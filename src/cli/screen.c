#include "cli/screen.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/text.h"
#include "unicode/unicode.h"

enum { USUAL_ROWS = 24, USUAL_COLUMNS = 80 };

struct screen_size
screen_size(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 ||
	    size.ws_col == 0)
		return (struct screen_size){ USUAL_ROWS, USUAL_COLUMNS };
	return (struct screen_size){ size.ws_row, size.ws_col };
}

static size_t
count_rows(const char *line, const struct screen_size *size)
{
	size_t width = unicode_width(line);

	return width == 0 ? 1 : (width + size->columns - 1) / size->columns;
}

char *
screen_fit(
    struct arena *arena, const char *text, const struct screen_size *size)
{
	struct text_list lines = text_split(arena, text, '\n');
	size_t left = size->rows, shown = 0, all = 0;
	char *page = "";

	for (size_t i = 0; i < lines.count; i++)
		all += count_rows(lines.items[i], size);
	if (all + 1 <= size->rows || lines.count < 2)
		return arena_strdup(arena, text);

	/* The last line, what is left out, and the row of the cursor. */
	left -= count_rows(lines.items[lines.count - 1], size) + 2 < left
		    ? count_rows(lines.items[lines.count - 1], size) + 2
		    : left;
	while (shown + 1 < lines.count &&
	       count_rows(lines.items[shown], size) <= left) {
		left -= count_rows(lines.items[shown], size);
		page = arena_format(arena, "%s%s\n", page, lines.items[shown]);
		shown++;
	}
	return arena_format(arena, "%s… and %zu more\n%s\n", page,
	    lines.count - 1 - shown, lines.items[lines.count - 1]);
}

/* Writes a line and clears what is left of its last row. Where the row is full
   the cursor stands on its last character still, which would go. */
static void
draw_line(struct arena *arena, FILE *out, const char *line, size_t bytes,
    const struct screen_size *size)
{
	size_t width = unicode_width(arena_strndup(arena, line, bytes));

	fwrite(line, 1, bytes, out);
	if (width == 0 || width % size->columns != 0)
		fputs("\033[K", out);
}

void
screen_draw(
    FILE *out, const char *page, const struct screen_size *size, bool first)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	char *screen = NULL;
	size_t bytes = 0;
	FILE *drawn = open_memstream(&screen, &bytes);

	if (drawn == NULL)
		abort();
	fputs(first ? "\033[2J\033[H" : "\033[H", drawn);
	while (*page != '\0') {
		size_t count = strcspn(page, "\n");

		draw_line(arena, drawn, page, count, size);
		page += count;
		if (*page == '\n')
			fputc(*page++, drawn);
	}
	fputs("\033[J", drawn);
	fclose(drawn);
	fwrite(screen, 1, bytes, out);
	fflush(out);
	free(screen);
}
