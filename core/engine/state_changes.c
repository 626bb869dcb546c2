/* Changes of single events summed up: per task, and per data set. */
#include "core/base/assert.h"
#include "core/engine/state_parts.h"

#include <stdlib.h>

static enum tt_err reserve_stays(struct tt_state_task *task, size_t count, struct tt_arena *arena)
{
    if (count <= task->stay_capacity)
        return TT_OK;
    size_t capacity = 2 * count + 2;
    struct tt_interval_row *rows = tt_arena_alloc(arena, capacity * sizeof *rows);
    if (rows == NULL)
        return TT_ERR_NO_MEMORY;
    if (task->stay_count > 0)
        memcpy(rows, task->stays, task->stay_count * sizeof *rows);
    task->stays = rows;
    task->stay_capacity = capacity;
    return TT_OK;
}

static void end_stay(struct tt_state_task *task, int64_t position, int64_t valid_to_us)
{
    if (position > task->keep) {
        tt_assert((size_t)(position - task->keep) == task->stay_count);
        task->stays[task->stay_count - 1].valid_to_us = valid_to_us;
        return;
    }
    tt_assert(position == task->keep && task->stay_count == 0);
    task->ends = true;
    task->valid_to_us = valid_to_us;
}

static enum tt_err add_stay(struct tt_state_task *task, const struct tt_interval_row *stay,
                            struct tt_arena *arena)
{
    tt_assert(stay->position == task->keep + (int64_t)task->stay_count + 1);
    enum tt_err err = reserve_stays(task, task->stay_count + 1, arena);
    if (err == TT_OK)
        task->stays[task->stay_count++] = *stay;
    return err;
}

static enum tt_err replace_stays(struct tt_state_task *task, const struct tt_change *change,
                                 struct tt_arena *arena)
{
    enum tt_err err = reserve_stays(task, change->stays.count, arena);
    if (err != TT_OK)
        return err;
    tt_assert(change->stays.keep <= task->keep);
    task->keep = change->stays.keep;
    task->replace = true;
    task->ends = task->keep > 0;
    task->valid_to_us = change->stays.valid_to_us;
    task->stay_count = change->stays.count;
    if (task->stay_count > 0)
        memcpy(task->stays, change->stays.rows, task->stay_count * sizeof *task->stays);
    return TT_OK;
}

enum tt_err tt_state_take(struct tt_state_task *task, const struct tt_changes *changes,
                          struct tt_progress_row *ret_added, struct tt_arena *arena)
{
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < changes->count && err == TT_OK; i++) {
        const struct tt_change *change = &changes->list[i];
        switch (change->kind) {
        case TT_CHANGE_CURRENT:
            task->row = change->current;
            task->has_row = task->changed = true;
            break;
        case TT_CHANGE_STAY_END:
            end_stay(task, change->end.position, change->end.valid_to_us);
            break;
        case TT_CHANGE_STAY: err = add_stay(task, &change->stay, arena); break;
        case TT_CHANGE_STAYS: err = replace_stays(task, change, arena); break;
        case TT_CHANGE_PROGRESS: *ret_added = change->progress; break;
        }
    }
    return err;
}

static bool same_dataset(const struct tt_progress_row *a, const struct tt_progress_row *b)
{
    return tt_str_equal(a->dataset_id, b->dataset_id) &&
           tt_str_equal(a->correlation_id, b->correlation_id) && tt_str_equal(a->tenant, b->tenant);
}

static int by_dataset(const void *a, const void *b)
{
    const struct tt_progress_row *x = a, *y = b;
    int order = tt_str_compare(x->tenant, y->tenant);
    if (order == 0)
        order = tt_str_compare(x->correlation_id, y->correlation_id);
    return order != 0 ? order : tt_str_compare(x->dataset_id, y->dataset_id);
}

static enum tt_err collect_progress(struct tt_state *state)
{
    size_t count = 0;
    if (tt_slots_reset(&state->slots, state->rows->count) != TT_OK)
        return TT_ERR_NO_MEMORY;
    for (size_t i = 0; i < state->rows->count; i++) {
        const struct tt_progress_row *added = &state->added[i];
        if (added->dataset_id.ptr == NULL)
            continue;
        uint64_t hash = tt_str_hash(added->tenant, 0);
        hash = tt_str_hash(added->dataset_id, tt_str_hash(added->correlation_id, hash));
        uint32_t *slot = tt_slots_first(&state->slots, hash);
        while (*slot != 0 && !same_dataset(&state->progress[*slot - 1], added))
            slot = tt_slots_next(&state->slots, slot);
        if (*slot != 0) {
            tt_progress_add(&state->progress[*slot - 1], added);
        } else {
            state->progress[count] = *added;
            *slot = (uint32_t)++count;
        }
    }
    if (count > 1)
        qsort(state->progress, count, sizeof *state->progress, by_dataset);
    state->changes.progress = state->progress;
    state->changes.progress_count = count;
    return TT_OK;
}

enum tt_err tt_state_collect(struct tt_state *state)
{
    size_t current = 0, stays = 0;
    for (size_t i = 0; i < state->batch->task_count; i++) {
        const struct tt_state_task *task = &state->tasks[i];
        if (!task->changed)
            continue;
        state->current[current++] = (struct tt_store_current){
            .row = task->row, .is_new = state->batch->tasks[i].current == NULL};
        if (task->replace || task->ends || task->stay_count > 0)
            state->stays[stays++] = (struct tt_store_stays){
                .tenant = task->row.tenant,
                .task_id = task->row.task_id,
                .keep = task->keep,
                .replace = task->replace,
                .ends = task->ends,
                .valid_to_us = task->valid_to_us,
                .rows = task->stays,
                .count = task->stay_count,
            };
    }
    state->changes = (struct tt_store_changes){.current = state->current,
                                               .current_count = current,
                                               .stays = state->stays,
                                               .stays_count = stays};
    return collect_progress(state);
}
