/* people/links: the forms that old mail holds, and what is not ours. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/address.h"
#include "people/links.h"

static const struct sender sender = {
	.name = "Division",
	.address = "news@news.example",
	.bounce_domain = "bounce.news.example",
	.public_url = "https://news.example",
};

static const struct secret_key old_key = { .id = 1, .bytes = "first" };
static const struct secret_key new_key = { .id = 40, .bytes = "second" };
static const struct secret_key foreign_key = { .id = 1, .bytes = "other" };

static struct secret_keys *keys;

static int
open_keys(void **state)
{
	const struct secret_key both[] = { old_key, new_key };

	(void)state;
	keys = secret_keys_new(both, 2);
	return 0;
}

static int
close_keys(void **state)
{
	(void)state;
	secret_keys_free(keys);
	return 0;
}

/* These texts stand in mail that people keep: they never change. The MACs
   were made by an HMAC of another maker. */
static void
test_forms_are_fixed(void **state)
{
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	struct link_ids ids = { .subscriber = 1000, .mailing = 2 };

	(void)state;
	assert_string_equal(
	    links_unsubscribe_url(arena, &old_key, &sender, ids),
	    "https://news.example/u/1b.7i.c.2ynn6lol763yubf43ilb4qzwpm");
	assert_string_equal(
	    links_confirm_url(arena, &old_key, &sender, 1000, 1775001600),
	    "https://news.example/c/1b.7i.bu4yyaa.zdbhfqhb7zcypwlrawajep4yx4");
	assert_string_equal(
	    links_unsubscribe_mailto(arena, &old_key, &sender, ids),
	    "mailto:u+1b.7i.c.2ynn6lol763yubf43ilb4qzwpm@bounce.news.example"
	    "?subject=unsubscribe");
	assert_string_equal(
	    links_preferences_url(arena, &old_key, &sender, ids),
	    "https://news.example/p/1b.7i.c.3cwqy5y4kuhi54y7axlaz6co2y");
	assert_string_equal(links_return_path(arena, &old_key, &sender, ids),
	    "b+1b.7i.c.kkz4te4emdrytr5q@bounce.news.example");
	assert_string_equal(links_message_id(arena, &old_key, &sender, ids),
	    "p6mozp3sxgz37olrbspfaykf2i@news.example");
}

static void
test_edition_links_are_fixed(void **state)
{
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	const struct link_edition edition = { 2, 3, "ja html a=lead" };
	const struct link_edition others[] = {
		{ 3, 2, "ja html a=lead" },
		{ 2, 4, "ja html a=lead" },
		{ 2, 3, "ja html a=fill" },
	};
	const char *file = "1prhstwmclqb5gnlpa4ux3v6eam.html";

	(void)state;
	assert_string_equal(
	    links_edition_file(arena, &old_key, &edition), file);
	assert_string_equal(
	    links_edition_url(arena, &old_key, &sender, "2026-04", &edition),
	    arena_format(
		arena, "https://news.example/issues/2026-04/e/%s", file));
	assert_string_equal(links_edition_file(arena, &new_key, &edition),
	    "15pz6brknnxsfnskb5odtgjzduu.html");
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_string_not_equal(
		    links_edition_file(arena, &old_key, &others[i]), file);
}

static const struct link_ids ids_table[] = { { 0, 0 }, { 1, 1 }, { 31, 32 },
	{ 1023, 1024 }, { INT64_MAX, INT64_MAX }, { 1, INT64_MAX },
	{ INT64_C(1) << 60, (INT64_C(1) << 60) - 1 } };

static void
check_ids(struct link_ids ids, struct link_ids expected)
{
	assert_int_equal(ids.subscriber, expected.subscriber);
	assert_int_equal(ids.mailing, expected.mailing);
}

static char *
to_upper(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text);

	for (char *p = copy; *p != '\0'; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return copy;
}

/* What the old and the new key make is ours, in either case. */
static void
test_round_trip(void **state)
{
	static const struct secret_key *const makers[] = { &old_key, &new_key };

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(ids_table) / sizeof(*ids_table);
	     i++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		struct link_ids ids = ids_table[i / 2];
		const struct secret_key *key = makers[i % 2];
		char *url = links_unsubscribe_url(arena, key, &sender, ids);
		char *preferences =
		    links_preferences_url(arena, key, &sender, ids);
		char *path = links_return_path(arena, key, &sender, ids);
		char *mailto =
		    links_unsubscribe_mailto(arena, key, &sender, ids);
		char *id = links_message_id(arena, key, &sender, ids);
		struct address address;
		struct link_ids found;
		enum link_purpose purpose;

		assert_true(links_verify_token(
		    keys, LINK_UNSUBSCRIBE, strrchr(url, '/') + 1, &found));
		check_ids(found, ids);
		assert_true(links_verify_token(keys, LINK_PREFERENCES,
		    strrchr(preferences, '/') + 1, &found));
		check_ids(found, ids);
		assert_true(links_verify_address(keys, path, &purpose, &found));
		check_ids(found, ids);
		assert_int_equal(purpose, LINK_RETURN_PATH);
		assert_true(links_verify_address(
		    keys, to_upper(arena, path), &purpose, &found));
		check_ids(found, ids);
		assert_true(links_verify_address(keys,
		    to_upper(arena, mailto + strlen("mailto:")), &purpose,
		    &found));
		check_ids(found, ids);
		assert_int_equal(purpose, LINK_UNSUBSCRIBE);
		assert_true(links_verify_message_id(keys, id, ids));
		assert_true(links_verify_message_id(keys,
		    arena_format(arena, "<%s>", to_upper(arena, id)), ids));

		/* A return path passes as an address: 64 octets, dot-atom. */
		assert_true(address_parse(arena, path, &address, NULL));
		*strchr(mailto, '?') = '\0';
		assert_true(address_parse(
		    arena, mailto + strlen("mailto:"), &address, NULL));
		assert_string_equal(address.text, mailto + strlen("mailto:"));
	}
}

