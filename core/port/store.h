/* The store: audit rows and the state that follows from them, written in one transaction a batch.
 *
 * Reading, deciding and writing are three steps over a whole batch, so that a store behind a
 * network needs a few round trips for hundreds of events:
 *
 *   begin -> fence -> load -> [decide, in memory] -> histories, for late events -> write -> commit
 *
 * Whatever fails before commit leaves nothing; the caller then rolls back. A commit that fails with
 * class RETRY may have happened all the same. That is harmless: the batch is applied again, and its
 * rows are found at their places.
 *
 * From fence, at the latest from load, to the end of the transaction nobody else writes to the
 * partitions named, so what was loaded stays true.
 *
 * Errors of class POISON, from any step: some event of the batch can never be written; which one,
 * the caller finds out with smaller batches.
 *
 * Threads: one.
 */
#ifndef TT_PORT_STORE_H
#define TT_PORT_STORE_H

#include "core/base/mem.h"
#include "core/port/store_batch.h"

/* Fences are reserved in steps of so many; tt_store.fence may remember more than it was told, up to
 * the next multiple of this, so that it rarely has to write. */
enum { TT_FENCE_STEP = 1024 };
static inline int64_t tt_fence_ceiling(int64_t fence)
{
    return (fence + TT_FENCE_STEP - 1) / TT_FENCE_STEP * TT_FENCE_STEP;
}

struct tt_store {
    void *context;

    /* Where the store is a server that was away: connects again. */
    enum tt_err (*begin)(void *context, struct tt_fault *fault);
    enum tt_err (*commit)(void *context, struct tt_fault *fault);
    /* Also after a begin, commit or connection that failed. */
    void (*rollback)(void *context);

    /* Keeps others off the partitions until the transaction ends, and sees to it that none of their
     * fences is reserved again once it has committed. */
    enum tt_err (*fence)(void *context, const struct tt_store_partition *partitions, size_t count,
                         struct tt_fault *fault);
    /* Any time but inside a transaction. Fences up to *ret_reserved may be used from now on.
     * up_to 0: the last TT_FENCE_STEP of them for the first time: nothing above *ret_reserved -
     * TT_FENCE_STEP was ever reserved before, or written. Else: at least up to there. Committed
     * when it returns; where it fails, numbers may have been reserved for nobody. */
    enum tt_err (*reserve_fences)(void *context, int64_t up_to, int64_t *ret_reserved,
                                  struct tt_fault *fault);

    /* Fills in the batch's answers. FENCED when a task's row carries a newer fence than the batch
     * has for it; fence 0 is never refused. */
    enum tt_err (*load)(void *context, struct tt_store_batch *batch, struct tt_arena *arena,
                        struct tt_fault *fault);
    /* Fills in the answers of each; what was written before in this transaction may be missing. */
    enum tt_err (*histories)(void *context, struct tt_store_history *histories, size_t count,
                             struct tt_arena *arena, struct tt_fault *fault);
    /* Once a transaction, after load. apply_seq grows with every row, from transaction to
     * transaction of a partition. */
    enum tt_err (*write)(void *context, const struct tt_store_changes *changes,
                         struct tt_fault *fault);
};

struct tt_store_task_key {
    struct tt_str tenant, task_id;
};

/* Reading back, for replay, report, repair and upload. Callbacks borrow; returning other than TT_OK
 * ends the scan with that code. tenant absent: all tasks; else that one task.
 *
 * The first scan begins a snapshot, and all scans see the store as it was then, until it is let go.
 * While it lasts the store cannot clean up behind its writers: who waits for something lets it go.
 */
struct tt_store_reader {
    void *context;
    /* Audit rows in arrival order: epoch, entry_ms, entry_seq, partition. Rows that are no events
     * (tt_audit_is_event) stand before all others. */
    enum tt_err (*audit)(void *context, struct tt_str tenant, struct tt_str task_id,
                         enum tt_err (*row)(void *row_context, const struct tt_audit_row *row),
                         void *row_context, struct tt_fault *fault);
    enum tt_err (*current)(void *context, struct tt_str tenant, struct tt_str task_id,
                           enum tt_err (*row)(void *row_context, const struct tt_current_row *row),
                           void *row_context, struct tt_fault *fault);
    /* By tenant, task, position. */
    enum tt_err (*intervals)(void *context, struct tt_str tenant, struct tt_str task_id,
                             enum tt_err (*row)(void *row_context, struct tt_str tenant,
                                                struct tt_str task_id,
                                                const struct tt_interval_row *row),
                             void *row_context, struct tt_fault *fault);
    /* Audit rows of events, and tasks. */
    enum tt_err (*counts)(void *context, uint64_t *ret_audit_rows, uint64_t *ret_tasks,
                          struct tt_fault *fault);

    /* Tasks that have audit rows with an apply_seq from first to last, each once, in the order of
     * their first row there. The callback may call histories. */
    enum tt_err (*tasks)(void *context, int64_t first, int64_t last,
                         enum tt_err (*task)(void *task_context,
                                             const struct tt_store_task_key *key),
                         void *task_context, struct tt_fault *fault);
    /* Audit rows of these tasks up to an apply_seq: task by task as listed, those of one task in
     * any order. `task` is the place in the list. */
    enum tt_err (*histories)(void *context, const struct tt_store_task_key *keys, size_t count,
                             int64_t last,
                             enum tt_err (*row)(void *row_context, size_t task,
                                                const struct tt_audit_row *row),
                             void *row_context, struct tt_fault *fault);
    /* Between scans: lets the snapshot go, so that nothing in the store is held any more; the next
     * scan begins another. After whatever error. */
    void (*let_go)(void *context);
};

#endif
