/* Trimming on a real redis-server: what is cut, whose share it is, and what never goes. */
#include "adapters/redis/queue.h"
#include "adapters/system/clock.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/suite.h"
#include "tests/lib/turns.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tt_redis_server server;

TT_TEST(trimming_never_drops_what_is_unread_or_pending)
{
    tt_redis_server_start(&server, "trim");
    struct tt_queue a = tt_test_queue_open(&server, "a", 60000);
    struct tt_queue b = tt_test_queue_open(&server, "b", 60000);
    struct tt_queue_batch batch;
    struct tt_fault fault = {0};
    for (int i = 0; i < 6; i++)
        tt_test_queue_add(&server, "x", i);
    ck_assert_str_eq(tt_test_queue_claim(&a, 2, &batch), "x0*1 x1*1 ");
    ck_assert(!tt_test_queue_finish(&a));
    ck_assert_str_eq(tt_test_queue_claim(&a, 1, &batch), "x2*1 ");
    ck_assert_str_eq(tt_test_queue_claim(&b, 1, &batch), ""); /* x3 waits */
    ck_assert_int_eq(b.trim(b.context, 1, &fault), TT_OK);
    ck_assert_int_eq(tt_redis_ask(&server, "XLEN {t:0}:events"), 4);
    ck_assert(!tt_test_queue_finish(&a));
    ck_assert_str_eq(tt_test_queue_claim(&b, 9, &batch), "x3*1 x4*1 x5*1 ");
    tt_redis_queue_destroy(&a);
    tt_redis_queue_destroy(&b);
    tt_redis_server_stop(&server, SIGTERM);
}
TT_END

/* How often the server was asked for it since it began. */
static long calls(const char *command)
{
    char line[60];
    redisContext *redis = tt_redis_server_connect(&server);
    redisReply *reply = redisCommand(redis, "INFO commandstats");
    snprintf(line, sizeof line, "cmdstat_%s:calls=", command);
    const char *at = strstr(reply->str, line);
    long count = at == NULL ? 0 : strtol(at + strlen(line), NULL, 10);
    freeReplyObject(reply);
    redisFree(redis);
    return count;
}

TT_TEST(trimming_goes_on_where_it_stopped_and_begins_again_behind_the_last_partition)
{
    static const long left[][3] = {{1, 2, 2}, {1, 1, 1}, {1, 1, 1}};
    tt_redis_server_start(&server, "turn");
    struct tt_queue a = tt_test_queue_open_wide(server.url, "a", 60000, 3);
    struct tt_queue_batch batch;
    struct tt_fault fault = {0};
    for (int i = 0; i < 2; i++)
        for (int p = 0; p < 3; p++)
            tt_test_queue_add_to(&server, p, "x", i);
    ck_assert_int_eq(a.claim(a.context, 9, 0, &batch, &fault), TT_OK);
    ck_assert_uint_eq(batch.count, 6);
    ck_assert(!tt_test_queue_finish(&a));
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        ck_assert_int_eq(a.trim(a.context, i == 0 ? 1 : 2, &fault), TT_OK);
        for (int p = 0; p < 3; p++)
            ck_assert_int_eq(tt_redis_ask(&server, "XLEN {t:%d}:events", p), left[i][p]);
    }
    for (int i = 2; i < 4; i++)
        tt_test_queue_add_to(&server, 2, "x", i);
    ck_assert_int_eq(a.claim(a.context, 9, 0, &batch, &fault), TT_OK);
    ck_assert(!tt_test_queue_finish(&a));
    ck_assert_int_eq(a.trim(a.context, 1, &fault), TT_OK); /* behind 1, 2, 0 and 1 */
    ck_assert_int_eq(tt_redis_ask(&server, "XLEN {t:2}:events"), 1);
    tt_redis_queue_destroy(&a);
    tt_redis_server_stop(&server, SIGTERM);
}
TT_END

/* Whoever reads along says nothing about what workers have read. */
TT_TEST(where_the_workers_group_is_gone_nothing_is_trimmed_for_another_one)
{
    const struct tt_clock clock = tt_system_clock(NULL);
    const struct tt_random chance = tt_system_random();
    struct tt_queue queue;
    struct tt_fault fault = {0};
    unsigned partitions;
    int64_t epoch;
    tt_redis_server_start(&server, "others");
    const struct tt_redis_queue_options options = {.url = server.url,
                                                   .prefix = "t",
                                                   .partitions = 1,
                                                   .worker = "a",
                                                   .lease_ms = 60000,
                                                   .clock = &clock,
                                                   .random = &chance};
    ck_assert_int_eq(tt_redis_queue_create(&options, &queue, &fault), TT_OK);
    ck_assert_int_eq(queue.connect(queue.context, &partitions, &epoch, &fault), TT_OK);
    for (int i = 0; i < 3; i++)
        tt_test_queue_add(&server, "x", i);
    tt_redis_ask(&server, "XGROUP CREATE {t:0}:events others $");
    tt_redis_ask(&server, "XGROUP DESTROY {t:0}:events appliers");
    ck_assert_int_eq(queue.trim(queue.context, 1, &fault), TT_OK);
    ck_assert_int_eq(tt_redis_ask(&server, "XLEN {t:0}:events"), 3);
    tt_redis_queue_destroy(&queue);
    tt_redis_server_stop(&server, SIGTERM);
}
TT_END

TT_TEST(a_round_of_trimming_trims_no_partition_twice_however_many_workers_share_them)
{
    static const long trims[] = {1, 0, 1, 0, 1};
    tt_redis_server_start(&server, "shares");
    struct tt_queue a = tt_test_queue_open_wide(server.url, "a", 60000, 4);
    struct tt_queue b = tt_test_queue_open_wide(server.url, "b", 60000, 4);
    struct tt_fault fault = {0};
    unsigned alive = 0;
    ck_assert_int_eq(b.heartbeat(b.context, &alive, &fault), TT_OK);
    ck_assert_int_eq(a.heartbeat(a.context, &alive, &fault), TT_OK);
    ck_assert_uint_eq(alive, 2);
    for (size_t i = 0; i < sizeof trims / sizeof *trims; i++) {
        long before = calls("xinfo|consumers");
        ck_assert_int_eq(a.trim(a.context, 1, &fault), TT_OK);
        ck_assert_int_eq(calls("xinfo|consumers") - before, trims[i]);
    }
    tt_redis_queue_destroy(&a);
    tt_redis_queue_destroy(&b);
    tt_redis_server_stop(&server, SIGTERM);
}
TT_END

TT_SUITE("adapters/redis/trim", trimming_never_drops_what_is_unread_or_pending,
         trimming_goes_on_where_it_stopped_and_begins_again_behind_the_last_partition,
         where_the_workers_group_is_gone_nothing_is_trimmed_for_another_one,
         a_round_of_trimming_trims_no_partition_twice_however_many_workers_share_them)
