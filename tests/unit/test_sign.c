/* sign/: the keys, the signatures of RFC 8463, and what breaks one. OpenSSL is
   asked to verify what was signed. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "sign/canon.h"
#include "sign/sign.h"
#include "sign/sign_key.h"

#define T_MS INT64_C(1528637909000)

/* RFC 8463 appendix A: keys, message, signatures. */
static const char rfc_rsa_pem[] =
    "-----BEGIN RSA PRIVATE KEY-----\n"
    "MIICXQIBAAKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi\n"
    "Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqM\n"
    "KrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB\n"
    "AoGAH0cxOhFZDgzXWhDhnAJDw5s4roOXN4OhjiXa8W7Y3rhX3FJqmJSPuC8N9vQm\n"
    "6SVbaLAE4SG5mLMueHlh4KXffEpuLEiNp9Ss3O4YfLiQpbRqE7Tm5SxKjvvQoZZe\n"
    "zHorimOaChRL2it47iuWxzxSiRMv4c+j70GiWdxXnxe4UoECQQDzJB/0U58W7RZy\n"
    "6enGVj2kWF732CoWFZWzi1FicudrBFoy63QwcowpoCazKtvZGMNlPWnC7x/6o8Gc\n"
    "uSe0ga2xAkEA8C7PipPm1/1fTRQvj1o/dDmZp243044ZNyxjg+/OPN0oWCbXIGxy\n"
    "WvmZbXriOWoSALJTjExEgraHEgnXssuk7QJBALl5ICsYMu6hMxO73gnfNayNgPxd\n"
    "WFV6Z7ULnKyV7HSVYF0hgYOHjeYe9gaMtiJYoo0zGN+L3AAtNP9huqkWlzECQE1a\n"
    "licIeVlo1e+qJ6Mgqr0Q7Aa7falZ448ccbSFYEPD6oFxiOl9Y9se9iYHZKKfIcst\n"
    "o7DUw1/hz2Ck4N5JrgUCQQCyKveNvjzkkd8HjYs0SwM0fPjK16//5qDZ2UiDGnOe\n"
    "uEzxBDAr518Z8VFbR41in3W4Y3yCDgQlLlcETrS+zYcL\n"
    "-----END RSA PRIVATE KEY-----\n";

/* The seed of the RFC behind the sixteen bytes that make it PKCS #8. */
static const char rfc_ed25519_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";

static const char rfc_message[] =
    "From: Joe SixPack <joe@football.example.com>\r\n"
    "To: Suzie Q <suzie@shopping.example.net>\r\n"
    "Subject: Is dinner ready?\r\n"
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
    "\r\n"
    "Hi.\r\n"
    "\r\n"
    "We lost the game.  Are you hungry yet?\r\n"
    "\r\n"
    "Joe.\r\n";

static const char rfc_names[] =
    "from : to :\r\n subject : date : message-id : from : subject : date";

static const char rfc_ed25519_field[] =
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
    " subject : date : message-id : from : subject : date;\r\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    " b=";

static const char rfc_rsa_field[] =
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"
    " date : message-id : from : subject : date;\r\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    " b=";

static const char rfc_ed25519_signature[] =
    "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus"
    "Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==";

static const char rfc_rsa_signature[] =
    "F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3"
    "DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz"
    "dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=";

/* Two key files in a folder of our own. */
static struct {
	struct arena *arena;
	char *folder;
	struct dkim_key keys[2]; /* Ed25519, RSA */
	struct sign *sign;
} site;

