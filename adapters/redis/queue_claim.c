/* Claiming: which partitions are asked, and when; queue_offers.c has how.
 *
 * Which partitions. A worker asks first those that are its share by its rank among the workers
 * alive, and helps with others only when its own have nothing. So workers mostly stay out of each
 * other's way, and a partition with much to do gets help. Nothing is held between batches, so a
 * changed share needs no handing over. A pass asks a few partitions for large parts of the batch:
 * two, where these had enough the last time, or nobody knows yet; many events of one task are then
 * in one batch, and cost the store less. When little came of it, the next pass asks more of them.
 *
 * Failure modes: the reply is lost: the connection is closed, and what was claimed in it is given
 * back after the next connect, or when the lease ends; the server forgot the scripts: loaded
 * again, and the partitions are asked the next time round. */
#include "adapters/redis/queue_parts.h"

#include "adapters/redis/cluster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_PASS = TT_REDIS_AHEAD, PASS_GROWS = 4, DEEP_PASS = 2 };

bool tt_redis_queue_is_own(const struct tt_redis_queue *queue, unsigned partition)
{
    return !queue->locking || partition % queue->alive == queue->rank % queue->alive;
}

/* ---- Asking */

/* Without locking. */
static enum tt_err send_read(struct tt_redis_queue *queue, unsigned partition, size_t each,
                             struct tt_fault *fault)
{
    const struct tt_redis_partition *p = &queue->partitions[partition];
    char events[TT_REDIS_KEY_BYTES];
    struct tt_redis_command command;
    tt_redis_begin(&command);
    tt_redis_key(events, queue->prefix, partition, "events");
    if (p->recovering) {
        tt_redis_script(&command, &queue->redis, TT_SCRIPT_RECOVER, 1);
        tt_redis_word(&command, events);
        tt_redis_word(&command, TT_REDIS_GROUP);
        tt_redis_word(&command, queue->worker);
        tt_redis_number(&command, (int64_t)each);
        tt_redis_word(&command, p->cursor);
        tt_redis_number(&command, queue->lease_ms);
        return tt_redis_send(&queue->redis, &command, fault);
    }
    static const char *const before[] = {"XREADGROUP", "GROUP", TT_REDIS_GROUP};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        tt_redis_word(&command, before[i]);
    tt_redis_word(&command, queue->worker);
    tt_redis_word(&command, "COUNT");
    tt_redis_number(&command, (int64_t)each);
    tt_redis_word(&command, "STREAMS");
    tt_redis_word(&command, events);
    tt_redis_word(&command, ">");
    return tt_redis_send(&queue->redis, &command, fault);
}

void tt_redis_queue_set_out(struct tt_redis_queue *queue, const unsigned *partitions, size_t count,
                            unsigned hand)
{
    for (size_t i = 0; i < count; i++) {
        struct tt_redis_partition *p = &queue->partitions[partitions[i]];
        p->asked = p->in_hand = true;
        p->hand = hand;
        p->count = p->task_count = p->offer_count = 0;
    }
}

enum tt_err tt_redis_queue_ask(struct tt_redis_queue *queue, const unsigned *partitions,
                               size_t count, size_t each, int64_t floor, unsigned hand,
                               struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    tt_redis_queue_set_out(queue, partitions, count, hand);
    if (queue->locking)
        err = tt_redis_queue_look(queue, partitions, count, each, fault);
    for (size_t i = 0; i < count && err == TT_OK; i++)
        err = queue->locking ? tt_redis_queue_offer(queue, partitions[i], each, floor, fault)
                             : send_read(queue, partitions[i], each, fault);
    return err;
}

/* ---- Answers */

static void keep_last(struct tt_redis_partition *p, struct tt_str id)
{
    if (id.ptr != NULL && id.len > 0)
        snprintf(p->last_id, sizeof p->last_id, "%.*s", TT_STR_ARGS(id));
}

static enum tt_err take_new(struct tt_redis_queue *queue, unsigned partition,
                            const redisReply *reply, size_t each, struct tt_fault *fault)
{
    struct tt_redis_partition *p = &queue->partitions[partition];
    const redisReply *stream = reply->type == REDIS_REPLY_ARRAY ? reply->element[0] : NULL;
    p->ready = false;
    keep_last(p, TT_STR("$")); /* others may have read what is behind our last one */
    if (reply->type == REDIS_REPLY_NIL)
        return TT_OK;
    if (stream == NULL || stream->type != REDIS_REPLY_ARRAY || stream->elements != 2)
        return tt_redis_queue_strange(partition, fault);
    const redisReply *list = stream->element[1];
    enum tt_err err = tt_redis_queue_add(queue, partition, list, NULL, 0, fault);
    p->ready = list->elements >= each;
    if (err == TT_OK && list->elements > 0)
        keep_last(p, tt_redis_reply_text(list->element[list->elements - 1]->element[0]));
    return err;
}

