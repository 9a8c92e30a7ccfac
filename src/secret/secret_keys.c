#include "secret/secret.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/vec.h"

/*
 * The file is text: lines "ID HEX", ids ascending, comments behind "#". It is
 * changed under "PATH.lock" and replaced as a whole, so that a reader sees
 * the old or the new keys and two makers do not make two.
 */

enum { LARGEST_FILE = 256 * 1024, HEX_CHARS = 2 * SECRET_KEY_BYTES };

struct secret_keys {
	struct secret_key *items; /* ids ascending */
	size_t count;
	size_t room;
};

static const char head[] =
    "# The site's secret keys: the last one signs, all of them verify links\n"
    "# and return paths in mail already sent. Keep them, and keep them "
    "secret.\n";

void
secret_keys_free(struct secret_keys *keys)
{
	if (keys == NULL)
		return;
	if (keys->count > 0)
		sodium_memzero(keys->items, keys->count * sizeof(*keys->items));
	vec_clear(keys);
	free(keys);
}

struct secret_keys *
secret_keys_new(const struct secret_key *from, size_t count)
{
	struct secret_keys *keys = mem_new(1, sizeof(*keys));

	for (size_t i = 0; i < count; i++)
		vec_push(keys, from[i]);
	return keys;
}

const struct secret_key *
secret_keys_newest(const struct secret_keys *keys)
{
	return &keys->items[keys->count - 1];
}

const struct secret_key *
secret_keys_find(const struct secret_keys *keys, int id)
{
	for (size_t i = keys->count; i-- > 0;)
		if (keys->items[i].id == id)
			return &keys->items[i];
	return NULL;
}

/* Reads "ID HEX" into a key with an id above `last`. */
static bool
read_line(
    struct arena *arena, const char *line, int last, struct secret_key *ret_key)
{
	struct text_list words = text_split(arena, line, ' ');
	struct secret_key key;
	int64_t id;
	size_t bytes;

	if (words.count != 2 ||
	    !num_parse(words.items[0], last + 1, SECRET_KEY_ID_LAST, &id) ||
	    strlen(words.items[1]) != HEX_CHARS ||
	    sodium_hex2bin(key.bytes, sizeof(key.bytes), words.items[1],
		HEX_CHARS, NULL, &bytes, NULL) != 0 ||
	    bytes != SECRET_KEY_BYTES)
		return false;
	key.id = (int)id;
	*ret_key = key;
	return true;
}

static bool
read_keys(const char *path, struct secret_keys **ret_keys, struct err *err)
{
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	struct secret_keys *keys;
	struct stat info;
	char *text, *line, *rest;
	size_t bytes;
	size_t number = 0;

	if (stat(path, &info) < 0)
		return err_errno(err,
		    errno == ENOENT ? ERR_NO_INPUT : ERR_NO_PERM, "%s", path);
	if ((info.st_mode & 077) != 0)
		return err_set(err, ERR_NO_PERM,
		    "%s: others may read it (mode %04o); make it 0600", path,
		    (unsigned)info.st_mode & 07777);
	if (!file_read(arena, path, LARGEST_FILE, &text, &bytes, err))
		return false;
	keys = secret_keys_new(NULL, 0);
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;) {
		int last = keys->count ? secret_keys_newest(keys)->id : 0;
		struct secret_key key;

		number++;
		if (*line == '\0' || *line == '#')
			continue;
		if (!read_line(arena, line, last, &key)) {
			secret_keys_free(keys);
			sodium_memzero(text, bytes);
			return err_set(err, ERR_DATA,
			    "%s:%zu: expected a number above %d and %d hex "
			    "digits",
			    path, number, last, HEX_CHARS);
		}
		vec_push(keys, key);
	}
	sodium_memzero(text, bytes);
	if (keys->count == 0) {
		secret_keys_free(keys);
		return err_set(err, ERR_DATA, "%s: it holds no key", path);
	}
	*ret_keys = keys;
	return true;
}

static bool
write_keys(const char *path, const struct secret_keys *keys, struct err *err)
{
	struct buf text;
	bool written;

	buf_init(&text, LARGEST_FILE);
	buf_add_str(&text, head);
	for (size_t i = 0; i < keys->count; i++) {
		char hex[HEX_CHARS + 1];

		sodium_bin2hex(
		    hex, sizeof(hex), keys->items[i].bytes, SECRET_KEY_BYTES);
		buf_add_format(&text, "%d %s\n", keys->items[i].id, hex);
		sodium_memzero(hex, sizeof(hex));
	}
	written = file_write(path, text.bytes, text.used, 0600, err);
	sodium_memzero(text.bytes, text.used);
	buf_clear(&text);
	return written;
}

/* Adds a random key; the caller holds the lock. */
static bool
add_key(const char *path, struct secret_keys *keys, struct err *err)
{
	struct secret_key key = { .id = 1 };

	if (keys->count > 0)
		key.id = secret_keys_newest(keys)->id + 1;
	if (key.id > SECRET_KEY_ID_LAST)
		return err_set(err, ERR_DATA,
		    "%s: all key numbers are used up to %d", path,
		    SECRET_KEY_ID_LAST);
	secret_random(key.bytes, sizeof(key.bytes));
	vec_push(keys, key);
	sodium_memzero(&key, sizeof(key));
	return write_keys(path, keys, err);
}

/* The descriptor of the lock that makers of keys hold, -1 on failure. */
static int
lock_keys(struct arena *arena, const char *path, struct err *err)
{
	int lock = file_lock_open(arena_format(arena, "%s.lock", path), err);

	if (lock >= 0 && !file_lock(lock, err)) {
		close(lock);
		return -1;
	}
	return lock;
}

static bool
create_keys(const char *path, struct err *err)
{
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	int lock = lock_keys(arena, path, err);
	bool created = true;

	if (lock < 0)
		return false;
	/* Look again: another process may have made it meanwhile. */
	if (!file_exists(path)) {
		struct secret_keys *keys = secret_keys_new(NULL, 0);

		created = add_key(path, keys, err);
		secret_keys_free(keys);
	}
	close(lock);
	return created;
}

bool
secret_keys_open(const char *path, bool create, struct secret_keys **ret_keys,
    struct err *err)
{
	if (create && !file_exists(path) && !create_keys(path, err))
		return err_wrap(err, "site key");
	if (!read_keys(path, ret_keys, err))
		return err_wrap(err, "site key");
	return true;
}

bool
secret_keys_rotate(const char *path, struct err *err)
{
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	struct secret_keys *keys;
	int lock = lock_keys(arena, path, err);
	bool rotated = false;

	if (lock < 0)
		return err_wrap(err, "site key");
	if (read_keys(path, &keys, err)) {
		rotated = add_key(path, keys, err);
		secret_keys_free(keys);
	}
	close(lock);
	return rotated || err_wrap(err, "site key");
}
