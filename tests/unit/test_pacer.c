#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/mem.h"
#include "deliver/pacer.h"
#include "deliver/throttle.h"

enum { MS = 1000, S = 1000 * MS, MANY = 400 };

static const struct verdict sent = {
	.outcome = OUTCOME_SENT, .phase = PHASE_FINAL, .code = 250
};
static const struct verdict unknown = { .outcome = OUTCOME_FAILED,
	.blame = BLAME_ADDRESS,
	.phase = PHASE_RCPT,
	.code = 550,
	.enhanced = "5.1.1" };
static const struct verdict throttled = { .outcome = OUTCOME_DEFERRED,
	.phase = PHASE_FINAL,
	.code = 421,
	.enhanced = "4.7.28",
	.text = "Our system has detected an unusual rate of mail" };

struct bench {
	struct arena *arena;
	struct pacer *pacer;
	int64_t now;
	struct pacer_news news;
};

static struct pace_group
limit(const char *name, int connections, double per_second, int per_connection)
{
	return (struct pace_group){ .name = name,
		.connections = connections,
		.per_second = per_second,
		.per_connection = per_connection,
		.unknown_pct = PACE_UNSET };
}

static void
open_bench(struct bench *bench, struct pace *configured, int places)
{
	struct pace pace;

	configured->dns = "";
	if (configured->hold_ms == 0)
		configured->hold_ms = 600 * 1000;
	memset(bench, 0, sizeof(*bench));
	bench->arena = arena_new();
	bench->now = 1 * S;
	pace_resolve(bench->arena, configured, NULL, 0, &pace);
	bench->pacer = pacer_new(&pace, places, bench->now);
}

static void
close_bench(struct bench *bench)
{
	pacer_free(bench->pacer);
	arena_free(bench->arena);
}

/* Starts a message when it may; NULL when not. */
static struct pacer_group *
start(struct bench *bench, const char *address)
{
	struct pacer_group *group =
	    pacer_enter(bench->pacer, address, bench->now);

	if (pacer_take(bench->pacer, group, NULL, bench->now) == PACER_GO)
		return group;
	pacer_leave(bench->pacer, group);
	return NULL;
}

/* Starts as many as may go at once. */
static int
start_all(struct bench *bench, const char *address, struct pacer_group **groups)
{
	int count = 0;

	while (count < MANY && (groups[count] = start(bench, address)) != NULL)
		count++;
	return count;
}

static bool
end(struct bench *bench, struct pacer_group *group,
    const struct verdict *verdict, int64_t took_us)
{
	return pacer_ended(
	    bench->pacer, group, verdict, took_us, bench->now, &bench->news);
}

/* Sends one message that is answered at once. */
static bool
pass(struct bench *bench, const char *address, const struct verdict *verdict)
{
	struct pacer_group *group = start(bench, address);

	assert_non_null(group);
	return end(bench, group, verdict, 10 * MS);
}

/* Replies that come in time take a group to all its places. */
static void
warm(struct bench *bench, const char *address, int times)
{
	for (int i = 0; i < times; i++)
		assert_false(pass(bench, address, &sent));
}

