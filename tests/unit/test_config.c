#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "config/config.h"
#include "config/scaffold.h"
#include "config/site.h"

/* Lines 1 to 5 of every text below, unless it says otherwise. */
#define HEAD                                                         \
	"sender: {name: N, address: news@news.example, postal: P}\n" \
	"bounce_domain: bounce.news.example\n"                       \
	"public_url: https://news.example\n"
#define RELAY "relays: [{url: 'smtp://127.0.0.1:2525', tls: off}]\n"

static char folder[] = "/tmp/glocal-mail-config-XXXXXX";

struct reading {
	struct arena *arena;
	struct complaints complaints;
	struct site *site; /* NULL when refused */
	struct err err;
};

static void
read_text(struct reading *reading, const char *text)
{
	memset(reading, 0, sizeof(*reading));
	reading->arena = arena_new();
	if (!site_parse(reading->arena, folder, text, strlen(text),
		&reading->complaints, &reading->site, &reading->err))
		reading->site = NULL;
}

static void
forget(struct reading *reading)
{
	complaints_clear(&reading->complaints);
	arena_free(reading->arena);
}

/* All complaints as "LINE: text" lines. */
static void
write_complaints(struct buf *out, const struct complaints *complaints)
{
	buf_reset(out);
	for (size_t i = 0; i < complaints->count; i++)
		buf_add_format(out, "%zu: %s%s\n", complaints->items[i].line,
		    complaints->items[i].warning ? "warning: " : "",
		    complaints->items[i].text);
}

static void
make_file(const char *name, const char *text, mode_t mode)
{
	struct arena *arena = arena_new();
	struct err err = { 0 };

	assert_true(file_write(
	    file_join(arena, folder, name), text, strlen(text), mode, &err));
	arena_free(arena);
}

static int
make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	make_file("good.password", "s3cret\n", 0600);
	make_file("open.password", "s3cret\n", 0644);
	make_file("empty.password", "\n", 0600);
	make_file("two.password", "one\ntwo\n", 0600);
	make_file("key.pem", "k", 0600);
	make_file("open.pem", "k", 0644);
	return 0;
}

