/* Happy path: one immediate transaction a call; statements are prepared once.
 *
 * Failure modes: another process writes: the busy timeout waits, then BUSY; another uploader was
 * quicker: FENCED, nothing is changed; the process dies: the write-ahead log leaves the last
 * commit. */
#include "adapters/sqlite/outbox.h"

#include "adapters/sqlite/checkpoint.h"
#include "adapters/sqlite/outbox_sql.h"
#include "core/outbox/outbox.h"

/* ---- Transactions */

static enum tt_err ready(void *context, struct tt_fault *fault)
{
    (void)context, (void)fault;
    return TT_OK;
}

static enum tt_err begin(void *context, struct tt_fault *fault)
{
    struct tt_sqlite_outbox *o = context;
    return tt_db_run(&o->db, "BEGIN IMMEDIATE", fault);
}

static enum tt_err end(void *context, enum tt_err err, struct tt_fault *fault)
{
    struct tt_sqlite_outbox *o = context;
    if (err == TT_OK)
        err = tt_db_run(&o->db, "COMMIT", fault);
    if (err != TT_OK && sqlite3_get_autocommit(o->db.sqlite) == 0)
        sqlite3_exec(o->db.sqlite, "ROLLBACK", NULL, NULL, NULL);
    return err;
}

/* ---- Statements */

static int bind(sqlite3_stmt *s, int place, const struct tt_outbox_value *value)
{
    switch (value->type) {
    case TT_OUTBOX_NUMBER: return tt_db_bind_int(s, place, value->number);
    case TT_OUTBOX_TIME: return tt_db_bind_time(s, place, value->number);
    case TT_OUTBOX_TEXT: return tt_db_bind_text(s, place, value->text);
    case TT_OUTBOX_BYTES: break;
    }
    return sqlite3_bind_blob64(s, place, value->text.ptr, value->text.len, SQLITE_STATIC);
}

static enum tt_err ask(void *context, enum tt_outbox_sql which, struct tt_outbox_values values,
                       struct tt_outbox_rows *ret_rows, struct tt_fault *fault)
{
    struct tt_sqlite_outbox *o = context;
    sqlite3_stmt *s = o->statements[which];
    int codes = 0;
    *ret_rows = (struct tt_outbox_rows){.result = s};
    for (int i = 0; i < values.count; i++)
        codes |= bind(s, i + 1, &values.list[i]);
    return tt_db_step_bound(&o->db, s, codes, &ret_rows->there, fault);
}

static enum tt_err run(void *context, enum tt_outbox_sql which, struct tt_outbox_values values,
                       int *ret_changed, struct tt_fault *fault)
{
    struct tt_sqlite_outbox *o = context;
    struct tt_outbox_rows none;
    enum tt_err err = ask(o, which, values, &none, fault);
    if (err == TT_OK && ret_changed != NULL)
        *ret_changed = sqlite3_changes(o->db.sqlite);
    return err;
}

static enum tt_err next(void *context, struct tt_outbox_rows *rows, struct tt_fault *fault)
{
    struct tt_sqlite_outbox *o = context;
    return tt_db_step(&o->db, rows->result, &rows->there, fault);
}

static void close_rows(struct tt_outbox_rows *rows)
{
    sqlite3_reset(rows->result);
}

static int64_t number(const struct tt_outbox_rows *rows, int column)
{
    return sqlite3_column_int64(rows->result, column);
}

static int64_t time_of(const struct tt_outbox_rows *rows, int column)
{
    return tt_db_time(rows->result, column);
}

/* Bytes, too: those of text are what SQLite keeps. */
static struct tt_str text(const struct tt_outbox_rows *rows, int column)
{
    return sqlite3_column_type(rows->result, column) == SQLITE_BLOB
               ? (struct tt_str){sqlite3_column_blob(rows->result, column),
                                 (size_t)sqlite3_column_bytes(rows->result, column)}
               : tt_db_text(rows->result, column);
}

static enum tt_err horizon(void *context, int64_t *ret_seq, struct tt_fault *fault)
{
    struct tt_sqlite_outbox *o = context;
    bool row = false;
    enum tt_err err = tt_db_step(&o->db, o->horizon, &row, fault);
    if (err != TT_OK)
        return err;
    *ret_seq = row ? sqlite3_column_int64(o->horizon, 0) : 0;
    sqlite3_reset(o->horizon);
    return TT_OK;
}

/* ---- Opening */

static void outbox_free(struct tt_sqlite_outbox *o)
{
    tt_checkpoint_stop(o->checkpoint);
    for (int i = 0; i < TT_OUTBOX_SQL_COUNT; i++)
        sqlite3_finalize(o->statements[i]);
    sqlite3_finalize(o->horizon);
    tt_db_close(&o->db);
    tt_mem_free(o);
}

static enum tt_err prepare(struct tt_sqlite_outbox *o, struct tt_fault *fault)
{
    enum tt_err err =
        tt_db_prepare(&o->db, "SELECT apply_seq FROM task_status_audit ORDER BY rowid DESC LIMIT 1",
                      &o->horizon, fault);
    for (enum tt_outbox_sql i = 0; i < TT_OUTBOX_SQL_COUNT && err == TT_OK; i++)
        err = tt_db_prepare(&o->db, tt_sqlite_outbox_sql(i), &o->statements[i], fault);
    return err;
}

enum tt_err tt_sqlite_outbox_open(const char *path, int busy_ms, struct tt_outbox *ret_outbox,
                                  struct tt_fault *fault)
{
    struct tt_sqlite_outbox *o = tt_mem_zalloc(sizeof *o);
    if (o == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    enum tt_err err = tt_db_open(&o->db, path, true, busy_ms, fault);
    if (err == TT_OK)
        err = tt_db_migrate(&o->db, fault);
    if (err == TT_OK)
        err = prepare(o, fault);
    if (err == TT_OK)
        err = tt_checkpoint_start(&o->db, &o->checkpoint, fault);
    if (err != TT_OK) {
        outbox_free(o);
        return err;
    }
    o->face = (struct tt_outbox_db){
        .context = o,
        .where = o->db.path,
        .ready = ready,
        .begin = begin,
        .end = end,
        .run = run,
        .ask = ask,
        .next = next,
        .close = close_rows,
        .number = number,
        .time = time_of,
        .text = text,
        .horizon = horizon,
    };
    *ret_outbox = tt_outbox_over(&o->face);
    return TT_OK;
}

void tt_sqlite_outbox_done(struct tt_outbox *outbox)
{
    const struct tt_outbox_db *face = outbox->context;
    if (face != NULL)
        outbox_free(face->context);
    *outbox = (struct tt_outbox){0};
}
