/* Reading: one script call per partition that may have something, all in one round trip.
 *
 * Failure modes: the lease ended or somebody else holds the partition: it is named as lost, nothing
 * was read; the reply is lost: the connection is closed, and what was read in it is pending and
 * comes first the next time; the server forgot the scripts: loaded again, and the partitions are
 * read the next time round. */
#include "adapters/redis/queue_parts.h"

#include "core/base/assert.h"
#include "core/base/limits.h"
#include "core/base/mem.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool tt_redis_parse_id(struct tt_str text, int64_t *ret_ms, int64_t *ret_seq)
{
    char copy[TT_STREAM_ID_BYTES], *end;
    if (text.ptr == NULL || text.len >= sizeof copy || text.len < 3)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    unsigned long long ms = strtoull(copy, &end, 10);
    if (*end != '-' || ms > INT64_MAX)
        return false;
    unsigned long long seq = strtoull(end + 1, &end, 10);
    if (*end != '\0')
        return false;
    *ret_ms = (int64_t)ms;
    *ret_seq =
        (int64_t)seq; /* beyond 2^63 it is kept as its bit pattern, and written back the same */
    return true;
}

void tt_redis_format_id(char text[static TT_STREAM_ID_BYTES], int64_t ms, int64_t seq)
{
    snprintf(text, TT_STREAM_ID_BYTES, "%" PRId64 "-%" PRIu64, ms, (uint64_t)seq);
}

void tt_redis_queue_forget_batch(struct tt_redis_queue *queue)
{
    for (size_t i = 0; i < queue->reply_count; i++)
        freeReplyObject(queue->replies[i]);
    queue->reply_count = queue->entry_count = 0;
}

static struct tt_mono now(const struct tt_redis_queue *queue)
{
    return queue->clock->mono(queue->clock->context);
}

static enum tt_err send_read(struct tt_redis_queue *queue, unsigned partition, size_t count,
                             struct tt_fault *fault)
{
    const struct tt_redis_partition *p = &queue->partitions[partition];
    char lock[TT_REDIS_KEY_BYTES], events[TT_REDIS_KEY_BYTES];
    struct tt_redis_command command = {0};
    tt_redis_key(lock, queue->prefix, partition, "lock");
    tt_redis_key(events, queue->prefix, partition, "events");
    tt_redis_script(&command, &queue->redis, TT_SCRIPT_READ, 2);
    tt_redis_word(&command, lock);
    tt_redis_word(&command, events);
    tt_redis_word(&command, queue->locking ? queue->token : "");
    tt_redis_number(&command, queue->lease_ms);
    tt_redis_word(&command, TT_REDIS_GROUP);
    tt_redis_word(&command, queue->worker);
    tt_redis_number(&command, (int64_t)count);
    tt_redis_word(&command, p->recovering ? p->cursor : "");
    tt_redis_number(&command, queue->locking ? 0 : queue->lease_ms);
    return tt_redis_send(&queue->redis, &command, fault);
}

/* One entry: {id, {field, value, ...}}. */
static enum tt_err add_entry(struct tt_redis_queue *queue, unsigned partition,
                             const redisReply *entry, int64_t deliveries, struct tt_fault *fault)
{
    if (tt_mem_reserve((void **)&queue->entries, &queue->entry_capacity, queue->entry_count + 1,
                       sizeof *queue->entries) != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    struct tt_queue_entry *added = &queue->entries[queue->entry_count];
    *added = (struct tt_queue_entry){.partition = partition, .deliveries = deliveries};
    if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2 ||
        !tt_redis_parse_id(tt_redis_reply_text(entry->element[0]), &added->id_ms, &added->id_seq))
        return tt_fault_set(fault, TT_ERR_IO, "redis: partition %u: an entry of unexpected shape",
                            partition);
    const redisReply *fields = entry->element[1];
    for (size_t i = 0; fields->type == REDIS_REPLY_ARRAY && i + 1 < fields->elements; i += 2)
        if (tt_str_equal(tt_redis_reply_text(fields->element[i]), TT_STR("e")))
            added->payload = tt_redis_reply_text(fields->element[i + 1]);
    queue->entry_count++;
    return TT_OK;
}

static enum tt_err add_entries(struct tt_redis_queue *queue, unsigned partition,
                               const redisReply *list, const redisReply *tries,
                               struct tt_fault *fault)
{
    struct tt_redis_partition *p = &queue->partitions[partition];
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < list->elements && err == TT_OK; i++) {
        int64_t deliveries = tries != NULL && i < tries->elements ? tries->element[i]->integer : 1;
        err = add_entry(queue, partition, list->element[i], deliveries, fault);
    }
    if (err == TT_OK && list->elements > 0 && tries == NULL) {
        const struct tt_queue_entry *last = &queue->entries[queue->entry_count - 1];
        tt_redis_format_id(p->last_id, last->id_ms, last->id_seq);
    }
    return err;
}

