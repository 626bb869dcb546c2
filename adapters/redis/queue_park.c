/* Parking: a task waits behind its dead letter. In one step the letter is written and everything of
 * the task that is pending, with us or waiting, changes to the consumer '+', from which nothing is
 * handed out. Where there is very much of it, in a few steps, each of which may be repeated; what
 * a crash leaves between them is found to be parked when our lease ends. */
#include "adapters/redis/queue_parts.h"

#include "core/base/assert.h"
#include "core/base/mem.h"
#include <string.h>

enum { IDS_PER_PART = TT_REDIS_ARGS_MAX - TT_TURN_KEYS - 16 };

struct part {
    struct tt_redis_command command;
    tt_redis_turn_keys keys;
    char id[TT_STREAM_ID_BYTES];
    char behind[IDS_PER_PART][TT_STREAM_ID_BYTES];
};

static enum tt_err send_part(struct tt_redis_queue *queue, const struct tt_queue_parking *parking,
                             struct tt_str key, size_t from, size_t count, struct tt_fault *fault)
{
    const struct tt_queue_entry *entry = parking->entry;
    struct part part;
    tt_redis_turn_script(queue, &part.command, part.keys, TT_SCRIPT_PARK, entry->partition);
    tt_redis_format_id(part.id, entry->id_ms, entry->id_seq);
    tt_redis_word(&part.command, part.id);
    tt_redis_word(&part.command, parking->reason);
    tt_redis_word(&part.command, parking->error);
    tt_redis_number(&part.command, entry->deliveries);
    tt_redis_text(&part.command, entry->payload);
    tt_redis_text(&part.command, key);
    for (size_t i = 0; i < count; i++) {
        const struct tt_queue_entry *behind = parking->behind[from + i];
        tt_redis_format_id(part.behind[i], behind->id_ms, behind->id_seq);
        tt_redis_word(&part.command, part.behind[i]);
    }
    return tt_redis_call_script(&queue->redis, &part.command, NULL, fault);
}

static void mark(struct tt_redis_queue *queue, const struct tt_queue_entry *entry)
{
    const struct tt_redis_hand *hand = &queue->hands[queue->now];
    size_t index = (size_t)(entry - hand->entries);
    tt_assert(index < hand->entry_count);
    queue->parked[index] = true;
}

enum tt_err tt_redis_queue_park(void *context, const struct tt_queue_parking *parking,
                                struct tt_fault *fault)
{
    struct tt_redis_queue *queue = context;
    size_t count = queue->hands[queue->now].entry_count;
    struct tt_buf key;
    tt_assert(queue->locking);
    enum tt_err err = tt_redis_queue_settle(queue, fault);
    if (err != TT_OK)
        return err;
    tt_buf_init(&key, 0);
    tt_buf_add_str(&key, parking->tenant);
    tt_buf_add_char(&key, '/');
    tt_buf_add_str(&key, parking->task_id);
    err = key.err;
    if (err == TT_OK)
        err = tt_mem_reserve((void **)&queue->parked, &queue->parked_capacity, count,
                             sizeof *queue->parked);
    if (err != TT_OK) {
        tt_buf_done(&key);
        return tt_fault_set(fault, err, "out of memory");
    }
    if (!queue->some_parked)
        memset(queue->parked, 0, count * sizeof *queue->parked);
    queue->some_parked = true;
    mark(queue, parking->entry);
    size_t done = 0, left = parking->behind_count;
    do {
        size_t now = left < IDS_PER_PART ? left : IDS_PER_PART;
        err = send_part(queue, parking, tt_buf_str(&key), done, now, fault);
        for (size_t i = 0; i < now; i++)
            mark(queue, parking->behind[done + i]);
        done += now;
        left -= now;
    } while (left > 0 && err == TT_OK);
    tt_buf_done(&key);
    return err;
}

void tt_redis_queue_leave_parked(struct tt_redis_queue *queue)
{
    struct tt_queue_entry *entries = queue->hands[queue->now].entries;
    for (unsigned i = 0; queue->some_parked && i < queue->partition_count; i++) {
        struct tt_redis_partition *p = &queue->partitions[i];
        size_t left = 0;
        if (p->hand != queue->now)
            continue;
        for (size_t k = p->first; k < p->first + p->count; k++)
            if (!queue->parked[k])
                entries[p->first + left++] = entries[k];
        p->count = left;
    }
    queue->some_parked = false;
}
