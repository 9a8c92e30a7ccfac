#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "config/site.h"

/* A file that every copy of the shipped data has. */
static const char landmark[] = "config/municipalities.csv";

static bool
take_if_there(
    struct arena *arena, const char *folder, const char *name, char **ret_path)
{
	char *path = file_join(arena, folder, name);

	if (!file_exists(file_join(arena, folder, landmark)) ||
	    !file_exists(path))
		return false;
	*ret_path = path;
	return true;
}

bool
site_share(
    struct arena *arena, const char *name, char **ret_path, struct err *err)
{
	const char *share = getenv("GLOCAL_MAIL_SHARE");
	char program[PATH_MAX];
	ssize_t bytes;
	char *slash;

	if (share != NULL && *share != '\0') {
		char *path = file_join(arena, share, name);

		if (!file_exists(path))
			return err_set(err, ERR_UNAVAILABLE,
			    "GLOCAL_MAIL_SHARE: %s does not exist", path);
		*ret_path = path;
		return true;
	}

	bytes = readlink("/proc/self/exe", program, sizeof(program) - 1);
	if (bytes < 0)
		return err_errno(err, ERR_OS, "/proc/self/exe");
	program[bytes] = '\0';

	/* Installed beside the program's folder, then the source tree. */
	slash = strrchr(program, '/');
	*slash = '\0';
	if (take_if_there(arena,
		arena_format(arena, "%s/../share/glocal-mail", program), name,
		ret_path))
		return true;
	while ((slash = strrchr(program, '/')) != NULL) {
		*slash = '\0';
		if (take_if_there(arena, *program != '\0' ? program : "/", name,
			ret_path))
			return true;
	}
	return err_set(err, ERR_UNAVAILABLE,
	    "the shipped '%s' is not found; GLOCAL_MAIL_SHARE may name the "
	    "folder that holds it",
	    name);
}
