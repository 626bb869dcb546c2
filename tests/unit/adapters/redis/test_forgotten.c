/* A server that forgets its scripts in the middle of what is said to several partitions. */
#include "adapters/redis/queue.h"
#include "tests/lib/relay.h"
#include "tests/lib/suite.h"
#include "tests/lib/turns.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { PARTITIONS = 3 };

static struct tt_redis_server server;
static struct tt_relay relay;
static struct tt_queue queue;
static struct tt_fault fault;

static void set_up(void)
{
    tt_redis_server_start(&server, "forgotten");
    tt_relay_start(&relay, &server);
    queue = tt_test_queue_open_wide(relay.url, "a", 60000, PARTITIONS);
}

static void tear_down(void)
{
    tt_redis_queue_destroy(&queue);
    tt_relay_stop(&relay);
    tt_redis_server_stop(&server, SIGTERM);
}

/* One entry of each partition in hand. */
static void claim_all(int n)
{
    struct tt_queue_batch batch;
    for (int p = 0; p < PARTITIONS; p++)
        tt_redis_ask(&server, "XADD {t:%d}:events * e {\"task_id\":\"a\",\"n\":%d}", p, n);
    tt_test_queue_claim(&queue, 10, &batch);
    ck_assert_uint_eq(batch.count, PARTITIONS);
}

static long long forgotten(void)
{
    redisContext *redis = tt_redis_server_connect(&server);
    redisReply *reply = redisCommand(redis, "INFO errorstats");
    long long times = 0;
    const char *at = strstr(reply->str, "errorstat_NOSCRIPT:count=");
    if (at != NULL)
        times = strtoll(strchr(at, '=') + 1, NULL, 10);
    freeReplyObject(reply);
    redisFree(redis);
    return times;
}

static void assert_nothing_is_in_hand(void)
{
    for (int p = 0; p < PARTITIONS; p++) {
        ck_assert_int_eq(tt_redis_ask(&server, "XPENDING {t:%d}:events appliers", p), 0);
        ck_assert_int_eq(tt_redis_ask(&server, "HLEN {t:%d}:held", p), 0);
    }
}

/* Those that were told before have no lease any more, and that is no lost turn. */
TT_TEST(a_finish_is_said_again_to_those_alone_that_have_not_heard_it)
{
    bool lost = true;
    set_up();
    claim_all(1);
    tt_relay_flush_behind_next(&relay);
    ck_assert_msg(queue.finish(queue.context, &lost, &fault) == TT_OK, "%s", fault.text);
    ck_assert_int_eq(forgotten(), PARTITIONS - 1);
    ck_assert(!lost);
    assert_nothing_is_in_hand();
    claim_all(2);
    tt_relay_flush_behind_next(&relay);
    ck_assert_msg(queue.finish_and_wait(queue.context, 1, &lost, &fault) == TT_OK, "%s",
                  fault.text);
    ck_assert_int_eq(forgotten(), 2 * (PARTITIONS - 1));
    ck_assert(!lost);
    assert_nothing_is_in_hand();
    tear_down();
}
TT_END

TT_TEST(renewing_and_giving_back_are_heard_by_all)
{
    bool lost = true;
    set_up();
    claim_all(1);
    tt_relay_flush_behind_next(&relay);
    ck_assert_msg(queue.renew(queue.context, &lost, &fault) == TT_OK, "%s", fault.text);
    ck_assert_int_eq(forgotten(), PARTITIONS - 1);
    ck_assert(!lost);
    tt_relay_flush_behind_next(&relay);
    ck_assert_msg(queue.give_back(queue.context, &fault) == TT_OK, "%s", fault.text);
    ck_assert_int_eq(forgotten(), 2 * (PARTITIONS - 1));
    for (int p = 0; p < PARTITIONS; p++)
        ck_assert_int_eq(tt_redis_ask(&server, "HLEN {t:%d}:held", p), 0);
    tear_down();
}
TT_END

TT_SUITE("adapters/redis/forgotten", a_finish_is_said_again_to_those_alone_that_have_not_heard_it,
         renewing_and_giving_back_are_heard_by_all)
