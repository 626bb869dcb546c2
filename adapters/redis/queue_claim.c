/* Claiming: one script call per partition asked, those of a pass in one round trip.
 *
 * Which partitions. A worker asks first those that are its share by its rank among the workers
 * alive, and helps with others only when its own have nothing. So workers mostly stay out of each
 * other's way, and a partition with much to do gets help. Nothing is held between batches, so a
 * changed share needs no handing over. A pass asks a few partitions for large parts of the batch;
 * when little came of it, the next asks more of them.
 *
 * Failure modes: the reply is lost: the connection is closed, and what was claimed in it is given
 * back after the next connect, or when the lease ends; the server forgot the scripts: loaded
 * again, and the partitions are asked the next time round. */
#include "adapters/redis/queue_parts.h"

#include "core/base/limits.h"
#include "core/base/mem.h"
#include <stdio.h>
#include <string.h>

enum { FIRST_PASS = TT_REDIS_AHEAD, PASS_GROWS = 4 };

bool tt_redis_queue_is_own(const struct tt_redis_queue *queue, unsigned partition)
{
    return !queue->locking || partition % queue->alive == queue->rank % queue->alive;
}

/* ---- Asking */

static enum tt_err send_claim(struct tt_redis_queue *queue, unsigned partition, size_t each,
                              int64_t floor, struct tt_fault *fault)
{
    tt_redis_turn_keys keys;
    struct tt_redis_command command;
    tt_redis_turn_script(queue, &command, keys, TT_SCRIPT_CLAIM, partition);
    tt_redis_number(&command, queue->lease_ms);
    tt_redis_number(&command, (int64_t)each);
    tt_redis_number(&command, floor);
    tt_redis_number(&command, TT_TURNS_WAITING_MAX);
    return tt_redis_send(&queue->redis, &command, fault);
}

/* Without locking. */
static enum tt_err send_read(struct tt_redis_queue *queue, unsigned partition, size_t each,
                             struct tt_fault *fault)
{
    const struct tt_redis_partition *p = &queue->partitions[partition];
    char events[TT_REDIS_KEY_BYTES];
    struct tt_redis_command command;
    command.count = 0;
    tt_redis_key(events, queue->prefix, partition, "events");
    tt_redis_script(&command, &queue->redis, TT_SCRIPT_READ, 1);
    tt_redis_word(&command, events);
    tt_redis_word(&command, TT_REDIS_GROUP);
    tt_redis_word(&command, queue->worker);
    tt_redis_number(&command, (int64_t)each);
    tt_redis_word(&command, p->recovering ? p->cursor : "");
    tt_redis_number(&command, queue->lease_ms);
    return tt_redis_send(&queue->redis, &command, fault);
}

enum tt_err tt_redis_queue_ask(struct tt_redis_queue *queue, const unsigned *partitions,
                               size_t count, size_t each, int64_t floor, unsigned hand,
                               struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < count && err == TT_OK; i++) {
        struct tt_redis_partition *p = &queue->partitions[partitions[i]];
        p->asked = p->in_hand = true;
        p->hand = hand;
        p->tasks = NULL;
        p->count = 0;
        err = queue->locking ? send_claim(queue, partitions[i], each, floor, fault)
                             : send_read(queue, partitions[i], each, fault);
    }
    return err;
}

/* ---- Answers */

static enum tt_err strange(unsigned partition, struct tt_fault *fault)
{
    return tt_fault_set(fault, TT_ERR_IO, "redis: partition %u: an answer of unexpected shape",
                        partition);
}

static void keep_last(struct tt_redis_partition *p, struct tt_str id)
{
    if (id.ptr != NULL && id.len > 0)
        snprintf(p->last_id, sizeof p->last_id, "%.*s", TT_STR_ARGS(id));
}