static const char *
keep(const char *name, const char *text, mode_t mode)
{
	char *path = file_join(site.arena, site.folder, name);
	struct err err = { 0 };

	assert_true(file_write(path, text, strlen(text), mode, &err));
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

static int
open_site(void **state)
{
	struct complaints complaints = { 0 };
	struct err err = { 0 };
	char folder[] = "/tmp/test_sign.XXXXXX";

	(void)state;
	site.arena = arena_new();
	if (mkdtemp(folder) == NULL)
		return -1;
	site.folder = arena_strdup(site.arena, folder);
	site.keys[0] = (struct dkim_key){ "football.example.com", "brisbane",
		keep("ed25519.pem", rfc_ed25519_pem, 0600), NULL };
	site.keys[1] = (struct dkim_key){ "football.example.com", "test",
		keep("rsa.pem", rfc_rsa_pem, 0400), NULL };
	assert_true(sign_open(site.keys, 2, &complaints, &site.sign, &err));

	/* Of the two, receivers think little of RSA with 1024 bits. */
	assert_int_equal(complaints.count, 1);
	assert_true(complaints.items[0].warning);
	assert_string_equal(complaints.items[0].file, site.keys[1].key_file);
	assert_string_equal(complaints.items[0].text,
	    "an RSA key of 1024 bits; receivers advise 2048");
	complaints_clear(&complaints);
	return 0;
}

static int
close_site(void **state)
{
	struct err err = { 0 };
	struct text_list names;

	(void)state;
	sign_free(site.sign);
	if (!file_list(site.arena, site.folder, &names, &err))
		return -1;
	for (size_t i = 0; i < names.count; i++)
		unlink(file_join(site.arena, site.folder, names.items[i]));
	rmdir(site.folder);
	arena_free(site.arena);
	return 0;
}

/* Signs a text as a message in one part. */
static bool
sign_text(
    const struct sign *sign, const char *text, struct buf *out, struct err *err)
{
	struct iovec part = {
		.iov_base = (void *)(uintptr_t)text,
		.iov_len = strlen(text),
	};
	const char *end = strstr(text, "\r\n\r\n");
	const struct sign_message message = {
		.parts = &part,
		.part_count = 1,
		.header_count = end == NULL ? 0 : (size_t)(end - text) + 2,
	};

	return sign_message(sign, &message, T_MS, out, err);
}

static void
test_headers_must_be_fields(void **state)
{
	static const char *const cases[] = {
		"From: a\r\nno field\r\n\r\n",
		" From: a\r\n\r\n",
		": a\r\n\r\n",
		"Fr om: a\r\n\r\n",
		"From: a\r\nFr\xc3\xb6m: b\r\n\r\n",
	};
	struct buf out;

	(void)state;
	buf_init(&out, 100000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { 0 };

		assert_false(sign_text(site.sign, cases[i], &out, &err));
		assert_int_equal(err.code, ERR_DATA);
		assert_int_equal(out.used, 0);
	}
	buf_clear(&out);
}

static void
hash_buf(const struct buf *bytes, unsigned char ret_hash[SHA256_BYTES])
{
	const struct iovec part = { bytes->bytes, bytes->used };

	sha256_parts(&part, 1, ret_hash);
}

static void
hash_body(const char *body, struct buf *out)
{
	unsigned char hash[SHA256_BYTES];
	struct buf canonical;

	buf_init(&canonical, 100000);
	canon_add_body(body, strlen(body), &canonical);
	sha256_parts(
	    &(struct iovec){ canonical.bytes, canonical.used }, 1, hash);
	buf_reset(out);
	sign_key_add_base64(hash, sizeof(hash), out);
	buf_clear(&canonical);
}

static void
test_body_hashes(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	hash_body(strstr(rfc_message, "\r\n\r\n") + 4, &out);
	assert_string_equal(
	    buf_str(&out), "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=");
	hash_body("", &out);
	assert_string_equal(
	    buf_str(&out), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
	buf_clear(&out);
}

static void
test_signatures_of_the_rfc(void **state)
{
	const struct {
		const char *field;
		const char *signature;
	} cases[] = {
		{ rfc_ed25519_field, rfc_ed25519_signature },
		{ rfc_rsa_field, rfc_rsa_signature },
	};
	unsigned char hash[SHA256_BYTES];
	struct complaints complaints = { 0 };
	struct canon_message message;
	struct err err = { 0 };
	struct buf input, out;

	(void)state;
	buf_init(&input, 10000);
	buf_init(&out, 10000);
	assert_true(
	    canon_split(rfc_message, strlen(rfc_message), &message, &err));
	for (size_t i = 0; i < 2; i++) {
		struct sign_key *key;

		buf_reset(&input);
		buf_reset(&out);
		canon_add_fields(&message, rfc_names, &input);
		canon_add_field(cases[i].field, strlen(cases[i].field), &input);
		assert_true(
		    sign_key_open(&site.keys[i], &complaints, &key, &err));
		hash_buf(&input, hash);
		assert_true(sign_key_sign(key, hash, &out, &err));
		assert_string_equal(buf_str(&out), cases[i].signature);
		sign_key_free(key);
	}
	canon_clear(&message);
	complaints_clear(&complaints);
	buf_clear(&input);
	buf_clear(&out);
}

/* The value of a tag of a DKIM-Signature field, without blanks. */
static char *
read_tag(struct arena *arena, const struct canon_field *field, const char *tag)
{
	char *text = arena_strndup(arena, field->bytes + field->name_count + 1,
	    field->count - field->name_count - 1);
	char *to = text;
	char *rest;

	for (const char *p = text; *p != '\0'; p++)
		if (strchr(" \t\r\n", *p) == NULL)
			*to++ = *p;
	*to = '\0';
	while ((rest = strsep(&text, ";")) != NULL)
		if (strncmp(rest, tag, strlen(tag)) == 0 &&
		    rest[strlen(tag)] == '=')
			return rest + strlen(tag) + 1;
	return NULL;
}

static bool
verify_bytes(const char *path, const struct buf *input, const char *b64)
{
	unsigned char signature[512], hash[SHA256_BYTES];
	size_t count = strlen(b64) / 4 * 3;
	FILE *file = fopen(path, "r");
	EVP_PKEY *pair = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	bool is_rsa = EVP_PKEY_get_base_id(pair) == EVP_PKEY_RSA;
	EVP_MD_CTX *work = EVP_MD_CTX_new();
	const unsigned char *bytes = (const unsigned char *)input->bytes;
	bool ok;

	fclose(file);
	assert_true(EVP_DecodeBlock(signature, (const unsigned char *)b64,
			(int)strlen(b64)) > 0);
	for (const char *p = b64 + strlen(b64); p[-1] == '='; p--)
		count--;
	hash_buf(input, hash);
	assert_int_equal(EVP_DigestVerifyInit(work, NULL,
			     is_rsa ? EVP_sha256() : NULL, NULL, pair),
	    1);
	ok = EVP_DigestVerify(work, signature, count, is_rsa ? bytes : hash,
		 is_rsa ? input->used : sizeof(hash)) == 1;
	EVP_MD_CTX_free(work);
	EVP_PKEY_free(pair);
	return ok;
}

/* Verifies the signature whose field has that place from the top. */
static bool
verify(const char *bytes, size_t count, size_t at, const char *path)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct canon_message message;
	struct err err = { 0 };
	struct buf input, hash;
	const struct canon_field *field;
	const char *b;
	bool ok;

	buf_init(&input, 100000);
	buf_init(&hash, 1000);
	if (!canon_split(bytes, count, &message, &err))
		return false;
	field = &message.items[at];
	hash_body(message.body, &hash);
	ok = strcmp(buf_str(&hash), read_tag(arena, field, "bh")) == 0;
	canon_add_fields(&message, read_tag(arena, field, "h"), &input);
	b = memmem(field->bytes, field->count, " b=", 3);
	canon_add_field(field->bytes, (size_t)(b - field->bytes) + 3, &input);
	ok = ok && verify_bytes(path, &input, read_tag(arena, field, "b"));
	canon_clear(&message);
	buf_clear(&input);
	buf_clear(&hash);
	return ok;
}

static const char full_message[] =
    "Date: Wed, 01 Apr 2026 18:00:00 +0900\r\n"
    "From: Division <news@football.example.com>\r\n"
    "Reply-To: <reply@football.example.com>\r\n"
    "To: Reader <reader@reader.example>\r\n"
    "Subject: April\r\n"
    "Message-ID: <1@football.example.com>\r\n"
    "List-Id: News <news.football.example.com>\r\n"
    "List-Unsubscribe: <https://football.example.com/u/1>\r\n"
    "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    "Precedence: bulk\r\n"
    "Feedback-ID: 2026-04:digest:en:football\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: 7bit\r\n"
    "\r\n"
    "Hello.  \r\n\r\nBye.\r\n";

static void
sign_full(struct buf *out)
{
	struct err err = { 0 };

	buf_init(out, 100000);
	assert_true(sign_text(site.sign, full_message, out, &err));
	buf_add_str(out, full_message);
}

static void
test_fields_look_as_they_should(void **state)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct canon_message message;
	struct err err = { 0 };
	struct buf out, again;

	(void)state;
	sign_full(&out);
	assert_true(canon_split(out.bytes, out.used, &message, &err));
	for (size_t i = 0; i < 2; i++) {
		const struct canon_field *field = &message.items[i];

		assert_memory_equal(field->bytes, "DKIM-Signature: v=1; ", 21);
		assert_string_equal(read_tag(arena, field, "a"),
		    i == 0 ? "ed25519-sha256" : "rsa-sha256");
		assert_string_equal(
		    read_tag(arena, field, "c"), "relaxed/relaxed");
		assert_string_equal(
		    read_tag(arena, field, "d"), "football.example.com");
		assert_string_equal(
		    read_tag(arena, field, "s"), i == 0 ? "brisbane" : "test");
		assert_string_equal(read_tag(arena, field, "t"), "1528637909");
		assert_null(read_tag(arena, field, "l"));
		assert_string_equal(read_tag(arena, field, "h"),
		    "from:from:to:to:cc:subject:subject:date:date:message-id:"
		    "message-id:reply-to:reply-to:mime-version:content-type:"
		    "content-type:content-transfer-encoding:list-id:"
		    "list-unsubscribe:list-unsubscribe:list-unsubscribe-post:"
		    "list-unsubscribe-post:feedback-id");
	}

	/* Lines are short, and end with CRLF alone. */
	for (const char *p = out.bytes; p < message.items[2].bytes;) {
		size_t columns = strcspn(p, "\r\n");

		assert_in_range(columns, 1, 78);
		assert_memory_equal(p + columns, "\r\n", 2);
		p += columns + 2;
	}

	/* Nothing but the message, the keys and the time decides. */
	sign_full(&again);
	assert_string_equal(again.bytes, out.bytes);
	canon_clear(&message);
	buf_clear(&out);
	buf_clear(&again);
}

