/* upload --dry-run: all that is not planned yet is made, counted and thrown away. */
#ifndef TT_CLI_UPLOAD_DRY_H
#define TT_CLI_UPLOAD_DRY_H

#include "cli/upload_parts.h"
#include "reports/prices.h"

/* Prints rows, bytes and cost. STOPPED: asked to stop; what was counted by then is printed, and
 * said to be a part. Other errors: those of the store and of the spool; nothing is printed. */
enum tt_err tt_upload_dry_run(struct tt_upload_parts *parts, const struct tt_settings *settings,
                              const struct tt_prices *prices, const volatile int *stop,
                              struct tt_fault *fault) TT_MUST_CHECK;

#endif
