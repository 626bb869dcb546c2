/* Times that cannot be true, and tasks that have not moved for too long. */
#include "replay/task.h"

static void find_future(struct tt_task *task, struct tt_bench *bench)
{
    for (uint32_t i = 0; i < task->original_count; i++) {
        const struct tt_tev *event = &task->events[task->originals[i]];
        /* Times span at most 10,000 years, so that their differences fit. */
        if (event->received_us == TT_TIME_NONE ||
            event->time_us - event->received_us <= bench->rules->max_future_us)
            continue;
        struct tt_finding *finding = tt_bench_found(bench, TT_KIND_FUTURE_TIMESTAMP, event);
        if (finding != NULL)
            finding->future_timestamp.ahead_us = event->time_us - event->received_us;
    }
}

void tt_task_find_clock(struct tt_task *task, struct tt_bench *bench)
{
    find_future(task, bench);
    const struct tt_tev *last = &task->events[task->timeline[task->original_count - 1]];
    if (bench->rules->now_us == TT_TIME_NONE || task->lifecycle == NULL ||
        last->state == TT_STATUS_UNKNOWN || tt_lifecycle_is_terminal(task->lifecycle, last->state))
        return;
    int64_t max_age_us = tt_lifecycle_max_age_us(task->lifecycle, last->state);
    int64_t age_us = bench->rules->now_us - last->time_us;
    if (max_age_us < 0 || age_us <= max_age_us)
        return;
    struct tt_finding *finding = tt_bench_found(bench, TT_KIND_STUCK, last);
    if (finding == NULL)
        return;
    finding->stuck.age_us = age_us;
    finding->stuck.max_age_us = max_age_us;
}
