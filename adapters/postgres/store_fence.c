/* Who may write. Every partition has a row with its newest fence. Putting the fence locks that row
 * until the transaction ends, also where nothing changes: so two writers never work in one
 * partition at the same time, and the later of them sees what the earlier has written. Kept apart
 * from the rest: what a fence is about may become finer than a partition. */
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
        tt_wire_int8(wire, partitions[i].fence);
    return tt_wire_end(wire);
}

static int64_t find_fence(const struct tt_store_partition *partitions, size_t count,
                          int64_t partition)
{
    size_t low = 0, high = count;
    while (low + 1 < high) {
        size_t middle = (low + high) / 2;
        if (partitions[middle].partition <= partition)
            low = middle;
        else
            high = middle;
    }
    return partitions[low].fence;
}

enum tt_err tt_pg_writer_fence(void *context, const struct tt_store_partition *partitions,
                               size_t count, struct tt_fault *fault)
{
    struct tt_pg_writer *w = context;
    PGresult *results[3] = {NULL};
    const struct tt_pg_param params[] = {partition_list(&w->wires[0], partitions, count),
                                         fence_list(&w->wires[1], partitions, count)};
    enum tt_err err = tt_pg_writer_wired(w, fault);
    size_t first = w->sent; /* BEGIN may be on its way */
    if (err == TT_OK)
        err = tt_pg_writer_send(w, TT_PG_SQL_FENCE_PUT, params, 2, fault);
    if (err == TT_OK)
        err = tt_pg_writer_send(w, TT_PG_SQL_FENCE_GET, params, 1, fault);
    if (err == TT_OK)
        err = tt_pg_writer_sync(w, results, "taking turns", fault);
    if (err != TT_OK)
        return err;
    const PGresult *known = results[first + 1];
    for (int i = 0; i < PQntuples(known) && err == TT_OK; i++) {
        int64_t partition = tt_pg_int8(known, i, 0), newest = tt_pg_int8(known, i, 1),
                ours = find_fence(partitions, count, partition);
        if (ours > 0 && newest > ours)
            err = tt_fault_set(
                fault, TT_ERR_FENCED, "store %s: partition %lld: fence %lld is older than %lld",
                w->pg.where, (long long)partition, (long long)ours, (long long)newest);
    }
    for (size_t i = 0; i < first + 2; i++)
        PQclear(results[i]);
    return err;
}

enum tt_err tt_pg_writer_fence_known(void *context, unsigned partition, int64_t *ret_fence,
                                     struct tt_fault *fault)
{
    struct tt_pg_writer *w = context;
    const struct tt_store_partition one = {.partition = partition};
    const struct tt_pg_param param = partition_list(&w->wires[0], &one, 1);
    PGresult *result = NULL;
    enum tt_err err = tt_pg_writer_wired(w, fault);
    if (err == TT_OK)
        err = tt_pg_writer_connect(w, fault);
    if (err == TT_OK)
        err = tt_pg_query(&w->pg, tt_pg_sql_name(TT_PG_SQL_FENCE_GET), true, &param, 1, &result,
                          fault);
    if (err != TT_OK)
        return err;
    *ret_fence = PQntuples(result) == 0 ? 0 : tt_pg_int8(result, 0, 1);
    PQclear(result);
    return TT_OK;
}