static void
test_resolve(void **state)
{
	struct arena *arena = arena_new();
	struct pace_group groups[] = {
		limit("google", 2, PACE_UNSET, PACE_UNSET),
		limit("slow.example", 1, 4, PACE_UNSET),
		limit("town", PACE_UNSET, PACE_UNSET, PACE_UNSET),
	};
	const char *domains[] = { "hotmail.com", "Town.example" };
	const struct pace_change changes[] = {
		{ "docomo", "per_second", 10 },
		{ "", "per_second", 7 },
		{ "new.example", "connections", 3 },
		{ "", "connections", 3 },
		{ "google", "colour", 3 },
	};
	struct pace configured = { .groups = groups, .group_count = 3 };
	const struct pace_group *group;
	struct pace pace;

	(void)state;
	groups[2].domains.items = domains;
	groups[2].domains.count = 2;
	pace_resolve(arena, &configured, changes, 5, &pace);
	assert_true(pace.per_second == 7);

	/* What was left out is as in the table. */
	group = pace_by_domain(&pace, "GMail.com");
	assert_string_equal(group->name, "google");
	assert_int_equal(group->connections, 2);
	assert_int_equal(group->per_connection, 50);
	group = pace_by_domain(&pace, "docomo.ne.jp");
	assert_int_equal(group->connections, 1);
	assert_true(group->per_second == 10);
	assert_int_equal(group->unknown_pct, 5);

	/* A group is found by its own name; one's own domains win. */
	assert_string_equal(
	    pace_by_domain(&pace, "slow.example")->name, "slow.example");
	assert_string_equal(pace_by_domain(&pace, "hotmail.com")->name, "town");
	assert_string_equal(
	    pace_by_domain(&pace, "town.example")->name, "town");
	assert_string_equal(
	    pace_by_domain(&pace, "hotmail.co.jp")->name, "outlook");
	assert_int_equal(pace_by_domain(&pace, "new.example")->connections, 3);
	assert_null(pace_by_domain(&pace, "other.example"));

	/* Patterns. */
	assert_string_equal(
	    pace_by_mx(&pace, "ASPMX.l.google.com")->name, "google");
	assert_string_equal(
	    pace_by_mx(&pace, "x.mail.protection.outlook.com")->name, "o365");
	assert_string_equal(
	    pace_by_mx(&pace, "x.olc.protection.outlook.com")->name, "outlook");
	assert_null(pace_by_mx(&pace, "google.com"));
	assert_null(pace_by_mx(&pace, "evilgoogle.com"));

	/* Without the table's limits its groups are known all the same. */
	configured.without_limits = true;
	pace_resolve(arena, &configured, NULL, 0, &pace);
	group = pace_by_domain(&pace, "docomo.ne.jp");
	assert_int_equal(group->connections, 0);
	assert_true(group->per_second == 0);
	assert_int_equal(pace_by_domain(&pace, "gmail.com")->connections, 2);
	arena_free(arena);
}

static void
test_rates(void **state)
{
	struct pace_group groups[] = { limit("a.example", 0, 2, 0) };
	struct pace configured = {
		.per_second = 10, .groups = groups, .group_count = 1
	};
	struct pacer_group *started[MANY];
	struct bench b;
	int a = 0;
	int all = 0;

	(void)state;
	open_bench(&b, &configured, 1000);
	for (int i = 0; i < 1000; i++, b.now += 10 * MS) {
		int count = start_all(&b, "x@a.example", started);

		a += count;
		while (count > 0)
			end(&b, started[--count], &sent, 1 * MS);
		count = start_all(&b, "x@b.example", started);
		all += count;
		while (count > 0)
			end(&b, started[--count], &sent, 1 * MS);
	}
	/* Ten seconds. */
	assert_in_range(a, 19, 22);
	assert_in_range(a + all, 98, 112);
	assert_in_range(pacer_wait_us(b.pacer, b.now), 1, 1 * S);
	close_bench(&b);
}

static void
test_in_flight_and_per_connection(void **state)
{
	struct pace configured = { 0 };
	struct pacer_group *started[MANY];
	struct pacer_conn conn = { 0 };
	struct pacer_group *apple;
	struct pacer_group *other;
	struct bench b;

	(void)state;
	open_bench(&b, &configured, 100);
	assert_int_equal(start_all(&b, "x@gmail.com", started), 5);
	assert_null(start(&b, "x@googlemail.com"));
	end(&b, started[0], &sent, 1 * MS);
	assert_non_null(start(&b, "x@googlemail.com"));

	/* Apple takes five over one connection; that says nothing about others
	   on it. */
	for (int i = 0; i < 6; i++) {
		apple = pacer_enter(b.pacer, "x@me.com", b.now);
		assert_int_equal(pacer_take(b.pacer, apple, &conn, b.now),
		    i < 5 ? PACER_GO : PACER_RENEW);
		if (i < 5)
			end(&b, apple, &sent, 1 * MS);
	}
	other = pacer_enter(b.pacer, "x@other.example", b.now);
	assert_int_equal(pacer_take(b.pacer, other, &conn, b.now), PACER_GO);
	pacer_conn_clear(&conn);
	assert_int_equal(pacer_take(b.pacer, apple, &conn, b.now), PACER_GO);
	pacer_conn_clear(&conn);
	close_bench(&b);
}

