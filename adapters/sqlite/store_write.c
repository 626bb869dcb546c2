/* Happy path: BEGIN IMMEDIATE, the fences, then per event a look for its duplicate, its row, its
 * state; COMMIT. Statements are prepared once.
 *
 * Failure modes: another process writes: the busy timeout waits, then BUSY; disk full: NO_SPACE,
 * rolled back; the file became read-only: READ_ONLY; the process dies: the write-ahead log leaves
 * the last commit. */
#include "adapters/sqlite/store.h"
#include "adapters/sqlite/writer.h"

static enum tt_err begin(void *context, struct tt_fault *fault)
{
    struct tt_writer *w = context;
    w->apply_seq = w->newest_epoch = -1;
    return tt_db_run(&w->db, "BEGIN IMMEDIATE", fault);
}

static enum tt_err commit(void *context, struct tt_fault *fault)
{
    struct tt_writer *w = context;
    return tt_db_run(&w->db, "COMMIT", fault);
}

static void rollback(void *context)
{
    struct tt_writer *w = context;
    if (sqlite3_get_autocommit(w->db.sqlite) == 0) /* SQLite rolls some failures back itself */
        sqlite3_exec(w->db.sqlite, "ROLLBACK", NULL, NULL, NULL);
}

enum tt_err tt_writer_number(struct tt_writer *w, enum tt_sql which, int64_t *ret_value,
                             struct tt_fault *fault)
{
    sqlite3_stmt *statement = w->statements[which];
    bool row = false;
    enum tt_err err = tt_db_step(&w->db, statement, &row, fault);
    if (err != TT_OK)
        return err;
    *ret_value = row ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    return TT_OK;
}

enum tt_err tt_writer_has(struct tt_writer *w, enum tt_sql which, bool *ret_has,
                          struct tt_fault *fault)
{
    bool row = false;
    enum tt_err err = tt_db_step(&w->db, w->statements[which], &row, fault);
    if (err != TT_OK)
        return err;
    sqlite3_reset(w->statements[which]);
    *ret_has = row;
    return TT_OK;
}

static enum tt_err fence_known(void *context, unsigned partition, int64_t *ret_fence,
                               struct tt_fault *fault)
{
    struct tt_writer *w = context;
    tt_db_bind_int(w->statements[TT_SQL_FENCE_GET], 1, partition);
    return tt_writer_number(w, TT_SQL_FENCE_GET, ret_fence, fault);
}

static enum tt_err fence(void *context, unsigned partition, int64_t number, struct tt_fault *fault)
{
    struct tt_writer *w = context;
    int64_t known = 0;
    tt_db_bind_int(w->statements[TT_SQL_FENCE_PUT], 1, partition);
    tt_db_bind_int(w->statements[TT_SQL_FENCE_PUT], 2, number);
    enum tt_err err = tt_db_execute(&w->db, w->statements[TT_SQL_FENCE_PUT], fault);
    if (err == TT_OK)
        err = fence_known(context, partition, &known, fault);
    if (err == TT_OK && known > number)
        err = tt_fault_set(fault, TT_ERR_FENCED,
                           "store %s: partition %u: fence %lld is older than %lld", w->db.path,
                           partition, (long long)number, (long long)known);
    return err;
}

static void writer_free(struct tt_writer *w)
{
    for (int i = 0; i < TT_SQL_WRITER_COUNT; i++)
        sqlite3_finalize(w->statements[i]);
    tt_db_close(&w->db);
    tt_mem_free(w);
}

enum tt_err tt_sqlite_store_open(const char *path, int busy_ms, struct tt_store *ret_store,
                                 struct tt_fault *fault)
{
    struct tt_writer *w = tt_mem_zalloc(sizeof *w);
    if (w == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    enum tt_err err = tt_db_open(&w->db, path, true, busy_ms, fault);
    if (err == TT_OK)
        err = tt_db_migrate(&w->db, fault);
    for (int i = 0; i < TT_SQL_WRITER_COUNT && err == TT_OK; i++)
        err = tt_db_prepare(&w->db, tt_sql_text(i), &w->statements[i], fault);
    if (err != TT_OK) {
        writer_free(w);
        return err;
    }
    *ret_store = (struct tt_store){.context = w,
                                   .begin = begin,
                                   .commit = commit,
                                   .rollback = rollback,
                                   .fence = fence,
                                   .fence_known = fence_known};
    tt_writer_set_audit(ret_store);
    tt_writer_set_state(ret_store);
    return TT_OK;
}

void tt_sqlite_store_done(struct tt_store *store)
{
    if (store->context != NULL)
        writer_free(store->context);
    *store = (struct tt_store){0};
}
