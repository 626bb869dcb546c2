/* Happy path: a transaction a call, of a few statements.
 *
 * Failure modes: the server is away: UNAVAILABLE, the next call connects again; what a call was
 * doing then may have happened: the caller looks. Another uploader was quicker: FENCED, nothing is
 * changed. A writer stands in the middle of a transaction: horizon waits for it, and gives up with
 * BUSY before those that wait behind it in turn have to wait for long. */
#include "adapters/postgres/outbox.h"

#include "adapters/postgres/outbox_sql.h"
#include "adapters/postgres/schema.h"
#include "adapters/postgres/wire.h"
#include "core/base/assert.h"
#include "core/base/time.h"
#include "core/outbox/outbox.h"
#include <endian.h>
#include <stdlib.h>
#include <string.h>

struct pg_outbox {
    struct tt_outbox_db face;
    struct tt_pg pg;
    bool up_to_date; /* the schema was looked at once */
};

/* ---- Transactions */

/* Connects when there is no connection. */
static enum tt_err ready(void *context, struct tt_fault *fault)
{
    struct pg_outbox *o = context;
    if (tt_pg_is_up(&o->pg))
        return TT_OK;
    enum tt_err err = tt_pg_connect(&o->pg, fault);
    if (err == TT_OK && !o->up_to_date)
        err = tt_pg_migrate(&o->pg, fault);
    o->up_to_date = o->up_to_date || err == TT_OK;
    if (err == TT_OK)
        err = tt_pg_run(&o->pg,
                        "SET statement_timeout = '60s';"
                        "SET idle_in_transaction_session_timeout = '30s'",
                        fault);
    if (err != TT_OK)
        tt_pg_disconnect(&o->pg);
    return err;
}

static enum tt_err begin(void *context, struct tt_fault *fault)
{
    struct pg_outbox *o = context;
    enum tt_err err = ready(o, fault);
    return err == TT_OK ? tt_pg_run(&o->pg, "BEGIN ISOLATION LEVEL READ COMMITTED", fault) : err;
}

static enum tt_err end(void *context, enum tt_err err, struct tt_fault *fault)
{
    struct pg_outbox *o = context;
    if (err == TT_OK)
        err = tt_pg_run(&o->pg, "COMMIT", fault);
    if (err != TT_OK && (!tt_pg_is_up(&o->pg) || tt_pg_run(&o->pg, "ROLLBACK", NULL) != TT_OK ||
                         tt_pg_is_standby(&o->pg)))
        tt_pg_disconnect(&o->pg);
    return err;
}

/* ---- Statements */

/* The binary forms; `room` has one number for each value. */
static void spread(struct tt_outbox_values values, struct tt_pg_param *params, uint64_t *room)
{
    for (int i = 0; i < values.count; i++) {
        const struct tt_outbox_value *value = &values.list[i];
        bool is_time = value->type == TT_OUTBOX_TIME;
        bool is_text = value->type == TT_OUTBOX_TEXT || value->type == TT_OUTBOX_BYTES;
        room[i] = htobe64((uint64_t)(value->number - (is_time ? TT_WIRE_2000_US : 0)));
        params[i] = is_text ? (struct tt_pg_param){value->text.ptr, value->text.len}
                    : is_time && value->number == TT_TIME_NONE
                        ? (struct tt_pg_param){NULL, 0}
                        : (struct tt_pg_param){(const char *)&room[i], sizeof room[i]};
    }
}

static enum tt_err query(struct pg_outbox *o, enum tt_outbox_sql which,
                         struct tt_outbox_values values, PGresult **ret_result,
                         struct tt_fault *fault)
{
    struct tt_pg_param params[TT_PG_PARAMS_MAX];
    uint64_t room[TT_PG_PARAMS_MAX];
    tt_assert(values.count <= TT_PG_PARAMS_MAX);
    spread(values, params, room);
    return tt_pg_query(&o->pg, tt_pg_outbox_sql(which), false, params, values.count, ret_result,
                       fault);
}

