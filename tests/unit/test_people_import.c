#include "people/people.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "author.h"
#include "base/buf.h"
#include "base/file.h"
#include "store/db.h"
#include "store/store_consent.h"
#include "store/store_suppression.h"

struct fixture {
	char folder[64];
	struct store *store;
	struct arena *arena;
	char *path;
	struct buf verdicts;
};

static struct err err;

static int
set_up(void **state)
{
	static const char *const tags[] = { "tourism", "culture", "sports" };
	static const char *const labels[][2] = { { "Label T", "観光" },
		{ "Culture", "文化" }, { "Label S", "スポーツ" } };
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	enum people_verdict verdict;

	strcpy(fixture->folder, "/tmp/glocal-people-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	assert_true(store_create(
	    fixture->folder, "sqlite:test.db", &fixture->store, &err));
	fixture->arena = arena_new();
	fixture->path = file_join(fixture->arena, fixture->folder, "c.csv");
	buf_init(&fixture->verdicts, 1000000);
	for (size_t i = 0; i < 3; i++) {
		assert_true(
		    people_add_tag(fixture->store, tags[i], labels[i][0],
			labels[i][1], &author_at_work, &verdict, &err));
		assert_int_equal(verdict, VERDICT_NEW);
	}
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const names[] = { "test.db", "test.db-wal",
		"test.db-shm", "test.db.lock", "c.csv" };
	struct fixture *fixture = *state;

	store_close(fixture->store);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(file_join(fixture->arena, fixture->folder, names[i]));
	assert_int_equal(rmdir(fixture->folder), 0);
	buf_clear(&fixture->verdicts);
	arena_free(fixture->arena);
	free(fixture);
	return 0;
}

static void
note_verdict(const struct people_line *line, void *context)
{
	buf_add_format(context, "%zu %s%s%.12s", line->number,
	    people_verdict(line->verdict), *line->why ? ": " : "", line->why);
	for (size_t i = 0; i < line->change_count; i++)
		buf_add_format(context, " %s[%s>%s]", line->changes[i].field,
		    line->changes[i].old, line->changes[i].new);
	for (size_t i = 0; i < line->warnings.count; i++)
		buf_add_format(context, " !%.24s", line->warnings.items[i]);
	buf_add_char(context, ';');
}

enum { DRY = 1, ROLES = 2 };

/* Imports `text`; complaints are the result, "" when there are none. */
static char *
import(struct fixture *fixture, const char *text, unsigned how)
{
	struct people_import import = {
		.path = fixture->path,
		.author = author_at_work,
		.dry_run = how & DRY,
		.roles = how & ROLES,
		.each = note_verdict,
		.context = &fixture->verdicts,
	};
	struct complaints complaints = { 0 };
	struct people_tally tally;
	struct buf out GM_BUF_AT_EXIT;
	char *copy;
	bool ok;

	buf_init(&out, 1000000);
	buf_reset(&fixture->verdicts);
	assert_true(file_write(fixture->path, text, strlen(text), 0600, &err));
	ok = people_import(fixture->store, &import, &complaints, &tally, &err);
	assert_int_equal(ok, complaints.errors == 0);
	if (!ok)
		assert_int_equal(err.code, ERR_DATA);
	for (size_t i = 0; i < complaints.count; i++)
		buf_add_format(&out, "%zu:%s %s\n", complaints.items[i].line,
		    complaints.items[i].warning ? " warning:" : "",
		    complaints.items[i].text);
	copy = arena_strdup(fixture->arena, buf_str(&out));
	complaints_clear(&complaints);
	return copy;
}

static int64_t
count(struct fixture *fixture, const char *sql)
{
	struct db_query *query = db_query(store_db(fixture->store), sql, "");
	int64_t n = db_next(query) ? db_int(query, 0) : -1;

	assert_true(db_end(query, &err));
	return n;
}

static struct store_subscriber *
find(struct fixture *fixture, const char *address)
{
	struct store_subscriber *row;

	assert_true(
	    people_find(fixture->arena, fixture->store, address, &row, &err));
	return row;
}

static const char two[] =
    "email,name,organisation,department,municipality,language,tags,"
    "countries,basis\n"
    "Kokusai@Misato.example,美郷,美郷町,企画課,324485,ja,sports;culture,"
    "ID;GR,consent\n"
    "b@misato.example,\"三郷, 太郎\",三郷市,,112372,en,,,published\n";

