/* What is held about a person: that the list of tables is that of the schema,
   that all of it is handed out, and that nothing of it is left by an erasure,
   in whatever column of whatever table. */

#include "store/store_person.h"

#include "base/buf.h"
#include "people/people_erase.h"
#include "people/people_history.h"
#include "queue_fixture.h"

#define ADDRESS "Taro.Yamada_1@town-misato.example"
#define KEY     "taro.yamada_1@town-misato.example"

/* None of these may be found anywhere afterwards. */
static const char *const traces[] = { KEY, "山田太郎兵衛", "山田事務所",
	"秘書課", "taro-letter", "5.1.1 taro", "Dear Taro" };

static struct people_author author = {
	.operator= "tester",
	.command = "test",
};

static int
set_up(void **state)
{
	struct secret_keys *keys;
	struct fixture *f;

	fixture_set_up(state);
	f = *state;
	author.keys_path = fixture_path(f, "site.key");
	fixture_must(secret_keys_open(author.keys_path, true, &keys, &err));
	secret_keys_free(keys);
	return 0;
}

static void
run(struct fixture *f, const char *sql)
{
	if (!db_script(store_db(f->store), sql, &err))
		fail_msg("%s", err.text);
}

static int64_t
add_contact(struct fixture *f, const char *address)
{
	const struct people_contact contact = {
		.email = address,
		.name = "山田太郎兵衛",
		.organisation = "山田事務所",
		.department = "秘書課",
		.municipality = "324485",
		.tags = "culture",
		.countries = "ID",
		.basis = "consent",
	};
	enum people_verdict verdict;

	fixture_must(people_add_tag(
	    f->store, "culture", "Culture", "文化", &author, &verdict, &err));
	fixture_must(people_add(f->store, &contact, &author, &verdict, &err));
	return fixture_number(f, "SELECT max(id) FROM subscriber");
}

/* A row of every table that can have one about the person. */
static int64_t
add_person(struct fixture *f)
{
	const struct people_withdrawal letter = { "operator",
		"taro-letter of " ADDRESS, "tester", 0 };
	const struct people_source source = { .name = KEY ".csv" };
	int64_t skipped;
	int64_t count;
	int64_t id;

	fixture_must(store_begin_as(f->store, &author_of_tests, &err));
	run(f, "INSERT INTO municipality (code, prefecture, name, kana)"
	       " VALUES ('324485', '島根県', '美郷町', 'みさとちょう')");
	fixture_must(store_commit(f->store, &err));
	id = add_contact(f, ADDRESS);
	fixture_readers(f, 2);
	fixture_must(fixture_plan(f->store, "2026-04", &f->mailing, &count));
	assert_int_equal(id, 1);
	assert_int_equal(count, 3);
	fixture_must(
	    people_unsubscribe(f->store, ADDRESS, &letter, &skipped, &err));

	/* Another's story can name the address too, and so can a file. */
	fixture_must(people_begin(f->store, &author, &source, &err));
	fixture_must(store_suppression_add(f->store,
	    &(struct store_suppression){ .address_key = "else@x.example",
		.reason = "operator",
		.evidence = "told by " ADDRESS },
	    &err));
	fixture_must(store_commit(f->store, &err));

	run(f,
	    "UPDATE mailing SET audience = 'address:" KEY "';"
	    "INSERT INTO wording (name, language, text, sha256, from_ms)"
	    " VALUES ('form', 'ja', 'やめられます', X'00', 1);"
	    "UPDATE consent SET wording_id = 1 WHERE subscriber_id = 1;"
	    "INSERT INTO blob VALUES (X'77',"
	    " CAST('To: " ADDRESS " Dear Taro' AS BLOB));"
	    "INSERT INTO notice (kind, issue, address, mail_from, message_id,"
	    " sha256, state, attempts, failures, next_ms, runner, generation,"
	    " created_ms) VALUES ('test', '', '" ADDRESS "', 'b@x.example',"
	    " 'm', X'77', 'queued', 1, 0, 0, 0, 0, 1);"
	    "INSERT INTO attempt (delivery_id, notice_id, number, started_ms,"
	    " ended_ms, outcome, blame, phase, code, enhanced, text, relay,"
	    " tls, runner, message_id) VALUES"
	    " (1, NULL, 1, 1, 1, 'failed', '', '', 550, '', '5.1.1 taro', '',"
	    "  '', 1, 'm'),"
	    " (2, NULL, 1, 1, 1, 'failed', '', '', 550, '',"
	    "  'list has <" ADDRESS ">', '', '', 1, 'm'),"
	    " (2, NULL, 2, 1, 1, 'sent', '', '', 250, '', 'of another', '',"
	    "  '', 1, 'm'),"
	    " (NULL, 1, 1, 1, 1, 'sent', '', '', 250, '', 'Dear Taro', '', '',"
	    "  1, 'm');"
	    "INSERT INTO report (received_ms, kind, delivery_id, recipient,"
	    " action, status, reply, reason, hard, sha256) VALUES"
	    " (1, 'bounce', 1, '" ADDRESS "', 'failed', '5.1.1',"
	    " '5.1.1 taro', 'Dear Taro', 1, X'88');"
	    "INSERT INTO alarm (kind, subject, text, raised_ms) VALUES"
	    " ('relay', '" ADDRESS "', 'refused " ADDRESS "', 1),"
	    " ('relay', 'smtp', 'is down', 1);"
	    "INSERT INTO consent (subscriber_id, address, event, basis, at_ms,"
	    " method, source, line, operator) VALUES (2, 'r000@town.example',"
	    " 'granted', 'consent', 1, 'operator', 'friend of " ADDRESS "', 0,"
	    " '');"
	    "INSERT INTO pace_hold VALUES ('x', '421 " ADDRESS "', 1);");
	return id;
}

