/* The life of a queue: created, connected, disconnected. Reading is in queue_claim.c, holding in
 * queue_turns.c. */
#include "adapters/redis/queue.h"

#include "adapters/redis/cluster.h"
#include "adapters/redis/meta.h"
#include "adapters/redis/queue_parts.h"
#include "core/base/mem.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A group that starts before the first entry, for every stream; streams that are not there are
 * made. A server that is full refuses even where there is nothing to make: claiming tells then
 * whether something is missing. */
static enum tt_err make_groups(struct tt_redis_queue *queue, unsigned count, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (unsigned i = 0; i < count && err == TT_OK; i++) {
        char key[TT_REDIS_KEY_BYTES];
        struct tt_redis_command command = {0};
        static const char *const words[] = {"XGROUP", "CREATE"};
        tt_redis_key(key, queue->prefix, i, "events");
        tt_redis_word(&command, words[0]);
        tt_redis_word(&command, words[1]);
        tt_redis_word(&command, key);
        tt_redis_word(&command, TT_REDIS_GROUP);
        tt_redis_word(&command, "0");
        tt_redis_word(&command, "MKSTREAM");
        err = tt_redis_send(&queue->redis, &command, fault);
    }
    enum tt_err refused = TT_OK;
    char key[TT_REDIS_KEY_BYTES];
    for (unsigned i = 0; i < count && err == TT_OK; i++) {
        redisReply *reply = NULL;
        err = tt_redis_receive(&queue->redis, &reply, fault);
        if (err != TT_OK)
            break;
        tt_redis_key(key, queue->prefix, i, "events");
        bool there = reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "BUSYGROUP", 9) == 0;
        if (!there && !tt_redis_is_error(reply, "OOM") && refused == TT_OK)
            refused = tt_redis_refused_at(reply, key, fault);
        freeReplyObject(reply);
    }
    return err != TT_OK ? err : refused;
}

/* What the last connection had in hand is given back under its token; this one gets a token of its
 * own, which is also its name as a consumer. */
static enum tt_err change_token(struct tt_redis_queue *queue, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (unsigned i = 0; i < queue->partition_count; i++)
        queue->partitions[i].in_hand |= queue->partitions[i].unsure;
    if (queue->token[0] != '\0')
        err = tt_redis_queue_give_back(queue, fault);
    if (err == TT_OK)
        snprintf(queue->token, sizeof queue->token, "%.100s#%016" PRIx64 "%016" PRIx64,
                 queue->worker, queue->random->next(queue->random->context),
                 queue->random->next(queue->random->context));
    return err;
}

