/* What the outbox holds, read back. */
#include "adapters/sqlite/outbox_sql.h"

#include "core/base/time.h"
#include <stdio.h>

/* The numbers of the statement's one row. */
static enum tt_err numbers(struct tt_sqlite_outbox *o, enum tt_outbox_sql which,
                           struct tt_str destination, uint64_t **ret, int count,
                           struct tt_fault *fault)
{
    bool row = false;
    enum tt_err err = tt_outbox_ask(o, which, TT_VALUES(TT_TEXT(destination)), &row, fault);
    if (err != TT_OK || !row)
        return err;
    for (int i = 0; i < count; i++)
        *ret[i] = (uint64_t)sqlite3_column_int64(o->statements[which], i);
    sqlite3_reset(o->statements[which]);
    return TT_OK;
}

static enum tt_err look(void *context, struct tt_str destination, struct tt_outbox_view *ret_view,
                        struct tt_fault *fault)
{
    struct tt_sqlite_outbox *o = context;
    struct tt_outbox_view v = {0};
    uint64_t planned_to = 0, plans = 0;
    enum tt_err err = numbers(o, TT_OUTBOX_SQL_DESTINATION_GET, destination,
                              (uint64_t *[]){&planned_to, &plans}, 2, fault);
    if (err == TT_OK)
        err = numbers(o, TT_OUTBOX_SQL_COUNT_OPEN, destination,
                      (uint64_t *[]){&v.open_batches, &v.open_rows}, 2, fault);
    if (err == TT_OK)
        err = numbers(o, TT_OUTBOX_SQL_COUNT_WANTED, destination, (uint64_t *[]){&v.wanted_rows}, 1,
                      fault);
    if (err != TT_OK)
        return err;
    v.planned_to = (int64_t)planned_to;
    v.plans = (int64_t)plans;
    *ret_view = v;
    return TT_OK;
}

static enum tt_err totals(void *context, struct tt_str destination,
                          struct tt_outbox_totals *ret_totals, struct tt_fault *fault)
{
    struct tt_outbox_totals t = {0};
    enum tt_err err =
        numbers(context, TT_OUTBOX_SQL_COUNT_DONE, destination,
                (uint64_t *[]){&t.done_batches, &t.done_rows, &t.done_bytes}, 3, fault);
    if (err == TT_OK)
        err = numbers(context, TT_OUTBOX_SQL_COUNT_HOLDS, destination,
                      (uint64_t *[]){&t.held_tasks, &t.held_rows}, 2, fault);
    if (err == TT_OK)
        err = numbers(context, TT_OUTBOX_SQL_COUNT_QUARANTINE, destination,
                      (uint64_t *[]){&t.quarantined_rows}, 1, fault);
    if (err == TT_OK)
        *ret_totals = t;
    return err;
}

static void copy_text(char *to, size_t size, struct tt_str text)
{
    snprintf(to, size, "%.*s", TT_STR_ARGS(text));
}

static enum tt_err read_batch(const struct tt_sqlite_outbox *o, sqlite3_stmt *s,
                              struct tt_upload_batch *b, struct tt_fault *fault)
{
    const struct tt_upload_table *table = tt_upload_table_named(tt_db_text(s, 6));
    *b = (struct tt_upload_batch){
        .number = sqlite3_column_int64(s, 0),
        .plan = {.number = sqlite3_column_int64(s, 1),
                 .first = sqlite3_column_int64(s, 2),
                 .last = sqlite3_column_int64(s, 3),
                 .written_at_us = sqlite3_column_int64(s, 4)},
        .made = {.row_from = (uint64_t)sqlite3_column_int64(s, 7),
                 .rows = (uint64_t)sqlite3_column_int64(s, 8),
                 .bytes = (uint64_t)sqlite3_column_int64(s, 9),
                 .line_bytes = (uint64_t)sqlite3_column_int64(s, 19),
                 .column_bytes = (uint64_t)sqlite3_column_int64(s, 20)},
        .generation = sqlite3_column_int64(s, 11),
        .version = sqlite3_column_int64(s, 13),
        .attempts = sqlite3_column_int64(s, 15),
        .next_try_us = sqlite3_column_int64(s, 16),
        .blocked = sqlite3_column_int(s, 17) != 0,
    };
    copy_text(b->plan.rules, sizeof b->plan.rules, tt_db_text(s, 5));
    copy_text(b->handle, sizeof b->handle, tt_db_text(s, 14));
    copy_text(b->problem, sizeof b->problem, tt_db_text(s, 18));
    if (table == NULL || sqlite3_column_bytes(s, 10) != TT_UPLOAD_DIGEST_BYTES ||
        !tt_upload_state_named(tt_db_text(s, 12), &b->state))
        return tt_fault_set(fault, TT_ERR_CORRUPT, "store %s: upload_batch %lld is not one of ours",
                            o->db.path, (long long)b->number);
    b->table = (enum tt_upload_table_id)(table - tt_upload_tables);
    memcpy(b->made.digest, sqlite3_column_blob(s, 10), TT_UPLOAD_DIGEST_BYTES);
    return TT_OK;
}