static struct text_list
list_words(struct fixture *f, const char *sql)
{
	struct db_query *query = db_prepare_once(store_db(f->store), sql);
	struct text_list list = {
		.items = arena_take(f->arena, 100, sizeof(*list.items)),
	};

	while (db_next(query)) {
		assert_true(list.count < 100);
		list.items[list.count++] =
		    arena_strdup(f->arena, db_text(query, 0));
	}
	fixture_must(db_end(query, &err));
	return list;
}

static struct text_list
list_tables(struct fixture *f)
{
	return list_words(f,
	    "SELECT name FROM sqlite_schema WHERE type = 'table'"
	    " AND name NOT LIKE 'sqlite_%' ORDER BY name");
}

static struct text_list
list_columns(struct fixture *f, const char *table)
{
	return list_words(
	    f, arena_format(f->arena,
		   "SELECT name FROM pragma_table_info('%s') ORDER BY cid",
		   table));
}

static bool
lists(const struct store_person_table *table, const char *column)
{
	char padded[400];
	char word[100];

	for (size_t i = 0; table->scrubbed[i].column != NULL; i++)
		if (text_equal(table->scrubbed[i].column, column))
			return true;
	snprintf(padded, sizeof(padded), " %s ", table->kept);
	snprintf(word, sizeof(word), " %s ", column);
	return strstr(padded, word) != NULL;
}

/* A table or a column that is new must be put into store_person_tables, with
   what becomes of it when somebody asks to be erased. */
static void
test_schema(void **state)
{
	struct fixture *f = *state;
	struct text_list tables = list_tables(f);
	size_t listed = 0;

	for (size_t i = 0; i < tables.count; i++) {
		const struct store_person_table *table = store_person_tables;
		struct text_list columns = list_columns(f, tables.items[i]);
		size_t count = 0;

		while (table->name != NULL &&
		       !text_equal(table->name, tables.items[i]))
			table++;
		if (table->name == NULL)
			fail_msg("table %s is missing in store_person_tables",
			    tables.items[i]);
		for (size_t k = 0; k < columns.count; k++)
			if (!lists(table, columns.items[k]))
				fail_msg("column %s.%s is missing in "
					 "store_person_tables",
				    table->name, columns.items[k]);
		while (table->scrubbed[count].column != NULL)
			count++;
		count += text_split(f->arena, table->kept, ' ').count;
		if (count != columns.count)
			fail_msg("store_person_tables lists a column of %s "
				 "that is not there",
			    table->name);
	}
	for (; store_person_tables[listed].name != NULL; listed++)
		continue;
	assert_int_equal(listed, tables.count);
}

