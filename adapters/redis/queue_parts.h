/* Inside of the queue: queue.c (life), queue_claim.c and queue_entries.c (reading),
 * queue_turns.c (holding), queue_wait.c and queue_poll.c, queue_tend.c. */
#ifndef TT_ADAPTERS_REDIS_QUEUE_PARTS_H
#define TT_ADAPTERS_REDIS_QUEUE_PARTS_H

#include "adapters/redis/conn.h"
#include "adapters/redis/keys.h"
#include "adapters/redis/queue.h"
#include "core/base/buf.h"

enum tt_redis_script {
    TT_SCRIPT_CLAIM,
    TT_SCRIPT_FINISH,
    TT_SCRIPT_GIVE_BACK,
    TT_SCRIPT_RENEW,
    TT_SCRIPT_TEND,
    TT_SCRIPT_READ,
    TT_SCRIPT_BEAT,
    TT_SCRIPT_BURY,
    TT_SCRIPT_TRIM,
    TT_SCRIPT_BACKLOG,
    TT_SCRIPT_ACKNOWLEDGE,
    TT_SCRIPT_HOLD,
    TT_SCRIPT_PARK,
    TT_SCRIPT_COUNT
};
extern const char *const tt_redis_scripts[TT_SCRIPT_COUNT];

enum { TT_STREAM_ID_BYTES = 48, TT_TOKEN_BYTES = 160 };

struct tt_redis_partition {
    bool asked;              /* in the pass in hand */
    bool ready;              /* there may be something to claim */
    bool full;               /* so much waits behind busy ids that no new entries are read */
    bool in_hand;            /* our token may hold something here */
    const redisReply *tasks; /* held, of the batch in hand; NULL: none known */
    size_t first, count;     /* its entries in the batch in hand */
    bool recovering;         /* without locking: what was left behind comes first */
    char cursor[TT_STREAM_ID_BYTES];  /* of recovering */
    char last_id[TT_STREAM_ID_BYTES]; /* the newest entry handed out to anybody, for waiting */
    char wake_id[TT_STREAM_ID_BYTES]; /* the newest call to look again */
};

struct tt_redis_queue {
    struct tt_redis redis;
    char prefix[TT_REDIS_PREFIX_BYTES_MAX + 1];
    char token[TT_TOKEN_BYTES]; /* of this connection: holder and consumer; "": none yet */
    unsigned partitions_wanted;
    const char *worker;
    int64_t lease_ms;
    bool locking;
    const struct tt_clock *clock;
    const struct tt_random *random;
    unsigned partition_count;
    struct tt_redis_partition *partitions;
    unsigned alive, rank;    /* workers alive, and how many of them stand before us */
    unsigned next_first;     /* partition to claim from first: each gets its turn */
    struct tt_mono look_due; /* when to look everywhere for what dead workers left */
    /* the batch in hand */
    redisReply **replies; /* of this claim; payloads borrow from them */
    size_t reply_count, reply_capacity;
    struct tt_queue_entry *entries;
    size_t entry_count, entry_capacity;
    bool *parked; /* of the entries: it waits behind a dead letter; looked at where some_parked */
    size_t parked_capacity;
    bool some_parked;
    uint64_t vanished; /* to be told with the next batch */
};

/* queue_turns.c */
/* Begins a call of a script of script_turns.h: its keys, the group and the token. `keys` is room
 * that lives as long as the command. */
void tt_redis_turn_script(const struct tt_redis_queue *queue, struct tt_redis_command *command,
                          tt_redis_turn_keys keys, enum tt_redis_script script, unsigned partition);
enum tt_err tt_redis_queue_heartbeat(void *context, unsigned *ret_alive, struct tt_fault *fault);
enum tt_err tt_redis_queue_renew(void *context, bool *ret_lost, struct tt_fault *fault);
enum tt_err tt_redis_queue_finish(void *context, bool *ret_lost, struct tt_fault *fault);
enum tt_err tt_redis_queue_give_back(void *context, struct tt_fault *fault);
/* queue_claim.c */
enum tt_err tt_redis_queue_claim(void *context, size_t max, int64_t fence_min,
                                 struct tt_queue_batch *ret_batch, struct tt_fault *fault);
/* queue_entries.c */
/* Adds a list of entries to the batch in hand. tries: of the first ones; others have 1. */
enum tt_err tt_redis_queue_add(struct tt_redis_queue *queue, unsigned partition,
                               const redisReply *list, const redisReply *tries, int64_t fence,
                               struct tt_fault *fault);
/* Takes the reply over, also in failure. Errors: NO_MEMORY. */
enum tt_err tt_redis_queue_keep(struct tt_redis_queue *queue, redisReply *reply,
                                struct tt_fault *fault);
void tt_redis_queue_forget_batch(struct tt_redis_queue *queue);
/* queue_wait.c */
enum tt_err tt_redis_queue_wait(void *context, int64_t wait_ms, struct tt_fault *fault);
/* Streams of an answer to XREAD have something. */
void tt_redis_queue_mark_ready(struct tt_redis_queue *queue, const redisReply *reply);
/* queue_poll.c: the same in a cluster. */
enum tt_err tt_redis_queue_poll(struct tt_redis_queue *queue, int64_t wait_ms,
                                struct tt_fault *fault);
/* queue_tend.c */
enum tt_err tt_redis_queue_acknowledge(struct tt_redis_queue *queue, struct tt_fault *fault);
enum tt_err tt_redis_queue_bury(void *context, const struct tt_queue_entry *entry,
                                const char *reason, const char *error, struct tt_fault *fault);
enum tt_err tt_redis_queue_park(void *context, const struct tt_queue_parking *parking,
                                struct tt_fault *fault);
/* Takes what is parked out of the batch in hand, so that it is not acknowledged. */
void tt_redis_queue_leave_parked(struct tt_redis_queue *queue);
enum tt_err tt_redis_queue_trim(void *context, struct tt_fault *fault);
enum tt_err tt_redis_queue_backlog(void *context, struct tt_queue_backlog *ret_backlog,
                                   struct tt_fault *fault);
/* Whether a partition is one of those that this worker takes care of first. */
bool tt_redis_queue_is_own(const struct tt_redis_queue *queue, unsigned partition);

/* "ms-seq" */
bool tt_redis_parse_id(struct tt_str text, int64_t *ret_ms, int64_t *ret_seq);
void tt_redis_format_id(char text[static TT_STREAM_ID_BYTES], int64_t ms, int64_t seq);

#endif
