/* What it costs to have rows in BigQuery, by each way there. Pure arithmetic over a price file:
 * list prices, before any free tier unless asked. Amounts are in the file's currency. */
#ifndef TT_REPORTS_COST_H
#define TT_REPORTS_COST_H

#include "core/base/buf.h"
#include "reports/prices.h"

enum tt_cost_path {
    TT_COST_LOAD,
    TT_COST_WRITE,
    TT_COST_INSERTALL,
    TT_COST_PUBSUB,
    TT_COST_PATHS,
};
const char *tt_cost_path_name(enum tt_cost_path path); /* "load", as --via has it */

struct tt_cost_volume {
    double rows;
    double row_bytes;            /* as BigQuery counts them: texts 2 + UTF-8, numbers and times 8 */
    double message_bytes;        /* NDJSON line with attributes: what Pub/Sub counts */
    double messages_per_request; /* Pub/Sub: 1 and up */
};

/* Moving the rows. free_tier: the volume is that of one month. */
double tt_cost_upload(const struct tt_prices *prices, enum tt_cost_path path,
                      const struct tt_cost_volume *volume, bool free_tier);
/* Keeping the rows for so many days. */
double tt_cost_keep(const struct tt_prices *prices, const struct tt_cost_volume *volume,
                    double days);
/* One query over so many bytes. */
double tt_cost_query(const struct tt_prices *prices, double bytes);

/* The whole question. */
struct tt_cost_case {
    double events_per_day;
    struct tt_cost_volume each; /* of one row: rows is 1 */
    double keep_days;
    bool free_tier;
    const char *measured; /* where the sizes come from, or NULL: given */
};

/* A month's and a message's costs by each path. */
struct tt_cost_line {
    double upload_month;
    double store_month; /* of the rows kept, once the table is as old as they are kept */
    double query_month; /* one query a day over the day's rows */
    double message;     /* one row: upload, keeping, its share of the query */
};
struct tt_cost_line tt_cost_line(const struct tt_prices *prices, const struct tt_cost_case *asked,
                                 enum tt_cost_path path);

void tt_cost_write_text(struct tt_buf *buf, const struct tt_prices *prices,
                        const struct tt_cost_case *asked);
/* One object. */
void tt_cost_write_json(struct tt_buf *buf, const struct tt_prices *prices,
                        const struct tt_cost_case *asked);

#endif
