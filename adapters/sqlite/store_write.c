/* Happy path: BEGIN IMMEDIATE, the fences, then per event a look for its duplicate, its row, its
 * state; COMMIT. Statements are prepared once.
 *
 * Failure modes: another process writes: the busy timeout waits, then BUSY; disk full: NO_SPACE,
 * rolled back; the file became read-only: READ_ONLY; the process dies: WAL leaves the last commit.
 * apply_seq is read once per transaction, under the write lock, and counted up: it grows with
 * commit order. */
#include "adapters/sqlite/columns.h"
#include "adapters/sqlite/db.h"
#include "adapters/sqlite/store.h"
#include "core/base/assert.h"
#include <stdlib.h>

enum statement {
    FENCE_PUT,
    FENCE_GET,
    AUDIT_HAS,
    AUDIT_GET,
    AUDIT_PUT,
    AUDIT_MAX_SEQ,
    AUDIT_MAX_EPOCH,
    SAME_ID,
    SAME_CONTENT,
    CURRENT_GET,
    CURRENT_PUT,
    INTERVAL_LAST,
    INTERVAL_PUT,
    INTERVAL_CLEAR,
    ORIGINALS,
    PROGRESS_GET,
    PROGRESS_PUT,
    STATEMENTS
};

static const char *const sql[STATEMENTS] = {
    [FENCE_PUT] =
        "INSERT INTO partition_fence (partition, fence) VALUES (?1, ?2) ON CONFLICT (partition)"
        " DO UPDATE SET fence = excluded.fence WHERE excluded.fence > fence",
    [FENCE_GET] = "SELECT fence FROM partition_fence WHERE partition = ?1",
    [AUDIT_HAS] =
        "SELECT 1 FROM task_status_audit WHERE epoch = ?1 AND partition = ?2 AND entry_ms = ?3"
        " AND entry_seq = ?4",
    [AUDIT_GET] = "SELECT tenant, task_id, status, event_time, event_id, source, seq, stage, "
                  "message, received_at"
                  " FROM task_status_audit WHERE epoch = ?1 AND partition = ?2 AND entry_ms = ?3 "
                  "AND entry_seq = ?4",
    [AUDIT_PUT] = "INSERT INTO task_status_audit (" TT_AUDIT_COLUMNS
                  ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
                  " ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, "
                  "?25, ?26, ?27, ?28)"
                  " ON CONFLICT (epoch, partition, entry_ms, entry_seq) DO NOTHING",
    [AUDIT_MAX_SEQ] = "SELECT coalesce(max(apply_seq), 0) FROM task_status_audit",
    [AUDIT_MAX_EPOCH] = "SELECT coalesce(max(epoch), 0) FROM task_status_audit",
    [SAME_ID] = "SELECT 1 FROM task_status_audit WHERE tenant = ?1 AND task_id = ?2 AND event_id = "
                "?3 LIMIT 1",
    [SAME_CONTENT] =
        "SELECT 1 FROM task_status_audit WHERE tenant = ?1 AND task_id = ?2 AND event_time = ?3"
        " AND event_id IS NULL AND status = ?4 AND stage IS ?5 AND source IS ?6 AND seq IS ?7 "
        "LIMIT 1",
    [CURRENT_GET] = "SELECT task_type, status, stage, event_time, last_seq, first_seen_at, "
                    "updated_at, events, fence"
                    " FROM task_status_current WHERE tenant = ?1 AND task_id = ?2",
    [CURRENT_PUT] =
        "INSERT INTO task_status_current (tenant, task_id, task_type, status, stage, event_time, "
        "last_seq,"
        " first_seen_at, updated_at, events, fence) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
        "?10, ?11)"
        " ON CONFLICT (tenant, task_id) DO UPDATE SET task_type = excluded.task_type,"
        " status = excluded.status, stage = excluded.stage, event_time = excluded.event_time,"
        " last_seq = excluded.last_seq, first_seen_at = excluded.first_seen_at,"
        " updated_at = excluded.updated_at, events = excluded.events, fence = excluded.fence",
    [INTERVAL_LAST] =
        "SELECT position, valid_from, valid_to, status, stage FROM task_status_interval"
        " WHERE tenant = ?1 AND task_id = ?2 ORDER BY position DESC LIMIT 1",
    [INTERVAL_PUT] =
        "INSERT INTO task_status_interval (tenant, task_id, position, valid_from, valid_to, "
        "status, stage)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (tenant, task_id, position) DO UPDATE SET"
        " valid_from = excluded.valid_from, valid_to = excluded.valid_to, status = excluded.status,"
        " stage = excluded.stage",
    [INTERVAL_CLEAR] = "DELETE FROM task_status_interval WHERE tenant = ?1 AND task_id = ?2",
    [ORIGINALS] = "SELECT status, stage, event_time, seq FROM task_status_audit WHERE tenant = ?1 "
                  "AND task_id = ?2"
                  " AND duplicate = 0 ORDER BY event_time, apply_seq",
    [PROGRESS_GET] = "SELECT records_expected, records_finished, succeeded, failed, first_failure, "
                     "first_failure_at,"
                     " last_stage FROM dataset_progress WHERE tenant = ?1 AND correlation_id = ?2 "
                     "AND dataset_id = ?3",
    [PROGRESS_PUT] =
        "INSERT INTO dataset_progress (tenant, correlation_id, dataset_id, records_expected,"
        " records_finished, succeeded, failed, first_failure, first_failure_at, last_stage)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (tenant, correlation_id, "
        "dataset_id)"
        " DO UPDATE SET records_expected = excluded.records_expected,"
        " records_finished = excluded.records_finished, succeeded = excluded.succeeded,"
        " failed = excluded.failed, first_failure = excluded.first_failure,"
        " first_failure_at = excluded.first_failure_at, last_stage = excluded.last_stage",
};

