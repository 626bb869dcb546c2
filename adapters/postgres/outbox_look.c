/* What the outbox holds, read back. */
#include "adapters/postgres/outbox_sql.h"

#include "core/base/time.h"
#include <stdio.h>

/* The numbers of the statement's one row, if there is one. */
static enum tt_err numbers(struct tt_pg_outbox *o, const char *sql, struct tt_str destination,
                           uint64_t **ret, int count, struct tt_fault *fault)
{
    PGresult *result = NULL;
    enum tt_err err = tt_pg_outbox_connect(o, fault);
    if (err == TT_OK)
        err = tt_pg_outbox_ask(o, sql, TT_VALUES(TT_TEXT(destination)), &result, fault);
    if (err != TT_OK)
        return err;
    for (int i = 0; i < count && PQntuples(result) == 1; i++)
        *ret[i] = (uint64_t)tt_pg_int8(result, 0, i);
    PQclear(result);
    return TT_OK;
}

static enum tt_err look(void *context, struct tt_str destination, struct tt_outbox_view *ret_view,
                        struct tt_fault *fault)
{
    struct tt_pg_outbox *o = context;
    struct tt_outbox_view v = {0};
    uint64_t planned_to = 0, plans = 0;
    enum tt_err err = numbers(o, tt_pg_outbox_destination_get, destination,
                              (uint64_t *[]){&planned_to, &plans}, 2, fault);
    if (err == TT_OK)
        err = numbers(o, tt_pg_outbox_count_open, destination,
                      (uint64_t *[]){&v.open_batches, &v.open_rows}, 2, fault);
    if (err == TT_OK)
        err = numbers(o, tt_pg_outbox_count_wanted, destination, (uint64_t *[]){&v.wanted_rows}, 1,
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
        numbers(context, tt_pg_outbox_count_done, destination,
                (uint64_t *[]){&t.done_batches, &t.done_rows, &t.done_bytes}, 3, fault);
    if (err == TT_OK)
        err = numbers(context, tt_pg_outbox_count_holds, destination,
                      (uint64_t *[]){&t.held_tasks, &t.held_rows}, 2, fault);
    if (err == TT_OK)
        err = numbers(context, tt_pg_outbox_count_quarantine, destination,
                      (uint64_t *[]){&t.quarantined_rows}, 1, fault);
    if (err == TT_OK)
        *ret_totals = t;
    return err;
}

static void copy_text(char *to, size_t size, struct tt_str text)
{
    snprintf(to, size, "%.*s", TT_STR_ARGS(text));
}

static enum tt_err read_batch(const struct tt_pg_outbox *o, const PGresult *r, int i,
                              struct tt_upload_batch *b, struct tt_fault *fault)
{
    const struct tt_upload_table *table = tt_upload_table_named(tt_pg_text(r, i, 6));
    *b = (struct tt_upload_batch){
        .number = tt_pg_int8(r, i, 0),
        .plan = {.number = tt_pg_int8(r, i, 1),
                 .first = tt_pg_int8(r, i, 2),
                 .last = tt_pg_int8(r, i, 3),
                 .written_at_us = tt_pg_time(r, i, 4)},
        .made = {.row_from = (uint64_t)tt_pg_int8(r, i, 7),
                 .rows = (uint64_t)tt_pg_int8(r, i, 8),
                 .bytes = (uint64_t)tt_pg_int8(r, i, 9),
                 .line_bytes = (uint64_t)tt_pg_int8(r, i, 19),
                 .column_bytes = (uint64_t)tt_pg_int8(r, i, 20)},
        .generation = tt_pg_int8(r, i, 11),
        .version = tt_pg_int8(r, i, 13),
        .attempts = tt_pg_int8(r, i, 15),
        .next_try_us = tt_pg_time(r, i, 16),
        .blocked = tt_pg_int8(r, i, 17) != 0,
    };
    copy_text(b->plan.rules, sizeof b->plan.rules, tt_pg_text(r, i, 5));
    copy_text(b->handle, sizeof b->handle, tt_pg_text(r, i, 14));
    copy_text(b->problem, sizeof b->problem, tt_pg_text(r, i, 18));
    if (table == NULL || tt_pg_text(r, i, 10).len != TT_UPLOAD_DIGEST_BYTES ||
        !tt_upload_state_named(tt_pg_text(r, i, 12), &b->state))
        return tt_fault_set(fault, TT_ERR_CORRUPT, "store %s: upload_batch %lld is not one of ours",
                            o->pg.where, (long long)b->number);
    b->table = (enum tt_upload_table_id)(table - tt_upload_tables);
    memcpy(b->made.digest, tt_pg_text(r, i, 10).ptr, TT_UPLOAD_DIGEST_BYTES);
    return TT_OK;
}

static enum tt_err list_batches(struct tt_pg_outbox *o, const char *sql, struct tt_str destination,
                                enum tt_err (*batch)(void *, const struct tt_upload_batch *),
                                void *batch_context, struct tt_fault *fault)
{
    PGresult *result = NULL;
    enum tt_err err = tt_pg_outbox_connect(o, fault);
    if (err == TT_OK)
        err = tt_pg_outbox_ask(o, sql, TT_VALUES(TT_TEXT(destination)), &result, fault);
    for (int i = 0; err == TT_OK && i < PQntuples(result); i++) {
        struct tt_upload_batch b;
        err = read_batch(o, result, i, &b, fault);
        if (err == TT_OK)
            err = batch(batch_context, &b);
    }
    PQclear(result);
    return err;
}

static enum tt_err open_batches(void *context, struct tt_str destination,
                                enum tt_err (*batch)(void *, const struct tt_upload_batch *),
                                void *batch_context, struct tt_fault *fault)
{
    return list_batches(context, tt_pg_outbox_batches_open, destination, batch, batch_context,
                        fault);
}

static enum tt_err done_batches(void *context, struct tt_str destination,
                                enum tt_err (*batch)(void *, const struct tt_upload_batch *),
                                void *batch_context, struct tt_fault *fault)
{
    return list_batches(context, tt_pg_outbox_batches_done, destination, batch, batch_context,
                        fault);
}

/* ---- Loads and holds */

static enum tt_err loads(void *context, struct tt_str destination, enum tt_upload_table_id table,
                         int64_t since_us, uint64_t *ret_count, int64_t *ret_newest_us,
                         struct tt_fault *fault)
{
    struct tt_pg_outbox *o = context;
    PGresult *result = NULL;
    enum tt_err err = tt_pg_outbox_connect(o, fault);
    if (err == TT_OK)
        err = tt_pg_outbox_ask(
            o, tt_pg_outbox_loads,
            TT_VALUES(TT_TEXT(destination), TT_TEXT(tt_pg_outbox_table(table)), TT_TIME(since_us)),
            &result, fault);
    if (err != TT_OK)
        return err;
    *ret_count = (uint64_t)tt_pg_int8(result, 0, 0);
    *ret_newest_us = tt_pg_time(result, 0, 1);
    PQclear(result);
    return TT_OK;
}

static enum tt_err holds(void *context, struct tt_str destination, enum tt_outbox_holds which,
                         int64_t plan, enum tt_err (*hold)(void *, const struct tt_upload_hold *),
                         void *hold_context, struct tt_fault *fault)
{
    struct tt_pg_outbox *o = context;
    bool open = which == TT_OUTBOX_HOLDS_OPEN;
    const struct tt_pg_value values[] = {TT_TEXT(destination), TT_NUMBER(plan)};
    PGresult *r = NULL;
    enum tt_err err = tt_pg_outbox_connect(o, fault);
    if (err == TT_OK)
        err = tt_pg_outbox_ask(o, open ? tt_pg_outbox_holds_open : tt_pg_outbox_holds_of, values,
                               open ? 1 : 2, &r, fault);
    for (int i = 0; err == TT_OK && i < PQntuples(r); i++) {
        const struct tt_upload_hold h = {
            .tenant = tt_pg_text(r, i, 0),
            .task_id = tt_pg_text(r, i, 1),
            .plan = tt_pg_int8(r, i, 2),
            .first = tt_pg_int8(r, i, 3),
            .last = tt_pg_int8(r, i, 4),
            .rows = (uint64_t)tt_pg_int8(r, i, 5),
            .wanted = tt_pg_int8(r, i, 6) != 0,
            .released_in = tt_pg_int8(r, i, 7),
        };
        err = hold(hold_context, &h);
    }
    PQclear(r);
    return err;
}

void tt_pg_outbox_fill_look(struct tt_outbox *outbox)
{
    outbox->look = look;
    outbox->totals = totals;
    outbox->open = open_batches;
    outbox->done = done_batches;
    outbox->loads = loads;
    outbox->holds = holds;
}
