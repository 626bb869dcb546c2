/* Happy path: BEGIN IMMEDIATE, the fences, what the batch needs to know, its rows; COMMIT.
 * Statements are prepared once.
 *
 * Failure modes: another process writes: the busy timeout waits, then BUSY; disk full: NO_SPACE,
 * rolled back; the file became read-only: READ_ONLY; a value SQLite cannot hold: LIMIT; the process
 * dies: the write-ahead log leaves the last commit. */
#include "adapters/sqlite/store.h"
#include "adapters/sqlite/writer.h"

enum tt_err tt_writer_begin(void *context, struct tt_fault *fault)
{
    struct tt_writer *w = context;
    w->batch = NULL;
    return tt_db_run(&w->db, "BEGIN IMMEDIATE", fault);
}

enum tt_err tt_writer_commit(void *context, struct tt_fault *fault)
{
    struct tt_writer *w = context;
    return tt_db_run(&w->db, "COMMIT", fault);
}

void tt_writer_rollback(void *context)
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

static void writer_free(struct tt_writer *w)
{
    for (int i = 0; i < TT_SQL_WRITER_COUNT; i++)
        sqlite3_finalize(w->statements[i]);
    tt_checkpoint_stop(w->checkpoint);
    tt_db_close(&w->db);
    tt_mem_free(w->task_rows);
    tt_mem_free(w->marks);
    tt_mem_free(w->taken);
    tt_mem_free(w->originals);
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
    if (err == TT_OK)
        err = tt_checkpoint_start(&w->db, &w->checkpoint, fault);
    if (err != TT_OK) {
        writer_free(w);
        return err;
    }
    *ret_store = (struct tt_store){.context = w,
                                   .begin = tt_writer_begin,
                                   .commit = tt_writer_commit,
                                   .rollback = tt_writer_rollback,
                                   .fence = tt_writer_fence,
                                   .reserve_fences = tt_writer_reserve_fences,
                                   .load = tt_writer_load,
                                   .histories = tt_writer_histories,
                                   .write = tt_writer_write};
    return TT_OK;
}

enum tt_err tt_sqlite_store_relax(struct tt_store *store, struct tt_fault *fault)
{
    const struct tt_writer *w = store->context;
    return tt_db_run(&w->db, "PRAGMA synchronous = NORMAL", fault);
}

void tt_sqlite_store_done(struct tt_store *store)
{
    if (store->context != NULL)
        writer_free(store->context);
    *store = (struct tt_store){0};
}
