/* The entries of a batch, decoded: events in the order of the batch, and what is none. Threads:
 * one. Memory: events borrow from the batch, or live in the decoding until its next batch. */
#ifndef TT_ENGINE_DECODING_H
#define TT_ENGINE_DECODING_H

#include "core/model/decoder.h"
#include "core/model/tenants.h"
#include "core/port/queue.h"
#include "core/port/store_batch.h"

/* An entry of the batch that can never be applied, and why. */
struct tt_poison {
    size_t entry;     /* index in the batch */
    const char *kind; /* "undecodable"; "unstorable": the store can never take it */
    char reason[TT_FAULT_TEXT_BYTES];
    /* Its task waits behind it: the later entries of the batch and of the task are not applied.
     * task_id absent: it does not. */
    struct tt_str tenant, task_id;
    const struct tt_queue_entry **behind;
    size_t behind_count;
};

/* What to do about tasks that have a dead letter, and about types and tasks that are not wanted. */
struct tt_decoding_rules {
    const struct tt_tenants *tenants; /* NULL: none says, all are wanted */
    bool park;                        /* where a tenant does not say */
    bool can_park;                    /* else nothing is ever parked */
};

struct tt_decoding {
    struct tt_decoder *decoder;
    int json_depth_max;
    struct tt_arena texts; /* what does not stand in the entries as it is */
    struct tt_store_entry *entries;
    size_t *origins; /* of each entry: its index in the batch */
    size_t count, entry_capacity, origin_capacity;
    struct tt_poison *poison;
    size_t poison_count, poison_capacity;
    size_t parked;     /* of the poison, those whose task waits */
    uint64_t excluded; /* entries of the batch that their tenant does not want audited */
    struct tt_decoding_rules rules;
    const struct tt_queue_batch *batch;
    const struct tt_queue_entry *in_hand;
};

enum tt_err tt_decoding_init(struct tt_decoding *decoding, int json_depth_max,
                             struct tt_fault *fault) TT_MUST_CHECK;
void tt_decoding_done(struct tt_decoding *decoding);

/* Decodes a batch; what was there of the last one goes. What a tenant does not want is left out and
 * counted. Errors: NO_MEMORY. */
enum tt_err tt_decoding_run(struct tt_decoding *decoding, const struct tt_queue_batch *batch,
                            const struct tt_decoding_rules *rules, int64_t epoch) TT_MUST_CHECK;
/* Sets a decoded entry aside that the store can never take. Errors: NO_MEMORY. */
enum tt_err tt_decoding_unstorable(struct tt_decoding *decoding, size_t index,
                                   const char *reason) TT_MUST_CHECK;
/* Of entries `first` on, so many as `count` says: those of parked tasks are taken out and stand
 * behind their letters. The others move up; *ret_left says how many they are. Errors: NO_MEMORY. */
enum tt_err tt_decoding_hold_back(struct tt_decoding *decoding, size_t first, size_t count,
                                  size_t *ret_left) TT_MUST_CHECK;

#endif
