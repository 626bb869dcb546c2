/* Holding what is in hand: renewed, given back; finished in queue_finish.c.
 *
 * Failure modes: the reply to finish is lost: whatever was not acknowledged is given back after the
 * next connect and comes again, and its rows are found in the store. The lease has ended: nothing
 * is acknowledged, for others have the entries, or will. */
#include "adapters/redis/queue_parts.h"

#include <stdio.h>
#include <string.h>

enum { LIVES_PER_LEASE = 3 }; /* a worker that says nothing for so many is taken for dead */

void tt_redis_turn_script(const struct tt_redis_queue *queue, struct tt_redis_command *command,
                          tt_redis_turn_keys keys, enum tt_redis_script script, unsigned partition)
{
    tt_redis_begin(command);
    tt_redis_script(command, &queue->redis, script, TT_TURN_KEYS);
    tt_redis_turn_keys_make(keys, queue->prefix, partition);
    for (int i = 0; i < TT_TURN_KEYS; i++)
        tt_redis_word(command, keys[i]);
    tt_redis_word(command, TT_REDIS_GROUP);
    tt_redis_word(command, queue->token);
}

enum tt_err tt_redis_queue_heartbeat(void *context, unsigned *ret_alive, struct tt_fault *fault)
{
    struct tt_redis_queue *queue = context;
    char key[TT_REDIS_KEY_BYTES];
    struct tt_redis_command command = {0};
    redisReply *reply = NULL;
    enum tt_err err = tt_redis_queue_settle(queue, fault);
    if (err != TT_OK)
        return err;
    tt_redis_global_key(key, queue->prefix, "workers");
    tt_redis_script(&command, &queue->redis, TT_SCRIPT_BEAT, 1);
    tt_redis_word(&command, key);
    tt_redis_word(&command, queue->worker);
    tt_redis_number(&command, queue->lease_ms * LIVES_PER_LEASE);
    err = tt_redis_call_script(&queue->redis, &command, &reply, fault);
    if (err != TT_OK)
        return err;
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
        reply->element[0]->integer > 0) {
        queue->alive = (unsigned)reply->element[0]->integer;
        queue->rank = (unsigned)reply->element[1]->integer;
    }
    *ret_alive = queue->alive;
    freeReplyObject(reply);
    return TT_OK;
}

/* ---- Many calls in one round trip */

static enum tt_err say(struct tt_redis_queue *queue, tt_redis_queue_send *send, bool again,
                       struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (unsigned i = 0; i < queue->partition_count; i++) {
        struct tt_redis_partition *p = &queue->partitions[i];
        bool now = again ? p->forgotten : p->in_hand;
        p->forgotten = false;
        p->awaited = 0;
        if (now && err == TT_OK)
            err = send(queue, i, &p->awaited, fault);
    }
    return err;
}

enum tt_err tt_redis_queue_say(struct tt_redis_queue *queue, tt_redis_queue_send *send,
                               struct tt_fault *fault)
{
    return say(queue, send, false, fault);
}

enum tt_err tt_redis_queue_numbers(struct tt_redis_queue *queue, struct tt_redis_numbers *numbers,
                                   struct tt_fault *fault)
{
    enum tt_err refused = TT_OK;
    numbers->forgotten = false;
    for (unsigned i = 0; i < queue->partition_count; i++) {
        struct tt_redis_partition *p = &queue->partitions[i];
        for (; p->awaited > 0; p->awaited--) {
            redisReply *reply = NULL;
            enum tt_err err = tt_redis_receive(&queue->redis, &reply, fault);
            if (err != TT_OK)
                return err;
            if (tt_redis_is_noscript(reply))
                p->forgotten = numbers->forgotten = true;
            else if (refused == TT_OK && (numbers->all || !tt_redis_is_error(reply, "TRYAGAIN")))
                refused = tt_redis_queue_refused(queue, i, reply, fault);
            if (reply->type == REDIS_REPLY_INTEGER) {
                numbers->least = reply->integer < numbers->least ? reply->integer : numbers->least;
                numbers->sum += reply->integer;
            }
            freeReplyObject(reply);
        }
    }
    return refused;
}

