/* Entries of the batch in hand: taken from replies, which stay as long as the batch. */
#include "adapters/redis/queue_parts.h"

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
    h->reply_count = h->entry_count = h->task_count = h->offer_count = 0;
    tt_arena_reset(&h->keys);
    queue->some_parked = queue->some_parked && hand != queue->now;
    for (unsigned i = 0; i < queue->partition_count; i++) {
        struct tt_redis_partition *p = &queue->partitions[i];
        if (p->hand != hand)
            continue;
        p->count = p->task_count = p->offer_count = 0;
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

enum tt_err tt_redis_queue_strange(unsigned partition, struct tt_fault *fault)
{
    return tt_fault_set(fault, TT_ERR_IO, "redis: partition %u: an answer of unexpected shape",
                        partition);
}

enum tt_err tt_redis_queue_refused(const struct tt_redis_queue *queue, unsigned partition,
                                   const redisReply *reply, struct tt_fault *fault)
{
    char key[TT_REDIS_KEY_BYTES + 32];
    if (reply->type != REDIS_REPLY_ERROR) /* nearly always: no name is made then */
        return TT_OK;
    if (partition == TT_ANY_PARTITION)
        snprintf(key, sizeof key, "some key {%s:N}:...", queue->prefix);
    else
        snprintf(key, sizeof key, "{%s:%u}:events or a key beside it", queue->prefix, partition);
    return tt_redis_refused_at(reply, key, fault);
}

/* One entry: {id, {field, value, ...}}. */
enum tt_err tt_redis_queue_read(const redisReply *reply, unsigned partition,
                                struct tt_queue_entry *ret_entry, struct tt_fault *fault)
{
    struct tt_queue_entry entry = {.partition = partition, .deliveries = 1};
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
        !tt_redis_parse_id(tt_redis_reply_text(reply->element[0]), &entry.id_ms, &entry.id_seq))
        return tt_redis_queue_strange(partition, fault);
    const redisReply *fields = reply->element[1];
    for (size_t i = 0; fields->type == REDIS_REPLY_ARRAY && i + 1 < fields->elements; i += 2)
        if (tt_str_equal(tt_redis_reply_text(fields->element[i]), TT_STR("e")))
            entry.payload = tt_redis_reply_text(fields->element[i + 1]);
    *ret_entry = entry;
    return TT_OK;
}

int tt_redis_queue_by_id(const void *a, const void *b)
{
    const struct tt_queue_entry *x = a, *y = b;
    if (x->id_ms != y->id_ms)
        return x->id_ms < y->id_ms ? -1 : 1;
    return ((uint64_t)x->id_seq > (uint64_t)y->id_seq) -
           ((uint64_t)x->id_seq < (uint64_t)y->id_seq);
}

void tt_redis_queue_sort(struct tt_redis_queue *queue, unsigned partition)
{
    const struct tt_redis_partition *p = &queue->partitions[partition];
    const struct tt_redis_hand *hand = &queue->hands[p->hand];
    if (p->count > 1)
        qsort(hand->entries + p->first, p->count, sizeof *hand->entries, tt_redis_queue_by_id);
}

enum tt_err tt_redis_queue_add(struct tt_redis_queue *queue, unsigned partition,
                               const redisReply *list, const redisReply *tries, int64_t fence,
                               struct tt_fault *fault)
{
    struct tt_redis_partition *p = &queue->partitions[partition];
    struct tt_redis_hand *hand = &queue->hands[p->hand];
    enum tt_err err = TT_OK;
    if (tt_mem_reserve((void **)&hand->entries, &hand->entry_capacity,
                       hand->entry_count + list->elements, sizeof *hand->entries) != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < list->elements && err == TT_OK; i++) {
        struct tt_queue_entry *entry = &hand->entries[hand->entry_count];
        err = tt_redis_queue_read(list->element[i], partition, entry, fault);
        if (err != TT_OK)
            break;
        if (tries != NULL && i < tries->elements)
            entry->deliveries = tries->element[i]->integer;
        entry->fence = fence;
        hand->entry_count++;
        p->count++;
    }
    return err;
}