static void
test_hold_and_growth(void **state)
{
	struct pace configured = { .hold_ms = 600 * 1000 };
	struct pacer_group *started[MANY];
	struct bench b;
	int count;

	(void)state;
	open_bench(&b, &configured, 100);
	warm(&b, "x@gmail.com", 100);
	count = start_all(&b, "x@gmail.com", started);
	assert_int_equal(count, 5);

	/* The first one tells; the others of that moment tell nothing new. */
	assert_true(end(&b, started[0], &throttled, 1 * MS));
	assert_int_equal(b.news.event, PACER_HELD);
	assert_string_equal(b.news.group, "google");
	assert_true(b.news.until_us == b.now + 600LL * S);
	assert_non_null(strstr(b.news.text, "4.7.28"));
	assert_false(end(&b, started[1], &throttled, 1 * MS));
	assert_false(end(&b, started[2], &sent, 1 * MS));
	assert_false(end(&b, started[3], &sent, 1 * MS));
	assert_false(end(&b, started[4], &sent, 1 * MS));
	b.now += 599LL * S;
	assert_null(start(&b, "x@gmail.com"));
	assert_int_equal(pacer_held(b.pacer, b.now), 1);
	assert_false(pacer_wants(b.pacer, "x@gmail.com", b.now));
	assert_true(pacer_wants(b.pacer, "x@b.example", b.now));

	/* One; refused again: as long once more. */
	b.now += 2LL * S;
	assert_int_equal(pacer_held(b.pacer, b.now), 0);
	assert_int_equal(start_all(&b, "x@gmail.com", started), 1);
	assert_true(end(&b, started[0], &throttled, 1 * MS));
	assert_null(start(&b, "x@gmail.com"));
	b.now += 601LL * S;

	/* Taken: one for a while, then two, three, … five. */
	for (int most = 1; most <= 5; most++) {
		assert_int_equal(start_all(&b, "x@gmail.com", started), most);
		for (int i = 0; i < most; i++)
			end(&b, started[i], NULL, 0);
		for (int i = 0; i < 10; i++) {
			bool news = pass(&b, "x@gmail.com", &sent);

			assert_int_equal(news, most == 1 && i == 0);
			if (news)
				assert_int_equal(b.news.event, PACER_FREED);
		}
	}
	assert_int_equal(start_all(&b, "x@gmail.com", started), 5);
	close_bench(&b);
}

static void
test_maybes_and_others(void **state)
{
	struct verdict maybe = { .outcome = OUTCOME_DEFERRED,
		.phase = PHASE_RCPT,
		.code = 450,
		.enhanced = "4.7.1",
		.text = "Try again" };
	const char *kept = "A.example";
	struct pace configured = { 0 };
	struct bench b;

	(void)state;
	open_bench(&b, &configured, 100);
	assert_false(pass(&b, "x@a.example", &maybe));
	assert_false(pass(&b, "x@a.example", &maybe));
	assert_false(pass(&b, "x@a.example", &sent));
	assert_false(pass(&b, "x@a.example", &maybe));
	assert_false(pass(&b, "x@a.example", &maybe));
	assert_true(pass(&b, "x@a.example", &maybe));
	assert_string_equal(b.news.group, "a.example");
	assert_null(start(&b, "y@A.example"));
	assert_non_null(start(&b, "y@b.example"));

	/* As another runner, and an operator, say. */
	pacer_keep(b.pacer, &kept, 1);
	assert_null(start(&b, "y@A.example"));
	pacer_keep(b.pacer, NULL, 0);
	assert_non_null(start(&b, "y@A.example"));
	pacer_hold(b.pacer, "c.example", b.now + 5LL * S);
	pacer_hold(b.pacer, "google", b.now + 5LL * S);
	pacer_hold(b.pacer, "google", b.now + 5LL * S + 3 * MS);
	assert_null(start(&b, "y@c.example"));
	assert_null(start(&b, "y@gmail.com"));
	b.now += 6LL * S;
	assert_non_null(start(&b, "y@c.example"));
	assert_non_null(start(&b, "y@gmail.com"));
	close_bench(&b);
}

