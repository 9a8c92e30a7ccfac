#include "report/progress.h"

#include <inttypes.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/num.h"
#include "unicode/unicode.h"

enum {
	DRAW_EVERY_MS = 100,
	LINE_EVERY_MS = 5000,
	SAMPLE_EVERY_MS = 500,
	SAMPLES = 20, /* the rate is that of the last ten seconds */
	BAR_LEAST = 10,
	BAR_MOST = 40,
	COLUMNS_DEFAULT = 80,
	LINE_MOST = 4096,
};

struct sample {
	int64_t mono_ms;
	int64_t done;
};

struct progress {
	FILE *out;
	const char *title;
	const char *unit;
	bool terminal;
	bool drawn;                     /* a bar stands on the present line */
	int64_t shown_ms;               /* when something was shown last */
	struct sample samples[SAMPLES]; /* a ring */
	size_t sample_count;            /* ever taken */
};

static void
take_sample(struct progress *progress, int64_t done, int64_t mono_ms)
{
	progress->samples[progress->sample_count++ % SAMPLES] =
	    (struct sample){ mono_ms, done };
}

struct progress *
progress_new(FILE *out, const char *title, const char *unit, int64_t mono_ms)
{
	struct progress *progress = mem_new(1, sizeof(*progress));
	int fd = fileno(out);

	progress->out = out;
	progress->title = title;
	progress->unit = unit;
	progress->terminal = fd >= 0 && isatty(fd);
	progress->shown_ms = mono_ms;
	return progress;
}

/* Per second, over the samples that are kept; 0 when it is not known. */
static double
rate_of(const struct progress *progress, int64_t done, int64_t mono_ms)
{
	size_t count = progress->sample_count;
	const struct sample *oldest;

	if (count == 0)
		return 0;
	oldest = &progress->samples[count < SAMPLES ? 0 : count % SAMPLES];
	if (mono_ms <= oldest->mono_ms || done <= oldest->done)
		return 0;
	return (double)(done - oldest->done) * 1000 /
	       (double)(mono_ms - oldest->mono_ms);
}

/* " 0:08 left", " 1:02:03 left". */
static void
add_time_left(struct buf *line, double seconds)
{
	int64_t s = (int64_t)(seconds + 0.999);

	if (seconds > 360000)
		return;
	if (s >= 3600)
		buf_add_format(line,
		    ", %" PRId64 ":%02" PRId64 ":%02" PRId64 " left", s / 3600,
		    s / 60 % 60, s % 60);
	else
		buf_add_format(
		    line, ", %" PRId64 ":%02" PRId64 " left", s / 60, s % 60);
}

/* What stands behind the bar. */
static void
add_numbers(struct arena *arena, struct buf *line,
    const struct progress *progress, const struct progress_count *count,
    int64_t mono_ms)
{
	double rate = rate_of(progress, count->done, mono_ms);
	int64_t left = count->total - count->done;

	buf_add_str(line, num_format_grouped(arena, count->done));
	if (count->total > 0)
		buf_add_format(line, "/%s (%d%%)",
		    num_format_grouped(arena, count->total),
		    (int)(100 * count->done / count->total));
	buf_add_format(line, " %s", progress->unit);
	if (count->deferred > 0)
		buf_add_format(line, ", %s deferred",
		    num_format_grouped(arena, count->deferred));
	if (count->failed > 0)
		buf_add_format(line, ", %s failed",
		    num_format_grouped(arena, count->failed));
	if (rate > 0)
		buf_add_format(line, rate < 10 ? ", %.1f/s" : ", %.0f/s", rate);
	if (rate > 0 && left > 0)
		add_time_left(line, (double)left / rate);
}

static void
add_bar(struct buf *line, const struct progress_count *count, size_t cells)
{
	size_t full = (size_t)((double)cells * (double)count->done /
			       (double)(count->total > 0 ? count->total : 1));

	buf_add_char(line, '[');
	for (size_t i = 0; i < cells; i++)
		buf_add_char(line, i < full ? '#' : '.');
	buf_add_str(line, "] ");
}

char *
progress_line(struct arena *arena, const struct progress *progress,
    const struct progress_count *count, int64_t mono_ms, size_t columns)
{
	struct buf numbers GM_BUF_AT_EXIT;
	struct buf line GM_BUF_AT_EXIT;
	size_t used;
	const char *text;

	buf_init(&numbers, LINE_MOST);
	buf_init(&line, LINE_MOST);
	add_numbers(arena, &numbers, progress, count, mono_ms);
	used = unicode_width(progress->title) + numbers.used + 4;
	buf_add_format(&line, "%s%s ", progress->title, columns ? "" : ":");
	if (columns >= used + BAR_LEAST && count->total > 0)
		add_bar(&line, count,
		    columns - used < BAR_MOST ? columns - used : BAR_MOST);
	buf_add_str(&line, buf_str(&numbers));
	text = buf_str(&line);
	if (columns == 0)
		return arena_strdup(arena, text);
	return arena_strndup(arena, text, unicode_fit(text, columns));
}

static size_t
columns_of(FILE *out)
{
	struct winsize size;

	if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return COLUMNS_DEFAULT;
	return size.ws_col;
}

static void
draw(struct progress *progress, const struct progress_count *count,
    int64_t mono_ms)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	size_t columns = progress->terminal ? columns_of(progress->out) - 1 : 0;
	const char *line =
	    progress_line(arena, progress, count, mono_ms, columns);

	if (progress->terminal)
		fprintf(progress->out, "\r%s\033[K", line);
	else
		fprintf(progress->out, "%s\n", line);
	fflush(progress->out);
	progress->drawn = progress->terminal;
	progress->shown_ms = mono_ms;
}

void
progress_show(struct progress *progress, const struct progress_count *count,
    int64_t mono_ms)
{
	int64_t every = progress->terminal ? DRAW_EVERY_MS : LINE_EVERY_MS;
	const struct sample *newest =
	    &progress
		 ->samples[(progress->sample_count + SAMPLES - 1) % SAMPLES];

	if (progress->sample_count == 0 ||
	    mono_ms - newest->mono_ms >= SAMPLE_EVERY_MS)
		take_sample(progress, count->done, mono_ms);
	if (mono_ms - progress->shown_ms >= every)
		draw(progress, count, mono_ms);
}

void
progress_hide(struct progress *progress)
{
	if (!progress->drawn)
		return;
	fputs("\r\033[K", progress->out);
	fflush(progress->out);
	progress->drawn = false;
	progress->shown_ms = INT64_MIN / 2;
}

void
progress_end(struct progress *progress, const struct progress_count *count,
    int64_t mono_ms)
{
	if (progress == NULL)
		return;
	draw(progress, count, mono_ms);
	if (progress->terminal)
		fputc('\n', progress->out);
	fflush(progress->out);
	free(progress);
}
