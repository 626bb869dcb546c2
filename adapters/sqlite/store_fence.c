/* Who may write. One writer at a time has the file's write lock from BEGIN IMMEDIATE on, so what is
 * left to do is to compare: the row of a task has the newest fence that was written for it. The
 * table of partitions remembers, in large steps, what new fences must be above; a row of no
 * partition in it, what was reserved. */
#include "adapters/sqlite/writer.h"

enum { RESERVED = -1 }; /* of no partition: what was reserved */

static enum tt_err reserve(struct tt_writer *w, int64_t up_to, int64_t *ret_reserved,
                           struct tt_fault *fault)
{
    int64_t known = 0, wanted = tt_fence_ceiling(up_to);
    sqlite3_stmt *s = w->statements[TT_SQL_FENCE_PUT];
    enum tt_err err = tt_writer_number(w, TT_SQL_FENCE_NEWEST, &known, fault);
    if (err != TT_OK)
        return err;
    if (up_to == 0)
        wanted = known + TT_FENCE_STEP;
    if (wanted > known) {
        int codes = tt_db_bind_int(s, 1, RESERVED) | tt_db_bind_int(s, 2, wanted);
        err = tt_db_execute_bound(&w->db, s, codes, fault);
    }
    *ret_reserved = wanted > known ? wanted : known;
    return err;
}

enum tt_err tt_writer_reserve_fences(void *context, int64_t up_to, int64_t *ret_reserved,
                                     struct tt_fault *fault)
{
    struct tt_writer *w = context;
    int64_t reserved = 0;
    enum tt_err err = tt_writer_begin(w, fault);
    if (err == TT_OK)
        err = reserve(w, up_to, &reserved, fault);
    if (err == TT_OK)
        err = tt_writer_commit(w, fault);
    if (err != TT_OK) {
        tt_writer_rollback(w);
        return err;
    }
    *ret_reserved = reserved;
    return TT_OK;
}

static enum tt_err remember(struct tt_writer *w, const struct tt_store_partition *partition,
                            struct tt_fault *fault)
{
    sqlite3_stmt *s = w->statements[TT_SQL_FENCE_GET];
    int64_t known = 0;
    enum tt_err err = tt_db_bound(&w->db, tt_db_bind_int(s, 1, partition->partition), fault);
    if (err == TT_OK)
        err = tt_writer_number(w, TT_SQL_FENCE_GET, &known, fault);
    if (err != TT_OK || known >= partition->fence)
        return err;
    s = w->statements[TT_SQL_FENCE_PUT];
    int codes = tt_db_bind_int(s, 1, partition->partition) |
                tt_db_bind_int(s, 2, tt_fence_ceiling(partition->fence));
    return tt_db_execute_bound(&w->db, s, codes, fault);
}

enum tt_err tt_writer_fence(void *context, const struct tt_store_partition *partitions,
                            size_t count, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < count && err == TT_OK; i++)
        if (partitions[i].fence > 0)
            err = remember(context, &partitions[i], fault);
    return err;
}

enum tt_err tt_writer_check_fence(const struct tt_writer *w, const struct tt_store_task *task,
                                  struct tt_fault *fault)
{
    if (task->current == NULL || task->fence == 0 || task->fence >= task->current->fence)
        return TT_OK;
    return tt_fault_set(fault, TT_ERR_FENCED, "store %s: task %.*s: fence %lld is older than %lld",
                        w->db.path, TT_STR_ARGS(task->task_id), (long long)task->fence,
                        (long long)task->current->fence);
}
