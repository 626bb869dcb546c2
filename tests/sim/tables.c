#include "tests/sim/tables.h"

#include "core/base/assert.h"
#include <stdlib.h>
#include <string.h>

void tt_model_tables_init(struct tt_model_tables *tables)
{
    *tables = (struct tt_model_tables){0};
    tt_arena_init(&tables->arena, 0);
}

void tt_model_tables_done(struct tt_model_tables *tables)
{
    for (size_t i = 0; i < tables->task_count; i++)
        tt_mem_free(tables->tasks[i].stays);
    tt_mem_free(tables->audit);
    tt_mem_free(tables->tasks);
    tt_mem_free(tables->progress);
    tt_arena_done(&tables->arena);
}

static void reserve(void **list, size_t *capacity, size_t need, size_t bytes)
{
    tt_assert(tt_mem_reserve(list, capacity, need, bytes) == TT_OK);
}

struct tt_model_task *tt_model_task(const struct tt_model_tables *tables, struct tt_str tenant,
                                    struct tt_str task_id)
{
    for (size_t i = 0; i < tables->task_count; i++)
        if (tt_str_equal(tables->tasks[i].row.task_id, task_id) &&
            tt_str_equal(tables->tasks[i].row.tenant, tenant))
            return &tables->tasks[i];
    return NULL;
}

static bool is_of(const struct tt_audit_row *row, struct tt_str tenant, struct tt_str task_id)
{
    return tt_str_equal(row->event.task_id, task_id) && tt_str_equal(row->event.tenant, tenant);
}

/* ---- Asked before the handlers decide */

static bool same_place(const struct tt_place *a, const struct tt_place *b)
{
    return a->partition == b->partition && a->entry_ms == b->entry_ms &&
           a->entry_seq == b->entry_seq;
}

static void load_places(const struct tt_model_tables *tables, struct tt_store_batch *batch,
                        struct tt_arena *arena)
{
    size_t room = batch->entry_count + tables->audit_count + 1;
    struct tt_store_taken *taken = tt_arena_alloc(arena, room * sizeof *taken);
    batch->taken_count = 0;
    for (size_t k = 0; k < tables->audit_count; k++)
        for (size_t i = 0; i < batch->partition_count; i++) {
            struct tt_store_partition *partition = &batch->partitions[i];
            const struct tt_place *place = &tables->audit[k].place;
            if (place->partition == partition->partition && place->epoch >= batch->epoch &&
                place->epoch > partition->newest_epoch)
                partition->newest_epoch = place->epoch;
        }
    for (size_t i = 0; i < batch->entry_count; i++) {
        size_t first = batch->taken_count;
        for (size_t k = 0; k < tables->audit_count && !tables->no_row_key; k++) {
            const struct tt_audit_row *row = &tables->audit[k];
            if (!same_place(&row->place, &batch->entries[i].place) ||
                row->place.epoch < batch->epoch)
                continue;
            size_t at = batch->taken_count++;
            for (; at > first && taken[at - 1].epoch > row->place.epoch; at--)
                taken[at] = taken[at - 1];
            taken[at] = (struct tt_store_taken){i, row->place.epoch, row->event};
            tt_assert(batch->taken_count < room);
        }
    }
    batch->taken = taken;
}

enum tt_err tt_model_load(struct tt_model_tables *tables, struct tt_store_batch *batch,
                          struct tt_arena *arena, struct tt_fault *fault)
{
    load_places(tables, batch, arena);
    for (size_t i = 0; i < batch->task_count; i++) {
        struct tt_store_task *task = &batch->tasks[i];
        const struct tt_model_task *stored = tt_model_task(tables, task->tenant, task->task_id);
        if (stored == NULL)
            continue;
        struct tt_current_row *copy = tt_arena_alloc(arena, sizeof *copy);
        *copy = stored->row;
        task->current = copy;
        if (!tables->no_fence && task->fence != 0 && task->fence < copy->fence)
            return tt_fault_set(fault, TT_ERR_FENCED, "task %.*s: fence %lld is older than %lld",
                                TT_STR_ARGS(task->task_id), (long long)task->fence,
                                (long long)copy->fence);
    }
    for (size_t i = 0; i < batch->entry_count; i++) {
        const struct tt_event *event = &batch->entries[i].event;
        for (size_t k = 0; k < tables->audit_count && !batch->entries[i].stored_same; k++)
            batch->entries[i].stored_same =
                is_of(&tables->audit[k], event->tenant, event->task_id) &&
                tt_event_is_same(&tables->audit[k].event, event);
    }
    return TT_OK;
}

