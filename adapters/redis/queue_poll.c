/* Waiting in a cluster. A blocking read cannot span slots, and a connection can wait in one only,
 * so all partitions are asked whether they have something, in one round trip to each node, again
 * and again with growing pauses. */
#include "adapters/redis/queue_parts.h"

#include <string.h>

enum { FIRST_PAUSE_US = 5 * 1000, LONGEST_PAUSE_US = 50 * 1000 };

/* XREAD COUNT 1 STREAMS events wake id id, for what can be asked after an id. */
static enum tt_err send_look(struct tt_redis_queue *queue, unsigned partition, bool *ret_sent,
                             struct tt_fault *fault)
{
    const struct tt_redis_partition *p = &queue->partitions[partition];
    char events[TT_REDIS_KEY_BYTES], wake[TT_REDIS_KEY_BYTES];
    struct tt_redis_command command;
    bool look = !p->full && strcmp(p->last_id, "$") != 0;
    *ret_sent = look || queue->locking;
    if (!*ret_sent)
        return TT_OK;
    tt_redis_begin(&command);
    tt_redis_key(events, queue->prefix, partition, "events");
    tt_redis_key(wake, queue->prefix, partition, "wake");
    command.route = events;
    command.impatient = true;
    tt_redis_word(&command, "XREAD");
    tt_redis_word(&command, "COUNT");
    tt_redis_word(&command, "1");
    tt_redis_word(&command, "STREAMS");
    if (look)
        tt_redis_word(&command, events);
    if (queue->locking)
        tt_redis_word(&command, wake);
    if (look)
        tt_redis_word(&command, p->last_id);
    if (queue->locking)
        tt_redis_word(&command, p->wake_id);
    return tt_redis_send(&queue->redis, &command, fault);
}

static enum tt_err look_once(struct tt_redis_queue *queue, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    size_t sent = 0;
    for (unsigned i = 0; i < queue->partition_count && err == TT_OK; i++) {
        bool one = false;
        err = send_look(queue, i, &one, fault);
        sent += one;
    }
    for (; sent > 0 && err == TT_OK; sent--) {
        redisReply *reply = NULL;
        err = tt_redis_receive(&queue->redis, &reply, fault);
        if (err != TT_OK)
            break;
        if (!tt_redis_is_error(reply, "TRYAGAIN")) /* its slot is on the move: the next time */
            err = tt_redis_queue_refused(queue, TT_ANY_PARTITION, reply, fault);
        if (err == TT_OK)
            tt_redis_queue_mark_ready(queue, reply, 0);
        freeReplyObject(reply);
    }
    if (err != TT_OK)
        tt_redis_disconnect(&queue->redis); /* replies may be left */
    return err;
}

/* Those that gave no id to ask after are claimed from again. */
static void mark_unknown(struct tt_redis_queue *queue)
{
    for (unsigned i = 0; i < queue->partition_count; i++)
        if (strcmp(queue->partitions[i].last_id, "$") == 0)
            queue->partitions[i].ready = true;
}

enum tt_err tt_redis_queue_poll(struct tt_redis_queue *queue, int64_t wait_ms,
                                struct tt_fault *fault)
{
    const struct tt_clock *clock = queue->clock;
    int64_t until_us = clock->mono(clock->context).us + wait_ms * 1000, pause_us = FIRST_PAUSE_US;
    for (;;) {
        enum tt_err err = look_once(queue, fault);
        int64_t left_us = until_us - clock->mono(clock->context).us;
        if (err != TT_OK || left_us <= 0 || tt_redis_queue_any_ready(queue))
            return err;
        clock->sleep_us(clock->context, pause_us < left_us ? pause_us : left_us);
        if (pause_us < LONGEST_PAUSE_US)
            pause_us *= 2;
        mark_unknown(queue);
    }
}
