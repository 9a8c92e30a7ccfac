#include "base/now.h"
#include "cli/cmd.h"
#include "cli/cmd_subscriber_story.h"
#include "people/people.h"
#include "store/store_municipality.h"
#include "store/store_suppression.h"
#include "json/json.h"

const struct command_option cmd_subscriber_show_options[] = {
	{ "json", NULL, "one object" },
	{ 0 },
};

/* Everything that is known about one subscriber. */
struct shown {
	struct store_subscriber *row;
	struct store_municipality *municipality; /* NULL: not registered */
	struct store_suppression *bar;           /* NULL: none */
	struct cmd_story story;
};

static bool
read_shown(struct command_run *run, struct shown *shown, struct err *err)
{
	struct arena *arena = run->arena;

	return people_find(
		   arena, run->store, run->arguments[0], &shown->row, err) &&
	       store_municipality_find(arena, run->store,
		   shown->row->municipality, &shown->municipality, err) &&
	       store_suppression_find(arena, run->store,
		   shown->row->address_key, &shown->bar, err) &&
	       store_consent_list(arena, run->store, shown->row->id,
		   &shown->story.consents, err) &&
	       store_subscriber_mail_list(arena, run->store, shown->row->id,
		   &shown->story.mails, err) &&
	       store_history_list(arena, run->store, shown->row->id,
		   &shown->story.changes, err);
}

static void
print_words(const char *title, const struct text_list *words)
{
	printf("%-14s", title);
	for (size_t i = 0; i < words->count; i++)
		printf("%s%s", i ? ", " : "", words->items[i]);
	putchar('\n');
}

/* Since when the contact is what it is. */
static int64_t
since_ms(const struct shown *shown)
{
	int64_t since = shown->row->changed_ms;

	if (shown->row->state == SUBSCRIBER_ACTIVE)
		return shown->row->created_ms;
	for (size_t i = 0; i < shown->story.consents.count; i++)
		if (shown->story.consents.items[i].withdrawn)
			since = shown->story.consents.items[i].at_ms;
	return since;
}

static void
print_contact(struct arena *arena, const struct shown *shown)
{
	const struct store_subscriber *row = shown->row;
	const struct store_municipality *place = shown->municipality;

	printf("%-14s%s\n", "address", row->address);
	printf("%-14s%s\n", "name", row->name);
	printf("%-14s%s\n", "organisation", row->organisation);
	printf("%-14s%s\n", "department", row->department);
	printf("%-14s%s", "municipality", row->municipality);
	if (place != NULL)
		printf(" %s%s%s", place->prefecture,
		    text_equal(place->prefecture, place->name) ? "" : " ",
		    text_equal(place->prefecture, place->name) ? ""
							       : place->name);
	printf("\n%-14s%s, %s\n", "reads", subscriber_language(row->language),
	    subscriber_format(row->format));
	print_words("tags", &row->tags);
	print_words("countries", &row->countries);
	printf("%-14s%s, since %s\n", "state", subscriber_state(row->state),
	    now_format_local(arena, since_ms(shown)));
	printf("%-14s%s\n", "basis", subscriber_basis(row->basis));
	if (shown->bar != NULL)
		printf("%-14s%s on %s %s\n", "suppressed", shown->bar->reason,
		    now_format_local(arena, shown->bar->at_ms),
		    text_printable(arena, shown->bar->evidence));
}

static void
set_history(struct json *object, struct arena *arena, const struct shown *shown)
{
	struct json *list = json_set_list(object, "consents");

	for (size_t i = 0; i < shown->story.consents.count; i++) {
		const struct store_consent *c = &shown->story.consents.items[i];
		struct json *one = json_push_object(list);

		json_set_text(one, "time", now_format_rfc3339(arena, c->at_ms));
		json_set_text(one, "event", store_consent_event(c));
		json_set_text(one, "basis", subscriber_basis(c->basis));
		json_set_text(one, "method", c->method);
		json_set_text(one, "source", c->source);
		json_set_number(one, "line", c->line);
		json_set_text(one, "sha256", cmd_story_hex(arena, c->sha256));
		json_set_text(one, "operator", c->operator);
		json_set_text(one, "address", c->address);
		json_set_number(one, "wording", c->wording);
	}
	list = json_set_list(object, "mails");
	for (size_t i = 0; i < shown->story.mails.count; i++) {
		const struct store_subscriber_mail *m =
		    &shown->story.mails.items[i];
		struct json *one = json_push_object(list);

		json_set_text(one, "issue", m->issue);
		json_set_text(one, "state", m->state);
		json_set_text(one, "reason", m->reason);
		json_set_number(one, "attempts", m->attempts);
		json_set_number(one, "code", m->code);
		json_set_text(one, "text", m->text);
		json_set_text(one, "message_id", m->message_id);
	}
	list = json_set_list(object, "changes");
	for (size_t i = 0; i < shown->story.changes.count; i++)
		cmd_story_set_change(json_push_object(list), arena,
		    &shown->story.changes.items[i]);
}

static void
print_json(struct arena *arena, const struct shown *shown)
{
	struct json *object GM_JSON_AT_EXIT = json_new();
	const struct store_subscriber *row = shown->row;

	json_set_text(object, "address", row->address);
	json_set_text(object, "name", row->name);
	json_set_text(object, "organisation", row->organisation);
	json_set_text(object, "department", row->department);
	json_set_text(object, "municipality", row->municipality);
	json_set_text(object, "language", subscriber_language(row->language));
	json_set_text(object, "format", subscriber_format(row->format));
	json_set_texts(object, "tags", &row->tags);
	json_set_texts(object, "countries", &row->countries);
	json_set_text(object, "state", subscriber_state(row->state));
	json_set_text(object, "basis", subscriber_basis(row->basis));
	json_set_text(object, "suppressed",
	    shown->bar != NULL ? shown->bar->reason : NULL);
	set_history(object, arena, shown);
	json_print(object, stdout);
}

bool
cmd_subscriber_show(struct command_run *run, struct err *err)
{
	struct shown shown = { 0 };

	if (!read_shown(run, &shown, err))
		return false;
	if (command_has(run, "json")) {
		print_json(run->arena, &shown);
		return true;
	}
	print_contact(run->arena, &shown);
	cmd_story_print(run->arena, &shown.story);
	return true;
}
