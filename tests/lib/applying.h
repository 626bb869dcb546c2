/* An applier on a store, fed with events: what a worker does without its queue. */
#ifndef TT_TESTS_LIB_APPLYING_H
#define TT_TESTS_LIB_APPLYING_H

#include "core/engine/applier.h"

struct tt_applying {
    struct tt_applier *applier;
    int64_t now_us;                 /* the clock; stands still */
    uint64_t reused;                /* entries that the last batch told of as reused */
    struct tt_queue_entry *entries; /* the batch that is collected */
    size_t count, capacity;
    int64_t fences[16]; /* by partition */
    bool locking;
    const struct tt_poison *poison; /* of the last batch */
    size_t poison_count;
    struct tt_fault fault;
    struct tt_clock clock;
    struct tt_observer observer;
};

/* Fails the test on an error. The struct stays where it is until tt_applying_done. All of
 * partition's fences are 1. */
void tt_applying_begin(struct tt_applying *applying, const struct tt_store *store,
                       bool apply_by_arrival);
void tt_applying_done(struct tt_applying *applying);

/* Puts an entry behind those collected. */
void tt_applying_add(struct tt_applying *applying, const struct tt_event *event, unsigned partition,
                     int64_t id_ms, int64_t id_seq);
/* Applies what was collected, as one batch. */
enum tt_err tt_applying_try(struct tt_applying *applying, uint64_t *ret_rows);
/* The same; fails the test on an error. Gives the number of rows written. */
uint64_t tt_applying_run(struct tt_applying *applying);
/* One event as a batch of its own, in partition 3 at (id_ms, 0). */
uint64_t tt_apply_one(struct tt_applying *applying, const struct tt_event *event, int64_t id_ms);

#endif
