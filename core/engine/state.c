#include "core/engine/state.h"

#include "core/base/assert.h"
#include "core/engine/state_parts.h"
#include "core/engine/timeline.h"

void tt_state_init(struct tt_state *state)
{
    *state = (struct tt_state){0};
    tt_arena_init(&state->scratch, 0);
}

void tt_state_done(struct tt_state *state)
{
    tt_mem_free(state->tasks);
    tt_mem_free(state->histories);
    tt_mem_free(state->added);
    tt_mem_free(state->current);
    tt_mem_free(state->stays);
    tt_mem_free(state->progress);
    tt_mem_free(state->slots.list);
    tt_arena_done(&state->scratch);
}

static enum tt_err make_room(struct tt_state *state)
{
    size_t tasks = state->batch->task_count, rows = state->rows->count;
    const struct {
        void **list;
        size_t *capacity, count, bytes;
    } lists[] = {
        {(void **)&state->tasks, &state->task_capacity, tasks, sizeof *state->tasks},
        {(void **)&state->histories, &state->history_capacity, tasks, sizeof *state->histories},
        {(void **)&state->added, &state->added_capacity, rows, sizeof *state->added},
        {(void **)&state->current, &state->current_capacity, tasks, sizeof *state->current},
        {(void **)&state->stays, &state->stays_capacity, tasks, sizeof *state->stays},
        {(void **)&state->progress, &state->progress_capacity, rows, sizeof *state->progress},
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (tt_mem_reserve(lists[i].list, lists[i].capacity, lists[i].count, lists[i].bytes) !=
            TT_OK)
            return TT_ERR_NO_MEMORY;
    return TT_OK;
}

/* As the store has it. */
static void begin_task(struct tt_state_task *task, const struct tt_store_task *stored)
{
    *task = (struct tt_state_task){.history = SIZE_MAX};
    if (stored->current == NULL)
        return;
    task->row = *stored->current;
    task->has_row = true;
    task->keep = task->row.stays;
}

static void put_off(struct tt_state *state, struct tt_state_task *task,
                    const struct tt_audit_row *row)
{
    task->put_off = true;
    task->history = state->history_count++;
    state->histories[task->history] =
        (struct tt_store_history){.tenant = row->event.tenant, .task_id = row->event.task_id};
}

static bool follows_arrival(const struct tt_state_order *order, struct tt_str tenant)
{
    enum tt_apply_order said = tt_tenants_for(order->tenants, tenant)->apply_order;
    return said == TT_APPLY_ORDER_OF_FLEET ? order->by_arrival : said == TT_APPLY_ORDER_ARRIVAL;
}

static enum tt_err run_handlers(struct tt_state *state, size_t index, struct tt_state_task *task,
                                bool with_originals, struct tt_fault *fault)
{
    const struct tt_audit_row *row = &state->rows->list[index];
    struct tt_changes changes = {.arena = &state->scratch};
    struct tt_handling handling = {
        .event = &row->event,
        .now_us = state->now_us,
        .fence = row->fence,
        .apply_by_arrival = follows_arrival(&state->order, row->event.tenant),
        .state.current = task->has_row ? &task->row : NULL,
    };
    if (with_originals) {
        const struct tt_store_history *history = &state->histories[task->history];
        handling.state.originals = task->timeline.list;
        handling.state.original_count = task->timeline.count;
        handling.state.stay_before = history->has_before ? &history->before : NULL;
    }
    enum tt_err err = tt_handlers_run(&handling, &changes, fault);
    if (err == TT_OK)
        err = tt_state_take(task, &changes, &state->added[index], state->arena);
    tt_arena_reset(&state->scratch);
    return err;
}

static enum tt_err run_event(struct tt_state *state, size_t index, struct tt_fault *fault)
{
    const struct tt_audit_row *row = &state->rows->list[index];
    struct tt_state_task *task =
        &state->tasks[state->batch->entries[state->rows->origins[index]].task];
    enum tt_err err = TT_OK;
    if (task->put_off)
        return TT_OK;
    bool needs = tt_handlers_need_originals(&row->event, task->has_row ? &task->row : NULL);
    if (needs && task->history == SIZE_MAX) {
        put_off(state, task, row);
        return TT_OK;
    }
    if (task->history != SIZE_MAX)
        err = tt_timeline_add(&task->timeline, &row->event, state->arena);
    return err == TT_OK ? run_handlers(state, index, task, needs, fault) : err;
}

/* How far back the timelines must go: for the oldest event of the batch. */
static void find_since(struct tt_state *state)
{
    for (size_t i = 0; i < state->history_count; i++)
        state->histories[i].since_us = TT_TIME_MAX_US;
    for (size_t i = 0; i < state->rows->count && state->history_count > 0; i++) {
        const struct tt_audit_row *row = &state->rows->list[i];
        size_t place = state->batch->entries[state->rows->origins[i]].task;
        if (row->duplicate || !state->tasks[place].put_off)
            continue;
        struct tt_store_history *history = &state->histories[state->tasks[place].history];
        const struct tt_current_row *stored = state->batch->tasks[place].current;
        if (stored != NULL && stored->stays == 0)
            history->since_us = TT_TIME_MIN_US; /* its stays were never written: all of them */
        else if (row->event.event_time_us < history->since_us)
            history->since_us = row->event.event_time_us;
    }
}

enum tt_err tt_state_run(struct tt_state *state, const struct tt_store_batch *batch,
                         const struct tt_rows *rows, struct tt_arena *arena, int64_t now_us,
                         const struct tt_state_order *order, struct tt_fault *fault)
{
    state->batch = batch;
    state->rows = rows;
    state->arena = arena;
    state->now_us = now_us;
    state->order = *order;
    state->history_count = 0;
    enum tt_err err = make_room(state);
    for (size_t i = 0; i < batch->task_count && err == TT_OK; i++)
        begin_task(&state->tasks[i], &batch->tasks[i]);
    for (size_t i = 0; i < rows->count && err == TT_OK; i++) {
        state->added[i] = (struct tt_progress_row){0};
        if (!rows->list[i].duplicate)
            err = run_event(state, i, fault);
    }
    if (err == TT_OK)
        find_since(state);
    return err;
}

const struct tt_current_row *tt_state_row(const struct tt_state *state, size_t row)
{
    const struct tt_state_task *task =
        &state->tasks[state->batch->entries[state->rows->origins[row]].task];
    return task->has_row ? &task->row : NULL;
}

void tt_state_put_fences(struct tt_state *state)
{
    for (size_t i = 0; i < state->rows->count; i++) {
        size_t place = state->batch->entries[state->rows->origins[i]].task;
        const struct tt_current_row *stored = state->batch->tasks[place].current;
        struct tt_state_task *task = &state->tasks[place];
        int64_t fence = state->rows->list[i].fence;
        if (stored != NULL && stored->fence > fence)
            fence = stored->fence; /* without locking */
        if (!task->has_row || (!task->changed && task->row.fence == fence))
            continue;
        task->row.fence = fence;
        task->changed = true;
    }
}

enum tt_err tt_state_run_histories(struct tt_state *state, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < state->batch->task_count && err == TT_OK; i++) {
        struct tt_state_task *task = &state->tasks[i];
        if (!task->put_off)
            continue;
        size_t place = task->history;
        const struct tt_store_history *history = &state->histories[place];
        begin_task(task, &state->batch->tasks[i]);
        task->history = place;
        task->again = true;
        err = tt_timeline_begin(&task->timeline, history->originals, history->count, state->arena);
    }
    for (size_t i = 0; i < state->rows->count && err == TT_OK; i++) {
        const struct tt_audit_row *row = &state->rows->list[i];
        if (row->duplicate ||
            !state->tasks[state->batch->entries[state->rows->origins[i]].task].again)
            continue;
        state->added[i] = (struct tt_progress_row){0};
        err = run_event(state, i, fault);
    }
    return err;
}