static enum tt_err take_claim(struct tt_redis_queue *queue, unsigned partition,
                              const redisReply *reply, struct tt_fault *fault)
{
    struct tt_redis_partition *p = &queue->partitions[partition];
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 7)
        return strange(partition, fault);
    const redisReply *tasks = reply->element[6];
    p->ready = reply->element[1]->integer == 1;
    p->full = reply->element[1]->integer == 2;
    keep_last(p, tt_redis_reply_text(reply->element[2]));
    p->in_hand = tasks->elements > 0;
    p->tasks = p->in_hand ? tasks : NULL;
    queue->vanished += (uint64_t)reply->element[3]->integer;
    return tt_redis_queue_add(queue, partition, reply->element[4], reply->element[5],
                              reply->element[0]->integer, fault);
}

static enum tt_err take_read(struct tt_redis_queue *queue, unsigned partition,
                             const redisReply *reply, size_t each, struct tt_fault *fault)
{
    struct tt_redis_partition *p = &queue->partitions[partition];
    struct tt_str what = reply->type == REDIS_REPLY_ARRAY && reply->elements > 0
                             ? tt_redis_reply_text(reply->element[0])
                             : TT_STR_NONE;
    if (tt_str_equal(what, TT_STR("new")) && reply->elements == 2) {
        const redisReply *list = reply->element[1];
        enum tt_err err = tt_redis_queue_add(queue, partition, list, NULL, 0, fault);
        p->ready = list->elements >= each;
        if (err == TT_OK) /* others may have read what is behind our last one */
            keep_last(p, list->elements == 0
                             ? TT_STR("$")
                             : tt_redis_reply_text(list->element[list->elements - 1]->element[0]));
        return err;
    }
    if (!tt_str_equal(what, TT_STR("claimed")) || reply->elements != 5)
        return strange(partition, fault);
    snprintf(p->cursor, sizeof p->cursor, "%.*s",
             TT_STR_ARGS(tt_redis_reply_text(reply->element[1])));
    p->recovering = strcmp(p->cursor, "0-0") != 0;
    p->ready = true;
    queue->vanished += (uint64_t)reply->element[3]->integer;
    return tt_redis_queue_add(queue, partition, reply->element[2], reply->element[4], 0, fault);
}

enum tt_err tt_redis_queue_answer(struct tt_redis_queue *queue, unsigned partition, size_t each,
                                  bool *ret_forgotten, struct tt_fault *fault)
{
    struct tt_redis_partition *p = &queue->partitions[partition];
    redisReply *reply = NULL;
    enum tt_err err = tt_redis_receive(&queue->redis, &reply, fault);
    if (err == TT_OK)
        err = tt_redis_queue_keep(&queue->hands[p->hand], reply, fault);
    if (err != TT_OK)
        return err;
    if (tt_redis_is_noscript(reply)) {
        *ret_forgotten = true;
        p->ready = true; /* the next time round */
        p->in_hand = false;
        return TT_OK;
    }
    err = tt_redis_refused(reply, fault);
    if (err != TT_OK)
        return err;
    if (queue->locking)
        return take_claim(queue, partition, reply, fault);
    err = take_read(queue, partition, reply, each, fault);
    p->in_hand = p->count > 0;
    return err;
}

/* ---- Passes */

/* One that has something in hand is left out: its next entries may be of the same ids. */
static bool can_ask(const struct tt_redis_queue *queue, unsigned partition, bool own)
{
    const struct tt_redis_partition *p = &queue->partitions[partition];
    return p->ready && !p->asked && !p->in_hand && tt_redis_queue_is_own(queue, partition) == own;
}

size_t tt_redis_queue_choose(struct tt_redis_queue *queue, bool own, size_t limit, unsigned *list)
{
    unsigned count = queue->partition_count, first = queue->next_first % count;
    size_t chosen = 0;
    for (unsigned i = 0; i < count && chosen < limit; i++)
        if (can_ask(queue, (first + i) % count, own))
            list[chosen++] = (first + i) % count;
    if (chosen > 0)
        queue->next_first = list[chosen - 1] + 1;
    return chosen;
}

