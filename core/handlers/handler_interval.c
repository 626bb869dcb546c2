/* task_status_interval: every stay in a status, in event-time order. Stays of no length are kept:
 * the task was in that status, if only between two events of one microsecond. */
#include "core/handlers/handler.h"

/* In order: the last stay goes on, or ends and another begins. */
static void append(const struct tt_handling *handling, struct tt_changes *changes)
{
    const struct tt_event *event = handling->event;
    const struct tt_interval_row *last = handling->state.last_interval;
    if (last != NULL && tt_str_equal(last->status, event->status))
        return;
    if (last != NULL) {
        struct tt_interval_row *ended = &tt_changes_add(changes, TT_CHANGE_INTERVAL)->interval;
        *ended = *last;
        ended->valid_to_us = event->event_time_us;
    }
    struct tt_interval_row *begun = &tt_changes_add(changes, TT_CHANGE_INTERVAL)->interval;
    *begun = (struct tt_interval_row){
        .position = last == NULL ? 1 : last->position + 1,
        .valid_from_us = event->event_time_us,
        .valid_to_us = TT_TIME_NONE,
        .status = event->status,
        .stage = event->stage,
    };
}

/* Late: all stays once more, from all originals. */
static enum tt_err rebuild(const struct tt_handling *handling, struct tt_changes *changes,
                           struct tt_fault *fault)
{
    const struct tt_event *events = handling->state.originals;
    size_t count = handling->state.original_count, stays = 0;
    struct tt_interval_row *rows = tt_arena_alloc(changes->arena, (count + 1) * sizeof *rows);
    if (rows == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++) {
        if (stays > 0 && tt_str_equal(rows[stays - 1].status, events[i].status))
            continue;
        if (stays > 0)
            rows[stays - 1].valid_to_us = events[i].event_time_us;
        rows[stays] = (struct tt_interval_row){
            .position = (int64_t)stays + 1,
            .valid_from_us = events[i].event_time_us,
            .valid_to_us = TT_TIME_NONE,
            .status = events[i].status,
            .stage = events[i].stage,
        };
        stays++;
    }
    struct tt_change *change = tt_changes_add(changes, TT_CHANGE_REPLACE_INTERVALS);
    change->intervals.rows = rows;
    change->intervals.count = stays;
    return TT_OK;
}

static enum tt_err handle(const struct tt_handling *handling, struct tt_changes *changes,
                          struct tt_fault *fault)
{
    if (handling->duplicate)
        return TT_OK;
    if (handling->state.originals != NULL)
        return rebuild(handling, changes, fault);
    append(handling, changes);
    return TT_OK;
}

const struct tt_handler tt_handler_interval = {"interval", handle};
