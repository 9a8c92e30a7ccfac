#include "report/progress.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A progress on memory, at ten a second since time 0. */
struct screen {
	struct progress *progress;
	FILE *out;
	char *bytes;
	size_t count;
};

static void
open_screen(struct screen *screen)
{
	*screen = (struct screen){ 0 };
	screen->out = open_memstream(&screen->bytes, &screen->count);
	screen->progress = progress_new(screen->out, "2026-04", "sent", 0);
}

static void
close_screen(struct screen *screen)
{
	fclose(screen->out);
	free(screen->bytes);
}

static void
tells_rate_and_time_left(void **state)
{
	static const struct {
		struct progress_count count;
		int64_t mono_ms;
		size_t columns;
		const char *line;
	} cases[] = {
		{ { 2000, 100, 0, 0 }, 10000, 0,
		    "2026-04: 100/2,000 (5%) sent, 10/s, 3:10 left" },
		{ { 2000, 100, 3, 12 }, 10000, 0,
		    "2026-04: 100/2,000 (5%) sent, 12 deferred, 3 failed, "
		    "10/s, 3:10 left" },
		{ { 2000, 100, 0, 0 }, 10000, 64,
		    "2026-04 [.................] 100/2,000 (5%) sent, "
		    "10/s, 3:10 left" },
		{ { 100000, 100, 0, 0 }, 10000, 0,
		    "2026-04: 100/100,000 (0%) sent, 10/s, 2:46:30 left" },
		{ { 20, 15, 0, 0 }, 10000, 0,
		    "2026-04: 15/20 (75%) sent, 1.5/s, 0:04 left" },
		{ { 20, 20, 0, 0 }, 10000, 0,
		    "2026-04: 20/20 (100%) sent, 2.0/s" },
		{ { 20, 0, 0, 20 }, 10000, 0,
		    "2026-04: 0/20 (0%) sent, 20 deferred" },
		{ { 0, 7, 0, 0 }, 0, 0, "2026-04: 7 sent" },
		{ { 2000, 1000, 0, 0 }, 10000, 20, "2026-04 1,000/2,000 " },
	};
	const struct progress_count none = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *arena GM_ARENA_AT_EXIT = arena_new();
		struct screen screen;

		open_screen(&screen);
		progress_show(screen.progress, &none, 0);
		assert_string_equal(cases[i].line,
		    progress_line(arena, screen.progress, &cases[i].count,
			cases[i].mono_ms, cases[i].columns));
		progress_end(screen.progress, &none, 0);
		close_screen(&screen);
	}
}

/* The bar is as long as what is left of the line, and half full at half. */
static void
draws_a_bar(void **state)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	const struct progress_count half = { 2000, 1000, 0, 0 };
	struct screen screen;
	const char *line;

	(void)state;
	open_screen(&screen);
	line = progress_line(arena, screen.progress, &half, 0, 49);
	assert_string_equal(
	    line, "2026-04 [########........] 1,000/2,000 (50%) sent");
	line = progress_line(arena, screen.progress, &half, 0, 200);
	assert_non_null(strstr(line, "[####################..............."));
	assert_non_null(strstr(line, "....] 1,000"));
	progress_end(screen.progress, &half, 0);
	close_screen(&screen);
}

/* The rate is that of the last seconds, not of the whole. */
static void
forgets_old_samples(void **state)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct progress_count count = { 1000000, 0, 0, 0 };
	struct screen screen;
	int64_t now = 0;

	(void)state;
	open_screen(&screen);
	for (; now < 60000; now += 250) {
		count.done = now;
		progress_show(screen.progress, &count, now);
	}
	for (; now < 120000; now += 250) {
		count.done += 5;
		progress_show(screen.progress, &count, now);
	}
	assert_non_null(strstr(
	    progress_line(arena, screen.progress, &count, now, 0), ", 20/s, "));
	progress_end(screen.progress, &count, now);
	close_screen(&screen);
}

static void
speaks_every_few_seconds(void **state)
{
	struct progress_count count = { 200, 0, 0, 0 };
	struct screen screen;

	(void)state;
	open_screen(&screen);
	for (int64_t now = 0; now <= 12000; now += 100) {
		count.done = now / 100;
		progress_show(screen.progress, &count, now);
	}
	progress_hide(screen.progress);
	count.done = 200;
	progress_end(screen.progress, &count, 12100);
	fflush(screen.out);
	assert_string_equal(screen.bytes,
	    "2026-04: 50/200 (25%) sent, 10/s, 0:15 left\n"
	    "2026-04: 100/200 (50%) sent, 10/s, 0:10 left\n"
	    "2026-04: 200/200 (100%) sent, 18/s\n");
	close_screen(&screen);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_rate_and_time_left),
		cmocka_unit_test(draws_a_bar),
		cmocka_unit_test(forgets_old_samples),
		cmocka_unit_test(speaks_every_few_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
