/* The rows of one task, which the caller will hold all the same: no cursor. Whoever asks for its
 * audit rows mostly wants its state and its stays next, so all three are asked for in one round
 * trip, and what was not asked for yet is kept until it is, or until another task is asked for. */
#include "adapters/postgres/reader.h"
#include <string.h>

static enum tt_err prepare(struct tt_pg_reader *r, enum tt_pg_sql which, struct tt_fault *fault)
{
    if (r->prepared[which])
        return TT_OK;
    enum tt_err err = TT_OK;
    PGresult *result = PQprepare(r->pg.conn, tt_pg_sql_name(which), tt_pg_sql_text(which), 0, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        err = tt_pg_failed(&r->pg, result, "preparing", fault);
    PQclear(result);
    r->prepared[which] = err == TT_OK;
    return err;
}

/* Tenant and task id, whose lengths tell them apart. */
static void add_key(struct tt_buf *key, struct tt_str tenant, struct tt_str task_id)
{
    tt_buf_add(key, &tenant.len, sizeof tenant.len);
    tt_buf_add(key, tenant.ptr, tenant.len);
    tt_buf_add(key, task_id.ptr, task_id.len);
}

static bool is_kept(const struct tt_pg_reader *r, struct tt_str tenant, struct tt_str task_id)
{
    const struct tt_buf *key = &r->kept_of;
    const size_t head = sizeof tenant.len;
    if (key->err != TT_OK || key->len != head + tenant.len + task_id.len ||
        memcmp(key->data, &tenant.len, head) != 0)
        return false;
    const char *texts = key->data + head;
    return tt_str_equal((struct tt_str){texts, tenant.len}, tenant) &&
           tt_str_equal((struct tt_str){texts + tenant.len, task_id.len}, task_id);
}

void tt_pg_reader_forget(struct tt_pg_reader *r)
{
    for (size_t i = 0; i < TT_PG_TASK_SCANS; i++) {
        PQclear(r->kept[i]);
        r->kept[i] = NULL;
    }
    tt_buf_clear(&r->kept_of);
}

static const enum tt_pg_sql scans[TT_PG_TASK_SCANS] = {
    TT_PG_SQL_SCAN_AUDIT_TASK, TT_PG_SQL_SCAN_CURRENT_TASK, TT_PG_SQL_SCAN_INTERVALS_TASK};

static enum tt_err ask_all(struct tt_pg_reader *r, const struct tt_pg_param task[static 2],
                           struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < TT_PG_TASK_SCANS && err == TT_OK; i++)
        err = prepare(r, scans[i], fault);
    for (size_t i = 0; i < TT_PG_TASK_SCANS && err == TT_OK; i++)
        err = tt_pg_send(&r->pg, tt_pg_sql_name(scans[i]), task, 2, fault);
    return err == TT_OK ? tt_pg_sync(&r->pg, TT_PG_TASK_SCANS, r->kept, "asking", fault) : err;
}

enum tt_err tt_pg_read_task(struct tt_pg_reader *r, enum tt_pg_sql which, struct tt_str tenant,
                            struct tt_str task_id, PGresult **ret_result, struct tt_fault *fault)
{
    const struct tt_pg_param task[] = {{tenant.ptr, tenant.len}, {task_id.ptr, task_id.len}};
    enum tt_err err = TT_OK;
    if (which == scans[0]) {
        tt_pg_reader_forget(r);
        err = ask_all(r, task, fault);
        add_key(&r->kept_of, tenant, task_id);
    }
    for (size_t i = 0; i < TT_PG_TASK_SCANS && err == TT_OK; i++)
        if (scans[i] == which && r->kept[i] != NULL && (i == 0 || is_kept(r, tenant, task_id))) {
            *ret_result = r->kept[i];
            r->kept[i] = NULL;
            return TT_OK;
        }
    if (err == TT_OK)
        err = prepare(r, which, fault);
    return err == TT_OK
               ? tt_pg_query(&r->pg, tt_pg_sql_name(which), true, task, 2, ret_result, fault)
               : err;
}