static void
test_unknown_readers(void **state)
{
	struct pace_group groups[] = { limit("docomo", 0, 0, 0),
		limit("other.example", 0, 0, 0) };
	struct pace configured = { .groups = groups, .group_count = 2 };
	struct bench b;
	int paused = 0;

	(void)state;
	open_bench(&b, &configured, 100);

	/* One in twenty-five is not enough, one in ten is. */
	for (int i = 0; i < 500; i++)
		assert_false(
		    pass(&b, "x@docomo.ne.jp", i % 25 == 0 ? &unknown : &sent));
	for (int i = 0; i < 500 && paused == 0; i++)
		if (pass(&b, "x@docomo.ne.jp", i % 10 == 0 ? &unknown : &sent))
			paused = i;
	assert_in_range(paused, 20, 60);
	assert_int_equal(b.news.event, PACER_PAUSED);
	assert_non_null(strstr(b.news.text, "pace go docomo"));
	b.now += 100000LL * S;
	assert_null(start(&b, "x@docomo.ne.jp"));
	pacer_keep(b.pacer, NULL, 0);
	for (int i = 0; i < 5; i++)
		assert_false(pass(&b, "x@docomo.ne.jp", &unknown));
	assert_true(pass(&b, "x@docomo.ne.jp", &unknown));

	/* Elsewhere that is the breaker's business. */
	for (int i = 0; i < 200; i++)
		assert_false(pass(&b, "x@other.example", &unknown));
	close_bench(&b);
}

/* A tarpit holds a part of the places; a single group gets them all. */
static void
test_narrow(void **state)
{
	struct pace configured = { 0 };
	struct pacer_group *tar[MANY];
	struct pacer_group *other[MANY];
	struct bench b;
	int count;

	(void)state;
	open_bench(&b, &configured, 40);
	assert_int_equal(start_all(&b, "x@tar.example", tar), 10);
	warm(&b, "x@b.example", 100);
	assert_int_equal(start_all(&b, "x@b.example", other), 40);
	for (int i = 0; i < 40; i++)
		end(&b, other[i], NULL, 0);

	/* Its replies come, a minute late: fewer places and less in stock. */
	b.now += 60LL * S;
	for (int i = 0; i < 10; i++)
		end(&b, tar[i], &sent, 60LL * S);
	count = start_all(&b, "x@tar.example", tar);
	assert_in_range(count, 1, 2);
	assert_true(pacer_is_slow(b.pacer, tar[0]));
	pacer_ask_anew(b.pacer);
	assert_true(pacer_wants(b.pacer, "x@tar.example", b.now));
	assert_true(pacer_wants(b.pacer, "x@tar.example", b.now));
	assert_false(pacer_wants(b.pacer, "x@tar.example", b.now));
	assert_true(pacer_wants(b.pacer, "x@b.example", b.now));

	/* A group that was quick falls silent with all places in its hands. */
	assert_int_equal(start_all(&b, "x@b.example", other), 40);
	end(&b, other[0], &sent, 1 * MS);
	b.now += 100LL * S;
	assert_null(start(&b, "x@b.example"));
	assert_true(pacer_is_slow(b.pacer, other[1]));
	for (int i = 0; i < 29; i++)
		end(&b, other[i + 1], NULL, 0);
	assert_null(start(&b, "x@b.example"));
	close_bench(&b);
}

