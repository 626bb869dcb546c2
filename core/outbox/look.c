/* What the outbox holds, read back. */
#include "core/outbox/parts.h"

#include <stdio.h>
#include <string.h>

static enum tt_err ask(struct tt_outbox_db *db, enum tt_outbox_sql which,
                       struct tt_outbox_values values, struct tt_outbox_rows *ret_rows,
                       struct tt_fault *fault)
{
    enum tt_err err = db->ready(db->context, fault);
    return err == TT_OK ? db->ask(db->context, which, values, ret_rows, fault) : err;
}

/* The numbers of the statement's one row, if there is one. */
static enum tt_err numbers(struct tt_outbox_db *db, enum tt_outbox_sql which,
                           struct tt_str destination, uint64_t **ret, int count,
                           struct tt_fault *fault)
{
    struct tt_outbox_rows r;
    enum tt_err err = ask(db, which, TT_VALUES(TT_TEXT(destination)), &r, fault);
    if (err != TT_OK || !r.there)
        return err;
    for (int i = 0; i < count; i++)
        *ret[i] = (uint64_t)db->number(&r, i);
    db->close(&r);
    return TT_OK;
}

static enum tt_err look(void *context, struct tt_str destination, struct tt_outbox_view *ret_view,
                        struct tt_fault *fault)
{
    struct tt_outbox_view v = {0};
    uint64_t planned_to = 0, plans = 0;
    enum tt_err err = numbers(context, TT_OUTBOX_SQL_DESTINATION_GET, destination,
                              (uint64_t *[]){&planned_to, &plans}, 2, fault);
    if (err == TT_OK)
        err = numbers(context, TT_OUTBOX_SQL_COUNT_OPEN, destination,
                      (uint64_t *[]){&v.open_batches, &v.open_rows}, 2, fault);
    if (err == TT_OK)
        err = numbers(context, TT_OUTBOX_SQL_COUNT_WANTED, destination,
                      (uint64_t *[]){&v.wanted_rows}, 1, fault);
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

static enum tt_err read_batch(const struct tt_outbox_db *db, const struct tt_outbox_rows *r,
                              struct tt_upload_batch *b, struct tt_fault *fault)
{
    const struct tt_upload_table *table = tt_upload_table_named(db->text(r, TT_OUTBOX_BATCH_TABLE));
    struct tt_str digest = db->text(r, TT_OUTBOX_BATCH_DIGEST);
    *b = (struct tt_upload_batch){
        .number = db->number(r, TT_OUTBOX_BATCH_NUMBER),
        .plan = {.number = db->number(r, TT_OUTBOX_BATCH_PLAN),
                 .first = db->number(r, TT_OUTBOX_BATCH_FIRST_SEQ),
                 .last = db->number(r, TT_OUTBOX_BATCH_LAST_SEQ),
                 .written_at_us = db->time(r, TT_OUTBOX_BATCH_WRITTEN_AT)},
        .made = {.row_from = (uint64_t)db->number(r, TT_OUTBOX_BATCH_ROW_FROM),
                 .rows = (uint64_t)db->number(r, TT_OUTBOX_BATCH_ROWS),
                 .bytes = (uint64_t)db->number(r, TT_OUTBOX_BATCH_BYTES),
                 .line_bytes = (uint64_t)db->number(r, TT_OUTBOX_BATCH_LINE_BYTES),
                 .column_bytes = (uint64_t)db->number(r, TT_OUTBOX_BATCH_COLUMN_BYTES)},
        .generation = db->number(r, TT_OUTBOX_BATCH_GENERATION),
        .version = db->number(r, TT_OUTBOX_BATCH_VERSION),
        .attempts = db->number(r, TT_OUTBOX_BATCH_ATTEMPTS),
        .next_try_us = db->time(r, TT_OUTBOX_BATCH_NEXT_TRY),
        .blocked = db->number(r, TT_OUTBOX_BATCH_BLOCKED) != 0,
    };
    copy_text(b->plan.rules, sizeof b->plan.rules, db->text(r, TT_OUTBOX_BATCH_RULES));
    copy_text(b->handle, sizeof b->handle, db->text(r, TT_OUTBOX_BATCH_HANDLE));
    copy_text(b->problem, sizeof b->problem, db->text(r, TT_OUTBOX_BATCH_PROBLEM));
    if (table == NULL || digest.len != TT_UPLOAD_DIGEST_BYTES ||
        !tt_upload_state_named(db->text(r, TT_OUTBOX_BATCH_STATE), &b->state))
        return tt_fault_set(fault, TT_ERR_CORRUPT, "store %s: upload_batch %lld is not one of ours",
                            db->where, (long long)b->number);
    b->table = (enum tt_upload_table_id)(table - tt_upload_tables);
    memcpy(b->made.digest, digest.ptr, TT_UPLOAD_DIGEST_BYTES);
    return TT_OK;
}

static enum tt_err list_batches(struct tt_outbox_db *db, enum tt_outbox_sql which,
                                struct tt_str destination,
                                enum tt_err (*batch)(void *, const struct tt_upload_batch *),
                                void *batch_context, struct tt_fault *fault)
{
    struct tt_outbox_rows r;
    enum tt_err err = ask(db, which, TT_VALUES(TT_TEXT(destination)), &r, fault);
    if (err != TT_OK)
        return err;
    while (err == TT_OK && r.there) {
        struct tt_upload_batch b;
        err = read_batch(db, &r, &b, fault);
        if (err == TT_OK)
            err = batch(batch_context, &b);
        if (err == TT_OK)
            err = db->next(db->context, &r, fault);
    }
    db->close(&r);
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
                         int64_t since_us, int64_t until_us, uint64_t *ret_count,
                         int64_t *ret_newest_us, struct tt_fault *fault)
{
    struct tt_outbox_db *db = context;
    struct tt_outbox_rows r;
    enum tt_err err = ask(db, TT_OUTBOX_SQL_LOADS,
                          TT_VALUES(TT_TEXT(destination), TT_TEXT(tt_outbox_table(table)),
                                    TT_TIME(since_us), TT_TIME(until_us)),
                          &r, fault);
    if (err != TT_OK || !r.there)
        return err;
    *ret_count = (uint64_t)db->number(&r, 0);
    *ret_newest_us = db->time(&r, 1);
    db->close(&r);
    return TT_OK;
}

static enum tt_err holds(void *context, struct tt_str destination, enum tt_outbox_holds which,
                         int64_t plan, enum tt_err (*hold)(void *, const struct tt_upload_hold *),
                         void *hold_context, struct tt_fault *fault)
{
    struct tt_outbox_db *db = context;
    struct tt_outbox_rows r;
    enum tt_err err =
        which == TT_OUTBOX_HOLDS_OPEN
            ? ask(db, TT_OUTBOX_SQL_HOLDS_OPEN, TT_VALUES(TT_TEXT(destination)), &r, fault)
            : ask(db, TT_OUTBOX_SQL_HOLDS_OF, TT_VALUES(TT_TEXT(destination), TT_NUMBER(plan)), &r,
                  fault);
    if (err != TT_OK)
        return err;
    while (err == TT_OK && r.there) {
        const struct tt_upload_hold h = {
            .tenant = db->text(&r, TT_OUTBOX_HOLD_TENANT),
            .task_id = db->text(&r, TT_OUTBOX_HOLD_TASK_ID),
            .plan = db->number(&r, TT_OUTBOX_HOLD_PLAN),
            .first = db->number(&r, TT_OUTBOX_HOLD_FIRST_SEQ),
            .last = db->number(&r, TT_OUTBOX_HOLD_LAST_SEQ),
            .rows = (uint64_t)db->number(&r, TT_OUTBOX_HOLD_ROWS),
            .wanted = db->number(&r, TT_OUTBOX_HOLD_WANTED) != 0,
            .released_in = db->number(&r, TT_OUTBOX_HOLD_RELEASED_IN),
        };
        err = hold(hold_context, &h);
        if (err == TT_OK)
            err = db->next(db->context, &r, fault);
    }
    db->close(&r);
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
