/* Asking ahead: the claim of the next batch is on its way while the one in hand is applied, so that
 * Redis and the store work at the same time. Decision 6 (docs/decisions) says why order holds.
 *
 * With locking it takes two steps: what is new is looked for, and then offered. The look is on its
 * way while the store reads; its answer is read piece by piece while the store writes, and when all
 * of it is there the offers leave, one partition's after the other's, when somebody says so (carry
 * on), or needs the connection. Nobody waits for Redis then but for what it has not sent yet.
 * Giving back makes no offers: what was only looked at is nobody's.
 *
 * What is sent stands in one row, and so do the answers: finishes of earlier batches, then the
 * looks, then the claims, then the finish of the batch in hand. Whoever needs an answer of its own
 * settles first.
 *
 * Failure modes: the connection breaks: what was claimed or not finished in it is given back after
 * the next connect, or when the lease ends. The server forgot the scripts: claims are made again
 * the next time round; a finish cannot be, its batch is forgotten, so the connection is given up
 * and the entries come again, to be found in the store. */
#include "adapters/redis/queue_parts.h"

/* Of 16 KB each: what the one who carries on gives away is bounded. */
enum { READS_AT_ONCE = 6 };

static bool owes_finishes(const struct tt_redis_ahead *ahead)
{
    return ahead->finishes > 0 || ahead->finishes_after > 0;
}

/* Where any says that something waits, or that nothing was done, all are looked at. */
enum tt_err tt_redis_queue_take_finish(struct tt_redis_queue *queue, redisReply *reply,
                                       struct tt_fault *fault)
{
    enum tt_err err = tt_redis_is_noscript(reply)
                          ? tt_fault_set(fault, TT_ERR_UNAVAILABLE, "redis: forgot the scripts")
                          : tt_redis_queue_refused(queue, TT_ANY_PARTITION, reply, fault);
    bool waits = reply->type != REDIS_REPLY_INTEGER || reply->integer != 0;
    queue->ahead.lost =
        queue->ahead.lost || (reply->type == REDIS_REPLY_INTEGER && reply->integer < 0);
    freeReplyObject(reply);
    queue->ahead.finishes--;
    bool last = !owes_finishes(&queue->ahead);
    for (unsigned i = 0; (waits || last) && i < queue->partition_count; i++) {
        struct tt_redis_partition *p = &queue->partitions[i];
        p->ready = p->ready || (waits && p->untold);
        p->untold = p->untold && !last;
    }
    return err;
}

enum tt_err tt_redis_queue_take_finishes(struct tt_redis_queue *queue, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    while (queue->ahead.finishes > 0 && err == TT_OK) {
        redisReply *reply = NULL;
        err = tt_redis_receive(&queue->redis, &reply, fault);
        if (err == TT_OK)
            err = tt_redis_queue_take_finish(queue, reply, fault);
    }
    return err;
}

enum tt_err tt_redis_queue_look_ahead(struct tt_redis_queue *queue, size_t count,
                                      struct tt_fault *fault)
{
    struct tt_redis_ahead *ahead = &queue->ahead;
    ahead->each = ahead->max / count;
    tt_redis_queue_set_out(queue, ahead->partitions, count, !queue->now);
    enum tt_err err =
        tt_redis_queue_send_looks(queue, ahead->partitions, count, ahead->each, fault);
    ahead->looks = count;
    ahead->looked = ahead->offered = 0;
    return err == TT_OK ? tt_redis_flush(&queue->redis, fault) : err;
}

/* Without locking. */
static enum tt_err ask_ahead(struct tt_redis_queue *queue, size_t count, struct tt_fault *fault)
{
    struct tt_redis_ahead *ahead = &queue->ahead;
    ahead->each = ahead->max / count;
    enum tt_err err = tt_redis_queue_ask(queue, ahead->partitions, count, ahead->each, ahead->floor,
                                         !queue->now, fault);
    ahead->claims = count;
    return err == TT_OK ? tt_redis_flush(&queue->redis, fault) : err;
}

/* Where it is not known that there is something, there is nothing to ask for yet: what comes while
 * the batch is applied is peeked at in the course of it. */
