#include <inttypes.h>

#include "base/log.h"
#include "cli/cmd.h"
#include "cli/keyring.h"
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

bool
cmd_deliver(struct command_run *run, struct err *err)
{
	struct keyring keyring;
	struct deliver_options options = {
		.site = run->site,
		.store = run->store,
		.kind = "deliver",
		.until = DELIVER_FOREVER,
		.progress = show_service,
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
	if (ok)
		log_info("stopped: %" PRId64 " sent, %" PRId64
			 " deferred, %" PRId64 " failed",
		    result.tally.by_outcome[OUTCOME_SENT],
		    result.tally.by_outcome[OUTCOME_DEFERRED],
		    result.tally.by_outcome[OUTCOME_FAILED]);
	return ok;
}
