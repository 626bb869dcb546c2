/* What a slice of decoded entries asks of the store: its tasks and its partitions, each once and
 * sorted. Threads: one. Memory: lists are used again by the next slice; texts borrow from the
 * entries. */
#ifndef TT_ENGINE_GATHERING_H
#define TT_ENGINE_GATHERING_H

#include "core/engine/slots.h"
#include "core/port/store_batch.h"

struct tt_gathering {
    struct tt_store_batch batch; /* the result */
    struct tt_store_task *tasks, *unsorted;
    struct tt_store_partition *partitions;
    uint32_t *order, *place_of; /* of tasks: sorted; and where each has gone */
    size_t task_capacity, unsorted_capacity, partition_capacity, order_capacity, place_capacity;
    struct tt_slots slots;
};

void tt_gathering_done(struct tt_gathering *gathering);

/* Errors: NO_MEMORY. */
enum tt_err tt_gathering_run(struct tt_gathering *gathering, struct tt_store_entry *entries,
                             size_t count, int64_t epoch) TT_MUST_CHECK;

#endif