struct writer {
    struct tt_db db;
    sqlite3_stmt *statements[STATEMENTS];
    int64_t apply_seq; /* the last one given in this transaction; -1: not read yet */
};

/* ---- Transactions
 * ----------------------------------------------------------------------------------- */

static enum tt_err begin(void *context, struct tt_fault *fault)
{
    struct writer *w = context;
    w->apply_seq = -1;
    return tt_db_run(&w->db, "BEGIN IMMEDIATE", fault);
}

static enum tt_err commit(void *context, struct tt_fault *fault)
{
    struct writer *w = context;
    return tt_db_run(&w->db, "COMMIT", fault);
}

static void rollback(void *context)
{
    struct writer *w = context;
    if (sqlite3_get_autocommit(w->db.sqlite) == 0)
        sqlite3_exec(w->db.sqlite, "ROLLBACK", NULL, NULL, NULL);
}

/* One number of one row; `otherwise` where there is none. */
static enum tt_err read_number(struct writer *w, enum statement which, int64_t otherwise,
                               int64_t *ret_value, struct tt_fault *fault)
{
    sqlite3_stmt *statement = w->statements[which];
    bool row = false;
    enum tt_err err = tt_db_step(&w->db, statement, &row, fault);
    if (err != TT_OK)
        return err;
    *ret_value = row ? sqlite3_column_int64(statement, 0) : otherwise;
    sqlite3_reset(statement);
    return TT_OK;
}

static enum tt_err fence_known(void *context, unsigned partition, int64_t *ret_fence,
                               struct tt_fault *fault)
{
    struct writer *w = context;
    tt_db_bind_int(w->statements[FENCE_GET], 1, partition);
    return read_number(w, FENCE_GET, 0, ret_fence, fault);
}

static enum tt_err fence(void *context, unsigned partition, int64_t number, struct tt_fault *fault)
{
    struct writer *w = context;
    int64_t known = 0;
    tt_db_bind_int(w->statements[FENCE_PUT], 1, partition);
    tt_db_bind_int(w->statements[FENCE_PUT], 2, number);
    enum tt_err err = tt_db_execute(&w->db, w->statements[FENCE_PUT], fault);
    if (err == TT_OK)
        err = fence_known(context, partition, &known, fault);
    if (err == TT_OK && known > number)
        err = tt_fault_set(fault, TT_ERR_FENCED, "partition %u: fence %lld is older than %lld",
                           partition, (long long)number, (long long)known);
    return err;
}

/* ---- Audit rows
 * ------------------------------------------------------------------------------------- */

