/* The tasks of all collectors in the order of a report: by tenant, then by task id, bytewise.
 *
 * Threads: where there are many tasks, sorts with one thread per collector, which all have ended
 * when it returns.
 */
#ifndef TT_REPLAY_RANK_H
#define TT_REPLAY_RANK_H

#include "replay/collector.h"

struct tt_ranked {
    uint64_t tenant, task_id; /* eight bytes that tell most of them apart, as big-endian numbers */
    struct tt_found_task *task;
    uint32_t collector; /* index */
    bool long_tenant;   /* eight bytes may not have told all of it */
};

enum { TT_RANK_ALONE_MAX = 1024 }; /* of fewer tasks, more threads would not be quicker */

/* ranked: room for all tasks of the collectors. Errors: NO_MEMORY. */
enum tt_err tt_rank(const struct tt_collector *collectors, size_t count,
                    struct tt_ranked *ranked) TT_MUST_CHECK;

#endif
