/* What the store holds of a task against what replaying its events gives: current status, status
 * intervals, and the order in which rows were written. */
#include "replay/task.h"

static const struct tt_tev *in_time(const struct tt_task *task, uint32_t i)
{
    return &task->events[task->timeline[i]];
}

const struct tt_tev *tt_task_state_from(const struct tt_task *task, const struct tt_rules *rules)
{
    const uint32_t last = task->original_count - 1;
    enum tt_apply_order said = tt_tenants_for(rules->tenants, task->tenant)->apply_order;
    bool by_arrival =
        said == TT_APPLY_ORDER_OF_FLEET ? rules->apply_by_arrival : said == TT_APPLY_ORDER_ARRIVAL;
    return by_arrival ? &task->events[task->originals[last]] : in_time(task, last);
}

static void compare_state(struct tt_task *task, struct tt_bench *bench)
{
    const struct tt_tev *last = tt_task_state_from(task, bench->rules);
    if (tt_str_equal(task->stored_status, tt_status_text(bench, last->status)))
        return;
    struct tt_finding *finding = tt_bench_found(bench, TT_KIND_STATE_MISMATCH, last);
    if (finding == NULL)
        return;
    finding->state_mismatch.stored_status = task->stored_status;
    finding->state_mismatch.stored_event_time_us = task->stored_event_time_us;
}

/* One stay per run of equal statuses along the timeline. */
static size_t replayed_intervals(struct tt_task *task, struct tt_bench *bench,
                                 struct tt_interval *intervals)
{
    size_t count = 0;
    for (uint32_t i = 0; i < task->original_count; i++) {
        const struct tt_tev *event = in_time(task, i);
        if (i > 0 && in_time(task, i - 1)->status == event->status)
            continue;
        if (count > 0)
            intervals[count - 1].valid_to_us = event->time_us;
        intervals[count++] = (struct tt_interval){.valid_from_us = event->time_us,
                                                  .valid_to_us = TT_TIME_NONE,
                                                  .status = tt_status_text(bench, event->status),
                                                  .stage = event->stage};
    }
    return count;
}

static void compare_intervals(struct tt_task *task, struct tt_bench *bench)
{
    const struct tt_interval *stored = task->intervals;
    const size_t stored_count = task->interval_count;
    struct tt_interval *replayed =
        tt_arena_alloc(&bench->arena, (size_t)task->original_count * sizeof *replayed);
    if (replayed == NULL) {
        bench->out_of_memory = true;
        return;
    }
    size_t replayed_count = replayed_intervals(task, bench, replayed);
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
    if (bench->rules->from_store) {
        compare_state(task, bench);
        compare_intervals(task, bench);
    }
    if (bench->rules->from_store || bench->rules->write_order)
        compare_apply_order(task, bench);
}