/* Puts `with` in place of the first `what`. */
static char *
change(
    struct arena *arena, const char *text, const char *what, const char *with)
{
	const char *at = strstr(text, what);

	assert_non_null(at);
	return arena_format(
	    arena, "%.*s%s%s", (int)(at - text), text, with, at + strlen(what));
}

static void
test_changes_break_signatures(void **state)
{
	static const struct {
		const char *what;
		const char *with;
		bool holds;
	} cases[] = {
		{ "Date: Wed", "Date: Wed", true },
		{ "Precedence: bulk", "Precedence: list", true },
		{ "Subject: April", "SUBJECT:\r\n\tApril ", true },
		{ "Hello.  \r\n", "Hello. \t\r\n", true },
		{ "Bye.\r\n", "Bye.\r\n\r\n \r\n", true },
		{ "Subject: April", "Subject: Mpril", false },
		{ "Hello.", "Hallo.", false },
		{ "Hello.  \r\n\r\n", "Hello.\r\n", false },
		{ "Bye.\r\n", "Bye.\r\nPS\r\n", false },
		{ "\r\nFrom:", "\r\nFrom: <x@x.example>\r\nFrom:", false },
		{ "\r\nTo:", "\r\nCc: <x@x.example>\r\nTo:", false },
		{ "\r\nTo:", "\r\nSubject: Other\r\nTo:", false },
		{ "\r\nList-Unsubscribe:",
		    "\r\nList-Unsubscribe: <https://x.example/>\r\n"
		    "List-Unsubscribe:",
		    false },
		{ "List-Unsubscribe=One", "List-Unsubscribe=Two", false },
		{ "t=1528637909", "t=1528637908", false },
		{ "s=brisbane", "s=brisbanf", false },
	};
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct buf out;

	(void)state;
	sign_full(&out);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text =
		    change(arena, out.bytes, cases[i].what, cases[i].with);

		if (verify(text, strlen(text), 0, site.keys[0].key_file) !=
		    cases[i].holds)
			fail_msg("'%s' to '%s'", cases[i].what, cases[i].with);
	}
	assert_true(verify(out.bytes, out.used, 1, site.keys[1].key_file));
	assert_false(verify(out.bytes, out.used, 0,
	    keep("other.pem",
		"-----BEGIN PRIVATE KEY-----\n"
		"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMc"
		"rn9h\n-----END PRIVATE KEY-----\n",
		0600)));
	buf_clear(&out);
}

