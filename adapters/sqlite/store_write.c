/* What was decided, row by row with statements that are prepared: each row once, in the order of
 * its key. */
#include "adapters/sqlite/rows.h"
#include "adapters/sqlite/writer.h"

enum { ROWS_BETWEEN_CALLS = 64 };

/* The last time is in the middle of the rows: what it begins has time until the commit. Of a few
 * rows it is behind them, when what the first time began has come. */
static void go_on_meanwhile(const struct tt_store_changes *changes, size_t row)
{
    size_t count = changes->audit_count, last = count < ROWS_BETWEEN_CALLS ? count : count / 2;
    if (changes->meanwhile.call != NULL &&
        (row == last || (row < last && row % ROWS_BETWEEN_CALLS == 0)))
        changes->meanwhile.call(changes->meanwhile.context, row == last);
}

/* apply_seq is counted up under the write lock: it grows with the order of commits. */
static enum tt_err write_audit(struct tt_writer *w, const struct tt_store_changes *changes,
                               struct tt_fault *fault)
{
    int64_t last = 0;
    enum tt_err err = tt_writer_number(w, TT_SQL_AUDIT_LAST, &last, fault);
    for (size_t i = 0; i < changes->audit_count && err == TT_OK; i++) {
        sqlite3_stmt *s = w->statements[TT_SQL_AUDIT_PUT];
        go_on_meanwhile(changes, i);
        int codes = tt_row_bind_audit(s, &changes->audit[i], ++last);
        err = tt_db_execute_bound(&w->db, s, codes, fault);
    }
    return err;
}

/* The row that was loaded of this task; 0: it was not. Both lists are in the order of tenant and
 * task_id; *at is where the last one was found. */
static int64_t row_of(const struct tt_writer *w, const struct tt_current_row *row, size_t *at)
{
    const struct tt_store_batch *batch = w->batch;
    for (; batch != NULL && *at < batch->task_count; (*at)++)
        if (tt_str_equal(batch->tasks[*at].task_id, row->task_id) &&
            tt_str_equal(batch->tasks[*at].tenant, row->tenant))
            return w->task_rows[*at];
    return 0;
}

static enum tt_err write_current(struct tt_writer *w, const struct tt_store_changes *changes,
                                 struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    size_t at = 0;
    for (size_t i = 0; i < changes->current_count && err == TT_OK; i++) {
        const struct tt_store_current *current = &changes->current[i];
        int64_t rowid = current->is_new ? 0 : row_of(w, &current->row, &at);
        sqlite3_stmt *s = w->statements[current->is_new ? TT_SQL_CURRENT_ADD
                                        : rowid != 0    ? TT_SQL_CURRENT_PUT_AT
                                                        : TT_SQL_CURRENT_PUT];
        int codes = tt_row_bind_current(s, &current->row);
        if (rowid != 0)
            codes |= tt_db_bind_int(s, 17, rowid);
        err = tt_db_execute_bound(&w->db, s, codes, fault);
    }
    return err;
}

static enum tt_err write_stays(struct tt_writer *w, const struct tt_store_stays *stays,
                               struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    if (stays->replace) {
        sqlite3_stmt *s = w->statements[TT_SQL_STAYS_CLEAR];
        int codes =
            tt_row_bind_task(s, stays->tenant, stays->task_id) | tt_db_bind_int(s, 3, stays->keep);
        err = tt_db_execute_bound(&w->db, s, codes, fault);
    }
    if (stays->ends && err == TT_OK) {
        sqlite3_stmt *s = w->statements[TT_SQL_STAY_END];
        int codes = tt_row_bind_task(s, stays->tenant, stays->task_id) |
                    tt_db_bind_int(s, 3, stays->keep) | tt_db_bind_time(s, 4, stays->valid_to_us);
        err = tt_db_execute_bound(&w->db, s, codes, fault);
    }
    for (size_t i = 0; i < stays->count && err == TT_OK; i++) {
        sqlite3_stmt *s = w->statements[TT_SQL_STAY_PUT];
        int codes = tt_row_bind_interval(s, stays->tenant, stays->task_id, &stays->rows[i]);
        err = tt_db_execute_bound(&w->db, s, codes, fault);
    }
    return err;
}

enum tt_err tt_writer_write(void *context, const struct tt_store_changes *changes,
                            struct tt_fault *fault)
{
    struct tt_writer *w = context;
    enum tt_err err = write_audit(w, changes, fault);
    if (err == TT_OK)
        err = write_current(w, changes, fault);
    for (size_t i = 0; i < changes->stays_count && err == TT_OK; i++)
        err = write_stays(w, &changes->stays[i], fault);
    for (size_t i = 0; i < changes->progress_count && err == TT_OK; i++) {
        sqlite3_stmt *s = w->statements[TT_SQL_PROGRESS_ADD];
        err = tt_db_execute_bound(&w->db, s, tt_row_bind_progress(s, &changes->progress[i]), fault);
    }
    if (err == TT_OK && changes->audit_count < ROWS_BETWEEN_CALLS)
        go_on_meanwhile(changes, changes->audit_count);
    return err;
}
