/* What uploaded rows cost, in words. */
#ifndef TT_CLI_UPLOAD_COST_H
#define TT_CLI_UPLOAD_COST_H

#include "core/base/buf.h"
#include "core/engine/uploader.h"
#include "reports/cost.h"

/* " by load: 0.0031 USD, 1.2e-08 a message": a message is an event, a row of the audit table. The
 * sizes are those of `counts`, where no rows cost nothing. */
void tt_upload_cost_write(struct tt_buf *buf, const struct tt_prices *prices,
                          const struct tt_uploader_counts *counts, enum tt_cost_path path);

#endif
