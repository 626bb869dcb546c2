/* Who may write. Every partition has a row with a number that no fence of it is above, in large
 * steps. Putting it locks that row until the transaction ends, also where nothing changes: so two
 * writers never work in one partition at the same time, and the later of them sees what the earlier
 * has written. That is sent with what comes behind it, each statement of which sees what was
 * written until the one before it ended. What is compared is the fence in the row of each task. */
#include "adapters/postgres/writer.h"

static struct tt_pg_param partition_list(struct tt_wire *wire,
                                         const struct tt_store_partition *partitions, size_t count)
{
    tt_wire_list(wire, TT_WIRE_INT8);
    for (size_t i = 0; i < count; i++)
        tt_wire_int8(wire, partitions[i].partition);
    return tt_wire_end(wire);
}

static struct tt_pg_param fence_list(struct tt_wire *wire,
                                     const struct tt_store_partition *partitions, size_t count)
{
    tt_wire_list(wire, TT_WIRE_INT8);
    for (size_t i = 0; i < count; i++)
        tt_wire_int8(wire, tt_fence_ceiling(partitions[i].fence));
    return tt_wire_end(wire);
}

enum tt_err tt_pg_writer_fence(void *context, const struct tt_store_partition *partitions,
                               size_t count, struct tt_fault *fault)
{
    struct tt_pg_writer *w = context;
    const struct tt_pg_param params[] = {partition_list(&w->wires[0], partitions, count),
                                         fence_list(&w->wires[1], partitions, count)};
    enum tt_err err = tt_pg_writer_wired(w, fault);
    return err == TT_OK ? tt_pg_writer_send(w, TT_PG_SQL_FENCE_PUT, params, 2, fault) : err;
}

enum tt_err tt_pg_writer_check_fences(const struct tt_pg_writer *w,
                                      const struct tt_store_batch *batch, struct tt_fault *fault)
{
    for (size_t i = 0; i < batch->task_count; i++) {
        const struct tt_store_task *task = &batch->tasks[i];
        if (task->current != NULL && task->fence > 0 && task->fence < task->current->fence)
            return tt_fault_set(fault, TT_ERR_FENCED,
                                "store %s: task %.*s: fence %lld is older than %lld", w->pg.where,
                                TT_STR_ARGS(task->task_id), (long long)task->fence,
                                (long long)task->current->fence);
    }
    return TT_OK;
}

enum tt_err tt_pg_writer_reserve_fences(void *context, int64_t up_to, int64_t *ret_reserved,
                                        struct tt_fault *fault)
{
    struct tt_pg_writer *w = context;
    PGresult *result = NULL;
    tt_wire_list(&w->wires[0], TT_WIRE_INT8);
    tt_wire_int8(&w->wires[0], tt_fence_ceiling(up_to));
    tt_wire_int8(&w->wires[0], up_to == 0 ? TT_FENCE_STEP : 0);
    const struct tt_pg_param numbers = tt_wire_end(&w->wires[0]);
    enum tt_err err = tt_pg_writer_wired(w, fault);
    if (err == TT_OK)
        err = tt_pg_writer_connect(w, fault);
    if (err == TT_OK)
        err = tt_pg_query(&w->pg, tt_pg_sql_name(TT_PG_SQL_FENCE_RESERVE), true, &numbers, 1,
                          &result, fault);
    if (err != TT_OK && tt_pg_is_standby(&w->pg)) /* nobody rolls back what is no transaction */
        tt_pg_disconnect(&w->pg);
    if (err != TT_OK)
        return err;
    *ret_reserved = tt_pg_int8(result, 0, 0);
    PQclear(result);
    return TT_OK;
}
