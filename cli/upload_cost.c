#include "cli/upload_cost.h"

void tt_upload_cost_write(struct tt_buf *buf, const struct tt_prices *prices,
                          const struct tt_uploader_counts *counts, enum tt_cost_path path)
{
    double rows = 0, messages = (double)counts->rows[TT_UPLOAD_AUDIT];
    for (int t = 0; t < TT_UPLOAD_TABLES; t++)
        rows += (double)counts->rows[t];
    const struct tt_cost_volume volume = {
        .rows = rows,
        .row_bytes = rows > 0 ? (double)counts->column_bytes / rows : 0,
        .message_bytes = rows > 0 ? (double)counts->line_bytes / rows : 0,
        .messages_per_request = 1,
    };
    double cost = tt_cost_upload(prices, path, &volume, false);
    tt_buf_addf(buf, " by %s: %.4g %s, %.3g a message", tt_cost_path_name(path), cost,
                prices->currency, cost > 0 && messages > 0 ? cost / messages : 0);
}