static int
remove_folder(void **state)
{
	char command[200];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static void
test_defaults(void **state)
{
	struct reading r;
	char store[200];

	(void)state;
	read_text(&r, HEAD RELAY);
	assert_non_null(r.site);
	assert_int_equal(r.complaints.count, 0);
	snprintf(
	    store, sizeof(store), "sqlite:%s/state/glocal-mail.db", folder);
	assert_string_equal(r.site->store_url, store);
	assert_string_equal(r.site->sender.reply_to, "");
	assert_string_equal(r.site->sender.contact, "news@news.example");
	assert_string_equal(r.site->sender.list_id, "glocal-news.news.example");
	assert_string_equal(r.site->sender.timezone, "Asia/Tokyo");
	assert_string_equal(r.site->ehlo_name, "bounce.news.example");
	assert_int_equal(r.site->relay_count, 1);
	assert_int_equal(r.site->relays[0].tls, RELAY_TLS_OFF);
	assert_int_equal(r.site->relays[0].connections, 20);
	assert_string_equal(r.site->relays[0].username, "");
	assert_string_equal(r.site->relays[0].password, "");
	assert_string_equal(r.site->relays[0].ca_file, "");
	assert_int_equal(r.site->max_unknown, 20);
	assert_false(r.site->hold_unknown);
	assert_int_equal(r.site->timeouts.connect_ms, 30000);
	assert_int_equal(r.site->timeouts.final_ms, 600000);
	assert_int_equal(r.site->retry.first_ms, 300000);
	assert_true(r.site->retry.factor == 2.0);
	assert_int_equal(r.site->retry.longest_ms, 8 * 3600000);
	assert_int_equal(r.site->retry.give_up_after_ms, 4 * 86400000);
	assert_int_equal(r.site->dkim_count, 0);
	assert_int_equal(r.site->pace.group_count, 0);
	assert_false(r.site->tailoring.skip_empty);
	forget(&r);
}

static void
test_everything_given(void **state)
{
	struct reading r;
	char path[200];

	(void)state;
	read_text(&r,
	    "sender: {name: '地方 連携', address: News@NEWS.example,\n"
	    "  reply_to: desk@news.example, postal: P, contact: 03-0000-0000}\n"
	    "bounce_domain: Bounce.News.example\n"
	    "public_url: https://news.example:8443/glocal/\n"
	    "list_id: list.news.example\n"
	    "timezone: Europe/Athens\n"
	    "store: sqlite:/var/lib/x.db\n"
	    "ehlo_name: mail.news.example\n"
	    "relays:\n"
	    "  - {url: 'smtps://mx.example', username: u, password_file: "
	    "good.password, connections: 3, ca_file: key.pem}\n"
	    "  - {url: 'smtp://[::1]', tls: opportunistic, username: u, "
	    "password_file: good.password, connections: 4}\n"
	    "timeouts: {connect: 500ms, final: 20m}\n"
	    "pace: {per_second: 12.5, groups: {google: {connections: 5, "
	    "per_second: 50}, yahoo: }}\n"
	    "retry: {first: 1s, factor: 1.5, longest: 2s, give_up_after: 1m}\n"
	    "on_unknown: hold\n"
	    "dkim: [{domain: news.example, selector: s1, key_file: key.pem}]\n"
	    "tailoring: {max_articles: 4, min_articles: 2, when_empty: "
	    "skip}\n");
	if (r.site == NULL)
		fail_msg("%s", r.err.text);
	assert_int_equal(r.complaints.count, 0);
	assert_string_equal(r.site->sender.name, "地方 連携");
	assert_string_equal(r.site->sender.address, "News@news.example");
	assert_string_equal(
	    r.site->sender.bounce_domain, "bounce.news.example");
	assert_string_equal(
	    r.site->sender.public_url, "https://news.example:8443/glocal");
	assert_string_equal(r.site->store_url, "sqlite:/var/lib/x.db");
	assert_string_equal(r.site->relays[0].url, "smtps://mx.example:465");
	assert_string_equal(r.site->relays[0].password, "s3cret");
	snprintf(path, sizeof(path), "%s/key.pem", folder);
	assert_string_equal(r.site->relays[0].ca_file, path);
	assert_string_equal(r.site->relays[1].url, "smtp://[::1]:25");
	assert_int_equal(r.site->relays[1].tls, RELAY_TLS_OPPORTUNISTIC);
	assert_int_equal(r.site->max_unknown, 7);
	assert_int_equal(r.site->timeouts.connect_ms, 500);
	assert_true(r.site->pace.per_second == 12.5);
	assert_int_equal(r.site->pace.group_count, 2);
	assert_string_equal(r.site->pace.groups[0].name, "google");
	assert_int_equal(r.site->pace.groups[0].connections, 5);
	assert_string_equal(r.site->pace.groups[1].name, "yahoo");
	assert_int_equal(r.site->pace.groups[1].connections, PACE_UNSET);
	assert_true(r.site->retry.factor == 1.5);
	assert_true(r.site->hold_unknown);
	assert_string_equal(r.site->dkim_keys[0].key_file, path);
	assert_int_equal(r.site->tailoring.max_articles, 4);
	assert_true(r.site->tailoring.skip_empty);
	forget(&r);
}

/* Texts, and the complaints that they get. "%s" is the site's folder. */
static const struct {
	const char *text;
	const char *complaints;
} bad[] = {
	{ "", "0: sender.name is missing\n0: sender.address is missing\n"
	      "0: sender.postal is missing\n0: bounce_domain is missing\n"
	      "0: public_url is missing\n0: relays needs 1 to 100 entries\n" },
	{ "[a]\n", "1: the file must be a map of keys, not a list\n" },
	{ HEAD "relays:\n", "4: relays needs 1 to 100 entries\n" },
	{ HEAD "relays: smtp://x\n",
	    "4: relays must be a list, not a single value\n" },
	{ HEAD "relays: [x]\n",
	    "4: relays must be a map of keys, not a single value\n" },
	{ HEAD "relays:\n  - {tls: off}\n", "5: relays.url is missing\n" },
	{ "sender: me\n" HEAD RELAY,
	    "2: 'sender' is given twice (first in line 1)\n"
	    "1: sender must be a map of keys, not a single value\n" },
	{ HEAD RELAY "dkim:\n  - {domain: d.example}\n",
	    "6: dkim.selector is missing\n6: dkim.key_file is missing\n"
	    "6: warning: dkim: no key is of the domain of sender.address "
	    "(news.example), so DMARC will not pass by a signature\n" },
	{ HEAD RELAY "stroe: x\nrelay: y\nzzz: 1\n",
	    "5: unknown key 'stroe' (did you mean 'store'?)\n"
	    "6: unknown key 'relay' (did you mean 'relays'?)\n"
	    "7: unknown key 'zzz'\n" },
	{ HEAD RELAY "retry: {frist: 1s}\n",
	    "5: unknown key 'frist' in retry (did you mean 'first'?)\n" },
	{ HEAD "relays: [{url: 'smtp://h:25', conections: 5}]\n",
	    "4: unknown key 'conections' in relays (did you mean "
	    "'connections'?)\n" },
	{ HEAD "relays: [{url: 'smtp://h:25', connections: 0}]\n",
	    "4: relays.connections: '0' is no whole number from 1 to 1000\n" },
	{ HEAD "relays: [{url: 'smtp://h:25', connections: [5]}]\n",
	    "4: relays.connections must be a single value, not a list\n" },
	{ HEAD "relays: [{url: 'smtp://h:25', connections: 1001, tls: on}]\n",
	    "4: relays.tls: 'on' is none of require, opportunistic, off\n"
	    "4: relays.connections: '1001' is no whole number from 1 to "
	    "1000\n" },
	{ HEAD "relays: [{url: 'smtp://h:25', tls: requir}]\n",
	    "4: relays.tls: 'requir' is none of require, opportunistic, off "
	    "(did you mean 'require'?)\n" },
	{ HEAD "relays: [{url: 'http://h'}]\n",
	    "4: relays.url: 'http://h' is no relay; write smtp://host:port "
	    "or smtps://host:port\n" },
	{ HEAD "relays: [{url: 'smtp://h:0'}]\n",
	    "4: relays.url: 'smtp://h:0' has no host and port that can be; "
	    "write smtp://host:port or smtps://host:port\n" },
	{ HEAD "relays: [{url: 'smtp://-h'}]\n",
	    "4: relays.url: 'smtp://-h' has no host and port that can be; "
	    "write smtp://host:port or smtps://host:port\n" },
	{ HEAD "relays: [{url: 'smtp://u:p@h:25'}]\n",
	    "4: relays.url: credentials do not belong here; use username and "
	    "password_file\n" },
	{ HEAD "relays: [{url: 'smtps://h', tls: off}]\n",
	    "4: relays.tls: an smtps:// relay is always encrypted; write "
	    "require or leave it out\n" },
	{ HEAD "relays: [{url: 'smtp://h', username: u}]\n",
	    "4: relays.username: needs password_file too\n" },
	{ HEAD "relays: [{url: 'smtp://h', password_file: good.password}]\n",
	    "4: relays.password_file: needs username too\n" },
	{ HEAD "relays:\n  - url: smtp://h\n    username: u\n"
	       "    password_file: good.password\n    tls: off\n",
	    "8: relays.tls: a password may be sent to another host only with "
	    "tls: require\n" },
	{ HEAD "relays: [{url: 'smtp://127.0.0.1.example', username: u, "
	       "password_file: good.password, tls: opportunistic}]\n",
	    "4: relays.tls: a password may be sent to another host only with "
	    "tls: require\n" },
	{ HEAD "relays: [{url: 'smtp://10.0.0.1', username: u, "
	       "password_file: good.password, tls: opportunistic}]\n",
	    "4: relays.tls: a password may be sent to another host only with "
	    "tls: require\n" },
	{ HEAD "relays: [{url: 'smtp://127.9.9.9', username: u, "
	       "password_file: good.password, tls: off}]\n",
	    "" },
	{ HEAD "relays: [{url: 'smtp://LocalHost:25', username: u, "
	       "password_file: good.password, tls: off}]\n",
	    "" },
	{ HEAD "relays: [{url: 'smtp://h', username: u, password_file: "
	       "open.password}]\n",
	    "4: relays.password_file: %s/open.password may be read by "
	    "everyone (mode 644); do: chmod 600 '%s/open.password'\n" },
	{ HEAD "relays: [{url: 'smtp://h', username: u, password_file: "
	       "empty.password}]\n",
	    "4: relays.password_file: %s/empty.password is empty\n" },
	{ HEAD "relays: [{url: 'smtp://h', username: u, password_file: "
	       "two.password}]\n",
	    "4: relays.password_file: %s/two.password must hold one line of "
	    "text\n" },
	{ HEAD "relays: [{url: 'smtp://h', username: u, password_file: "
	       "none}]\n",
	    "4: relays.password_file: %s/none: No such file or directory\n" },
	{ HEAD "relays: [{url: 'smtp://h', tls: off, ca_file: key.pem}]\n",
	    "4: warning: relays.ca_file: only tls: require verifies with "
	    "it\n" },
	{ HEAD RELAY "store: mysql://x\n",
	    "5: store: 'mysql://x' is no store; write "
	    "sqlite:state/glocal-mail.db\n" },
	{ HEAD RELAY "timezone: Asia/Tokio\n",
	    "5: timezone: unknown time zone 'Asia/Tokio' (did you mean "
	    "'Asia/Tokyo'?)\n" },
	{ HEAD RELAY "timezone: ../zoneinfo/UTC\n",
	    "5: timezone: unknown time zone '../zoneinfo/UTC'; write a name "
	    "such as Asia/Tokyo\n" },
	{ HEAD RELAY "timeouts: {connect: 30}\n",
	    "5: timeouts.connect: '30' is no duration such as 30s, 5m, 2h or "
	    "4d\n" },
	{ HEAD RELAY "timeouts: {final: 3h}\n",
	    "5: timeouts.final: '3h' is not within 100ms to 2h\n" },
	{ HEAD RELAY "retry: {factor: 0.5}\n",
	    "5: retry.factor: '0.5' is no number from 1 to 10\n" },
	{ HEAD RELAY "retry:\n  first: 10m\n  longest: 5m\n"
		     "  give_up_after: 1m\n",
	    "7: retry.longest: shorter than retry.first\n"
	    "8: retry.give_up_after: shorter than retry.first\n" },
	{ HEAD RELAY "on_unknown: maybe\n",
	    "5: on_unknown: 'maybe' is none of resend, hold\n" },
	{ HEAD RELAY "max_unknown: 0\n",
	    "5: max_unknown: '0' is no whole number from 1 to 100000\n" },
	{ HEAD RELAY "pace: {per_second: -1}\n",
	    "5: pace.per_second: '-1' is no number from 0 to 100000\n" },
	{ HEAD RELAY "pace: {groups: {google: {conections: 1}}}\n",
	    "5: unknown key 'conections' in pace.groups.google (did you mean "
	    "'connections'?)\n" },
	{ HEAD RELAY "pace: {groups: [google]}\n",
	    "5: pace.groups must be a map of keys, not a list\n" },
	{ HEAD RELAY "dkim: [{domain: news.example, selector: s_1, key_file: "
		     "key.pem}]\n",
	    "5: dkim.selector: 's_1' is no selector such as s1 (letters, "
	    "digits, hyphens, dots)\n" },
	{ HEAD RELAY "dkim: [{domain: news.example, selector: s1, key_file: "
		     "no.pem}]\n",
	    "5: dkim.key_file: %s/no.pem: No such file or directory\n" },
	{ HEAD RELAY "dkim: [{domain: ws.example, selector: s1, key_file: "
		     "open.pem}]\n",
	    "5: warning: dkim: no key is of the domain of sender.address "
	    "(news.example), so DMARC will not pass by a signature\n" },
	{ HEAD RELAY "tailoring: {max_articles: 2, min_articles: 3}\n",
	    "5: tailoring.min_articles: more than max_articles\n" },
	{ HEAD RELAY "tailoring: {when_empty: skp}\n",
	    "5: tailoring.when_empty: 'skp' is none of fill, skip (did you "
	    "mean 'skip'?)\n" },
	{ "sender: {name: \"A\\nB\", address: x, postal: P}\n"
	  "bounce_domain: localhost\npublic_url: http://news.example\n" RELAY,
	    "1: sender.name: must be one line\n"
	    "1: sender.address: 'x': a mail address has an @\n"
	    "2: bounce_domain: 'localhost' is no domain such as news.example "
	    "(international ones in their xn-- form)\n"
	    "3: public_url: must begin with https:// (mailbox providers "
	    "follow unsubscribe links only there, RFC 8058)\n" },
	{ "sender: {name: N, address: a@b.example, postal: ''}\n"
	  "bounce_domain: 墨田.example\npublic_url: https://h/?q\n" RELAY,
	    "1: sender.postal must be filled in\n"
	    "2: bounce_domain: '墨田.example' is no domain such as "
	    "news.example (international ones in their xn-- form)\n"
	    "3: public_url: 'https://h/?q' has more than host, port and "
	    "path; write https://news.example\n" },
};

static void
test_bad(void **state)
{
	struct buf got;
	struct buf expected;

	(void)state;
	buf_init(&got, 10000);
	buf_init(&expected, 10000);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct reading r;

		read_text(&r, bad[i].text);
		write_complaints(&got, &r.complaints);
		buf_reset(&expected);
		for (const char *p = bad[i].complaints; *p != '\0'; p++) {
			if (p[0] == '%' && p[1] == 's') {
				buf_add_str(&expected, folder);
				p++;
			} else {
				buf_add_char(&expected, *p);
			}
		}
		if (strcmp(buf_str(&got), buf_str(&expected)) != 0)
			fail_msg("%s\n-- got\n%s-- not\n%s", bad[i].text,
			    buf_str(&got), buf_str(&expected));
		assert_true((r.site == NULL) == (r.complaints.errors > 0));
		if (r.site == NULL)
			assert_int_equal(r.err.code, ERR_CONFIG);
		forget(&r);
	}
	buf_clear(&got);
	buf_clear(&expected);
}

