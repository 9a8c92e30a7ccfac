/* digest/compose: the fields and bytes of one reader's message. */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "digest/compose.h"
#include "people/links.h"

static const struct secret_key key = { .id = 3, .bytes = "key" };

static const struct sender sender = {
	.name = "News, the",
	.address = "news@news.example",
	.reply_to = "desk@news.example",
	.postal = "Tokyo",
	.contact = "desk",
	.bounce_domain = "bounce.news.example",
	.public_url = "https://news.example",
	.list_id = "list.news.example",
	.timezone = "Asia/Tokyo",
	.utc_offset_min = 540,
};

static const struct greeting_words words = { "{office}", "{name}", "{name}",
	"{name}", "{office}", "all", "", "" };

#define SEGMENT(text, then)                  \
	{                                    \
		text, sizeof(text) - 1, then \
	}

static struct edition_segment text_segments[] = {
	SEGMENT("For ", PERSONAL_ADDRESS),
	SEGMENT("\nLeave: ", PERSONAL_UNSUBSCRIBE_URL),
	SEGMENT("\n", PERSONAL_NONE),
};
static struct edition_segment html_segments[] = {
	SEGMENT("<p>For ", PERSONAL_NAME),
	SEGMENT("</p><a href=\"", PERSONAL_UNSUBSCRIBE_URL),
	SEGMENT("\">Leave</a>\n", PERSONAL_NONE),
};

static struct edition
build_edition(bool html)
{
	struct edition edition = {
		.language = LANGUAGE_EN,
		.format = html ? FORMAT_HTML : FORMAT_TEXT,
		.subject = "April",
		.text = { text_segments, 3 },
		.greeting = &words,
	};

	if (html)
		edition.html = (struct edition_part){ html_segments, 3 };
	return edition;
}

static const struct person ann = {
	.subscriber = 7,
	.address = "ann@town.example",
	.name = "Ann <b>",
	.organisation = "Town",
	.department = "",
};

enum { MAILING = 5 };
static const int64_t date_ms = INT64_C(1775001600000);

static bool
make(struct arena *arena, const struct compose_mailing *mailing,
    const struct edition *edition, const struct person *person,
    struct message *ret_message, struct err *err)
{
	const struct composer *composer = compose_begin(arena, mailing);

	return compose(arena, compose_prepare(arena, composer, edition), person,
	    date_ms, ret_message, err);
}

static const struct compose_mailing mailing = {
	.sender = &sender,
	.issue = "2026-04",
	.key = &key,
	.number = MAILING,
};

static void
assert_holds(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("'%s' is not in:\n%s", part, text);
}

static void
test_fields(void **state)
{
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	struct edition edition = build_edition(true);
	struct link_ids ids = { .subscriber = 7, .mailing = MAILING };
	struct message message;
	const char *bytes;
	unsigned char hash[SECRET_HASH_BYTES];

	(void)state;
	assert_true(make(arena, &mailing, &edition, &ann, &message, NULL));
	bytes = compose_bytes(arena, &message);
	assert_int_equal(strlen(bytes), message.count);
	assert_string_equal(
	    message.mail_from, links_return_path(arena, &key, &sender, ids));
	assert_string_equal(
	    message.message_id, links_message_id(arena, &key, &sender, ids));
	assert_string_equal(message.rcpt, "ann@town.example");
	assert_string_equal(message.subject, "April");
	secret_sha256(bytes, message.count, hash);
	assert_memory_equal(hash, message.sha256, sizeof(hash));
	assert_ptr_equal(
	    strstr(bytes,
		arena_format(arena,
		    "Date: Wed, 01 Apr 2026 09:00:00 +0900\r\n"
		    "From: \"News, the\" <news@news.example>\r\n"
		    "Reply-To: desk@news.example\r\n"
		    "Subject: April\r\n"
		    "To: \"Ann <b>\" <ann@town.example>\r\n"
		    "Message-ID: <%s>\r\n"
		    "List-Unsubscribe: <%s>, <%s>\r\n"
		    "List-Unsubscribe-Post: "
		    "List-Unsubscribe=One-Click\r\n"
		    "List-Id: \"News, the\" <list.news.example>\r\n"
		    "List-Help: "
		    "<mailto:desk@news.example?subject=help>\r\n"
		    "List-Owner: <mailto:desk@news.example>\r\n"
		    "List-Archive: "
		    "<https://news.example/issues/2026-04/>\r\n"
		    "Precedence: bulk\r\n"
		    "Auto-Submitted: auto-generated\r\n"
		    "X-Auto-Response-Suppress: All\r\n"
		    "Feedback-ID: 2026-04:digest:en:newsexample\r\n"
		    "MIME-Version: 1.0\r\n"
		    "Content-Type: multipart/alternative; ",
		    message.message_id,
		    links_unsubscribe_url(arena, &key, &sender, ids),
		    links_unsubscribe_mailto(arena, &key, &sender, ids))),
	    bytes);
}