/* What an export says, as text. */
struct told {
	struct fixture *f;
	struct buf text;
	const char *tables; /* " delivery attempt …" */
};

static bool
tell_row(const char *table, const struct store_person_value *values,
    size_t count, void *context, struct err *error)
{
	struct told *told = context;

	(void)error;
	told->tables =
	    arena_format(told->f->arena, "%s %s ", told->tables, table);
	for (size_t i = 0; i < count; i++) {
		buf_add_format(&told->text, "|%s=", values[i].column);
		if (values[i].kind == STORE_TEXT)
			buf_add_str(&told->text, values[i].text);
		for (size_t k = 0;
		     values[i].kind == STORE_BYTES && k < values[i].count; k++)
			if (((const char *)values[i].bytes)[k] != '\0')
				buf_add_char(&told->text,
				    ((const char *)values[i].bytes)[k]);
	}
	return true;
}

static void
tell(struct fixture *f, int64_t id, struct told *told)
{
	const struct store_person person = {
		.subscriber = id,
		.address_key = KEY,
		.name = "山田太郎兵衛",
	};

	*told = (struct told){ .f = f, .tables = "" };
	buf_init(&told->text, 1 << 20);
	fixture_must(
	    store_person_each(f->store, &person, tell_row, told, &err));
}

static void
test_export(void **state)
{
	struct fixture *f = *state;
	int64_t id = add_person(f);
	struct told told;
	struct told again;

	tell(f, id, &told);
	for (const struct store_person_table *t = store_person_tables;
	     t->name != NULL; t++)
		if (t->where != NULL && !text_equal(t->name, "erasure") &&
		    strstr(told.tables,
			arena_format(f->arena, " %s ", t->name)) == NULL)
			fail_msg("the export has no %s", t->name);
	for (size_t i = 1; i < sizeof(traces) / sizeof(traces[0]); i++)
		if (strstr(buf_str(&told.text), traces[i]) == NULL)
			fail_msg("the export does not say '%s'", traces[i]);
	assert_non_null(strstr(buf_str(&told.text), ADDRESS));
	assert_null(strstr(buf_str(&told.text), "r000@town.example"));
	assert_null(strstr(buf_str(&told.text), "of another"));
	assert_null(strstr(buf_str(&told.text), "else@x.example"));
	assert_null(strstr(buf_str(&told.text), "list has"));
	assert_null(strstr(buf_str(&told.text), "is down"));

	/* The same in the same order. */
	tell(f, id, &again);
	assert_string_equal(buf_str(&told.text), buf_str(&again.text));
	buf_clear(&told.text);
	buf_clear(&again.text);
}

/* Every column of every row of the whole store. */
static void
assert_nowhere(struct fixture *f, const char *trace)
{
	struct text_list tables = list_tables(f);
	const char *low = text_lower(f->arena, trace);

	for (size_t i = 0; i < tables.count; i++) {
		struct text_list columns = list_columns(f, tables.items[i]);

		for (size_t k = 0; k < columns.count; k++) {
			const char *sql = arena_format(f->arena,
			    "SELECT count(*) FROM %s WHERE"
			    " instr(lower(CAST(%s AS TEXT)), '%s') > 0",
			    tables.items[i], columns.items[k], low);

			if (!text_equal(list_words(f, sql).items[0], "0"))
				fail_msg("%s is left in %s.%s", trace,
				    tables.items[i], columns.items[k]);
		}
	}
}