static char *
print(void (*printer)(FILE *))
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);

	assert_non_null(out);
	printer(out);
	assert_int_equal(fclose(out), 0);
	return text;
}

/* The shipped file is what the table prints. Print it anew with
   "test_config --print". */
static void
test_shipped_file(void **state)
{
	struct arena *arena = arena_new();
	struct err err = { 0 };
	char *text = print(config_print_example);
	char *path;
	char *shipped;
	size_t bytes;

	(void)state;
	assert_true(site_share(arena, "config/glocal-mail.yaml", &path, &err));
	assert_true(file_read(arena, path, 100000, &shipped, &bytes, &err));
	assert_string_equal(text, shipped);
	free(text);
	arena_free(arena);
}

/* Taking away every '#' before a key gives a configuration whose only flaws
   are the empty keys and the files that are not there. */
static void
test_example_uncommented(void **state)
{
	char *text = print(config_print_example);
	struct reading r;
	struct buf all;
	struct buf got;

	(void)state;
	buf_init(&all, 100000);
	buf_init(&got, 10000);
	for (char *p = text; *p != '\0'; p++)
		if (*p != '#' || p[1] == ' ' || p[1] == '\n' ||
		    strncmp(p - 1, "'#", 2) == 0)
			buf_add_char(&all, *p);
	read_text(&r, buf_str(&all));
	for (size_t i = 0; i < r.complaints.count; i++)
		buf_add_format(&got, "%s\n", r.complaints.items[i].text);
	for (char *at; (at = strstr(got.bytes, folder)) != NULL;)
		memset(at, '~', strlen(folder));
	assert_string_equal(buf_str(&got),
	    "sender.name must be filled in\n"
	    "sender.address must be filled in\n"
	    "sender.postal must be filled in\n"
	    "bounce_domain must be filled in\n"
	    "public_url must be filled in\n"
	    "relays.url must be filled in\n"
	    "relays.password_file: "
	    "~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~/keys/relay.password: "
	    "No such file or directory\n"
	    "relays.ca_file: ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~/keys/ca.pem: "
	    "No such file or directory\n"
	    "dkim.key_file: ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~/keys/s1.pem: "
	    "No such file or directory\n"
	    "alarms.hook: ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~/hooks/alarm: "
	    "No such file or directory\n");
	forget(&r);
	buf_clear(&all);
	buf_clear(&got);
	free(text);
}