static bool is_to_be_peeked_at(const struct tt_redis_queue *queue)
{
    bool peek = queue->locking && queue->redis.cluster == NULL, any = false;
    for (unsigned i = 0; i < queue->partition_count && peek; i++) {
        const struct tt_redis_partition *p = &queue->partitions[i];
        peek = !p->ready || p->in_hand || !tt_redis_queue_is_own(queue, i);
        any = any || tt_redis_queue_may_peek(queue, i);
    }
    return peek && any;
}

enum tt_err tt_redis_queue_prefetch(void *context, size_t max, int64_t fence_min, bool *ret_asked,
                                    struct tt_fault *fault)
{
    struct tt_redis_queue *queue = context;
    struct tt_redis_ahead *ahead = &queue->ahead;
    size_t limit = max < TT_REDIS_AHEAD ? max : TT_REDIS_AHEAD;
    *ret_asked = tt_redis_queue_is_ahead(queue);
    if (*ret_asked || ahead->peek == TT_PEEK_SENT) /* not twice */
        return TT_OK;
    tt_redis_queue_drop_seen(queue);
    tt_redis_queue_ask_anew(queue);
    ahead->max = max;
    ahead->floor = fence_min;
    ahead->peek = is_to_be_peeked_at(queue) ? TT_PEEK_LATER : TT_PEEK_NONE;
    if (ahead->peek == TT_PEEK_LATER)
        return TT_OK;
    size_t claims = tt_redis_queue_choose(queue, true, true, limit, ahead->partitions);
    if (claims == 0)
        return TT_OK;
    enum tt_err err = queue->locking ? tt_redis_queue_look_ahead(queue, claims, fault)
                                     : ask_ahead(queue, claims, fault);
    *ret_asked = err == TT_OK;
    if (err != TT_OK)
        tt_redis_disconnect(&queue->redis);
    return err;
}

static enum tt_err receive_looks(struct tt_redis_queue *queue, struct tt_fault *fault)
{
    struct tt_redis_ahead *ahead = &queue->ahead;
    size_t looked = ahead->looked;
    enum tt_err err = tt_redis_queue_take_finishes(queue, fault);
    ahead->looked = ahead->looks;
    return err == TT_OK ? tt_redis_queue_take_looks(queue, ahead->partitions + looked,
                                                    ahead->looks - looked, fault)
                        : err;
}

/* Those that have come; the rest another time. */
static enum tt_err take_what_came(struct tt_redis_queue *queue, struct tt_fault *fault)
{
    struct tt_redis_ahead *ahead = &queue->ahead;
    size_t reads = READS_AT_ONCE;
    enum tt_err err = TT_OK;
    while (err == TT_OK && ahead->looked < ahead->looks) {
        redisReply *reply = NULL;
        unsigned partition = ahead->partitions[ahead->looked];
        err = tt_redis_receive_now(&queue->redis, &reads, &reply, fault);
        if (err != TT_OK || reply == NULL)
            return err;
        if (ahead->finishes > 0) {
            err = tt_redis_queue_take_finish(queue, reply, fault);
        } else {
            ahead->looked++;
            err = tt_redis_queue_take_look(queue, partition, reply, fault);
        }
    }
    return err;
}

/* Those of a partition leave together, where there is room for them: the server reads on only when
 * it has done what it has read. */
static enum tt_err offer_ahead(struct tt_redis_queue *queue, bool wait, struct tt_fault *fault)
{
    struct tt_redis_ahead *ahead = &queue->ahead;
    enum tt_err err = TT_OK;
    while (err == TT_OK && ahead->offered < ahead->looks &&
           (wait || tt_redis_has_room(&queue->redis))) {
        err = tt_redis_queue_offer(queue, ahead->partitions[ahead->offered++], ahead->each,
                                   ahead->floor, fault);
        if (err == TT_OK)
            err = tt_redis_flush(&queue->redis, fault);
    }
    return err;
}

/* What was offered are claims now, whose answers come next. */
static void end_looks(struct tt_redis_ahead *ahead)
{
    ahead->claims = ahead->offered;
    ahead->looks = ahead->looked = ahead->offered = 0;
}

