/* What follows from the audit rows: read before the handlers decide, put after. */
#include "adapters/sqlite/rows.h"
#include "adapters/sqlite/writer.h"

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

/* Ends a read of one row. */
static enum tt_err finish(sqlite3_stmt *s, bool ok, bool *ret_found, struct tt_fault *fault)
{
    sqlite3_reset(s);
    *ret_found = ok;
    return ok ? TT_OK : no_memory(fault);
}

static enum tt_err read_current(void *context, struct tt_str tenant, struct tt_str task_id,
                                struct tt_arena *arena, struct tt_current_row *ret_row,
                                bool *ret_found, struct tt_fault *fault)
{
    struct tt_writer *w = context;
    sqlite3_stmt *s = w->statements[TT_SQL_CURRENT_GET];
    struct tt_current_row row;
    bool ok = true;
    tt_row_bind_task(s, tenant, task_id);
    enum tt_err err = tt_db_step(&w->db, s, ret_found, fault);
    if (err != TT_OK || !*ret_found)
        return err;
    tt_row_current(s, &row);
    struct tt_str *texts[] = {&row.tenant, &row.task_id,        &row.task_type, &row.status,
                              &row.stage,  &row.correlation_id, &row.dataset_id};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        keep(texts[i], arena, &ok);
    if (ok)
        *ret_row = row;
    return finish(s, ok, ret_found, fault);
}

static enum tt_err put_current(void *context, const struct tt_current_row *row,
                               struct tt_fault *fault)
{
    struct tt_writer *w = context;
    tt_row_bind_current(w->statements[TT_SQL_CURRENT_PUT], row);
    return tt_db_execute(&w->db, w->statements[TT_SQL_CURRENT_PUT], fault);
}

static enum tt_err read_last_interval(void *context, struct tt_str tenant, struct tt_str task_id,
                                      struct tt_arena *arena, struct tt_interval_row *ret_row,
                                      bool *ret_found, struct tt_fault *fault)
{
    struct tt_writer *w = context;
    sqlite3_stmt *s = w->statements[TT_SQL_INTERVAL_LAST];
    struct tt_interval_row row;
    bool ok = true;
    tt_row_bind_task(s, tenant, task_id);
    enum tt_err err = tt_db_step(&w->db, s, ret_found, fault);
    if (err != TT_OK || !*ret_found)
        return err;
    tt_row_interval(s, &row);
    keep(&row.status, arena, &ok);
    keep(&row.stage, arena, &ok);
    if (ok)
        *ret_row = row;
    return finish(s, ok, ret_found, fault);
}

static enum tt_err put_interval(void *context, struct tt_str tenant, struct tt_str task_id,
                                const struct tt_interval_row *row, struct tt_fault *fault)
{
    struct tt_writer *w = context;
    tt_row_bind_interval(w->statements[TT_SQL_INTERVAL_PUT], tenant, task_id, row);
    return tt_db_execute(&w->db, w->statements[TT_SQL_INTERVAL_PUT], fault);
}

static enum tt_err replace_intervals(void *context, struct tt_str tenant, struct tt_str task_id,
                                     const struct tt_interval_row *rows, size_t count,
                                     struct tt_fault *fault)
{
    struct tt_writer *w = context;
    tt_row_bind_task(w->statements[TT_SQL_INTERVAL_CLEAR], tenant, task_id);
    enum tt_err err = tt_db_execute(&w->db, w->statements[TT_SQL_INTERVAL_CLEAR], fault);
    for (size_t i = 0; i < count && err == TT_OK; i++)
        err = put_interval(context, tenant, task_id, &rows[i], fault);
    return err;
}

/* Within one event time: where all have seq, by seq; else as they came. */
static void sort_tie(struct tt_event *events, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!events[i].has_seq)
            return;
    for (size_t i = 1; i < count; i++) {
        struct tt_event moving = events[i];
        size_t at = i;
        for (; at > 0 && events[at - 1].seq > moving.seq; at--)
            events[at] = events[at - 1];
        events[at] = moving;
    }
}

