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
 * From fence to the end of the transaction nobody else writes to the partitions named, so what was
 * loaded stays true.
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

struct tt_store {
    void *context;

    /* Where the store is a server that was away: connects again. */
    enum tt_err (*begin)(void *context, struct tt_fault *fault);
    enum tt_err (*commit)(void *context, struct tt_fault *fault);
    /* Also after a begin, commit or connection that failed. */
    void (*rollback)(void *context);

    /* FENCED when a newer fence of a partition is known, else remembers these and keeps others off
     * until the transaction ends. Fence 0 is remembered by nobody and never refused. */
    enum tt_err (*fence)(void *context, const struct tt_store_partition *partitions, size_t count,
                         struct tt_fault *fault);
    /* Any time but inside a transaction: the newest fence known of a partition, 0 for none. */
    enum tt_err (*fence_known)(void *context, unsigned partition, int64_t *ret_fence,
                               struct tt_fault *fault);

    /* Fills in the batch's answers. */
    enum tt_err (*load)(void *context, struct tt_store_batch *batch, struct tt_arena *arena,
                        struct tt_fault *fault);
    /* Fills in the answers of each; what was written before in this transaction may be missing. */
    enum tt_err (*histories)(void *context, struct tt_store_history *histories, size_t count,
                             struct tt_arena *arena, struct tt_fault *fault);
    /* Once a transaction. apply_seq grows with every row, from transaction to transaction of a
     * partition. */
    enum tt_err (*write)(void *context, const struct tt_store_changes *changes,
                         struct tt_fault *fault);
};

/* Reading back, for replay, report and upload. Callbacks borrow; returning other than TT_OK ends
 * the scan with that code. tenant absent: all tasks; else that one task. */
struct tt_store_reader {
    void *context;
    /* Audit rows in arrival order: epoch, entry_ms, entry_seq, partition. */
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
    enum tt_err (*counts)(void *context, uint64_t *ret_audit_rows, uint64_t *ret_tasks,
                          struct tt_fault *fault);
};

#endif