/* A new key in a file; PEM behind a passphrase where one is given. */
static const char *
keep_new(const char *name, EVP_PKEY *pair, const char *passphrase)
{
	char *path = file_join(site.arena, site.folder, name);
	FILE *file;

	assert_non_null(pair);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(PEM_write_PrivateKey(file, pair,
			     passphrase != NULL ? EVP_aes_128_cbc() : NULL,
			     NULL, 0, NULL, (void *)(uintptr_t)passphrase),
	    1);
	assert_int_equal(fchmod(fileno(file), 0600), 0);
	fclose(file);
	EVP_PKEY_free(pair);
	return path;
}

static void
test_keys_that_are_refused(void **state)
{
	const struct {
		const char *path;
		enum err_code code;
		const char *why;
	} cases[] = {
		{ file_join(site.arena, site.folder, "none.pem"), ERR_NO_INPUT,
		    "open: No such file or directory" },
		{ site.folder, ERR_CONFIG, "it is no file" },
		{ keep("open.pem", rfc_ed25519_pem, 0644), ERR_NO_PERM,
		    "others may read it (mode 0644); make it 0600" },
		{ keep("group.pem", rfc_ed25519_pem, 0640), ERR_NO_PERM,
		    "others may read it (mode 0640); make it 0600" },
		{ keep("empty.pem", "", 0600), ERR_CONFIG,
		    "it holds no private key in PEM" },
		{ keep("broken.pem",
		      "-----BEGIN PRIVATE KEY-----\nAAAA\n"
		      "-----END PRIVATE KEY-----\n",
		      0600),
		    ERR_CONFIG, "it holds no private key in PEM" },
		{ keep_new("locked.pem", EVP_EC_gen("P-256"), "secret"),
		    ERR_CONFIG,
		    "the key is behind a passphrase; store it without" },
		{ keep_new("ec.pem", EVP_EC_gen("P-256"), NULL), ERR_CONFIG,
		    "the key is of the kind EC; DKIM knows RSA and Ed25519" },
		{ keep_new("short.pem", EVP_RSA_gen(1023), NULL), ERR_CONFIG,
		    "an RSA key of 1023 bits is refused everywhere; it needs "
		    "1024, better 2048" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dkim_key keys[] = { site.keys[0],
			{ "d.example", "s", cases[i].path, NULL } };
		struct complaints complaints = { 0 };
		struct sign *sign = NULL;
		struct err err = { 0 };

		assert_false(sign_open(keys, 2, &complaints, &sign, &err));
		assert_int_equal(err.code, cases[i].code);
		assert_string_equal(
		    err.text, arena_format(site.arena, "dkim: %s: %s",
				  cases[i].path, cases[i].why));
		assert_null(sign);
		complaints_clear(&complaints);
	}
}

static void
test_good_keys_need_no_warning(void **state)
{
	struct dkim_key key = { "d.example", "s",
		keep_new("good.pem", EVP_RSA_gen(2048), NULL), NULL };
	struct complaints complaints = { 0 };
	struct err err = { 0 };
	struct sign *sign;
	struct buf out;

	(void)state;
	buf_init(&out, 100000);
	assert_true(sign_open(&key, 1, &complaints, &sign, &err));
	assert_int_equal(complaints.count, 0);
	assert_true(sign_text(sign, full_message, &out, &err));
	buf_add_str(&out, full_message);
	assert_true(verify(out.bytes, out.used, 0, key.key_file));
	sign_free(sign);
	buf_clear(&out);
}

static void
test_no_keys_sign_nothing(void **state)
{
	struct complaints complaints = { 0 };
	struct err err = { 0 };
	struct sign *sign = site.sign;
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_true(sign_open(NULL, 0, &complaints, &sign, &err));
	assert_null(sign);
	assert_true(sign_text(sign, "", &out, &err));
	assert_int_equal(out.used, 0);
	assert_true(sign_pick(NULL, NULL, 0, &sign, &err));
	assert_null(sign);
	sign_free(sign);
}

static void
test_keys_are_picked_by_name(void **state)
{
	static const struct dkim_key wanted[] = {
		{ "FOOTBALL.example.com", "test", "", NULL },
		{ "football.example.com", "gone", "", NULL },
	};
	char text[SIGN_FINGERPRINT];
	struct dkim_key replaced;
	struct err err = { 0 };
	struct sign *sign = NULL;
	struct buf all, one;

	(void)state;
	assert_true(sign_pick(site.sign, wanted, 1, &sign, &err));
	sign_full(&all);
	buf_init(&one, 100000);
	assert_true(sign_text(sign, full_message, &one, &err));
	sign_free(sign);
	assert_non_null(strstr(all.bytes, one.bytes));
	assert_non_null(strstr(one.bytes, "s=test;"));
	assert_null(strstr(one.bytes, "brisbane"));

	/* Another under the same name is another. */
	replaced = wanted[0];
	assert_true(sign_fingerprint(&site.keys[1], text, &err));
	assert_int_equal(strlen(text), 64);
	replaced.fingerprint = text;
	assert_true(sign_pick(site.sign, &replaced, 1, &sign, &err));
	sign_free(sign);
	assert_true(sign_fingerprint(&site.keys[0], text, &err));
	assert_false(sign_pick(site.sign, &replaced, 1, &sign, &err));
	assert_int_equal(err.code, ERR_CONFIG);
	assert_non_null(strstr(err.text, site.keys[1].key_file));

	/* One that is gone, and a site without any. */
	assert_false(sign_pick(site.sign, wanted, 2, &sign, &err));
	assert_int_equal(err.code, ERR_CONFIG);
	assert_string_equal(err.text,
	    "dkim: the key gone of football.example.com is configured no more");
	assert_false(sign_pick(NULL, wanted, 1, &sign, &err));
	buf_clear(&all);
	buf_clear(&one);
}

static unsigned
roll(uint64_t *seed, unsigned below)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (unsigned)(*seed >> 33) % below;
}

