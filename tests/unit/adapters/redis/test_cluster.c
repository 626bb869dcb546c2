/* Routing on a real Redis Cluster: what goes where, what is sent again, in which order answers
 * come. */
#include "adapters/redis/cluster_parts.h"
#include "adapters/redis/queue.h"
#include "tests/lib/process.h"
#include "tests/lib/redis_cluster.h"
#include "tests/lib/suite.h"
#include "tests/lib/turns.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct tt_redis_cluster_server cluster;
static const char *const scripts[] = {"return redis.call('INCR', KEYS[1])"};

static void open_redis(struct tt_redis *redis)
{
    struct tt_fault fault = {0};
    tt_redis_cluster_start(&cluster, NULL);
    *redis = (struct tt_redis){.scripts = scripts, .script_count = 1};
    ck_assert_int_eq(tt_redis_url_parse(cluster.url, &redis->url, &fault), TT_OK);
    ck_assert_msg(tt_redis_connect(redis, &fault) == TT_OK, "%s", fault.text);
    ck_assert_ptr_nonnull(redis->cluster);
}

static void close_redis(struct tt_redis *redis)
{
    tt_redis_done(redis);
    tt_redis_cluster_stop(&cluster);
}

static void send_push(struct tt_redis *redis, int list, int value)
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

static long long receive(struct tt_redis *redis)
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
static void push_twice(struct tt_redis *redis, int before)
{
    for (int i = 0; i < 120; i++)
        send_push(redis, i % 60, i);
    for (int i = 0; i < 120; i++)
        ck_assert_int_eq(receive(redis), before + 1 + i / 60);
}

TT_TEST(answers_come_in_the_order_of_sending_whatever_nodes_give_them)
{
    struct tt_redis redis;
    open_redis(&redis);
    push_twice(&redis, 0);
    for (int i = 0; i < TT_CLUSTER_NODES; i++)
        ck_assert_int_gt(tt_redis_cluster_ask(&cluster, i, "DBSIZE"), 5);
    ck_assert_int_eq(tt_redis_cluster_refused(&cluster, "MOVED"), 0);
    unsigned slot = tt_redis_slot(TT_STR("{list-7}"));
    int from = tt_redis_cluster_owner(&cluster, slot), to = (from + 1) % TT_CLUSTER_NODES;

    tt_redis_cluster_move_begin(&cluster, slot, from, to);
    push_twice(&redis, 2); /* the key is still there */
    ck_assert_int_eq(tt_redis_cluster_refused(&cluster, "ASK"), 0);
    tt_redis_cluster_move_key(&cluster, from, to, "{list-7}");
    push_twice(&redis, 4); /* both pushes are sent on, each time anew: the slot has not moved */
    ck_assert_int_eq(tt_redis_cluster_refused(&cluster, "ASK"), 2);
    push_twice(&redis, 6);
    ck_assert_int_eq(tt_redis_cluster_refused(&cluster, "ASK"), 4);
    ck_assert_int_eq(tt_redis_cluster_refused(&cluster, "MOVED"), 0);

    tt_redis_cluster_move_end(&cluster, slot, from, to);
    push_twice(&redis, 8); /* both were under way; from then on the map is right */
    ck_assert_int_eq(tt_redis_cluster_refused(&cluster, "MOVED"), 2);
    push_twice(&redis, 10);
    ck_assert_int_eq(tt_redis_cluster_refused(&cluster, "MOVED"), 2);
    ck_assert_int_eq(tt_redis_cluster_refused(&cluster, "ASK"), 4);
    long long last = tt_redis_cluster_ask(&cluster, to, "LRANGE {list-7} -1 -1");
    ck_assert_int_eq(last, 67);
    close_redis(&redis);
}
TT_END

