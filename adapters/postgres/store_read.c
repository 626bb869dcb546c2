/* Reading back. Happy path: connect, look at the schema; the first scan begins a snapshot for all;
 * one cursor per scan, fetched in portions, or one prepared statement for a task; a callback per
 * row. Nothing is written.
 *
 * Failure modes: the server goes away in the middle: UNAVAILABLE, and what was read so far is for
 * the caller to throw away; a database without our tables: CORRUPT; a schema this program does not
 * know yet: UNSUPPORTED. */
#include "adapters/postgres/columns.h"
#include "adapters/postgres/reader.h"
#include "adapters/postgres/schema.h"
#include "adapters/postgres/statements.h"
#include "adapters/postgres/store.h"
#include "core/base/time.h"

enum { PORTION = 2000 }; /* rows of a FETCH */

/* What is done with each row of a scan. */
struct scan {
    enum tt_err (*row)(const struct scan *scan, const PGresult *result, int row);
    enum tt_err (*audit)(void *row_context, const struct tt_audit_row *row);
    enum tt_err (*current)(void *row_context, const struct tt_current_row *row);
    enum tt_err (*interval)(void *row_context, struct tt_str tenant, struct tt_str task_id,
                            const struct tt_interval_row *row);
    void *row_context;
};

enum tt_err tt_pg_reader_begin(struct tt_pg_reader *r, struct tt_fault *fault)
{
    PGTransactionStatusType status = PQtransactionStatus(r->pg.conn);
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
               ? TT_OK
               : tt_pg_run(&r->pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", fault);
}

static enum tt_err fetch(struct tt_pg_reader *r, const struct scan *scan, bool *ret_more,
                         struct tt_fault *fault)
{
    PGresult *result = NULL;
    enum tt_err err =
        tt_pg_query(&r->pg, "FETCH FORWARD 2000 FROM scan", false, NULL, 0, &result, fault);
    if (err != TT_OK)
        return err;
    int count = PQntuples(result);
    for (int i = 0; i < count && err == TT_OK; i++)
        err = scan->row(scan, result, i);
    *ret_more = count == PORTION;
    PQclear(result);
    return err;
}

static enum tt_err scan_task(struct tt_pg_reader *r, enum tt_pg_sql which, struct tt_str tenant,
                             struct tt_str task_id, const struct scan *scan, struct tt_fault *fault)
{
    PGresult *result = NULL;
    enum tt_err err = tt_pg_read_task(r, which, tenant, task_id, &result, fault);
    if (err != TT_OK)
        return err;
    for (int i = 0; i < PQntuples(result) && err == TT_OK; i++)
        err = scan->row(scan, result, i);
    PQclear(result);
    return err;
}

/* The scan of all, or the one behind it, of one task. */
static enum tt_err run_scan(struct tt_pg_reader *r, enum tt_pg_sql all, struct tt_str tenant,
                            struct tt_str task_id, const struct scan *scan, struct tt_fault *fault)
{
    bool more = true;
    PGresult *result = NULL;
    enum tt_err err = tt_pg_reader_begin(r, fault);
    if (err == TT_OK && task_id.ptr != NULL)
        return scan_task(r, all + 1, tenant, task_id, scan, fault);
    if (err == TT_OK)
        err = tt_pg_query(&r->pg, tt_pg_sql_text(all), false, NULL, 0, &result, fault);
    PQclear(result);
    if (err != TT_OK)
        return err;
    while (err == TT_OK && more)
        err = fetch(r, scan, &more, fault);
    if (PQtransactionStatus(r->pg.conn) == PQTRANS_INTRANS) {
        enum tt_err closed = tt_pg_run(&r->pg, "CLOSE scan", err == TT_OK ? fault : NULL);
        err = err == TT_OK ? closed : err;
    }
    return err;
}

void tt_pg_read_audit_row(const PGresult *result, int i, struct tt_audit_row *ret_row)
{
    *ret_row = (struct tt_audit_row){
        .place = {tt_pg_int8(result, i, 0), tt_pg_int8(result, i, 1), tt_pg_int8(result, i, 2),
                  tt_pg_int8(result, i, 3)},
        .event =
            {
                .tenant = tt_pg_text(result, i, 4),
                .task_id = tt_pg_text(result, i, 5),
                .task_type = tt_pg_text(result, i, 6),
                .status = tt_pg_text(result, i, 7),
                .stage = tt_pg_text(result, i, 8),
                .event_time_us = tt_pg_time(result, i, 9),
                .event_id = tt_pg_text(result, i, 10),
                .source = tt_pg_text(result, i, 11),
                .has_seq = !tt_pg_is_null(result, i, 12),
                .seq = tt_pg_is_null(result, i, 12) ? 0 : tt_pg_int8(result, i, 12),
                .correlation_id = tt_pg_text(result, i, 13),
                .dataset_id = tt_pg_text(result, i, 14),
                .message = tt_pg_text(result, i, 15),
                .error_code = tt_pg_text(result, i, 16),
                .error_code_is_int = tt_pg_int2(result, i, 17) != 0,
                .attributes = tt_pg_text(result, i, 18),
                .received_at_us = tt_pg_time(result, i, 19),
            },
        .enqueued_at_us = tt_pg_time(result, i, 20),
        .read_started_at_us = tt_pg_time(result, i, 21),
        .write_started_at_us = tt_pg_time(result, i, 22),
        .worker = tt_pg_text(result, i, 23),
        .fence = tt_pg_int8(result, i, 24),
        .attempt = tt_pg_int8(result, i, 25),
        .duplicate = tt_pg_int2(result, i, 26) != 0,
        .apply_seq = tt_pg_int8(result, i, TT_PG_AUDIT_FIELDS),
    };
}

static enum tt_err audit_row(const struct scan *scan, const PGresult *result, int i)
{
    struct tt_audit_row row;
    tt_pg_read_audit_row(result, i, &row);
    return scan->audit(scan->row_context, &row);
}

static enum tt_err scan_audit(void *context, struct tt_str tenant, struct tt_str task_id,
                              enum tt_err (*row)(void *, const struct tt_audit_row *),
                              void *row_context, struct tt_fault *fault)
{
    const struct scan scan = {.row = audit_row, .audit = row, .row_context = row_context};
    return run_scan(context, TT_PG_SQL_SCAN_AUDIT, tenant, task_id, &scan, fault);
}

static enum tt_err current_row(const struct scan *scan, const PGresult *result, int i)
{
    const struct tt_current_row row = {
        .tenant = tt_pg_text(result, i, 0),
        .task_id = tt_pg_text(result, i, 1),
        .task_type = tt_pg_text(result, i, 2),
        .status = tt_pg_text(result, i, 3),
        .stage = tt_pg_text(result, i, 4),
        .event_time_us = tt_pg_time(result, i, 5),
        .first_seen_at_us = tt_pg_time(result, i, 6),
        .updated_at_us = tt_pg_time(result, i, 7),
        .events = tt_pg_int8(result, i, 8),
        .fence = tt_pg_int8(result, i, 9),
        .has_seq = !tt_pg_is_null(result, i, 10),
        .seq = tt_pg_is_null(result, i, 10) ? 0 : tt_pg_int8(result, i, 10),
        .newest_event_time_us = tt_pg_time(result, i, 11),
        .correlation_id = tt_pg_text(result, i, 12),
        .dataset_id = tt_pg_text(result, i, 13),
        .stays = tt_pg_int8(result, i, 14),
        .stay_status = tt_pg_text(result, i, 15),
    };
    return scan->current(scan->row_context, &row);
}

static enum tt_err scan_current(void *context, struct tt_str tenant, struct tt_str task_id,
                                enum tt_err (*row)(void *, const struct tt_current_row *),
                                void *row_context, struct tt_fault *fault)
{
    const struct scan scan = {.row = current_row, .current = row, .row_context = row_context};
    return run_scan(context, TT_PG_SQL_SCAN_CURRENT, tenant, task_id, &scan, fault);
}

static enum tt_err interval_row(const struct scan *scan, const PGresult *result, int i)
{
    const struct tt_interval_row row = {
        .position = tt_pg_int8(result, i, 2),
        .valid_from_us = tt_pg_time(result, i, 3),
        .valid_to_us = tt_pg_time(result, i, 4),
        .status = tt_pg_text(result, i, 5),
        .stage = tt_pg_text(result, i, 6),
    };
    return scan->interval(scan->row_context, tt_pg_text(result, i, 0), tt_pg_text(result, i, 1),
                          &row);
}

static enum tt_err scan_intervals(void *context, struct tt_str tenant, struct tt_str task_id,
                                  enum tt_err (*row)(void *, struct tt_str, struct tt_str,
                                                     const struct tt_interval_row *),
                                  void *row_context, struct tt_fault *fault)
{
    const struct scan scan = {.row = interval_row, .interval = row, .row_context = row_context};
    return run_scan(context, TT_PG_SQL_SCAN_INTERVALS, tenant, task_id, &scan, fault);
}

static enum tt_err counts(void *context, uint64_t *ret_audit_rows, uint64_t *ret_tasks,
                          struct tt_fault *fault)
{
    struct tt_pg_reader *r = context;
    PGresult *result = NULL;
    enum tt_err err = tt_pg_reader_begin(r, fault);
    if (err == TT_OK)
        err = tt_pg_query(&r->pg, tt_pg_sql_text(TT_PG_SQL_COUNTS), false, NULL, 0, &result, fault);
    if (err != TT_OK)
        return err;
    *ret_audit_rows = (uint64_t)tt_pg_int8(result, 0, 0);
    *ret_tasks = (uint64_t)tt_pg_int8(result, 0, 1);
    PQclear(result);
    return TT_OK;
}

/* Where the server is away there is no snapshot, and the next scan finds that out. */
static void let_go(void *context)
{
    struct tt_pg_reader *r = context;
    if (PQtransactionStatus(r->pg.conn) != PQTRANS_IDLE)
        (void)!tt_pg_run(&r->pg, "ROLLBACK", NULL);
    r->by_index = false;
    tt_pg_reader_forget(r);
}

enum tt_err tt_pg_reader_open(const char *url, const char *password,
                              struct tt_store_reader *ret_reader, struct tt_fault *fault)
{
    struct tt_pg_reader *r = tt_mem_zalloc(sizeof *r);
    if (r == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    tt_wire_init(&r->tenants);
    tt_wire_init(&r->task_ids);
    tt_buf_init(&r->kept_of, 0);
    enum tt_err err = tt_pg_init(&r->pg, url, password, fault);
    if (err == TT_OK)
        err = tt_pg_connect(&r->pg, fault);
    if (err == TT_OK)
        err = tt_pg_check_schema(&r->pg, fault);
    if (err != TT_OK) {
        tt_pg_done(&r->pg);
        tt_mem_free(r);
        return err;
    }
    *ret_reader = (struct tt_store_reader){.context = r,
                                           .audit = scan_audit,
                                           .current = scan_current,
                                           .intervals = scan_intervals,
                                           .counts = counts,
                                           .tasks = tt_pg_read_tasks,
                                           .histories = tt_pg_read_histories,
                                           .let_go = let_go};
    return TT_OK;
}

void tt_pg_reader_done(struct tt_store_reader *reader)
{
    struct tt_pg_reader *r = reader->context;
    if (r != NULL) {
        tt_pg_reader_forget(r);
        tt_buf_done(&r->kept_of);
        tt_pg_done(&r->pg);
        tt_wire_done(&r->tenants);
        tt_wire_done(&r->task_ids);
        tt_mem_free(r);
    }
    *reader = (struct tt_store_reader){0};
}
