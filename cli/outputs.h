/* What is written must not take the place of what is read, nor of the other thing written. */
#ifndef TT_CLI_OUTPUTS_H
#define TT_CLI_OUTPUTS_H

#include "cli/options.h"

/* Both to be asked before anything is opened. Errors: INVALID. */

/* What --output, --rejects and --part name is no file to be read: none of the arguments, where they
 * are files, nor what --lifecycle, --tenants, --config and --store name. */
enum tt_err tt_outputs_spare_inputs(const struct tt_settings *settings,
                                    struct tt_fault *fault) TT_MUST_CHECK;
/* --output, without which a report goes to stdout, and --rejects are two. */
enum tt_err tt_outputs_differ(const struct tt_settings *settings,
                              struct tt_fault *fault) TT_MUST_CHECK;

#endif
