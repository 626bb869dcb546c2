/* A client of a real cluster of three nodes, and 60 lists on it: the scene of the tests about
 * routing. For test programs alone, each of which has it once. */
#ifndef TT_CLUSTER_SCENE_H
#define TT_CLUSTER_SCENE_H

#include "adapters/redis/cluster_parts.h"
#include "tests/lib/redis_cluster.h"
#include "tests/lib/suite.h"

#include <stdio.h>

static struct tt_redis_cluster_server cluster;
static const char *const scripts[] = {"return redis.call('INCR', KEYS[1])"};

static inline void open_redis(struct tt_redis *redis)
{
    struct tt_fault fault = {0};
    tt_redis_cluster_start(&cluster, NULL);
    *redis = (struct tt_redis){.scripts = scripts, .script_count = 1};
    ck_assert_int_eq(tt_redis_url_parse(cluster.url, &redis->url, &fault), TT_OK);
    ck_assert_msg(tt_redis_connect(redis, &fault) == TT_OK, "%s", fault.text);
    ck_assert_ptr_nonnull(redis->cluster);
}

static inline void close_redis(struct tt_redis *redis)
{
    tt_redis_done(redis);
    tt_redis_cluster_stop(&cluster);
}

static inline void send_push(struct tt_redis *redis, int list, int value)
{
    char key[32];
    struct tt_fault fault = {0};
    struct tt_redis_command command = {0};
    snprintf(key, sizeof key, "{list-%d}", list);
    tt_redis_word(&command, "RPUSH");
    tt_redis_word(&command, key);
    tt_redis_number(&command, value);
    ck_assert_msg(tt_redis_send(redis, &command, &fault) == TT_OK, "%s", fault.text);
}

static inline long long receive(struct tt_redis *redis)
{
    redisReply *reply = NULL;
    struct tt_fault fault = {0};
    ck_assert_msg(tt_redis_receive(redis, &reply, &fault) == TT_OK, "%s", fault.text);
    ck_assert_msg(reply->type == REDIS_REPLY_INTEGER, "%s", reply->str);
    long long number = reply->integer;
    freeReplyObject(reply);
    return number;
}

/* Two pushes to each of 60 lists on all nodes, in one pipeline: each answer is the list's length.
 */
static inline void push_twice(struct tt_redis *redis, int before)
{
    for (int i = 0; i < 120; i++)
        send_push(redis, i % 60, i);
    for (int i = 0; i < 120; i++)
        ck_assert_int_eq(receive(redis), before + 1 + i / 60);
}

#endif
