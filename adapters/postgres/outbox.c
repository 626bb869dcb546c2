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
#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum tt_err tt_pg_outbox_connect(struct tt_pg_outbox *o, struct tt_fault *fault)
{
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

/* `room` has one number for each value. */
static void spread(const struct tt_pg_value *values, int count, struct tt_pg_param *params,
                   uint64_t *room)
{
    for (int i = 0; i < count; i++) {
        bool is_time = values[i].type == TT_PG_TIME;
        room[i] = htobe64((uint64_t)(values[i].number - (is_time ? TT_WIRE_2000_US : 0)));
        params[i] = values[i].type == TT_PG_BYTES
                        ? (struct tt_pg_param){values[i].bytes.ptr, values[i].bytes.len}
                    : is_time && values[i].number == TT_TIME_NONE
                        ? (struct tt_pg_param){NULL, 0}
                        : (struct tt_pg_param){(const char *)&room[i], sizeof room[i]};
    }
}

enum tt_err tt_pg_outbox_ask(struct tt_pg_outbox *o, const char *sql,
                             const struct tt_pg_value *values, int count, PGresult **ret_result,
                             struct tt_fault *fault)
{
    struct tt_pg_param params[TT_PG_PARAMS_MAX];
    uint64_t room[TT_PG_PARAMS_MAX];
    tt_assert(count <= TT_PG_PARAMS_MAX);
    spread(values, count, params, room);
    return tt_pg_query(&o->pg, sql, false, params, count, ret_result, fault);
}

enum tt_err tt_pg_outbox_run(struct tt_pg_outbox *o, const char *sql,
                             const struct tt_pg_value *values, int count, int *ret_changed,
                             struct tt_fault *fault)
{
    PGresult *result = NULL;
    enum tt_err err = tt_pg_outbox_ask(o, sql, values, count, &result, fault);
    if (err != TT_OK)
        return err;
    if (ret_changed != NULL)
        *ret_changed = (int)strtol(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return TT_OK;
}

enum tt_err tt_pg_outbox_begin(struct tt_pg_outbox *o, struct tt_fault *fault)
{
    enum tt_err err = tt_pg_outbox_connect(o, fault);
    return err == TT_OK ? tt_pg_run(&o->pg, "BEGIN ISOLATION LEVEL READ COMMITTED", fault) : err;
}

enum tt_err tt_pg_outbox_end(struct tt_pg_outbox *o, enum tt_err err, struct tt_fault *fault)
{
    if (err == TT_OK)
        err = tt_pg_run(&o->pg, "COMMIT", fault);
    if (err != TT_OK && (!tt_pg_is_up(&o->pg) || tt_pg_run(&o->pg, "ROLLBACK", NULL) != TT_OK ||
                         tt_pg_is_standby(&o->pg)))
        tt_pg_disconnect(&o->pg);
    return err;
}

enum tt_err tt_pg_outbox_fenced(const struct tt_pg_outbox *o, const struct tt_outbox_turn *turn,
                                struct tt_fault *fault)
{
    return tt_fault_set(fault, TT_ERR_FENCED, "store %s: another uploader works for %.*s",
                        o->pg.where, TT_STR_ARGS(turn->destination));
}

struct tt_str tt_pg_outbox_table(enum tt_upload_table_id table)
{
    return tt_str_from(tt_upload_tables[table].name);
}

/* Whoever writes rows holds a lock on this table from before the first number of the sequence until
 * its end (store_fence.c), and it conflicts with ours: once we have it, every number given so far
 * is committed, or was rolled back. */
static enum tt_err horizon(void *context, int64_t *ret_seq, struct tt_fault *fault)
{
    struct tt_pg_outbox *o = context;
    PGresult *result = NULL;
    enum tt_err err = tt_pg_outbox_begin(o, fault);
    if (err != TT_OK)
        return err;
    err = tt_pg_run(&o->pg,
                    "SET LOCAL lock_timeout = '5s';"
                    "LOCK TABLE partition_fence IN SHARE MODE",
                    fault);
    if (err == TT_OK)
        err = tt_pg_outbox_ask(o,
                               "SELECT CASE WHEN is_called THEN last_value ELSE 0 END"
                               " FROM task_status_audit_apply_seq",
                               NULL, 0, &result, fault);
    int64_t seq = err == TT_OK ? tt_pg_int8(result, 0, 0) : 0;
    PQclear(result);
    err = tt_pg_outbox_end(o, err, fault);
    if (err == TT_OK)
        *ret_seq = seq;
    return err;
}

/* ---- Leases */

static enum tt_err take_lease(struct tt_pg_outbox *o, struct tt_str destination,
                              struct tt_str holder, int64_t now_us, int64_t until_us,
                              int64_t *ret_fence, struct tt_fault *fault)
{
    PGresult *result = NULL;
    enum tt_err err = tt_pg_outbox_run(o, tt_pg_outbox_destination_add,
                                       TT_VALUES(TT_TEXT(destination)), NULL, fault);
    if (err == TT_OK)
        err = tt_pg_outbox_ask(o, tt_pg_outbox_destination_lock, TT_VALUES(TT_TEXT(destination)),
                               &result, fault);
    if (err != TT_OK)
        return err;
    bool mine = tt_str_equal(tt_pg_text(result, 0, 2), holder);
    bool ended = tt_pg_is_null(result, 0, 3) || tt_pg_time(result, 0, 3) <= now_us;
    int64_t fence = tt_pg_int8(result, 0, 4) + (ended ? 1 : 0);
    PQclear(result);
    *ret_fence = mine || ended ? fence : 0;
    return *ret_fence == 0 ? TT_OK
                           : tt_pg_outbox_run(o, tt_pg_outbox_lease_put,
                                              TT_VALUES(TT_TEXT(destination), TT_TEXT(holder),
                                                        TT_TIME(until_us), TT_NUMBER(fence)),
                                              NULL, fault);
}

static enum tt_err lease(void *context, struct tt_str destination, struct tt_str holder,
                         int64_t now_us, int64_t until_us, int64_t *ret_fence,
                         struct tt_fault *fault)
{
    int64_t fence = 0;
    enum tt_err err = tt_pg_outbox_begin(context, fault);
    if (err == TT_OK) {
        err = take_lease(context, destination, holder, now_us, until_us, &fence, fault);
        err = tt_pg_outbox_end(context, err, fault);
    }
    if (err == TT_OK)
        *ret_fence = fence;
    return err;
}

static enum tt_err unlease(void *context, const struct tt_outbox_turn *turn, struct tt_fault *fault)
{
    enum tt_err err = tt_pg_outbox_connect(context, fault);
    return err == TT_OK
               ? tt_pg_outbox_run(context, tt_pg_outbox_lease_end,
                                  TT_VALUES(TT_TEXT(turn->destination), TT_NUMBER(turn->fence)),
                                  NULL, fault)
               : err;
}

/* ---- Opening */

enum tt_err tt_pg_outbox_open(const char *url, const char *password, struct tt_outbox *ret_outbox,
                              struct tt_fault *fault)
{
    struct tt_pg_outbox *o = tt_mem_zalloc(sizeof *o);
    if (o == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    struct tt_fault away = {0};
    enum tt_err err = tt_pg_init(&o->pg, url, password, fault);
    if (err == TT_OK && tt_err_class(err = tt_pg_outbox_connect(o, &away)) == TT_CLASS_RETRY)
        err = TT_OK;
    if (err != TT_OK) {
        tt_fault_set(fault, err, "%s", away.text);
        tt_pg_done(&o->pg);
        tt_mem_free(o);
        return err;
    }
    *ret_outbox =
        (struct tt_outbox){.context = o, .horizon = horizon, .lease = lease, .unlease = unlease};
    tt_pg_outbox_fill_look(ret_outbox);
    tt_pg_outbox_fill_change(ret_outbox);
    return TT_OK;
}

void tt_pg_outbox_done(struct tt_outbox *outbox)
{
    struct tt_pg_outbox *o = outbox->context;
    if (o != NULL) {
        tt_pg_done(&o->pg);
        tt_mem_free(o);
    }
    *outbox = (struct tt_outbox){0};
}