enum tt_err tt_redis_queue_go_on(struct tt_redis_queue *queue, bool wait, struct tt_fault *fault)
{
    struct tt_redis_ahead *ahead = &queue->ahead;
    enum tt_err err =
        ahead->peek == TT_PEEK_SENT ? tt_redis_queue_take_peek(queue, wait, fault) : TT_OK;
    if (err == TT_OK && ahead->looks == 0)
        return TT_OK;
    if (err == TT_OK)
        err = wait ? receive_looks(queue, fault) : take_what_came(queue, fault);
    if (err == TT_OK && ahead->looked == ahead->looks)
        err = offer_ahead(queue, wait, fault);
    if (err != TT_OK)
        tt_redis_disconnect(&queue->redis); /* replies may be half read */
    if (err != TT_OK || ahead->offered == ahead->looks)
        end_looks(ahead);
    return err;
}

enum tt_err tt_redis_queue_carry_on(void *context, bool wait, bool *ret_asked,
                                    struct tt_fault *fault)
{
    struct tt_redis_queue *queue = context;
    enum tt_err err =
        queue->ahead.peek == TT_PEEK_LATER ? tt_redis_queue_peek(queue, fault) : TT_OK;
    if (err == TT_OK)
        err = tt_redis_queue_go_on(queue, wait, fault);
    *ret_asked = err == TT_OK && tt_redis_queue_is_ahead(queue);
    return err;
}

enum tt_err tt_redis_queue_drop_looks(struct tt_redis_queue *queue, struct tt_fault *fault)
{
    struct tt_redis_ahead *ahead = &queue->ahead;
    tt_redis_queue_drop_seen(queue);
    enum tt_err err = tt_redis_queue_drop_peek(queue, fault);
    if (err == TT_OK && ahead->looks == 0)
        return TT_OK;
    if (err == TT_OK)
        err = tt_redis_queue_take_finishes(queue, fault);
    for (size_t i = ahead->looked; i < ahead->looks && err == TT_OK; i++) {
        redisReply *reply = NULL;
        err = tt_redis_receive(&queue->redis, &reply, fault);
        if (reply != NULL)
            freeReplyObject(reply);
    }
    for (size_t i = ahead->offered; i < ahead->looks; i++)
        queue->partitions[ahead->partitions[i]].in_hand = false;
    end_looks(ahead);
    if (err != TT_OK)
        tt_redis_disconnect(&queue->redis); /* replies may be half read */
    return err;
}

enum tt_err tt_redis_queue_collect(struct tt_redis_queue *queue, struct tt_fault *fault)
{
    struct tt_redis_ahead *ahead = &queue->ahead;
    bool forgotten = false;
    enum tt_err err = tt_redis_queue_go_on(queue, true, fault);
    if (err != TT_OK)
        return err;
    size_t claims = ahead->claims;
    err = tt_redis_queue_take_finishes(queue, fault);
    for (size_t i = 0; i < claims && err == TT_OK; i++)
        err = tt_redis_queue_answer(queue, ahead->partitions[i], ahead->each, &forgotten, fault);
    ahead->claims = 0;
    ahead->finishes = ahead->finishes_after;
    ahead->finishes_after = 0;
    if (err == TT_OK && forgotten) {
        err = tt_redis_queue_take_finishes(queue, fault);
        if (err == TT_OK)
            err = tt_redis_load_scripts(&queue->redis, fault);
    }
    if (err != TT_OK)
        tt_redis_disconnect(&queue->redis); /* replies may be half read */
    return err;
}

enum tt_err tt_redis_queue_settle(struct tt_redis_queue *queue, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    const struct tt_redis_ahead *ahead = &queue->ahead;
    while (err == TT_OK && (owes_finishes(ahead) || ahead->looks > 0 || ahead->claims > 0 ||
                            ahead->peek == TT_PEEK_SENT))
        err = tt_redis_queue_collect(queue, fault);
    return err;
}

bool tt_redis_queue_is_ahead(const struct tt_redis_queue *queue)
{
    return queue->ahead.looks > 0 || queue->ahead.claims > 0 ||
           queue->hands[!queue->now].reply_count > 0;
}

enum tt_err tt_redis_queue_defer(struct tt_redis_queue *queue, size_t parts, struct tt_fault *fault)
{
    struct tt_redis_ahead *ahead = &queue->ahead;
    if (ahead->claims > 0)
        ahead->finishes_after += parts;
    else
        ahead->finishes += parts;
    return tt_redis_queue_is_ahead(queue) ? tt_redis_flush(&queue->redis, fault)
                                          : tt_redis_queue_settle(queue, fault);
}
