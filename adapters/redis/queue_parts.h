/* Inside of the queue: queue.c (life), queue_lease.c, queue_read.c, queue_tend.c. */
#ifndef TT_ADAPTERS_REDIS_QUEUE_PARTS_H
#define TT_ADAPTERS_REDIS_QUEUE_PARTS_H

#include "adapters/redis/conn.h"
#include "adapters/redis/keys.h"
#include "adapters/redis/queue.h"
#include "core/base/buf.h"

enum tt_redis_script {
    TT_SCRIPT_TAKE,
    TT_SCRIPT_RELEASE,
    TT_SCRIPT_READ,
    TT_SCRIPT_BEAT,
    TT_SCRIPT_BURY,
    TT_SCRIPT_TRIM,
    TT_SCRIPT_BACKLOG,
    TT_SCRIPT_ACKNOWLEDGE,
    TT_SCRIPT_COUNT
};
extern const char *const tt_redis_scripts[TT_SCRIPT_COUNT];

enum { TT_STREAM_ID_BYTES = 48 };

struct tt_redis_partition {
    bool held;
    bool asked;                       /* in the read in hand */
    bool ready;                       /* there may be something to read */
    bool recovering;                  /* what was read before and not acknowledged comes first */
    char cursor[TT_STREAM_ID_BYTES];  /* of recovering */
    char last_id[TT_STREAM_ID_BYTES]; /* the newest entry handed out, for waiting */
    struct tt_mono renew_due;
};

struct tt_redis_queue {
    struct tt_redis redis;
    char prefix[TT_REDIS_PREFIX_BYTES_MAX + 1];
    char token[33];
    unsigned partitions_wanted;
    const char *worker;
    int64_t lease_ms;
    bool locking;
    const struct tt_clock *clock;
    unsigned partition_count;
    struct tt_redis_partition *partitions;
    unsigned next_first;      /* partition to read first: each gets its turn */
    struct tt_mono claim_due; /* without locking: when to look for what dead workers left */
    /* the batch in hand */
    redisReply **replies; /* of this read; payloads borrow from them */
    size_t reply_count, reply_capacity;
    struct tt_queue_entry *entries;
    size_t entry_count, entry_capacity;
};

/* queue_lease.c */
enum tt_err tt_redis_queue_heartbeat(void *context, unsigned *ret_alive, struct tt_fault *fault);
enum tt_err tt_redis_queue_take(void *context, unsigned partition, int64_t fence_min,
                                struct tt_holding *ret_holding, bool *ret_taken,
                                struct tt_fault *fault);
enum tt_err tt_redis_queue_release(void *context, unsigned partition, struct tt_fault *fault);
/* queue_read.c */
enum tt_err tt_redis_queue_read(void *context, size_t max, struct tt_queue_batch *ret_batch,
                                unsigned *lost, size_t *ret_lost, struct tt_fault *fault);
enum tt_err tt_redis_queue_wait(void *context, int64_t wait_ms, struct tt_fault *fault);
void tt_redis_queue_forget_batch(struct tt_redis_queue *queue);
/* queue_tend.c */
enum tt_err tt_redis_queue_acknowledge(void *context, const struct tt_queue_entry *entries,
                                       size_t count, struct tt_fault *fault);
enum tt_err tt_redis_queue_bury(void *context, const struct tt_queue_entry *entry,
                                const char *reason, const char *error, struct tt_fault *fault);
enum tt_err tt_redis_queue_trim(void *context, struct tt_fault *fault);
enum tt_err tt_redis_queue_backlog(void *context, struct tt_queue_backlog *ret_backlog,
                                   struct tt_fault *fault);

/* "ms-seq" */
bool tt_redis_parse_id(struct tt_str text, int64_t *ret_ms, int64_t *ret_seq);
void tt_redis_format_id(char text[static TT_STREAM_ID_BYTES], int64_t ms, int64_t seq);

#endif
