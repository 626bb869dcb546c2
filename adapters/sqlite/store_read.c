/* Reading back. Happy path: open, look at the schema; the first scan begins a snapshot for all; one
 * statement per scan, a callback per row. Nothing is ever written, not even a file that is missing.
 *
 * Failure modes: no such file: NOT_FOUND; a file of something else: CORRUPT; a store this program
 * does not know yet, or that waits for its worker to bring it up to date: UNSUPPORTED; a folder we
 * may not write: read all the same (db.h). */
#include "adapters/sqlite/reader.h"
#include "adapters/sqlite/rows.h"
#include "adapters/sqlite/statements.h"
#include "adapters/sqlite/store.h"

enum tt_err tt_sqlite_reader_begin(const struct tt_sqlite_reader *r, struct tt_fault *fault)
{
    return sqlite3_get_autocommit(r->db.sqlite) == 0 ? TT_OK : tt_db_run(&r->db, "BEGIN", fault);
}

/* Prepares the scan of all, or the one behind it, of one task; that one is kept for the next task.
 */
static enum tt_err open_scan(struct tt_sqlite_reader *r, enum tt_sql all, sqlite3_stmt **kept,
                             struct tt_str tenant, struct tt_str task_id,
                             sqlite3_stmt **ret_statement, struct tt_fault *fault)
{
    enum tt_sql which = task_id.ptr == NULL ? all : all + 1;
    enum tt_err err = tt_sqlite_reader_begin(r, fault);
    if (err != TT_OK)
        return err;
    if (which != all)
        *ret_statement = *kept;
    if (*ret_statement == NULL)
        err = tt_db_prepare(&r->db, tt_sql_text(which), ret_statement, fault);
    else
        *kept = NULL; /* in use */
    if (err == TT_OK && task_id.ptr != NULL)
        err = tt_db_bound(&r->db, tt_row_bind_task(*ret_statement, tenant, task_id), fault);
    return err;
}

static void close_scan(sqlite3_stmt **kept, struct tt_str task_id, sqlite3_stmt *statement)
{
    if (task_id.ptr == NULL || *kept != NULL || sqlite3_reset(statement) != SQLITE_OK) {
        sqlite3_finalize(statement);
        return;
    }
    *kept = statement;
}

static enum tt_err scan_audit(void *context, struct tt_str tenant, struct tt_str task_id,
                              enum tt_err (*row)(void *, const struct tt_audit_row *),
                              void *row_context, struct tt_fault *fault)
{
    struct tt_sqlite_reader *r = context;
    sqlite3_stmt *s = NULL;
    bool more = true;
    enum tt_err err = open_scan(r, TT_SQL_SCAN_AUDIT, &r->audit, tenant, task_id, &s, fault);
    while (err == TT_OK && (err = tt_db_step(&r->db, s, &more, fault)) == TT_OK && more) {
        struct tt_audit_row audit;
        tt_row_audit(s, &audit);
        err = row(row_context, &audit);
    }
    close_scan(&r->audit, task_id, s);
    return err;
}

static enum tt_err scan_current(void *context, struct tt_str tenant, struct tt_str task_id,
                                enum tt_err (*row)(void *, const struct tt_current_row *),
                                void *row_context, struct tt_fault *fault)
{
    struct tt_sqlite_reader *r = context;
    sqlite3_stmt *s = NULL;
    bool more = true;
    enum tt_err err = open_scan(r, TT_SQL_SCAN_CURRENT, &r->current, tenant, task_id, &s, fault);
    while (err == TT_OK && (err = tt_db_step(&r->db, s, &more, fault)) == TT_OK && more) {
        struct tt_current_row current;
        tt_row_current(s, &current);
        err = row(row_context, &current);
    }
    close_scan(&r->current, task_id, s);
    return err;
}

static enum tt_err scan_intervals(void *context, struct tt_str tenant, struct tt_str task_id,
                                  enum tt_err (*row)(void *, struct tt_str, struct tt_str,
                                                     const struct tt_interval_row *),
                                  void *row_context, struct tt_fault *fault)
{
    struct tt_sqlite_reader *r = context;
    sqlite3_stmt *s = NULL;
    bool more = true;
    enum tt_err err =
        open_scan(r, TT_SQL_SCAN_INTERVALS, &r->intervals, tenant, task_id, &s, fault);
    while (err == TT_OK && (err = tt_db_step(&r->db, s, &more, fault)) == TT_OK && more) {
        struct tt_interval_row interval;
        tt_row_interval(s, &interval);
        err = row(row_context, tt_db_text(s, 0), tt_db_text(s, 1), &interval);
    }
    close_scan(&r->intervals, task_id, s);
    return err;
}

static enum tt_err counts(void *context, uint64_t *ret_audit_rows, uint64_t *ret_tasks,
                          struct tt_fault *fault)
{
    struct tt_sqlite_reader *r = context;
    sqlite3_stmt *s = NULL;
    bool row = false;
    enum tt_err err = tt_sqlite_reader_begin(r, fault);
    if (err == TT_OK)
        err = tt_db_prepare(&r->db, tt_sql_text(TT_SQL_COUNTS), &s, fault);
    if (err == TT_OK)
        err = tt_db_step(&r->db, s, &row, fault);
    if (err == TT_OK && row) {
        *ret_audit_rows = (uint64_t)sqlite3_column_int64(s, 0);
        *ret_tasks = (uint64_t)sqlite3_column_int64(s, 1);
    }
    sqlite3_finalize(s);
    return err;
}

/* Nothing was written: there is nothing that could not be taken back. */
static void let_go(void *context)
{
    const struct tt_sqlite_reader *r = context;
    if (sqlite3_get_autocommit(r->db.sqlite) == 0)
        (void)!tt_db_run(&r->db, "ROLLBACK", NULL);
}

enum tt_err tt_sqlite_reader_open(const char *path, int busy_ms, struct tt_store_reader *ret_reader,
                                  struct tt_fault *fault)
{
    struct tt_sqlite_reader *r = tt_mem_zalloc(sizeof *r);
    if (r == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    enum tt_err err = tt_db_open(&r->db, path, false, busy_ms, fault);
    if (err == TT_OK) {
        err = tt_db_check_schema(&r->db, fault);
        if (err != TT_OK)
            tt_db_close(&r->db);
    }
    if (err != TT_OK) {
        tt_mem_free(r);
        return err;
    }
    *ret_reader = (struct tt_store_reader){.context = r,
                                           .audit = scan_audit,
                                           .current = scan_current,
                                           .intervals = scan_intervals,
                                           .counts = counts,
                                           .tasks = tt_sqlite_read_tasks,
                                           .histories = tt_sqlite_read_histories,
                                           .let_go = let_go};
    return TT_OK;
}

void tt_sqlite_reader_done(struct tt_store_reader *reader)
{
    struct tt_sqlite_reader *r = reader->context;
    if (r != NULL) {
        sqlite3_finalize(r->history);
        sqlite3_finalize(r->audit);
        sqlite3_finalize(r->current);
        sqlite3_finalize(r->intervals);
        tt_db_close(&r->db);
        tt_mem_free(r);
    }
    *reader = (struct tt_store_reader){0};
}
