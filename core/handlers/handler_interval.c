/* task_status_interval: every stay in a status, in event-time order. Stays of no length are kept:
 * the task was in that status, if only between two events of one microsecond. The task's row says
 * how many stays there are and the status of the last, so that an event in order needs nothing
 * else; a late one puts down again the stays from its own time on. */
#include "core/handlers/handler.h"

#include "core/base/assert.h"

/* In order: the last stay goes on, or ends and another begins. */
static void append(const struct tt_event *event, struct tt_current_row *row,
                   struct tt_changes *changes)
{
    if (row->stays > 0 && tt_str_equal(row->stay_status, event->status))
        return;
    if (row->stays > 0) {
        struct tt_change *change = tt_changes_add(changes, TT_CHANGE_STAY_END);
        change->end.position = row->stays;
        change->end.valid_to_us = event->event_time_us;
    }
    row->stays++;
    row->stay_status = event->status;
    tt_changes_add(changes, TT_CHANGE_STAY)->stay = (struct tt_interval_row){
        .position = row->stays,
        .valid_from_us = event->event_time_us,
        .valid_to_us = TT_TIME_NONE,
        .status = event->status,
        .stage = event->stage,
    };
}

/* The stays that begin with these originals, behind the one that is kept. */
static size_t make_stays(const struct tt_task_state *state, int64_t keep, struct tt_str status,
                         struct tt_interval_row *rows, int64_t *ret_kept_to_us)
{
    size_t stays = 0;
    *ret_kept_to_us = TT_TIME_NONE;
    for (size_t i = 0; i < state->original_count; i++) {
        const struct tt_original *original = &state->originals[i];
        if (tt_str_equal(status, original->status))
            continue;
        *(stays == 0 ? ret_kept_to_us : &rows[stays - 1].valid_to_us) = original->event_time_us;
        status = original->status;
        rows[stays] = (struct tt_interval_row){
            .position = keep + (int64_t)stays + 1,
            .valid_from_us = original->event_time_us,
            .valid_to_us = TT_TIME_NONE,
            .status = original->status,
            .stage = original->stage,
        };
        stays++;
    }
    return stays;
}

/* Late: the stays from its time on once more, from the originals. */
static enum tt_err rebuild(const struct tt_task_state *state, struct tt_current_row *row,
                           struct tt_changes *changes, struct tt_fault *fault)
{
    struct tt_interval_row *rows =
        tt_arena_alloc(changes->arena, (state->original_count + 1) * sizeof *rows);
    if (rows == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    const struct tt_interval_row *before = state->stay_before;
    int64_t keep = before == NULL ? 0 : before->position, kept_to_us;
    struct tt_str status = before == NULL ? TT_STR_NONE : before->status;
    size_t count = make_stays(state, keep, status, rows, &kept_to_us);
    struct tt_change *change = tt_changes_add(changes, TT_CHANGE_STAYS);
    change->stays.keep = keep;
    change->stays.valid_to_us = kept_to_us;
    change->stays.rows = rows;
    change->stays.count = count;
    row->stays = keep + (int64_t)count;
    row->stay_status = count == 0 ? status : rows[count - 1].status;
    return TT_OK;
}

static enum tt_err handle(const struct tt_handling *handling, struct tt_changes *changes,
                          struct tt_fault *fault)
{
    if (handling->duplicate)
        return TT_OK;
    struct tt_current_row *row = tt_changes_current(changes);
    tt_assert(row != NULL);
    if (handling->state.originals != NULL)
        return rebuild(&handling->state, row, changes, fault);
    append(handling->event, row, changes);
    return TT_OK;
}

const struct tt_handler tt_handler_interval = {"interval", handle};
