#ifndef CLI_DRY_RUN_H
#define CLI_DRY_RUN_H

/* `send --dry-run`: every digest of the run is made and measured, and nothing
   is kept; what would be wrong, and the books as they would be. */

#include "cli/sending.h"
#include "publish/publish.h"

/* With `replan` what `send --replan` would do, else what `send` would. Of the
   wish audience and limit count. Faults set the status of finished with
   failures. */
bool dry_run(struct sending *sending, bool replan,
    const struct publish_wish *wish, struct err *err) GM_MUST_CHECK;

#endif
