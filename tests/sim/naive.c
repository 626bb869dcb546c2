/* The state of every task worked out anew from its audit rows in the order of application, as
 * docs/handlers.md and docs/events.md tell it, without the handlers; and compared with the tables.
 */
#include "tests/sim/world.h"

#include <stdlib.h>
#include <string.h>

/* An original, and the row it came with. */
struct step {
    const struct tt_event *event;
    const struct tt_audit_row *row;
    size_t number; /* in the order of application */
};

struct story {
    struct step steps[TT_SIM_LEDGER_MAX]; /* as applied */
    struct step line[TT_SIM_LEDGER_MAX];  /* by event time */
    size_t count;
    struct tt_str correlation_id, dataset_id;
};

static bool in_task(const struct tt_audit_row *row, const struct tt_event *event)
{
    return tt_str_equal(row->event.task_id, event->task_id) &&
           tt_str_equal(row->event.tenant, event->tenant);
}

static bool tie_has_seqs(const struct story *story, int64_t time_us)
{
    for (size_t i = 0; i < story->count; i++)
        if (story->steps[i].event->event_time_us == time_us && !story->steps[i].event->has_seq)
            return false;
    return true;
}

static bool goes_behind(const struct story *story, const struct step *a, const struct step *b)
{
    if (a->event->event_time_us != b->event->event_time_us)
        return a->event->event_time_us > b->event->event_time_us;
    if (tie_has_seqs(story, a->event->event_time_us) && a->event->seq != b->event->seq)
        return a->event->seq > b->event->seq;
    return a->number > b->number;
}

static void lay_out(struct story *story)
{
    for (size_t i = 0; i < story->count; i++) {
        size_t place = 0;
        for (size_t k = 0; k < story->count; k++)
            place += k != i && goes_behind(story, &story->steps[i], &story->steps[k]);
        story->line[place] = story->steps[i];
    }
}

/* The event that the task's state comes from. */
static const struct tt_event *state_of(const struct tt_sim_plan *plan, const struct story *story)
{
    const struct tt_event *newest = story->steps[story->count - 1].event;
    bool by_arrival =
        plan->by_arrival || (plan->tenants && tt_str_equal(newest->tenant, TT_STR("other")));
    return by_arrival ? newest : story->line[story->count - 1].event;
}

static void add_step(struct story *story, const struct tt_audit_row *row, size_t number)
{
    const struct tt_event *event = &row->event;
    story->steps[story->count++] = (struct step){event, row, number};
    if (story->dataset_id.len == 0 && event->correlation_id.len > 0 && event->dataset_id.len > 0) {
        story->correlation_id = event->correlation_id;
        story->dataset_id = event->dataset_id;
    }
    lay_out(story);
}

/* ---- One task */

static bool check_current(const struct tt_sim_plan *plan, const struct story *story,
                          const struct tt_current_row *row, int64_t fence)
{
    const struct tt_event *state = state_of(plan, story);
    const struct step *first = &story->steps[0], *last = &story->steps[story->count - 1];
    bool same = tt_str_equal(row->status, state->status) && tt_str_equal(row->stage, state->stage);
    same = same && row->event_time_us == state->event_time_us && row->has_seq == state->has_seq;
    same = same && (!row->has_seq || row->seq == state->seq);
    same = same && tt_str_equal(row->task_type, first->event->task_type);
    same = same && row->newest_event_time_us == story->line[story->count - 1].event->event_time_us;
    same = same && row->events == (int64_t)story->count && row->fence == fence;
    same = same && row->first_seen_at_us == first->row->write_started_at_us;
    same = same && row->updated_at_us == last->row->write_started_at_us;
    if (story->dataset_id.len == 0)
        return same && row->dataset_id.ptr == NULL;
    return same && tt_str_equal(row->dataset_id, story->dataset_id) &&
           tt_str_equal(row->correlation_id, story->correlation_id);
}

static bool check_stays(const struct story *story, const struct tt_model_task *task)
{
    size_t at = 0;
    for (size_t i = 0, end; i < story->count; i = end, at++) {
        const struct tt_event *begins = story->line[i].event;
        for (end = i + 1;
             end < story->count && tt_str_equal(story->line[end].event->status, begins->status);)
            end++;
        const struct tt_interval_row *stay = &task->stays[at];
        int64_t to_us = end < story->count ? story->line[end].event->event_time_us : TT_TIME_NONE;
        if (at >= task->stay_count || stay->position != (int64_t)at + 1 ||
            stay->valid_from_us != begins->event_time_us || stay->valid_to_us != to_us ||
            !tt_str_equal(stay->status, begins->status) ||
            !tt_str_equal(stay->stage, begins->stage))
            return false;
    }
    return at == task->stay_count && task->row.stays == (int64_t)at;
}

static void check_task(struct tt_sim *sim, const struct story *story, int64_t fence)
{
    const struct tt_event *first = story->steps[0].event;
    const struct tt_model_task *task = tt_model_task(&sim->tables, first->tenant, first->task_id);
    if (task == NULL || !check_current(sim->plan, story, &task->row, fence))
        tt_sim_fail(sim, "state: task %.*s has a wrong row", TT_STR_ARGS(first->task_id));
    else if (!check_stays(story, task))
        tt_sim_fail(sim, "state: task %.*s has wrong stays", TT_STR_ARGS(first->task_id));
}