/* What the read script says of one partition. */
static enum tt_err take_answer(struct tt_redis_queue *queue, unsigned partition,
                               const redisReply *reply, size_t asked, uint64_t *vanished,
                               bool *ret_lost, struct tt_fault *fault)
{
    struct tt_redis_partition *p = &queue->partitions[partition];
    struct tt_str what = reply->type == REDIS_REPLY_ARRAY && reply->elements > 0
                             ? tt_redis_reply_text(reply->element[0])
                             : TT_STR_NONE;
    p->renew_due.us = now(queue).us + queue->lease_ms * 1000 / 3;
    if (tt_str_equal(what, TT_STR("lost"))) {
        p->held = false;
        *ret_lost = true;
        return TT_OK;
    }
    if (tt_str_equal(what, TT_STR("new")) && reply->elements == 2) {
        p->ready = reply->element[1]->elements >= asked;
        return add_entries(queue, partition, reply->element[1], NULL, fault);
    }
    if (!tt_str_equal(what, TT_STR("claimed")) || reply->elements != 5)
        return tt_fault_set(fault, TT_ERR_IO, "redis: partition %u: an answer of unexpected shape",
                            partition);
    snprintf(p->cursor, sizeof p->cursor, "%.*s",
             TT_STR_ARGS(tt_redis_reply_text(reply->element[1])));
    p->recovering = strcmp(p->cursor, "0-0") != 0;
    p->ready = true;
    *vanished += (uint64_t)reply->element[3]->integer;
    return add_entries(queue, partition, reply->element[2], reply->element[4], fault);
}

static enum tt_err keep_reply(struct tt_redis_queue *queue, redisReply *reply,
                              struct tt_fault *fault)
{
    if (tt_mem_reserve((void **)&queue->replies, &queue->reply_capacity, queue->reply_count + 1,
                       sizeof *queue->replies) != TT_OK) {
        freeReplyObject(reply);
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    }
    queue->replies[queue->reply_count++] = reply;
    return TT_OK;
}

static bool must_read(struct tt_redis_queue *queue, unsigned partition, struct tt_mono at)
{
    const struct tt_redis_partition *p = &queue->partitions[partition];
    return p->held && (p->ready || at.us >= p->renew_due.us);
}

/* Without locks nobody takes over for a dead worker: now and then everybody claims what has been
 * idle for a lease. */
static void plan_claims(struct tt_redis_queue *queue)
{
    if (queue->locking || now(queue).us < queue->claim_due.us)
        return;
    queue->claim_due.us = now(queue).us + queue->lease_ms * 1000;
    for (unsigned i = 0; i < queue->partition_count; i++) {
        struct tt_redis_partition *p = &queue->partitions[i];
        p->recovering = p->ready = true;
        snprintf(p->cursor, sizeof p->cursor, "0-0");
    }
}

enum tt_err tt_redis_queue_read(void *context, size_t max, struct tt_queue_batch *ret_batch,
                                unsigned *lost, size_t *ret_lost, struct tt_fault *fault)
{
    struct tt_redis_queue *queue = context;
    tt_redis_queue_forget_batch(queue);
    plan_claims(queue);
    struct tt_mono at = now(queue);
    size_t asked = 0, lost_count = 0;
    for (unsigned i = 0; i < queue->partition_count; i++)
        asked += must_read(queue, i, at);
    size_t each = asked == 0 ? max : max / asked + (max % asked != 0);
    unsigned first = queue->partition_count == 0 ? 0 : queue->next_first++ % queue->partition_count;
    enum tt_err err = TT_OK;
    uint64_t vanished = 0;
    for (unsigned i = 0; i < queue->partition_count && err == TT_OK; i++) {
        unsigned partition = (first + i) % queue->partition_count;
        if (must_read(queue, partition, at))
            err = send_read(queue, partition, each, fault);
        queue->partitions[partition].asked = must_read(queue, partition, at);
    }
    bool forgotten = false;
    for (unsigned i = 0; i < queue->partition_count && err == TT_OK; i++) {
        unsigned partition = (first + i) % queue->partition_count;
        redisReply *reply = NULL;
        bool is_lost = false;
        if (!queue->partitions[partition].asked)
            continue;
        err = tt_redis_receive(&queue->redis, &reply, fault);
        if (err == TT_OK)
            err = keep_reply(queue, reply, fault);
        if (err == TT_OK && tt_redis_is_noscript(reply)) {
            forgotten = queue->partitions[partition].ready = true; /* read the next time round */
            continue;
        }
        if (err == TT_OK)
            err = tt_redis_refused(reply, fault);
        if (err == TT_OK)
            err = take_answer(queue, partition, reply, each, &vanished, &is_lost, fault);
        if (is_lost)
            lost[lost_count++] = partition;
    }
    if (err == TT_OK && forgotten)
        err = tt_redis_load_scripts(&queue->redis, fault);
    if (err != TT_OK) {
        /* Replies may be half read: only a new connection is in step again. */
        tt_redis_disconnect(&queue->redis);
        return err;
    }
    *ret_lost = lost_count;
    *ret_batch = (struct tt_queue_batch){
        .entries = queue->entries, .count = queue->entry_count, .vanished = vanished};
    return TT_OK;
}

