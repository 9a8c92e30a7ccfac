/*
 * Encryption: who is spoken to, who gets a password, and that a body comes
 * through whole. The server is smtp_tls_peer.py, one for each row.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/now.h"
#include "base/text.h"
#include "smtp/smtp.h"

enum { PATIENCE_MS = 20000, BODY_BYTES = 300000 };

static char folder[128];
static char *body;

/* Writes a certificate that vouches for itself and its key. */
static void
make_certificate(const char *certificate, const char *key, const char *names)
{
	EVP_PKEY *pair = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_EXTENSION *extension =
	    X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
	X509_NAME *subject = X509_get_subject_name(x);
	FILE *f;

	assert_non_null(pair);
	assert_non_null(extension);
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
	    (const unsigned char *)"test.example", -1, -1, 0);
	X509_set_issuer_name(x, subject);
	X509_set_pubkey(x, pair);
	X509_add_ext(x, extension, -1);
	assert_true(X509_sign(x, pair, EVP_sha256()) > 0);

	f = fopen(certificate, "we");
	assert_int_equal(PEM_write_X509(f, x), 1);
	fclose(f);
	f = fopen(key, "we");
	assert_int_equal(
	    PEM_write_PrivateKey(f, pair, NULL, NULL, 0, NULL, NULL), 1);
	fclose(f);
	X509_EXTENSION_free(extension);
	X509_free(x);
	EVP_PKEY_free(pair);
}

static int
set_up(void **state)
{
	const char *temporary = getenv("TMPDIR");

	(void)state;
	snprintf(folder, sizeof(folder), "%.100s/tls-XXXXXX",
	    temporary != NULL ? temporary : "/tmp");
	assert_non_null(mkdtemp(folder));

	/* Long, and with a dot at the start of many lines. */
	body = mem_new(1, BODY_BYTES + 1);
	for (size_t i = 0; i < BODY_BYTES; i++)
		body[i] = i % 60 == 58   ? '\r'
			  : i % 60 == 59 ? '\n'
			  : i % 120 == 0 ? '.'
					 : (char)('a' + i % 26);
	return 0;
}

static const char *const files[] = { "cert", "key", "other-cert", "other-key" };

static int
tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *path = mem_format("%s/%s", folder, files[i]);

		unlink(path);
		free(path);
	}
	rmdir(folder);
	free(body);
	return 0;
}

struct peer {
	pid_t pid;
	FILE *said;
	unsigned port;
};

static void
start_peer(struct peer *peer, const char *mode, bool other)
{
	char *certificate =
	    mem_format("%s/%s", folder, other ? "other-cert" : "cert");
	char *key = mem_format("%s/%s", folder, other ? "other-key" : "key");
	char line[40];
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	peer->pid = fork();
	assert_true(peer->pid >= 0);
	if (peer->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		execlp("python3", "python3", "tests/unit/smtp_tls_peer.py",
		    mode, certificate, key, NULL);
		_exit(127);
	}
	close(ends[1]);
	peer->said = fdopen(ends[0], "r");
	assert_non_null(fgets(line, sizeof(line), peer->said));
	peer->port = (unsigned)strtoul(line, NULL, 10);
	free(certificate);
	free(key);
}

/* Ends the peer; what it said goes to `said`. */
static void
end_peer(struct peer *peer, char *said, size_t room)
{
	int status;

	kill(peer->pid, SIGTERM);
	assert_int_equal(waitpid(peer->pid, &status, 0), peer->pid);
	said[fread(said, 1, room - 1, peer->said)] = '\0';
	fclose(peer->said);
}

struct run {
	struct iovec part;
	bool sent;
	bool started;
	size_t closed;
	struct verdict why;
	char tls[16];
};

static void
on_ready(struct smtp_conn *conn, void *context)
{
	static const struct smtp_envelope envelope = {
		"b@s.example",
		"r@x.example",
		BODY_BYTES,
	};
	struct run *run = context;

	snprintf(run->tls, sizeof(run->tls), "%s", smtp_conn_tls(conn));
	if (run->started) {
		smtp_quit(conn);
		return;
	}
	run->started = true;
	smtp_start(conn, &envelope);
	smtp_body(conn, &run->part, 1);
}

static void
on_done(struct smtp_conn *conn, const struct smtp_end *end, void *context)
{
	struct run *run = context;

	(void)conn;
	run->sent =
	    end->verdict.outcome == OUTCOME_SENT && end->last_byte_offered;
}

static void
on_closed(struct smtp_conn *conn, const struct verdict *why, void *context)
{
	struct run *run = context;

	(void)conn;
	run->closed++;
	run->why = *why;
}

static const struct smtp_events events = {
	on_ready,
	NULL,
	on_done,
	on_closed,
};

static void
drive(struct run *run, const struct relay *relay)
{
	static const struct relay_timeouts timeouts = { 5000, 5000, 5000, 5000,
		5000, 5000, 5000 };
	int64_t end = now_mono_ms() + PATIENCE_MS;
	struct loop *loop = loop_new();
	struct smtp_pool *pool = smtp_pool_new(loop);

	smtp_connect(pool, relay, &timeouts, "here.example", 1, &events, run);
	while (run->closed == 0 && now_mono_ms() < end)
		loop_turn(loop, 100);
	assert_int_equal(run->closed, 1);
	smtp_pool_free(pool);
	loop_free(loop);
}

enum trust { TRUSTED, UNTRUSTED, OTHER_NAME };

