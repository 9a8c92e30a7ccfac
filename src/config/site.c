#include "config/site.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "config/option.h"
#include "config/value.h"
#include "sign/sign.h"

enum { LARGEST_FILE = 200 * 1000 };

/* What the rules about several options at once look at. */
struct review {
	struct arena *arena;
	const struct yaml_node *root;
	struct complaints *complaints;
};

/* The line of a key within a map; the map's own where it is left out. */
static size_t
line_of(const struct yaml_node *map, const char *key)
{
	const struct yaml_node *node;

	if (map == NULL)
		return 0;
	node = yaml_find(map, key);
	return node != NULL ? node->line : map->line;
}

static void
review_relay(const struct review *review, const struct yaml_node *node,
    const struct relay *relay)
{
	const char *file = review->root->file;
	bool has_username = *relay->username != '\0';
	bool has_password = yaml_find(node, "password_file") != NULL;
	bool is_smtps = text_starts(relay->url, "smtps://");

	if (has_username && !has_password)
		complaints_add(review->complaints, file,
		    line_of(node, "username"),
		    "relays.username: needs password_file too");
	if (has_password && !has_username)
		complaints_add(review->complaints, file,
		    line_of(node, "password_file"),
		    "relays.password_file: needs username too");
	if (is_smtps && relay->tls != RELAY_TLS_REQUIRE)
		complaints_add(review->complaints, file, line_of(node, "tls"),
		    "relays.tls: an smtps:// relay is always encrypted; "
		    "write require or leave it out");
	else if (has_username && relay->tls != RELAY_TLS_REQUIRE &&
		 !value_is_loopback(relay->url))
		complaints_add(review->complaints, file, line_of(node, "tls"),
		    "relays.tls: a password may be sent to another host only "
		    "with tls: require");
	if (*relay->ca_file != '\0' && relay->tls != RELAY_TLS_REQUIRE)
		complaints_warn(review->complaints, file,
		    line_of(node, "ca_file"),
		    "relays.ca_file: only tls: require verifies with it");
}

static void
review_relays(const struct review *review, const struct site *site)
{
	const struct yaml_node *list = yaml_find(review->root, "relays");

	for (size_t i = 0; i < site->relay_count; i++)
		if (list->entries[i].node->kind == YAML_MAP)
			review_relay(
			    review, list->entries[i].node, &site->relays[i]);
}

static void
review_retry(const struct review *review, const struct backoff *retry)
{
	const struct yaml_node *map = yaml_find(review->root, "retry");
	const char *file = review->root->file;

	if (retry->longest_ms < retry->first_ms)
		complaints_add(review->complaints, file,
		    line_of(map, "longest"),
		    "retry.longest: shorter than retry.first");
	if (retry->give_up_after_ms < retry->first_ms)
		complaints_add(review->complaints, file,
		    line_of(map, "give_up_after"),
		    "retry.give_up_after: shorter than retry.first");
}

static void
review_tailoring(const struct review *review, const struct tailoring *tailoring)
{
	const struct yaml_node *map = yaml_find(review->root, "tailoring");

	if (tailoring->max_articles > 0 &&
	    tailoring->min_articles > tailoring->max_articles)
		complaints_add(review->complaints, review->root->file,
		    line_of(map, "min_articles"),
		    "tailoring.min_articles: more than max_articles");
}

static void
review_alarms(const struct review *review, const struct alarms *alarms)
{
	const struct yaml_node *map = yaml_find(review->root, "alarms");

	if (*alarms->hook != '\0' && access(alarms->hook, X_OK) != 0)
		complaints_add(review->complaints, review->root->file,
		    line_of(map, "hook"),
		    "alarms.hook: %s may not be run (chmod +x)", alarms->hook);
}

static void
review_dkim(const struct review *review, const struct site *site)
{
	const struct yaml_node *list = yaml_find(review->root, "dkim");
	const char *at = strrchr(site->sender.address, '@');
	bool aligned = site->dkim_count == 0 || at == NULL;

	for (size_t i = 0; i < site->dkim_count; i++) {
		const struct dkim_key *key = &site->dkim_keys[i];

		if (!aligned && *key->domain != '\0' &&
		    sign_aligned(key->domain, site->sender.address))
			aligned = true;
	}
	if (!aligned)
		complaints_warn(review->complaints, review->root->file,
		    list->line,
		    "dkim: no key is of the domain of sender.address (%s), so "
		    "DMARC will not pass by a signature",
		    at + 1);
}