TT_TEST(where_something_is_always_under_way_memory_stays_bounded)
{
    struct tt_redis redis;
    struct tt_fault fault = {0};
    open_redis(&redis);
    for (int i = 0; i < 9; i++)
        send_push(&redis, i, i);
    for (int i = 9; i < 20000; i++) {
        send_push(&redis, i % 60, i);
        if (i % 7 == 0)
            ck_assert_int_eq(tt_redis_flush(&redis, &fault), TT_OK);
        ck_assert_int_eq(receive(&redis), (i - 9) / 60 + 1);
        ck_assert_uint_lt(redis.cluster->count, 1100);
        ck_assert_uint_lt(redis.cluster->sent.len, 100000);
    }
    for (int i = 20000 - 9; i < 20000; i++)
        ck_assert_int_eq(receive(&redis), i / 60 + 1);
    close_redis(&redis);
}
TT_END

TT_TEST(a_script_that_one_node_forgot_is_sent_with_its_text)
{
    struct tt_redis redis;
    open_redis(&redis);
    for (int round = 1; round <= 3; round++) {
        for (int i = 0; i < 9; i++) {
            char key[16];
            struct tt_fault fault = {0};
            struct tt_redis_command command = {0};
            snprintf(key, sizeof key, "n%d", i);
            tt_redis_script(&command, &redis, 0, 1);
            tt_redis_word(&command, key);
            ck_assert_int_eq(tt_redis_send(&redis, &command, &fault), TT_OK);
        }
        for (int i = 0; i < 9; i++)
            ck_assert_int_eq(receive(&redis), round);
        tt_redis_cluster_ask(&cluster, round % TT_CLUSTER_NODES, "SCRIPT FLUSH");
    }
    ck_assert_int_gt(tt_redis_cluster_refused(&cluster, "NOSCRIPT"), 0);
    close_redis(&redis);
}
TT_END

/* A slot on the move, of whose keys one is there and one is not. */
TT_TEST(who_is_impatient_is_told_that_a_slot_is_on_the_move)
{
    struct tt_redis redis;
    struct tt_fault fault = {0};
    open_redis(&redis);
    send_push(&redis, 1, 1);
    receive(&redis);
    unsigned slot = tt_redis_slot(TT_STR("{list-1}"));
    int from = tt_redis_cluster_owner(&cluster, slot), to = (from + 1) % TT_CLUSTER_NODES;
    tt_redis_cluster_move_begin(&cluster, slot, from, to);
    tt_redis_cluster_move_key(&cluster, from, to, "{list-1}");
    for (int impatient = 1; impatient >= 0; impatient--) {
        redisReply *reply = NULL;
        struct tt_redis_command command = {.impatient = impatient == 1};
        long long before = tt_redis_cluster_refused(&cluster, "TRYAGAIN");
        tt_redis_word(&command, "EXISTS");
        tt_redis_word(&command, "{list-1}");
        tt_redis_word(&command, "{list-1}none");
        ck_assert_int_eq(tt_redis_send(&redis, &command, &fault), TT_OK);
        ck_assert_int_eq(tt_redis_receive(&redis, &reply, &fault), TT_OK);
        ck_assert(tt_redis_is_error(reply, "TRYAGAIN"));
        ck_assert_int_eq(tt_redis_refused(reply, &fault), TT_ERR_UNAVAILABLE);
        freeReplyObject(reply);
        long long times = tt_redis_cluster_refused(&cluster, "TRYAGAIN") - before;
        ck_assert(impatient ? times == 1 : times > 10);
    }
    close_redis(&redis);
}
TT_END

