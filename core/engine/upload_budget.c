/* A table takes so many loads in 24 hours, failed ones counted. While more than half of them are
 * left, loads follow one another at the interval that was asked for; then the interval grows, so
 * that the rest lasts. Loads of times that are still to come, by a clock that was wrong, count as
 * long ago. */
#include "core/engine/uploader_parts.h"

#define DAY_US       INT64_C(86400000000)
#define FULL_WAIT_US INT64_C(60000000)

static int64_t interval_us(const struct tt_uploader *u, uint64_t budget, uint64_t count)
{
    int64_t asked = u->options->once ? 0 : u->options->min_interval_us;
    uint64_t left = budget - count;
    if (u->options->once || left * 2 >= budget)
        return asked;
    int64_t even = DAY_US / (int64_t)budget;
    int64_t stretched = even * (int64_t)budget / (2 * (int64_t)left);
    return stretched > asked ? stretched : asked;
}

enum tt_err tt_upload_budget(struct tt_uploader *u, enum tt_upload_table_id table,
                             int64_t *ret_wait_us, struct tt_fault *fault)
{
    const struct tt_outbox *outbox = u->options->outbox;
    uint64_t budget = u->options->loads_per_day, count = 0;
    int64_t newest_us = TT_TIME_NONE, now_us = tt_uploader_now(u);
    if (budget == 0)
        budget = u->options->sink->loads_per_day;
    *ret_wait_us = 0;
    if (budget == 0)
        return TT_OK;
    enum tt_err err = outbox->loads(outbox->context, u->turn.destination, table, now_us - DAY_US,
                                    now_us + DAY_US, &count, &newest_us, fault);
    if (err != TT_OK || newest_us == TT_TIME_NONE)
        return err;
    if (count >= budget) {
        *ret_wait_us = FULL_WAIT_US;
        return TT_OK;
    }
    int64_t interval = interval_us(u, budget, count), wait_us = newest_us + interval - now_us;
    bool of_wrong_clock = wait_us > interval + u->options->lease_us;
    *ret_wait_us = wait_us > 0 && !of_wrong_clock ? wait_us : 0;
    return TT_OK;
}