static enum tt_err make_partitions(struct tt_redis_queue *queue, unsigned count,
                                   struct tt_fault *fault)
{
    tt_redis_queue_free_wait(queue);
    tt_mem_free(queue->partitions);
    queue->partition_count = 0;
    queue->partitions = tt_mem_zalloc(count * sizeof *queue->partitions);
    if (queue->partitions == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    queue->partition_count = count;
    for (unsigned i = 0; i < count; i++)
        queue->partitions[i] = (struct tt_redis_partition){
            .ready = true, .deep = true, .last_id = "0-0", .wake_id = "0-0"};
    queue->look_due.us = 0;
    return TT_OK;
}

static enum tt_err connect_queue(void *context, unsigned *ret_partitions, int64_t *ret_epoch,
                                 struct tt_fault *fault)
{
    struct tt_redis_queue *queue = context;
    unsigned partitions = 0;
    tt_redis_queue_drop_seen(queue);
    tt_redis_queue_forget(queue, 0);
    tt_redis_queue_forget(queue, 1);
    queue->ahead = (struct tt_redis_ahead){0};
    enum tt_err err = tt_redis_connect(&queue->redis, fault);
    if (err == TT_OK)
        err = tt_redis_meta(&queue->redis, queue->prefix, queue->partitions_wanted, &partitions,
                            ret_epoch, fault);
    if (err == TT_OK)
        err = make_groups(queue, partitions, fault); /* those that were there may be gone */
    if (err == TT_OK)
        err = change_token(queue, fault);
    if (err == TT_OK)
        err = make_partitions(queue, partitions, fault);
    queue->moves = tt_redis_cluster_moves(queue->redis.cluster);
    if (err == TT_OK)
        *ret_partitions = partitions;
    return err;
}

/* Something is held under the token of a connection that is gone: once more, to give it back. */
static void connect_to_give_back(struct tt_redis_queue *queue)
{
    struct tt_fault ignored = {0};
    bool some = false;
    for (unsigned i = 0; i < queue->partition_count && queue->locking; i++) {
        struct tt_redis_partition *p = &queue->partitions[i];
        p->in_hand |= p->unsure;
        some = some || p->in_hand;
    }
    queue->ahead = (struct tt_redis_ahead){0};
    if (some && tt_redis_connect(&queue->redis, &ignored) != TT_OK)
        tt_fault_clear(&ignored);
}

static void disconnect_queue(void *context)
{
    struct tt_redis_queue *queue = context;
    struct tt_fault ignored = {0};
    char key[TT_REDIS_KEY_BYTES];
    tt_redis_queue_drop_seen(queue);
    tt_redis_queue_forget(queue, queue->now);
    if (tt_redis_is_connected(&queue->redis) &&
        (tt_redis_queue_drop_looks(queue, &ignored) != TT_OK ||
         tt_redis_queue_settle(queue, &ignored) != TT_OK))
        tt_fault_clear(&ignored);
    if (!tt_redis_is_connected(&queue->redis))
        connect_to_give_back(queue);
    if (tt_redis_is_connected(&queue->redis)) {
        /* Out of courtesy: others would find out when leases and heartbeats end. */
        if (tt_redis_queue_give_back(queue, &ignored) != TT_OK)
            tt_fault_clear(&ignored);
        struct tt_redis_command command = {0};
        tt_redis_global_key(key, queue->prefix, "workers");
        tt_redis_script(&command, &queue->redis, TT_SCRIPT_BEAT, 1);
        tt_redis_word(&command, key);
        tt_redis_word(&command, queue->worker);
        tt_redis_word(&command, "0");
        if (tt_redis_call_script(&queue->redis, &command, NULL, &ignored) != TT_OK)
            tt_fault_clear(&ignored);
    }
    tt_redis_disconnect(&queue->redis);
}

enum tt_err tt_redis_queue_create(const struct tt_redis_queue_options *options,
                                  struct tt_queue *ret_queue, struct tt_fault *fault)
{
    struct tt_redis_url url;
    char prefix[TT_REDIS_PREFIX_BYTES_MAX + 1] = "";
    enum tt_err err = tt_redis_prefix_keep(prefix, options->prefix, fault);
    if (err == TT_OK)
        err = tt_redis_url_parse(options->url, &url, fault);
    if (err != TT_OK)
        return err;
    struct tt_redis_queue *queue = tt_mem_zalloc(sizeof *queue);
    if (queue == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    queue->redis = (struct tt_redis){.url = url,
                                     .password = options->password,
                                     .scripts = tt_redis_scripts,
                                     .script_count = TT_SCRIPT_COUNT};
    memcpy(queue->prefix, prefix, sizeof queue->prefix);
    queue->partitions_wanted = options->partitions;
    queue->worker = options->worker;
    queue->lease_ms = options->lease_ms;
    queue->locking = options->locking;
    queue->clock = options->clock;
    queue->random = options->random;
    queue->alive = 1;
    for (unsigned hand = 0; hand < 2; hand++)
        tt_arena_init(&queue->hands[hand].keys, 0);
    *ret_queue = (struct tt_queue){
        .context = queue,
        .connect = connect_queue,
        .heartbeat = tt_redis_queue_heartbeat,
        .claim = tt_redis_queue_claim,
        .prefetch = tt_redis_queue_prefetch,
        .carry_on = tt_redis_queue_carry_on,
        .renew = tt_redis_queue_renew,
        .finish = tt_redis_queue_finish,
        .finish_and_wait = tt_redis_queue_finish_and_wait,
        .give_back = tt_redis_queue_give_back,
        .wait = tt_redis_queue_wait,
        .bury = tt_redis_queue_bury,
        .trim = tt_redis_queue_trim,
        .backlog = tt_redis_queue_backlog,
        .disconnect = disconnect_queue,
        .park = tt_redis_queue_park,
    };
    return TT_OK;
}

void tt_redis_queue_destroy(struct tt_queue *queue)
{
    struct tt_redis_queue *inner = queue->context;
    if (inner == NULL)
        return;
    tt_redis_done(&inner->redis);
    tt_redis_queue_drop_seen(inner);
    tt_redis_queue_free_wait(inner);
    for (unsigned hand = 0; hand < 2; hand++) {
        tt_redis_queue_forget(inner, hand);
        tt_mem_free(inner->hands[hand].replies);
        tt_mem_free(inner->hands[hand].entries);
        tt_mem_free(inner->hands[hand].tasks);
        tt_mem_free(inner->hands[hand].offers);
        tt_arena_done(&inner->hands[hand].keys);
    }
    tt_mem_free(inner->partitions);
    tt_mem_free(inner->parked);
    tt_mem_free(inner);
    *queue = (struct tt_queue){0};
}
