/* Happy path, two round trips a small batch: BEGIN, the fences and what the batch needs to know;
 * all rows and COMMIT. A large one has one more for what it needs to know, and two for each COPY:
 * the audit rows, and other new rows that are many.
 *
 * Failure modes: the server is away, ends the connection or restarts: UNAVAILABLE; the next begin
 * connects again. While COMMIT is on its way nobody can know whether it happened: the batch is
 * applied again and finds its rows at their places, or does not. Two writers for one partition: the
 * second waits at the fence's row; whoever stands still in a transaction is thrown out by the
 * server. Deadlock: BUSY, tried again; rows are locked in one order, so it takes somebody else's
 * locks to make one. Disk full: NO_SPACE. A value that does not fit: POISON, that event alone. */
#include "adapters/postgres/store.h"
#include "adapters/postgres/schema.h"
#include "adapters/postgres/writer.h"
#include <string.h>

enum tt_err tt_pg_writer_send(struct tt_pg_writer *w, enum tt_pg_sql which,
                              const struct tt_pg_param *params, int count, struct tt_fault *fault)
{
    enum tt_err err = tt_pg_send(&w->pg, tt_pg_sql_name(which), params, count, fault);
    w->sent += err == TT_OK;
    return err;
}

enum tt_err tt_pg_writer_sync(struct tt_pg_writer *w, PGresult **ret_results, const char *doing,
                              struct tt_fault *fault)
{
    size_t sent = w->sent;
    w->sent = 0;
    return tt_pg_sync(&w->pg, sent, ret_results, doing, fault);
}

enum tt_err tt_pg_writer_wired(const struct tt_pg_writer *w, struct tt_fault *fault)
{
    for (size_t i = 0; i < TT_PG_WIRES; i++)
        if (w->wires[i].buf.err != TT_OK)
            return tt_fault_set(fault, w->wires[i].buf.err, "out of memory");
    return TT_OK;
}

/* ---- Connecting */

static enum tt_err prepare_all(struct tt_pg_writer *w, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (enum tt_pg_sql i = 0; i < TT_PG_SQL_WRITER_COUNT && err == TT_OK; i++) {
        PGresult *result = PQprepare(w->pg.conn, tt_pg_sql_name(i), tt_pg_sql_text(i), 0, NULL);
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            err = tt_pg_failed(&w->pg, result, "preparing", fault);
        PQclear(result);
    }
    return err;
}

static enum tt_err look_around(struct tt_pg_writer *w, struct tt_fault *fault)
{
    PGresult *result = NULL;
    enum tt_err err = tt_pg_query(&w->pg,
                                  "SELECT 'task_status_audit_written'::regtype::int8,"
                                  " 'task_status_current_written'::regtype::int8,"
                                  " 'task_status_interval_written'::regtype::int8,"
                                  " 'dataset_progress_written'::regtype::int8",
                                  false, NULL, 0, &result, fault);
    if (err != TT_OK)
        return err;
    w->audit_type = (uint32_t)tt_pg_int8(result, 0, 0);
    w->current_type = (uint32_t)tt_pg_int8(result, 0, 1);
    w->interval_type = (uint32_t)tt_pg_int8(result, 0, 2);
    w->progress_type = (uint32_t)tt_pg_int8(result, 0, 3);
    PQclear(result);
    return TT_OK;
}

static enum tt_err check_writable(struct tt_pg_writer *w, struct tt_fault *fault)
{
    PGresult *result = NULL;
    enum tt_err err = tt_pg_query(&w->pg, "SELECT current_setting('transaction_read_only')", false,
                                  NULL, 0, &result, fault);
    if (err == TT_OK && tt_str_equal(tt_pg_text(result, 0, 0), TT_STR("on")))
        err = tt_fault_set(fault, TT_ERR_READ_ONLY, "store %s: the server takes no writes",
                           w->pg.where);
    PQclear(result);
    return err;
}

static enum tt_err bring_up_to_date(struct tt_pg_writer *w, struct tt_fault *fault)
{
    enum tt_err err = w->up_to_date ? TT_OK : check_writable(w, fault);
    if (err == TT_OK && !w->up_to_date)
        err = tt_pg_migrate(&w->pg, fault);
    w->up_to_date = err == TT_OK;
    return err;
}

static enum tt_err settle(struct tt_pg_writer *w, struct tt_fault *fault)
{
    enum tt_err err = tt_pg_settle_writer(&w->pg, fault);
    if (err == TT_OK && w->relaxed)
        err = tt_pg_run(&w->pg, "SET synchronous_commit = off", fault);
    return err;
}