/* Where a message is cut into parts means nothing, and a body said to be
   canonical is signed like one that is made so. */
static void
test_parts_mean_nothing(void **state)
{
	static const char *const units[] = { "a", " b", "  c", "\t", " \r\n",
		"\r\n", "\r\n\r\n", "d\r\n", "." };
	enum { UNITS = sizeof(units) / sizeof(*units), MOST = 9 };
	const char *head_end = strstr(full_message, "\r\n\r\n") + 4;
	size_t head = (size_t)(head_end - full_message);
	uint64_t seed = 3;

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		struct buf GM_BUF_AT_EXIT body, text, expected, out;
		struct iovec parts[MOST];
		struct sign_message message = { .parts = parts,
			.header_count = head - 2,
			.is_relaxed = round % 2 };
		struct err err = { 0 };
		size_t at = 0;

		buf_init(&body, 100000);
		buf_init(&text, 100000);
		buf_init(&expected, 100000);
		buf_init(&out, 100000);
		for (unsigned i = roll(&seed, 30); i > 0; i--)
			buf_add_str(&body, units[roll(&seed, UNITS)]);
		buf_add(&text, full_message, head);
		if (message.is_relaxed) {
			canon_add_body(buf_str(&body), body.used, &text);
			for (unsigned i = roll(&seed, 3); i > 0; i--)
				buf_add_str(&text, "\r\n");
		} else {
			buf_add(&text, buf_str(&body), body.used);
		}
		assert_true(sign_text(site.sign, text.bytes, &expected, &err));
		while (message.part_count < MOST - 1 && at < text.used) {
			size_t count =
			    message.part_count == 0 ? head : roll(&seed, 9);

			if (count > text.used - at)
				count = text.used - at;
			parts[message.part_count++] =
			    (struct iovec){ text.bytes + at, count };
			at += count;
		}
		parts[message.part_count++] =
		    (struct iovec){ text.bytes + at, text.used - at };
		assert_true(
		    sign_message(site.sign, &message, T_MS, &out, &err));
		assert_string_equal(buf_str(&out), buf_str(&expected));
	}
}