static void bind_place(sqlite3_stmt *statement, const struct tt_place *place)
{
    tt_db_bind_int(statement, 1, place->epoch);
    tt_db_bind_int(statement, 2, place->partition);
    tt_db_bind_int(statement, 3, place->entry_ms);
    tt_db_bind_int(statement, 4, place->entry_seq);
}

static void bind_task(sqlite3_stmt *statement, struct tt_str tenant, struct tt_str task_id)
{
    tt_db_bind_text(statement, 1, tenant);
    tt_db_bind_text(statement, 2, task_id);
}

static void bind_seq(sqlite3_stmt *statement, int place, bool has_seq, int64_t seq)
{
    if (has_seq)
        tt_db_bind_int(statement, place, seq);
    else
        sqlite3_bind_null(statement, place);
}

static enum tt_err has_row(struct writer *w, enum statement which, bool *ret_has,
                           struct tt_fault *fault)
{
    enum tt_err err = tt_db_step(&w->db, w->statements[which], ret_has, fault);
    if (err == TT_OK && *ret_has)
        sqlite3_reset(w->statements[which]);
    return err;
}

static enum tt_err has_audit(void *context, const struct tt_place *place, bool *ret_has,
                             struct tt_fault *fault)
{
    struct writer *w = context;
    bind_place(w->statements[AUDIT_HAS], place);
    return has_row(w, AUDIT_HAS, ret_has, fault);
}

static enum tt_err is_duplicate(void *context, const struct tt_event *event, bool *ret_duplicate,
                                struct tt_fault *fault)
{
    struct writer *w = context;
    enum statement which = event->event_id.ptr != NULL ? SAME_ID : SAME_CONTENT;
    sqlite3_stmt *statement = w->statements[which];
    bind_task(statement, event->tenant, event->task_id);
    if (which == SAME_ID) {
        tt_db_bind_text(statement, 3, event->event_id);
    } else {
        tt_db_bind_time(statement, 3, event->event_time_us);
        tt_db_bind_text(statement, 4, event->status);
        tt_db_bind_text(statement, 5, event->stage);
        tt_db_bind_text(statement, 6, event->source);
        bind_seq(statement, 7, event->has_seq, event->seq);
    }
    return has_row(w, which, ret_duplicate, fault);
}

static void bind_row(sqlite3_stmt *s, const struct tt_audit_row *row)
{
    const struct tt_event *event = &row->event;
    bind_place(s, &row->place);
    tt_db_bind_text(s, 5, event->tenant);
    tt_db_bind_text(s, 6, event->task_id);
    tt_db_bind_text(s, 7, event->task_type);
    tt_db_bind_text(s, 8, event->status);
    tt_db_bind_text(s, 9, event->stage);
    tt_db_bind_time(s, 10, event->event_time_us);
    tt_db_bind_text(s, 11, event->event_id);
    tt_db_bind_text(s, 12, event->source);
    bind_seq(s, 13, event->has_seq, event->seq);
    tt_db_bind_text(s, 14, event->correlation_id);
    tt_db_bind_text(s, 15, event->dataset_id);
    tt_db_bind_text(s, 16, event->message);
    tt_db_bind_text(s, 17, event->error_code);
    tt_db_bind_int(s, 18, event->error_code_is_int);
    tt_db_bind_text(s, 19, event->attributes);
    tt_db_bind_time(s, 20, event->received_at_us);
    tt_db_bind_time(s, 21, row->enqueued_at_us);
    tt_db_bind_time(s, 22, row->read_started_at_us);
    tt_db_bind_time(s, 23, row->write_started_at_us);
    tt_db_bind_text(s, 24, row->worker);
    tt_db_bind_int(s, 25, row->fence);
    tt_db_bind_int(s, 26, row->attempt);
    tt_db_bind_int(s, 27, row->apply_seq);
    tt_db_bind_int(s, 28, row->duplicate);
}

