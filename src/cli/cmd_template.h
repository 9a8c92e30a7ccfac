#ifndef CLI_CMD_TEMPLATE_H
#define CLI_CMD_TEMPLATE_H

/* What commands about templates have in common. */

#include "digest/template_folder.h"

/* Judges all templates, words and colours; files as seen from the site. */
void cmd_template_lint(
    const struct template_folder *folder, struct complaints *complaints);

#endif