/* The stock is for those that can go. */
static void
test_stock(void **state)
{
	struct pace configured = { 0 };
	struct pacer_group *group = NULL;
	struct bench b;
	int wanted = 0;

	(void)state;
	open_bench(&b, &configured, 100);
	pacer_ask_anew(b.pacer);
	for (int i = 0; i < 100; i++)
		wanted += pacer_wants(b.pacer, "x@docomo.ne.jp", b.now);
	assert_int_equal(wanted, 4);
	for (int i = 0; i < wanted; i++)
		group = pacer_enter(b.pacer, "x@docomo.ne.jp", b.now);
	pacer_ask_anew(b.pacer);
	assert_false(pacer_wants(b.pacer, "x@docomo.ne.jp", b.now));
	assert_false(pacer_is_surplus(b.pacer, group, b.now));
	pacer_enter(b.pacer, "x@docomo.ne.jp", b.now);
	assert_true(pacer_is_surplus(b.pacer, group, b.now));
	pacer_leave(b.pacer, group);
	assert_false(pacer_is_surplus(b.pacer, group, b.now));
	pacer_hold(b.pacer, "docomo", b.now + 1LL * S);
	assert_true(pacer_is_surplus(b.pacer, group, b.now));

	/* Taken and given back. */
	b.now += 2LL * S;
	assert_int_equal(pacer_take(b.pacer, group, NULL, b.now), PACER_GO);
	assert_int_equal(pacer_take(b.pacer, group, NULL, b.now), PACER_WAIT);
	pacer_back(b.pacer, group);
	b.now += 2LL * S;
	assert_int_equal(pacer_take(b.pacer, group, NULL, b.now), PACER_GO);
	close_bench(&b);
}

static void
test_mail_exchangers(void **state)
{
	static const char *const hosts[] = { "mx.elsewhere.net",
		"aspmx.l.google.com" };
	struct pace configured = { .per_second = 0 };
	struct pace without;
	struct bench b;
	char domain[256];

	(void)state;
	open_bench(&b, &configured, 100);

	/* Paced by its own name until known; reserved names are not asked. */
	assert_string_equal(
	    pacer_group_name(start(&b, "x@Town.jp")), "town.jp");
	assert_non_null(start(&b, "x@b.example"));
	assert_non_null(start(&b, "x@gmail.com"));
	assert_true(pacer_unknown_domain(b.pacer, domain));
	assert_string_equal(domain, "town.jp");
	assert_false(pacer_unknown_domain(b.pacer, domain));
	assert_non_null(start(&b, "x@town.jp"));
	assert_false(pacer_unknown_domain(b.pacer, domain));
	pacer_learn(b.pacer, "town.jp", hosts, 2, 60LL * S, b.now);
	assert_string_equal(pacer_group_name(start(&b, "x@town.jp")), "google");

	/* Asked again when the answer is stale; known meanwhile. */
	b.now += 61LL * S;
	assert_string_equal(pacer_group_name(start(&b, "x@town.jp")), "google");
	assert_true(pacer_unknown_domain(b.pacer, domain));
	pacer_learn(b.pacer, "town.jp", NULL, 0, 60LL * S, b.now);
	assert_string_equal(
	    pacer_group_name(start(&b, "x@town.jp")), "town.jp");

	/* Switched off while running. */
	configured.without_mx = true;
	pace_resolve(b.arena, &configured, NULL, 0, &without);
	pacer_set(b.pacer, &without, 100, b.now);
	assert_non_null(start(&b, "x@village.jp"));
	assert_false(pacer_unknown_domain(b.pacer, domain));
	close_bench(&b);
}

static void
test_changed_while_running(void **state)
{
	struct pace_group one[] = { limit("a.example", 1, 0, 0) };
	struct pace_group three[] = { limit("a.example", 3, 0, 0) };
	struct pace configured = { .groups = one, .group_count = 1 };
	struct pacer_group *started[MANY];
	struct pace pace;
	struct bench b;

	(void)state;
	open_bench(&b, &configured, 10);
	assert_int_equal(start_all(&b, "x@a.example", started), 1);
	configured.groups = three;
	pace_resolve(b.arena, &configured, NULL, 0, &pace);
	pacer_set(b.pacer, &pace, 100, b.now);
	end(&b, started[0], &sent, 1 * MS);
	warm(&b, "x@a.example", 10);
	assert_int_equal(start_all(&b, "x@a.example", started), 3);

	/* The group is gone from the configuration; its mail is still there. */
	configured.group_count = 0;
	pace_resolve(b.arena, &configured, NULL, 0, &pace);
	pacer_set(b.pacer, &pace, 100, b.now);
	assert_int_equal(start_all(&b, "x@a.example", started + 3), 25);
	for (int i = 0; i < 28; i++)
		end(&b, started[i], &sent, 1 * MS);
	close_bench(&b);
}

