/* One task judged: every check in turn, findings in their documented order, the verdict. */
#include "core/base/assert.h"
#include "replay/task.h"

#include <stdlib.h>

static int compare_findings(const void *a, const void *b)
{
    const struct tt_finding *x = a, *y = b;
    if (x->arrival != y->arrival)
        return x->arrival < y->arrival ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->kind != TT_KIND_SEQUENCE_GAP)
        return 0;
    int64_t p = x->sequence_gap.first_missing, q = y->sequence_gap.first_missing;
    return (p > q) - (p < q);
}

static bool found_any(const struct tt_bench *bench, uint32_t kinds)
{
    for (size_t i = 0; i < bench->finding_count; i++)
        if (kinds >> bench->findings[i].kind & 1)
            return true;
    return false;
}

static enum tt_verdict give_verdict(const struct tt_task *task, const struct tt_bench *bench)
{
    const uint32_t always = 1u << TT_KIND_UNKNOWN_STATUS | 1u << TT_KIND_CONFLICTING_DUPLICATE |
                            1u << TT_KIND_STATE_MISMATCH | 1u << TT_KIND_INTERVAL_MISMATCH;
    if (found_any(bench, always))
        return TT_VERDICT_VIOLATION;
    if (task->time_violations > 0)
        return task->arrival_violations > 0 ? TT_VERDICT_VIOLATION : TT_VERDICT_CLOCK_SUSPECT;
    return task->arrival_violations > 0 || task->late_count > 0 ? TT_VERDICT_REORDERED
                                                                : TT_VERDICT_CLEAN;
}

enum tt_err tt_task_judge(struct tt_task *task, struct tt_bench *bench,
                          enum tt_verdict *ret_verdict, struct tt_fault *fault)
{
    tt_assert(task->event_count > 0);
    bench->finding_count = 0;
    bench->out_of_memory = false;
    tt_arena_reset(&bench->arena);
    static void (*const steps[])(struct tt_task *, struct tt_bench *) = {
        tt_task_find_duplicates, tt_task_find_late,  tt_task_make_timeline, tt_task_find_violations,
        tt_task_find_sequences,  tt_task_find_clock, tt_task_compare_store,
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !bench->out_of_memory; i++)
        steps[i](task, bench);
    if (bench->out_of_memory)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    if (bench->finding_count > 1)
        qsort(bench->findings, bench->finding_count, sizeof *bench->findings, compare_findings);
    *ret_verdict = give_verdict(task, bench);
    return TT_OK;
}

size_t tt_task_lanes(const struct tt_task *task, struct tt_bench *bench,
                     struct tt_lane_event *lanes, size_t max)
{
    size_t count = task->event_count < max ? task->event_count : max;
    for (size_t i = 0; i < count; i++) {
        const struct tt_tev *event = &task->events[i];
        lanes[i] = (struct tt_lane_event){
            .status = tt_status_text(bench, event->status),
            .event_id = tt_bench_id(bench, event),
            .source = event->source,
            .arrival = event->arrival,
            .arrival_rank = (uint32_t)i,
            .time_rank = event->time_rank,
            .event_time_us = event->time_us,
            .received_at_us = event->received_us,
            .applied_at_us = event->has_applied ? event->applied_at_us : TT_TIME_NONE,
            .seq = event->seq,
            .has_seq = event->has_seq,
            .late = event->late,
            .violates = event->violates,
            .duplicate = event->duplicate_of != i,
        };
    }
    return count;
}
