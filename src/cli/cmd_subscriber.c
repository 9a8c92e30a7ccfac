#include <string.h>

#include "base/now.h"
#include "base/num.h"
#include "cli/cmd.h"
#include "cli/cmd_people.h"
#include "cli/keyring.h"
#include "model/municipality.h"
#include "people/people.h"
#include "people/people_audience.h"
#include "publish/publish_confirm.h"
#include "report/table.h"
#include "store/store_tag.h"
#include "json/json.h"

const struct command_option cmd_subscriber_list_options[] = {
	{ "to", "EXPRESSION",
	    "those of this audience, whether they may be mailed or not: "
	    "'tag:tourism and not language:en'; `audience count --help` tells "
	    "more" },
	{ "state", "STATE",
	    "pending, active, unsubscribed, removed or erased" },
	{ "tag", "TAG", "those with this interest" },
	{ "language", "LANGUAGE", "ja or en" },
	{ "municipality", "CODE",
	    "those of this municipality; the code of a prefecture: those of "
	    "its towns too" },
	{ "json", NULL, "one object a line" },
	{ 0 },
};

/* What `list` writes to. */
struct walk {
	struct arena *arena; /* of the present row */
	struct table *table; /* NULL: JSON */
	size_t count;
};

static char *
join(struct arena *arena, const struct text_list *list)
{
	char *whole = arena_strdup(arena, "");

	for (size_t i = 0; i < list->count; i++)
		whole = arena_format(
		    arena, "%s%s%s", whole, i ? ";" : "", list->items[i]);
	return whole;
}

static void
set_subscriber(struct json *object, const struct store_subscriber *row)
{
	json_set_text(object, "address", row->address);
	json_set_text(object, "name", row->name);
	json_set_text(object, "state", subscriber_state(row->state));
	json_set_text(object, "language", subscriber_language(row->language));
	json_set_text(object, "municipality", row->municipality);
	json_set_texts(object, "tags", &row->tags);
	json_set_texts(object, "countries", &row->countries);
}

static bool
list_row(const struct store_subscriber *row, void *context, struct err *err)
{
	struct walk *walk = context;
	struct json *object GM_JSON_AT_EXIT = NULL;

	(void)err;
	walk->count++;
	arena_reset(walk->arena);
	if (walk->table == NULL) {
		object = json_new();
		set_subscriber(object, row);
		json_print(object, stdout);
		return true;
	}
	table_add(walk->table,
	    (const char *const[]){ row->address, row->name, row->organisation,
		row->municipality, subscriber_language(row->language),
		subscriber_state(row->state), join(walk->arena, &row->tags),
		join(walk->arena, &row->countries) });
	return true;
}

static bool
refuse_word(const char *what, const char *word, const char *const *words,
    struct err *err)
{
	const char *nearest = text_nearest(word, words);

	if (nearest != NULL)
		return err_set(err, ERR_USAGE,
		    "unknown %s '%s' (did you mean '%s'?)", what, word,
		    nearest);
	return err_set(err, ERR_USAGE, "unknown %s '%s'", what, word);
}

static bool
check_tag(struct command_run *run, const char *tag, struct err *err)
{
	struct store_tags tags;
	const char **slugs;

	if (!store_tag_list(run->arena, run->store, false, &tags, err))
		return false;
	slugs = arena_take(run->arena, tags.count + 1, sizeof(*slugs));
	for (size_t i = 0; i < tags.count; i++) {
		if (text_equal(tags.items[i].slug, tag))
			return true;
		slugs[i] = tags.items[i].slug;
	}
	return refuse_word("tag", tag, slugs, err);
}

static bool
read_filter(struct command_run *run, struct store_subscriber_filter *filter,
    struct err *err)
{
#define X(name, text) text,
	static const char *const states[] = { GM_SUBSCRIBER_STATES(X) NULL };
#undef X
	const char *code = command_value(run, "municipality");
	char *whole = arena_take(run->arena, MUNICIPALITY_CODE_BYTES, 1);
	enum subscriber_state state;
	enum language language;

	if (command_has(run, "to") &&
	    !people_audience(run->arena, run->store, command_value(run, "to"),
		&filter->audience, err))
		return err_wrap(err, "--to");
	filter->state = command_value(run, "state");
	filter->tag = command_value(run, "tag");
	filter->language = command_value(run, "language");
	if (filter->state != NULL &&
	    !subscriber_parse_state(filter->state, &state))
		return refuse_word("state", filter->state, states, err);
	if (filter->language != NULL &&
	    !subscriber_parse_language(filter->language, &language))
		return refuse_word(
		    "language", filter->language, subscriber_languages, err);
	if (filter->tag != NULL && !check_tag(run, filter->tag, err))
		return false;
	if (code != NULL) {
		if (!municipality_code_parse(code, whole, err))
			return false;
		filter->municipality = whole;
	}
	return true;
}

/* Prints those who pass. */
static bool
print_list(struct command_run *run,
    const struct store_subscriber_filter *filter, struct err *err)
{
	static const char *const titles[] = { "ADDRESS", "NAME", "ORGANISATION",
		"CODE", "LANG", "STATE", "TAGS", "COUNTRIES", NULL };
	struct table *table GM_TABLE_AT_EXIT = NULL;
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct walk walk = { .arena = arena };

	if (!command_has(run, "json"))
		walk.table = table = table_new(titles);
	if (!store_subscriber_each(run->store, filter, list_row, &walk, err))
		return false;
	if (table == NULL)
		return true;
	table_print(table, "no subscribers", stdout);
	if (walk.count > 0)
		printf("%s %s\n",
		    num_format_grouped(run->arena, (int64_t)walk.count),
		    walk.count == 1 ? "subscriber" : "subscribers");
	return true;
}

