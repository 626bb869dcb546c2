#include "core/handlers/handler.h"

#include "core/base/assert.h"

static const struct tt_handler *const handlers[] = {&tt_handler_current, &tt_handler_interval,
                                                    &tt_handler_progress};

struct tt_change *tt_changes_add(struct tt_changes *changes, enum tt_change_kind kind)
{
    tt_assert(changes->count < TT_CHANGES_MAX);
    struct tt_change *change = &changes->list[changes->count++];
    *change = (struct tt_change){.kind = kind};
    return change;
}

bool tt_event_is_before(int64_t time_a_us, bool has_seq_a, int64_t seq_a, int64_t time_b_us,
                        bool has_seq_b, int64_t seq_b)
{
    if (time_a_us != time_b_us)
        return time_a_us < time_b_us;
    return has_seq_a && has_seq_b && seq_a < seq_b;
}

bool tt_handlers_need_originals(const struct tt_event *event, const struct tt_current_row *current,
                                const struct tt_interval_row *last)
{
    if (current == NULL || last == NULL)
        return false;
    /* The last stay may have begun before its status' last event: the current row knows that
     * event's time, unless the state follows arrival. Either way an event at or behind both is in
     * order. */
    return event->event_time_us < last->valid_from_us ||
           tt_event_is_before(event->event_time_us, event->has_seq, event->seq,
                              current->event_time_us, current->has_seq, current->seq);
}

bool tt_handlers_need_progress(const struct tt_event *event)
{
    return event->correlation_id.len > 0 && event->dataset_id.len > 0;
}

enum tt_err tt_handlers_run(const struct tt_handling *handling, struct tt_changes *changes,
                            struct tt_fault *fault)
{
    changes->count = 0;
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++) {
        enum tt_err err = handlers[i]->handle(handling, changes, fault);
        if (err != TT_OK)
            return err;
    }
    return TT_OK;
}
