/* The end of a turn: what was in hand is acknowledged, and its ids are free. Finishing and the wait
 * behind it can be one round trip.
 *
 * Failure modes: the reply is lost: whatever was not acknowledged is given back after the next
 * connect and comes again, and its rows are found in the store. The lease has ended: nothing is
 * acknowledged, for others have the entries, or will. The server forgets the scripts, maybe in the
 * middle: those partitions that had none of it, or not all, are told again, and only those, for the
 * others have no lease any more. */
#include "adapters/redis/queue_parts.h"

#include <stdio.h>

/* Ids or tasks of one call. */
enum { WORDS_PER_PART = TT_REDIS_ARGS_MAX - TT_TURN_KEYS - 16 };

struct part {
    struct tt_redis_command command;
    tt_redis_turn_keys keys;
    char ids[WORDS_PER_PART][TT_STREAM_ID_BYTES];
};

static void begin_part(const struct tt_redis_queue *queue, struct part *part, unsigned partition,
                       bool last, size_t ids)
{
    tt_redis_turn_script(queue, &part->command, part->keys, TT_SCRIPT_FINISH, partition);
    tt_redis_word(&part->command, last ? "1" : "0");
    tt_redis_number(&part->command, (int64_t)ids);
}

/* All ids before the first task: an id is free only when everything of it is done. */
static enum tt_err send_finish(struct tt_redis_queue *queue, unsigned partition, size_t *sent,
                               struct tt_fault *fault)
{
    const struct tt_redis_partition *p = &queue->partitions[partition];
    const struct tt_redis_hand *hand = &queue->hands[p->hand];
    size_t ids = 0, tasks = 0;
    struct part part;
    enum tt_err err = TT_OK;
    do {
        size_t room = WORDS_PER_PART, now = p->count - ids < room ? p->count - ids : room;
        room -= now;
        size_t free = p->task_count - tasks < room ? p->task_count - tasks : room;
        bool last = ids + now == p->count && tasks + free == p->task_count;
        begin_part(queue, &part, partition, last, now);
        for (size_t i = 0; i < now; i++, ids++) {
            const struct tt_queue_entry *entry = &hand->entries[p->first + ids];
            tt_redis_format_id(part.ids[i], entry->id_ms, entry->id_seq);
            tt_redis_word(&part.command, part.ids[i]);
        }
        for (size_t i = 0; i < free; i++)
            tt_redis_text(&part.command, hand->tasks[p->first_task + tasks++]);
        err = tt_redis_send(&queue->redis, &part.command, fault);
        (*sent)++;
    } while (err == TT_OK && (ids < p->count || tasks < p->task_count));
    return err;
}

/* Sends what finishes the batch in hand; *ret_sent: how many answers will come. */
static enum tt_err send_all_finishes(struct tt_redis_queue *queue, size_t *ret_sent,
                                     struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    *ret_sent = 0;
    if (!queue->locking)
        err = tt_redis_queue_acknowledge(queue, ret_sent, fault);
    for (unsigned i = 0; i < queue->partition_count && err == TT_OK; i++) {
        struct tt_redis_partition *p = &queue->partitions[i];
        if (!p->in_hand || p->hand != queue->now)
            continue;
        if (queue->locking)
            err = send_finish(queue, i, ret_sent, fault);
        p->unsure = true;
        p->untold = queue->locking;
        tt_redis_queue_release(p, !queue->locking || queue->redis.cluster != NULL);
    }
    return err;
}

/* Whether a lease had ended, of this finish or of an earlier one that was not waited for. */
static bool tell_lost(struct tt_redis_queue *queue, int64_t least)
{
    bool lost = least < 0 || queue->ahead.lost;
    queue->ahead.lost = false;
    return lost;
}

static bool something_waits(const struct tt_redis_numbers *numbers)
{
    return numbers->least != 0 || numbers->sum != 0;
}

