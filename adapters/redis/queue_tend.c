/* What is done about entries after they were read: acknowledged, buried, trimmed, counted. */
#include "adapters/redis/queue_parts.h"

#include <stdio.h>
#include <string.h>

enum { ACK_IDS_MAX = TT_REDIS_ARGS_MAX - 6 };

static size_t send_ack(struct tt_redis_queue *queue, const struct tt_queue_entry *entries,
                       size_t count, enum tt_err *ret_err, struct tt_fault *fault)
{
    char events[TT_REDIS_KEY_BYTES], counts[TT_REDIS_KEY_BYTES];
    char ids[ACK_IDS_MAX][TT_STREAM_ID_BYTES];
    struct tt_redis_command command = {0};
    size_t taken = 0;
    tt_redis_key(events, queue->prefix, entries[0].partition, "events");
    tt_redis_key(counts, queue->prefix, entries[0].partition, "counts");
    tt_redis_script(&command, &queue->redis, TT_SCRIPT_ACKNOWLEDGE, 2);
    tt_redis_word(&command, events);
    tt_redis_word(&command, counts);
    tt_redis_word(&command, TT_REDIS_GROUP);
    for (; taken < count && taken < ACK_IDS_MAX && entries[taken].partition == entries[0].partition;
         taken++) {
        tt_redis_format_id(ids[taken], entries[taken].id_ms, entries[taken].id_seq);
        tt_redis_word(&command, ids[taken]);
    }
    *ret_err = tt_redis_send(&queue->redis, &command, fault);
    return taken;
}

enum tt_err tt_redis_queue_acknowledge(struct tt_redis_queue *queue, size_t *ret_sent,
                                       struct tt_fault *fault)
{
    const struct tt_redis_hand *hand = &queue->hands[queue->now];
    enum tt_err err = TT_OK;
    *ret_sent = 0;
    for (size_t at = 0; at < hand->entry_count && err == TT_OK; (*ret_sent)++)
        at += send_ack(queue, hand->entries + at, hand->entry_count - at, &err, fault);
    return err;
}

enum tt_err tt_redis_queue_bury(void *context, const struct tt_queue_entry *entry,
                                const char *reason, const char *error, struct tt_fault *fault)
{
    struct tt_redis_queue *queue = context;
    char events[TT_REDIS_KEY_BYTES], dead[TT_REDIS_KEY_BYTES], leases[TT_REDIS_KEY_BYTES];
    char counts[TT_REDIS_KEY_BYTES];
    char id[TT_STREAM_ID_BYTES];
    struct tt_redis_command command = {0};
    enum tt_err err = tt_redis_queue_settle(queue, fault);
    if (err != TT_OK)
        return err;
    tt_redis_key(events, queue->prefix, entry->partition, "events");
    tt_redis_key(dead, queue->prefix, entry->partition, "dead");
    tt_redis_key(leases, queue->prefix, entry->partition, "leases");
    tt_redis_key(counts, queue->prefix, entry->partition, "counts");
    tt_redis_format_id(id, entry->id_ms, entry->id_seq);
    tt_redis_script(&command, &queue->redis, TT_SCRIPT_BURY, 4);
    tt_redis_word(&command, events);
    tt_redis_word(&command, dead);
    tt_redis_word(&command, leases);
    tt_redis_word(&command, counts);
    tt_redis_word(&command, TT_REDIS_GROUP);
    tt_redis_word(&command, id);
    tt_redis_word(&command, reason);
    tt_redis_word(&command, error);
    tt_redis_number(&command, entry->deliveries);
    tt_redis_text(&command, entry->payload);
    tt_redis_word(&command, queue->locking ? queue->token : "");
    return tt_redis_call_script(&queue->redis, &command, NULL, fault);
}

static enum tt_err tend_turns(struct tt_redis_queue *queue, unsigned partition,
                              struct tt_fault *fault)
{
    tt_redis_turn_keys keys;
    struct tt_redis_command command;
    redisReply *reply = NULL;
    tt_redis_turn_script(queue, &command, keys, TT_SCRIPT_TEND, partition);
    command.impatient = true;
    enum tt_err err = tt_redis_call_script(&queue->redis, &command, &reply, fault);
    if (err == TT_ERR_BUSY) { /* its slot is on the move: another time */
        tt_fault_clear(fault);
        return TT_OK;
    }
    if (err != TT_OK)
        return err;
    if (reply->type == REDIS_REPLY_INTEGER)
        queue->vanished += (uint64_t)reply->integer;
    freeReplyObject(reply);
    return TT_OK;
}

static enum tt_err trim_one(struct tt_redis_queue *queue, unsigned partition,
                            struct tt_fault *fault)
{
    char events[TT_REDIS_KEY_BYTES];
    struct tt_redis_command command = {0};
    enum tt_err err = tt_redis_queue_settle(queue, fault);
    if (err == TT_OK && queue->locking)
        err = tend_turns(queue, partition, fault);
    tt_redis_key(events, queue->prefix, partition, "events");
    tt_redis_script(&command, &queue->redis, TT_SCRIPT_TRIM, 1);
    tt_redis_word(&command, events);
    tt_redis_word(&command, TT_REDIS_GROUP);
    return err == TT_OK ? tt_redis_call_script(&queue->redis, &command, NULL, fault) : err;
}

/* Those of others count, too: all workers together go round at the pace of one. */
enum tt_err tt_redis_queue_trim(void *context, unsigned count, struct tt_fault *fault)
{
    struct tt_redis_queue *queue = context;
    enum tt_err err = TT_OK;
    for (unsigned i = 0; i < count && i < queue->partition_count && err == TT_OK; i++) {
        unsigned partition = queue->trim_next % queue->partition_count;
        queue->trim_next = partition + 1;
        if (tt_redis_queue_is_own(queue, partition))
            err = trim_one(queue, partition, fault);
    }
    return err;
}

enum tt_err tt_redis_queue_backlog(void *context, struct tt_queue_backlog *ret_backlog,
                                   struct tt_fault *fault)
{
    struct tt_redis_queue *queue = context;
    struct tt_queue_backlog backlog = {0};
    enum tt_err err = tt_redis_queue_settle(queue, fault);
    for (unsigned i = 0; i < queue->partition_count && err == TT_OK; i++) {
        char events[TT_REDIS_KEY_BYTES];
        struct tt_redis_command command = {0};
        redisReply *reply = NULL;
        tt_redis_key(events, queue->prefix, i, "events");
        tt_redis_script(&command, &queue->redis, TT_SCRIPT_BACKLOG, 1);
        tt_redis_word(&command, events);
        tt_redis_word(&command, TT_REDIS_GROUP);
        err = tt_redis_call_script(&queue->redis, &command, &reply, fault);
        if (err == TT_OK && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2) {
            backlog.unread += (uint64_t)reply->element[0]->integer;
            backlog.pending += (uint64_t)reply->element[1]->integer;
        }
        if (reply != NULL)
            freeReplyObject(reply);
    }
    if (err == TT_OK)
        *ret_backlog = backlog;
    return err;
}
