/* What a batch needs to know before the handlers decide.
 *
 * Entries mostly come behind all rows of their partition, so the newest row of each partition
 * answers for them; only an entry at or before it is looked up at its place. */
#include "adapters/sqlite/columns.h"
#include "adapters/sqlite/rows.h"
#include "adapters/sqlite/writer.h"
#include <stdlib.h>

static enum tt_err no_memory(struct tt_fault *fault)
{
    return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
}

/* A column's text that outlives the statement. */
static void keep(struct tt_str *text, struct tt_arena *arena, bool *ok)
{
    if (text->ptr == NULL)
        return;
    text->ptr = tt_arena_copy(arena, text->ptr, text->len);
    *ok = *ok && text->ptr != NULL;
}

/* ---- Places */

static bool is_behind(const struct tt_place *place, const struct tt_writer_mark *mark)
{
    return place->entry_ms > mark->entry_ms ||
           (place->entry_ms == mark->entry_ms && place->entry_seq > mark->entry_seq);
}

/* The newest row of a partition under an epoch. */
static enum tt_err find_mark(struct tt_writer *w, int64_t epoch, int64_t partition,
                             struct tt_writer_mark *mark, struct tt_fault *fault)
{
    sqlite3_stmt *s = w->statements[TT_SQL_ENTRY_NEWEST];
    int codes = tt_db_bind_int(s, 1, epoch) | tt_db_bind_int(s, 2, partition);
    enum tt_err err = tt_db_step_bound(&w->db, s, codes, &mark->found, fault);
    if (err != TT_OK || !mark->found)
        return err;
    mark->entry_ms = sqlite3_column_int64(s, 0);
    mark->entry_seq = sqlite3_column_int64(s, 1);
    sqlite3_reset(s);
    return TT_OK;
}

/* Adds the row at the entry's place under this epoch, if there is one. */
static enum tt_err look_up(struct tt_writer *w, struct tt_store_batch *batch, size_t entry,
                           int64_t epoch, struct tt_arena *arena, struct tt_fault *fault)
{
    sqlite3_stmt *s = w->statements[TT_SQL_TAKEN];
    struct tt_place place = batch->entries[entry].place;
    struct tt_audit_row row;
    bool found = false;
    place.epoch = epoch;
    enum tt_err err = tt_db_step_bound(&w->db, s, tt_row_bind_place(s, &place), &found, fault);
    if (err != TT_OK || !found)
        return err;
    tt_row_audit(s, &row);
    struct tt_event kept;
    err = tt_event_copy(&kept, &row.event, arena);
    sqlite3_reset(s);
    if (err == TT_OK)
        err = tt_mem_reserve((void **)&w->taken, &w->taken_capacity, batch->taken_count + 1,
                             sizeof *w->taken);
    if (err != TT_OK)
        return no_memory(fault);
    w->taken[batch->taken_count++] = (struct tt_store_taken){entry, epoch, kept};
    return TT_OK;
}

static enum tt_err load_places(struct tt_writer *w, struct tt_store_batch *batch, int64_t epoch,
                               struct tt_arena *arena, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < batch->partition_count && err == TT_OK; i++) {
        err = find_mark(w, epoch, batch->partitions[i].partition, &w->marks[i], fault);
        if (err == TT_OK && w->marks[i].found)
            batch->partitions[i].newest_epoch = epoch;
    }
    for (size_t i = 0; i < batch->entry_count && err == TT_OK; i++) {
        const struct tt_store_entry *entry = &batch->entries[i];
        const struct tt_writer_mark *mark = &w->marks[entry->partition];
        if (mark->found && !is_behind(&entry->place, mark))
            err = look_up(w, batch, i, epoch, arena, fault);
    }
    return err;
}

static int by_entry(const void *a, const void *b)
{
    const struct tt_store_taken *x = a, *y = b;
    if (x->entry != y->entry)
        return x->entry < y->entry ? -1 : 1;
    return (x->epoch > y->epoch) - (x->epoch < y->epoch);
}

static enum tt_err load_all_places(struct tt_writer *w, struct tt_store_batch *batch,
                                   struct tt_arena *arena, struct tt_fault *fault)
{
    int64_t newest = 0;
    enum tt_err err = tt_writer_number(w, TT_SQL_EPOCH_NEWEST, &newest, fault);
    if (err == TT_OK && tt_mem_reserve((void **)&w->marks, &w->mark_capacity,
                                       batch->partition_count, sizeof *w->marks) != TT_OK)
        err = no_memory(fault);
    batch->taken_count = 0;
    for (int64_t epoch = batch->epoch; epoch <= newest && err == TT_OK; epoch++)
        err = load_places(w, batch, epoch, arena, fault);
    if (batch->taken_count > 1)
        qsort(w->taken, batch->taken_count, sizeof *w->taken, by_entry);
    batch->taken = w->taken;
    return err;
}

/* ---- Tasks and duplicates */

static enum tt_err load_current(struct tt_writer *w, struct tt_store_task *task, int64_t *ret_row,
                                struct tt_arena *arena, struct tt_fault *fault)
{
    sqlite3_stmt *s = w->statements[TT_SQL_CURRENT_GET];
    struct tt_current_row row, *kept;
    bool found = false, ok = true;
    task->current = NULL;
    *ret_row = 0;
    int codes = tt_row_bind_task(s, task->tenant, task->task_id);
    enum tt_err err = tt_db_step_bound(&w->db, s, codes, &found, fault);
    if (err != TT_OK || !found)
        return err;
    tt_row_current(s, &row);
    *ret_row = sqlite3_column_int64(s, TT_CURRENT_COLUMN_COUNT);
    row.tenant = task->tenant;
    row.task_id = task->task_id;
    struct tt_str *texts[] = {&row.task_type,      &row.status,     &row.stage,
                              &row.correlation_id, &row.dataset_id, &row.stay_status};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        keep(texts[i], arena, &ok);
    sqlite3_reset(s);
    kept = tt_arena_alloc(arena, sizeof *kept);
    if (!ok || kept == NULL)
        return no_memory(fault);
    *kept = row;
    task->current = kept;
    return tt_writer_check_fence(w, task, fault);
}