void tt_model_histories(const struct tt_model_tables *tables, struct tt_store_history *histories,
                        size_t count, struct tt_arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        struct tt_store_history *history = &histories[i];
        const struct tt_model_task *task = tt_model_task(tables, history->tenant, history->task_id);
        struct tt_original *list = tt_arena_alloc(arena, (tables->audit_count + 1) * sizeof *list);
        for (size_t k = 0; k < tables->audit_count; k++) {
            const struct tt_audit_row *row = &tables->audit[k];
            const struct tt_event *event = &row->event;
            if (!is_of(row, history->tenant, history->task_id) || row->duplicate ||
                event->event_time_us < history->since_us)
                continue;
            size_t at = history->count++;
            for (; at > 0 && list[at - 1].event_time_us > event->event_time_us; at--)
                list[at] = list[at - 1];
            list[at] = (struct tt_original){event->status,        event->stage,
                                            event->event_time_us, event->has_seq ? event->seq : 0,
                                            event->has_seq,       row->apply_seq};
        }
        history->originals = list;
        for (size_t k = 0; task != NULL && k < task->stay_count; k++)
            if (task->stays[k].valid_from_us < history->since_us) {
                history->before = task->stays[k];
                history->has_before = true;
            }
    }
}

/* ---- Transactions */

struct tt_model_tx *tt_model_tx_open(struct tt_model_tables *tables)
{
    for (size_t i = 0; i < TT_MODEL_TX_MAX; i++)
        if (!tables->tx[i].open) {
            tables->tx[i] = (struct tt_model_tx){.open = true, .serial = ++tables->serial};
            return &tables->tx[i];
        }
    tt_assert(!"a free transaction");
    return NULL;
}

bool tt_model_tx_is_kept_out(const struct tt_model_tables *tables, const struct tt_model_tx *tx,
                             bool all, uint32_t partitions)
{
    for (size_t i = 0; i < TT_MODEL_TX_MAX; i++) {
        const struct tt_model_tx *other = &tables->tx[i];
        if (other != tx && other->open &&
            ((all && other->all) || (partitions & other->partitions) != 0))
            return true;
    }
    return false;
}

void tt_model_tx_rollback(struct tt_model_tx *tx)
{
    tx->open = false;
}

void tt_model_tx_fence(struct tt_model_tables *tables, struct tt_model_tx *tx,
                       const struct tt_store_partition *partitions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t number = partitions[i].partition;
        tt_assert(number >= 0 && number < TT_MODEL_FENCES_MAX);
        if (partitions[i].fence > tables->fences[number])
            tx->fences[number] = tt_fence_ceiling(partitions[i].fence);
    }
}

int64_t tt_model_reserve_fences(struct tt_model_tables *tables, int64_t up_to)
{
    int64_t known = tables->reserved, wanted = tt_fence_ceiling(up_to);
    for (size_t i = 0; i < TT_MODEL_FENCES_MAX; i++)
        if (tables->fences[i] > known)
            known = tables->fences[i];
    if (up_to == 0)
        wanted = known + TT_FENCE_STEP;
    return tables->reserved = wanted > known ? wanted : known;
}

static void keep(struct tt_model_tables *tables, struct tt_str *text)
{
    if (text->ptr != NULL) {
        text->ptr = tt_arena_copy(&tables->arena, text->ptr, text->len);
        tt_assert(text->ptr != NULL);
    }
}

static void *keep_list(struct tt_model_tables *tables, const void *list, size_t count, size_t bytes)
{
    void *copy = tt_arena_alloc(&tables->arena, count * bytes + 1);
    tt_assert(copy != NULL);
    if (count > 0)
        memcpy(copy, list, count * bytes);
    return copy;
}

static void keep_current(struct tt_model_tables *tables, struct tt_current_row *row)
{
    keep(tables, &row->tenant);
    keep(tables, &row->task_id);
    keep(tables, &row->task_type);
    keep(tables, &row->status);
    keep(tables, &row->stage);
    keep(tables, &row->correlation_id);
    keep(tables, &row->dataset_id);
    keep(tables, &row->stay_status);
}

static void keep_stays(struct tt_model_tables *tables, struct tt_store_stays *stays)
{
    struct tt_interval_row *rows = keep_list(tables, stays->rows, stays->count, sizeof *rows);
    keep(tables, &stays->tenant);
    keep(tables, &stays->task_id);
    for (size_t i = 0; i < stays->count; i++) {
        keep(tables, &rows[i].status);
        keep(tables, &rows[i].stage);
    }
    stays->rows = rows;
}

static bool is_taken(const struct tt_model_tables *tables, const struct tt_place *place)
{
    for (size_t k = 0; k < tables->audit_count; k++)
        if (tables->audit[k].place.epoch == place->epoch &&
            same_place(&tables->audit[k].place, place))
            return true;
    return false;
}

static enum tt_err check_changes(const struct tt_model_tables *tables,
                                 const struct tt_store_changes *changes, struct tt_fault *fault)
{
    for (size_t i = 0; i < changes->audit_count; i++) {
        const struct tt_audit_row *row = &changes->audit[i];
        if (tables->unstorable != NULL &&
            tt_str_equal(row->event.message, tt_str_from(tables->unstorable)))
            return tt_fault_set(fault, TT_ERR_LIMIT, "cannot hold that");
        if (!tables->no_row_key && is_taken(tables, &row->place))
            return tt_fault_set(fault, TT_ERR_CORRUPT, "a row stands at %lld-%lld already",
                                (long long)row->place.entry_ms, (long long)row->place.entry_seq);
    }
    for (size_t i = 0; i < changes->current_count; i++) {
        const struct tt_current_row *row = &changes->current[i].row;
        if (changes->current[i].is_new !=
            (tt_model_task(tables, row->tenant, row->task_id) == NULL))
            return tt_fault_set(fault, TT_ERR_CORRUPT, "task %.*s: new or not?",
                                TT_STR_ARGS(row->task_id));
    }
    return TT_OK;
}

