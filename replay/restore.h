/* What the rows of a task should be: its audit rows replayed through the handlers that the worker
 * uses, in the order that the report compares with. Pure.
 *
 * Threads: any. Memory: the result borrows from the rows and from the arena.
 */
#ifndef TT_REPLAY_RESTORE_H
#define TT_REPLAY_RESTORE_H

#include "core/model/audit_row.h"
#include "replay/pass.h"

struct tt_restored {
    struct tt_current_row current; /* fence and updated_at are not said: 0 */
    const struct tt_interval_row *stays;
    size_t stay_count;
};

/* Rows: the events of one task in arrival order, at least one. Of the options the rules of judging
 * count: lifecycles, ties, apply order, tenants. Errors: those of a pass. */
enum tt_err tt_restore(const struct tt_pass_options *options, const struct tt_audit_row *rows,
                       size_t count, struct tt_arena *arena, struct tt_restored *ret_restored,
                       struct tt_fault *fault) TT_MUST_CHECK;

/* ---- Compared with what is stored */

struct tt_restore_plan {
    struct tt_str tenant, task_id;
    bool is_stored; /* there is a row of the task */
    struct tt_current_row stored;
    const struct tt_interval_row *stored_stays;
    size_t stored_stay_count;
    struct tt_restored restored;
};

/* The columns that are compared: all that follow from the events. */
#define TT_RESTORED_TEXTS(X) X(status) X(stage) X(task_type) X(correlation_id) X(dataset_id)
#define TT_RESTORED_TIMES(X)                                                                       \
    X(event_time, event_time_us)                                                                   \
    X(newest_event_time, newest_event_time_us)                                                     \
    X(first_seen_at, first_seen_at_us)
#define TT_RESTORED_NUMBERS(X) X(events) X(stays)

bool tt_restore_same_stay(const struct tt_interval_row *a, const struct tt_interval_row *b);
/* Whether there is nothing to repair: the task's row, all of its stays. */
bool tt_restore_same_current(const struct tt_restore_plan *plan);
bool tt_restore_same_stays(const struct tt_restore_plan *plan);

#endif