/* Values that follow from others where they were left out. */
static void
derive(struct arena *arena, struct site *site)
{
	struct sender *sender = &site->sender;
	const char *at = strrchr(sender->address, '@');

	if (*sender->contact == '\0')
		sender->contact = *sender->reply_to != '\0' ? sender->reply_to
							    : sender->address;
	if (*sender->list_id == '\0' && at != NULL)
		sender->list_id = arena_format(arena, "glocal-news.%s", at + 1);
	if (*site->ehlo_name == '\0')
		site->ehlo_name = sender->bounce_domain;
	site->pace.dns = "";
	site->pace.without_mx = true;
	if (site->pace.hold_ms == 0)
		site->pace.hold_ms = 2 * site->retry.first_ms;
	for (size_t i = 0; i < site->relay_count; i++) {
		struct relay *relay = &site->relays[i];

		if (relay->priority == 0)
			relay->priority = (int)i + 1;
		if (relay->share == 0)
			relay->share = relay->connections;
	}
	if (site->max_unknown == 0)
		for (size_t i = 0; i < site->relay_count; i++)
			site->max_unknown += site->relays[i].connections;
}

static bool
parse(struct arena *arena, const char *folder, const char *text, size_t bytes,
    bool partly, struct complaints *complaints, struct site **ret_site,
    struct err *err)
{
	struct site *site = arena_take(arena, 1, sizeof(*site));
	struct yaml_node *root;
	struct review review = { .arena = arena, .complaints = complaints };

	site->folder = arena_strdup(arena, folder);
	site->file = file_join(arena, folder, SITE_FILE);
	if (yaml_parse(arena, site->file, text, bytes, 1, complaints, &root)) {
		option_read(arena, &option_root, root, site->folder, partly,
		    complaints, site);
		review.root = root;
		review_relays(&review, site);
		review_retry(&review, &site->retry);
		review_tailoring(&review, &site->tailoring);
		review_dkim(&review, site);
		review_alarms(&review, &site->alarms);
	}
	if (!complaints_none(complaints, ERR_CONFIG, err))
		return false;
	derive(arena, site);
	*ret_site = site;
	return true;
}

bool
site_parse(struct arena *arena, const char *folder, const char *text,
    size_t bytes, struct complaints *complaints, struct site **ret_site,
    struct err *err)
{
	return parse(
	    arena, folder, text, bytes, false, complaints, ret_site, err);
}

static bool
holds_site(struct arena *arena, const char *folder)
{
	return file_exists(file_join(arena, folder, SITE_FILE));
}

/* The nearest of the working directory and its parents, NULL for none. */
static const char *
find_upward(struct arena *arena)
{
	char *here = realpath(".", NULL);
	const char *found = NULL;
	char *folder;

	if (here == NULL)
		return NULL;
	folder = arena_strdup(arena, here);
	free(here);
	for (;;) {
		char *slash = strrchr(folder, '/');

		if (holds_site(arena, *folder != '\0' ? folder : "/")) {
			found = *folder != '\0' ? folder : "/";
			break;
		}
		if (slash == NULL)
			break;
		*slash = '\0';
	}
	return found;
}

bool
site_find(struct arena *arena, const char *given, const char **ret_folder,
    struct err *err)
{
	static const char system_wide[] = "/etc/glocal-mail";
	const char *by = "--site";
	const char *folder = given;

	if (folder == NULL) {
		folder = getenv("GLOCAL_MAIL_SITE");
		by = "GLOCAL_MAIL_SITE";
	}
	if (folder != NULL && *folder != '\0') {
		if (!holds_site(arena, folder))
			return err_set(err, ERR_CONFIG,
			    "%s: %s holds no %s; make a site with "
			    "'glocal-mail --site %s init'",
			    by, folder, SITE_FILE, folder);
		*ret_folder = arena_strdup(arena, folder);
		return true;
	}

	folder = find_upward(arena);
	if (folder == NULL && holds_site(arena, system_wide))
		folder = system_wide;
	if (folder == NULL)
		return err_set(err, ERR_CONFIG,
		    "no site here: go to the folder with %s, name it with "
		    "--site DIR, or make one with 'glocal-mail --site DIR "
		    "init'",
		    SITE_FILE);
	*ret_folder = folder;
	return true;
}

static bool
find_and_parse(struct arena *arena, const char *given, bool partly,
    struct complaints *complaints, struct site **ret_site, struct err *err)
{
	const char *folder;
	char *text;
	size_t bytes;

	if (!site_find(arena, given, &folder, err))
		return false;
	if (!file_read(arena, file_join(arena, folder, SITE_FILE), LARGEST_FILE,
		&text, &bytes, err))
		return err_wrap(err, "configuration");
	return parse(
	    arena, folder, text, bytes, partly, complaints, ret_site, err);
}

bool
site_open(struct arena *arena, const char *given, struct complaints *complaints,
    struct site **ret_site, struct err *err)
{
	return find_and_parse(arena, given, false, complaints, ret_site, err);
}

bool
site_open_partly(struct arena *arena, const char *given,
    struct complaints *complaints, struct site **ret_site, struct err *err)
{
	return find_and_parse(arena, given, true, complaints, ret_site, err);
}

char *
site_path(struct arena *arena, const struct site *site, const char *name)
{
	return file_join(arena, site->folder, name);
}
