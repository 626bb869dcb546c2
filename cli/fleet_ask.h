/* Asking idle workers for what they know of their store, so that who asks needs none: report
 * --fleet and replay --remote. */
#ifndef TT_CLI_FLEET_ASK_H
#define TT_CLI_FLEET_ASK_H

#include "cli/options.h"

/* Both render as their commands do, and return the exit status. */
int tt_fleet_report(const struct tt_settings *settings);
int tt_fleet_replay(const struct tt_settings *settings, const char *task_id);

#endif
