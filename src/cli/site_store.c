#include "cli/site_store.h"

#include <string.h>

#include "base/log.h"

bool
site_store_move(const struct site *site, struct err *err)
{
	static const char kind[] = "sqlite:";
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	const char *first =
	    site_path(arena, site, &SITE_STORE_FIRST[strlen(kind)]);
	bool moved;

	if (!store_move(".", arena_format(arena, "%s%s", kind, first),
		site->store_url, &moved, err))
		return false;
	if (moved)
		log_info("the database of this site was at %s; it is now at %s",
		    first, site->store_url + strlen(kind));
	return true;
}

bool
site_store_open(
    const struct site *site, struct store **ret_store, struct err *err)
{
	return site_store_move(site, err) &&
	       store_open(".", site->store_url, ret_store, err);
}
