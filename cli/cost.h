/* The --prices file. */
#ifndef TT_CLI_COST_H
#define TT_CLI_COST_H

#include "reports/cost.h"

/* path NULL: the prices that are built in. Errors: those of reading a file, INVALID. */
enum tt_err tt_cost_prices(const char *path, struct tt_prices *ret_prices,
                           struct tt_fault *fault) TT_MUST_CHECK;

#endif
