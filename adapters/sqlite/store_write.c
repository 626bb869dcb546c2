/* What was decided, row by row with statements that are prepared: each row once, in the order of
 * its key. */
#include "adapters/sqlite/rows.h"
#include "adapters/sqlite/writer.h"

/* apply_seq is counted up under the write lock: it grows with the order of commits. */
static enum tt_err write_audit(struct tt_writer *w, const struct tt_store_changes *changes,
                               struct tt_fault *fault)
{
    int64_t last = 0;
    enum tt_err err = tt_writer_number(w, TT_SQL_AUDIT_LAST, &last, fault);
    for (size_t i = 0; i < changes->audit_count && err == TT_OK; i++) {
        sqlite3_stmt *s = w->statements[TT_SQL_AUDIT_PUT];
        int codes = tt_row_bind_audit(s, &changes->audit[i], ++last);
        err = tt_db_execute_bound(&w->db, s, codes, fault);
    }
    return err;
}

static enum tt_err write_current(struct tt_writer *w, const struct tt_store_changes *changes,
                                 struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < changes->current_count && err == TT_OK; i++) {
        const struct tt_store_current *current = &changes->current[i];
        sqlite3_stmt *s = w->statements[current->is_new ? TT_SQL_CURRENT_ADD : TT_SQL_CURRENT_PUT];
        err = tt_db_execute_bound(&w->db, s, tt_row_bind_current(s, &current->row), fault);
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
    return err;
}
