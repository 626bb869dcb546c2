/* Holding one task id, for somebody who has no entries of it to apply. Happy path: the id is free;
 * it is held under this connection's token and a fence of its own; events that come meanwhile wait
 * behind it; it is let go, and they go on.
 *
 * Failure modes: somebody holds it: fence 0, ask again later. We die: the lease ends, and the next
 * claim in the partition lets it go. Another server gave it than was asked before: FENCED, its
 * fence may have been given before; it stays ours, and may be asked for again. We are paused beyond
 * the lease: others may hold it under a newer fence, and the store refuses what comes under ours.
 */
#include "adapters/redis/queue_parts.h"

#include "core/base/buf.h"
#include "core/model/task_key.h"
#include <stdio.h>

static enum tt_err take_answer(const redisReply *reply, struct tt_redis_hold *hold,
                               struct tt_fault *fault)
{
    struct tt_str key = reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
                                reply->element[0]->type == REDIS_REPLY_INTEGER
                            ? tt_redis_reply_text(reply->element[1])
                            : TT_STR_NONE;
    if (key.len == 0 || key.len >= sizeof hold->key)
        return tt_fault_set(fault, TT_ERR_IO, "redis: an answer of unexpected shape");
    hold->fence = reply->element[0]->integer;
    hold->key_len = key.len;
    memcpy(hold->key, key.ptr, key.len);
    return TT_OK;
}

enum tt_err tt_redis_queue_hold(struct tt_queue *port, struct tt_str tenant, struct tt_str task_id,
                                int64_t fence_min, struct tt_redis_hold *ret_hold,
                                struct tt_fault *fault)
{
    struct tt_redis_queue *queue = port->context;
    struct tt_redis_hold hold = {.partition =
                                     tt_task_partition(tenant, task_id, queue->partition_count)};
    tt_redis_turn_keys keys;
    struct tt_redis_command command;
    redisReply *reply = NULL;
    struct tt_buf key;
    tt_buf_init(&key, 0);
    tt_buf_add_str(&key, tenant);
    tt_buf_add_char(&key, '/');
    tt_buf_add_str(&key, task_id);
    enum tt_err err = key.err == TT_OK ? TT_OK : tt_fault_set(fault, key.err, "out of memory");
    tt_redis_turn_script(queue, &command, keys, TT_SCRIPT_HOLD, hold.partition);
    tt_redis_number(&command, queue->lease_ms);
    tt_redis_number(&command, fence_min);
    tt_redis_text(&command, tt_buf_str(&key));
    if (err == TT_OK)
        err = tt_redis_call_script(&queue->redis, &command, &reply, fault);
    if (err == TT_OK) {
        err = take_answer(reply, &hold, fault);
        freeReplyObject(reply);
    }
    tt_buf_done(&key);
    if (err != TT_OK)
        return err;
    queue->partitions[hold.partition].in_hand |= hold.fence > 0;
    if (hold.fence > 0 && tt_redis_queue_has_moved(queue))
        return tt_fault_set(fault, TT_ERR_FENCED, "redis: slots have moved");
    *ret_hold = hold;
    return TT_OK;
}

enum tt_err tt_redis_queue_let_go(struct tt_queue *port, const struct tt_redis_hold *hold,
                                  struct tt_fault *fault)
{
    struct tt_redis_queue *queue = port->context;
    tt_redis_turn_keys keys;
    struct tt_redis_command command;
    tt_redis_turn_script(queue, &command, keys, TT_SCRIPT_FINISH, hold->partition);
    tt_redis_word(&command, "1");
    tt_redis_word(&command, "0");
    tt_redis_text(&command, (struct tt_str){hold->key, hold->key_len});
    enum tt_err err = tt_redis_call_script(&queue->redis, &command, NULL, fault);
    if (err == TT_OK)
        queue->partitions[hold->partition].in_hand = false;
    return err;
}