void tt_redis_queue_ask_anew(struct tt_redis_queue *queue)
{
    for (unsigned i = 0; i < queue->partition_count; i++)
        queue->partitions[i].asked = false;
}

/* *ret_asked: how many partitions */
static enum tt_err run_pass(struct tt_redis_queue *queue, bool own, size_t limit, size_t room,
                            int64_t floor, size_t *ret_asked, struct tt_fault *fault)
{
    unsigned list[FIRST_PASS * PASS_GROWS * PASS_GROWS];
    size_t count = tt_redis_queue_choose(queue, own, limit < room ? limit : room, list);
    bool forgotten = false;
    *ret_asked = count;
    if (count == 0)
        return TT_OK;
    enum tt_err err =
        tt_redis_queue_ask(queue, list, count, room / count, floor, queue->now, fault);
    if (err == TT_OK)
        err = tt_redis_queue_settle(queue, fault); /* a finish that was sent before */
    for (size_t i = 0; i < count && err == TT_OK; i++)
        err = tt_redis_queue_answer(queue, list[i], room / count, &forgotten, fault);
    return err == TT_OK && forgotten ? tt_redis_load_scripts(&queue->redis, fault) : err;
}

/* Passes over our own partitions, or over the others, until the batch is half full. */
static enum tt_err run_passes(struct tt_redis_queue *queue, bool own, size_t max, int64_t floor,
                              struct tt_fault *fault)
{
    const struct tt_redis_hand *hand = &queue->hands[queue->now];
    size_t limit = FIRST_PASS, asked = 1;
    enum tt_err err = TT_OK;
    while (err == TT_OK && asked > 0 && hand->entry_count <= max / 2 && hand->entry_count < max) {
        err = run_pass(queue, own, limit, max - hand->entry_count, floor, &asked, fault);
        if (limit < FIRST_PASS * PASS_GROWS * PASS_GROWS)
            limit *= PASS_GROWS;
    }
    return err;
}

/* Now and then everything is looked at: a dead worker tells nobody. */
static void plan_look(struct tt_redis_queue *queue)
{
    struct tt_mono now = queue->clock->mono(queue->clock->context);
    if (now.us < queue->look_due.us)
        return;
    queue->look_due.us = now.us + queue->lease_ms * 1000 / (queue->locking ? 3 : 1);
    for (unsigned i = 0; i < queue->partition_count; i++) {
        struct tt_redis_partition *p = &queue->partitions[i];
        p->ready = true;
        if (!queue->locking) {
            p->recovering = true;
            snprintf(p->cursor, sizeof p->cursor, "0-0");
        }
    }
}

enum tt_err tt_redis_queue_claim(void *context, size_t max, int64_t fence_min,
                                 struct tt_queue_batch *ret_batch, struct tt_fault *fault)
{
    struct tt_redis_queue *queue = context;
    struct tt_redis_hand *hand = &queue->hands[!queue->now];
    tt_redis_queue_forget(queue, queue->now);
    enum tt_err err = tt_redis_queue_collect(queue, fault);
    queue->now = !queue->now; /* what was asked for ahead, if anything */
    plan_look(queue);
    if (hand->reply_count == 0)
        tt_redis_queue_ask_anew(queue);
    if (err == TT_OK)
        err = run_passes(queue, true, max, fence_min, fault);
    if (err == TT_OK && hand->entry_count == 0)
        err = run_passes(queue, false, max, fence_min, fault);
    if (err != TT_OK) {
        /* Replies may be half read: only a new connection is in step again. */
        tt_redis_disconnect(&queue->redis);
        return err;
    }
    *ret_batch = (struct tt_queue_batch){
        .entries = hand->entries, .count = hand->entry_count, .vanished = queue->vanished};
    queue->vanished = 0;
    return TT_OK;
}