static enum tt_err take_recovered(struct tt_redis_queue *queue, unsigned partition,
                                  const redisReply *reply, struct tt_fault *fault)
{
    struct tt_redis_partition *p = &queue->partitions[partition];
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 4)
        return tt_redis_queue_strange(partition, fault);
    snprintf(p->cursor, sizeof p->cursor, "%.*s",
             TT_STR_ARGS(tt_redis_reply_text(reply->element[0])));
    p->recovering = strcmp(p->cursor, "0-0") != 0;
    p->ready = true;
    queue->vanished += (uint64_t)reply->element[2]->integer;
    enum tt_err err =
        tt_redis_queue_add(queue, partition, reply->element[1], reply->element[3], 0, fault);
    if (err == TT_OK)
        tt_redis_queue_sort(queue, partition);
    return err;
}

enum tt_err tt_redis_queue_answer(struct tt_redis_queue *queue, unsigned partition, size_t each,
                                  bool *ret_forgotten, struct tt_fault *fault)
{
    struct tt_redis_partition *p = &queue->partitions[partition];
    redisReply *reply = NULL;
    p->first = queue->hands[p->hand].entry_count;
    p->maybe = false;
    if (queue->locking) {
        enum tt_err err = tt_redis_queue_take(queue, partition, each, ret_forgotten, fault);
        p->deep = p->ready && p->count >= each / 2;
        return err;
    }
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
    if (tt_redis_is_error(reply, "TRYAGAIN")) {
        p->ready = p->in_hand = false; /* its slot is on its way to another node */
        return TT_OK;
    }
    err = tt_redis_queue_refused(queue, partition, reply, fault);
    if (err == TT_OK)
        err = p->recovering ? take_recovered(queue, partition, reply, fault)
                            : take_new(queue, partition, reply, each, fault);
    p->deep = p->ready && p->count >= each / 2;
    p->in_hand = p->count > 0;
    return err;
}

/* ---- Passes */

/* One that has something in hand is left out: its next entries may be of the same ids. */
static bool can_ask(const struct tt_redis_queue *queue, unsigned partition, bool own, bool maybe)
{
    const struct tt_redis_partition *p = &queue->partitions[partition];
    return (p->ready || (maybe && p->maybe)) && !p->asked && !p->in_hand &&
           tt_redis_queue_is_own(queue, partition) == own;
}

size_t tt_redis_queue_choose(struct tt_redis_queue *queue, bool own, bool maybe, size_t limit,
                             unsigned *list)
{
    unsigned count = queue->partition_count, first = queue->next_first % count;
    size_t chosen = 0;
    bool deep = limit <= FIRST_PASS;
    for (unsigned i = 0; i < count && chosen < limit && !(deep && chosen == DEEP_PASS); i++) {
        unsigned partition = (first + i) % count;
        if (!can_ask(queue, partition, own, maybe))
            continue;
        list[chosen++] = partition;
        deep = deep && queue->partitions[partition].deep;
    }
    if (chosen > 0)
        queue->next_first = list[chosen - 1] + 1;
    return chosen;
}

void tt_redis_queue_ask_anew(struct tt_redis_queue *queue)
{
    for (unsigned i = 0; i < queue->partition_count; i++)
        queue->partitions[i].asked = false;
}

static int by_order(const void *a, const void *b, void *context)
{
    const struct tt_redis_partition *partitions = context;
    const struct tt_queue_entry *x = a, *y = b;
    size_t first = partitions[x->partition].order, second = partitions[y->partition].order;
    if (first != second)
        return first < second ? -1 : 1;
    return tt_redis_queue_by_id(x, y);
}

/* Those that offered what others had taken meanwhile, one after the other; then the entries of the
 * pass, from `from` on, are put in the order of its partitions. */
static enum tt_err ask_stale(struct tt_redis_queue *queue, const unsigned *list, size_t count,
                             size_t each, int64_t floor, size_t from, struct tt_fault *fault)
{
    struct tt_redis_hand *hand = &queue->hands[queue->now];
    bool forgotten = false, any = false;
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < count && err == TT_OK; i++) {
        struct tt_redis_partition *p = &queue->partitions[list[i]];
        p->order = i;
        if (!p->stale)
            continue;
        any = true;
        err = tt_redis_queue_ask(queue, &list[i], 1, each, floor, queue->now, fault);
        if (err == TT_OK)
            err = tt_redis_queue_answer(queue, list[i], each, &forgotten, fault);
    }
    if (!any || err != TT_OK || hand->entry_count == from)
        return err;
    qsort_r(hand->entries + from, hand->entry_count - from, sizeof *hand->entries, by_order,
            queue->partitions);
    for (size_t i = 0, at = from; i < count; at += queue->partitions[list[i++]].count)
        queue->partitions[list[i]].first = at;
    return TT_OK;
}