static const struct {
	const char *mode;
	enum trust trust;
	enum relay_tls tls;
	const char *username;
	enum blame blame; /* none: the message is sent */
	bool encrypted;
	int code;
} rows[] = {
	{ "starttls", TRUSTED, RELAY_TLS_REQUIRE, "", BLAME_NONE, true, 0 },
	{ "starttls", TRUSTED, RELAY_TLS_REQUIRE, "me", BLAME_NONE, true, 0 },
	{ "smtps", TRUSTED, RELAY_TLS_REQUIRE, "me", BLAME_NONE, true, 0 },
	{ "starttls", UNTRUSTED, RELAY_TLS_OPPORTUNISTIC, "", BLAME_NONE, true,
	    0 },
	{ "smtps", UNTRUSTED, RELAY_TLS_OPPORTUNISTIC, "", BLAME_NONE, true,
	    0 },
	{ "stripped", TRUSTED, RELAY_TLS_OPPORTUNISTIC, "", BLAME_NONE, false,
	    0 },
	{ "refuses-tls", TRUSTED, RELAY_TLS_OPPORTUNISTIC, "", BLAME_NONE,
	    false, 0 },
	{ "stripped", TRUSTED, RELAY_TLS_OFF, "", BLAME_NONE, false, 0 },
	{ "stripped", TRUSTED, RELAY_TLS_OFF, "me", BLAME_NONE, false, 0 },

	/* Not the relay that was meant. */
	{ "starttls", UNTRUSTED, RELAY_TLS_REQUIRE, "me", BLAME_US, true, 0 },
	{ "starttls", OTHER_NAME, RELAY_TLS_REQUIRE, "me", BLAME_US, true, 0 },
	{ "smtps", UNTRUSTED, RELAY_TLS_REQUIRE, "me", BLAME_US, true, 0 },
	{ "smtps", OTHER_NAME, RELAY_TLS_REQUIRE, "", BLAME_US, true, 0 },
	{ "starttls", UNTRUSTED, RELAY_TLS_OPPORTUNISTIC, "me", BLAME_US, true,
	    0 },

	/* No encryption where it must be. */
	{ "stripped", TRUSTED, RELAY_TLS_REQUIRE, "me", BLAME_US, false, 0 },
	{ "stripped", TRUSTED, RELAY_TLS_REQUIRE, "", BLAME_US, false, 0 },
	{ "stripped", TRUSTED, RELAY_TLS_OPPORTUNISTIC, "me", BLAME_US, false,
	    0 },
	{ "refuses-tls", TRUSTED, RELAY_TLS_REQUIRE, "me", BLAME_LINK, false,
	    454 },

	/* The password. */
	{ "refuses-password", TRUSTED, RELAY_TLS_REQUIRE, "me", BLAME_US, true,
	    535 },
	{ "no-auth", TRUSTED, RELAY_TLS_REQUIRE, "me", BLAME_US, true, 0 },
};

/* Whether the peer heard of what it must hear: the body, or nothing. */
static void
check_said(const char *said, size_t i)
{
	bool off = rows[i].tls == RELAY_TLS_OFF;
	char *want;
	unsigned char digest[32];
	char hex[65] = "";

	/* A password goes over TLS, to a relay that showed who it is. */
	if (!off)
		assert_false(text_starts(said, "AUTH") ||
			     strstr(said, "\nAUTH") != NULL);
	if (rows[i].trust != TRUSTED)
		assert_null(strstr(said, "AUTH"));
	if (rows[i].blame != BLAME_NONE) {
		assert_null(strstr(said, "MAIL"));
		return;
	}
	assert_non_null(
	    strstr(said, rows[i].encrypted ? "\ntls MAIL FROM:<b@s.example>"
					   : "\nMAIL FROM:<b@s.example>"));
	assert_int_equal(
	    strstr(said, "AUTH") != NULL, rows[i].username[0] != '\0');

	/* The body as it was given. */
	assert_int_equal(
	    EVP_Digest(body, BODY_BYTES, digest, NULL, EVP_sha256(), NULL), 1);
	for (size_t n = 0; n < sizeof(digest); n++)
		snprintf(hex + 2 * n, 3, "%02x", digest[n]);
	want = mem_format("body %d %s\n", BODY_BYTES, hex);
	assert_non_null(strstr(said, want));
	free(want);
}

static void
check_row(size_t i)
{
	char url[64];
	char *ca = rows[i].trust == TRUSTED ? mem_format("%s/cert", folder)
		   : rows[i].trust == OTHER_NAME
		       ? mem_format("%s/other-cert", folder)
		       : mem_strdup("");
	struct relay relay = {
		.url = url,
		.tls = rows[i].tls,
		.username = rows[i].username,
		.password = "secret",
		.ca_file = ca,
	};
	struct run run = { .part = { body, BODY_BYTES } };
	struct peer peer;
	char said[4096];

	print_message("  %zu: %s\n", i, rows[i].mode);
	start_peer(&peer, rows[i].mode, rows[i].trust == OTHER_NAME);
	snprintf(url, sizeof(url), "%s://127.0.0.1:%u",
	    strcmp(rows[i].mode, "smtps") == 0 ? "smtps" : "smtp", peer.port);
	drive(&run, &relay);
	end_peer(&peer, said, sizeof(said));
	free(ca);

	assert_int_equal(run.sent, rows[i].blame == BLAME_NONE);
	assert_int_equal(run.why.blame, rows[i].blame);
	assert_int_equal(run.why.code >= 400 ? run.why.code : 0, rows[i].code);
	assert_int_equal(run.started, run.sent);
	if (run.sent)
		assert_int_equal(
		    text_starts(run.tls, "TLSv1."), rows[i].encrypted);
	check_said(said, i);
}

static void
test_rows(void **state)
{
	char *paths[4];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		paths[i] = mem_format("%s/%s", folder, files[i]);
	make_certificate(paths[0], paths[1], "IP:127.0.0.1,DNS:localhost");
	make_certificate(paths[2], paths[3], "DNS:other.example");
	for (size_t i = 0; i < 4; i++)
		free(paths[i]);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
