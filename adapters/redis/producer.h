/* Putting events on the queue, in pipelined batches.
 *
 * At least once: an XADD whose reply was lost is sent again, and may then stand on the stream
 * twice; the checker and the applier find such a pair by its event_id (or content). Within a batch
 * the order of adding is kept, but that what the server refuses (it is full, and a moment later is
 * not) is sent again behind the rest. Threads: one. Memory: bounded by the caller, who flushes.
 */
#ifndef TT_ADAPTERS_REDIS_PRODUCER_H
#define TT_ADAPTERS_REDIS_PRODUCER_H

#include "core/base/err.h"
#include "core/base/str.h"

struct tt_redis_producer;

struct tt_redis_producer_options {
    const char *url;
    const char *password; /* borrowed; NULL: none */
    const char *prefix;
    unsigned partitions; /* of a new queue; 0: the default */
};

/* Errors: INVALID, UNSUPPORTED (the URL), NO_MEMORY. Does not connect yet. Returns owned. */
enum tt_err tt_redis_producer_create(const struct tt_redis_producer_options *options,
                                     struct tt_redis_producer **ret_producer,
                                     struct tt_fault *fault) TT_MUST_CHECK;
void tt_redis_producer_destroy(struct tt_redis_producer *producer);

/* (Re)connects; what was added and not confirmed stays to be sent. Errors: UNAVAILABLE, DENIED,
 * INVALID. */
enum tt_err tt_redis_producer_connect(struct tt_redis_producer *producer,
                                      struct tt_fault *fault) TT_MUST_CHECK;
/* Adds an event, as JSON, for a task. Only after the first connect: it says how many partitions
 * there are. */
enum tt_err tt_redis_producer_add(struct tt_redis_producer *producer, struct tt_str tenant,
                                  struct tt_str task_id, struct tt_str json,
                                  struct tt_fault *fault) TT_MUST_CHECK;
size_t tt_redis_producer_waiting(const struct tt_redis_producer *producer);
/* Sends what waits and takes the replies. After an error exactly the unconfirmed ones still wait:
 * connect (when the error is UNAVAILABLE) and flush again. Errors: UNAVAILABLE, NO_SPACE, BUSY (all
 * to be tried again), DENIED, IO. */
enum tt_err tt_redis_producer_flush(struct tt_redis_producer *producer,
                                    struct tt_fault *fault) TT_MUST_CHECK;
uint64_t tt_redis_producer_confirmed(const struct tt_redis_producer *producer);

#endif