static enum tt_err find_same(struct tt_writer *w, struct tt_store_entry *entry,
                             struct tt_fault *fault)
{
    const struct tt_event *event = &entry->event;
    bool has_id = event->event_id.ptr != NULL;
    sqlite3_stmt *s = w->statements[has_id ? TT_SQL_SAME_ID : TT_SQL_SAME_CONTENT];
    int codes =
        tt_row_bind_task(s, event->tenant, event->task_id) | tt_db_bind_int(s, 3, entry->identity);
    if (has_id)
        codes |= tt_db_bind_text(s, 4, event->event_id);
    else
        codes |= tt_db_bind_time(s, 4, event->event_time_us) |
                 tt_db_bind_text(s, 5, event->status) | tt_db_bind_text(s, 6, event->stage) |
                 tt_db_bind_text(s, 7, event->source) |
                 tt_row_bind_seq(s, 8, event->has_seq, event->seq);
    enum tt_err err = tt_db_step_bound(&w->db, s, codes, &entry->stored_same, fault);
    if (err == TT_OK && entry->stored_same)
        sqlite3_reset(s);
    return err;
}

enum tt_err tt_writer_load(void *context, struct tt_store_batch *batch, struct tt_arena *arena,
                           struct tt_fault *fault)
{
    struct tt_writer *w = context;
    enum tt_err err = load_all_places(w, batch, arena, fault);
    if (err == TT_OK && tt_mem_reserve((void **)&w->task_rows, &w->task_row_capacity,
                                       batch->task_count, sizeof *w->task_rows) != TT_OK)
        err = no_memory(fault);
    for (size_t i = 0; i < batch->task_count && err == TT_OK; i++)
        err = load_current(w, &batch->tasks[i], &w->task_rows[i], arena, fault);
    for (size_t i = 0; i < batch->entry_count && err == TT_OK; i++)
        if (batch->tasks[batch->entries[i].task].current != NULL) /* else there are no rows of it */
            err = find_same(w, &batch->entries[i], fault);
    w->batch = batch;
    return err;
}

/* ---- Histories */

static enum tt_err load_before(struct tt_writer *w, struct tt_store_history *history,
                               struct tt_arena *arena, struct tt_fault *fault)
{
    sqlite3_stmt *s = w->statements[TT_SQL_STAY_BEFORE];
    bool ok = true;
    int codes = tt_row_bind_task(s, history->tenant, history->task_id) |
                tt_db_bind_time(s, 3, history->since_us);
    enum tt_err err = tt_db_step_bound(&w->db, s, codes, &history->has_before, fault);
    if (err != TT_OK || !history->has_before)
        return err;
    tt_row_interval(s, &history->before);
    keep(&history->before.status, arena, &ok);
    keep(&history->before.stage, arena, &ok);
    sqlite3_reset(s);
    return ok ? TT_OK : no_memory(fault);
}

static enum tt_err load_originals(struct tt_writer *w, struct tt_store_history *history,
                                  struct tt_arena *arena, struct tt_fault *fault)
{
    sqlite3_stmt *s = w->statements[TT_SQL_ORIGINALS];
    size_t count = 0;
    bool row = true, ok = true;
    int codes = tt_row_bind_task(s, history->tenant, history->task_id) |
                tt_db_bind_time(s, 3, history->since_us);
    enum tt_err err = tt_db_bound(&w->db, codes, fault);
    if (err != TT_OK)
        return err;
    while (ok && (err = tt_db_step(&w->db, s, &row, fault)) == TT_OK && row) {
        ok = tt_mem_reserve((void **)&w->originals, &w->original_capacity, count + 1,
                            sizeof *w->originals) == TT_OK;
        if (!ok)
            break;
        struct tt_original *original = &w->originals[count++];
        *original = (struct tt_original){
            .status = tt_db_text(s, 0),
            .stage = tt_db_text(s, 1),
            .event_time_us = tt_db_time(s, 2),
            .has_seq = !tt_db_is_null(s, 3),
            .seq = sqlite3_column_int64(s, 3),
            .arrival = sqlite3_column_int64(s, 4),
        };
        keep(&original->status, arena, &ok);
        keep(&original->stage, arena, &ok);
    }
    sqlite3_reset(s);
    struct tt_original *kept = ok ? tt_arena_alloc(arena, (count + 1) * sizeof *kept) : NULL;
    if (err == TT_OK && kept == NULL)
        return no_memory(fault);
    if (err == TT_OK && count > 0)
        memcpy(kept, w->originals, count * sizeof *kept);
    history->originals = kept;
    history->count = count;
    return err;
}

enum tt_err tt_writer_histories(void *context, struct tt_store_history *histories, size_t count,
                                struct tt_arena *arena, struct tt_fault *fault)
{
    struct tt_writer *w = context;
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < count && err == TT_OK; i++) {
        err = load_before(w, &histories[i], arena, fault);
        if (err == TT_OK)
            err = load_originals(w, &histories[i], arena, fault);
    }
    return err;
}
