#include <inttypes.h>

#include "base/log.h"
#include "cli/cmd.h"
#include "cli/keyring.h"
#include "config/site.h"
#include "deliver/deliver.h"
#include "service/service.h"

static void
show_service(const struct deliver_tally *tally, void *context)
{
	(void)context;
	service_status("%" PRId64 " sent, %" PRId64 " deferred, %" PRId64
		       " failed, %d connections",
	    tally->by_outcome[OUTCOME_SENT],
	    tally->by_outcome[OUTCOME_DEFERRED],
	    tally->by_outcome[OUTCOME_FAILED], tally->connections);
}

/* The site as it was read last after the start. */
struct rereading {
	struct command_run *run;
	struct arena *arena; /* NULL: it is the one of the start */
	struct arena *before;
};

static const struct site *
reread(void *context)
{
	struct rereading *rereading = context;
	struct arena *arena = arena_new();
	struct complaints complaints = { 0 };
	struct site *site;
	struct err err = { 0 };
	bool ok = site_open(
	    arena, rereading->run->site->folder, &complaints, &site, &err);

	complaints_print(&complaints, stderr);
	complaints_clear(&complaints);
	if (!ok) {
		log_warning("the configuration stays as it was: %s", err.text);
		arena_free(arena);
		return NULL;
	}
	arena_free(rereading->before);
	rereading->before = rereading->arena;
	rereading->arena = arena;
	return site;
}

bool
cmd_deliver(struct command_run *run, struct err *err)
{
	struct keyring keyring;
	struct rereading rereading = { .run = run };
	struct deliver_options options = {
		.site = run->site,
		.store = run->store,
		.kind = "deliver",
		.until = DELIVER_FOREVER,
		.reload = reread,
		.progress = show_service,
		.context = &rereading,
	};
	struct deliver_result result = { 0 };
	bool ok;

	if (!keyring_open(run, &keyring, err))
		return false;
	options.keys = keyring.site;
	options.sign = keyring.dkim;
	service_ready();
	log_info("delivering for %s", run->site->folder);
	ok = deliver_run(&options, &result, err);
	service_stopping();
	keyring_close(&keyring);
	arena_free(rereading.before);
	arena_free(rereading.arena);
	if (ok)
		log_info("stopped: %" PRId64 " sent, %" PRId64
			 " deferred, %" PRId64 " failed",
		    result.tally.by_outcome[OUTCOME_SENT],
		    result.tally.by_outcome[OUTCOME_DEFERRED],
		    result.tally.by_outcome[OUTCOME_FAILED]);
	return ok;
}
