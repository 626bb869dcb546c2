/* The queue port on Redis streams. Threads: one per queue. The process must ignore SIGPIPE: a lost
 * connection is an error here, not a signal. */
#ifndef TT_ADAPTERS_REDIS_QUEUE_H
#define TT_ADAPTERS_REDIS_QUEUE_H

#include "core/port/clock.h"
#include "core/port/queue.h"
#include "core/port/random.h"

struct tt_redis_queue_options {
    const char *url;
    const char *password; /* borrowed; NULL: none */
    const char *prefix;
    unsigned partitions; /* of a new queue; 0: the default */
    const char *worker;  /* consumer name; borrowed */
    int64_t lease_ms;
    bool locking;
    const struct tt_clock *clock;
    const struct tt_random *random;
};

/* Errors: INVALID, UNSUPPORTED (the options), NO_MEMORY. Connects with tt_queue.connect. */
enum tt_err tt_redis_queue_create(const struct tt_redis_queue_options *options,
                                  struct tt_queue *ret_queue, struct tt_fault *fault) TT_MUST_CHECK;
void tt_redis_queue_destroy(struct tt_queue *queue);

/* One task id, held without claiming entries of it (queue_hold.c). */
struct tt_redis_hold {
    unsigned partition;
    int64_t fence; /* 0: somebody else holds the id */
    char key[256]; /* what it is held under */
    size_t key_len;
};

/* Holds the id if nobody does, for one lease; its fence is above fence_min. One id at a time, on a
 * queue that is connected and claims nothing. Errors: those of the connection; FENCED: reserve new
 * fences, and ask again. */
enum tt_err tt_redis_queue_hold(struct tt_queue *queue, struct tt_str tenant, struct tt_str task_id,
                                int64_t fence_min, struct tt_redis_hold *ret_hold,
                                struct tt_fault *fault) TT_MUST_CHECK;
/* Lets it go; what waits behind it goes on. Nothing happens when the lease has ended. */
enum tt_err tt_redis_queue_let_go(struct tt_queue *queue, const struct tt_redis_hold *hold,
                                  struct tt_fault *fault) TT_MUST_CHECK;

#endif
