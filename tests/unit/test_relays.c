#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "deliver/relays.h"

static const struct verdict sent = {
	.outcome = OUTCOME_SENT, .phase = PHASE_FINAL, .code = 250
};
static const struct verdict down = { .outcome = OUTCOME_DEFERRED,
	.blame = BLAME_LINK,
	.phase = PHASE_CONNECT,
	.text = "connection refused" };
static const struct verdict lost = { .outcome = OUTCOME_UNKNOWN,
	.blame = BLAME_LINK,
	.phase = PHASE_FINAL,
	.text = "no reply to the final dot" };
static const struct verdict refused = { .outcome = OUTCOME_DEFERRED,
	.blame = BLAME_US,
	.phase = PHASE_CONNECT,
	.code = 535,
	.enhanced = "5.7.8",
	.text = "wrong password" };
static const struct verdict slow = { .outcome = OUTCOME_DEFERRED,
	.phase = PHASE_MAIL,
	.code = 450,
	.enhanced = "4.3.2",
	.text = "later" };

struct bench {
	struct relays *relays;
	int64_t now;
	int raised, cleared, noted;
	char last[300];
};

static void
note_alarm(void *context, const char *relay, const char *text)
{
	struct bench *bench = context;

	if (text == NULL)
		bench->cleared++;
	else
		bench->raised++;
	snprintf(bench->last, sizeof(bench->last), "%s: %s", relay,
	    text != NULL ? text : "");
}

static void
note_line(void *context, const char *text)
{
	struct bench *bench = context;

	(void)text;
	bench->noted++;
}

static struct relay
make(const char *url, int priority, int share, int connections)
{
	return (struct relay){ .url = url,
		.username = "",
		.password = "",
		.ca_file = "",
		.connections = connections,
		.priority = priority,
		.share = share };
}

static void
open_bench(struct bench *bench, const struct relay *list, size_t count)
{
	const struct relays_rules rules = { .patience_ms = 60 * 1000,
		.longest_ms = 5000,
		.alarm = note_alarm,
		.note = note_line,
		.context = bench };

	memset(bench, 0, sizeof(*bench));
	bench->now = 1000;
	bench->relays = relays_new(list, count, &rules);
}

/* Opens until nobody takes more; counts by the last letter of the host. */
static void
open_all(struct bench *bench, int counts[26], struct relays_host **last)
{
	struct relays_host *host;

	memset(counts, 0, 26 * sizeof(int));
	while ((host = relays_open(bench->relays, bench->now)) != NULL) {
		const char *name = relays_name(host);

		counts[name[strcspn(name, ":") - 1] - 'a']++;
		if (last != NULL)
			*last = host;
	}
}

static void
test_priority_and_share(void **state)
{
	const struct relay list[] = { make("smtp://hc:25", 2, 1, 5),
		make("smtp://ha:25", 1, 3, 30),
		make("smtp://hb:25", 1, 1, 30) };
	struct relays_host *host;
	struct bench b;
	int a = 0;

	(void)state;
	open_bench(&b, list, 3);
	assert_int_equal(relays_connections(b.relays), 65);
	for (int i = 0; i < 40; i++) {
		host = relays_open(b.relays, b.now);
		a += strcmp(relays_name(host), "ha:25") == 0;
		assert_string_not_equal(relays_name(host), "hc:25");
	}
	assert_int_equal(a, 30);

	/* The third is for when the others do not serve. */
	assert_null(relays_open(b.relays, b.now));
	relays_free(b.relays);
}

