/* The queue's own facts, in the hash prefix:meta: partitions and epoch, each set once. */
#ifndef TT_ADAPTERS_REDIS_META_H
#define TT_ADAPTERS_REDIS_META_H

#include "adapters/redis/conn.h"

/* Reads them; a new queue gets `partitions_wanted` (0: the default). Errors: INVALID when
 * partitions_wanted is set and the queue has another number, or what stands there is no number;
 * those of the connection. */
enum tt_err tt_redis_meta(struct tt_redis *redis, const char *prefix, unsigned partitions_wanted,
                          unsigned *ret_partitions, int64_t *ret_epoch,
                          struct tt_fault *fault) TT_MUST_CHECK;

#endif