static enum tt_err list_batches(struct tt_sqlite_outbox *o, enum tt_outbox_sql which,
                                struct tt_str destination,
                                enum tt_err (*batch)(void *, const struct tt_upload_batch *),
                                void *batch_context, struct tt_fault *fault)
{
    sqlite3_stmt *s = o->statements[which];
    bool row = false;
    enum tt_err err = tt_outbox_ask(o, which, TT_VALUES(TT_TEXT(destination)), &row, fault);
    while (err == TT_OK && row) {
        struct tt_upload_batch b;
        err = read_batch(o, s, &b, fault);
        if (err == TT_OK)
            err = batch(batch_context, &b);
        if (err == TT_OK)
            err = tt_db_step(&o->db, s, &row, fault);
    }
    sqlite3_reset(s);
    return err;
}

static enum tt_err open_batches(void *context, struct tt_str destination,
                                enum tt_err (*batch)(void *, const struct tt_upload_batch *),
                                void *batch_context, struct tt_fault *fault)
{
    return list_batches(context, TT_OUTBOX_SQL_BATCHES_OPEN, destination, batch, batch_context,
                        fault);
}

static enum tt_err done_batches(void *context, struct tt_str destination,
                                enum tt_err (*batch)(void *, const struct tt_upload_batch *),
                                void *batch_context, struct tt_fault *fault)
{
    return list_batches(context, TT_OUTBOX_SQL_BATCHES_DONE, destination, batch, batch_context,
                        fault);
}

/* ---- Loads and holds */

static enum tt_err loads(void *context, struct tt_str destination, enum tt_upload_table_id table,
                         int64_t since_us, uint64_t *ret_count, int64_t *ret_newest_us,
                         struct tt_fault *fault)
{
    struct tt_sqlite_outbox *o = context;
    sqlite3_stmt *s = o->statements[TT_OUTBOX_SQL_LOADS];
    bool row = false;
    enum tt_err err = tt_outbox_ask(
        o, TT_OUTBOX_SQL_LOADS,
        TT_VALUES(TT_TEXT(destination), TT_TEXT(tt_outbox_table(table)), TT_NUMBER(since_us)), &row,
        fault);
    if (err != TT_OK || !row)
        return err;
    *ret_count = (uint64_t)sqlite3_column_int64(s, 0);
    *ret_newest_us = tt_db_time(s, 1);
    sqlite3_reset(s);
    return TT_OK;
}

static enum tt_err holds(void *context, struct tt_str destination, enum tt_outbox_holds which,
                         int64_t plan, enum tt_err (*hold)(void *, const struct tt_upload_hold *),
                         void *hold_context, struct tt_fault *fault)
{
    struct tt_sqlite_outbox *o = context;
    bool open = which == TT_OUTBOX_HOLDS_OPEN, row = false;
    enum tt_outbox_sql sql = open ? TT_OUTBOX_SQL_HOLDS_OPEN : TT_OUTBOX_SQL_HOLDS_OF;
    const struct tt_outbox_value values[] = {TT_TEXT(destination), TT_NUMBER(plan)};
    enum tt_err err = tt_outbox_ask(o, sql, values, open ? 1 : 2, &row, fault);
    sqlite3_stmt *s = o->statements[sql];
    while (err == TT_OK && row) {
        const struct tt_upload_hold h = {
            .tenant = tt_db_text(s, 0),
            .task_id = tt_db_text(s, 1),
            .plan = sqlite3_column_int64(s, 2),
            .first = sqlite3_column_int64(s, 3),
            .last = sqlite3_column_int64(s, 4),
            .rows = (uint64_t)sqlite3_column_int64(s, 5),
            .wanted = sqlite3_column_int(s, 6) != 0,
            .released_in = sqlite3_column_int64(s, 7),
        };
        err = hold(hold_context, &h);
        if (err == TT_OK)
            err = tt_db_step(&o->db, s, &row, fault);
    }
    sqlite3_reset(s);
    return err;
}

void tt_outbox_fill_look(struct tt_outbox *outbox)
{
    outbox->look = look;
    outbox->totals = totals;
    outbox->open = open_batches;
    outbox->done = done_batches;
    outbox->loads = loads;
    outbox->holds = holds;
}
