/* A peek: one XREAD over all of our partitions, which comes back at once, in the middle of a batch.
 * A worker that keeps up has nothing to ask for when a batch begins; what comes while it is applied
 * is seen by the peek, claimed while the store writes, and is the next batch without a wait between
 * them. Decision 6 (docs/decisions).
 *
 * Failure modes: those of looks, whose step it takes: it changes nothing, and what it saw is
 * nobody's until it is offered. */
#include "adapters/redis/queue_parts.h"

/* Of 16 KB each. */
enum { READS_AT_ONCE = 4 };

bool tt_redis_queue_may_peek(const struct tt_redis_queue *queue, unsigned partition)
{
    const struct tt_redis_partition *p = &queue->partitions[partition];
    return !p->in_hand && !p->full && tt_redis_queue_is_own(queue, partition);
}

enum tt_err tt_redis_queue_peek(struct tt_redis_queue *queue, struct tt_fault *fault)
{
    bool any = false;
    for (unsigned i = 0; i < queue->partition_count; i++)
        any = any || tt_redis_queue_may_peek(queue, i);
    queue->ahead.peek = TT_PEEK_NONE;
    if (!any)
        return TT_OK;
    if (!tt_redis_is_connected(&queue->redis))
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "redis: not connected");
    enum tt_err err = tt_redis_queue_send_peek(queue, fault);
    if (err == TT_OK)
        err = tt_redis_flush(&queue->redis, fault);
    if (err == TT_OK)
        queue->ahead.peek = TT_PEEK_SENT;
    else
        tt_redis_disconnect(&queue->redis);
    return err;
}

/* Where the peek saw all there is of these partitions, they need no other look. */
static enum tt_err look_at(struct tt_redis_queue *queue, size_t count, struct tt_fault *fault)
{
    struct tt_redis_ahead *ahead = &queue->ahead;
    bool all = true;
    for (size_t i = 0; i < count; i++) {
        const redisReply *seen = queue->partitions[ahead->partitions[i]].seen;
        all = all && seen != NULL && seen->elements < ahead->max / count;
    }
    for (size_t i = 0; i < count && !all; i++)
        queue->partitions[ahead->partitions[i]].seen = NULL;
    enum tt_err err = tt_redis_queue_look_ahead(queue, count, fault);
    while (err == TT_OK && all && ahead->looked < count)
        err = tt_redis_queue_take_seen(queue, ahead->partitions[ahead->looked++], fault);
    return err;
}

/* Takes the reply. */
static enum tt_err take(struct tt_redis_queue *queue, redisReply *reply, struct tt_fault *fault)
{
    struct tt_redis_ahead *ahead = &queue->ahead;
    size_t limit = ahead->max < TT_REDIS_AHEAD ? ahead->max : TT_REDIS_AHEAD;
    enum tt_err err = tt_redis_queue_refused(queue, TT_ANY_PARTITION, reply, fault);
    ahead->peek = TT_PEEK_NONE;
    if (err != TT_OK) {
        freeReplyObject(reply);
        return err;
    }
    tt_redis_queue_drop_seen(queue);
    for (unsigned i = 0; i < queue->partition_count; i++)
        if (tt_redis_queue_may_peek(queue, i))
            queue->partitions[i].maybe = false;
    tt_redis_queue_mark_ready(queue, reply, queue->seen_max);
    err = tt_redis_queue_keep(&queue->hands[!queue->now], reply, fault);
    if (err != TT_OK)
        return err;
    size_t count = tt_redis_queue_choose(queue, true, false, limit, ahead->partitions);
    if (count > 0)
        return look_at(queue, count, fault);
    tt_redis_queue_drop_seen(queue);
    tt_redis_queue_forget(queue, !queue->now);
    return TT_OK;
}

enum tt_err tt_redis_queue_take_peek(struct tt_redis_queue *queue, bool wait,
                                     struct tt_fault *fault)
{
    struct tt_redis_ahead *ahead = &queue->ahead;
    size_t reads = READS_AT_ONCE;
    enum tt_err err = TT_OK;
    while (err == TT_OK && ahead->peek == TT_PEEK_SENT) {
        redisReply *reply = NULL;
        err = wait ? tt_redis_receive(&queue->redis, &reply, fault)
                   : tt_redis_receive_now(&queue->redis, &reads, &reply, fault);
        if (err != TT_OK || reply == NULL)
            return err;
        err = ahead->finishes > 0 ? tt_redis_queue_take_finish(queue, reply, fault)
                                  : take(queue, reply, fault);
    }
    return err;
}

enum tt_err tt_redis_queue_drop_peek(struct tt_redis_queue *queue, struct tt_fault *fault)
{
    redisReply *reply = NULL;
    bool sent = queue->ahead.peek == TT_PEEK_SENT;
    queue->ahead.peek = TT_PEEK_NONE;
    if (!sent)
        return TT_OK;
    enum tt_err err = tt_redis_queue_take_finishes(queue, fault);
    if (err == TT_OK)
        err = tt_redis_receive(&queue->redis, &reply, fault);
    if (reply != NULL)
        freeReplyObject(reply);
    return err;
}