/* More domains than are remembered. */
static void
test_bounded(void **state)
{
	struct pace configured = { 0 };
	struct pacer_group *kept;
	struct bench b;
	char address[64];

	(void)state;
	open_bench(&b, &configured, 100);
	kept = start(&b, "x@kept.example");
	pacer_hold(b.pacer, "held.example", b.now + 60LL * S);
	for (int i = 0; i < 50000; i++) {
		snprintf(address, sizeof(address), "x@d%d.example", i);
		assert_false(pass(&b, address, &sent));
	}
	assert_ptr_equal(start(&b, "x@kept.example"), kept);
	assert_null(start(&b, "x@held.example"));
	close_bench(&b);
}

static void
test_throttle(void **state)
{
	static const struct {
		enum outcome outcome;
		enum phase phase;
		int code;
		const char *enhanced;
		const char *text;
		enum throttle is;
		int times;
	} cases[] = {
		{ OUTCOME_DEFERRED, PHASE_RCPT, 421, "4.7.0", "Try later",
		    THROTTLE_YES, 1 },
		{ OUTCOME_DEFERRED, PHASE_RCPT, 421, "", "closing channel",
		    THROTTLE_NO, 1 },
		{ OUTCOME_DEFERRED, PHASE_RCPT, 421, "4.3.2", "Shutting down",
		    THROTTLE_NO, 1 },
		{ OUTCOME_DEFERRED, PHASE_FINAL, 450, "4.2.1",
		    "user is receiving mail at a rate that", THROTTLE_NO, 1 },
		{ OUTCOME_DEFERRED, PHASE_FINAL, 451, "4.7.650",
		    "The mail server has been temporarily rate limited due to "
		    "IP reputation",
		    THROTTLE_YES, 9 },
		{ OUTCOME_DEFERRED, PHASE_RCPT, 450, "4.7.1", "Greylisted",
		    THROTTLE_NO, 1 },
		{ OUTCOME_DEFERRED, PHASE_RCPT, 450, "4.2.0",
		    "Greylisted, too many", THROTTLE_NO, 1 },
		{ OUTCOME_DEFERRED, PHASE_RCPT, 450, "4.7.1", "Not now",
		    THROTTLE_MAYBE, 1 },
		{ OUTCOME_DEFERRED, PHASE_RCPT, 452, "4.5.3",
		    "Too many recipients", THROTTLE_YES, 1 },
		{ OUTCOME_DEFERRED, PHASE_RCPT, 452, "4.2.2", "mailbox full",
		    THROTTLE_NO, 1 },
		{ OUTCOME_DEFERRED, PHASE_RCPT, 421, "",
		    "[TSS04] Messages temporarily deferred", THROTTLE_YES, 12 },
		{ OUTCOME_FAILED, PHASE_FINAL, 550, "5.7.28", "too bad",
		    THROTTLE_YES, 1 },
		{ OUTCOME_FAILED, PHASE_FINAL, 550, "5.7.1", "too many",
		    THROTTLE_NO, 1 },
		{ OUTCOME_DEFERRED, PHASE_MAIL, 421, "4.7.0", "too many",
		    THROTTLE_NO, 1 },
		{ OUTCOME_SENT, PHASE_FINAL, 250, "", "rate limit", THROTTLE_NO,
		    1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct verdict verdict = { .outcome = cases[i].outcome,
			.phase = cases[i].phase,
			.code = cases[i].code };
		int times = 1;

		snprintf(verdict.enhanced, sizeof(verdict.enhanced), "%s",
		    cases[i].enhanced);
		snprintf(
		    verdict.text, sizeof(verdict.text), "%s", cases[i].text);
		if (throttle_weigh(&verdict, &times) != cases[i].is ||
		    times != cases[i].times)
			fail_msg("case %zu: %s", i, cases[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_in_flight_and_per_connection),
		cmocka_unit_test(test_hold_and_growth),
		cmocka_unit_test(test_maybes_and_others),
		cmocka_unit_test(test_unknown_readers),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_stock),
		cmocka_unit_test(test_mail_exchangers),
		cmocka_unit_test(test_changed_while_running),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_throttle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