enum tt_err tt_redis_queue_finish(void *context, bool *ret_lost, struct tt_fault *fault)
{
    struct tt_redis_queue *queue = context;
    size_t sent = 0;
    struct tt_redis_numbers numbers = {.all = true};
    enum tt_err err = tt_redis_queue_go_on(queue, true, fault);
    if (err != TT_OK)
        return err;
    queue->ahead.peek = TT_PEEK_NONE; /* nobody said to carry on */
    tt_redis_queue_leave_parked(queue);
    if (queue->locking && !tt_redis_queue_is_ahead(queue)) {
        err = tt_redis_queue_tell_all(queue, send_finish, &numbers, fault);
        for (unsigned i = 0; i < queue->partition_count && err == TT_OK; i++)
            tt_redis_queue_release(&queue->partitions[i],
                                   something_waits(&numbers) || queue->redis.cluster != NULL);
    } else {
        err = send_all_finishes(queue, &sent, fault);
        if (err == TT_OK)
            err = tt_redis_queue_defer(queue, sent, fault);
    }
    if (err != TT_OK) {
        tt_redis_disconnect(&queue->redis);
        return err;
    }
    *ret_lost = tell_lost(queue, numbers.least);
    return TT_OK;
}

/* ---- Finishing, and waiting behind it */

/* What is in hand will be ready when it is finished, though nobody calls. */
static bool any_full(const struct tt_redis_queue *queue)
{
    bool any = false;
    for (unsigned i = 0; i < queue->partition_count; i++)
        any = any || (queue->partitions[i].in_hand && queue->partitions[i].full);
    return any;
}

/* Answers come in the order of what was sent. Where a finish says that something waits, what the
 * wait brought is not needed: the next claim looks. */
static enum tt_err take_both(struct tt_redis_queue *queue, bool waited,
                             struct tt_redis_numbers *numbers, struct tt_fault *fault)
{
    redisReply *reply = NULL;
    enum tt_err err = tt_redis_queue_numbers(queue, numbers, fault);
    bool forgotten = numbers->forgotten;
    if (err == TT_OK && waited)
        err = tt_redis_receive(&queue->redis, &reply, fault);
    if (err == TT_OK && waited)
        err = tt_redis_queue_refused(queue, TT_ANY_PARTITION, reply, fault);
    if (err == TT_OK && forgotten)
        err = tt_redis_queue_say_again(queue, send_finish, numbers, fault);
    bool waits = something_waits(numbers);
    for (unsigned i = 0; i < queue->partition_count && err == TT_OK; i++)
        tt_redis_queue_release(&queue->partitions[i], waits);
    if (err == TT_OK && waited && !waits && !forgotten)
        tt_redis_queue_take_wait(queue, reply);
    else if (reply != NULL)
        freeReplyObject(reply);
    return err;
}

enum tt_err tt_redis_queue_finish_and_wait(void *context, int64_t wait_ms, bool *ret_lost,
                                           struct tt_fault *fault)
{
    struct tt_redis_queue *queue = context;
    struct tt_redis_numbers numbers = {.all = true};
    enum tt_err err = tt_redis_queue_go_on(queue, true, fault); /* something may be ahead then */
    if (err != TT_OK)
        return err;
    if (!queue->locking || queue->redis.cluster != NULL || tt_redis_queue_is_ahead(queue)) {
        err = tt_redis_queue_finish(queue, ret_lost, fault);
        return err == TT_OK && !tt_redis_queue_is_ahead(queue)
                   ? tt_redis_queue_wait(queue, wait_ms, fault)
                   : err;
    }
    queue->ahead.peek = TT_PEEK_NONE;
    err = tt_redis_queue_settle(queue, fault);
    tt_redis_queue_leave_parked(queue);
    tt_redis_queue_drop_seen(queue);
    if (err == TT_OK)
        err = tt_redis_queue_say(queue, send_finish, fault);
    bool wait = !tt_redis_queue_any_ready(queue) && !any_full(queue);
    if (err == TT_OK && wait)
        err = tt_redis_queue_send_wait(queue, wait_ms, true, fault);
    if (err == TT_OK)
        err = take_both(queue, wait, &numbers, fault);
    if (err != TT_OK) {
        tt_redis_disconnect(&queue->redis); /* replies may be left */
        return err;
    }
    *ret_lost = tell_lost(queue, numbers.least);
    return TT_OK;
}
