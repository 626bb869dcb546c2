/* Routing on a real Redis Cluster: what goes where, what is sent again, in which order answers
 * come. */
#include "tests/lib/process.h"
#include "tests/unit/adapters/redis/cluster_scene.h"

#include <signal.h>
#include <string.h>

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
        ck_assert_int_eq(tt_redis_refused(reply, &fault), TT_ERR_BUSY);
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

TT_TEST(a_script_that_is_not_known_where_a_key_has_gone_is_sent_there_with_its_text)
{
    struct tt_redis redis;
    open_redis(&redis);
    unsigned slot = tt_redis_slot(TT_STR("n1"));
    int from = tt_redis_cluster_owner(&cluster, slot), to = (from + 1) % TT_CLUSTER_NODES;
    tt_redis_cluster_ask(&cluster, from, "SET n1 7");
    tt_redis_cluster_move_begin(&cluster, slot, from, to);
    ck_assert(tt_redis_cluster_move_key(&cluster, from, to, "n1"));
    for (int round = 1; round <= 2; round++) {
        struct tt_fault fault = {0};
        struct tt_redis_command command = {0};
        tt_redis_script(&command, &redis, 0, 1);
        tt_redis_word(&command, "n1");
        ck_assert_int_eq(tt_redis_send(&redis, &command, &fault), TT_OK);
        ck_assert_int_eq(receive(&redis), 7 + round);
        tt_redis_cluster_ask(&cluster, to, "SCRIPT FLUSH");
    }
    ck_assert_int_eq(tt_redis_cluster_refused(&cluster, "NOSCRIPT"), 1);
    ck_assert_int_eq(tt_redis_cluster_refused(&cluster, "ASK"), 2);
    ck_assert_int_eq(tt_redis_cluster_refused(&cluster, "MOVED"), 0);
    close_redis(&redis);
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
         a_script_that_is_not_known_where_a_key_has_gone_is_sent_there_with_its_text,
         slots_are_those_of_the_braces)
