/* The one task of want_picture, copied so that it outlives the bench. */
#include "replay/pass_parts.h"

static struct tt_str copy_text(struct tt_arena *arena, struct tt_str text, bool *ok)
{
    if (text.ptr == NULL)
        return text;
    text.ptr = tt_arena_copy(arena, text.ptr, text.len);
    *ok = *ok && text.ptr != NULL;
    return text;
}

enum tt_err tt_pass_keep_picture(struct tt_pass *pass, const struct tt_task *task,
                                 struct tt_bench *bench, enum tt_verdict verdict)
{
    struct tt_arena *arena = &pass->picture_arena;
    struct tt_lane_event *lanes = tt_arena_alloc(arena, (size_t)task->event_count * sizeof *lanes);
    bool ok = lanes != NULL;
    if (!ok)
        return TT_ERR_NO_MEMORY;
    size_t count = tt_task_lanes(task, bench, lanes, task->event_count);
    for (size_t i = 0; i < count; i++) {
        lanes[i].event_id = copy_text(arena, lanes[i].event_id, &ok);
        lanes[i].source = copy_text(arena, lanes[i].source, &ok);
    }
    const struct tt_tev *last_arrived = &task->events[task->originals[task->original_count - 1]];
    const struct tt_tev *last = tt_task_state_from(task, &pass->rules);
    pass->picture = (struct tt_task_picture){
        .events = lanes,
        .event_count = count,
        .inversions = (uint32_t)task->inversions,
        .replayed_status = tt_status_text(bench, last->status),
        .replayed_since_us = last->time_us,
        .stored_event_time_us = TT_TIME_NONE,
        .arrival_final_status = tt_status_text(bench, last_arrived->status),
    };
    pass->picture.stored_status = task->stored_status;
    pass->picture.stored_event_time_us = task->stored_event_time_us;
    pass->picture_task = (struct tt_report_task){
        .tenant = copy_text(arena, task->tenant, &ok),
        .task_id = copy_text(arena, task->task_id, &ok),
        .task_type = task->type,
        .verdict = verdict,
        .story = TT_STORY_OTHER,
        .finding_count = bench->finding_count,
        .events = task->event_count,
    };
    pass->has_picture = true;
    return ok && !bench->out_of_memory ? TT_OK : TT_ERR_NO_MEMORY;
}