TT_TEST(a_lost_node_is_an_error_and_connecting_again_begins_with_those_that_are_left)
{
    struct tt_redis redis;
    struct tt_fault fault = {0}, again = {0};
    open_redis(&redis);
    push_twice(&redis, 0);
    tt_finish(cluster.nodes[0].pid, SIGKILL); /* the one that the URL names */
    redisReply *reply = NULL;
    enum tt_err err = TT_OK;
    for (int i = 0; i < 60; i++)
        send_push(&redis, i, 0);
    for (int i = 0; i < 60 && err == TT_OK; i++) {
        err = tt_redis_receive(&redis, &reply, &fault);
        if (err == TT_OK)
            freeReplyObject(reply);
    }
    ck_assert_int_eq(err, TT_ERR_UNAVAILABLE);
    ck_assert(!tt_redis_is_connected(&redis));
    ck_assert_int_eq(tt_redis_receive(&redis, &reply, &fault), TT_ERR_UNAVAILABLE);
    ck_assert_msg(tt_redis_connect(&redis, &again) == TT_OK, "%s", again.text);
    tt_redis_cluster_node_start(&cluster, 0);
    close_redis(&redis);
}
TT_END

static void add_event(int node, int n)
{
    char payload[60];
    snprintf(payload, sizeof payload, "{\"task_id\":\"a\",\"n\":%d}", n);
    tt_redis_cluster_ask(&cluster, node, "XADD {t:0}:events * e %s", payload);
}

/* A replica that takes over may have lost fences that were given, and sends no other sign. */
TT_TEST(what_a_server_that_took_over_gives_counts_only_after_a_new_connect)
{
    struct tt_queue_batch batch;
    struct tt_fault fault = {0}, again = {0};
    unsigned partitions;
    int64_t epoch;
    tt_redis_cluster_start(&cluster, NULL);
    struct tt_queue queue = tt_test_queue_open_at(cluster.url, "a", 60000);
    unsigned slot = tt_redis_slot(TT_STR("{t:0}:events"));
    int from = tt_redis_cluster_owner(&cluster, slot), to = (from + 1) % TT_CLUSTER_NODES;
    add_event(from, 1);
    ck_assert_str_eq(tt_test_queue_claim(&queue, 10, &batch), "a1*1 ");
    ck_assert(!tt_test_queue_finish(&queue));
    tt_redis_cluster_move_begin(&cluster, slot, from, to);
    tt_redis_cluster_move_end(&cluster, slot, from, to);
    add_event(to, 2);
    ck_assert_int_eq(queue.claim(queue.context, 10, 0, &batch, &fault), TT_ERR_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(fault.text, "slots have moved"));
    ck_assert_msg(queue.connect(queue.context, &partitions, &epoch, &again) == TT_OK, "%s",
                  again.text);
    ck_assert_str_eq(tt_test_queue_claim(&queue, 10, &batch), "a2*2 ");
    ck_assert(!tt_test_queue_finish(&queue));
    ck_assert_str_eq(tt_test_queue_claim(&queue, 10, &batch), "");
    tt_redis_queue_destroy(&queue);
    tt_redis_cluster_stop(&cluster);
}
TT_END

TT_TEST(slots_are_those_of_the_braces)
{
    ck_assert_uint_eq(tt_redis_slot(TT_STR("123456789")), 0x31C3);
    ck_assert_uint_eq(tt_redis_slot(TT_STR("{123456789}:events")), 0x31C3);
    ck_assert_uint_eq(tt_redis_slot(TT_STR("a{123456789}{b}")), 0x31C3);
    ck_assert_uint_ne(tt_redis_slot(TT_STR("{}{123456789}")), 0x31C3);
    ck_assert_uint_ne(tt_redis_slot(TT_STR("{123456789")), 0x31C3);
}
TT_END

TT_SUITE("adapters/redis/cluster", answers_come_in_the_order_of_sending_whatever_nodes_give_them,
         where_something_is_always_under_way_memory_stays_bounded,
         a_script_that_one_node_forgot_is_sent_with_its_text,
         who_is_impatient_is_told_that_a_slot_is_on_the_move,
         a_lost_node_is_an_error_and_connecting_again_begins_with_those_that_are_left,
         what_a_server_that_took_over_gives_counts_only_after_a_new_connect,
         slots_are_those_of_the_braces)