/* ---- Data sets */

enum { SETS_MAX = 8 };

struct sets {
    struct tt_progress_row list[SETS_MAX];
    size_t count;
};

static struct tt_progress_row *find_set(struct sets *sets, struct tt_str tenant,
                                        const struct story *story)
{
    for (size_t i = 0; i < sets->count; i++)
        if (tt_str_equal(sets->list[i].tenant, tenant) &&
            tt_str_equal(sets->list[i].correlation_id, story->correlation_id) &&
            tt_str_equal(sets->list[i].dataset_id, story->dataset_id))
            return &sets->list[i];
    sets->list[sets->count] = (struct tt_progress_row){.tenant = tenant,
                                                       .correlation_id = story->correlation_id,
                                                       .dataset_id = story->dataset_id,
                                                       .records_expected = -1,
                                                       .first_failure_at_us = TT_TIME_NONE};
    return &sets->list[sets->count++];
}

/* What each event says of its data set besides the counts. */
static void note_event(const struct tt_sim_plan *plan, struct sets *sets, const struct story *story)
{
    const struct tt_event *event = story->steps[story->count - 1].event;
    if (story->dataset_id.len == 0)
        return;
    struct tt_progress_row *row = find_set(sets, event->tenant, story);
    if (tt_str_equal(event->status, TT_STR("FAILED")) &&
        (row->first_failure_at_us == TT_TIME_NONE ||
         event->event_time_us < row->first_failure_at_us)) {
        row->first_failure_at_us = event->event_time_us;
        row->first_failure = event->message.len > 0 ? event->message : event->status;
    }
    if (event->attributes.ptr != NULL) /* {"record_count":7} */
        row->records_expected = event->attributes.ptr[event->attributes.len - 2] - '0';
    if (state_of(plan, story)->stage.ptr != NULL)
        row->last_stage = state_of(plan, story)->stage;
}

static void count_task(const struct tt_sim_plan *plan, struct sets *sets, const struct story *story)
{
    struct tt_str status = state_of(plan, story)->status;
    if (story->dataset_id.len == 0)
        return;
    struct tt_progress_row *row = find_set(sets, story->steps[0].event->tenant, story);
    row->succeeded += tt_str_equal(status, TT_STR("SUCCEEDED"));
    row->failed += tt_str_equal(status, TT_STR("FAILED"));
    row->finished = row->succeeded + row->failed;
}

static void check_sets(struct tt_sim *sim, struct sets *sets)
{
    const struct tt_model_tables *tables = &sim->tables;
    if (tables->progress_count != sets->count)
        tt_sim_fail(sim, "state: %zu data sets, expected %zu", tables->progress_count, sets->count);
    for (size_t i = 0; i < tables->progress_count; i++) {
        const struct tt_progress_row *is = &tables->progress[i];
        const struct story of = {.correlation_id = is->correlation_id,
                                 .dataset_id = is->dataset_id};
        if (sets->count == SETS_MAX)
            return;
        const struct tt_progress_row *must = find_set(sets, is->tenant, &of);
        if (is->records_expected != must->records_expected || is->finished != must->finished ||
            is->succeeded != must->succeeded || is->failed != must->failed ||
            is->first_failure_at_us != must->first_failure_at_us ||
            !tt_str_equal(is->first_failure, must->first_failure) ||
            !tt_str_equal(is->last_stage, must->last_stage))
            tt_sim_fail(sim, "state: data set %.*s/%.*s has a wrong row",
                        TT_STR_ARGS(is->correlation_id), TT_STR_ARGS(is->dataset_id));
    }
}

/* ---- */

static bool is_same_as_before(const struct tt_sim *sim, size_t number)
{
    const struct tt_audit_row *row = &sim->tables.audit[number];
    for (size_t i = 0; i < number; i++)
        if (in_task(&sim->tables.audit[i], &row->event) &&
            tt_event_is_same(&sim->tables.audit[i].event, &row->event))
            return true;
    return false;
}

void tt_sim_check_state(struct tt_sim *sim)
{
    static struct story stories[TT_SIM_TASKS_MAX];
    int64_t fences[TT_SIM_TASKS_MAX] = {0};
    struct sets sets = {.count = 0};
    size_t tasks = 0;
    for (size_t i = 0; i < sim->tables.audit_count; i++) {
        const struct tt_audit_row *row = &sim->tables.audit[i];
        bool same = is_same_as_before(sim, i);
        size_t k = 0;
        if (same != row->duplicate)
            tt_sim_fail(sim, "state: row %zu: a duplicate or not?", i);
        while (k < tasks && !in_task(stories[k].steps[0].row, &row->event))
            k++;
        if (k == tasks) {
            stories[k].count = 0;
            stories[k].correlation_id = stories[k].dataset_id = TT_STR_NONE;
            tasks++;
        }
        fences[k] = row->fence;
        if (same)
            continue;
        add_step(&stories[k], row, i);
        note_event(sim->plan, &sets, &stories[k]);
    }
    for (size_t k = 0; k < tasks; k++) {
        check_task(sim, &stories[k], fences[k]);
        count_task(sim->plan, &sets, &stories[k]);
    }
    check_sets(sim, &sets);
}
