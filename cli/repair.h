/* Repairing one task: read it, replay it, and, where wanted, hold its id and write. */
#ifndef TT_CLI_REPAIR_H
#define TT_CLI_REPAIR_H

#include "adapters/redis/queue.h"
#include "cli/store_url.h"
#include "core/port/clock.h"
#include "replay/restore.h"

enum tt_repair_outcome {
    TT_REPAIR_SAME,     /* nothing to repair */
    TT_REPAIR_DIFFERS,  /* there is; nothing was written */
    TT_REPAIR_DONE,     /* it was written */
    TT_REPAIR_BUSY,     /* somebody held the id all the time that we waited */
    TT_REPAIR_NO_EVENT, /* the store has no event of such a task */
    TT_REPAIR_STOPPED,  /* asked to stop while somebody held the id; nothing was written */
};

struct tt_repairing {
    struct tt_pass_options rules;
    const struct tt_store_reader *reader; /* a snapshot for each look at a task, no longer */
    /* To write; store NULL: look only. The queue is connected and claims nothing. */
    const struct tt_store *store;
    struct tt_queue *queue;
    const struct tt_clock *clock;
    struct tt_str worker;
    int64_t wait_us;
    const volatile int *stop;
    struct tt_arena arena; /* of the task in hand; the plan borrows from it */
};

/* The plan is valid until the next call; where there is no event, only tenant and task_id are. With
 * TT_REPAIR_BUSY and TT_REPAIR_STOPPED it tells what was seen. Errors: those of store, queue and
 * pass. */
enum tt_err tt_repair_task(struct tt_repairing *repairing, struct tt_str tenant,
                           struct tt_str task_id, struct tt_restore_plan *ret_plan,
                           enum tt_repair_outcome *ret_outcome,
                           struct tt_fault *fault) TT_MUST_CHECK;

#endif
