#include <stdlib.h>
#include <time.h>

#include "base/file.h"
#include "base/num.h"
#include "cli/cmd.h"
#include "cli/cmd_subscriber_story.h"
#include "cli/cmd_template.h"
#include "cli/findings.h"
#include "cli/keyring.h"
#include "cli/site_store.h"
#include "content/content.h"
#include "deliver/probe.h"
#include "digest/material.h"
#include "people/people_domains.h"
#include "people/people_history.h"
#include "sign/sign.h"
#include "store/store_tag.h"

const struct command_option cmd_check_options[] = {
	{ "offline", NULL, "do not connect to the relays" },
	{ "contacts", NULL,
	    "ask DNS whether the domains of the contacts take mail; an answer "
	    "is kept for a day" },
	{ "dns-server", "ADDRESS[:PORT]",
	    "with --contacts: ask this server, not the system's" },
	{ 0 },
};

/* What the checks look at, opened by those before. */
struct inspection {
	struct command_run *run;
	struct store *store; /* NULL when it could not be opened */
	struct complaints *complaints;
};

/* Is the key there that links and return paths are made with? */
static bool
check_site_key(struct inspection *inspection, struct err *err)
{
	bool ever;

	if (inspection->store == NULL)
		return err_set(
		    err, ERR_UNAVAILABLE, "not looked at: no database");
	return keyring_check_site_key(
	    inspection->run, inspection->store, &ever, err);
}

/* Can we sign? Whether the public keys are published is not looked at. */
static bool
check_signing(struct inspection *inspection, struct err *err)
{
	const struct site *site = inspection->run->site;
	struct sign *sign = NULL;
	bool ok = sign_open(site->dkim_keys, site->dkim_count,
	    inspection->complaints, &sign, err);

	sign_free(sign);
	return ok;
}

static bool
check_database(struct inspection *inspection, struct err *err)
{
	if (!site_store_open(inspection->run->site, &inspection->store, err))
		return false;
	return store_verify(inspection->store, err);
}

/* Tells the end of the chain, for who wants to note it down. */
static bool
check_history(struct inspection *inspection, struct err *err)
{
	struct arena *arena = inspection->run->arena;
	struct store_history_state state;

	if (inspection->store == NULL)
		return err_set(
		    err, ERR_UNAVAILABLE, "not looked at: no database");
	if (!people_history_verify(inspection->store, &state, err))
		return false;
	if (state.count > 0)
		printf("%-15s%s, the last is sealed %s\n", "",
		    num_format_count(arena, state.count, "change", "changes"),
		    cmd_story_hex(arena, state.head));
	return true;
}

/* The slugs of all tags, NULL-terminated. */
static bool
list_tags(
    struct inspection *inspection, const char ***ret_slugs, struct err *err)
{
	struct arena *arena = inspection->run->arena;
	struct store_tags tags;
	const char **slugs;

	if (!store_tag_list(arena, inspection->store, false, &tags, err))
		return false;
	slugs = arena_take(arena, tags.count + 1, sizeof(*slugs));
	for (size_t i = 0; i < tags.count; i++)
		slugs[i] = tags.items[i].slug;
	*ret_slugs = slugs;
	return true;
}

static bool
check_issue(struct inspection *inspection, const char *id,
    const struct content_vocabulary *known, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct complaints *complaints = inspection->complaints;
	const char *folder = file_join(
	    arena, site_path(arena, inspection->run->site, "issues"), id);
	const struct content_pictures pictures = {
		.cache =
		    site_path(arena, inspection->run->site, MATERIAL_PICTURES),
		.inside = inspection->run->site->images_inline,
	};
	size_t first = complaints->count;
	struct content_files files;
	struct issue *issue;
	bool ok;

	if (!content_id_holds(id)) {
		complaints_add(complaints, folder, 0,
		    "an issue's name is of letters, digits, '.', '_', '-'");
		return false;
	}
	if (!content_read(arena, folder, &pictures, &files, err)) {
		complaints_add(complaints, folder, 0, "%s", err->text);
		return false;
	}
	ok = content_parse(arena, id, &files, known, complaints, &issue, err);
	complaints_move(
	    complaints, first, arena_format(arena, "issues/%s", id));
	return ok;
}

static bool
check_issues(struct inspection *inspection, struct err *err)
{
	struct arena *arena = inspection->run->arena;
	const char *folder = site_path(arena, inspection->run->site, "issues");
	struct content_vocabulary known = { 0 };
	const char **slugs;
	struct text_list ids;
	bool ok = true;

	if (inspection->store == NULL)
		return err_set(err, ERR_UNAVAILABLE,
		    "not looked at: they need the database's tags");
	if (!list_tags(inspection, &slugs, err) ||
	    !file_list(arena, folder, &ids, err))
		return false;
	known.tags = slugs;
	for (size_t i = 0; i < ids.count; i++)
		if (file_is_folder(file_join(arena, folder, ids.items[i])) &&
		    !check_issue(inspection, ids.items[i], &known, err))
			ok = false;
	return ok || complaints_none(inspection->complaints, ERR_DATA, err);
}

static bool
check_templates(struct inspection *inspection, struct err *err)
{
	struct template_folder folder;

	if (!template_folder_read(
		inspection->run->arena, inspection->run->site, &folder, err))
		return false;
	cmd_template_lint(&folder, inspection->complaints);
	findings_sort(inspection->complaints);
	return complaints_none(inspection->complaints, ERR_DATA, err);
}

