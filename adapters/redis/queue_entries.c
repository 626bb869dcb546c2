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

void tt_redis_queue_forget(struct tt_redis_queue *queue, unsigned hand)
{
    struct tt_redis_hand *h = &queue->hands[hand];
    for (size_t i = 0; i < h->reply_count; i++)
        freeReplyObject(h->replies[i]);
    h->reply_count = h->entry_count = 0;
    for (unsigned i = 0; i < queue->partition_count; i++) {
        struct tt_redis_partition *p = &queue->partitions[i];
        if (p->hand != hand)
            continue;
        p->tasks = NULL;
        p->count = 0;
    }
}

enum tt_err tt_redis_queue_keep(struct tt_redis_hand *hand, redisReply *reply,
                                struct tt_fault *fault)
{
    if (tt_mem_reserve((void **)&hand->replies, &hand->reply_capacity, hand->reply_count + 1,
                       sizeof *hand->replies) != TT_OK) {
        freeReplyObject(reply);
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    }
    hand->replies[hand->reply_count++] = reply;
    return TT_OK;
}

/* One entry: {id, {field, value, ...}}. */
static enum tt_err add_entry(struct tt_redis_hand *hand, unsigned partition,
                             const redisReply *entry, int64_t deliveries, int64_t fence,
                             struct tt_fault *fault)
{
    if (tt_mem_reserve((void **)&hand->entries, &hand->entry_capacity, hand->entry_count + 1,
                       sizeof *hand->entries) != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    struct tt_queue_entry *added = &hand->entries[hand->entry_count];
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
    hand->entry_count++;
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
    struct tt_redis_hand *hand = &queue->hands[p->hand];
    enum tt_err err = TT_OK;
    p->first = hand->entry_count;
    for (size_t i = 0; i < list->elements && err == TT_OK; i++) {
        int64_t deliveries = tries != NULL && i < tries->elements ? tries->element[i]->integer : 1;
        err = add_entry(hand, partition, list->element[i], deliveries, fence, fault);
    }
    p->count = hand->entry_count - p->first;
    /* What had waited comes task by task; a batch is oldest first. */
    if (err == TT_OK && tries != NULL && tries->elements > 0)
        qsort(hand->entries + p->first, p->count, sizeof *hand->entries, by_id);
    return err;
}
