/* Claiming new entries with their turns. First a look at what is behind the last entry delivered:
 * it changes nothing, and is quick. Then the entries are offered to the script by id and task; it
 * takes them only when they are still the next ones, so reading and locking stay one step, and the
 * contents need not go through it. Calls hold a few hundred offers; those of one partition follow
 * each other, each from where the one before ended.
 *
 * Failure modes: somebody was quicker: the script takes what is behind the last one delivered now;
 * where we have not seen all of that, it does nothing and the partition is asked again. The server
 * forgot the script: the partition is asked again the next time round. */
#include "adapters/redis/queue_parts.h"

#include "adapters/redis/task_key.h"
#include "core/base/limits.h"
#include <stdio.h>
#include <string.h>

enum {
    WORDS_BEFORE = 3 + TT_TURN_KEYS + 9,
    OFFERS_PER_CALL = (TT_REDIS_ARGS_MAX - WORDS_BEFORE) / 2,
    ANSWER_PARTS = 12
};

static enum tt_err no_memory(struct tt_fault *fault)
{
    return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
}

/* ---- Looking */

static enum tt_err send_look(struct tt_redis_queue *queue, unsigned partition, size_t each,
                             struct tt_fault *fault)
{
    char events[TT_REDIS_KEY_BYTES], from[TT_STREAM_ID_BYTES + 1];
    struct tt_redis_command command;
    tt_redis_begin(&command);
    tt_redis_key(events, queue->prefix, partition, "events");
    snprintf(from, sizeof from, "(%s", queue->partitions[partition].last_id);
    tt_redis_word(&command, "XRANGE");
    tt_redis_word(&command, events);
    tt_redis_word(&command, from);
    tt_redis_word(&command, "+");
    tt_redis_word(&command, "COUNT");
    tt_redis_number(&command, (int64_t)each);
    return tt_redis_send(&queue->redis, &command, fault);
}

static enum tt_err add_offer(struct tt_redis_hand *hand, const redisReply *reply,
                             unsigned partition, struct tt_fault *fault)
{
    struct tt_redis_offer *offer = &hand->offers[hand->offer_count];
    char key[TT_TASK_KEY_BYTES];
    enum tt_err err = tt_redis_queue_read(reply, partition, &offer->entry, fault);
    if (err != TT_OK)
        return err;
    size_t len = reply->element[1]->elements == 2 && offer->entry.payload.ptr != NULL
                     ? tt_redis_task_key(offer->entry.payload, key)
                     : 0;
    offer->id = tt_redis_reply_text(reply->element[0]);
    offer->key = (struct tt_str){len == 0 ? "" : tt_arena_copy(&hand->keys, key, len), len};
    if (offer->key.ptr == NULL)
        return no_memory(fault);
    hand->offer_count++;
    return TT_OK;
}

static enum tt_err add_offers(struct tt_redis_queue *queue, unsigned partition,
                              const redisReply *list, struct tt_fault *fault)
{
    struct tt_redis_partition *p = &queue->partitions[partition];
    struct tt_redis_hand *hand = &queue->hands[p->hand];
    enum tt_err err = TT_OK;
    if (tt_mem_reserve((void **)&hand->offers, &hand->offer_capacity,
                       hand->offer_count + list->elements, sizeof *hand->offers) != TT_OK)
        return no_memory(fault);
    p->first_offer = hand->offer_count;
    for (size_t i = 0; i < list->elements && err == TT_OK; i++)
        err = add_offer(hand, list->element[i], partition, fault);
    p->offer_count = hand->offer_count - p->first_offer;
    return err;
}

/* What was found is kept as long as the hand. */
enum tt_err tt_redis_queue_take_look(struct tt_redis_queue *queue, unsigned partition,
                                     redisReply *reply, struct tt_fault *fault)
{
    struct tt_redis_hand *hand = &queue->hands[queue->partitions[partition].hand];
    enum tt_err err = tt_redis_queue_keep(hand, reply, fault);
    if (err == TT_OK)
        err = tt_redis_queue_refused(queue, partition, reply, fault);
    return err == TT_OK ? add_offers(queue, partition, reply, fault) : err;
}

/* It is kept already. */
enum tt_err tt_redis_queue_take_seen(struct tt_redis_queue *queue, unsigned partition,
                                     struct tt_fault *fault)
{
    const redisReply *seen = queue->partitions[partition].seen;
    queue->partitions[partition].seen = NULL;
    return add_offers(queue, partition, seen, fault);
}

static enum tt_err receive_look(struct tt_redis_queue *queue, unsigned partition,
                                struct tt_fault *fault)
{
    redisReply *reply = NULL;
    if (queue->partitions[partition].seen != NULL)
        return tt_redis_queue_take_seen(queue, partition, fault);
    enum tt_err err = tt_redis_receive(&queue->redis, &reply, fault);
    return err == TT_OK ? tt_redis_queue_take_look(queue, partition, reply, fault) : err;
}

