/* The store: audit rows and the state that follows from them, written in one transaction per batch.
 *
 * Writing: begin, then for the batch: fence, read state, insert audit rows, put states; then
 * commit. Anything that fails before commit leaves nothing. A commit whose outcome is unknown is
 * harmless to repeat: the row's key finds what is already there.
 *
 * Threads: one. Memory: what is read borrows from the arena that is passed in.
 */
#ifndef TT_PORT_STORE_H
#define TT_PORT_STORE_H

#include "core/base/mem.h"
#include "core/model/audit_row.h"

enum tt_insert {
    TT_INSERTED,
    TT_INSERT_KNOWN,  /* this very row is there already: a redelivery */
    TT_INSERT_REUSED, /* the key was there with other content: kept under a new epoch, row->place
                         says which */
};

struct tt_store {
    void *context;

    enum tt_err (*begin)(void *context, struct tt_fault *fault);
    enum tt_err (*commit)(void *context, struct tt_fault *fault);
    void (*rollback)(void *context);

    /* Inside a transaction: FENCED when a newer fence of the partition is known, else remembers
     * this one. */
    enum tt_err (*fence)(void *context, unsigned partition, int64_t fence, struct tt_fault *fault);
    /* Any time: the newest fence known of a partition, 0 for none. */
    enum tt_err (*fence_known)(void *context, unsigned partition, int64_t *ret_fence,
                               struct tt_fault *fault);

    /* Whether an original of the task is the same event (docs/checks.md, duplicates). */
    enum tt_err (*is_duplicate)(void *context, const struct tt_event *event, bool *ret_duplicate,
                                struct tt_fault *fault);
    /* Gives row->apply_seq; may change row->place.epoch (TT_INSERT_REUSED). */
    enum tt_err (*insert_audit)(void *context, struct tt_audit_row *row, enum tt_insert *ret_insert,
                                struct tt_fault *fault);

    enum tt_err (*read_current)(void *context, struct tt_str tenant, struct tt_str task_id,
                                struct tt_arena *arena, struct tt_current_row *ret_row,
                                bool *ret_found, struct tt_fault *fault);
    enum tt_err (*put_current)(void *context, const struct tt_current_row *row,
                               struct tt_fault *fault);

    /* The last stay, and for late events all originals of the task in event-time order (then seq,
     * then arrival), the ones inserted in this transaction included. */
    enum tt_err (*read_last_interval)(void *context, struct tt_str tenant, struct tt_str task_id,
                                      struct tt_arena *arena, struct tt_interval_row *ret_row,
                                      bool *ret_found, struct tt_fault *fault);
    enum tt_err (*read_originals)(void *context, struct tt_str tenant, struct tt_str task_id,
                                  struct tt_arena *arena, struct tt_event **ret_events,
                                  size_t *ret_count, struct tt_fault *fault);
    enum tt_err (*put_interval)(void *context, struct tt_str tenant, struct tt_str task_id,
                                const struct tt_interval_row *row, struct tt_fault *fault);
    /* Replaces all stays of the task. */
    enum tt_err (*replace_intervals)(void *context, struct tt_str tenant, struct tt_str task_id,
                                     const struct tt_interval_row *rows, size_t count,
                                     struct tt_fault *fault);

    enum tt_err (*read_progress)(void *context, struct tt_str tenant, struct tt_str correlation_id,
                                 struct tt_str dataset_id, struct tt_arena *arena,
                                 struct tt_progress_row *ret_row, bool *ret_found,
                                 struct tt_fault *fault);
    enum tt_err (*put_progress)(void *context, const struct tt_progress_row *row,
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
