#include "deliver/relays.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "deliver/relays_host.h"

enum {
	FIRST_WAIT_MS = 250,
	LONGEST_WAIT_MS = 60 * 1000,
	REFUSED_WAIT_MS = 5 * 60 * 1000,
	SLOW_AFTER = 6, /* MAIL put off in a row */
};

/* ---- the list */

static struct relays_host *
find_url(const struct relays *relays, const char *url)
{
	for (size_t i = 0; i < relays->hosts.count; i++)
		if (text_equal(relays->hosts.items[i]->url, url))
			return relays->hosts.items[i];
	return NULL;
}

static void
copy_config(
    struct arena *arena, struct relays_host *host, const struct relay *relay)
{
	host->config = *relay;
	host->config.url = host->url;
	host->config.username = arena_strdup(arena, relay->username);
	host->config.password = arena_strdup(arena, relay->password);
	host->config.ca_file = arena_strdup(arena, relay->ca_file);
}

/* The same relay, perhaps with other credentials: worth a try at once. */
static void
ask_again(struct relays_host *host)
{
	host->gone = false;
	host->refuses_us = false;
	host->refused_mail = false;
	host->untried = false;
	host->try_ms = 0;
	host->silent = false;
}

void
relays_set(struct relays *relays, const struct relay *list, size_t count)
{
	struct arena *arena = arena_new();

	for (size_t i = 0; i < relays->hosts.count; i++)
		relays->hosts.items[i]->gone = true;
	for (size_t i = 0; i < count; i++) {
		struct relays_host *host = find_url(relays, list[i].url);

		if (host == NULL) {
			const char *rest = strstr(list[i].url, "://");

			host = mem_new(1, sizeof(*host));
			host->url = mem_strdup(list[i].url);
			host->name = host->url;
			if (rest != NULL)
				host->name += rest + 3 - list[i].url;
			vec_push(&relays->hosts, host);
		}
		ask_again(host);
		copy_config(arena, host, &list[i]);
	}
	for (size_t i = 0; i < relays->hosts.count; i++)
		if (relays->hosts.items[i]->gone)
			copy_config(arena, relays->hosts.items[i],
			    &relays->hosts.items[i]->config);
	arena_free(relays->arena);
	relays->arena = arena;
}

struct relays *
relays_new(
    const struct relay *list, size_t count, const struct relays_rules *rules)
{
	struct relays *relays = mem_new(1, sizeof(*relays));

	relays->rules = *rules;
	relays_set(relays, list, count);
	return relays;
}

void
relays_free(struct relays *relays)
{
	if (relays == NULL)
		return;
	for (size_t i = 0; i < relays->hosts.count; i++) {
		free(relays->hosts.items[i]->url);
		free(relays->hosts.items[i]);
	}
	vec_clear(&relays->hosts);
	arena_free(relays->arena);
	free(relays);
}

const struct relay *
relays_config(const struct relays_host *host)
{
	return &host->config;
}

const char *
relays_name(const struct relays_host *host)
{
	return host->name;
}

/* ---- health */

static void
raise_alarm(struct relays *relays, struct relays_host *host)
{
	if (!host->alarmed)
		relays->rules.alarm(
		    relays->rules.context, host->name, host->why);
	host->alarmed = true;
}

/* It serves us (again): no alarm, not of an earlier run either. */
static void
note_welcome(struct relays *relays, struct relays_host *host)
{
	host->refuses_us = false;
	host->refused_mail = false;
	if (host->alarmed || !host->met)
		relays->rules.alarm(relays->rules.context, host->name, NULL);
	host->alarmed = false;
	host->met = true;
}

void
relays_greeted(struct relays *relays, struct relays_host *host)
{
	host->standing++;
	host->failures = 0;
	host->silent = false;
	host->asked_ms = 0;
	if (!host->refused_mail && !host->untried &&
	    host->losses < RELAYS_ALARM_AFTER)
		note_welcome(relays, host);
}

/* How long to leave it alone after so much trouble in a row. */
static int64_t
wait_after(int times, int64_t longest)
{
	int64_t wait = FIRST_WAIT_MS;

	for (int i = 0; i < times && wait < longest; i++)
		wait *= 2;
	return wait < longest ? wait : longest;
}

/* An operator must act: no more mail to it for a good while. */
static void
note_refusal(struct relays *relays, struct relays_host *host,
    const struct verdict *why, int64_t now)
{
	host->refuses_us = true;
	host->untried = true;
	host->try_ms = now + REFUSED_WAIT_MS;
	if (why->code != 0)
		snprintf(host->why, sizeof(host->why),
		    "relay %.100s refuses us: %d %s%s%.250s", host->name,
		    why->code, why->enhanced, *why->enhanced == '\0' ? "" : " ",
		    why->text);
	else
		snprintf(host->why, sizeof(host->why),
		    "relay %.100s cannot be used: %.250s", host->name,
		    why->text);
	raise_alarm(relays, host);
}

bool
relays_is_slowdown(const struct verdict *verdict)
{
	return verdict->phase == PHASE_MAIL && verdict->code / 100 == 4;
}