/* Shares are of what each may have at most, and of those that serve. */
static void
test_shares_of_what_there_is(void **state)
{
	static const struct {
		int share[2], connections[2], open[2];
	} cases[] = {
		{ { 1, 1 }, { 5, 5 }, { 5, 5 } },
		{ { 20, 5 }, { 20, 5 }, { 20, 5 } },
		{ { 9, 1 }, { 5, 5 }, { 5, 1 } },
		{ { 3, 1 }, { 6, 50 }, { 6, 2 } },
		{ { 1, 100 }, { 7, 50 }, { 1, 50 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct relay list[] = {
			make("smtp://ha:25", 1, cases[i].share[0],
			    cases[i].connections[0]),
			make("smtp://hb:25", 1, cases[i].share[1],
			    cases[i].connections[1]),
		};
		struct bench b;
		int counts[26];

		open_bench(&b, list, 2);
		open_all(&b, counts, NULL);
		assert_int_equal(counts[0], cases[i].open[0]);
		assert_int_equal(counts[1], cases[i].open[1]);
		relays_free(b.relays);
	}
}

static void
test_down_and_back(void **state)
{
	const struct relay list[] = { make("smtp://ha:25", 1, 1, 4),
		make("smtp://hb:25", 2, 1, 4) };
	struct relays_host *hosts[4];
	struct relays_host *backup;
	struct bench b;
	int counts[26];

	(void)state;
	open_bench(&b, list, 2);
	for (int i = 0; i < 4; i++)
		hosts[i] = relays_open(b.relays, b.now);
	assert_null(relays_open(b.relays, b.now));
	relays_closed(b.relays, hosts[0], false, &down, b.now);

	/* Now the second serves, with all it can bear. */
	backup = relays_open(b.relays, b.now);
	assert_string_equal(relays_name(backup), "hb:25");
	relays_greeted(b.relays, backup);
	assert_int_equal(b.cleared, 1);
	for (int i = 1; i < 4; i++)
		relays_closed(b.relays, hosts[i], false, &down, b.now);
	assert_int_equal(b.raised, 1);
	assert_non_null(strstr(b.last, "ha:25: connection refused"));
	open_all(&b, counts, NULL);
	assert_int_equal(counts[0], 0);
	assert_int_equal(counts[1], 3);
	assert_false(relays_none(b.relays));

	/* Four failures: two seconds; then one probe and no more. */
	b.now += 1999;
	assert_null(relays_open(b.relays, b.now));
	b.now += 2;
	hosts[0] = relays_open(b.relays, b.now);
	assert_string_equal(relays_name(hosts[0]), "ha:25");
	assert_null(relays_open(b.relays, b.now));
	assert_false(relays_should_leave(b.relays, backup, b.now));
	relays_closed(b.relays, hosts[0], false, &down, b.now);
	b.now += 3999;
	assert_null(relays_open(b.relays, b.now));
	b.now += 2;
	hosts[0] = relays_open(b.relays, b.now);

	/* It stands: all at once, and the backup's connections leave. */
	relays_greeted(b.relays, hosts[0]);
	assert_int_equal(b.cleared, 2);
	assert_true(relays_should_leave(b.relays, backup, b.now));
	assert_false(relays_should_leave(b.relays, hosts[0], b.now));
	open_all(&b, counts, NULL);
	assert_int_equal(counts[0], 3);
	assert_int_equal(counts[1], 0);
	relays_free(b.relays);
}

static void
test_refusal(void **state)
{
	const struct relay list[] = { make("smtp://ha:25", 1, 1, 4) };
	struct relays_host *host;
	struct relays_host *other;
	struct bench b;

	(void)state;
	open_bench(&b, list, 1);
	host = relays_open(b.relays, b.now);
	other = relays_open(b.relays, b.now);
	relays_closed(b.relays, host, false, &refused, b.now);
	relays_closed(b.relays, other, false, &refused, b.now);
	assert_int_equal(b.raised, 1);
	assert_non_null(strstr(b.last, "refuses us: 535 5.7.8 wrong password"));
	assert_true(relays_none(b.relays));
	assert_true(relays_all_refuse(b.relays));
	assert_non_null(strstr(relays_why(b.relays), "535"));
	assert_false(relays_any_now(b.relays, b.now + 299 * 1000));
	assert_true(relays_any_now(b.relays, b.now + 300 * 1000));

	/* Other credentials: asked at once; one connection until it stands. */
	relays_set(b.relays, list, 1);
	assert_true(relays_any_now(b.relays, b.now));
	host = relays_open(b.relays, b.now);
	relays_greeted(b.relays, host);
	assert_int_equal(b.cleared, 1);
	assert_false(relays_none(b.relays));

	/* Refused at MAIL: a session alone does not end the trouble. */
	relays_ended(b.relays, host,
	    &(struct verdict){ .outcome = OUTCOME_DEFERRED,
		.blame = BLAME_US,
		.phase = PHASE_MAIL,
		.code = 530 },
	    b.now);
	assert_int_equal(b.raised, 2);
	assert_false(relays_takes(host, b.now));
	b.now += 300 * 1000;
	relays_closed(b.relays, host, true, NULL, b.now);
	host = relays_open(b.relays, b.now);
	assert_null(relays_open(b.relays, b.now));
	relays_greeted(b.relays, host);
	assert_int_equal(b.cleared, 1);
	relays_ended(b.relays, host, &sent, b.now);
	assert_int_equal(b.cleared, 2);
	assert_non_null(relays_open(b.relays, b.now));
	relays_free(b.relays);
}

/* Sessions and messages that were under way then do not end the trouble: it
   is left alone, and an operator sees why. */
static void
test_refusal_in_the_middle(void **state)
{
	const struct relay list[] = { make("smtp://ha:25", 1, 1, 4) };
	struct relays_host *host;
	struct bench b;

	(void)state;
	open_bench(&b, list, 1);
	host = relays_open(b.relays, b.now);
	assert_ptr_equal(relays_open(b.relays, b.now), host);
	assert_ptr_equal(relays_open(b.relays, b.now), host);
	relays_greeted(b.relays, host);
	assert_int_equal(b.cleared, 1);
	relays_closed(b.relays, host, false, &refused, b.now);
	assert_int_equal(b.raised, 1);
	relays_ended(b.relays, host, &sent, b.now + 1);
	relays_greeted(b.relays, host);
	assert_int_equal(b.cleared, 1);
	assert_true(relays_none(b.relays));
	assert_false(relays_takes(host, b.now + 299 * 1000));

	/* A standing session is used again in time. */
	b.now += 300 * 1000;
	assert_true(relays_takes(host, b.now));
	relays_ended(b.relays, host, &sent, b.now);
	assert_int_equal(b.cleared, 2);
	assert_false(relays_none(b.relays));
	relays_free(b.relays);
}

static void
test_slowdown(void **state)
{
	const struct relay list[] = { make("smtp://ha:25", 1, 1, 4) };
	struct relays_host *host;
	struct bench b;

	(void)state;
	open_bench(&b, list, 1);
	host = relays_open(b.relays, b.now);
	relays_greeted(b.relays, host);
	for (int i = 0; i < 6; i++) {
		assert_true(relays_takes(host, b.now));
		relays_ended(b.relays, host, &slow, b.now);
		relays_ended(b.relays, host, &slow, b.now);
		assert_false(relays_takes(host, b.now + 249));
		assert_int_equal(b.raised, i == 5);
		b.now += 250 << i;
	}
	assert_true(relays_none(b.relays));
	assert_int_equal(b.noted, 1);
	relays_ended(b.relays, host, &sent, b.now);
	assert_false(relays_none(b.relays));
	assert_int_equal(b.cleared, 2);
	relays_free(b.relays);
}

/* It takes connections and lets each of them die. */
static void
test_losses(void **state)
{
	const struct relay list[] = { make("smtp://ha:25", 1, 1, 9) };
	struct relays_host *host;
	struct bench b;

	(void)state;
	open_bench(&b, list, 1);
	for (int i = 0; i < 2; i++) {
		host = relays_open(b.relays, b.now);
		relays_greeted(b.relays, host);
		relays_closed(b.relays, host, true, &lost, b.now);
	}
	host = relays_open(b.relays, b.now);
	relays_greeted(b.relays, host);
	relays_ended(b.relays, host, &sent, b.now);
	relays_closed(b.relays, host, true, NULL, b.now);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(b.raised, 0);
		host = relays_open(b.relays, b.now);
		relays_greeted(b.relays, host);
		relays_ended(b.relays, host, &lost, b.now);
		relays_closed(b.relays, host, true, &lost, b.now);
	}
	assert_int_equal(b.raised, 1);
	assert_non_null(strstr(b.last, "no reply to the final dot"));
	assert_null(relays_open(b.relays, b.now));
	b.now += 250;
	host = relays_open(b.relays, b.now);
	assert_null(relays_open(b.relays, b.now));
	relays_greeted(b.relays, host);
	assert_int_equal(b.cleared, 1);
	relays_ended(b.relays, host, &sent, b.now);
	assert_int_equal(b.cleared, 2);
	assert_non_null(relays_open(b.relays, b.now));
	relays_free(b.relays);
}

static void
test_silence(void **state)
{
	const struct relay list[] = { make("smtp://ha:25", 1, 1, 4),
		make("smtp://hb:25", 2, 1, 4) };
	struct relays_host *hosts[4];
	struct relays_host *backup;
	struct bench b;

	(void)state;
	open_bench(&b, list, 2);
	for (int i = 0; i < 4; i++)
		hosts[i] = relays_open(b.relays, b.now);
	b.now += 59 * 1000;
	relays_look(b.relays, b.now);
	assert_int_equal(b.raised, 0);
	assert_false(relays_is_stuck(b.relays, hosts[0], b.now));
	b.now += 2 * 1000;
	relays_look(b.relays, b.now);
	relays_look(b.relays, b.now);
	assert_int_equal(b.raised, 1);
	assert_non_null(strstr(b.last, "no greeting"));
	backup = relays_open(b.relays, b.now);
	assert_string_equal(relays_name(backup), "hb:25");
	for (int i = 0; i < 3; i++) {
		assert_true(relays_is_stuck(b.relays, hosts[i], b.now));
		relays_closed(b.relays, hosts[i], false, NULL, b.now);
	}
	assert_false(relays_is_stuck(b.relays, hosts[3], b.now));
	relays_greeted(b.relays, hosts[3]);
	assert_int_equal(b.cleared, 1);
	relays_free(b.relays);
}

static void
test_another_list(void **state)
{
	const struct relay before[] = { make("smtp://ha:25", 1, 1, 2),
		make("smtp://hb:25", 1, 1, 2) };
	const struct relay after[] = { make("smtp://hb:25", 1, 3, 3),
		make("smtp://hc:25", 1, 1, 1) };
	struct relays_host *a;
	struct bench b;
	int counts[26];

	(void)state;
	open_bench(&b, before, 2);
	a = relays_open(b.relays, b.now);
	assert_string_equal(relays_name(a), "ha:25");
	relays_set(b.relays, after, 2);
	assert_true(relays_should_leave(b.relays, a, b.now));
	assert_false(relays_has(b.relays, "ha:25"));
	assert_true(relays_has(b.relays, "hc:25"));
	open_all(&b, counts, NULL);
	assert_int_equal(counts[0], 0);
	assert_int_equal(counts[1], 3);
	assert_int_equal(counts[2], 1);
	assert_string_equal(relays_config(a)->url, "smtp://ha:25");
	relays_closed(b.relays, a, true, NULL, b.now);
	relays_set(b.relays, before, 2);
	a = relays_open(b.relays, b.now);
	assert_string_equal(relays_name(a), "ha:25");
	relays_free(b.relays);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_priority_and_share),
		cmocka_unit_test(test_shares_of_what_there_is),
		cmocka_unit_test(test_down_and_back),
		cmocka_unit_test(test_refusal),
		cmocka_unit_test(test_refusal_in_the_middle),
		cmocka_unit_test(test_slowdown),
		cmocka_unit_test(test_losses),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_another_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
