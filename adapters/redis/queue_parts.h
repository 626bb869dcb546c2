/* Inside of the queue: queue.c (life), queue_claim.c, queue_ahead.c and queue_entries.c (reading),
 * queue_peek.c, queue_turns.c and queue_finish.c (holding), queue_wait.c and queue_poll.c,
 * queue_tend.c. */
#ifndef TT_ADAPTERS_REDIS_QUEUE_PARTS_H
#define TT_ADAPTERS_REDIS_QUEUE_PARTS_H

#include "adapters/redis/conn.h"
#include "adapters/redis/keys.h"
#include "adapters/redis/queue.h"
#include "core/base/buf.h"
#include "core/base/mem.h"
#include <limits.h>

enum tt_redis_script {
    TT_SCRIPT_CLAIM,
    TT_SCRIPT_FINISH,
    TT_SCRIPT_GIVE_BACK,
    TT_SCRIPT_RENEW,
    TT_SCRIPT_TEND,
    TT_SCRIPT_RECOVER,
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

enum { TT_STREAM_ID_BYTES = 48, TT_TOKEN_BYTES = 160, TT_REDIS_SEEN_MAX = 16 };

struct tt_redis_partition {
    bool asked;             /* for the batch that is being put together */
    bool ready;             /* there may be something to claim */
    bool maybe;             /* something new, that is, and nobody has looked yet */
    const redisReply *seen; /* what the last wait found new, all there was; NULL: look */
    bool deep;              /* the last claim brought much, and more is there */
    bool full;              /* so much waits behind busy ids that no new entries are read */
    bool stale;             /* what we offered was not the newest */
    size_t order;           /* in its pass */
    bool unsure;            /* a finish was sent, and may have come to nothing */
    bool untold;            /* a finish was sent, and did not say yet whether something waits */
    size_t awaited;         /* answers to what was said to all partitions; */
    bool forgotten;         /* one was that the script is not known */
    bool in_hand;           /* our token may hold something here, */
    unsigned hand;          /* in this hand: */
    size_t first, count;    /* its entries, */
    size_t first_task, task_count;    /* tasks held, */
    size_t first_offer, offer_count;  /* and offers */
    bool recovering;                  /* without locking: what was left behind comes first */
    char cursor[TT_STREAM_ID_BYTES];  /* of recovering */
    char last_id[TT_STREAM_ID_BYTES]; /* the newest entry handed out to anybody, for waiting */
    char wake_id[TT_STREAM_ID_BYTES]; /* the newest call to look again */
};

/* A new entry that we have seen and would like to have. */
struct tt_redis_offer {
    struct tt_queue_entry entry;
    struct tt_str id, key; /* key: of its turn; empty: in doubt */
};

/* What one claim brought. */
struct tt_redis_hand {
    redisReply **replies; /* texts borrow from them, */
    size_t reply_count, reply_capacity;
    struct tt_arena keys; /* or from here */
    struct tt_queue_entry *entries;
    size_t entry_count, entry_capacity;
    struct tt_str *tasks; /* held, those of a partition together; some may be there twice */
    size_t task_count, task_capacity;
    struct tt_redis_offer *offers;
    size_t offer_count, offer_capacity;
};

/* What was sent and not answered yet; answers come in this order. */
enum { TT_REDIS_AHEAD = 8 };
enum tt_redis_peek { TT_PEEK_NONE, TT_PEEK_LATER, TT_PEEK_SENT };
struct tt_redis_ahead {
    size_t finishes;         /* parts of finishing earlier batches */
    enum tt_redis_peek peek; /* LATER: when somebody says to carry on. While SENT no looks */
    size_t max;              /* entries */
    unsigned partitions[TT_REDIS_AHEAD];
    size_t looks;   /* of these partitions, for the other hand; they are offered next, */
    size_t looked;  /* so many of their answers have been taken, */
    size_t offered; /* and, when all have, so many partitions' offers have left */
    int64_t floor;  /* with fences above this */
    size_t claims;  /* of these partitions, for the other hand; not while there are looks */
    size_t each;    /* entries asked of each */
    size_t finishes_after;
    bool lost; /* a finish came after the end of its lease; to be told */
};

struct tt_redis_queue {
    struct tt_redis redis;
    char prefix[TT_REDIS_PREFIX_BYTES_MAX + 1];
    char token[TT_TOKEN_BYTES]; /* of this connection: holder and consumer; "": none yet */
    uint64_t moves;             /* of the cluster, when we connected or told of one */
    unsigned partitions_wanted;
    const char *worker;
    int64_t lease_ms;
    bool locking;
    const struct tt_clock *clock;
    const struct tt_random *random;
    unsigned partition_count;
    unsigned trim_next; /* partition that trim goes on with */
    struct tt_redis_partition *partitions;
    unsigned alive, rank;          /* workers alive, and how many of them stand before us */
    unsigned next_first;           /* partition to claim from first: each gets its turn */
    struct tt_mono look_due;       /* when to look everywhere for what dead workers left */
    struct tt_redis_hand hands[2]; /* the batch in hand, and the one that was asked for ahead */
    unsigned now;                  /* the one in hand */
    struct tt_redis_ahead ahead;
    size_t batch_max;           /* of the last claim */
    struct tt_redis_wait *wait; /* the words of waiting; NULL: none yet */
    size_t seen_max;            /* so many of each partition the last wait asked for */
    redisReply *waited;         /* what is `seen` borrows from it, until the next claim has it */
    bool *parked; /* of the batch in hand: it waits behind a dead letter; looked at where
                     some_parked */
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
/* Says something to a partition, in calls of which each is answered by a number; *sent: how many,
 * more. To say all of them again where the first ones were heard is harmless, unless the last one
 * was, too. */
typedef enum tt_err tt_redis_queue_send(struct tt_redis_queue *queue, unsigned partition,
                                        size_t *sent, struct tt_fault *fault);
/* What they answered. */
struct tt_redis_numbers {
    int64_t least, sum; /* the least of them and of 0 */
    bool forgotten;     /* the server did not know the script in at least one call */
    bool all;           /* given: partitions whose slot is on the move must hear it, too */
};
/* Says it to each partition that has something in hand, and receives the answers; says it again to
 * those of which the server forgot the script in between. On error the connection is closed. */
enum tt_err tt_redis_queue_tell_all(struct tt_redis_queue *queue, tt_redis_queue_send *send,
                                    struct tt_redis_numbers *numbers, struct tt_fault *fault);
/* Its parts; answers are added to *numbers. say_again: where they were `forgotten`. */
enum tt_err tt_redis_queue_say(struct tt_redis_queue *queue, tt_redis_queue_send *send,
                               struct tt_fault *fault);
enum tt_err tt_redis_queue_numbers(struct tt_redis_queue *queue, struct tt_redis_numbers *numbers,
                                   struct tt_fault *fault);
enum tt_err tt_redis_queue_say_again(struct tt_redis_queue *queue, tt_redis_queue_send *send,
                                     struct tt_redis_numbers *numbers, struct tt_fault *fault);
/* Claims that are sent from now on find the partition free. `waits`: something may wait there
 * behind what we had. Where it does not, what may be there is new, and a wait tells of it, too. */
void tt_redis_queue_release(struct tt_redis_partition *p, bool waits);
/* queue_finish.c */
enum tt_err tt_redis_queue_finish(void *context, bool *ret_lost, struct tt_fault *fault);
enum tt_err tt_redis_queue_finish_and_wait(void *context, int64_t wait_ms, bool *ret_lost,
                                           struct tt_fault *fault);
enum tt_err tt_redis_queue_give_back(void *context, struct tt_fault *fault);
/* queue_claim.c */
enum tt_err tt_redis_queue_claim(void *context, size_t max, int64_t fence_min,
                                 struct tt_queue_batch *ret_batch, struct tt_fault *fault);
/* Notes that these partitions are asked, for that hand. */
void tt_redis_queue_set_out(struct tt_redis_queue *queue, const unsigned *partitions, size_t count,
                            unsigned hand);
/* Sends a claim to each of the partitions, for that hand; first looks what is new there, and with
 * that receives what was not answered yet. */
enum tt_err tt_redis_queue_ask(struct tt_redis_queue *queue, const unsigned *partitions,
                               size_t count, size_t each, int64_t floor, unsigned hand,
                               struct tt_fault *fault);
/* Receives the answer of the next of them. *ret_forgotten is set where the server did not know the
 * script. */
enum tt_err tt_redis_queue_answer(struct tt_redis_queue *queue, unsigned partition, size_t each,
                                  bool *ret_forgotten, struct tt_fault *fault);
/* Up to `limit` partitions that have something, or (maybe) may have, own ones or the others; each
 * stands first in its turn. Two suffice where there is enough in both. Returns how many. */
size_t tt_redis_queue_choose(struct tt_redis_queue *queue, bool own, bool maybe, size_t limit,
                             unsigned *list);
void tt_redis_queue_ask_anew(struct tt_redis_queue *queue); /* no partition was asked yet */
/* A server that took over may have lost numbers that were given: what it gives counts only where
 * numbers were reserved after it was first asked. True, once, when another one was asked. */
bool tt_redis_queue_has_moved(struct tt_redis_queue *queue);
/* queue_offers.c: the same with locking */
enum tt_err tt_redis_queue_look(struct tt_redis_queue *queue, const unsigned *partitions,
                                size_t count, size_t each, struct tt_fault *fault);
/* Its two halves. */
enum tt_err tt_redis_queue_send_looks(struct tt_redis_queue *queue, const unsigned *partitions,
                                      size_t count, size_t each, struct tt_fault *fault);
enum tt_err tt_redis_queue_take_looks(struct tt_redis_queue *queue, const unsigned *partitions,
                                      size_t count, struct tt_fault *fault);
/* What a wait or a peek found is the answer. */
enum tt_err tt_redis_queue_take_seen(struct tt_redis_queue *queue, unsigned partition,
                                     struct tt_fault *fault);
/* One answer to a look; takes the reply. */
enum tt_err tt_redis_queue_take_look(struct tt_redis_queue *queue, unsigned partition,
                                     redisReply *reply, struct tt_fault *fault);
enum tt_err tt_redis_queue_offer(struct tt_redis_queue *queue, unsigned partition, size_t each,
                                 int64_t floor, struct tt_fault *fault);
enum tt_err tt_redis_queue_take(struct tt_redis_queue *queue, unsigned partition, size_t each,
                                bool *ret_forgotten, struct tt_fault *fault);
/* queue_ahead.c */
enum tt_err tt_redis_queue_prefetch(void *context, size_t max, int64_t fence_min, bool *ret_asked,
                                    struct tt_fault *fault);
enum tt_err tt_redis_queue_carry_on(void *context, bool wait, bool *ret_asked,
                                    struct tt_fault *fault);
/* Offers what was looked for ahead; before anything else is sent whose answer comes in the row. */
enum tt_err tt_redis_queue_go_on(struct tt_redis_queue *queue, bool wait, struct tt_fault *fault);
/* Looks, for the other hand, at those of ahead.partitions. */
enum tt_err tt_redis_queue_look_ahead(struct tt_redis_queue *queue, size_t count,
                                      struct tt_fault *fault);
/* The answers to finishes of earlier batches. */
enum tt_err tt_redis_queue_take_finishes(struct tt_redis_queue *queue, struct tt_fault *fault);
/* The next of them. Takes the reply. */
enum tt_err tt_redis_queue_take_finish(struct tt_redis_queue *queue, redisReply *reply,
                                       struct tt_fault *fault);
/* What was only looked at is not offered any more. */
enum tt_err tt_redis_queue_drop_looks(struct tt_redis_queue *queue, struct tt_fault *fault);
/* Receives what was asked for ahead, but no finish that was sent behind it. */
enum tt_err tt_redis_queue_collect(struct tt_redis_queue *queue, struct tt_fault *fault);
/* Receives all answers: only then may something be called that waits for its own. */
enum tt_err tt_redis_queue_settle(struct tt_redis_queue *queue, struct tt_fault *fault);
bool tt_redis_queue_is_ahead(const struct tt_redis_queue *queue); /* something was asked for */
/* Notes that `parts` of a finish were sent, and sees that they are on their way. Only where nothing
 * was asked for ahead it waits for the answers. */
enum tt_err tt_redis_queue_defer(struct tt_redis_queue *queue, size_t parts,
                                 struct tt_fault *fault);
/* queue_peek.c */
/* A partition of ours that nothing is in hand of, and that may be read. */
bool tt_redis_queue_may_peek(const struct tt_redis_queue *queue, unsigned partition);
/* In a batch of all there was the next one is asked for when the store has most of it: what came
 * until then is seen at once in all partitions. */
enum tt_err tt_redis_queue_peek(struct tt_redis_queue *queue, struct tt_fault *fault);
/* Without `wait` it may be SENT still. What it saw is looked for ahead. */
enum tt_err tt_redis_queue_take_peek(struct tt_redis_queue *queue, bool wait,
                                     struct tt_fault *fault);
enum tt_err tt_redis_queue_drop_peek(struct tt_redis_queue *queue, struct tt_fault *fault);
/* queue_entries.c */
/* Adds a list of entries to the partition's hand. tries: of the first ones; others have 1. */
enum tt_err tt_redis_queue_add(struct tt_redis_queue *queue, unsigned partition,
                               const redisReply *list, const redisReply *tries, int64_t fence,
                               struct tt_fault *fault);
/* Reads one entry of a reply. */
enum tt_err tt_redis_queue_read(const redisReply *reply, unsigned partition,
                                struct tt_queue_entry *ret_entry, struct tt_fault *fault);
/* What had waited comes task by task; a batch is oldest first. */
void tt_redis_queue_sort(struct tt_redis_queue *queue, unsigned partition);
int tt_redis_queue_by_id(const void *a, const void *b); /* for qsort, of one partition */
/* As tt_redis_refused, and says where a key holds something else: in this partition, or in one of
 * them. */
#define TT_ANY_PARTITION UINT_MAX
enum tt_err tt_redis_queue_refused(const struct tt_redis_queue *queue, unsigned partition,
                                   const redisReply *reply, struct tt_fault *fault) TT_MUST_CHECK;
enum tt_err tt_redis_queue_strange(unsigned partition, struct tt_fault *fault);
/* Takes the reply over, also in failure. Errors: NO_MEMORY. */
enum tt_err tt_redis_queue_keep(struct tt_redis_hand *hand, redisReply *reply,
                                struct tt_fault *fault);
void tt_redis_queue_forget(struct tt_redis_queue *queue, unsigned hand);
/* queue_wait.c */
/* Whether waiting has no sense: a partition may be claimed from. */
bool tt_redis_queue_any_ready(const struct tt_redis_queue *queue);
enum tt_err tt_redis_queue_wait(void *context, int64_t wait_ms, struct tt_fault *fault);
/* Its two halves, without a cluster; finishing: the calls of what is in hand count in any case.
 * take_wait takes the reply over. */
enum tt_err tt_redis_queue_send_wait(struct tt_redis_queue *queue, int64_t wait_ms, bool finishing,
                                     struct tt_fault *fault);
void tt_redis_queue_take_wait(struct tt_redis_queue *queue, redisReply *reply);
/* The same that does not wait, of those that may be peeked at: there must be one. */
enum tt_err tt_redis_queue_send_peek(struct tt_redis_queue *queue, struct tt_fault *fault);
/* Streams of an answer to XREAD have something; max: it asked for so many of each, and stays until
 * nothing is `seen` any more; 0: it does not. */
void tt_redis_queue_mark_ready(struct tt_redis_queue *queue, const redisReply *reply, size_t max);
void tt_redis_queue_drop_seen(struct tt_redis_queue *queue);
void tt_redis_queue_free_wait(struct tt_redis_queue *queue);
/* queue_poll.c: the same in a cluster. */
enum tt_err tt_redis_queue_poll(struct tt_redis_queue *queue, int64_t wait_ms,
                                struct tt_fault *fault);
/* queue_tend.c */
/* Sends the acknowledgements of the batch in hand; *ret_sent: how many answers will come. */
enum tt_err tt_redis_queue_acknowledge(struct tt_redis_queue *queue, size_t *ret_sent,
                                       struct tt_fault *fault);
enum tt_err tt_redis_queue_bury(void *context, const struct tt_queue_entry *entry,
                                const char *reason, const char *error, struct tt_fault *fault);
enum tt_err tt_redis_queue_park(void *context, const struct tt_queue_parking *parking,
                                struct tt_fault *fault);
/* Takes what is parked out of the batch in hand, so that it is not acknowledged. */
void tt_redis_queue_leave_parked(struct tt_redis_queue *queue);
enum tt_err tt_redis_queue_trim(void *context, unsigned count, struct tt_fault *fault);
enum tt_err tt_redis_queue_backlog(void *context, struct tt_queue_backlog *ret_backlog,
                                   struct tt_fault *fault);
/* Whether a partition is one of those that this worker takes care of first. */
bool tt_redis_queue_is_own(const struct tt_redis_queue *queue, unsigned partition);

/* "ms-seq" */
bool tt_redis_parse_id(struct tt_str text, int64_t *ret_ms, int64_t *ret_seq);
void tt_redis_format_id(char text[static TT_STREAM_ID_BYTES], int64_t ms, int64_t seq);

#endif