enum tt_err tt_model_write(struct tt_model_tables *tables, struct tt_model_tx *tx,
                           const struct tt_store_changes *changes, struct tt_fault *fault)
{
    enum tt_err err = check_changes(tables, changes, fault);
    if (err != TT_OK)
        return err;
    tt_assert(!tx->written);
    tx->written = true;
#define KEEP(name)                                                                                 \
    tx->name##_count = changes->name##_count;                                                      \
    tx->name = keep_list(tables, changes->name, changes->name##_count, sizeof *tx->name)
    KEEP(audit);
    KEEP(current);
    KEEP(stays);
    KEEP(progress);
#undef KEEP
    for (size_t i = 0; i < tx->audit_count; i++) {
        tt_assert(tt_event_copy(&tx->audit[i].event, &changes->audit[i].event, &tables->arena) ==
                  TT_OK);
        keep(tables, &tx->audit[i].worker);
    }
    for (size_t i = 0; i < tx->current_count; i++)
        keep_current(tables, &tx->current[i].row);
    for (size_t i = 0; i < tx->stays_count; i++)
        keep_stays(tables, &tx->stays[i]);
    for (size_t i = 0; i < tx->progress_count; i++) {
        struct tt_progress_row *row = &tx->progress[i];
        keep(tables, &row->tenant);
        keep(tables, &row->correlation_id);
        keep(tables, &row->dataset_id);
        keep(tables, &row->first_failure);
        keep(tables, &row->last_stage);
    }
    return TT_OK;
}

/* ---- Committing */

static void put_current(struct tt_model_tables *tables, const struct tt_current_row *row)
{
    struct tt_model_task *task = tt_model_task(tables, row->tenant, row->task_id);
    if (task == NULL) {
        reserve((void **)&tables->tasks, &tables->task_capacity, tables->task_count + 1,
                sizeof *tables->tasks);
        task = &tables->tasks[tables->task_count++];
        *task = (struct tt_model_task){0};
    }
    task->row = *row;
}

static void put_stays(struct tt_model_tables *tables, const struct tt_store_stays *stays)
{
    struct tt_model_task *task = tt_model_task(tables, stays->tenant, stays->task_id);
    tt_assert(task != NULL && stays->keep >= 0 && (size_t)stays->keep <= task->stay_count);
    if (stays->replace)
        task->stay_count = (size_t)stays->keep;
    if (stays->ends)
        task->stays[stays->keep - 1].valid_to_us = stays->valid_to_us;
    for (size_t i = 0; i < stays->count; i++) {
        size_t at = (size_t)stays->rows[i].position - 1;
        tt_assert(at <= task->stay_count);
        reserve((void **)&task->stays, &task->stay_capacity, at + 1, sizeof *task->stays);
        task->stays[at] = stays->rows[i];
        if (at == task->stay_count)
            task->stay_count++;
    }
}

static void add_progress(struct tt_model_tables *tables, const struct tt_progress_row *change)
{
    for (size_t i = 0; i < tables->progress_count; i++) {
        struct tt_progress_row *row = &tables->progress[i];
        if (tt_str_equal(row->tenant, change->tenant) &&
            tt_str_equal(row->correlation_id, change->correlation_id) &&
            tt_str_equal(row->dataset_id, change->dataset_id)) {
            tt_progress_add(row, change);
            return;
        }
    }
    reserve((void **)&tables->progress, &tables->progress_capacity, tables->progress_count + 1,
            sizeof *tables->progress);
    tables->progress[tables->progress_count++] = *change;
}

void tt_model_tx_commit(struct tt_model_tables *tables, struct tt_model_tx *tx)
{
    tt_assert(tx->open);
    for (size_t i = 0; i < TT_MODEL_FENCES_MAX; i++)
        if (tx->fences[i] > tables->fences[i])
            tables->fences[i] = tx->fences[i];
    for (size_t i = 0; i < tx->audit_count; i++) {
        reserve((void **)&tables->audit, &tables->audit_capacity, tables->audit_count + 1,
                sizeof *tables->audit);
        tables->audit[tables->audit_count] = tx->audit[i];
        tables->audit[tables->audit_count].apply_seq = (int64_t)tables->audit_count + 1;
        tables->audit_count++;
    }
    for (size_t i = 0; i < tx->current_count; i++)
        put_current(tables, &tx->current[i].row);
    for (size_t i = 0; i < tx->stays_count; i++)
        put_stays(tables, &tx->stays[i]);
    for (size_t i = 0; i < tx->progress_count; i++)
        add_progress(tables, &tx->progress[i]);
    tx->open = false;
}