static void
test_new_unchanged_changed(void **state)
{
	struct fixture *fixture = *state;
	struct store_subscriber *row;
	struct store_consents consents;
	int64_t changed_ms;

	assert_string_equal(import(fixture, two, DRY), "");
	assert_string_equal(buf_str(&fixture->verdicts), "2 new;3 new;");
	assert_int_equal(count(fixture, "SELECT count(*) FROM subscriber"), 0);

	assert_string_equal(import(fixture, two, 0), "");
	assert_string_equal(buf_str(&fixture->verdicts), "2 new;3 new;");
	row = find(fixture, "kokusai@misato.example");
	assert_string_equal(row->address, "Kokusai@misato.example");
	assert_string_equal(row->organisation, "美郷町");
	assert_string_equal(row->municipality, "324485");
	assert_string_equal(row->tags.items[0], "culture");
	assert_string_equal(row->tags.items[1], "sports");
	assert_string_equal(row->countries.items[0], "GR");
	assert_int_equal(row->basis, BASIS_CONSENT);
	assert_true(store_consent_list(
	    fixture->arena, fixture->store, row->id, &consents, &err));
	assert_int_equal(consents.count, 1);
	assert_string_equal(
	    consents.items[0].address, "Kokusai@Misato.example");
	assert_string_equal(consents.items[0].source, fixture->path);
	assert_string_equal(consents.items[0].operator, "tester");
	assert_int_equal(consents.items[0].line, 2);
	assert_non_null(consents.items[0].sha256);
	changed_ms = row->changed_ms;

	/* Twice the same: nothing is written. */
	assert_string_equal(import(fixture, two, 0), "");
	assert_string_equal(
	    buf_str(&fixture->verdicts), "2 unchanged;3 unchanged;");
	assert_int_equal(
	    find(fixture, "kokusai@misato.example")->changed_ms, changed_ms);
	assert_int_equal(count(fixture, "SELECT count(*) FROM consent"), 2);

	/* A column that is missing leaves what is stored. */
	assert_string_equal(import(fixture,
				"tags,email\ntourism,b@misato.example\n"
				",kokusai@misato.example\n",
				0),
	    "");
	assert_string_equal(buf_str(&fixture->verdicts),
	    "2 changed tags[>tourism];"
	    "3 changed email[Kokusai@misato.example>kokusai@misato.example]"
	    " tags[culture;sports>];");
	row = find(fixture, "b@misato.example");
	assert_string_equal(row->name, "三郷, 太郎");
	assert_int_equal(row->basis, BASIS_PUBLISHED);
	assert_string_equal(row->tags.items[0], "tourism");
	assert_int_equal(
	    find(fixture, "kokusai@misato.example")->tags.count, 0);
	assert_int_equal(count(fixture, "SELECT count(*) FROM consent"), 2);

	/* So does an empty basis: consent ends by a word alone. */
	assert_string_equal(
	    import(fixture, "email,basis\nb@misato.example,\" 　\"\n", 0), "");
	assert_string_equal(buf_str(&fixture->verdicts), "2 unchanged;");
	assert_string_equal(
	    import(fixture, "email,basis\nb@misato.example,none\n", 0),
	    "2: warning: this contact has the basis none and will get no "
	    "mail\n");
	assert_string_equal(
	    buf_str(&fixture->verdicts), "2 changed basis[published>none];");
	assert_int_equal(count(fixture, "SELECT count(*) FROM consent"), 3);
}

