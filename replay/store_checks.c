/* What the store holds of a task against what replaying its events gives: current status, status
 * intervals, and the order in which rows were written. What they should be is for the handlers to
 * say, the workers' own. */
#include "core/handlers/handler.h"
#include "replay/task.h"

static const struct tt_tev *in_time(const struct tt_task *task, uint32_t i)
{
    return &task->events[task->timeline[i]];
}

static bool by_arrival(const struct tt_task *task, const struct tt_rules *rules)
{
    enum tt_apply_order said = tt_tenants_for(rules->tenants, task->tenant)->apply_order;
    return said == TT_APPLY_ORDER_OF_FLEET ? rules->apply_by_arrival
                                           : said == TT_APPLY_ORDER_ARRIVAL;
}

const struct tt_tev *tt_task_state_from(const struct tt_task *task, const struct tt_rules *rules)
{
    const uint32_t last = task->original_count - 1;
    return by_arrival(task, rules) ? &task->events[task->originals[last]] : in_time(task, last);
}

/* The handlers see the last original that arrived, with the whole timeline at hand, as a worker's
 * do for a late event: from there follow the status and all stays. */
static bool run_handlers(struct tt_task *task, struct tt_bench *bench, struct tt_changes *changes)
{
    const uint32_t count = task->original_count;
    const struct tt_tev *last = &task->events[task->originals[count - 1]];
    const struct tt_event event = {.tenant = task->tenant,
                                   .task_id = task->task_id,
                                   .status = tt_status_text(bench, last->status),
                                   .stage = last->stage,
                                   .event_time_us = last->time_us,
                                   .received_at_us = TT_TIME_NONE};
    struct tt_original *originals = tt_arena_alloc(&bench->arena, count * sizeof *originals);
    for (uint32_t i = 0; originals != NULL && i < count; i++) {
        const struct tt_tev *one = in_time(task, i);
        originals[i] = (struct tt_original){.status = tt_status_text(bench, one->status),
                                            .stage = one->stage,
                                            .event_time_us = one->time_us,
                                            .arrival = (int64_t)one->arrival};
    }
    const struct tt_handling handling = {.event = &event,
                                         .apply_by_arrival = by_arrival(task, bench->rules),
                                         .state.originals = originals,
                                         .state.original_count = count};
    *changes = (struct tt_changes){.arena = &bench->arena};
    if (originals != NULL && tt_handlers_run(&handling, changes, NULL) == TT_OK)
        return true;
    bench->out_of_memory = true;
    return false;
}

static void compare_state(struct tt_task *task, struct tt_bench *bench, struct tt_changes *changes)
{
    if (tt_str_equal(task->stored_status, tt_changes_current(changes)->status))
        return;
    struct tt_finding *finding =
        tt_bench_found(bench, TT_KIND_STATE_MISMATCH, tt_task_state_from(task, bench->rules));
    if (finding == NULL)
        return;
    finding->state_mismatch.stored_status = task->stored_status;
    finding->state_mismatch.stored_event_time_us = task->stored_event_time_us;
}

/* All stays of the task, as the handlers say. */
static const struct tt_interval *
replayed_intervals(struct tt_bench *bench, const struct tt_changes *changes, size_t *ret_count)
{
    const struct tt_interval_row *rows = NULL;
    size_t count = 0;
    for (size_t i = 0; i < changes->count; i++)
        if (changes->list[i].kind == TT_CHANGE_STAYS) {
            rows = changes->list[i].stays.rows;
            count = changes->list[i].stays.count;
        }
    struct tt_interval *intervals = tt_arena_alloc(&bench->arena, (count + 1) * sizeof *intervals);
    for (size_t i = 0; intervals != NULL && i < count; i++)
        intervals[i] = (struct tt_interval){.valid_from_us = rows[i].valid_from_us,
                                            .valid_to_us = rows[i].valid_to_us,
                                            .status = rows[i].status,
                                            .stage = rows[i].stage};
    *ret_count = count;
    return intervals;
}

static void compare_intervals(struct tt_task *task, struct tt_bench *bench,
                              const struct tt_changes *changes)
{
    const struct tt_interval *stored = task->intervals;
    const size_t stored_count = task->interval_count;
    size_t replayed_count = 0;
    const struct tt_interval *replayed = replayed_intervals(bench, changes, &replayed_count);
    if (replayed == NULL) {
        bench->out_of_memory = true;
        return;
    }
    bool equal = stored_count == replayed_count;
    for (size_t i = 0; equal && i < stored_count; i++)
        equal = stored[i].valid_from_us == replayed[i].valid_from_us &&
                stored[i].valid_to_us == replayed[i].valid_to_us &&
                tt_str_equal(stored[i].status, replayed[i].status);
    if (equal)
        return;
    struct tt_finding *finding =
        tt_bench_found(bench, TT_KIND_INTERVAL_MISMATCH, in_time(task, task->original_count - 1));
    if (finding == NULL)
        return;
    finding->interval_mismatch.stored = stored;
    finding->interval_mismatch.stored_count = stored_count;
    finding->interval_mismatch.replayed = replayed;
    finding->interval_mismatch.replayed_count = replayed_count;
}

/* An event was written before one that had arrived earlier: of those, the first to arrive is named.
 * It stands where the running maximum of the write sequence first exceeds the event's own. */
static void compare_apply_order(struct tt_task *task, struct tt_bench *bench)
{
    int64_t *largest = tt_bench_times(bench, task->original_count);
    if (largest == NULL)
        return;
    int64_t so_far = INT64_MIN;
    for (uint32_t i = 0; i < task->original_count; i++) {
        const struct tt_tev *event = &task->events[task->originals[i]];
        if (event->has_applied && event->apply_seq < so_far) {
            uint32_t low = 0, high = i;
            while (low < high) {
                uint32_t middle = low + (high - low) / 2;
                if (largest[middle] > event->apply_seq)
                    high = middle;
                else
                    low = middle + 1;
            }
            struct tt_finding *finding = tt_bench_found(bench, TT_KIND_APPLY_DISORDER, event);
            if (finding == NULL)
                return;
            finding->apply_disorder.applied_before_arrival =
                task->events[task->originals[low]].arrival;
        }
        if (event->has_applied && event->apply_seq > so_far)
            so_far = event->apply_seq;
        largest[i] = so_far;
    }
}

void tt_task_compare_store(struct tt_task *task, struct tt_bench *bench)
{
    struct tt_changes changes;
    if (bench->rules->from_store && run_handlers(task, bench, &changes)) {
        compare_state(task, bench, &changes);
        compare_intervals(task, bench, &changes);
    }
    if (bench->rules->from_store || bench->rules->write_order)
        compare_apply_order(task, bench);
}