enum tt_err tt_redis_queue_send_looks(struct tt_redis_queue *queue, const unsigned *partitions,
                                      size_t count, size_t each, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < count && err == TT_OK; i++) {
        struct tt_redis_partition *p = &queue->partitions[partitions[i]];
        if (p->seen != NULL && p->seen->elements < each)
            continue; /* that was all there is */
        p->seen = NULL;
        err = send_look(queue, partitions[i], each, fault);
    }
    return err;
}

enum tt_err tt_redis_queue_take_looks(struct tt_redis_queue *queue, const unsigned *partitions,
                                      size_t count, struct tt_fault *fault)
{
    enum tt_err err = TT_OK;
    for (size_t i = 0; i < count && err == TT_OK; i++)
        err = receive_look(queue, partitions[i], fault);
    return err;
}

enum tt_err tt_redis_queue_look(struct tt_redis_queue *queue, const unsigned *partitions,
                                size_t count, size_t each, struct tt_fault *fault)
{
    enum tt_err err = tt_redis_queue_send_looks(queue, partitions, count, each, fault);
    if (err == TT_OK)
        err = tt_redis_queue_settle(queue, fault);
    return err == TT_OK ? tt_redis_queue_take_looks(queue, partitions, count, fault) : err;
}

/* ---- Offering */

/* NULL where none was ever made. */
static struct tt_redis_offer *offers_of(const struct tt_redis_hand *hand,
                                        const struct tt_redis_partition *p)
{
    return hand->offers == NULL ? NULL : hand->offers + p->first_offer;
}

static size_t calls_of(const struct tt_redis_partition *p)
{
    size_t calls = (p->offer_count + OFFERS_PER_CALL - 1) / OFFERS_PER_CALL;
    return calls == 0 ? 1 : calls;
}

enum tt_err tt_redis_queue_offer(struct tt_redis_queue *queue, unsigned partition, size_t each,
                                 int64_t floor, struct tt_fault *fault)
{
    const struct tt_redis_partition *p = &queue->partitions[partition];
    const struct tt_redis_offer *offers = offers_of(&queue->hands[p->hand], p);
    enum tt_err err = TT_OK;
    for (size_t at = 0, call = 0; call < calls_of(p) && err == TT_OK; call++) {
        size_t now = p->offer_count - at < OFFERS_PER_CALL ? p->offer_count - at : OFFERS_PER_CALL;
        tt_redis_turn_keys keys;
        struct tt_redis_command command;
        tt_redis_turn_script(queue, &command, keys, TT_SCRIPT_CLAIM, partition);
        command.impatient = true;
        tt_redis_number(&command, queue->lease_ms);
        tt_redis_number(&command, (int64_t)each);
        tt_redis_number(&command, floor);
        tt_redis_number(&command, TT_TURNS_WAITING_MAX);
        tt_redis_word(&command, call > 0 ? "1" : p->offer_count >= each ? "2" : "0");
        if (call > 0)
            tt_redis_text(&command, offers[at - 1].id);
        else
            tt_redis_word(&command, p->last_id);
        tt_redis_number(&command, (int64_t)now);
        for (size_t end = at + now; at < end; at++) {
            tt_redis_text(&command, offers[at].id);
            tt_redis_text(&command, offers[at].key);
        }
        err = tt_redis_send(&queue->redis, &command, fault);
    }
    return err;
}

/* ---- Taking what the script gave */

static enum tt_err add_task(struct tt_redis_hand *hand, struct tt_redis_partition *p,
                            struct tt_str task, struct tt_fault *fault)
{
    if (tt_mem_reserve((void **)&hand->tasks, &hand->task_capacity, hand->task_count + 1,
                       sizeof *hand->tasks) != TT_OK)
        return no_memory(fault);
    hand->tasks[hand->task_count++] = task;
    p->task_count++;
    return TT_OK;
}

/* Of the offers of one call those that were taken and need not wait. */
static enum tt_err take_offers(struct tt_redis_hand *hand, struct tt_redis_partition *p,
                               struct tt_redis_offer *offers, const redisReply *reply,
                               struct tt_fault *fault)
{
    size_t first = (size_t)reply->element[7]->integer, taken = (size_t)reply->element[8]->integer;
    const redisReply *refused = reply->element[9], *firsts = reply->element[10];
    const redisReply *named = reply->element[11];
    size_t next = 0;
    enum tt_err err = TT_OK;
    if (tt_mem_reserve((void **)&hand->entries, &hand->entry_capacity, hand->entry_count + taken,
                       sizeof *hand->entries) != TT_OK)
        return no_memory(fault);
    for (size_t i = first - 1; i < taken; i++) {
        if (next < refused->elements && refused->element[next]->integer == (long long)i + 1) {
            next++;
            continue;
        }
        hand->entries[hand->entry_count] = offers[i].entry;
        hand->entries[hand->entry_count++].fence = reply->element[0]->integer;
        p->count++;
    }
    for (size_t i = 0; i + 1 < named->elements; i += 2)
        offers[named->element[i]->integer - 1].key = tt_redis_reply_text(named->element[i + 1]);
    for (size_t i = 0; i < firsts->elements && err == TT_OK; i++)
        err = add_task(hand, p, offers[firsts->element[i]->integer - 1].key, fault);
    return err;
}

