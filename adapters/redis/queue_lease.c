/* Holding partitions. */
#include "adapters/redis/queue_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LIVES_PER_LEASE = 3 }; /* a worker that says nothing for so many leases is taken for dead */

enum tt_err tt_redis_queue_heartbeat(void *context, unsigned *ret_alive, struct tt_fault *fault)
{
    struct tt_redis_queue *queue = context;
    char key[TT_REDIS_KEY_BYTES];
    struct tt_redis_command command = {0};
    redisReply *reply = NULL;
    tt_redis_global_key(key, queue->prefix, "workers");
    tt_redis_script(&command, &queue->redis, TT_SCRIPT_BEAT, 1);
    tt_redis_word(&command, key);
    tt_redis_word(&command, queue->worker);
    tt_redis_number(&command, queue->lease_ms * LIVES_PER_LEASE);
    enum tt_err err = tt_redis_call_script(&queue->redis, &command, &reply, fault);
    if (err != TT_OK)
        return err;
    *ret_alive =
        reply->type == REDIS_REPLY_INTEGER && reply->integer > 0 ? (unsigned)reply->integer : 1;
    freeReplyObject(reply);
    return TT_OK;
}

static void begin_holding(struct tt_redis_queue *queue, unsigned partition, struct tt_str last_id)
{
    struct tt_redis_partition *p = &queue->partitions[partition];
    *p = (struct tt_redis_partition){
        .held = true, .ready = true, .recovering = true, .cursor = "0-0"};
    snprintf(p->last_id, sizeof p->last_id, "%.*s", TT_STR_ARGS(last_id));
    p->renew_due.us = queue->clock->mono(queue->clock->context).us + queue->lease_ms * 1000 / 3;
}

enum tt_err tt_redis_queue_take(void *context, unsigned partition, int64_t fence_min,
                                struct tt_holding *ret_holding, bool *ret_taken,
                                struct tt_fault *fault)
{
    struct tt_redis_queue *queue = context;
    char lock[TT_REDIS_KEY_BYTES], fence[TT_REDIS_KEY_BYTES], events[TT_REDIS_KEY_BYTES];
    struct tt_redis_command command = {0};
    redisReply *reply = NULL;
    tt_redis_key(lock, queue->prefix, partition, "lock");
    tt_redis_key(fence, queue->prefix, partition, "fence");
    tt_redis_key(events, queue->prefix, partition, "events");
    tt_redis_script(&command, &queue->redis, TT_SCRIPT_TAKE, 3);
    tt_redis_word(&command, lock);
    tt_redis_word(&command, fence);
    tt_redis_word(&command, events);
    tt_redis_word(&command, queue->token);
    tt_redis_number(&command, queue->lease_ms);
    tt_redis_number(&command, fence_min);
    tt_redis_word(&command, TT_REDIS_GROUP);
    enum tt_err err = tt_redis_call_script(&queue->redis, &command, &reply, fault);
    if (err != TT_OK)
        return err;
    *ret_taken = reply->type == REDIS_REPLY_ARRAY && reply->elements == 2;
    if (*ret_taken) {
        *ret_holding =
            (struct tt_holding){.partition = partition, .fence = reply->element[0]->integer};
        begin_holding(queue, partition, tt_redis_reply_text(reply->element[1]));
    }
    freeReplyObject(reply);
    return TT_OK;
}

enum tt_err tt_redis_queue_release(void *context, unsigned partition, struct tt_fault *fault)
{
    struct tt_redis_queue *queue = context;
    char lock[TT_REDIS_KEY_BYTES];
    struct tt_redis_command command = {0};
    queue->partitions[partition].held = false;
    tt_redis_key(lock, queue->prefix, partition, "lock");
    tt_redis_script(&command, &queue->redis, TT_SCRIPT_RELEASE, 1);
    tt_redis_word(&command, lock);
    tt_redis_word(&command, queue->token);
    return tt_redis_call_script(&queue->redis, &command, NULL, fault);
}
