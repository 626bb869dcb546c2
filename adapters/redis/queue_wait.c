/* Waiting until there may be something to claim: new entries, or a call that something waits and is
 * free. Ids given are the newest that we know of, so that nothing between a claim and the wait is
 * missed.
 *
 * What is new comes with the answer. A few entries of a partition are all there are, and need not
 * be looked for again: the next claim offers them. */
#include "adapters/redis/queue_parts.h"

#include "core/base/mem.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEAD = 6,
    BRIEF_MS = 10,    /* up to here a wait is for new entries, */
    CALLS_EVERY = 16, /* and, one in so many, for calls as well: they make it twice as dear */
    NO_WAIT = -1,
    STREAMS_PER_PARTITION = 2
};

/* XREAD COUNT n BLOCK ms STREAMS key... id... */
struct tt_redis_wait {
    const char **list;
    size_t *lengths;
    char (*keys)[TT_REDIS_KEY_BYTES]; /* of the events, then of the calls */
    unsigned brief;                   /* waits, one behind the other */
};

void tt_redis_queue_free_wait(struct tt_redis_queue *queue)
{
    struct tt_redis_wait *wait = queue->wait;
    if (wait == NULL)
        return;
    tt_mem_free((void *)wait->list);
    tt_mem_free(wait->lengths);
    tt_mem_free(wait->keys);
    tt_mem_free(wait);
    queue->wait = NULL;
}

static enum tt_err make_wait(struct tt_redis_queue *queue, struct tt_fault *fault)
{
    size_t streams = STREAMS_PER_PARTITION * (size_t)queue->partition_count;
    struct tt_redis_wait *wait = queue->wait = tt_mem_zalloc(sizeof *wait);
    if (wait != NULL) {
        wait->list = tt_mem_array(HEAD + 2 * streams, sizeof *wait->list);
        wait->lengths = tt_mem_array(HEAD + 2 * streams, sizeof *wait->lengths);
        wait->keys = tt_mem_array(streams, sizeof *wait->keys);
    }
    if (wait == NULL || wait->list == NULL || wait->lengths == NULL || wait->keys == NULL) {
        tt_redis_queue_free_wait(queue);
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    }
    for (unsigned i = 0; i < queue->partition_count; i++) {
        tt_redis_key(wait->keys[i], queue->prefix, i, "events");
        tt_redis_key(wait->keys[queue->partition_count + i], queue->prefix, i, "wake");
    }
    return TT_OK;
}

/* Whoever waits briefly comes again soon. */
static bool with_calls(const struct tt_redis_queue *queue, int64_t wait_ms)
{
    struct tt_redis_wait *wait = queue->wait;
    bool brief = wait_ms <= BRIEF_MS && ++wait->brief % CALLS_EVERY != 0;
    wait->brief = brief ? wait->brief : 0;
    return queue->locking && !brief;
}

/* Of all partitions together no more than a batch, but one of each. */
static size_t seen_max(const struct tt_redis_queue *queue)
{
    size_t each = queue->batch_max / queue->partition_count;
    if (!queue->locking || each < 1)
        return 1;
    return each < TT_REDIS_SEEN_MAX ? each : TT_REDIS_SEEN_MAX;
}

/* What one XREAD is about. */
struct reading {
    int64_t wait_ms; /* NO_WAIT: it comes back at once */
    bool peek;       /* for events of those only that may be peeked at */
    bool calls;      /* for all calls; */
    bool finishing;  /* for those of what is in hand in any case */
};

static bool reads_events(const struct tt_redis_queue *queue, unsigned i, const struct reading *r)
{
    return !r->peek || tt_redis_queue_may_peek(queue, i);
}

static bool reads_calls(const struct tt_redis_queue *queue, unsigned i, const struct reading *r)
{
    return queue->locking && (r->calls || (r->finishing && queue->partitions[i].in_hand));
}

static enum tt_err send_reading(struct tt_redis_queue *queue, const struct reading *r,
                                struct tt_fault *fault)
{
    char block[24], each[24];
    const struct tt_redis_wait *wait = queue->wait;
    unsigned count = queue->partition_count;
    const char **words = wait->list;
    size_t all = 0;
    queue->seen_max = seen_max(queue);
    snprintf(each, sizeof each, "%zu", queue->seen_max);
    snprintf(block, sizeof block, "%" PRId64, r->wait_ms);
    words[all++] = "XREAD";
    words[all++] = "COUNT";
    words[all++] = each;
    if (r->wait_ms != NO_WAIT) {
        words[all++] = "BLOCK";
        words[all++] = block;
    }
    words[all++] = "STREAMS";
    for (unsigned i = 0; i < count; i++)
        if (reads_events(queue, i, r))
            words[all++] = wait->keys[i];
    for (unsigned i = 0; i < count; i++)
        if (reads_calls(queue, i, r))
            words[all++] = wait->keys[count + i];
    for (unsigned i = 0; i < count; i++)
        if (reads_events(queue, i, r))
            words[all++] = queue->partitions[i].full ? "$" : queue->partitions[i].last_id;
    for (unsigned i = 0; i < count; i++)
        if (reads_calls(queue, i, r))
            words[all++] = queue->partitions[i].wake_id;
    for (size_t i = 0; i < all; i++)
        wait->lengths[i] = strlen(words[i]);
    int sent = redisAppendCommandArgv(queue->redis.context, (int)all, words, wait->lengths);
    return sent == REDIS_OK ? TT_OK : tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
}