static void
test_faults_refuse_all(void **state)
{
	static const struct {
		const char *text;
		const char *complaint;
	} cases[] = {
		{ "", "0: the file is empty; expected a header\n" },
		{ "name\nx\n",
		    "1: the column 'email' is missing from the header\n" },
		{ "email,tag\n",
		    "1: unknown column 'tag' (did you mean 'tags'?)\n" },
		{ "email,name\na@x.example\n",
		    "2: 1 column, the header has 2\n" },
		{ "email,name\n,x\n", "2: the address is missing\n" },
		{ "email\nax.example\n",
		    "2: address 'ax.example': a mail address has an @\n" },
		{ "email\nok@x.example\n\nOK@X.example\n",
		    "4: the same address as in line 2; leave one of the "
		    "two\n" },
		{ "email,tags\na@x.example,tourims\n",
		    "2: unknown tag 'tourims' (did you mean 'tourism'?)\n" },
		{ "email,countries\na@x.example,gr\n",
		    "2: unknown country 'gr' (did you mean 'GR'?)\n" },
		{ "email,language\na@x.example,fr\n",
		    "2: unknown language 'fr', expected ja or en\n" },
		{ "email,basis\na@x.example,concent\n",
		    "2: unknown basis 'concent' (did you mean "
		    "'consent'?)\n" },
		{ "email,municipality\na@x.example,324484\n",
		    "2: municipality code '324484': the check digit should "
		    "be 5\n" },
		{ "email\npostmaster@x.example\n",
		    "2: 'postmaster@x.example' is read by nobody who could "
		    "subscribe; give the address of a person or an "
		    "office\n" },
		{ "email,tags\na@x.example,zzzz\n",
		    "2: unknown tag 'zzzz'; `tag list` shows those there "
		    "are\n" },
		{ "email,countries\na@x.example,ギリシ\n",
		    "2: unknown country 'ギリシ', expected two letters of ISO "
		    "3166-1, several separated by ;\n" },
		{ "email,name\na@x.example,bell\a\n",
		    "2: the name 'bell\\x07' has a control character\n" },
		{ "email\n日本@x.example\n",
		    "2: address '日本@x.example': letters beyond ASCII before "
		    "the @, which few servers take; give another address of "
		    "theirs\n" },
		{ "email\nok@x.example\n\"b\n",
		    "3: the quote that begins in the row of line 3 is never "
		    "closed\n" },
		{ "email,name\na@x.example,x\na,y\nb@x.example,z\nb,w\n",
		    "3: address 'a': a mail address has an @\n"
		    "5: address 'b': a mail address has an @\n" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(
		    import(fixture, cases[i].text, 0), cases[i].complaint);
		assert_int_equal(
		    count(fixture, "SELECT count(*) FROM subscriber"), 0);
	}
}

static void
test_dry_run_shows_faults(void **state)
{
	struct fixture *fixture = *state;

	import(fixture, "email\na@x.example\nbad\nA@x.example\nc@x.example\n",
	    DRY);
	assert_string_equal(buf_str(&fixture->verdicts),
	    "2 new;3 refused: address 'bad;4 refused: the address ;5 new;");
}

static void
test_readings(void **state)
{
	static const struct {
		const char *given, *code;
	} codes[] = {
		{ "11002", "011002" }, /* Sapporo without its zero */
		{ "32448", "324485" }, /* Misato without its check digit */
		{ "10006", "010006" },
		{ "", "" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		assert_string_equal(import(fixture,
					arena_format(fixture->arena,
					    "email,municipality,basis\n"
					    "a@x.example,%s,consent\n",
					    codes[i].given),
					0),
		    "");
		assert_string_equal(
		    find(fixture, "a@x.example")->municipality, codes[i].code);
	}

	/* Internationalised domains, blanks, doubled words. */
	assert_string_equal(
	    import(fixture,
		"\xef\xbb\xbf"
		"EMAIL,Tags,language,Basis\n"
		" x@例え.example ,culture; culture ;,EN,consent\n,,,\n",
		0),
	    "");
	assert_int_equal(find(fixture, "x@xn--r8jz45g.example")->tags.count, 1);
	assert_int_equal(
	    find(fixture, "x@例え.example")->language, LANGUAGE_EN);
	assert_string_equal(
	    import(
		fixture, "email,basis\npostmaster@x.example,consent\n", ROLES),
	    "");
}

static void
test_warnings(void **state)
{
	struct fixture *fixture = *state;
	struct buf text GM_BUF_AT_EXIT;

	assert_string_equal(
	    import(fixture, "email,basis\na@x.example,\nb@x.example,none\n", 0),
	    "2: warning: 2 contacts, here the first, have the basis none and "
	    "will get no mail\n");
	buf_init(&text, 100000);
	buf_add_str(&text, "email,basis\n");
	for (int i = 1; i <= 12; i++)
		buf_add_format(&text, "kokusai%d@x.example,consent\n", i);
	assert_non_null(strstr(import(fixture, buf_str(&text), 0),
	    "2: warning: 10 addresses from here on differ"));
	assert_int_equal(count(fixture, "SELECT count(*) FROM subscriber"), 14);
}

/* A table as an office has it: Japanese headings and words, full width. */
static void
test_japanese_table(void **state)
{
	struct fixture *fixture = *state;
	struct store_subscriber *row;

	import(fixture,
	    "団体コード,氏　名,部署,メールアドレス,興味,言語,配信形式,対象国,"
	    "根拠\n"
	    "３２４４８５,　美郷　太郎 ,\"企画課 \r\n\n 国際係\n\","
	    "Ｋｏｋｕｓａｉ＠ｍｉｓａｔｏ．ｅｘａｍｐｌｅ,"
	    "文化、tourism；Label "
	    "S,英語,テキスト,ＧＲ;ID、ギリシャ、France,名刺交換\n",
	    0);
	row = find(fixture, "kokusai@misato.example");
	assert_string_equal(row->address, "Kokusai@misato.example");
	assert_string_equal(row->municipality, "324485");
	assert_string_equal(row->name, "美郷　太郎");
	assert_string_equal(row->department, "企画課 国際係");
	assert_int_equal(row->tags.count, 3);
	assert_string_equal(row->tags.items[0], "culture");
	assert_string_equal(row->tags.items[1], "sports");
	assert_string_equal(row->tags.items[2], "tourism");
	assert_int_equal(row->countries.count, 3);
	assert_string_equal(row->countries.items[0], "FR");
	assert_string_equal(row->countries.items[1], "GR");
	assert_int_equal(row->language, LANGUAGE_EN);
	assert_int_equal(row->format, FORMAT_TEXT);
	assert_int_equal(row->basis, BASIS_GIVEN_ADDRESS);
}

/* Addresses that are mistyped: refused with what was meant, or let pass with
   a warning. */
static void
test_slips(void **state)
{
	static const struct {
		const char *given, *faults;
	} cases[] = {
		{ "a@city.matsue.lg.jp.",
		    "2: address 'a@city.matsue.lg.jp.': 'city.matsue.lg.jp.' "
		    "is "
		    "no valid domain (did you mean 'a@city.matsue.lg.jp'?)\n" },
		{ "\"a@city.matsue.lg,jp\"",
		    "2: address 'a@city.matsue.lg,jp': 'city.matsue.lg,jp' is "
		    "no valid domain (did you mean 'a@city.matsue.lg.jp'?)\n" },
		{ "a@city.matsue..lg.jp",
		    "2: address 'a@city.matsue..lg.jp': 'city.matsue..lg.jp' "
		    "is no valid domain (did you mean "
		    "'a@city.matsue.lg.jp'?)\n" },
		{ "Aoi <a@x.example>",
		    "2: address 'Aoi <a@x.example>': 'x.example>' is no valid "
		    "domain (did you mean 'a@x.example'?)\n" },
		{ "a@gmial.com",
		    "2: warning: a@gmial.com: the domain 'gmial.com' looks "
		    "mistyped (did you mean 'gmail.com'?)\n" },
		{ "a@city.matsue.lg.jo",
		    "2: warning: a@city.matsue.lg.jo: the domain "
		    "'city.matsue.lg.jo' looks mistyped (did you mean "
		    "'city.matsue.lg.jp'?)\n" },
		{ "a＠x．example", "" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
		    import(fixture,
			arena_format(fixture->arena,
			    "email,basis\n%s,consent\n", cases[i].given),
			DRY),
		    cases[i].faults);
	import(fixture, "email,basis\na@gmial.com,consent\n", 0);
	assert_string_equal(
	    buf_str(&fixture->verdicts), "2 new !a@gmial.com: the domain ;");
}

/* One person under two addresses, in the file and beside the store. */
static void
test_near_doubles(void **state)
{
	struct fixture *fixture = *state;

	assert_string_equal(import(fixture,
				"email,name,organisation,municipality,basis\n"
				"a@x.example,山田 花子,松江市,322016,consent\n"
				"b@x.example,山田　花子,松江市,32201,consent\n"
				"c@x.example,山田花子,美郷町,324485,consent\n"
				"d@x.example,山田花子,美郷町,454311,consent\n"
				"e@x.example,,松江市,322016,consent\n"
				"f@x.example,,松江市,322016,consent\n",
				0),
	    "3: warning: the same name and organisation as in line 2, under "
	    "another address; is it one person?\n");

	/* Four of one name are a desk. */
	assert_string_equal(
	    import(fixture,
		"email,name,organisation,basis\n"
		"g@x.example,担当,隠岐,consent\nh@x.example,担当,隠岐,consent\n"
		"i@x.example,担当,隠岐,consent\nj@x.example,担当,隠岐,"
		"consent\n",
		0),
	    "");

	/* An address that changed; who is in the file, or known, is fine. */
	assert_string_equal(import(fixture,
				"email,name,organisation,municipality,basis\n"
				"new@x.example,山田花子,美郷町,324485,consent\n"
				"d@x.example,山田花子,美郷町,454311,consent\n",
				0),
	    "2: warning: the same name and organisation as the subscriber "
	    "c@x.example, who is not in the file; has the address changed?\n");
	assert_string_equal(
	    import(fixture,
		"email,name,organisation,municipality,basis\n"
		"new@x.example,山田花子,美郷町,324485,consent\n",
		0),
	    "");
}

/* What a spreadsheet would calculate has an apostrophe in files alone. */
static void
test_formulas(void **state)
{
	static const char *const names[][2] = { { "'=1+1", "=1+1" },
		{ "''=1+1", "'=1+1" }, { "'－5", "－5" },
		{ "'quoted'", "'quoted'" }, { "=1", "=1" }, { "'", "'" } };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		import(fixture,
		    arena_format(fixture->arena,
			"email,name\n'=a@x.example,%s\n", names[i][0]),
		    0);
		assert_string_equal(
		    find(fixture, "=a@x.example")->name, names[i][1]);
	}
}

static void
test_kept_out_and_revived(void **state)
{
	const struct people_withdrawal by_page = { "page", "link", "", 0 };
	struct fixture *fixture = *state;
	struct store_subscriber *row;
	struct store_consents consents;
	enum people_verdict verdict;
	int64_t skipped;
	bool new;

	import(fixture, two, 0);
	assert_true(people_unsubscribe(fixture->store, "KOKUSAI@misato.example",
	    &by_page, &skipped, &err));
	assert_true(people_remove(fixture->store, "b@misato.example",
	    &author_at_work, &skipped, &err));
	row = find(fixture, "kokusai@misato.example");
	assert_int_equal(row->state, SUBSCRIBER_UNSUBSCRIBED);
	assert_true(store_consent_list(
	    fixture->arena, fixture->store, row->id, &consents, &err));
	assert_int_equal(consents.count, 2);
	assert_true(consents.items[1].withdrawn);

	/* Again is no harm and leaves no second record. */
	assert_true(people_unsubscribe(fixture->store, "kokusai@misato.example",
	    &by_page, &skipped, &err));
	assert_int_equal(count(fixture, "SELECT count(*) FROM consent"), 3);

	import(fixture, two, 0);
	assert_string_equal(
	    buf_str(&fixture->verdicts), "2 kept out: unsubscribed;3 revived;");
	assert_int_equal(find(fixture, "kokusai@misato.example")->state,
	    SUBSCRIBER_UNSUBSCRIBED);
	assert_int_equal(
	    find(fixture, "b@misato.example")->state, SUBSCRIBER_ACTIVE);

	/* Removing would open a way back in: refused. */
	assert_false(people_remove(fixture->store, "kokusai@misato.example",
	    &author_at_work, &skipped, &err));
	assert_non_null(strstr(err.text, "has unsubscribed"));

	/* Nor does lifting the suppression bring back; adding by hand
	   does. */
	assert_true(people_unsuppress(
	    fixture->store, "kokusai@misato.example", &author_at_work, &err));
	import(fixture, two, 0);
	assert_string_equal(buf_str(&fixture->verdicts),
	    "2 kept out: unsubscribed;3 unchanged;");
	assert_true(people_add(fixture->store,
	    &(struct people_contact){
		.email = "kokusai@misato.example", .basis = "consent" },
	    &author_at_work, &verdict, &err));
	assert_int_equal(verdict, VERDICT_REVIVED);
	assert_string_equal(
	    find(fixture, "kokusai@misato.example")->name, "美郷");

	/* Suppressed before it was ever known. */
	assert_true(people_suppress(fixture->store, "new@x.example", "bounced",
	    "5.1.1", &author_at_work, &new, &skipped, &err));
	assert_true(new);
	import(fixture, "email\nnew@x.example\n", 0);
	assert_string_equal(
	    buf_str(&fixture->verdicts), "2 kept out: suppressed o;");
	assert_false(people_add(fixture->store,
	    &(struct people_contact){ .email = "new@x.example" },
	    &author_at_work, &verdict, &err));
	assert_non_null(strstr(err.text, "subscriber reinstate"));
}

static void
test_unsubscribe_skips_deliveries(void **state)
{
	const struct people_withdrawal by_page = { "page", "link", "", 0 };
	struct fixture *fixture = *state;
	int64_t skipped;

	import(fixture, two, 0);
	assert_true(store_begin(fixture->store, &err));
	assert_true(db_script(store_db(fixture->store),
	    "INSERT INTO mailing (id, issue, state, pause_reason, audience,"
	    " key_id, planned_ms)"
	    " VALUES (1, '2026-04', 'planned', '', '', 1, 0);"
	    "INSERT INTO delivery (mailing_id, issue, subscriber_id, address,"
	    " name, organisation, department, state, reason, attempts,"
	    " failures, next_ms, runner, generation)"
	    " SELECT 1, '2026-04', id, address, '', '', '', 'queued', '', 0,"
	    " 0, 0, 0, 0 FROM subscriber;",
	    &err));
	assert_true(store_commit(fixture->store, &err));
	assert_true(people_unsubscribe(fixture->store, "kokusai@misato.example",
	    &by_page, &skipped, &err));
	assert_int_equal(skipped, 1);
	assert_int_equal(
	    count(fixture, "SELECT count(*) FROM delivery WHERE state ="
			   " 'skipped' AND reason = 'unsubscribed'"),
	    1);
	assert_int_equal(
	    count(fixture, "SELECT count(*) FROM delivery WHERE state ="
			   " 'queued'"),
	    1);
}

static void
test_add_refuses(void **state)
{
	struct fixture *fixture = *state;
	enum people_verdict verdict;
	struct people_contact contact = {
		.email = "a@x.example",
		.tags = "culture;sport",
	};

	assert_false(people_add(
	    fixture->store, &contact, &author_at_work, &verdict, &err));
	assert_string_equal(err.text,
	    "a@x.example: unknown tag 'sport' (did you mean 'sports'?)");
	contact.tags = "culture;sports";
	assert_true(people_add(
	    fixture->store, &contact, &author_at_work, &verdict, &err));
	assert_int_equal(verdict, VERDICT_NEW);
	assert_false(people_add(
	    fixture->store, &contact, &author_at_work, &verdict, &err));
	assert_int_equal(err.code, ERR_DATA);
}

/* The files that the product ships and those that circulate. */
static void
test_shipped_files(void **state)
{
	static const struct {
		const char *path;
		size_t rows;
		bool optional;
	} registers[] = {
		{ "config/municipalities.csv", 1959, false },
		{ "../shared/data/localgovjp.csv", 1916, true },
		{ "../shared/data/prefjp.csv", 47, true },
	};
	struct fixture *fixture = *state;
	struct people_import contacts = {
		.path = "config/sample/contacts.csv",
		.author = author_at_work,
	};
	struct complaints complaints = { 0 };
	struct people_tally tally;

	for (size_t i = 0; i < 3; i++) {
		size_t rows = 0;

		if (registers[i].optional && !file_exists(registers[i].path))
			continue;
		assert_true(
		    people_import_register(fixture->store, registers[i].path,
			false, &author_at_work, &complaints, &tally, &err));
		for (size_t j = 0; j < VERDICTS; j++)
			rows += tally.counts[j];
		assert_int_equal(rows, registers[i].rows);
	}
	assert_int_equal(
	    count(fixture, "SELECT count(*) FROM municipality WHERE code ="
			   " '010006' AND name = '北海道'"),
	    1);
	assert_true(people_import_tags(fixture->store, "config/sample/tags.csv",
	    &author_at_work, &complaints, &tally, &err));
	assert_int_equal(tally.counts[VERDICT_CHANGED], 3);
	assert_true(people_import(
	    fixture->store, &contacts, &complaints, &tally, &err));
	assert_int_equal(complaints.count, 0);
	assert_int_equal(tally.counts[VERDICT_NEW],
	    count(fixture, "SELECT count(*) FROM subscriber"));
	assert_true(tally.counts[VERDICT_NEW] > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		T(test_new_unchanged_changed),
		T(test_faults_refuse_all),
		T(test_dry_run_shows_faults),
		T(test_readings),
		T(test_warnings),
		T(test_japanese_table),
		T(test_slips),
		T(test_near_doubles),
		T(test_formulas),
		T(test_kept_out_and_revived),
		T(test_unsubscribe_skips_deliveries),
		T(test_add_refuses),
		T(test_shipped_files),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
