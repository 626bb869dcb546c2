/* Who may write. One writer at a time has the file's write lock from BEGIN IMMEDIATE on, so what is
 * left to do is to know the newest fence of each partition. Kept apart from the rest: what a fence
 * is about may become finer than a partition. */
#include "adapters/sqlite/writer.h"

enum tt_err tt_writer_fence_known(void *context, unsigned partition, int64_t *ret_fence,
                                  struct tt_fault *fault)
{
    struct tt_writer *w = context;
    int codes = tt_db_bind_int(w->statements[TT_SQL_FENCE_GET], 1, partition);
    enum tt_err err = tt_db_bound(&w->db, codes, fault);
    return err == TT_OK ? tt_writer_number(w, TT_SQL_FENCE_GET, ret_fence, fault) : err;
}

static enum tt_err fence_one(struct tt_writer *w, const struct tt_store_partition *partition,
                             struct tt_fault *fault)
{
    int64_t known = 0;
    enum tt_err err = tt_writer_fence_known(w, (unsigned)partition->partition, &known, fault);
    if (err != TT_OK || known == partition->fence)
        return err;
    if (known > partition->fence)
        return tt_fault_set(fault, TT_ERR_FENCED,
                            "store %s: partition %lld: fence %lld is older than %lld", w->db.path,
                            (long long)partition->partition, (long long)partition->fence,
                            (long long)known);
    sqlite3_stmt *s = w->statements[TT_SQL_FENCE_PUT];
    int codes = tt_db_bind_int(s, 1, partition->partition) | tt_db_bind_int(s, 2, partition->fence);
    return tt_db_execute_bound(&w->db, s, codes, fault);
}

enum tt_err tt_writer_fence(void *context, const struct tt_store_partition *partitions,
                            size_t count, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < count && err == TT_OK; i++)
        if (partitions[i].fence > 0)
            err = fence_one(context, &partitions[i], fault);
    return err;
}
