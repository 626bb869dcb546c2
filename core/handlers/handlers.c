#include "core/handlers/handler.h"

#include "core/base/assert.h"

/* In the order of running: later ones may look at what the first has left. */
static const struct tt_handler *const handlers[] = {
    &tt_handler_current,
    &tt_handler_interval,
    &tt_handler_progress,
};

struct tt_change *tt_changes_add(struct tt_changes *changes, enum tt_change_kind kind)
{
    tt_assert(changes->count < TT_CHANGES_MAX);
    struct tt_change *change = &changes->list[changes->count++];
    *change = (struct tt_change){.kind = kind};
    return change;
}

struct tt_current_row *tt_changes_current(struct tt_changes *changes)
{
    for (size_t i = 0; i < changes->count; i++)
        if (changes->list[i].kind == TT_CHANGE_CURRENT)
            return &changes->list[i].current;
    return NULL;
}

bool tt_handlers_need_originals(const struct tt_event *event, const struct tt_current_row *current)
{
    if (current == NULL)
        return false;
    if (current->stays == 0 || event->event_time_us != current->newest_event_time_us)
        return current->stays == 0 || event->event_time_us < current->newest_event_time_us;
    /* A tie. Events of one time go by arrival as soon as one of them has no seq, so behind such a
     * one this event is the last. Otherwise it may go before some, or change the order of all. */
    return current->event_time_us != current->newest_event_time_us || current->has_seq;
}

bool tt_handlers_dataset(const struct tt_event *event, const struct tt_current_row *current,
                         struct tt_str *ret_correlation_id, struct tt_str *ret_dataset_id)
{
    if (current != NULL && current->dataset_id.len > 0) {
        *ret_correlation_id = current->correlation_id;
        *ret_dataset_id = current->dataset_id;
        return true;
    }
    if (event->correlation_id.len == 0 || event->dataset_id.len == 0)
        return false;
    *ret_correlation_id = event->correlation_id;
    *ret_dataset_id = event->dataset_id;
    return true;
}

enum tt_err tt_handlers_run(const struct tt_handling *handling, struct tt_changes *changes,
                            struct tt_fault *fault)
{
    const struct tt_task_state *state = &handling->state;
    tt_assert(handling->duplicate || state->originals != NULL ||
              !tt_handlers_need_originals(handling->event, state->current));
    changes->count = 0;
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++) {
        enum tt_err err = handlers[i]->handle(handling, changes, fault);
        if (err != TT_OK)
            return err;
    }
    return TT_OK;
}
