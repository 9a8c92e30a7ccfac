/*
 * The expressions of audiences. One that parses can be rewritten value by value
 * and says the same; one whose names are known is SQL that the database takes,
 * and who is in it and who is not are all there are.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/now.h"
#include "base/text.h"
#include "fuzz.h"
#include "people/audience_text.h"
#include "people/people_audience.h"
#include "secret/secret.h"
#include "store/store_audience.h"
#include "store/store_history.h"
#include "store/store_merger.h"
#include "store/store_municipality.h"
#include "store/store_segment.h"
#include "store/store_subscriber.h"
#include "store/store_tag.h"

static const struct store_seal seal = { secret_sha256, secret_random };

static void
put_contacts(struct store *store)
{
	static const char *tags[] = { "tourism" };
	static const char *countries[] = { "GR" };
	struct store_subscriber row = {
		.address = "kokusai@town-misato.example",
		.address_key = "kokusai@town-misato.example",
		.name = "",
		.organisation = "大使館 (文化部)",
		.department = "",
		.municipality = "324485",
		.basis = BASIS_CONSENT,
		.tags = { tags, 1 },
		.countries = { countries, 1 },
	};
	struct err err = { 0 };
	int64_t id;

	FUZZ_DEMAND(store_subscriber_insert(store, &row, &id, &err));
	row.address = row.address_key = "b@a.lg.jp";
	row.organisation = row.municipality = "";
	row.basis = BASIS_NONE;
	row.state = SUBSCRIBER_UNSUBSCRIBED;
	row.tags.count = row.countries.count = 0;
	FUZZ_DEMAND(store_subscriber_insert(store, &row, &id, &err));
}

/* A small site, made once and gone from the disk at once. */
static struct store *
open_store(void)
{
	static const struct store_municipality places[] = {
		{ "320005", "島根県", "島根県", "しまねけん", "Shimane-ken" },
		{ "324485", "島根県", "美郷町", "みさとちょう", "Misato-cho" },
		{ "112372", "埼玉県", "三郷市", "みさとし", "Misato-shi" },
	};
	const struct store_author author = { &seal, "fuzz", "fuzz", "", NULL };
	const struct store_tag tag = { "tourism", "Tourism", "観光", 0 };
	static const char *const ends[] = { "", "-wal", "-shm", ".lock" };
	static struct store *store;
	char folder[] = "/tmp/fuzz-XXXXXX";
	char path[64];
	struct err err = { 0 };
	bool changed;

	if (store != NULL)
		return store;
	FUZZ_DEMAND(mkdtemp(folder) != NULL);
	FUZZ_DEMAND(store_create(folder, "sqlite:a", &store, &err));
	FUZZ_DEMAND(store_begin_as(store, &author, &err));
	FUZZ_DEMAND(store_tag_put(store, &tag, &changed, &err));
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		FUZZ_DEMAND(store_municipality_put(store, &places[i], &err));
	FUZZ_DEMAND(store_merger_add(store, "322059", "324485", &err));
	FUZZ_DEMAND(store_segment_put(
	    store, "desks", "tag:tourism or domain:lg.jp", &err));
	put_contacts(store);
	FUZZ_DEMAND(store_commit(store, &err));
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(path, sizeof(path), "%s/a%s", folder, ends[i]);
		unlink(path);
	}
	rmdir(folder);
	return store;
}

static void
compare(const struct audience *a, const struct audience *b)
{
	FUZZ_DEMAND((a == NULL) == (b == NULL));
	if (a == NULL)
		return;
	FUZZ_DEMAND(a->kind == b->kind && a->field == b->field);
	FUZZ_DEMAND(text_equal(a->value, b->value));
	compare(a->left, b->left);
	compare(a->right, b->right);
}

/* Writes each value of the tree anew. */
static void
rewrite(struct arena *arena, const char *text, const struct audience *tree,
    const struct audience *whole)
{
	static const char other[] = "a \"b\" (c)　：";
	const struct audience *again;
	const char *same, *changed, *back;
	struct err err = { 0 };

	if (tree == NULL)
		return;
	rewrite(arena, text, tree->left, whole);
	rewrite(arena, text, tree->right, whole);
	if (tree->kind != AUDIENCE_TEST)
		return;
	FUZZ_DEMAND(tree->value[0] != '\0');
	FUZZ_DEMAND(tree->at + tree->bytes <= strlen(text));
	same = audience_text_replace(
	    arena, text, tree->field, tree->value, tree->value);
	FUZZ_DEMAND(same != NULL);
	if (!audience_text_parse(arena, same, &again, &err)) {
		FUZZ_DEMAND(strlen(same) > 8000);
		return;
	}
	compare(whole, again);
	changed =
	    audience_text_replace(arena, text, tree->field, tree->value, other);
	FUZZ_DEMAND(changed != NULL);
	if (!audience_text_parse(arena, changed, &again, &err)) {
		FUZZ_DEMAND(strlen(changed) > 8000);
		return;
	}
	FUZZ_DEMAND(audience_tests(again) == audience_tests(whole));
	back = audience_text_replace(
	    arena, changed, tree->field, other, tree->value);
	FUZZ_DEMAND(back != NULL);
}

static void
count(struct arena *arena, const char *text)
{
	struct store *store = open_store();
	struct store_audience_counts in = { 0 }, out = { 0 };
	struct audience others = { .kind = AUDIENCE_NOT };
	const struct audience *tree;
	struct err err = { 0 };

	if (!people_audience(arena, store, text, &tree, &err)) {
		FUZZ_DEMAND(err.code == ERR_USAGE);
		return;
	}
	others.left = tree;
	FUZZ_DEMAND(store_audience_count(store, tree, &in, &err));
	FUZZ_DEMAND(store_audience_count(store, &others, &out, &err));
	FUZZ_DEMAND(in.matching + out.matching == 2);
	FUZZ_DEMAND(in.reachable + out.reachable == 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t byte_count)
{
	struct arena *arena = arena_new();
	char *text = arena_strndup(arena, (const char *)bytes, byte_count);
	const struct audience *tree = NULL;
	struct err err = { 0 };
	size_t column;

	if (audience_text_parse(arena, text, &tree, &err)) {
		FUZZ_DEMAND(audience_tests(tree) <= AUDIENCE_TESTS_MOST);
		if (audience_tests(tree) <= 20)
			rewrite(arena, text, tree, tree);
		count(arena, text);
	} else {
		FUZZ_DEMAND(err.code == ERR_USAGE && tree == NULL);
		FUZZ_DEMAND(text_is_utf8(err.text, strlen(err.text)));
		FUZZ_DEMAND(!text_has_control(err.text));
		FUZZ_DEMAND(sscanf(err.text, "column %zu: ", &column) != 1 ||
			    (column > 0 && column <= strlen(text) + 1));
	}
	arena_free(arena);
	return 0;
}
