#include "cli/cmd_subscriber_story.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/now.h"
#include "base/vec.h"

/* One thing that happened. */
struct event {
	int64_t at_ms;
	size_t place; /* among what happened at the same time */
	const char *text;
};

struct events {
	struct arena *arena;
	GM_VEC(struct event) list;
};

static void
add_event(struct events *events, int64_t at_ms, const char *text)
{
	struct event event = {
		.at_ms = at_ms,
		.place = events->list.count,
		.text = text,
	};

	vec_push(&events->list, event);
}

const char *
cmd_story_hex(struct arena *arena, const unsigned char *sha256)
{
	char *text = arena_take(arena, 2 * STORE_SHA256_BYTES + 1, 1);

	for (size_t i = 0; sha256 != NULL && i < STORE_SHA256_BYTES; i++)
		snprintf(text + 2 * i, 3, "%02x", sha256[i]);
	return text;
}

static const char *
tell_state(const struct store_field *field)
{
	if (*field->old == '\0')
		return text_equal(field->new, "pending")
			   ? "added, to be confirmed"
			   : "added";
	if (text_equal(field->old, "pending") &&
	    text_equal(field->new, "active"))
		return "confirmed";
	if (text_equal(field->new, "active"))
		return "back on the list";
	return field->new;
}

/* What a field says to people; NULL: nothing. */
static const char *
tell_field(struct arena *arena, const struct store_field *field, bool added)
{
	if (text_equal(field->name, "state"))
		return tell_state(field);
	if (text_starts(field->name, "consent") ||
	    text_equal(field->name, "evidence") ||
	    text_equal(field->old, field->new) ||
	    (added && *field->old == '\0'))
		return NULL;
	if (text_equal(field->name, "suppression"))
		return *field->new != '\0'
			   ? arena_format(arena, "suppressed: %s", field->new)
			   : "no longer suppressed";
	return arena_format(arena, "%s: %s → %s", field->name,
	    *field->old != '\0' ? field->old : "(none)",
	    *field->new != '\0' ? field->new : "(none)");
}

const char *
cmd_story_tell(struct arena *arena, const struct store_change *change)
{
	struct store_fields fields =
	    store_history_fields(arena, change->payload);
	const char *whole = "";
	bool added = false;

	if (change->erased)
		return "(erased)";
	for (size_t i = 0; i < fields.count; i++) {
		const struct store_field *field = &fields.items[i];
		const char *text;

		if (text_equal(field->name, "state") && *field->old == '\0')
			added = true;
		text = tell_field(arena, field, added);
		if (text != NULL)
			whole = arena_format(arena, "%s%s%s", whole,
			    *whole != '\0' ? "; " : "",
			    text_printable(arena, text));
	}
	return whole;
}

static void
add_change(struct events *events, const struct store_change *change)
{
	struct arena *arena = events->arena;
	const char *what = cmd_story_tell(arena, change);
	const char *where = arena_format(arena, "%s%s%s",
	    text_printable(arena, change->command),
	    *change->source != '\0' ? " " : "",
	    text_printable(arena, change->source));

	if (*what == '\0')
		return;
	if (change->line != 0)
		where = arena_format(arena, "%s:%" PRId64, where, change->line);
	if (*change->operator!= '\0')
		where = arena_format(arena, "%s, %s",
		    text_printable(arena, change->operator), where);
	if (change->undoes != 0)
		where = arena_format(
		    arena, "%s of change %" PRId64, where, change->undoes);
	add_event(events, change->at_ms,
	    arena_format(
		arena, "change %" PRId64 " %s (%s)", change->id, what, where));
}

static void
add_consent(struct events *events, const struct store_consent *c)
{
	struct arena *arena = events->arena;
	const char *text = arena_format(arena, "consent %s %s by %s",
	    store_consent_event(c), subscriber_basis(c->basis), c->method);

	if (*c->source != '\0')
		text = arena_format(
		    arena, "%s %s", text, text_printable(arena, c->source));
	if (c->line != 0)
		text = arena_format(arena, "%s:%" PRId64, text, c->line);
	if (*c->operator!= '\0')
		text = arena_format(
		    arena, "%s (%s)", text, text_printable(arena, c->operator));
	if (c->sha256 != NULL)
		text = arena_format(arena, "%s, SHA-256 %s", text,
		    cmd_story_hex(arena, c->sha256));
	add_event(events, c->at_ms, text);
}

static void
add_mail(struct events *events, const struct store_subscriber_mail *m)
{
	struct arena *arena = events->arena;
	const char *text =
	    arena_format(arena, "mail %s %s", m->issue, m->state);

	if (*m->reason != '\0')
		text = arena_format(
		    arena, "%s (%s)", text, text_printable(arena, m->reason));
	if (m->attempts > 0)
		text = arena_format(arena, "%s, %" PRId64 " %s: %s", text,
		    m->attempts, m->attempts == 1 ? "attempt" : "attempts",
		    text_printable(arena, m->text));
	add_event(events, m->last_ms != 0 ? m->last_ms : m->planned_ms, text);
}

static int
compare_events(const void *a, const void *b)
{
	const struct event *x = a;
	const struct event *y = b;

	if (x->at_ms != y->at_ms)
		return x->at_ms < y->at_ms ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

void
cmd_story_print(struct arena *arena, const struct cmd_story *story)
{
	struct events events = { .arena = arena };

	for (size_t i = 0; i < story->changes.count; i++)
		add_change(&events, &story->changes.items[i]);
	for (size_t i = 0; i < story->consents.count; i++)
		add_consent(&events, &story->consents.items[i]);
	for (size_t i = 0; i < story->mails.count; i++)
		add_mail(&events, &story->mails.items[i]);
	if (events.list.count > 1)
		qsort(events.list.items, events.list.count,
		    sizeof(*events.list.items), compare_events);
	for (size_t i = 0; i < events.list.count; i++)
		printf("%-14s%s %s\n", i == 0 ? "story" : "",
		    now_format_local(arena, events.list.items[i].at_ms),
		    events.list.items[i].text);
	vec_clear(&events.list);
}

void
cmd_story_set_change(
    struct json *object, struct arena *arena, const struct store_change *change)
{
	struct store_fields fields =
	    store_history_fields(arena, change->payload);
	struct json *list;

	json_set_number(object, "change", change->id);
	json_set_text(object, "time", now_format_rfc3339(arena, change->at_ms));
	json_set_text(object, "operator", change->operator);
	json_set_text(object, "command", change->command);
	json_set_text(object, "source", change->source);
	json_set_number(object, "line", change->line);
	json_set_text(object, "subject", change->subject);
	json_set_number(object, "subscriber", change->subscriber);
	json_set_number(object, "undoes", change->undoes);
	json_set_flag(object, "erased", change->erased);
	list = json_set_list(object, "fields");
	for (size_t i = 0; i < fields.count; i++) {
		struct json *one = json_push_object(list);

		json_set_text(one, "field", fields.items[i].name);
		json_set_text(one, "old", fields.items[i].old);
		json_set_text(one, "new", fields.items[i].new);
	}
	json_set_text(object, "chain", cmd_story_hex(arena, change->chain));
}