/* Lines of the Subject field, and that nothing else came of it. */
static void
check_subject_field(const char *bytes)
{
	const char *field = strstr(bytes, "\r\nSubject: ");
	const char *end;

	assert_non_null(field);
	assert_null(strstr(field + 2, "\r\nSubject:"));
	assert_null(strstr(bytes, "\r\nBcc:"));
	for (field += 2;; field = end + 2) {
		end = strstr(field, "\r\n");
		assert_true(end - field <= 76);
		if (end[2] != ' ')
			break;
	}
	assert_true(text_starts(end + 2, "To: "));
}

/* Each reader's own subject, whatever stands in their fields. */
static void
test_personal_subject(void **state)
{
	static const struct {
		const char *organisation;
		const char *subject;
	} cases[] = {
		{ "Town", "April for Town" },
		{ "", "April for all" },
		{ "Evil\r\nBcc: eve@evil.example", "April for Evil Bcc: "
						   "eve@evil.example" },
		{ "島根県美郷町役場企画推進課国際交流係バリ友好都市担当窓口",
		    "April for "
		    "島根県美郷町役場企画推進課国際交流係バリ友好都市担当窓"
		    "口" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		struct edition edition = build_edition(true);
		struct person person = ann;
		struct message message, again;
		const char *bytes;

		edition.subject = "April for {organisation|all}";
		person.organisation = cases[i].organisation;
		assert_true(
		    make(arena, &mailing, &edition, &person, &message, NULL));
		assert_string_equal(message.subject, cases[i].subject);
		bytes = compose_bytes(arena, &message);
		check_subject_field(bytes);
		if (strlen(cases[i].organisation) < 5)
			assert_holds(
			    bytes, arena_format(arena,
				       "Reply-To: desk@news.example\r\n"
				       "Subject: %s\r\nTo: ",
				       cases[i].subject));
		assert_true(
		    make(arena, &mailing, &edition, &person, &again, NULL));
		assert_memory_equal(
		    message.sha256, again.sha256, sizeof(again.sha256));
	}
}

static void
test_parts(void **state)
{
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	struct edition edition = build_edition(true);
	struct link_ids ids = { .subscriber = 7, .mailing = MAILING };
	const char *url = links_unsubscribe_url(arena, &key, &sender, ids);
	struct message message;
	const char *bytes;

	(void)state;
	assert_true(make(arena, &mailing, &edition, &ann, &message, NULL));
	bytes = compose_bytes(arena, &message);
	assert_holds(bytes, "\r\n\r\nFor=20=\r\nann@town.example=\r\n"
			    "\r\nLeave:=20=\r\n");
	assert_holds(bytes, arena_format(arena, "\r\n%s=\r\n\r\n", url));
	assert_holds(bytes, "Ann &lt;b&gt;");

	edition = build_edition(false);
	assert_true(make(arena, &mailing, &edition, &ann, &message, NULL));
	bytes = compose_bytes(arena, &message);
	assert_holds(bytes, "\r\nContent-Type: text/plain; ");
	assert_null(strstr(bytes, "multipart"));
	assert_null(strstr(bytes, "html"));
}

/* The same inputs make the same bytes; another person, mailing or key other
   Message-IDs, return paths and boundaries. */
static void
test_bytes_are_a_function(void **state)
{
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	static const struct secret_key other_key = { .id = 4, .bytes = "o" };
	struct edition edition = build_edition(true);
	struct compose_mailing with_key = mailing;
	struct compose_mailing notice = mailing;
	struct compose_mailing next = mailing;
	struct person bob = ann;
	struct message all[5];
	const char *texts[5];

	(void)state;
	bob.subscriber = 8;
	with_key.key = &other_key;
	notice.notice = true;
	assert_true(make(arena, &mailing, &edition, &ann, &all[0], NULL));
	assert_true(make(arena, &mailing, &edition, &ann, &all[1], NULL));
	assert_int_equal(all[0].count, all[1].count);
	assert_memory_equal(compose_bytes(arena, &all[0]),
	    compose_bytes(arena, &all[1]), all[0].count);
	assert_true(make(arena, &mailing, &edition, &bob, &all[1], NULL));
	assert_true(make(arena, &with_key, &edition, &ann, &all[2], NULL));
	assert_true(make(arena, &notice, &edition, &ann, &all[3], NULL));
	next.number = MAILING + 1;
	assert_true(make(arena, &next, &edition, &ann, &all[4], NULL));
	for (int i = 0; i < 5; i++)
		texts[i] = compose_bytes(arena, &all[i]);
	for (int i = 0; i < 5; i++)
		for (int j = i + 1; j < 5; j++) {
			const char *a = strstr(texts[i], "boundary=");
			const char *b = strstr(texts[j], "boundary=");

			assert_string_not_equal(
			    all[i].message_id, all[j].message_id);
			assert_string_not_equal(
			    all[i].mail_from, all[j].mail_from);
			assert_memory_not_equal(a, b, 30);
		}
}

/* What a provider may not have: no http link, no one-click without https. */
static void
test_without_https(void **state)
{
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	struct sender plain = sender;
	struct compose_mailing with = mailing;
	struct edition edition = build_edition(true);
	struct message message;
	const char *bytes;

	(void)state;
	plain.public_url = "http://localhost:8080";
	plain.reply_to = "";
	plain.address = "a&b@x.jp";
	with.sender = &plain;
	assert_true(make(arena, &with, &edition, &ann, &message, NULL));
	bytes = compose_bytes(arena, &message);
	assert_holds(bytes, "List-Unsubscribe: <mailto:u+");
	assert_null(strstr(bytes, "One-Click"));
	assert_null(strstr(bytes, "Reply-To"));
	assert_holds(bytes, "List-Owner: <mailto:a%26b@x.jp>\r\n");
	assert_holds(bytes, ":en:xjpxx\r\n");
}

static void
test_old_carrier_address(void **state)
{
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	struct edition edition = build_edition(true);
	struct person person = ann;
	struct message message;
	const char *bytes;

	(void)state;
	person.address = "a..b.@docomo.ne.jp";
	person.name = "\xe5\xa2\xa8\xe7\x94\xb0";
	assert_true(make(arena, &mailing, &edition, &person, &message, NULL));
	bytes = compose_bytes(arena, &message);
	assert_string_equal(message.rcpt, "\"a..b.\"@docomo.ne.jp");
	assert_holds(
	    bytes, "To: =?UTF-8?B?5aKo55Sw?= <\"a..b.\"@docomo.ne.jp>\r\n");
}

static void
test_refused(void **state)
{
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	struct edition edition = build_edition(true);
	struct person person = ann;
	struct message message;
	struct err err = { 0 };
	char *long_subject = arena_take(arena, 10001, 1);

	(void)state;
	person.name = "Ann\r\nBcc: all@town.example";
	assert_false(make(arena, &mailing, &edition, &person, &message, &err));
	assert_int_equal(err.code, ERR_DATA);
	assert_holds(err.text, "message to ann@town.example: field To");
	edition.subject = "a\nb";
	assert_false(make(arena, &mailing, &edition, &ann, &message, &err));
	memset(long_subject, '?', 10000);
	edition.subject = long_subject;
	assert_false(make(arena, &mailing, &edition, &ann, &message, &err));
	assert_holds(err.text, "the header has");
}

enum { THREADS = 4, READERS = 200 };

/* What one thread makes: its own copy of the edition, and a message from that
   and from the one that all share for each reader. */
struct work {
	const struct composer *composer;
	const struct compose_edition *shared;
	unsigned char hashes[2][READERS][SECRET_HASH_BYTES];
	bool failed;
};

static void *
compose_readers(void *context)
{
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	struct work *work = context;
	struct edition edition = build_edition(true);
	const struct compose_edition *editions[2] = { work->shared,
		compose_prepare(arena, work->composer, &edition) };

	for (int64_t i = 0; i < READERS; i++) {
		GM_ARENA_AT_EXIT struct arena *scratch = arena_new();
		struct person person = ann;

		person.subscriber = i;
		person.name =
		    arena_format(scratch, "\xe5\xa2\xa8 %lld", (long long)i);
		for (size_t j = 0; j < 2; j++) {
			struct message message;

			if (!compose(scratch, editions[j], &person, date_ms,
				&message, NULL)) {
				work->failed = true;
				return NULL;
			}
			memcpy(work->hashes[j][i], message.sha256,
			    sizeof(message.sha256));
		}
	}
	return NULL;
}

/* Threads at once make the bytes that one alone makes. */
static void
test_threads(void **state)
{
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	static struct work alone, works[THREADS];
	pthread_t threads[THREADS];
	struct edition edition = build_edition(true);

	(void)state;
	alone.composer = compose_begin(arena, &mailing);
	alone.shared = compose_prepare(arena, alone.composer, &edition);
	compose_readers(&alone);
	assert_false(alone.failed);
	assert_memory_equal(
	    alone.hashes[0], alone.hashes[1], sizeof(alone.hashes[0]));
	assert_memory_not_equal(
	    alone.hashes[0][0], alone.hashes[0][1], sizeof(alone.hashes[0][0]));
	for (size_t i = 0; i < THREADS; i++) {
		works[i].composer = alone.composer;
		works[i].shared = alone.shared;
		assert_int_equal(pthread_create(&threads[i], NULL,
				     compose_readers, &works[i]),
		    0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_false(works[i].failed);
		assert_memory_equal(
		    works[i].hashes, alone.hashes, sizeof(alone.hashes));
	}
}

/* What is composed in one go is what is made one by one; who cannot have a
   message keeps nobody else from theirs. */
static void
test_many_in_one_go(void **state)
{
	enum { MANY = 19, BAD = 4 };
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	struct edition edition = build_edition(true);
	const struct composer *composer = compose_begin(arena, &mailing);
	const struct compose_edition *prepared =
	    compose_prepare(arena, composer, &edition);
	struct compose_task tasks[MANY];

	(void)state;
	for (int64_t i = 0; i < MANY; i++) {
		tasks[i] = (struct compose_task){
			.arena = arena,
			.edition = prepared,
			.person = ann,
			.date_ms = date_ms + i * 1000,
		};
		tasks[i].person.subscriber = i;
		tasks[i].person.name = arena_format(arena, "%.*s%s", (int)i,
		    "a reader with a long name", i == BAD ? "\xff" : "");
	}
	compose_all(tasks, MANY);
	for (size_t i = 0; i < MANY; i++) {
		struct compose_task *task = &tasks[i];
		struct message message;

		assert_int_equal(task->made, i != BAD);
		if (i == BAD) {
			assert_int_equal(task->fault.code, ERR_DATA);
			assert_holds(task->fault.text, "ann@town.example");
			continue;
		}
		assert_true(compose(arena, prepared, &task->person,
		    task->date_ms, &message, NULL));
		assert_int_equal(message.count, task->message.count);
		assert_memory_equal(compose_bytes(arena, &message),
		    compose_bytes(arena, &task->message), message.count);
		assert_memory_equal(message.sha256, task->message.sha256,
		    sizeof(message.sha256));
	}
}

static int
set_zone(void **state)
{
	(void)state;
	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_personal_subject),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_bytes_are_a_function),
		cmocka_unit_test(test_without_https),
		cmocka_unit_test(test_old_carrier_address),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_many_in_one_go),
	};

	return cmocka_run_group_tests(tests, set_zone, NULL);
}