/* Whether the row stored under this key tells the same event. */
static enum tt_err holds_same(struct writer *w, const struct tt_audit_row *row, bool *ret_same,
                              struct tt_fault *fault)
{
    sqlite3_stmt *s = w->statements[AUDIT_GET];
    const struct tt_event *event = &row->event;
    bool found = false;
    bind_place(s, &row->place);
    enum tt_err err = tt_db_step(&w->db, s, &found, fault);
    if (err != TT_OK || !found)
        return err;
    bool has_seq = sqlite3_column_type(s, 6) != SQLITE_NULL;
    *ret_same =
        tt_str_equal(tt_db_text(s, 0), event->tenant) &&
        tt_str_equal(tt_db_text(s, 1), event->task_id) &&
        tt_str_equal(tt_db_text(s, 2), event->status) && tt_db_time(s, 3) == event->event_time_us &&
        tt_str_equal(tt_db_text(s, 4), event->event_id) &&
        tt_str_equal(tt_db_text(s, 5), event->source) && has_seq == event->has_seq &&
        (!has_seq || sqlite3_column_int64(s, 6) == event->seq) &&
        tt_str_equal(tt_db_text(s, 7), event->stage) &&
        tt_str_equal(tt_db_text(s, 8), event->message) && tt_db_time(s, 9) == event->received_at_us;
    sqlite3_reset(s);
    return TT_OK;
}

static enum tt_err put_row(struct writer *w, struct tt_audit_row *row, bool *ret_inserted,
                           struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    if (w->apply_seq < 0)
        err = read_number(w, AUDIT_MAX_SEQ, 0, &w->apply_seq, fault);
    if (err != TT_OK)
        return err;
    row->apply_seq = w->apply_seq + 1;
    bind_row(w->statements[AUDIT_PUT], row);
    err = tt_db_execute(&w->db, w->statements[AUDIT_PUT], fault);
    if (err != TT_OK)
        return err;
    *ret_inserted = sqlite3_changes(w->db.sqlite) > 0;
    w->apply_seq += *ret_inserted;
    return TT_OK;
}

/* The key holds another event: Redis has lost its tail and given ids again. Under the newest epoch
 * the same entry may stand already; else it gets an epoch of its own. */
static enum tt_err put_reused(struct writer *w, struct tt_audit_row *row,
                              enum tt_insert *ret_insert, struct tt_fault *fault)
{
    int64_t newest = 0;
    bool inserted = false;
    enum tt_err err = read_number(w, AUDIT_MAX_EPOCH, 0, &newest, fault);
    while (err == TT_OK && !inserted) {
        bool same = false;
        row->place.epoch++;
        err = put_row(w, row, &inserted, fault);
        if (err == TT_OK && !inserted)
            err = holds_same(w, row, &same, fault);
        if (same) {
            *ret_insert = TT_INSERT_KNOWN;
            return err;
        }
        tt_assert(inserted || err != TT_OK || row->place.epoch <= newest);
    }
    *ret_insert = TT_INSERT_REUSED;
    return err;
}

static enum tt_err insert_audit(void *context, struct tt_audit_row *row, enum tt_insert *ret_insert,
                                struct tt_fault *fault)
{
    struct writer *w = context;
    bool inserted = false, same = false;
    enum tt_err err = put_row(w, row, &inserted, fault);
    if (err == TT_OK && !inserted)
        err = holds_same(w, row, &same, fault);
    if (err != TT_OK)
        return err;
    *ret_insert = inserted ? TT_INSERTED : TT_INSERT_KNOWN;
    return inserted || same ? TT_OK : put_reused(w, row, ret_insert, fault);
}

/* ---- State
 * ------------------------------------------------------------------------------------------ */

static enum tt_err no_memory(struct tt_fault *fault)
{
    return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
}

static enum tt_err read_current(void *context, struct tt_str tenant, struct tt_str task_id,
                                struct tt_arena *arena, struct tt_current_row *ret_row,
                                bool *ret_found, struct tt_fault *fault)
{
    struct writer *w = context;
    sqlite3_stmt *s = w->statements[CURRENT_GET];
    bool ok = true;
    bind_task(s, tenant, task_id);
    enum tt_err err = tt_db_step(&w->db, s, ret_found, fault);
    if (err != TT_OK || !*ret_found)
        return err;
    *ret_row = (struct tt_current_row){
        .tenant = tenant,
        .task_id = task_id,
        .task_type = tt_db_keep(s, 0, arena, &ok),
        .status = tt_db_keep(s, 1, arena, &ok),
        .stage = tt_db_keep(s, 2, arena, &ok),
        .event_time_us = tt_db_time(s, 3),
        .has_seq = sqlite3_column_type(s, 4) != SQLITE_NULL,
        .seq = sqlite3_column_int64(s, 4),
        .first_seen_at_us = tt_db_time(s, 5),
        .updated_at_us = tt_db_time(s, 6),
        .events = sqlite3_column_int64(s, 7),
        .fence = sqlite3_column_int64(s, 8),
    };
    sqlite3_reset(s);
    return ok ? TT_OK : no_memory(fault);
}

