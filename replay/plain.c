#include "replay/plain.h"

void tt_plain_start(struct tt_plain *plain, const struct tt_pass *pass, struct tt_str tenant,
                    uint32_t type)
{
    size_t index = tt_pass_lifecycle_of(pass, tenant, type);
    bool known = index < pass->lifecycle_count;
    *plain = (struct tt_plain){
        .time_us = INT64_MIN,
        .state = TT_STATUS_UNKNOWN,
        .lifecycle = known ? (uint16_t)index : TT_PLAIN_NO_LIFECYCLE,
        .is = !pass->options.from_store && !pass->options.want_picture &&
              (!known || index < TT_PLAIN_NO_LIFECYCLE),
    };
}

bool tt_plain_received_in_time(const struct tt_pass *pass, const struct tt_rec *rec)
{
    struct tt_rec_numbers numbers;
    tt_rec_read_numbers(rec, &numbers);
    return rec->event_time_us - numbers.received_at_us <= pass->options.max_future_us;
}

static bool may_be_stuck(const struct tt_plain *plain, const struct tt_pass *pass)
{
    return pass->options.now_us != TT_TIME_NONE && plain->lifecycle != TT_PLAIN_NO_LIFECYCLE &&
           tt_lifecycle_max_age_us(tt_lifecycle_at(pass->options.lifecycles, plain->lifecycle),
                                   plain->state) >= 0;
}

bool tt_plain_count(const struct tt_plain *plain, const struct tt_pass *pass, int64_t first_us,
                    struct tt_collector *collector)
{
    if (!plain->is || may_be_stuck(plain, pass))
        return false;
    tt_collector_add_plain(collector, plain->events, plain->holds,
                           plain->lifecycle != TT_PLAIN_NO_LIFECYCLE, first_us, plain->time_us);
    return true;
}
