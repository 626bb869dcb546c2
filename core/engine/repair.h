/* Writing what a task's rows should be, in one transaction: the task's row, all of its stays, and
 * one audit row that says so. Whoever calls holds the task's id, and gives the fence of it.
 *
 * What is written was worked out from what a reader saw before. A worker whose lease had ended may
 * have written since; then the task's row is another, nothing is written, and the caller looks
 * again. A worker that writes later under an older fence is refused by the store.
 *
 * Threads: one. */
#ifndef TT_ENGINE_REPAIR_H
#define TT_ENGINE_REPAIR_H

#include "core/port/store.h"

struct tt_repair {
    int64_t partition, fence;          /* of the holding */
    const struct tt_current_row *seen; /* the task's row as it was read; NULL: there was none */
    struct tt_current_row row;         /* what it is to be; fence and updated_at are filled in */
    const struct tt_interval_row *stays;
    size_t stay_count;
    struct tt_str worker;       /* who repairs */
    struct tt_str message;      /* what was wrong, for the audit row */
    struct tt_str before;       /* the same as a JSON object, or absent */
    int64_t started_us, now_us; /* when it was read, and now */
};

/* *ret_written false: the task changed since it was read. Errors: those of the store; FENCED: a
 * newer holder has written. After an error of a commit it may have been written all the same. */
enum tt_err tt_repair_write(const struct tt_store *store, const struct tt_repair *repair,
                            struct tt_arena *arena, bool *ret_written,
                            struct tt_fault *fault) TT_MUST_CHECK;

#endif
