#include "adapters/redis/view_parts.h"

#include "core/base/mem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum tt_err look_at(struct tt_redis_view *view, unsigned partition, int64_t stalled_ms,
                           struct tt_fault *fault)
{
    static const char *const suffixes[] = {"events", "dead", "counts", "held", "parked", "behind"};
    enum { KEYS = sizeof suffixes / sizeof *suffixes, NUMBERS = 10 };
    char keys[KEYS][TT_REDIS_KEY_BYTES];
    struct tt_redis_command command = {0};
    redisReply *reply = NULL;
    tt_redis_script(&command, &view->redis, TT_VIEW_STATUS, KEYS);
    for (int i = 0; i < KEYS; i++) {
        tt_redis_key(keys[i], view->prefix, partition, suffixes[i]);
        tt_redis_word(&command, keys[i]);
    }
    tt_redis_word(&command, TT_REDIS_GROUP);
    tt_redis_number(&command, stalled_ms);
    enum tt_err err = tt_redis_call_script(&view->redis, &command, &reply, fault);
    if (err != TT_OK)
        return err;
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == NUMBERS) {
        long long number[NUMBERS];
        for (int i = 0; i < NUMBERS; i++)
            number[i] = reply->element[i]->integer;
        view->partitions[partition] = (struct tt_fleet_partition){
            .unread = (uint64_t)number[0],
            .pending = (uint64_t)number[1],
            .stalled = (uint64_t)number[2],
            .dead = (uint64_t)number[3],
            .applied = (uint64_t)number[4],
            .oldest_age_ms = number[5],
            .locked = (uint64_t)number[6],
            .parked = (uint64_t)number[7],
            .behind = (uint64_t)number[8],
            .failed = (uint64_t)number[9],
        };
    } else {
        err = tt_fault_set(fault, TT_ERR_IO, "redis: partition %u: an answer of unexpected shape",
                           partition);
    }
    freeReplyObject(reply);
    return err;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct tt_fleet_worker *)a)->name,
                  ((const struct tt_fleet_worker *)b)->name);
}

/* Milliseconds since 1970 by the clock of the server that has the key, which heartbeats are
 * written by. */
static enum tt_err server_time(struct tt_redis_view *view, const char *key, int64_t *ret_ms,
                               struct tt_fault *fault)
{
    struct tt_redis_command command = {0};
    redisReply *reply = NULL;
    command.route = key;
    tt_redis_word(&command, "TIME");
    enum tt_err err = tt_redis_call(&view->redis, &command, &reply, fault);
    if (err != TT_OK)
        return err;
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 2)
        *ret_ms = strtoll(reply->element[0]->str, NULL, 10) * 1000 +
                  strtoll(reply->element[1]->str, NULL, 10) / 1000;
    freeReplyObject(reply);
    return TT_OK;
}

static enum tt_err list_workers(struct tt_redis_view *view, struct tt_fleet_status *status,
                                struct tt_fault *fault)
{
    char key[TT_REDIS_KEY_BYTES];
    struct tt_redis_command command = {0};
    redisReply *reply = NULL;
    int64_t now_ms = 0;
    tt_redis_global_key(key, view->prefix, "workers");
    tt_redis_word(&command, "ZRANGE");
    tt_redis_word(&command, key);
    tt_redis_word(&command, "0");
    tt_redis_word(&command, "-1");
    tt_redis_word(&command, "WITHSCORES");
    enum tt_err err = server_time(view, key, &now_ms, fault);
    if (err == TT_OK)
        err = tt_redis_call(&view->redis, &command, &reply, fault);
    if (err != TT_OK)
        return err;
    size_t count = reply->type == REDIS_REPLY_ARRAY ? reply->elements / 2 : 0;
    if (tt_mem_reserve((void **)&view->workers, &view->worker_capacity, count + 1,
                       sizeof *view->workers) != TT_OK) {
        freeReplyObject(reply);
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        struct tt_fleet_worker *worker = &view->workers[i];
        snprintf(worker->name, sizeof worker->name, "%s", reply->element[2 * i]->str);
        worker->silent_ms = now_ms - (int64_t)strtod(reply->element[2 * i + 1]->str, NULL);
    }
    freeReplyObject(reply);
    if (count > 1)
        qsort(view->workers, count, sizeof *view->workers, by_name);
    status->workers = view->workers;
    status->worker_count = count;
    return TT_OK;
}

static void add_up(struct tt_fleet_status *status, const struct tt_fleet_partition *partition)
{
    struct tt_fleet_partition *total = &status->total;
    total->unread += partition->unread;
    total->pending += partition->pending;
    total->stalled += partition->stalled;
    total->dead += partition->dead;
    total->applied += partition->applied;
    if (partition->oldest_age_ms > total->oldest_age_ms)
        total->oldest_age_ms = partition->oldest_age_ms;
    total->locked += partition->locked;
    total->parked += partition->parked;
    total->behind += partition->behind;
    total->failed += partition->failed;
}

enum tt_err tt_redis_view_status(struct tt_redis_view *view, int64_t stalled_ms,
                                 struct tt_fleet_status *ret_status, struct tt_fault *fault)
{
    struct tt_fleet_status status = {.partition_count = view->partition_count,
                                     .partitions = view->partitions,
                                     .total = {.oldest_age_ms = -1}};
    enum tt_err err = list_workers(view, &status, fault);
    for (unsigned p = 0; p < view->partition_count && err == TT_OK; p++) {
        err = look_at(view, p, stalled_ms, fault);
        add_up(&status, &view->partitions[p]);
    }
    if (err == TT_OK)
        *ret_status = status;
    return err;
}