bool
cmd_subscriber_list(struct command_run *run, struct err *err)
{
	struct store_subscriber_filter filter = { 0 };

	return read_filter(run, &filter, err) && print_list(run, &filter, err);
}

const struct command_option cmd_audience_list_options[] = {
	{ "json", NULL, "one object a line" },
	{ 0 },
};

bool
cmd_audience_list(struct command_run *run, struct err *err)
{
	struct store_subscriber_filter filter = { .reachable = true };

	return people_audience(run->arena, run->store, run->arguments[0],
		   &filter.audience, err) &&
	       print_list(run, &filter, err);
}

const struct command_option cmd_subscriber_add_options[] = {
	{ "email", "ADDRESS", "the address (needed)" },
	{ "name", "TEXT", "name of the person or office" },
	{ "organisation", "TEXT", "whom they work for" },
	{ "department", "TEXT", "where there" },
	{ "municipality", "CODE", "six-digit local-government code" },
	{ "language", "LANGUAGE", "ja (default) or en" },
	{ "format", "FORMAT", "html (default) or text" },
	{ "tags", "TAGS", "interests, separated by ;" },
	{ "countries", "CODES", "ISO 3166-1 alpha-2, separated by ;" },
	{ "basis", "BASIS",
	    "consent, given_address, business_relation, published or none" },
	{ "evidence", "TEXT", "of the basis: how they said so" },
	{ "wording", "NAME", "what they were shown (`consent wording list`)" },
	{ "confirm", NULL,
	    "ask them by mail first; until then they get nothing else" },
	{ "allow-roles", NULL, "let postmaster@, noreply@ and the like pass" },
	{ 0 },
};

/* Queues the mail with the link. */
static bool
ask_to_confirm(struct command_run *run, const char *address, struct err *err)
{
	struct complaints complaints = { 0 };
	struct keyring keyring;
	int64_t valid_to_ms;
	bool ok = site_open(
	    run->arena, run->site->folder, &complaints, &run->site, err);

	complaints_print(&complaints, stderr);
	complaints_clear(&complaints);
	if (!ok || !keyring_open(run, &keyring, err))
		return false;
	ok = publish_confirm(run->site, run->store, keyring.site, keyring.dkim,
	    address, &valid_to_ms, err);
	keyring_close(&keyring);
	if (ok)
		printf("%s: is asked to confirm until %.16s; the service, or "
		       "the next `send`, delivers the mail\n",
		    address, now_format_local(run->arena, valid_to_ms));
	return ok;
}

bool
cmd_subscriber_add(struct command_run *run, struct err *err)
{
	struct people_contact contact = cmd_people_contact(run);
	const struct people_author author = cmd_people_author(run);
	enum people_verdict verdict;

	contact.evidence = command_value(run, "evidence");
	contact.confirm = command_has(run, "confirm");
	contact.roles = command_has(run, "allow-roles");
	if (contact.email == NULL)
		return err_set(err, ERR_USAGE, "--email is missing");
	if (contact.confirm && contact.basis != NULL &&
	    !text_equal(contact.basis, "consent"))
		return err_set(
		    err, ERR_USAGE, "--confirm is for the basis consent alone");
	if (!people_add(run->store, &contact, &author, &verdict, err))
		return false;
	if (contact.confirm)
		return ask_to_confirm(run, contact.email, err);
	printf("%s: %s%s\n", contact.email, people_verdict(verdict),
	    contact.basis == NULL || text_equal(contact.basis, "none")
		? " (gets no mail without a --basis)"
		: "");
	return true;
}

static void
print_ended(const char *address, const char *what, int64_t skipped)
{
	printf("%s: %s", address, what);
	if (skipped > 0)
		printf("; %lld waiting %s skipped", (long long)skipped,
		    skipped == 1 ? "mail" : "mails");
	putchar('\n');
}

bool
cmd_subscriber_remove(struct command_run *run, struct err *err)
{
	const struct people_author author = cmd_people_author(run);
	int64_t skipped;

	if (!people_remove(
		run->store, run->arguments[0], &author, &skipped, err))
		return false;
	print_ended(run->arguments[0], "removed", skipped);
	return true;
}

const struct command_option cmd_subscriber_unsubscribe_options[] = {
	{ "evidence", "TEXT", "how they said so: a phone call, a mail of …" },
	{ 0 },
};

bool
cmd_subscriber_unsubscribe(struct command_run *run, struct err *err)
{
	const char *evidence = command_value(run, "evidence");
	const struct people_withdrawal withdrawal = {
		.method = "operator",
		.source = evidence != NULL ? evidence : "",
		.operator= people_operator(run->arena),
	};
	int64_t skipped;

	if (!people_unsubscribe(
		run->store, run->arguments[0], &withdrawal, &skipped, err))
		return false;
	print_ended(run->arguments[0], "unsubscribed", skipped);
	return true;
}

const struct command_option cmd_subscriber_reinstate_options[] = {
	{ "evidence", "TEXT",
	    "how they said so: a mail of …, a phone call (needed)" },
	{ 0 },
};

bool
cmd_subscriber_reinstate(struct command_run *run, struct err *err)
{
	const struct people_author author = cmd_people_author(run);

	if (!people_reinstate(run->store, run->arguments[0],
		command_value(run, "evidence"), &author, err))
		return false;
	printf("%s: gets mail again\n", run->arguments[0]);
	return true;
}