static void
test_erase(void **state)
{
	struct fixture *f = *state;
	int64_t id = add_person(f);
	struct people_erased erased;
	struct store_history_state history;

	fixture_must(people_erase(f->arena, f->store,
	    "taro.YAMADA_1@town-misato.example", &author, &erased, &err));
	assert_false(erased.again);
	for (size_t i = 0; i < sizeof(traces) / sizeof(traces[0]); i++)
		assert_nowhere(f, traces[i]);
	fixture_must(people_history_verify(f->store, &history, &err));
	assert_string_equal(
	    fixture_text(f, "SELECT payload FROM change ORDER BY id DESC"),
	    "state\tunsubscribed\terased\n");

	/* What is kept: a tombstone, the books, consent, and all of others. */
	assert_string_equal(
	    fixture_text(f, "SELECT address FROM subscriber WHERE id = 1"),
	    "erased:1");
	assert_int_equal(id, 1);
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM delivery"), 3);
	assert_string_equal(
	    fixture_text(f, "SELECT reason FROM delivery WHERE id = 1"),
	    "unsubscribed");
	assert_string_equal(
	    fixture_text(f, "SELECT state FROM notice"), "skipped");
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM consent WHERE"
			      " address LIKE 'hmac-1:%' AND wording_id = 1"),
	    2);
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM attempt WHERE text = ''"),
	    3);
	assert_string_equal(
	    fixture_text(f, "SELECT text FROM attempt WHERE id = 3"),
	    "of another");
	assert_string_equal(
	    fixture_text(f, "SELECT name FROM subscriber WHERE id = 2"),
	    "名前");
	assert_string_equal(
	    fixture_text(f, "SELECT reason FROM erasure"), "unsubscribed");
	assert_string_equal(
	    fixture_text(f, "SELECT address || source FROM consent"
			    " WHERE subscriber_id = 2"),
	    "r000@town.example(erased)");
	fixture_must(
	    people_erase(f->arena, f->store, ADDRESS, &author, &erased, &err));
	assert_true(erased.again);
}

/* An organisation stays while somebody else is in it. */
static void
test_organisation(void **state)
{
	struct fixture *f = *state;
	struct people_erased erased;

	add_contact(f, ADDRESS);
	add_contact(f, "jiro@town-misato.example");
	fixture_must(
	    people_erase(f->arena, f->store, ADDRESS, &author, &erased, &err));
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM organisation"), 1);
	fixture_must(people_erase(f->arena, f->store,
	    "jiro@town-misato.example", &author, &erased, &err));
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM organisation"), 0);
}

/* What a server says after the erasure is not written down, nor is the address
   suppressed, which would be a way back. */
static void
test_on_the_wire(void **state)
{
	static const struct {
		enum outcome outcome;
		const char *state;
	} cases[] = {
		{ OUTCOME_SENT, "sent" },
		{ OUTCOME_FAILED, "failed" },
		{ OUTCOME_DEFERRED, "skipped" },
		{ OUTCOME_UNKNOWN, "skipped" },
	};
	struct fixture *f = *state;
	struct queue_item **items;
	struct people_erased erased;

	fixture_mailing(f, "2026-04", 5);
	fixture_queue(f, &fixture_rules);
	assert_int_equal(fixture_lease(f, f->queue, 5, &items), 5);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
		    fixture_begin(f->queue, items[i]), QUEUE_BEGUN);
	for (size_t i = 0; i < 5; i++)
		fixture_must(people_erase(f->arena, f->store,
		    items[i]->row.address, &author, &erased, &err));
	assert_int_equal(erased.skipped, 1);
	for (size_t i = 0; i < 4; i++) {
		fixture_settle(
		    f->queue, items[i], cases[i].outcome, BLAME_ADDRESS, 2000);
		assert_string_equal(
		    fixture_text(
			f, arena_format(f->arena,
			       "SELECT state FROM delivery WHERE id = %" PRId64,
			       items[i]->row.id)),
		    cases[i].state);
	}
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM attempt WHERE text <> ''"),
	    0);
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM attempt"), 4);
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM suppression"), 0);
	assert_string_equal(fixture_mailing_state(f), "finished");
	assert_nowhere(f, "@town.example");
}

static void
assert_barred(struct fixture *f, const char *address, bool barred)
{
	struct people_barrier *barrier;

	fixture_must(people_barrier_open(f->store, &author, &barrier, &err));
	assert_int_equal(people_barrier_find(barrier, address) != NULL, barred);
	people_barrier_free(barrier);
}

