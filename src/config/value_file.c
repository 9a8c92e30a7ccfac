#include "config/value_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { LONGEST_SECRET = 1000 };

/* The zone in the same region that was meant, NULL when none is near. */
static const char *
nearest_zone(struct arena *arena, const char *zones, const char *name)
{
	const char *slash = strrchr(name, '/');
	size_t bytes = slash != NULL ? (size_t)(slash - name) + 1 : 0;
	char *region = arena_strndup(arena, name, bytes);
	struct text_list names;
	const char **words;
	const char *nearest;

	if (!file_list(arena, file_join(arena, zones, region), &names, NULL))
		return NULL;
	words = arena_take(arena, names.count + 1, sizeof(*words));
	for (size_t i = 0; i < names.count; i++)
		words[i] = names.items[i];
	nearest = text_nearest(name + bytes, words);
	return nearest != NULL ? arena_format(arena, "%s%s", region, nearest)
			       : NULL;
}

bool
value_read_timezone(const struct value *value, void *target)
{
	static const char zones[] = "/usr/share/zoneinfo";
	const char *name = value->text;
	const char *path = file_join(value->arena, zones, name);
	const char *nearest;

	if (text_equal(name, "UTC"))
		return value_set_text(name, target);
	if (!file_is_folder(zones))
		return value_complain(value,
		    "cannot be looked up: %s is missing (package tzdata)",
		    zones);
	if (*name != '/' && strstr(name, "..") == NULL && file_exists(path) &&
	    !file_is_folder(path))
		return value_set_text(name, target);
	nearest = *name != '/' && strstr(name, "..") == NULL
		      ? nearest_zone(value->arena, zones, name)
		      : NULL;
	if (nearest != NULL)
		return value_complain(value,
		    "unknown time zone '%s' (did you mean '%s'?)", name,
		    nearest);
	return value_complain(value,
	    "unknown time zone '%s'; write a name such as Asia/Tokyo", name);
}

bool
value_read_file(const struct value *value, void *target)
{
	char *path = file_join(value->arena, value->folder, value->text);
	struct stat status;

	if (value->partly && access(path, R_OK) != 0)
		return false; /* whoever sends nothing opens no such file */
	if (stat(path, &status) != 0)
		return value_complain(value, "%s: %s", path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return value_complain(value, "%s is no file", path);
	if (access(path, R_OK) != 0)
		return value_complain(value, "%s: %s", path, strerror(errno));
	return value_set_text(path, target);
}

/* The file of a secret: of the site, or "credential:NAME", one that systemd
   unpacked for this service (LoadCredential=, systemd.exec(5)). */
static bool
find_secret(const struct value *value, const char **ret_path)
{
	const char *name = value->text + strlen("credential:");
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	struct value there = *value;

	if (!text_starts(value->text, "credential:"))
		return value_read_file(value, ret_path);
	if (*name == '\0' || strchr(name, '/') != NULL)
		return value_complain(value,
		    "'%s' names no credential; write credential:NAME",
		    value->text);
	if ((folder == NULL || *folder != '/') && value->partly)
		return false;
	if (folder == NULL || *folder != '/')
		return value_complain(value,
		    "no credentials here: '%s' needs LoadCredential=%s:FILE in "
		    "the systemd unit",
		    value->text, name);
	there.text = name;
	there.folder = folder;
	return value_read_file(&there, ret_path);
}

bool
value_read_secret(const struct value *value, void *target)
{
	const char *path;
	struct stat status;
	char *secret;
	size_t bytes;
	struct err err = { 0 };

	if (!find_secret(value, &path))
		return false;
	if (stat(path, &status) == 0 && (status.st_mode & S_IRWXO) != 0)
		return value_complain(value,
		    "%s may be read by everyone (mode %03o); "
		    "do: chmod 600 '%s'",
		    path, status.st_mode & 0777u, path);
	if (!file_read(
		value->arena, path, LONGEST_SECRET, &secret, &bytes, &err))
		return value_complain(value, "%s", err.text);
	while (bytes > 0 &&
	       (secret[bytes - 1] == '\n' || secret[bytes - 1] == '\r'))
		secret[--bytes] = '\0';
	if (bytes == 0)
		return value_complain(value, "%s is empty", path);
	if (strlen(secret) != bytes || text_has_control(secret))
		return value_complain(
		    value, "%s must hold one line of text", path);
	return value_set_text(secret, target);
}