enum tt_err tt_redis_queue_say_again(struct tt_redis_queue *queue, tt_redis_queue_send *send,
                                     struct tt_redis_numbers *numbers, struct tt_fault *fault)
{
    enum tt_err err = tt_redis_load_scripts(&queue->redis, fault);
    if (err == TT_OK)
        err = say(queue, send, true, fault);
    if (err == TT_OK)
        err = tt_redis_queue_numbers(queue, numbers, fault);
    return err == TT_OK && numbers->forgotten
               ? tt_fault_set(fault, TT_ERR_UNAVAILABLE, "redis: forgets scripts")
               : err;
}

enum tt_err tt_redis_queue_tell_all(struct tt_redis_queue *queue, tt_redis_queue_send *send,
                                    struct tt_redis_numbers *numbers, struct tt_fault *fault)
{
    enum tt_err err = tt_redis_queue_settle(queue, fault);
    if (err == TT_OK)
        err = tt_redis_queue_say(queue, send, fault);
    if (err == TT_OK)
        err = tt_redis_queue_numbers(queue, numbers, fault);
    if (err == TT_OK && numbers->forgotten)
        err = tt_redis_queue_say_again(queue, send, numbers, fault);
    if (err != TT_OK)
        tt_redis_disconnect(&queue->redis); /* replies may be half read */
    return err;
}

/* ---- Renewing */

static enum tt_err send_renew(struct tt_redis_queue *queue, unsigned partition, size_t *sent,
                              struct tt_fault *fault)
{
    tt_redis_turn_keys keys;
    struct tt_redis_command command;
    tt_redis_turn_script(queue, &command, keys, TT_SCRIPT_RENEW, partition);
    tt_redis_number(&command, queue->lease_ms);
    (*sent)++;
    return tt_redis_send(&queue->redis, &command, fault);
}

enum tt_err tt_redis_queue_renew(void *context, bool *ret_lost, struct tt_fault *fault)
{
    struct tt_redis_queue *queue = context;
    struct tt_redis_numbers numbers = {.all = true};
    int64_t in_hand = 0;
    *ret_lost = false;
    enum tt_err err = tt_redis_queue_settle(queue, fault); /* then it is known what is in hand */
    for (unsigned i = 0; i < queue->partition_count; i++)
        in_hand += queue->partitions[i].in_hand;
    if (err == TT_OK)
        err = tt_redis_queue_tell_all(queue, send_renew, &numbers, fault);
    if (err == TT_OK)
        *ret_lost = numbers.sum < in_hand;
    return err;
}

/* ---- Giving back */

void tt_redis_queue_release(struct tt_redis_partition *p, bool waits)
{
    p->ready = p->ready || (p->in_hand && (waits || p->full));
    p->maybe = p->maybe || p->in_hand;
    p->in_hand = false;
}

static enum tt_err send_give_back(struct tt_redis_queue *queue, unsigned partition, size_t *sent,
                                  struct tt_fault *fault)
{
    tt_redis_turn_keys keys;
    struct tt_redis_command command;
    tt_redis_turn_script(queue, &command, keys, TT_SCRIPT_GIVE_BACK, partition);
    (*sent)++;
    return tt_redis_send(&queue->redis, &command, fault);
}

/* What is in a slot on the move, which may take long, is left for the end of the lease, or for our
 * next claim there: nobody needs to wait for it. */
enum tt_err tt_redis_queue_give_back(void *context, struct tt_fault *fault)
{
    struct tt_redis_queue *queue = context;
    struct tt_redis_numbers numbers = {0};
    enum tt_err err = tt_redis_queue_drop_looks(queue, fault);
    if (err == TT_OK)
        err = queue->locking ? tt_redis_queue_tell_all(queue, send_give_back, &numbers, fault)
                             : tt_redis_queue_settle(queue, fault);
    if (err != TT_OK)
        return err;
    queue->vanished += (uint64_t)numbers.sum;
    for (unsigned i = 0; i < queue->partition_count; i++)
        tt_redis_queue_release(&queue->partitions[i], true);
    tt_redis_queue_forget(queue, !queue->now);
    return TT_OK;
}