/* Old hashes hold when the key is another one, and not without it. */
static void
test_rotation(void **state)
{
	struct fixture *f = *state;
	const struct people_contact back = { .email = ADDRESS,
		.basis = "consent" };
	struct people_barrier *barrier;
	struct people_erased erased;
	enum people_verdict verdict;
	bool new;
	int64_t skipped;

	add_contact(f, ADDRESS);
	add_contact(f, "jiro@town-misato.example");
	assert_false(people_erase(
	    f->arena, f->store, "nobody@x.example", &author, &erased, &err));
	assert_int_equal(err.code, ERR_NO_USER);
	fixture_must(
	    people_erase(f->arena, f->store, ADDRESS, &author, &erased, &err));
	fixture_must(secret_keys_rotate(author.keys_path, &err));
	fixture_must(people_erase(f->arena, f->store,
	    "jiro@town-misato.example", &author, &erased, &err));
	assert_int_equal(
	    fixture_number(f, "SELECT count(DISTINCT key_id) FROM erasure"), 2);
	assert_barred(f, KEY, true);
	assert_barred(f, "jiro@town-misato.example", true);
	assert_barred(f, "saburo@town-misato.example", false);

	/* No door but the one that asks for evidence. */
	assert_false(people_add(f->store, &back, &author, &verdict, &err));
	assert_non_null(strstr(err.text, "was erased on"));
	assert_false(people_suppress(
	    f->store, ADDRESS, "operator", "", &author, &new, &skipped, &err));
	assert_false(people_reinstate(f->store, ADDRESS, " ", &author, &err));
	fixture_must(
	    people_reinstate(f->store, ADDRESS, "a letter", &author, &err));
	assert_barred(f, KEY, false);
	assert_string_equal(
	    fixture_text(f, "SELECT state || basis FROM subscriber"
			    " WHERE address_key = '" KEY "'"),
	    "activeconsent");
	assert_string_equal(
	    fixture_text(f, "SELECT source FROM consent ORDER BY id DESC"),
	    "a letter");

	/* An import must not go on blindly. */
	assert_int_equal(unlink(author.keys_path), 0);
	assert_false(people_barrier_open(f->store, &author, &barrier, &err));
	assert_int_equal(err.code, ERR_NO_INPUT);
	assert_false(people_add(f->store, &back, &author, &verdict, &err));
}

static void
test_reinstate(void **state)
{
	struct fixture *f = *state;
	const struct people_withdrawal letter = { "operator", "", "tester", 0 };
	int64_t skipped;

	add_contact(f, ADDRESS);
	assert_false(
	    people_reinstate(f->store, ADDRESS, "a letter", &author, &err));
	assert_int_equal(err.code, ERR_DATA);
	fixture_must(
	    people_unsubscribe(f->store, ADDRESS, &letter, &skipped, &err));
	fixture_must(
	    people_reinstate(f->store, ADDRESS, "a letter", &author, &err));
	assert_string_equal(
	    fixture_text(f, "SELECT state || name FROM subscriber"),
	    "active山田太郎兵衛");
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM suppression"), 0);
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM consent"), 3);
	assert_false(people_reinstate(
	    f->store, "nobody@x.example", "a letter", &author, &err));
	assert_int_equal(err.code, ERR_NO_USER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_schema, set_up, fixture_tear_down),
		cmocka_unit_test_setup_teardown(
		    test_export, set_up, fixture_tear_down),
		cmocka_unit_test_setup_teardown(
		    test_erase, set_up, fixture_tear_down),
		cmocka_unit_test_setup_teardown(
		    test_organisation, set_up, fixture_tear_down),
		cmocka_unit_test_setup_teardown(
		    test_on_the_wire, set_up, fixture_tear_down),
		cmocka_unit_test_setup_teardown(
		    test_rotation, set_up, fixture_tear_down),
		cmocka_unit_test_setup_teardown(
		    test_reinstate, set_up, fixture_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