static bool
scaffold_site(const char *path, bool sample, struct err *err)
{
	return scaffold_files(path, sample, err) &&
	       scaffold_configuration(path, sample, err);
}

static void
test_scaffold(void **state)
{
	struct arena *arena = arena_new();
	struct complaints complaints = { 0 };
	struct site *site;
	struct err err = { 0 };
	struct stat status;
	char *plain = file_join(arena, folder, "sites/plain");
	char *sample = file_join(arena, folder, "sites/sample");

	(void)state;
	assert_true(scaffold_site(plain, false, &err));
	assert_false(site_open(arena, plain, &complaints, &site, &err));
	assert_int_equal(err.code, ERR_CONFIG);
	assert_int_equal(complaints.errors, 6);
	complaints_clear(&complaints);

	/* Who sends nothing needs none of them. */
	assert_true(site_open_partly(arena, plain, &complaints, &site, &err));
	assert_int_equal(complaints.count, 0);
	assert_string_equal(site->relays[0].url, "");
	assert_string_equal(site->sender.postal, "");

	assert_true(scaffold_site(sample, true, &err));
	assert_true(site_open(arena, sample, &complaints, &site, &err));
	assert_int_equal(complaints.count, 0);
	assert_string_equal(site->relays[0].url, "smtp://127.0.0.1:2525");
	assert_int_equal(site->relays[0].tls, RELAY_TLS_OFF);
	assert_int_equal(stat(site_path(arena, site, "state"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	assert_true(file_exists(site_path(arena, site, "contacts.csv")));
	assert_true(file_exists(site_path(arena, site, "tags.csv")));
	assert_true(
	    file_exists(site_path(arena, site, "issues/2026-04/issue.md")));

	/* What was broken off is made whole, what is there never changed. */
	assert_int_equal(unlink(site_path(arena, site, "tags.csv")), 0);
	assert_int_equal(
	    unlink(site_path(arena, site, "issues/2026-04/issue.md")), 0);
	assert_true(scaffold_files(sample, true, &err));
	assert_true(file_exists(site_path(arena, site, "tags.csv")));
	assert_true(
	    file_exists(site_path(arena, site, "issues/2026-04/issue.md")));
	make_file("sites/sample/issues/2026-04/issue.md", "mine", 0600);
	assert_false(scaffold_files(sample, true, &err));
	assert_int_equal(err.code, ERR_CANT_CREATE);
	assert_non_null(strstr(err.text, "issue.md"));

	plain = file_join(arena, folder, "sites/contacts");
	assert_true(file_make_folder(plain, &err));
	make_file("sites/contacts/contacts.csv", "mine", 0600);
	assert_false(scaffold_files(plain, true, &err));
	assert_int_equal(err.code, ERR_CANT_CREATE);
	assert_false(file_exists(file_join(arena, plain, "issues")));
	arena_free(arena);
}

static void
test_find(void **state)
{
	struct arena *arena = arena_new();
	struct err err = { 0 };
	const char *found;
	char *site = file_join(arena, folder, "found");
	char *deep = file_join(arena, site, "issues/2026-04");
	char *here = getcwd(NULL, 0);
	char *real;

	(void)state;
	unsetenv("GLOCAL_MAIL_SITE");
	assert_true(scaffold_site(site, false, &err));
	assert_true(file_make_folder(deep, &err));
	real = realpath(site, NULL);

	/* The working directory or a parent. */
	assert_int_equal(chdir(deep), 0);
	assert_true(site_find(arena, NULL, &found, &err));
	assert_string_equal(found, real);
	assert_int_equal(chdir(folder), 0);
	if (!file_exists("/etc/glocal-mail/" SITE_FILE)) {
		assert_false(site_find(arena, NULL, &found, &err));
		assert_int_equal(err.code, ERR_CONFIG);
	}

	/* The environment, and --site before it. */
	setenv("GLOCAL_MAIL_SITE", site, 1);
	assert_true(site_find(arena, NULL, &found, &err));
	assert_string_equal(found, site);
	assert_true(site_find(arena, "found", &found, &err));
	assert_string_equal(found, "found");
	assert_false(site_find(arena, "sites", &found, &err));
	unsetenv("GLOCAL_MAIL_SITE");

	assert_int_equal(chdir(here), 0);
	free(real);
	free(here);
	arena_free(arena);
}

static void
test_share(void **state)
{
	struct arena *arena = arena_new();
	struct err err = { 0 };
	char *path;

	(void)state;
	assert_true(site_share(arena, "config/sample", &path, &err));
	assert_true(file_is_folder(path));
	assert_false(site_share(arena, "config/nothing", &path, &err));
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	setenv("GLOCAL_MAIL_SHARE", folder, 1);
	assert_false(site_share(arena, "config/sample", &path, &err));
	assert_true(site_share(arena, "key.pem", &path, &err));
	unsetenv("GLOCAL_MAIL_SHARE");
	arena_free(arena);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_everything_given),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_shipped_file),
		cmocka_unit_test(test_example_uncommented),
		cmocka_unit_test(test_scaffold),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_share),
	};

	if (argc == 2 && strcmp(argv[1], "--print") == 0) {
		config_print_example(stdout);
		return 0;
	}
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
