#include "replay/plain.h"

#include "core/base/str_quick.h"

struct tt_plain tt_plain_start(const struct tt_pass *pass, uint32_t type)
{
    size_t index = tt_pass_lifecycle_of(pass, type);
    bool known = index < pass->numbering.lifecycle_count;
    return (struct tt_plain){
        .time_us = INT64_MIN,
        .state = TT_STATUS_UNKNOWN,
        .lifecycle = known ? (uint16_t)index : TT_PLAIN_NO_LIFECYCLE,
        .is = !pass->options.from_store && !pass->options.want_picture &&
              (!known || index < TT_PLAIN_NO_LIFECYCLE),
    };
}

static bool is_new_id(struct tt_plain *plain, const struct tt_rec *rec)
{
    if (rec->id_code == 0)
        return true; /* without ids equal times make events the same, and these differ */
    uint16_t mark = (uint16_t)tt_str_quick_hash(tt_rec_id_bytes(rec));
    for (uint32_t i = 0; i < plain->id_count; i++)
        if (plain->ids[i] == mark)
            return false;
    plain->ids[plain->id_count++] = mark;
    return true;
}

static bool is_received_in_time(const struct tt_pass *pass, const struct tt_rec *rec)
{
    struct tt_rec_numbers numbers;
    tt_rec_read_numbers(rec, &numbers);
    return rec->event_time_us - numbers.received_at_us <= pass->options.max_future_us;
}

static bool step(struct tt_plain *plain, const struct tt_pass *pass, const struct tt_rec *rec)
{
    const uint8_t unusual = TT_REC_SEQ | TT_REC_APPLIED | TT_REC_STORED;
    if ((rec->flags & unusual) != 0 || rec->event_time_us <= plain->time_us ||
        plain->events == TT_PLAIN_EVENTS_MAX || !is_new_id(plain, rec))
        return false;
    plain->time_us = rec->event_time_us;
    plain->events++;
    if (plain->lifecycle != TT_PLAIN_NO_LIFECYCLE) {
        int32_t state = pass->numbering.state_of[plain->lifecycle][rec->status];
        if (state == TT_STATUS_UNKNOWN ||
            !tt_step_is_plain(&pass->steps[plain->lifecycle], plain->state, state))
            return false;
        plain->state = state;
    }
    if ((rec->flags & TT_REC_RECEIVED) == 0)
        return true;
    plain->holds++;
    return is_received_in_time(pass, rec);
}

void tt_plain_step(struct tt_plain *plain, const struct tt_pass *pass, const struct tt_rec *rec)
{
    if (plain->is)
        plain->is = step(plain, pass, rec);
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
