/* Entries of the batch in hand: taken from replies, which stay as long as the batch. */
#include "adapters/redis/queue_parts.h"

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
    queue->some_parked = false;
    for (unsigned i = 0; i < queue->partition_count; i++) {
        queue->partitions[i].tasks = NULL;
        queue->partitions[i].count = 0;
    }
}

enum tt_err tt_redis_queue_keep(struct tt_redis_queue *queue, redisReply *reply,
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

/* One entry: {id, {field, value, ...}}. */
static enum tt_err add_entry(struct tt_redis_queue *queue, unsigned partition,
                             const redisReply *entry, int64_t deliveries, int64_t fence,
                             struct tt_fault *fault)
{
    if (tt_mem_reserve((void **)&queue->entries, &queue->entry_capacity, queue->entry_count + 1,
                       sizeof *queue->entries) != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    struct tt_queue_entry *added = &queue->entries[queue->entry_count];
    *added =
        (struct tt_queue_entry){.partition = partition, .deliveries = deliveries, .fence = fence};
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

static int by_id(const void *a, const void *b)
{
    const struct tt_queue_entry *x = a, *y = b;
    if (x->id_ms != y->id_ms)
        return x->id_ms < y->id_ms ? -1 : 1;
    return ((uint64_t)x->id_seq > (uint64_t)y->id_seq) -
           ((uint64_t)x->id_seq < (uint64_t)y->id_seq);
}

enum tt_err tt_redis_queue_add(struct tt_redis_queue *queue, unsigned partition,
                               const redisReply *list, const redisReply *tries, int64_t fence,
                               struct tt_fault *fault)
{
    struct tt_redis_partition *p = &queue->partitions[partition];
    enum tt_err err = TT_OK;
    p->first = queue->entry_count;
    for (size_t i = 0; i < list->elements && err == TT_OK; i++) {
        int64_t deliveries = tries != NULL && i < tries->elements ? tries->element[i]->integer : 1;
        err = add_entry(queue, partition, list->element[i], deliveries, fence, fault);
    }
    p->count = queue->entry_count - p->first;
    /* What had waited comes task by task; a batch is oldest first. */
    if (err == TT_OK && tries != NULL && tries->elements > 0)
        qsort(queue->entries + p->first, p->count, sizeof *queue->entries, by_id);
    return err;
}
