/* secret/: known vectors, base32 both ways, and the key file's manners. */

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

#include "base/file.h"
#include "secret/secret.h"

static const char *
to_hex(struct arena *arena, const unsigned char *bytes, size_t count)
{
	char *hex = arena_take(arena, 2 * count + 1, 1);

	for (size_t i = 0; i < count; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	return hex;
}

/* `count` times the byte, or the text where count is 0. */
static char *
fill(struct arena *arena, const char *text, int byte, size_t count)
{
	char *bytes;

	if (count == 0)
		return arena_strdup(arena, text);
	bytes = arena_take(arena, count + 1, 1);
	memset(bytes, byte, count);
	return bytes;
}

/* RFC 4231 section 4. */
static void
test_hmac_vectors(void **state)
{
	static const struct {
		const char *key;
		int key_byte;
		size_t key_count;
		const char *data;
		int data_byte;
		size_t data_count;
		const char *mac;
	} cases[] = {
		{ NULL, 0x0b, 20, "Hi There", 0, 0,
		    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e"
		    "32cff7" },
		{ "Jefe", 0, 0, "what do ya want for nothing?", 0, 0,
		    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964"
		    "ec3843" },
		{ NULL, 0xaa, 20, NULL, 0xdd, 50,
		    "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ce"
		    "d565fe" },
		{ NULL, 0xaa, 131,
		    "Test Using Larger Than Block-Size Key - Hash Key First", 0,
		    0,
		    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0e"
		    "e37f54" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		char *key = fill(
		    arena, cases[i].key, cases[i].key_byte, cases[i].key_count);
		char *data = fill(arena, cases[i].data, cases[i].data_byte,
		    cases[i].data_count);
		unsigned char mac[SECRET_HASH_BYTES];

		secret_hmac(key, strlen(key), data, strlen(data), mac);
		assert_string_equal(
		    to_hex(arena, mac, sizeof(mac)), cases[i].mac);
	}
}

static void
test_sha256(void **state)
{
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	unsigned char hash[SECRET_HASH_BYTES];

	(void)state;
	secret_sha256("abc", 3, hash);
	assert_string_equal(to_hex(arena, hash, sizeof(hash)),
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* The same bytes cut differently are different inputs; the MAC is the plain
   HMAC over lengths and fields. */
static void
test_mac_is_unambiguous(void **state)
{
	static const struct secret_key key = { .id = 1, .bytes = "k" };
	static const struct secret_part ab_c[] = { { "ab", 2 }, { "c", 1 } };
	static const struct secret_part a_bc[] = { { "a", 1 }, { "bc", 2 } };
	static const struct secret_part abc[] = { { "abc", 3 } };
	static const char flat[] = "\0\0\0\0\0\0\0\2ab\0\0\0\0\0\0\0\1c";
	unsigned char first[SECRET_HASH_BYTES], second[SECRET_HASH_BYTES],
	    third[SECRET_HASH_BYTES], plain[SECRET_HASH_BYTES];

	(void)state;
	secret_mac(&key, ab_c, 2, first);
	secret_mac(&key, a_bc, 2, second);
	secret_mac(&key, abc, 1, third);
	secret_hmac(
	    key.bytes, sizeof(key.bytes), flat, sizeof(flat) - 1, plain);
	assert_false(secret_equal(first, second, sizeof(first)));
	assert_false(secret_equal(first, third, sizeof(first)));
	assert_true(secret_equal(first, plain, sizeof(first)));
}

/* RFC 4648 section 10, in lower case and without padding. */
static void
test_base32(void **state)
{
	static const struct {
		const char *plain, *text;
	} cases[] = { { "", "" }, { "f", "my" }, { "fo", "mzxq" },
		{ "foo", "mzxw6" }, { "foob", "mzxw6yq" },
		{ "fooba", "mzxw6ytb" }, { "foobar", "mzxw6ytboi" } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t count = strlen(cases[i].plain);
		char text[20];
		unsigned char back[20] = { 0 };

		secret_base32(cases[i].plain, count, text);
		assert_string_equal(text, cases[i].text);
		assert_true(
		    secret_base32_read(text, strlen(text), back, count));
		assert_memory_equal(back, cases[i].plain, count);
		for (char *p = text; *p != '\0'; p++)
			if (*p >= 'a' && *p <= 'z')
				*p = (char)(*p - 'a' + 'A');
		assert_true(
		    secret_base32_read(text, strlen(text), back, count));
		assert_memory_equal(back, cases[i].plain, count);
	}
}

static void
test_base32_refused(void **state)
{
	static const struct {
		const char *text;
		size_t count;
	} cases[] = { { "mz", 1 }, { "m1", 1 }, { "m", 1 }, { "mya", 1 },
		{ "m=", 1 }, { "mzxr", 2 }, { "mzxw8", 3 }, { "my ", 1 },
		{ "", 1 }, { "my", 2 } };
	unsigned char back[20];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_false(secret_base32_read(cases[i].text,
		    strlen(cases[i].text), back, cases[i].count));
}

static void
test_base32_of_all_lengths(void **state)
{
	unsigned char bytes[70], back[70];
	char text[200];

	(void)state;
	for (size_t count = 0; count <= sizeof(bytes); count++) {
		secret_random(bytes, count);
		secret_base32(bytes, count, text);
		assert_int_equal(strlen(text), secret_base32_chars(count));
		assert_int_equal(
		    strspn(text, "abcdefghijklmnopqrstuvwxyz234567"),
		    strlen(text));
		assert_true(
		    secret_base32_read(text, strlen(text), back, count));
		assert_memory_equal(back, bytes, count);
	}
}

static void
test_random_differs(void **state)
{
	unsigned char a[32] = { 0 }, b[32] = { 0 };

	(void)state;
	secret_random(a, sizeof(a));
	secret_random(b, sizeof(b));
	assert_false(secret_equal(a, b, sizeof(a)));
	assert_true(secret_equal(a, a, sizeof(a)));
}

struct folder {
	char path[40];
	char key[60];
};

static int
make_folder(void **state)
{
	struct folder *folder = calloc(1, sizeof(*folder));

	strcpy(folder->path, "/tmp/test_secret.XXXXXX");
	if (mkdtemp(folder->path) == NULL)
		return -1;
	snprintf(folder->key, sizeof(folder->key), "%s/site.key", folder->path);
	*state = folder;
	return 0;
}

static int
remove_folder(void **state)
{
	struct folder *folder = *state;
	char lock[80];

	snprintf(lock, sizeof(lock), "%s.lock", folder->key);
	unlink(lock);
	unlink(folder->key);
	rmdir(folder->path);
	free(folder);
	return 0;
}

static void
test_key_file(void **state)
{
	const struct folder *folder = *state;
	struct secret_keys *first, *second, *third;
	struct err err = { 0 };
	struct stat info;

	assert_false(secret_keys_open(folder->key, false, &first, &err));
	assert_int_equal(err.code, ERR_NO_INPUT);
	assert_true(secret_keys_open(folder->key, true, &first, &err));
	assert_int_equal(stat(folder->key, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0600);

	/* Opening again finds the same key. */
	assert_true(secret_keys_open(folder->key, true, &second, &err));
	assert_int_equal(secret_keys_newest(second)->id, 1);
	assert_memory_equal(secret_keys_newest(first)->bytes,
	    secret_keys_newest(second)->bytes, SECRET_KEY_BYTES);

	/* After a rotation the new key signs and the old one is still there. */
	assert_true(secret_keys_rotate(folder->key, &err));
	assert_true(secret_keys_open(folder->key, false, &third, &err));
	assert_int_equal(secret_keys_newest(third)->id, 2);
	assert_memory_equal(secret_keys_find(third, 1)->bytes,
	    secret_keys_newest(first)->bytes, SECRET_KEY_BYTES);
	assert_memory_not_equal(secret_keys_newest(third)->bytes,
	    secret_keys_newest(first)->bytes, SECRET_KEY_BYTES);
	assert_null(secret_keys_find(third, 3));
	assert_int_equal(stat(folder->key, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0600);
	secret_keys_free(first);
	secret_keys_free(second);
	secret_keys_free(third);
	secret_keys_free(NULL);
}

static void
test_key_file_open_to_others(void **state)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0644, 0666 };
	const struct folder *folder = *state;
	struct secret_keys *keys;

	assert_true(secret_keys_open(folder->key, true, &keys, NULL));
	secret_keys_free(keys);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		struct err err = { 0 };

		assert_int_equal(chmod(folder->key, modes[i]), 0);
		assert_false(secret_keys_open(folder->key, true, &keys, &err));
		assert_int_equal(err.code, ERR_NO_PERM);
		assert_false(secret_keys_rotate(folder->key, &err));
	}
}

#define HEX "0123456789abcdef0123456789abcdef"

static void
test_key_file_malformed(void **state)
{
	static const struct {
		const char *text;
		const char *complaint;
	} cases[] = {
		{ "", "holds no key" },
		{ "# a comment\n\n", "holds no key" },
		{ "1 abcd\n", ":1:" },
		{ "1 " HEX HEX "00\n", ":1:" },
		{ "1 " HEX HEX " 2\n", ":1:" },
		{ "1 " HEX "0123456789abcdef0123456789abcdeg\n", ":1:" },
		{ "0 " HEX HEX "\n", ":1:" },
		{ "1024 " HEX HEX "\n", ":1:" },
		{ "#\n2 " HEX HEX "\n2 " HEX HEX "\n", ":3:" },
		{ "2 " HEX HEX "\n1 " HEX HEX "\n", ":2:" },
	};
	const struct folder *folder = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct secret_keys *keys;
		struct err err = { 0 };

		assert_true(file_write(folder->key, cases[i].text,
		    strlen(cases[i].text), 0600, &err));
		assert_false(secret_keys_open(folder->key, true, &keys, &err));
		assert_int_equal(err.code, ERR_DATA);
		assert_non_null(strstr(err.text, cases[i].complaint));
		assert_null(strstr(err.text, "0123456789"));
	}
}

static void
test_key_numbers_end(void **state)
{
	static const char text[] = "1023 " HEX HEX "\n";
	const struct folder *folder = *state;
	struct secret_keys *keys;
	struct err err = { 0 };

	assert_true(
	    file_write(folder->key, text, sizeof(text) - 1, 0600, &err));
	assert_false(secret_keys_rotate(folder->key, &err));
	assert_true(secret_keys_open(folder->key, false, &keys, &err));
	assert_int_equal(secret_keys_newest(keys)->id, 1023);
	assert_int_equal(secret_keys_newest(keys)->bytes[1], 0x23);
	secret_keys_free(keys);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hmac_vectors),
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_mac_is_unambiguous),
		cmocka_unit_test(test_base32),
		cmocka_unit_test(test_base32_refused),
		cmocka_unit_test(test_base32_of_all_lengths),
		cmocka_unit_test(test_random_differs),
		cmocka_unit_test_setup_teardown(
		    test_key_file, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
		    test_key_file_open_to_others, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
		    test_key_file_malformed, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
		    test_key_numbers_end, make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
