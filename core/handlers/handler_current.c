/* task_status_current: the status a task has now. In arrival order that is the status of the event
 * that came last; else that of the last event of the timeline, whatever came behind it. */
#include "core/handlers/handler.h"

static void take_status(struct tt_current_row *row, const struct tt_event *event)
{
    row->status = event->status;
    row->stage = event->stage;
    row->event_time_us = event->event_time_us;
    row->seq = event->seq;
    row->has_seq = event->has_seq;
}

static void take_status_of(struct tt_current_row *row, const struct tt_original *original)
{
    row->status = original->status;
    row->stage = original->stage;
    row->event_time_us = original->event_time_us;
    row->seq = original->seq;
    row->has_seq = original->has_seq;
}

static void begin(struct tt_current_row *row, const struct tt_handling *handling)
{
    const struct tt_event *event = handling->event;
    *row = (struct tt_current_row){
        .tenant = event->tenant,
        .task_id = event->task_id,
        .task_type = event->task_type,
        .newest_event_time_us = event->event_time_us,
        .first_seen_at_us = handling->now_us,
    };
}

static enum tt_err handle(const struct tt_handling *handling, struct tt_changes *changes,
                          struct tt_fault *fault)
{
    (void)fault;
    const struct tt_event *event = handling->event;
    const struct tt_task_state *state = &handling->state;
    if (handling->duplicate)
        return TT_OK;
    struct tt_current_row *row = &tt_changes_add(changes, TT_CHANGE_CURRENT)->current;
    if (state->current == NULL)
        begin(row, handling);
    else
        *row = *state->current;
    if (handling->apply_by_arrival || state->original_count == 0)
        take_status(row, event);
    else
        take_status_of(row, &state->originals[state->original_count - 1]);
    if (event->event_time_us > row->newest_event_time_us)
        row->newest_event_time_us = event->event_time_us;
    if (!tt_handlers_dataset(event, state->current, &row->correlation_id, &row->dataset_id))
        row->correlation_id = row->dataset_id = TT_STR_NONE;
    row->updated_at_us = handling->now_us;
    row->events++;
    row->fence = handling->fence;
    return TT_OK;
}

const struct tt_handler tt_handler_current = {"current", handle};
