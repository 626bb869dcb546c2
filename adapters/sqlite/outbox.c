/* Happy path: one immediate transaction a call; statements are prepared once.
 *
 * Failure modes: another process writes: the busy timeout waits, then BUSY; another uploader was
 * quicker: FENCED, nothing is changed; the process dies: the write-ahead log leaves the last
 * commit. */
#include "adapters/sqlite/outbox.h"

#include "adapters/sqlite/outbox_sql.h"

static int bind(sqlite3_stmt *s, int place, const struct tt_outbox_value *value)
{
    if (value->type == TT_OUTBOX_NUMBER)
        return tt_db_bind_time(s, place, value->number);
    if (value->type == TT_OUTBOX_TEXT)
        return tt_db_bind_text(s, place, value->text);
    return sqlite3_bind_blob64(s, place, value->text.ptr, value->text.len, SQLITE_STATIC);
}

enum tt_err tt_outbox_ask(struct tt_sqlite_outbox *o, enum tt_outbox_sql which,
                          const struct tt_outbox_value *values, int count, bool *ret_row,
                          struct tt_fault *fault)
{
    sqlite3_stmt *s = o->statements[which];
    int codes = 0;
    for (int i = 0; i < count; i++)
        codes |= bind(s, i + 1, &values[i]);
    return tt_db_step_bound(&o->db, s, codes, ret_row, fault);
}

enum tt_err tt_outbox_run(struct tt_sqlite_outbox *o, enum tt_outbox_sql which,
                          const struct tt_outbox_value *values, int count, int *ret_changed,
                          struct tt_fault *fault)
{
    bool row = false;
    enum tt_err err = tt_outbox_ask(o, which, values, count, &row, fault);
    if (err == TT_OK && ret_changed != NULL)
        *ret_changed = sqlite3_changes(o->db.sqlite);
    return err;
}

enum tt_err tt_outbox_begin(struct tt_sqlite_outbox *o, struct tt_fault *fault)
{
    return tt_db_run(&o->db, "BEGIN IMMEDIATE", fault);
}

enum tt_err tt_outbox_end(struct tt_sqlite_outbox *o, enum tt_err err, struct tt_fault *fault)
{
    if (err == TT_OK)
        err = tt_db_run(&o->db, "COMMIT", fault);
    if (err != TT_OK && sqlite3_get_autocommit(o->db.sqlite) == 0)
        sqlite3_exec(o->db.sqlite, "ROLLBACK", NULL, NULL, NULL);
    return err;
}

enum tt_err tt_outbox_fenced(const struct tt_sqlite_outbox *o, const struct tt_outbox_turn *turn,
                             struct tt_fault *fault)
{
    return tt_fault_set(fault, TT_ERR_FENCED, "store %s: another uploader works for %.*s",
                        o->db.path, TT_STR_ARGS(turn->destination));
}

struct tt_str tt_outbox_table(enum tt_upload_table_id table)
{
    return tt_str_from(tt_upload_tables[table].name);
}

static enum tt_err horizon(void *context, int64_t *ret_seq, struct tt_fault *fault)
{
    struct tt_sqlite_outbox *o = context;
    bool row = false;
    enum tt_err err = tt_outbox_ask(o, TT_OUTBOX_SQL_HORIZON, NULL, 0, &row, fault);
    if (err != TT_OK)
        return err;
    sqlite3_stmt *s = o->statements[TT_OUTBOX_SQL_HORIZON];
    *ret_seq = row ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return TT_OK;
}

/* ---- Leases */

static enum tt_err take_lease(struct tt_sqlite_outbox *o, struct tt_str destination,
                              struct tt_str holder, int64_t now_us, int64_t until_us,
                              int64_t *ret_fence, struct tt_fault *fault)
{
    sqlite3_stmt *s = o->statements[TT_OUTBOX_SQL_DESTINATION_GET];
    bool row = false;
    enum tt_err err = tt_outbox_run(o, TT_OUTBOX_SQL_DESTINATION_ADD,
                                    TT_VALUES(TT_TEXT(destination)), NULL, fault);
    if (err == TT_OK)
        err = tt_outbox_ask(o, TT_OUTBOX_SQL_DESTINATION_GET, TT_VALUES(TT_TEXT(destination)), &row,
                            fault);
    if (err != TT_OK)
        return err;
    bool mine = tt_str_equal(tt_db_text(s, 2), holder);
    bool ended = tt_db_is_null(s, 3) || sqlite3_column_int64(s, 3) <= now_us;
    int64_t fence = sqlite3_column_int64(s, 4) + (ended ? 1 : 0);
    sqlite3_reset(s);
    *ret_fence = mine || ended ? fence : 0;
    return *ret_fence == 0 ? TT_OK
                           : tt_outbox_run(o, TT_OUTBOX_SQL_LEASE_PUT,
                                           TT_VALUES(TT_TEXT(destination), TT_TEXT(holder),
                                                     TT_NUMBER(until_us), TT_NUMBER(fence)),
                                           NULL, fault);
}

static enum tt_err lease(void *context, struct tt_str destination, struct tt_str holder,
                         int64_t now_us, int64_t until_us, int64_t *ret_fence,
                         struct tt_fault *fault)
{
    struct tt_sqlite_outbox *o = context;
    int64_t fence = 0;
    enum tt_err err = tt_outbox_begin(o, fault);
    if (err == TT_OK) {
        err = take_lease(o, destination, holder, now_us, until_us, &fence, fault);
        err = tt_outbox_end(o, err, fault);
    }
    if (err == TT_OK)
        *ret_fence = fence;
    return err;
}

static enum tt_err unlease(void *context, const struct tt_outbox_turn *turn, struct tt_fault *fault)
{
    return tt_outbox_run(context, TT_OUTBOX_SQL_LEASE_END,
                         TT_VALUES(TT_TEXT(turn->destination), TT_NUMBER(turn->fence)), NULL,
                         fault);
}

/* ---- Opening */

static void outbox_free(struct tt_sqlite_outbox *o)
{
    for (int i = 0; i < TT_OUTBOX_SQL_COUNT; i++)
        sqlite3_finalize(o->statements[i]);
    tt_db_close(&o->db);
    tt_mem_free(o);
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
    for (enum tt_outbox_sql i = 0; i < TT_OUTBOX_SQL_COUNT && err == TT_OK; i++)
        err = tt_db_prepare(&o->db, tt_outbox_sql_text(i), &o->statements[i], fault);
    if (err != TT_OK) {
        outbox_free(o);
        return err;
    }
    *ret_outbox =
        (struct tt_outbox){.context = o, .horizon = horizon, .lease = lease, .unlease = unlease};
    tt_outbox_fill_look(ret_outbox);
    tt_outbox_fill_change(ret_outbox);
    return TT_OK;
}

void tt_sqlite_outbox_done(struct tt_outbox *outbox)
{
    if (outbox->context != NULL)
        outbox_free(outbox->context);
    *outbox = (struct tt_outbox){0};
}
