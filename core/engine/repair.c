/* Happy path: begin -> fence -> load the task's row: still the one that was seen -> write ->
 * commit.
 *
 * The audit row's place is of its own kind, epoch 0: queues begin with epoch 1, so no entry is ever
 * there, and who looks for entries from the queue's epoch on never sees it. Partition, time and
 * fence make it unique: a fence is given once for each holding of a partition.
 *
 * Failure modes: as in core/port/store.h; whatever fails is rolled back. */
#include "core/engine/repair.h"

static bool same_row(const struct tt_current_row *a, const struct tt_current_row *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return a->fence == b->fence && a->events == b->events && a->updated_at_us == b->updated_at_us &&
           a->event_time_us == b->event_time_us && a->stays == b->stays &&
           a->newest_event_time_us == b->newest_event_time_us &&
           tt_str_equal(a->status, b->status) && tt_str_equal(a->stage, b->stage) &&
           tt_str_equal(a->stay_status, b->stay_status);
}

static struct tt_audit_row audit_row(const struct tt_repair *repair)
{
    const struct tt_current_row *row = &repair->row;
    return (struct tt_audit_row){
        .place = {0, repair->partition, repair->now_us / 1000, repair->fence},
        .event =
            {
                .tenant = row->tenant,
                .task_id = row->task_id,
                .task_type = row->task_type,
                .status = row->status,
                .stage = row->stage,
                .source = TT_STR("repair"),
                .message = repair->message,
                .attributes = repair->before,
                .event_time_us = row->event_time_us,
                .received_at_us = TT_TIME_NONE,
            },
        .enqueued_at_us = repair->started_us,
        .read_started_at_us = repair->started_us,
        .write_started_at_us = repair->now_us,
        .worker = repair->worker,
        .fence = repair->fence,
        .attempt = 1,
    };
}

static enum tt_err write_rows(const struct tt_store *store, const struct tt_repair *repair,
                              struct tt_fault *fault)
{
    const struct tt_audit_row audit = audit_row(repair);
    struct tt_store_current current = {.row = repair->row, .is_new = repair->seen == NULL};
    current.row.fence = repair->fence;
    current.row.updated_at_us = repair->now_us;
    /* Whatever stands there, at whatever position, goes. */
    const struct tt_store_stays stays = {.tenant = repair->row.tenant,
                                         .task_id = repair->row.task_id,
                                         .keep = INT64_MIN,
                                         .replace = true,
                                         .rows = repair->stays,
                                         .count = repair->stay_count};
    const struct tt_store_changes changes = {.audit = &audit,
                                             .audit_count = 1,
                                             .current = &current,
                                             .current_count = 1,
                                             .stays = &stays,
                                             .stays_count = 1};
    return store->write(store->context, &changes, fault);
}

static enum tt_err in_transaction(const struct tt_store *store, const struct tt_repair *repair,
                                  struct tt_arena *arena, bool *ret_same, struct tt_fault *fault)
{
    struct tt_store_partition partition = {.partition = repair->partition, .fence = repair->fence};
    struct tt_store_task task = {
        .tenant = repair->row.tenant, .task_id = repair->row.task_id, .fence = repair->fence};
    struct tt_store_batch batch = {
        .epoch = 1,
        .tasks = &task,
        .task_count = 1,
        .partitions = &partition,
        .partition_count = 1,
    };
    enum tt_err err = store->fence(store->context, &partition, 1, fault);
    if (err == TT_OK)
        err = store->load(store->context, &batch, arena, fault);
    if (err != TT_OK)
        return err;
    *ret_same = same_row(task.current, repair->seen);
    return *ret_same ? write_rows(store, repair, fault) : TT_OK;
}

enum tt_err tt_repair_write(const struct tt_store *store, const struct tt_repair *repair,
                            struct tt_arena *arena, bool *ret_written, struct tt_fault *fault)
{
    bool same = false;
    enum tt_err err = store->begin(store->context, fault);
    if (err == TT_OK)
        err = in_transaction(store, repair, arena, &same, fault);
    if (err == TT_OK && same)
        err = store->commit(store->context, fault);
    if (err != TT_OK || !same)
        store->rollback(store->context);
    if (err == TT_OK)
        *ret_written = same;
    return err;
}
