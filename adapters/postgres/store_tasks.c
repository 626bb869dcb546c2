/* Tasks of a piece of the write sequence, and their histories: cursors, fetched in portions. */
#include "adapters/postgres/columns.h"
#include "adapters/postgres/reader.h"
#include "adapters/postgres/statements.h"
#include <endian.h>

/* What is told of each row. */
struct telling {
    enum tt_err (*task)(void *context, const struct tt_store_task_key *key);
    enum tt_err (*row)(void *context, size_t task, const struct tt_audit_row *row);
    void *context;
};

static enum tt_err tell(const struct telling *telling, const PGresult *result, int i)
{
    if (telling->task != NULL) {
        const struct tt_store_task_key key = {tt_pg_text(result, i, 0), tt_pg_text(result, i, 1)};
        return telling->task(telling->context, &key);
    }
    struct tt_audit_row row;
    tt_pg_read_audit_row(result, i, &row);
    return telling->row(telling->context, (size_t)tt_pg_int8(result, i, TT_PG_AUDIT_FIELDS + 1) - 1,
                        &row);
}

static enum tt_err fetch(struct tt_pg_reader *r, const char *sql, const struct telling *telling,
                         bool *ret_more, struct tt_fault *fault)
{
    PGresult *result = NULL;
    enum tt_err err = tt_pg_query(&r->pg, sql, false, NULL, 0, &result, fault);
    if (err != TT_OK)
        return err;
    int count = PQntuples(result);
    for (int i = 0; i < count && err == TT_OK; i++)
        err = tell(telling, result, i);
    *ret_more = count > 0;
    PQclear(result);
    return err;
}

/* Few tasks of many are asked for: by index, whatever the server thinks of lists. */
static enum tt_err plan_by_index(struct tt_pg_reader *r, struct tt_fault *fault)
{
    if (r->by_index)
        return TT_OK;
    enum tt_err err = tt_pg_run(&r->pg,
                                "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off;"
                                "SET LOCAL enable_mergejoin = off",
                                fault);
    r->by_index = err == TT_OK;
    return err;
}

static enum tt_err run(struct tt_pg_reader *r, enum tt_pg_sql which,
                       const struct tt_pg_param *params, int count, const char *fetching,
                       const char *closing, const struct telling *telling, struct tt_fault *fault)
{
    PGresult *result = NULL;
    bool more = true;
    enum tt_err err = tt_pg_reader_begin(r, fault);
    if (err == TT_OK)
        err = plan_by_index(r, fault);
    if (err == TT_OK)
        err = tt_pg_query(&r->pg, tt_pg_sql_text(which), false, params, count, &result, fault);
    PQclear(result);
    if (err != TT_OK)
        return err;
    while (err == TT_OK && more)
        err = fetch(r, fetching, telling, &more, fault);
    if (PQtransactionStatus(r->pg.conn) == PQTRANS_INTRANS) {
        enum tt_err closed = tt_pg_run(&r->pg, closing, err == TT_OK ? fault : NULL);
        err = err == TT_OK ? closed : err;
    }
    return err;
}

enum tt_err tt_pg_read_tasks(void *context, int64_t first, int64_t last,
                             enum tt_err (*task)(void *, const struct tt_store_task_key *),
                             void *task_context, struct tt_fault *fault)
{
    const uint64_t raw[] = {htobe64((uint64_t)first), htobe64((uint64_t)last)};
    const struct tt_pg_param params[] = {{(const char *)&raw[0], sizeof *raw},
                                         {(const char *)&raw[1], sizeof *raw}};
    const struct telling telling = {.task = task, .context = task_context};
    return run(context, TT_PG_SQL_SCAN_TASKS, params, 2, "FETCH FORWARD 2000 FROM tasks",
               "CLOSE tasks", &telling, fault);
}

enum tt_err tt_pg_read_histories(void *context, const struct tt_store_task_key *keys, size_t count,
                                 int64_t last,
                                 enum tt_err (*row)(void *, size_t, const struct tt_audit_row *),
                                 void *row_context, struct tt_fault *fault)
{
    struct tt_pg_reader *r = context;
    const uint64_t raw = htobe64((uint64_t)last);
    tt_wire_list(&r->tenants, TT_WIRE_TEXT);
    tt_wire_list(&r->task_ids, TT_WIRE_TEXT);
    for (size_t i = 0; i < count; i++) {
        tt_wire_text(&r->tenants, keys[i].tenant);
        tt_wire_text(&r->task_ids, keys[i].task_id);
    }
    const struct tt_pg_param params[] = {
        tt_wire_end(&r->tenants), tt_wire_end(&r->task_ids), {(const char *)&raw, sizeof raw}};
    if (r->tenants.buf.err != TT_OK || r->task_ids.buf.err != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    const struct telling telling = {.row = row, .context = row_context};
    return run(r, TT_PG_SQL_HISTORIES, params, 3, "FETCH FORWARD 2000 FROM histories",
               "CLOSE histories", &telling, fault);
}
