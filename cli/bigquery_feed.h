/* replay --from bigquery:PROJECT.DATASET: one task's events, out of the table they were uploaded
 * to. */
#ifndef TT_CLI_BIGQUERY_FEED_H
#define TT_CLI_BIGQUERY_FEED_H

#include "cli/options.h"
#include "replay/pass.h"

enum tt_err tt_bigquery_feed(const struct tt_settings *settings, const char *from,
                             struct tt_str tenant, struct tt_str task_id, struct tt_pass *pass,
                             struct tt_fault *fault) TT_MUST_CHECK;

#endif