static enum tt_err run(void *context, enum tt_outbox_sql which, struct tt_outbox_values values,
                       int *ret_changed, struct tt_fault *fault)
{
    PGresult *result = NULL;
    enum tt_err err = query(context, which, values, &result, fault);
    if (err == TT_OK && ret_changed != NULL)
        *ret_changed = (int)strtol(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return err;
}

static void close_rows(struct tt_outbox_rows *rows)
{
    PQclear(rows->result);
    *rows = (struct tt_outbox_rows){0};
}

/* All rows have come; they stay until the last was asked for. */
static enum tt_err next(void *context, struct tt_outbox_rows *rows, struct tt_fault *fault)
{
    (void)context, (void)fault;
    rows->there = ++rows->at < PQntuples(rows->result);
    if (!rows->there)
        close_rows(rows);
    return TT_OK;
}

static enum tt_err ask(void *context, enum tt_outbox_sql which, struct tt_outbox_values values,
                       struct tt_outbox_rows *ret_rows, struct tt_fault *fault)
{
    PGresult *result = NULL;
    enum tt_err err = query(context, which, values, &result, fault);
    *ret_rows = (struct tt_outbox_rows){.result = result, .at = -1};
    return err == TT_OK ? next(context, ret_rows, fault) : err;
}

static int64_t number(const struct tt_outbox_rows *rows, int column)
{
    return tt_pg_is_null(rows->result, rows->at, column)
               ? 0
               : tt_pg_int8(rows->result, rows->at, column);
}

static int64_t time_of(const struct tt_outbox_rows *rows, int column)
{
    return tt_pg_time(rows->result, rows->at, column);
}

static struct tt_str text(const struct tt_outbox_rows *rows, int column)
{
    return tt_pg_text(rows->result, rows->at, column);
}

/* Whoever writes rows holds a lock on this table from before the first number of the sequence until
 * its end (store_fence.c), and it conflicts with ours: once we have it, every number given so far
 * is committed, or was rolled back. */
static enum tt_err horizon(void *context, int64_t *ret_seq, struct tt_fault *fault)
{
    struct pg_outbox *o = context;
    PGresult *result = NULL;
    enum tt_err err = begin(o, fault);
    if (err != TT_OK)
        return err;
    err = tt_pg_run(&o->pg,
                    "SET LOCAL lock_timeout = '5s';"
                    "LOCK TABLE partition_fence IN SHARE MODE",
                    fault);
    if (err == TT_OK)
        err = tt_pg_query(&o->pg,
                          "SELECT CASE WHEN is_called THEN last_value ELSE 0 END"
                          " FROM task_status_audit_apply_seq",
                          false, NULL, 0, &result, fault);
    int64_t seq = err == TT_OK ? tt_pg_int8(result, 0, 0) : 0;
    PQclear(result);
    err = end(o, err, fault);
    if (err == TT_OK)
        *ret_seq = seq;
    return err;
}

/* ---- Opening */

enum tt_err tt_pg_outbox_open(const char *url, const char *password, struct tt_outbox *ret_outbox,
                              struct tt_fault *fault)
{
    struct pg_outbox *o = tt_mem_zalloc(sizeof *o);
    if (o == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    struct tt_fault away = {0};
    enum tt_err err = tt_pg_init(&o->pg, url, password, fault);
    if (err == TT_OK && tt_err_class(err = ready(o, &away)) == TT_CLASS_RETRY)
        err = TT_OK;
    if (err != TT_OK) {
        tt_fault_set(fault, err, "%s", away.text);
        tt_pg_done(&o->pg);
        tt_mem_free(o);
        return err;
    }
    o->face = (struct tt_outbox_db){
        .context = o,
        .where = o->pg.where,
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

void tt_pg_outbox_done(struct tt_outbox *outbox)
{
    const struct tt_outbox_db *face = outbox->context;
    if (face != NULL) {
        struct pg_outbox *o = face->context;
        tt_pg_done(&o->pg);
        tt_mem_free(o);
    }
    *outbox = (struct tt_outbox){0};
}