static enum tt_err put_current(void *context, const struct tt_current_row *row,
                               struct tt_fault *fault)
{
    struct writer *w = context;
    sqlite3_stmt *s = w->statements[CURRENT_PUT];
    bind_task(s, row->tenant, row->task_id);
    tt_db_bind_text(s, 3, row->task_type);
    tt_db_bind_text(s, 4, row->status);
    tt_db_bind_text(s, 5, row->stage);
    tt_db_bind_time(s, 6, row->event_time_us);
    bind_seq(s, 7, row->has_seq, row->seq);
    tt_db_bind_time(s, 8, row->first_seen_at_us);
    tt_db_bind_time(s, 9, row->updated_at_us);
    tt_db_bind_int(s, 10, row->events);
    tt_db_bind_int(s, 11, row->fence);
    return tt_db_execute(&w->db, s, fault);
}

static enum tt_err read_last_interval(void *context, struct tt_str tenant, struct tt_str task_id,
                                      struct tt_arena *arena, struct tt_interval_row *ret_row,
                                      bool *ret_found, struct tt_fault *fault)
{
    struct writer *w = context;
    sqlite3_stmt *s = w->statements[INTERVAL_LAST];
    bool ok = true;
    bind_task(s, tenant, task_id);
    enum tt_err err = tt_db_step(&w->db, s, ret_found, fault);
    if (err != TT_OK || !*ret_found)
        return err;
    *ret_row = (struct tt_interval_row){
        .position = sqlite3_column_int64(s, 0),
        .valid_from_us = tt_db_time(s, 1),
        .valid_to_us = tt_db_time(s, 2),
        .status = tt_db_keep(s, 3, arena, &ok),
        .stage = tt_db_keep(s, 4, arena, &ok),
    };
    sqlite3_reset(s);
    return ok ? TT_OK : no_memory(fault);
}

static enum tt_err put_interval(void *context, struct tt_str tenant, struct tt_str task_id,
                                const struct tt_interval_row *row, struct tt_fault *fault)
{
    struct writer *w = context;
    sqlite3_stmt *s = w->statements[INTERVAL_PUT];
    bind_task(s, tenant, task_id);
    tt_db_bind_int(s, 3, row->position);
    tt_db_bind_time(s, 4, row->valid_from_us);
    tt_db_bind_time(s, 5, row->valid_to_us);
    tt_db_bind_text(s, 6, row->status);
    tt_db_bind_text(s, 7, row->stage);
    return tt_db_execute(&w->db, s, fault);
}

static enum tt_err replace_intervals(void *context, struct tt_str tenant, struct tt_str task_id,
                                     const struct tt_interval_row *rows, size_t count,
                                     struct tt_fault *fault)
{
    struct writer *w = context;
    bind_task(w->statements[INTERVAL_CLEAR], tenant, task_id);
    enum tt_err err = tt_db_execute(&w->db, w->statements[INTERVAL_CLEAR], fault);
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
    struct writer *w = context;
    sqlite3_stmt *s = w->statements[ORIGINALS];
    struct tt_event *events = NULL;
    size_t count = 0, capacity = 0;
    bool row = true, ok = true;
    enum tt_err err = TT_OK;
    bind_task(s, tenant, task_id);
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
            .status = tt_db_keep(s, 0, arena, &ok),
            .stage = tt_db_keep(s, 1, arena, &ok),
            .event_time_us = tt_db_time(s, 2),
            .has_seq = sqlite3_column_type(s, 3) != SQLITE_NULL,
            .seq = sqlite3_column_int64(s, 3),
            .received_at_us = TT_TIME_NONE,
        };
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