static void
test_alignment(void **state)
{
	static const struct {
		const char *domain;
		const char *address;
		bool aligned;
	} cases[] = {
		{ "news.example", "a@news.example", true },
		{ "NEWS.example", "a@news.EXAMPLE", true },
		{ "news.example", "a@mail.news.example", true },
		{ "news.example", "\"a@b\"@news.example", true },
		{ "news.example", "a@oldnews.example", false },
		{ "mail.news.example", "a@news.example", false },
		{ "news.example", "a@other.example", false },
		{ "", "a@news.example", false },
		{ "news.example", "news.example", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
		    sign_aligned(cases[i].domain, cases[i].address),
		    cases[i].aligned);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers_must_be_fields),
		cmocka_unit_test(test_body_hashes),
		cmocka_unit_test(test_signatures_of_the_rfc),
		cmocka_unit_test(test_fields_look_as_they_should),
		cmocka_unit_test(test_changes_break_signatures),
		cmocka_unit_test(test_keys_that_are_refused),
		cmocka_unit_test(test_good_keys_need_no_warning),
		cmocka_unit_test(test_no_keys_sign_nothing),
		cmocka_unit_test(test_keys_are_picked_by_name),
		cmocka_unit_test(test_parts_mean_nothing),
		cmocka_unit_test(test_alignment),
	};

	return cmocka_run_group_tests(tests, open_site, close_site);
}