/* Positions are 1 and up, in order, within `limit`; every `step`th element is one. */
static bool are_positions(const redisReply *list, size_t step, size_t limit)
{
    if (list->type != REDIS_REPLY_ARRAY || list->elements % step != 0)
        return false;
    for (size_t i = 0; i < list->elements; i += step)
        if (list->element[i]->type != REDIS_REPLY_INTEGER || list->element[i]->integer < 1 ||
            list->element[i]->integer > (long long)limit)
            return false;
    return true;
}

static bool is_answer(const redisReply *reply, size_t offers)
{
    /* a: list, i: number, s: text */
    static const char types[ANSWER_PARTS + 1] = "iisiaaaiiaaa";
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != ANSWER_PARTS)
        return false;
    for (size_t i = 0; i < ANSWER_PARTS; i++)
        if (reply->element[i]->type != (types[i] == 'i'   ? REDIS_REPLY_INTEGER
                                        : types[i] == 's' ? REDIS_REPLY_STRING
                                                          : REDIS_REPLY_ARRAY))
            return false;
    long long taken = reply->element[8]->integer;
    return reply->element[7]->integer >= 1 && taken >= 0 && taken <= (long long)offers &&
           are_positions(reply->element[9], 1, (size_t)taken) &&
           are_positions(reply->element[10], 1, (size_t)taken) &&
           are_positions(reply->element[11], 2, (size_t)taken);
}

static enum tt_err take_call(struct tt_redis_queue *queue, unsigned partition,
                             struct tt_redis_offer *offers, const redisReply *reply,
                             struct tt_fault *fault)
{
    struct tt_redis_partition *p = &queue->partitions[partition];
    struct tt_redis_hand *hand = &queue->hands[p->hand];
    const redisReply *waited = reply->element[4], *tasks = reply->element[6];
    p->ready = p->ready || reply->element[1]->integer == 1;
    p->full = reply->element[1]->integer == 2;
    p->stale = p->stale || reply->element[1]->integer == 3;
    snprintf(p->last_id, sizeof p->last_id, "%.*s",
             TT_STR_ARGS(tt_redis_reply_text(reply->element[2])));
    queue->vanished += (uint64_t)reply->element[3]->integer;
    enum tt_err err = tt_redis_queue_add(queue, partition, waited, reply->element[5],
                                         reply->element[0]->integer, fault);
    for (size_t i = 0; i < tasks->elements && err == TT_OK; i++)
        err = add_task(hand, p, tt_redis_reply_text(tasks->element[i]), fault);
    if (err == TT_OK)
        err = take_offers(hand, p, offers, reply, fault);
    return err;
}

enum tt_err tt_redis_queue_take(struct tt_redis_queue *queue, unsigned partition, size_t each,
                                bool *ret_forgotten, struct tt_fault *fault)
{
    struct tt_redis_partition *p = &queue->partitions[partition];
    struct tt_redis_hand *hand = &queue->hands[p->hand];
    size_t calls = calls_of(p), at = 0;
    bool waited = false, away = false;
    p->first_task = hand->task_count;
    p->ready = calls > 1 && p->offer_count >= each; /* there may be more than we saw */
    p->stale = false;
    for (size_t call = 0; call < calls; call++, at += OFFERS_PER_CALL) {
        size_t left = p->offer_count - at;
        redisReply *reply = NULL;
        enum tt_err err = tt_redis_receive(&queue->redis, &reply, fault);
        if (err == TT_OK)
            err = tt_redis_queue_keep(hand, reply, fault);
        if (err != TT_OK)
            return err;
        if (tt_redis_is_noscript(reply)) {
            *ret_forgotten = p->ready = true; /* the next time round */
            continue;
        }
        if (tt_redis_is_error(reply, "TRYAGAIN")) { /* its slot is on its way to another node */
            away = true;
            continue;
        }
        err = tt_redis_queue_refused(queue, partition, reply, fault);
        if (err == TT_OK && !is_answer(reply, left < OFFERS_PER_CALL ? left : OFFERS_PER_CALL))
            err = tt_redis_queue_strange(partition, fault);
        if (err == TT_OK)
            err = take_call(queue, partition,
                            at == 0 ? offers_of(hand, p) : offers_of(hand, p) + at, reply, fault);
        if (err != TT_OK)
            return err;
        waited = waited || reply->element[4]->elements > 0;
    }
    if (p->stale && (p->count > 0 || p->task_count > 0)) { /* a later call got something */
        p->stale = false;
        p->ready = true;
    }
    p->ready = (p->ready || p->stale) && !away; /* the others go on */
    if (waited)
        tt_redis_queue_sort(queue, partition);
    p->in_hand = p->count > 0 || p->task_count > 0;
    return TT_OK;
}