static void sort_ties(struct tt_event *events, size_t count)
{
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1;
             end < count && events[end].event_time_us == events[first].event_time_us;)
            end++;
        sort_tie(events + first, end - first);
    }
}

static enum tt_err read_originals(void *context, struct tt_str tenant, struct tt_str task_id,
                                  struct tt_arena *arena, struct tt_event **ret_events,
                                  size_t *ret_count, struct tt_fault *fault)
{
    struct tt_writer *w = context;
    sqlite3_stmt *s = w->statements[TT_SQL_ORIGINALS];
    struct tt_event *events = NULL;
    size_t count = 0, capacity = 0;
    bool row = true, ok = true;
    enum tt_err err = TT_OK;
    tt_row_bind_task(s, tenant, task_id);
    while (err == TT_OK && row) {
        err = tt_db_step(&w->db, s, &row, fault);
        if (err != TT_OK || !row)
            break;
        if (tt_mem_reserve((void **)&events, &capacity, count + 1, sizeof *events) != TT_OK) {
            err = no_memory(fault);
            break;
        }
        events[count++] = (struct tt_event){
            .tenant = tenant,
            .task_id = task_id,
            .status = tt_db_text(s, 0),
            .stage = tt_db_text(s, 1),
            .event_time_us = tt_db_time(s, 2),
            .has_seq = !tt_db_is_null(s, 3),
            .seq = sqlite3_column_int64(s, 3),
            .received_at_us = TT_TIME_NONE,
        };
        keep(&events[count - 1].status, arena, &ok);
        keep(&events[count - 1].stage, arena, &ok);
    }
    sqlite3_reset(s);
    struct tt_event *kept = err == TT_OK ? tt_arena_alloc(arena, (count + 1) * sizeof *kept) : NULL;
    if (err == TT_OK && (kept == NULL || !ok))
        err = no_memory(fault);
    if (err == TT_OK) {
        sort_ties(events, count);
        if (count > 0)
            memcpy(kept, events, count * sizeof *kept);
        *ret_events = kept;
        *ret_count = count;
    }
    tt_mem_free(events);
    return err;
}

static enum tt_err read_progress(void *context, struct tt_str tenant, struct tt_str correlation_id,
                                 struct tt_str dataset_id, struct tt_arena *arena,
                                 struct tt_progress_row *ret_row, bool *ret_found,
                                 struct tt_fault *fault)
{
    struct tt_writer *w = context;
    sqlite3_stmt *s = w->statements[TT_SQL_PROGRESS_GET];
    struct tt_progress_row row;
    bool ok = true;
    tt_db_bind_text(s, 1, tenant);
    tt_db_bind_text(s, 2, correlation_id);
    tt_db_bind_text(s, 3, dataset_id);
    enum tt_err err = tt_db_step(&w->db, s, ret_found, fault);
    if (err != TT_OK || !*ret_found)
        return err;
    tt_row_progress(s, &row);
    struct tt_str *texts[] = {&row.tenant, &row.correlation_id, &row.dataset_id, &row.first_failure,
                              &row.last_stage};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        keep(texts[i], arena, &ok);
    if (ok)
        *ret_row = row;
    return finish(s, ok, ret_found, fault);
}

static enum tt_err put_progress(void *context, const struct tt_progress_row *row,
                                struct tt_fault *fault)
{
    struct tt_writer *w = context;
    tt_row_bind_progress(w->statements[TT_SQL_PROGRESS_PUT], row);
    return tt_db_execute(&w->db, w->statements[TT_SQL_PROGRESS_PUT], fault);
}

void tt_writer_set_state(struct tt_store *store)
{
    store->read_current = read_current;
    store->put_current = put_current;
    store->read_last_interval = read_last_interval;
    store->read_originals = read_originals;
    store->put_interval = put_interval;
    store->replace_intervals = replace_intervals;
    store->read_progress = read_progress;
    store->put_progress = put_progress;
}