/* ---- Waiting
 * ---------------------------------------------------------------------------------------- */

static enum tt_err send_wait(struct tt_redis_queue *queue, int64_t wait_ms, unsigned held,
                             struct tt_fault *fault)
{
    /* XREAD COUNT 1 BLOCK ms STREAMS key... id... */
    size_t words = 6 + 2 * (size_t)held, at = 6;
    const char **argv = tt_mem_array(words, sizeof *argv);
    size_t *lengths = tt_mem_array(words, sizeof *lengths);
    char(*keys)[TT_REDIS_KEY_BYTES] = tt_mem_array(held, sizeof *keys);
    char block[24];
    if (argv == NULL || lengths == NULL || keys == NULL) {
        tt_mem_free((void *)argv);
        tt_mem_free(lengths);
        tt_mem_free(keys);
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    }
    snprintf(block, sizeof block, "%" PRId64, wait_ms);
    const char *const head[] = {"XREAD", "COUNT", "1", "BLOCK", block, "STREAMS"};
    memcpy((void *)argv, (const void *)head, sizeof head);
    for (unsigned i = 0; i < queue->partition_count; i++) {
        if (!queue->partitions[i].held)
            continue;
        tt_redis_key(keys[at - 6], queue->prefix, i, "events");
        argv[at] = keys[at - 6];
        argv[at + held] = queue->partitions[i].last_id;
        at++;
    }
    for (size_t i = 0; i < words; i++)
        lengths[i] = strlen(argv[i]);
    int sent = redisAppendCommandArgv(queue->redis.context, (int)words, argv, lengths);
    tt_mem_free((void *)argv);
    tt_mem_free(lengths);
    tt_mem_free(keys);
    return sent == REDIS_OK ? TT_OK : tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
}

/* Streams of the answer have something to read. */
static void mark_ready(struct tt_redis_queue *queue, const redisReply *reply)
{
    char key[TT_REDIS_KEY_BYTES];
    for (size_t s = 0; reply->type == REDIS_REPLY_ARRAY && s < reply->elements; s++) {
        const redisReply *stream = reply->element[s];
        if (stream->type != REDIS_REPLY_ARRAY || stream->elements != 2)
            continue;
        for (unsigned i = 0; i < queue->partition_count; i++) {
            tt_redis_key(key, queue->prefix, i, "events");
            if (queue->partitions[i].held &&
                tt_str_equal(tt_redis_reply_text(stream->element[0]), tt_str_from(key)))
                queue->partitions[i].ready = true;
        }
    }
}

enum tt_err tt_redis_queue_wait(void *context, int64_t wait_ms, struct tt_fault *fault)
{
    struct tt_redis_queue *queue = context;
    unsigned held = 0;
    for (unsigned i = 0; i < queue->partition_count; i++) {
        if (queue->partitions[i].held && queue->partitions[i].ready)
            return TT_OK;
        held += queue->partitions[i].held;
    }
    if (held == 0) {
        queue->clock->sleep_us(queue->clock->context, wait_ms * 1000);
        return TT_OK;
    }
    if (queue->redis.context == NULL)
        return tt_fault_set(fault, TT_ERR_UNAVAILABLE, "redis: not connected");
    if (wait_ms > TT_REDIS_TIMEOUT_MS / 2)
        wait_ms = TT_REDIS_TIMEOUT_MS / 2;
    redisReply *reply = NULL;
    enum tt_err err = send_wait(queue, wait_ms, held, fault);
    if (err == TT_OK)
        err = tt_redis_receive(&queue->redis, &reply, fault);
    if (err == TT_OK)
        err = tt_redis_refused(reply, fault);
    if (err == TT_OK)
        mark_ready(queue, reply);
    if (reply != NULL)
        freeReplyObject(reply);
    return err;
}