enum tt_err tt_redis_queue_send_wait(struct tt_redis_queue *queue, int64_t wait_ms, bool finishing,
                                     struct tt_fault *fault)
{
    enum tt_err err = queue->wait == NULL ? make_wait(queue, fault) : TT_OK;
    if (err != TT_OK)
        return err;
    const struct reading reading = {
        .wait_ms = wait_ms, .calls = with_calls(queue, wait_ms), .finishing = finishing};
    return send_reading(queue, &reading, fault);
}

enum tt_err tt_redis_queue_send_peek(struct tt_redis_queue *queue, struct tt_fault *fault)
{
    enum tt_err err = queue->wait == NULL ? make_wait(queue, fault) : TT_OK;
    if (err != TT_OK)
        return err;
    const struct reading reading = {
        .wait_ms = NO_WAIT, .peek = true, .calls = with_calls(queue, 0)};
    return send_reading(queue, &reading, fault);
}

/* The partition of "{prefix:7}:events". */
static struct tt_redis_partition *find(struct tt_redis_queue *queue, const redisReply *key)
{
    size_t skip = strlen(queue->prefix) + 2;
    if (key->type != REDIS_REPLY_STRING || (size_t)key->len <= skip)
        return NULL;
    unsigned long partition = strtoul(key->str + skip, NULL, 10);
    return partition < queue->partition_count ? &queue->partitions[partition] : NULL;
}

void tt_redis_queue_drop_seen(struct tt_redis_queue *queue)
{
    for (unsigned i = 0; i < queue->partition_count; i++)
        queue->partitions[i].seen = NULL;
    if (queue->waited != NULL)
        freeReplyObject(queue->waited);
    queue->waited = NULL;
}

/* A call to look again, or new entries. */
static void mark_stream(struct tt_redis_partition *p, const redisReply *key, const redisReply *list,
                        size_t max)
{
    p->ready = true;
    if (list->type != REDIS_REPLY_ARRAY || list->elements == 0)
        return;
    if (key->len > 5 && strcmp(key->str + key->len - 5, ":wake") == 0)
        snprintf(p->wake_id, sizeof p->wake_id, "%.*s",
                 TT_STR_ARGS(tt_redis_reply_text(list->element[0]->element[0])));
    else if (!p->full && list->elements < max)
        p->seen = list;
}

void tt_redis_queue_mark_ready(struct tt_redis_queue *queue, const redisReply *reply, size_t max)
{
    for (size_t s = 0; reply->type == REDIS_REPLY_ARRAY && s < reply->elements; s++) {
        const redisReply *stream = reply->element[s];
        struct tt_redis_partition *p = NULL;
        if (stream->type == REDIS_REPLY_ARRAY && stream->elements == 2)
            p = find(queue, stream->element[0]);
        if (p == NULL)
            continue;
        mark_stream(p, stream->element[0], stream->element[1], max);
    }
}

/* All streams were looked at, after what was finished. */
void tt_redis_queue_take_wait(struct tt_redis_queue *queue, redisReply *reply)
{
    for (unsigned i = 0; i < queue->partition_count; i++)
        queue->partitions[i].maybe = false;
    tt_redis_queue_mark_ready(queue, reply, queue->locking ? queue->seen_max : 0);
    queue->waited = reply;
}

bool tt_redis_queue_any_ready(const struct tt_redis_queue *queue)
{
    bool any = false;
    for (unsigned i = 0; i < queue->partition_count; i++)
        any = any || queue->partitions[i].ready;
    return any;
}

enum tt_err tt_redis_queue_wait(void *context, int64_t wait_ms, struct tt_fault *fault)
{
    struct tt_redis_queue *queue = context;
    enum tt_err err = tt_redis_queue_settle(queue, fault);
    if (err != TT_OK)
        return err;
    if (tt_redis_queue_any_ready(queue))
        return TT_OK;
    if (!tt_redis_is_connected(&queue->redis))
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "redis: not connected");
    if (wait_ms > TT_REDIS_TIMEOUT_MS / 2)
        wait_ms = TT_REDIS_TIMEOUT_MS / 2;
    if (queue->redis.cluster != NULL)
        return tt_redis_queue_poll(queue, wait_ms, fault);
    tt_redis_queue_drop_seen(queue);
    redisReply *reply = NULL;
    err = tt_redis_queue_send_wait(queue, wait_ms, false, fault);
    if (err == TT_OK)
        err = tt_redis_receive(&queue->redis, &reply, fault);
    if (err == TT_OK)
        err = tt_redis_queue_refused(queue, TT_ANY_PARTITION, reply, fault);
    if (err == TT_OK)
        tt_redis_queue_take_wait(queue, reply);
    else if (reply != NULL)
        freeReplyObject(reply);
    return err;
}
