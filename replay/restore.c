/* Happy path: the pass says which events are originals and what their order in time is; the handler
 * of the current row goes over them as they arrived, which counts them and finds the data set; then
 * all handlers see the last that arrived, with the whole timeline at hand, as a worker does for a
 * late event: from there follow the status and all stays. */
#include "replay/restore.h"

#include "core/base/assert.h"
#include "core/handlers/handler.h"

/* ---- The order */

/* The pass is the caller's to destroy, as the picture is in it. */
static enum tt_err draw(const struct tt_pass_options *rules, const struct tt_audit_row *rows,
                        size_t count, struct tt_pass **ret_pass, struct tt_fault *fault)
{
    struct tt_pass_options options = *rules;
    const struct tt_report *report = NULL;
    struct tt_feeder *feeder = NULL;
    options.only_tenant = rows[0].event.tenant;
    options.only_task = rows[0].event.task_id;
    options.want_picture = true;
    options.from_store = false;
    options.threads = 1;
    enum tt_err err = tt_pass_create(&options, ret_pass, fault);
    if (err == TT_OK)
        err = tt_pass_feeder(*ret_pass, &feeder, fault);
    for (size_t i = 0; i < count && err == TT_OK; i++)
        err = tt_feeder_add(feeder, &rows[i].event, fault);
    return err == TT_OK ? tt_pass_finish(*ret_pass, &report, fault) : err;
}

static struct tt_original *make_timeline(const struct tt_task_picture *picture,
                                         const struct tt_audit_row *rows, struct tt_arena *arena,
                                         size_t *ret_count)
{
    struct tt_original *timeline = tt_arena_alloc(arena, picture->event_count * sizeof *timeline);
    size_t count = 0;
    for (size_t i = 0; i < picture->event_count && timeline != NULL; i++) {
        const struct tt_lane_event *lane = &picture->events[i];
        const struct tt_event *event = &rows[i].event;
        if (lane->duplicate)
            continue;
        tt_assert(lane->time_rank < picture->event_count);
        timeline[lane->time_rank] = (struct tt_original){
            .status = event->status,
            .stage = event->stage,
            .event_time_us = event->event_time_us,
            .seq = event->seq,
            .has_seq = event->has_seq,
            .arrival = (int64_t)++count,
        };
    }
    *ret_count = count;
    return timeline;
}

/* ---- The handlers */

static bool follows_arrival(const struct tt_pass_options *rules, struct tt_str tenant)
{
    enum tt_apply_order said = tt_tenants_for(rules->tenants, tenant)->apply_order;
    return said == TT_APPLY_ORDER_OF_FLEET ? rules->apply_by_arrival
                                           : said == TT_APPLY_ORDER_ARRIVAL;
}

static void take(const struct tt_changes *changes, struct tt_restored *restored)
{
    for (size_t i = 0; i < changes->count; i++) {
        const struct tt_change *change = &changes->list[i];
        if (change->kind == TT_CHANGE_CURRENT) {
            restored->current = change->current;
        } else if (change->kind == TT_CHANGE_STAYS) {
            restored->stays = change->stays.rows;
            restored->stay_count = change->stays.count;
        }
    }
}

/* The first was written when the first of them was: that is when the task was first seen. */
static int64_t first_written(const struct tt_task_picture *picture, const struct tt_audit_row *rows)
{
    int64_t first_us = INT64_MAX;
    for (size_t i = 0; i < picture->event_count; i++)
        if (!picture->events[i].duplicate && rows[i].write_started_at_us < first_us)
            first_us = rows[i].write_started_at_us;
    return first_us;
}

static enum tt_err run_handlers(const struct tt_pass_options *rules,
                                const struct tt_task_picture *picture,
                                const struct tt_audit_row *rows, struct tt_arena *arena,
                                struct tt_restored *restored, struct tt_fault *fault)
{
    size_t originals = 0, seen = 0;
    const struct tt_original *timeline = make_timeline(picture, rows, arena, &originals);
    enum tt_err err =
        timeline == NULL ? tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory") : TT_OK;
    for (size_t i = 0; i < picture->event_count && err == TT_OK; i++) {
        if (picture->events[i].duplicate)
            continue;
        const struct tt_current_row before = restored->current;
        struct tt_changes changes = {.arena = arena};
        struct tt_handling handling = {
            .event = &rows[i].event,
            .now_us = rows[i].write_started_at_us,
            .apply_by_arrival = follows_arrival(rules, rows[i].event.tenant),
            .state.current = seen > 0 ? &before : NULL,
        };
        if (++seen < originals) {
            err = tt_handler_current.handle(&handling, &changes, fault);
        } else {
            handling.state.originals = timeline;
            handling.state.original_count = originals;
            err = tt_handlers_run(&handling, &changes, fault);
        }
        if (err == TT_OK)
            take(&changes, restored);
    }
    restored->current.first_seen_at_us = first_written(picture, rows);
    restored->current.updated_at_us = 0;
    return err;
}

enum tt_err tt_restore(const struct tt_pass_options *options, const struct tt_audit_row *rows,
                       size_t count, struct tt_arena *arena, struct tt_restored *ret_restored,
                       struct tt_fault *fault)
{
    struct tt_pass *pass = NULL;
    struct tt_restored restored = {0};
    tt_assert(count > 0);
    enum tt_err err = draw(options, rows, count, &pass, fault);
    if (err == TT_OK) {
        const struct tt_task_picture *picture = tt_pass_picture(pass);
        tt_assert(picture != NULL && picture->event_count == count);
        err = run_handlers(options, picture, rows, arena, &restored, fault);
    }
    tt_pass_destroy(pass);
    if (err == TT_OK)
        *ret_restored = restored;
    return err;
}

/* ---- Compared */

bool tt_restore_same_stay(const struct tt_interval_row *a, const struct tt_interval_row *b)
{
    return a->position == b->position && a->valid_from_us == b->valid_from_us &&
           a->valid_to_us == b->valid_to_us && tt_str_equal(a->status, b->status) &&
           tt_str_equal(a->stage, b->stage);
}

bool tt_restore_same_current(const struct tt_restore_plan *plan)
{
    const struct tt_current_row *a = &plan->stored, *b = &plan->restored.current;
    bool same = plan->is_stored && a->has_seq == b->has_seq && (!a->has_seq || a->seq == b->seq) &&
                tt_str_equal(a->stay_status, b->stay_status);
#define SAME_TEXT(name)         same = same && tt_str_equal(a->name, b->name);
#define SAME_TIME(name, member) same = same && a->member == b->member;
#define SAME_NUMBER(name)       same = same && a->name == b->name;
    TT_RESTORED_TEXTS(SAME_TEXT)
    TT_RESTORED_TIMES(SAME_TIME)
    TT_RESTORED_NUMBERS(SAME_NUMBER)
#undef SAME_TEXT
#undef SAME_TIME
#undef SAME_NUMBER
    return same;
}

bool tt_restore_same_stays(const struct tt_restore_plan *plan)
{
    const struct tt_restored *restored = &plan->restored;
    bool same = plan->stored_stay_count == restored->stay_count;
    for (size_t i = 0; same && i < restored->stay_count; i++)
        same = tt_restore_same_stay(&plan->stored_stays[i], &restored->stays[i]);
    return same;
}