enum tt_err tt_pg_writer_connect(struct tt_pg_writer *w, struct tt_fault *fault)
{
    if (tt_pg_is_up(&w->pg))
        return TT_OK;
    enum tt_err err = tt_pg_connect(&w->pg, fault);
    if (err == TT_OK)
        err = bring_up_to_date(w, fault);
    if (err == TT_OK)
        err = settle(w, fault);
    if (err == TT_OK)
        err = look_around(w, fault);
    if (err == TT_OK)
        err = prepare_all(w, fault);
    if (err != TT_OK)
        tt_pg_disconnect(&w->pg);
    return err;
}

/* ---- Transactions */

/* Goes with the fences and what the batch needs to know, in one round trip. */
static enum tt_err begin(void *context, struct tt_fault *fault)
{
    struct tt_pg_writer *w = context;
    enum tt_err err = tt_pg_writer_connect(w, fault);
    w->at_commit = (struct tt_store_meanwhile){0};
    return err == TT_OK ? tt_pg_writer_send(w, TT_PG_SQL_BEGIN, NULL, 0, fault) : err;
}

static enum tt_err commit(void *context, struct tt_fault *fault)
{
    struct tt_pg_writer *w = context;
    enum tt_err err = tt_pg_writer_send(w, TT_PG_SQL_COMMIT, NULL, 0, fault);
    if (err == TT_OK && w->at_commit.call != NULL && PQflush(w->pg.conn) >= 0)
        w->at_commit.call(w->at_commit.context, true);
    if (err == TT_OK)
        err = tt_pg_writer_sync(w, NULL, "committing", fault);
    if (err != TT_OK)
        return err;
    w->careful = false;
    w->pg.state[0] = '\0';
    tt_pg_forget(&w->pg);
    return TT_OK;
}

static void rollback(void *context)
{
    struct tt_pg_writer *w = context;
    bool ok = tt_pg_is_up(&w->pg);
    w->careful = strcmp(w->pg.state, "23505") == 0; /* unique violation */
    if (ok && PQpipelineStatus(w->pg.conn) != PQ_PIPELINE_OFF)
        ok = tt_pg_writer_sync(w, NULL, "rolling back", NULL) == TT_OK ||
             PQpipelineStatus(w->pg.conn) == PQ_PIPELINE_OFF;
    if (ok && PQtransactionStatus(w->pg.conn) != PQTRANS_IDLE)
        ok = tt_pg_run(&w->pg, "ROLLBACK", NULL) == TT_OK;
    w->sent = 0;
    tt_pg_forget(&w->pg);
    if (!ok || tt_pg_is_standby(&w->pg))
        tt_pg_disconnect(&w->pg);
}

/* ---- Opening */

static void writer_free(struct tt_pg_writer *w)
{
    tt_pg_done(&w->pg);
    for (size_t i = 0; i < TT_PG_WIRES; i++)
        tt_wire_done(&w->wires[i]);
    tt_mem_free(w);
}

enum tt_err tt_pg_store_open(const char *url, const char *password, struct tt_store *ret_store,
                             struct tt_fault *fault)
{
    struct tt_pg_writer *w = tt_mem_zalloc(sizeof *w);
    if (w == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < TT_PG_WIRES; i++)
        tt_wire_init(&w->wires[i]);
    struct tt_fault away = {0};
    enum tt_err err = tt_pg_init(&w->pg, url, password, fault);
    if (err == TT_OK)
        err = tt_pg_writer_connect(w, &away);
    if (tt_err_class(err) == TT_CLASS_RETRY)
        err = TT_OK; /* whoever begins waits for it */
    if (err != TT_OK) {
        tt_fault_set(fault, err, "%s", away.text);
        writer_free(w);
        return err;
    }
    *ret_store = (struct tt_store){.context = w,
                                   .begin = begin,
                                   .commit = commit,
                                   .rollback = rollback,
                                   .fence = tt_pg_writer_fence,
                                   .reserve_fences = tt_pg_writer_reserve_fences,
                                   .load = tt_pg_writer_load,
                                   .histories = tt_pg_writer_histories,
                                   .write = tt_pg_writer_write};
    return TT_OK;
}

enum tt_err tt_pg_store_relax(struct tt_store *store, struct tt_fault *fault)
{
    struct tt_pg_writer *w = store->context;
    w->relaxed = true;
    return tt_pg_is_up(&w->pg) ? settle(w, fault) : TT_OK;
}

void tt_pg_store_done(struct tt_store *store)
{
    if (store->context != NULL)
        writer_free(store->context);
    *store = (struct tt_store){0};
}
