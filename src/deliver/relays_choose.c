#include "deliver/relays_host.h"

static bool
is_ailing(const struct relays_host *host)
{
	return host->failures > 0 || host->refuses_us || host->silent ||
	       host->losses >= RELAYS_ALARM_AFTER;
}

/* It serves us, as far as we know. */
static bool
is_well(const struct relays_host *host, int64_t now)
{
	return !host->gone && !is_ailing(host) && host->try_ms <= now;
}

/* The lowest priority among those that serve; INT32_MAX when none does. */
static int
best_priority(const struct relays *relays, int64_t now)
{
	int best = INT32_MAX;

	for (size_t i = 0; i < relays->hosts.count; i++) {
		const struct relays_host *host = relays->hosts.items[i];

		if (is_well(host, now) && host->config.priority < best)
			best = host->config.priority;
	}
	return best;
}

/* The connections that it may have beside the others of its priority: shares
   are kept, so one that may have few keeps the others from having many. */
static int
most_connections(
    const struct relays *relays, const struct relays_host *host, int64_t now)
{
	int64_t most = host->config.connections;

	if (is_ailing(host))
		return 1;
	for (size_t i = 0; i < relays->hosts.count; i++) {
		const struct relay *other = &relays->hosts.items[i]->config;
		int64_t beside = (int64_t)host->config.share *
				 other->connections / other->share;

		if (other->priority == host->config.priority &&
		    is_well(relays->hosts.items[i], now) && beside < most)
			most = beside;
	}
	return most > 0 ? (int)most : 1;
}

static bool
has_room(
    const struct relays *relays, const struct relays_host *host, int64_t now)
{
	return !host->gone && host->try_ms <= now &&
	       host->open < most_connections(relays, host, now);
}

/* A lower priority goes first, then who has less than his share. */
static bool
goes_before(const struct relays_host *a, const struct relays_host *b)
{
	if (a->config.priority != b->config.priority)
		return a->config.priority < b->config.priority;
	return (int64_t)a->open * b->config.share <
	       (int64_t)b->open * a->config.share;
}

struct relays_host *
relays_open(struct relays *relays, int64_t now)
{
	int best = best_priority(relays, now);
	struct relays_host *chosen = NULL;

	/* A better one that ails is probed on the way. */
	for (size_t i = 0; i < relays->hosts.count; i++) {
		struct relays_host *host = relays->hosts.items[i];

		if (host->config.priority <= best &&
		    has_room(relays, host, now) &&
		    (chosen == NULL || goes_before(host, chosen)))
			chosen = host;
	}
	if (chosen == NULL)
		return NULL;
	chosen->open++;
	chosen->untried = false;
	if (chosen->asked_ms == 0 && chosen->standing == 0)
		chosen->asked_ms = now;
	return chosen;
}

bool
relays_takes(const struct relays_host *host, int64_t now)
{
	return host->try_ms <= now;
}

bool
relays_should_leave(
    const struct relays *relays, const struct relays_host *host, int64_t now)
{
	if (host->gone)
		return true;
	for (size_t i = 0; i < relays->hosts.count; i++) {
		const struct relays_host *other = relays->hosts.items[i];

		if (other->config.priority < host->config.priority &&
		    other->standing > 0 && is_well(other, now))
			return true;
	}
	return false;
}

bool
relays_is_stuck(
    const struct relays *relays, const struct relays_host *host, int64_t now)
{
	return host->silent && host->open > 1 &&
	       best_priority(relays, now) != INT32_MAX;
}