/* A token of one purpose, person, mailing or key is none for another. */
static void
test_not_ours(void **state)
{
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	struct link_ids ids = { .subscriber = 77, .mailing = 3 };
	char *url = links_unsubscribe_url(arena, &old_key, &sender, ids);
	char *token = strrchr(url, '/') + 1;
	char *path = links_return_path(arena, &old_key, &sender, ids);
	char *id = links_message_id(arena, &old_key, &sender, ids);
	struct link_ids found;
	enum link_purpose purpose;
	const char *foreign;

	(void)state;
	assert_false(links_verify_token(keys, LINK_PREFERENCES, token, &found));
	assert_false(links_verify_token(keys, LINK_RETURN_PATH, token, &found));
	foreign = links_unsubscribe_url(arena, &foreign_key, &sender, ids);
	assert_false(links_verify_token(
	    keys, LINK_UNSUBSCRIBE, strrchr(foreign, '/') + 1, &found));

	/* Any one character changed, left out or added. */
	for (size_t i = 0; token[i] != '\0'; i++) {
		char *wrong = arena_strdup(arena, token);

		wrong[i] = wrong[i] == 'b' ? 'c' : 'b';
		assert_false(
		    links_verify_token(keys, LINK_UNSUBSCRIBE, wrong, &found));
		wrong =
		    arena_format(arena, "%.*s%s", (int)i, token, token + i + 1);
		assert_false(
		    links_verify_token(keys, LINK_UNSUBSCRIBE, wrong, &found));
		wrong =
		    arena_format(arena, "%.*sa%s", (int)i, token, token + i);
		assert_false(
		    links_verify_token(keys, LINK_UNSUBSCRIBE, wrong, &found));
		wrong = arena_strndup(arena, token, i);
		assert_false(
		    links_verify_token(keys, LINK_UNSUBSCRIBE, wrong, &found));
	}
	for (size_t i = 0; path[i] != '@'; i++) {
		char *wrong = arena_strdup(arena, path);

		wrong[i] = wrong[i] == 'b' ? 'c' : 'b';
		assert_false(
		    links_verify_address(keys, wrong, &purpose, &found));
	}
	assert_false(links_verify_address(keys, "", &purpose, &found));
	assert_false(links_verify_address(keys, "b", &purpose, &found));
	assert_false(links_verify_address(keys, "b+@x", &purpose, &found));
	assert_false(links_verify_address(keys, "u+1b.b.b", &purpose, &found));
	assert_false(links_verify_address(keys,
	    "b+1b.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b.aaaaaaaaaaaaaaaa",
	    &purpose, &found));

	assert_false(
	    links_verify_message_id(keys, id, (struct link_ids){ 78, 3 }));
	assert_false(
	    links_verify_message_id(keys, id, (struct link_ids){ 77, 4 }));
	assert_false(
	    links_verify_message_id(keys, id, (struct link_ids){ 3, 77 }));
	assert_false(links_verify_message_id(keys, "", ids));
	assert_false(links_verify_message_id(keys, "<>", ids));
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A million pairs of (mailing, subscriber), no Message-ID twice. */
static void
test_message_ids_are_distinct(void **state)
{
	enum { SIDE = 1000 };
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	char **all = malloc(sizeof(char *) * SIDE * SIDE);
	size_t count = 0;

	(void)state;
	for (int mailing = 0; mailing < SIDE; mailing++)
		for (int subscriber = 0; subscriber < SIDE; subscriber++)
			all[count++] = links_message_id(arena, &new_key,
			    &sender, (struct link_ids){ subscriber, mailing });
	qsort(all, count, sizeof(*all), compare_texts);
	for (size_t i = 1; i < count; i++)
		assert_string_not_equal(all[i - 1], all[i]);
	free(all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms_are_fixed),
		cmocka_unit_test(test_edition_links_are_fixed),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_not_ours),
		cmocka_unit_test(test_message_ids_are_distinct),
	};

	return cmocka_run_group_tests(tests, open_keys, close_keys);
}
