/* Command lines to copy: how to list every discrepancy of what was just read, how to show one task
 * of it. They repeat the flags that were given, as far as the other command has them. */
#ifndef TT_CLI_HOW_TO_H
#define TT_CLI_HOW_TO_H

#include "cli/options.h"
#include "core/base/buf.h"

struct tt_how_to {
    struct tt_buf list;            /* lists */
    struct tt_buf show, show_rest; /* shows one task: in front of its id, behind it */
    const char *show_flag;         /* "--task", or NULL */
};

/* For check, report and replay. Call tt_how_to_done in any case. Errors: NO_MEMORY. */
enum tt_err tt_how_to_make(struct tt_how_to *how_to, const struct tt_settings *settings,
                           struct tt_fault *fault) TT_MUST_CHECK;
void tt_how_to_done(struct tt_how_to *how_to);

#endif
