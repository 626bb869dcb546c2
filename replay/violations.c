/* Steps that the lifecycle does not allow, in both orders, and what they say about the task. */
#include "replay/task.h"

static const struct tt_tev *in_time(const struct tt_task *task, uint32_t i)
{
    return &task->events[task->timeline[i]];
}

static uint32_t count_in_arrival(const struct tt_task *task)
{
    const struct tt_lifecycle *lifecycle = task->lifecycle;
    const struct tt_tev *before = &task->events[task->originals[0]];
    uint32_t violations = tt_lifecycle_start_violates(lifecycle, before->state);
    for (uint32_t i = 1; i < task->original_count; i++) {
        const struct tt_tev *event = &task->events[task->originals[i]];
        violations += tt_lifecycle_step_violates(lifecycle, before->state, event->state);
        before = event;
    }
    return violations;
}

/* The names of a path's statuses, in the bench's arena. */
static void name_path(const struct tt_task *task, struct tt_bench *bench,
                      struct tt_finding *finding, int length)
{
    if (length < 0)
        return;
    struct tt_str *names = tt_arena_alloc(&bench->arena, ((size_t)length + 1) * sizeof *names);
    if (names == NULL) {
        bench->out_of_memory = true;
        return;
    }
    for (int i = 0; i < length; i++)
        names[i] =
            tt_status_text(bench, bench->rules->status_of[task->lifecycle_index][bench->path[i]]);
    finding->step.missing = names;
    finding->step.missing_count = (size_t)length;
}

static void check_start(struct tt_task *task, struct tt_bench *bench)
{
    struct tt_tev *first = &task->events[task->timeline[0]];
    if (!tt_lifecycle_start_violates(task->lifecycle, first->state))
        return;
    first->violates = true;
    task->time_violations++;
    struct tt_finding *finding = tt_bench_found(bench, TT_KIND_MISSING_INITIAL, first);
    if (finding != NULL)
        name_path(task, bench, finding,
                  tt_lifecycle_path_from_start(task->lifecycle, first->state, bench->path));
}

static void check_step(struct tt_task *task, struct tt_bench *bench, const struct tt_tev *before,
                       struct tt_tev *event)
{
    static const enum tt_kind kinds[] = {
        [TT_STEP_REPEATED] = TT_KIND_REPEATED_STATUS,
        [TT_STEP_AFTER_TERMINAL] = TT_KIND_AFTER_TERMINAL,
        [TT_STEP_SKIPPED] = TT_KIND_SKIPPED_STATUS,
        [TT_STEP_ILLEGAL] = TT_KIND_ILLEGAL_TRANSITION,
    };
    enum tt_step step = tt_lifecycle_judge(task->lifecycle, before->state, event->state);
    if (step == TT_STEP_ALLOWED || step == TT_STEP_NOT_JUDGED)
        return;
    event->violates = true;
    task->time_violations++;
    struct tt_finding *finding = tt_bench_found(bench, kinds[step], event);
    if (finding == NULL)
        return;
    finding->step.previous_status = tt_status_text(bench, before->status);
    finding->step.previous_arrival = before->arrival;
    if (step == TT_STEP_SKIPPED)
        name_path(task, bench, finding,
                  tt_lifecycle_path(task->lifecycle, before->state, event->state, bench->path));
}

static void check_lifecycle(struct tt_task *task, struct tt_bench *bench)
{
    task->arrival_violations = count_in_arrival(task);
    check_start(task, bench);
    for (uint32_t i = 0; i < task->original_count; i++) {
        struct tt_tev *event = &task->events[task->timeline[i]];
        if (i > 0)
            check_step(task, bench, in_time(task, i - 1), event);
        if (event->state == TT_STATUS_UNKNOWN)
            tt_bench_found(bench, TT_KIND_UNKNOWN_STATUS, event);
    }
    if (task->arrival_violations == 0 && task->time_violations > 0) {
        struct tt_finding *finding = tt_bench_found(bench, TT_KIND_CLOCK_SUSPECT, in_time(task, 0));
        if (finding != NULL)
            finding->clock_suspect.time_violations = task->time_violations;
    }
}

void tt_task_find_violations(struct tt_task *task, struct tt_bench *bench)
{
    task->arrival_violations = task->time_violations = 0;
    if (task->lifecycle != NULL)
        check_lifecycle(task, bench);
    const struct tt_tev *last_arrived = &task->events[task->originals[task->original_count - 1]];
    const struct tt_tev *last_in_time = in_time(task, task->original_count - 1);
    if (last_arrived->status == last_in_time->status)
        return;
    struct tt_finding *finding = tt_bench_found(bench, TT_KIND_LOST_UPDATE, last_in_time);
    if (finding == NULL)
        return;
    finding->lost_update.arrival_final_status = tt_status_text(bench, last_arrived->status);
    finding->lost_update.arrival_final_arrival = last_arrived->arrival;
}
