/* task_status_current: the status a task has now. */
#include "core/handlers/handler.h"

static void take_status(struct tt_current_row *row, const struct tt_event *event)
{
    row->status = event->status;
    row->stage = event->stage;
    row->event_time_us = event->event_time_us;
    row->seq = event->seq;
    row->has_seq = event->has_seq;
}

static enum tt_err handle(const struct tt_handling *handling, struct tt_changes *changes,
                          struct tt_fault *fault)
{
    (void)fault;
    const struct tt_event *event = handling->event;
    const struct tt_current_row *before = handling->state.current;
    if (handling->duplicate)
        return TT_OK;
    struct tt_current_row *row = &tt_changes_add(changes, TT_CHANGE_CURRENT)->current;
    if (before == NULL) {
        *row = (struct tt_current_row){
            .tenant = event->tenant,
            .task_id = event->task_id,
            .task_type = event->task_type,
            .first_seen_at_us = handling->now_us,
        };
        take_status(row, event);
    } else {
        *row = *before;
        /* An older event is audited and does not overwrite a newer state. */
        if (handling->apply_by_arrival ||
            !tt_event_is_before(event->event_time_us, event->has_seq, event->seq,
                                before->event_time_us, before->has_seq, before->seq))
            take_status(row, event);
    }
    row->updated_at_us = handling->now_us;
    row->events++;
    row->fence = handling->fence;
    return TT_OK;
}

const struct tt_handler tt_handler_current = {"current", handle};
