/* One function per command; each returns the process's exit status. */
#ifndef TT_CLI_COMMANDS_H
#define TT_CLI_COMMANDS_H

#include "cli/options.h"

enum { TT_EXIT_CLEAN = 0, TT_EXIT_FOUND = 1, TT_EXIT_USAGE = 2, TT_EXIT_TROUBLE = 3 };

/* Tells the fault on stderr and gives the exit status that fits: 2 for what the caller wrote
 * wrongly (INVALID, UNSUPPORTED), 3 for the rest. */
int tt_exit_with(const struct tt_fault *fault);

int tt_cmd_check(const struct tt_settings *settings);
int tt_cmd_emit(const struct tt_settings *settings);
int tt_cmd_worker(const struct tt_settings *settings);
int tt_cmd_replay(const struct tt_settings *settings);
int tt_cmd_report(const struct tt_settings *settings);
int tt_cmd_repair(const struct tt_settings *settings);
int tt_cmd_upload(const struct tt_settings *settings);
int tt_cmd_lifecycle(const struct tt_settings *settings);
int tt_cmd_explain(const struct tt_settings *settings);
int tt_cmd_status(const struct tt_settings *settings);
int tt_cmd_dead(const struct tt_settings *settings);
int tt_cmd_demo(const struct tt_settings *settings);

#endif