/* Says how it went with one relay; the worst of all goes into `err`: one that
   does not answer may do so later, one that refuses us needs an operator. */
static bool
tell_relay(const struct probe *probe, struct err *err)
{
	char code[16] = "";

	if (probe->ok) {
		printf("%-15s%s: %s; offers %s\n", "", probe->relay,
		    *probe->tls != '\0' ? probe->tls : "not encrypted",
		    *probe->offers != '\0' ? probe->offers : "nothing");
		return true;
	}
	if (probe->why.code != 0)
		snprintf(code, sizeof(code), "%d ", probe->why.code);
	if (err->code != ERR_UNAVAILABLE)
		err_set(err,
		    probe->why.blame == BLAME_US ? ERR_UNAVAILABLE : ERR_TEMP,
		    "%s: %s%s", probe->relay, code, probe->why.text);
	printf("%-15s%s: %s%s\n", "", probe->relay, code, probe->why.text);
	return false;
}

static bool
check_relays(struct inspection *inspection, struct err *err)
{
	const struct site *site = inspection->run->site;
	struct probe *probes = arena_take(
	    inspection->run->arena, site->relay_count, sizeof(*probes));
	bool ok = true;

	probe_relays(site, probes);
	for (size_t i = 0; i < site->relay_count; i++)
		if (!tell_relay(&probes[i], err))
			ok = false;
	return ok;
}

static void
tell_domain(const struct people_domain *domain)
{
	printf("%-15s%s %s", "", domain->domain, dns_answer(domain->answer));
	if (domain->detail[0] != '\0')
		printf(" (%s)", domain->detail);
	for (size_t i = 0; i < domain->addresses.count; i++)
		printf("%s %s", i == 0 ? ":" : ",", domain->addresses.items[i]);
	putchar('\n');
}

/* Who gave no answer may give it later; who has none needs another address. */
static bool
check_contacts(struct inspection *inspection, struct err *err)
{
	struct command_run *run = inspection->run;
	struct arena *arena = run->arena;
	struct dns_options options = dns_options_usual;
	struct people_domains domains;

	if (inspection->store == NULL)
		return err_set(err, ERR_UNAVAILABLE,
		    "not looked at: they are in the database");
	options.server = command_value(run, "dns-server");
	if (!people_check_domains(
		arena, inspection->store, &options, &domains, err))
		return false;
	printf("%-15s%s, %zu of them asked about now\n", "",
	    num_format_count(arena, (int64_t)domains.all, "domain", "domains"),
	    domains.asked);
	for (size_t i = 0; i < domains.count; i++)
		tell_domain(&domains.items[i]);
	if (domains.dead_contacts > 0)
		return err_set(err, ERR_DATA, "%s at domains that take no mail",
		    num_format_count(arena, (int64_t)domains.dead_contacts,
			"contact", "contacts"));
	return domains.unknown == 0 ||
	       err_set(err, ERR_TEMP, "%zu %s gave no answer; ask again later",
		   domains.unknown,
		   domains.unknown == 1 ? "domain" : "domains");
}

static const struct {
	const char *name;
	bool (*run)(struct inspection *inspection, struct err *err);
} checks[] = {
	{ "signing", check_signing },
	{ "database", check_database },
	{ "site key", check_site_key },
	{ "history", check_history },
	{ "issues", check_issues },
	{ "templates", check_templates },
	{ "relays", check_relays },
	{ "contacts", check_contacts },
};

/* Prints how one check went; the first failure decides the exit status. */
static void
tell(struct inspection *inspection, const char *name, bool ok,
    const struct err *err, enum err_code *first)
{
	complaints_print(inspection->complaints, stderr);
	if (!ok && inspection->complaints->errors == 0)
		fprintf(stderr, "%s: %s\n", name, err->text);
	fflush(stderr);
	complaints_clear(inspection->complaints);
	printf("%-15s%s\n", name, ok ? "ok" : "wrong");
	fflush(stdout);
	if (!ok && *first == ERR_NONE)
		*first = err->code;
}

bool
cmd_check(struct command_run *run, struct err *err)
{
	struct complaints complaints = { 0 };
	struct inspection inspection = {
		.run = run,
		.complaints = &complaints,
	};
	enum err_code first = ERR_NONE;
	struct err one = { 0 };
	bool ok;

	if (command_has(run, "dns-server") && !command_has(run, "contacts"))
		return err_set(
		    err, ERR_USAGE, "--dns-server goes with --contacts alone");
	ok = site_open(run->arena, run->folder, &complaints, &run->site, &one);
	tell(&inspection, "configuration", ok, &one, &first);
	if (ok) {
		setenv("TZ", run->site->sender.timezone, 1);
		tzset();
	}
	for (size_t i = 0; ok && i < sizeof(checks) / sizeof(checks[0]); i++) {
		one = (struct err){ 0 };
		if (checks[i].run == check_contacts &&
		    !command_has(run, "contacts"))
			continue;
		if (checks[i].run == check_relays &&
		    command_has(run, "offline")) {
			printf("%-15snot looked at\n", checks[i].name);
			continue;
		}
		tell(&inspection, checks[i].name,
		    checks[i].run(&inspection, &one), &one, &first);
	}
	store_close(inspection.store);
	if (first == ERR_NONE)
		return true;
	return err_set(err, first, "something is wrong, as said above");
}
