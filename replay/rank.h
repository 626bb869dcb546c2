/* The tasks of all collectors in the order of a report: by tenant, then by task id, bytewise.
 *
 * Threads: sorts with one thread per collector, which all have ended when it returns.
 */
#ifndef TT_REPLAY_RANK_H
#define TT_REPLAY_RANK_H

#include "replay/collector.h"

struct tt_ranked {
    uint64_t tenant, task_id; /* eight bytes that tell most of them apart, as big-endian numbers */
    const struct tt_report_task *task;
    uint32_t collector; /* index */
};

/* ranked: room for all tasks of the collectors. Errors: NO_MEMORY. */
enum tt_err tt_rank(const struct tt_collector *collectors, size_t count,
                    struct tt_ranked *ranked) TT_MUST_CHECK;

#endif