static void bind_progress_key(sqlite3_stmt *s, struct tt_str tenant, struct tt_str correlation,
                              struct tt_str dataset)
{
    tt_db_bind_text(s, 1, tenant);
    tt_db_bind_text(s, 2, correlation);
    tt_db_bind_text(s, 3, dataset);
}

static enum tt_err read_progress(void *context, struct tt_str tenant, struct tt_str correlation_id,
                                 struct tt_str dataset_id, struct tt_arena *arena,
                                 struct tt_progress_row *ret_row, bool *ret_found,
                                 struct tt_fault *fault)
{
    struct writer *w = context;
    sqlite3_stmt *s = w->statements[PROGRESS_GET];
    bool ok = true;
    bind_progress_key(s, tenant, correlation_id, dataset_id);
    enum tt_err err = tt_db_step(&w->db, s, ret_found, fault);
    if (err != TT_OK || !*ret_found)
        return err;
    *ret_row = (struct tt_progress_row){
        .tenant = tenant,
        .correlation_id = correlation_id,
        .dataset_id = dataset_id,
        .records_expected =
            sqlite3_column_type(s, 0) == SQLITE_NULL ? -1 : sqlite3_column_int64(s, 0),
        .finished = sqlite3_column_int64(s, 1),
        .succeeded = sqlite3_column_int64(s, 2),
        .failed = sqlite3_column_int64(s, 3),
        .first_failure = tt_db_keep(s, 4, arena, &ok),
        .first_failure_at_us = tt_db_time(s, 5),
        .last_stage = tt_db_keep(s, 6, arena, &ok),
    };
    sqlite3_reset(s);
    return ok ? TT_OK : no_memory(fault);
}

static enum tt_err put_progress(void *context, const struct tt_progress_row *row,
                                struct tt_fault *fault)
{
    struct writer *w = context;
    sqlite3_stmt *s = w->statements[PROGRESS_PUT];
    bind_progress_key(s, row->tenant, row->correlation_id, row->dataset_id);
    if (row->records_expected < 0)
        sqlite3_bind_null(s, 4);
    else
        tt_db_bind_int(s, 4, row->records_expected);
    tt_db_bind_int(s, 5, row->finished);
    tt_db_bind_int(s, 6, row->succeeded);
    tt_db_bind_int(s, 7, row->failed);
    tt_db_bind_text(s, 8, row->first_failure);
    tt_db_bind_time(s, 9, row->first_failure_at_us);
    tt_db_bind_text(s, 10, row->last_stage);
    return tt_db_execute(&w->db, s, fault);
}

/* ---- Opening
 * ---------------------------------------------------------------------------------------- */

static void writer_free(struct writer *w)
{
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(w->statements[i]);
    tt_db_close(&w->db);
    tt_mem_free(w);
}

enum tt_err tt_sqlite_store_open(const char *path, int busy_ms, struct tt_store *ret_store,
                                 struct tt_fault *fault)
{
    struct writer *w = tt_mem_zalloc(sizeof *w);
    if (w == NULL)
        return no_memory(fault);
    enum tt_err err = tt_db_open(&w->db, path, true, busy_ms, fault);
    if (err != TT_OK) {
        tt_mem_free(w);
        return err;
    }
    err = tt_db_migrate(&w->db, fault);
    for (int i = 0; i < STATEMENTS && err == TT_OK; i++)
        err = tt_db_prepare(&w->db, sql[i], &w->statements[i], fault);
    if (err != TT_OK) {
        writer_free(w);
        return err;
    }
    *ret_store = (struct tt_store){
        .context = w,
        .begin = begin,
        .commit = commit,
        .rollback = rollback,
        .fence = fence,
        .fence_known = fence_known,
        .has_audit = has_audit,
        .is_duplicate = is_duplicate,
        .insert_audit = insert_audit,
        .read_current = read_current,
        .put_current = put_current,
        .read_last_interval = read_last_interval,
        .read_originals = read_originals,
        .put_interval = put_interval,
        .replace_intervals = replace_intervals,
        .read_progress = read_progress,
        .put_progress = put_progress,
    };
    return TT_OK;
}

void tt_sqlite_store_done(struct tt_store *store)
{
    if (store->context != NULL)
        writer_free(store->context);
    *store = (struct tt_store){0};
}