static void
note_slowdown(struct relays *relays, struct relays_host *host,
    const struct verdict *why, int64_t now)
{
	/* Refusals of the same moment tell nothing new. */
	if (host->try_ms > now)
		return;
	if (host->slowdowns == 0) {
		snprintf(host->why, sizeof(host->why),
		    "relay %.100s slows us down: %d %s %.250s", host->name,
		    why->code, why->enhanced, why->text);
		relays->rules.note(relays->rules.context, host->why);
	}
	host->try_ms = now + wait_after(host->slowdowns++, LONGEST_WAIT_MS);
	if (host->slowdowns < SLOW_AFTER)
		return;
	snprintf(host->why, sizeof(host->why),
	    "relay %.100s takes no mail for now: %d %s %.250s", host->name,
	    why->code, why->enhanced, why->text);
	raise_alarm(relays, host);
}

void
relays_ended(struct relays *relays, struct relays_host *host,
    const struct verdict *verdict, int64_t now)
{
	if (verdict->code != 0)
		host->losses = 0;
	if (verdict->blame == BLAME_US) {
		note_refusal(relays, host, verdict, now);
		host->refused_mail = true;
	} else if (relays_is_slowdown(verdict)) {
		note_slowdown(relays, host, verdict, now);
	} else if (verdict->outcome == OUTCOME_SENT) {
		host->slowdowns = 0;

		/* What was under way when it refused us says nothing. */
		if (!host->refuses_us || host->try_ms <= now)
			note_welcome(relays, host);
	}
}

/* No session came about: wait longer each time. */
static void
note_failure(struct relays *relays, struct relays_host *host,
    const struct verdict *why, int64_t now)
{
	host->try_ms = now + wait_after(host->failures++, LONGEST_WAIT_MS);
	if (why->code != 0)
		snprintf(host->why, sizeof(host->why),
		    "relay %.100s: %d %.250s", host->name, why->code,
		    why->text);
	else
		snprintf(host->why, sizeof(host->why), "relay %.100s: %.250s",
		    host->name, why->text);

	/* While others stand it may only want fewer of them. */
	if (host->failures >= RELAYS_ALARM_AFTER && host->standing == 0)
		raise_alarm(relays, host);
}

/* A session ended without a reply since it last said anything. */
static void
note_loss(struct relays *relays, struct relays_host *host,
    const struct verdict *why, int64_t now)
{
	if (++host->losses < RELAYS_ALARM_AFTER)
		return;
	host->try_ms = now + wait_after(host->losses - RELAYS_ALARM_AFTER,
				 relays->rules.longest_ms);
	snprintf(host->why, sizeof(host->why),
	    "relay %.100s takes connections and lets them die: %.250s",
	    host->name, why->text);
	raise_alarm(relays, host);
}

void
relays_closed(struct relays *relays, struct relays_host *host, bool stood,
    const struct verdict *why, int64_t now)
{
	host->open--;
	host->standing -= stood;
	if (host->open == 0)
		host->asked_ms = 0;
	if (why == NULL || why->blame == BLAME_NONE)
		return;
	if (stood) {
		if (why->code == 0)
			note_loss(relays, host, why, now);
	} else if (why->blame == BLAME_US) {
		note_refusal(relays, host, why, now);
	} else {
		note_failure(relays, host, why, now);
	}
}

void
relays_look(struct relays *relays, int64_t now)
{
	for (size_t i = 0; i < relays->hosts.count; i++) {
		struct relays_host *host = relays->hosts.items[i];

		if (host->asked_ms == 0 || host->silent ||
		    now - host->asked_ms < relays->rules.patience_ms)
			continue;
		host->silent = true;
		snprintf(host->why, sizeof(host->why),
		    "relay %.100s: no greeting since %d s", host->name,
		    (int)((now - host->asked_ms) / 1000));
		raise_alarm(relays, host);
	}
}

/* ---- all of them */

bool
relays_any_now(const struct relays *relays, int64_t now)
{
	for (size_t i = 0; i < relays->hosts.count; i++)
		if (!relays->hosts.items[i]->gone &&
		    relays->hosts.items[i]->try_ms <= now)
			return true;
	return false;
}

static bool
takes_none(const struct relays_host *host)
{
	return host->refuses_us || host->failures >= RELAYS_ALARM_AFTER ||
	       host->slowdowns >= SLOW_AFTER;
}

bool
relays_none(const struct relays *relays)
{
	for (size_t i = 0; i < relays->hosts.count; i++)
		if (!relays->hosts.items[i]->gone &&
		    !takes_none(relays->hosts.items[i]))
			return false;
	return true;
}

bool
relays_all_refuse(const struct relays *relays)
{
	for (size_t i = 0; i < relays->hosts.count; i++)
		if (!relays->hosts.items[i]->gone &&
		    !relays->hosts.items[i]->refuses_us)
			return false;
	return true;
}

const char *
relays_why(const struct relays *relays)
{
	for (size_t i = 0; i < relays->hosts.count; i++)
		if (!relays->hosts.items[i]->gone &&
		    takes_none(relays->hosts.items[i]))
			return relays->hosts.items[i]->why;
	return "";
}

bool
relays_has(const struct relays *relays, const char *name)
{
	for (size_t i = 0; i < relays->hosts.count; i++)
		if (!relays->hosts.items[i]->gone &&
		    text_equal_nocase(relays->hosts.items[i]->name, name))
			return true;
	return false;
}

int
relays_connections(const struct relays *relays)
{
	int count = 0;

	for (size_t i = 0; i < relays->hosts.count; i++)
		if (!relays->hosts.items[i]->gone)
			count += relays->hosts.items[i]->config.connections;
	return count;
}