struct pass {
    bool own, maybe; /* which partitions: see tt_redis_queue_choose */
    size_t limit;
};

/* *ret_asked: how many partitions */
static enum tt_err run_pass(struct tt_redis_queue *queue, const struct pass *pass, size_t room,
                            int64_t floor, size_t *ret_asked, struct tt_fault *fault)
{
    unsigned list[FIRST_PASS * PASS_GROWS * PASS_GROWS];
    size_t count = tt_redis_queue_choose(queue, pass->own, pass->maybe,
                                         pass->limit < room ? pass->limit : room, list);
    size_t from = queue->hands[queue->now].entry_count;
    bool forgotten = false;
    *ret_asked = count;
    if (count == 0)
        return TT_OK;
    size_t each = room / count;
    enum tt_err err = tt_redis_queue_ask(queue, list, count, each, floor, queue->now, fault);
    if (err == TT_OK)
        err = tt_redis_queue_settle(queue, fault); /* a finish that was sent before, if any */
    for (size_t i = 0; i < count && err == TT_OK; i++)
        err = tt_redis_queue_answer(queue, list[i], each, &forgotten, fault);
    if (err == TT_OK && forgotten)
        return tt_redis_load_scripts(&queue->redis, fault);
    return err == TT_OK ? ask_stale(queue, list, count, each, floor, from, fault) : err;
}

/* Passes over our own partitions, or over the others, until the batch is half full. One that was
 * asked for ahead does not wait for what there only may be. */
static enum tt_err run_passes(struct tt_redis_queue *queue, bool own, size_t max, int64_t floor,
                              struct tt_fault *fault)
{
    const struct tt_redis_hand *hand = &queue->hands[queue->now];
    struct pass pass = {own, hand->entry_count == 0, FIRST_PASS};
    size_t asked = 1;
    enum tt_err err = TT_OK;
    while (err == TT_OK && asked > 0 && hand->entry_count <= max / 2 && hand->entry_count < max) {
        err = run_pass(queue, &pass, max - hand->entry_count, floor, &asked, fault);
        if (pass.limit < FIRST_PASS * PASS_GROWS * PASS_GROWS)
            pass.limit *= PASS_GROWS;
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

/* What the last wait saw is good for one claim, whose entries may borrow from it. */
static enum tt_err keep_seen(struct tt_redis_queue *queue, struct tt_redis_hand *hand,
                             struct tt_fault *fault)
{
    redisReply *waited = queue->waited;
    queue->waited = NULL;
    return waited == NULL ? TT_OK : tt_redis_queue_keep(hand, waited, fault);
}

bool tt_redis_queue_has_moved(struct tt_redis_queue *queue)
{
    uint64_t moves = tt_redis_cluster_moves(queue->redis.cluster);
    bool moved = queue->locking && moves != queue->moves;
    queue->moves = moves;
    return moved;
}

enum tt_err tt_redis_queue_claim(void *context, size_t max, int64_t fence_min,
                                 struct tt_queue_batch *ret_batch, struct tt_fault *fault)
{
    struct tt_redis_queue *queue = context;
    struct tt_redis_hand *hand = &queue->hands[!queue->now];
    queue->batch_max = max;
    tt_redis_queue_forget(queue, queue->now);
    enum tt_err err = tt_redis_queue_collect(queue, fault);
    queue->now = !queue->now; /* what was asked for ahead, if anything */
    plan_look(queue);
    if (hand->reply_count == 0)
        tt_redis_queue_ask_anew(queue);
    if (err == TT_OK)
        err = keep_seen(queue, hand, fault);
    if (err == TT_OK)
        err = run_passes(queue, true, max, fence_min, fault);
    if (err == TT_OK && hand->entry_count == 0)
        err = run_passes(queue, false, max, fence_min, fault);
    tt_redis_queue_drop_seen(queue);
    if (err != TT_OK) {
        /* Replies may be half read: only a new connection is in step again. */
        tt_redis_disconnect(&queue->redis);
        return err;
    }
    *ret_batch =
        (struct tt_queue_batch){.entries = hand->entries,
                                .count = hand->entry_count,
                                .vanished = queue->vanished,
                                .moved = hand->entry_count > 0 && tt_redis_queue_has_moved(queue)};
    queue->vanished = 0;
    return TT_OK;
}
