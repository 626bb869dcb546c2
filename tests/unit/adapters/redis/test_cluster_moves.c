/* What servers give after slots have moved, and nodes that know different things of each other. */
#include "adapters/redis/queue.h"
#include "tests/lib/turns.h"
#include "tests/unit/adapters/redis/cluster_scene.h"

#include <string.h>

static void add_event(int node, int n)
{
    char payload[60];
    snprintf(payload, sizeof payload, "{\"task_id\":\"a\",\"n\":%d}", n);
    tt_redis_cluster_ask(&cluster, node, "XADD {t:0}:events * e %s", payload);
}

/* As a worker does. */
static void give_back(struct tt_queue *queue)
{
    struct tt_fault fault = {0};
    ck_assert_msg(queue->give_back(queue->context, &fault) == TT_OK, "%s", fault.text);
}

static enum tt_err hold(struct tt_queue *queue, struct tt_redis_hold *ret_held)
{
    struct tt_fault fault = {0};
    return tt_redis_queue_hold(queue, TT_STR("default"), TT_STR("a"), 0, ret_held, &fault);
}

/* A replica that takes over may have lost fences that were given, and sends no other sign. */
TT_TEST(what_a_server_that_took_over_gives_is_told_until_fences_can_be_reserved_anew)
{
    struct tt_queue_batch batch;
    struct tt_redis_hold held = {0};
    tt_redis_cluster_start(&cluster, NULL);
    struct tt_queue queue = tt_test_queue_open_at(cluster.url, "a", 60000);
    unsigned slot = tt_redis_slot(TT_STR("{t:0}:events"));
    int from = tt_redis_cluster_owner(&cluster, slot), to = (from + 1) % TT_CLUSTER_NODES;
    add_event(from, 1);
    ck_assert_str_eq(tt_test_queue_claim(&queue, 10, &batch), "a1*1 ");
    ck_assert(!batch.moved);
    ck_assert(!tt_test_queue_finish(&queue));
    tt_redis_cluster_move_begin(&cluster, slot, from, to);
    tt_redis_cluster_move_end(&cluster, slot, from, to);
    ck_assert_str_eq(tt_test_queue_claim(&queue, 10, &batch), "");
    ck_assert(!batch.moved); /* nothing was given */
    add_event(to, 2);
    ck_assert_str_eq(tt_test_queue_claim(&queue, 10, &batch), "a2*1 ");
    ck_assert(batch.moved);
    give_back(&queue);
    ck_assert_str_eq(tt_test_queue_claim(&queue, 10, &batch), "a2*2 ");
    ck_assert(!batch.moved);
    ck_assert(!tt_test_queue_finish(&queue));
    ck_assert_str_eq(tt_test_queue_claim(&queue, 10, &batch), "");
    tt_redis_cluster_move_begin(&cluster, slot, to, from);
    tt_redis_cluster_move_end(&cluster, slot, to, from);
    ck_assert_int_eq(hold(&queue, &held), TT_ERR_FENCED);
    ck_assert_int_eq(hold(&queue, &held), TT_OK);
    ck_assert_int_gt(held.fence, 0);
    tt_redis_queue_destroy(&queue);
    tt_redis_cluster_stop(&cluster);
}
TT_END

/* The list of workers may be the only thing that a node has of ours. */
TT_TEST(a_node_that_is_asked_for_nothing_but_who_is_alive_disturbs_no_claim_for_long)
{
    struct tt_queue_batch batch;
    struct tt_fault fault = {0};
    unsigned alive = 0, slot = tt_redis_slot(TT_STR("t:workers"));
    tt_redis_cluster_start(&cluster, NULL);
    int home = tt_redis_cluster_owner(&cluster, tt_redis_slot(TT_STR("{t:0}:events")));
    int from = tt_redis_cluster_owner(&cluster, slot), other = TT_CLUSTER_NODES - 1;
    ck_assert(other != home && other != from); /* and not that of the URL */
    tt_redis_cluster_move_begin(&cluster, slot, from, other);
    tt_redis_cluster_move_end(&cluster, slot, from, other);
    struct tt_queue queue = tt_test_queue_open_at(cluster.url, "a", 60000);
    add_event(home, 1);
    add_event(home, 2);
    for (int n = 1; n <= 2; n++) {
        ck_assert_msg(queue.heartbeat(queue.context, &alive, &fault) == TT_OK, "%s", fault.text);
        tt_test_queue_claim(&queue, 1, &batch);
        ck_assert_uint_eq(batch.count, 1);
        if (n == 1 && batch.moved) {
            give_back(&queue);
            tt_test_queue_claim(&queue, 1, &batch);
        }
        ck_assert(!batch.moved);
        ck_assert(!tt_test_queue_finish(&queue));
    }
    ck_assert_str_eq(tt_test_queue_claim(&queue, 10, &batch), "");
    tt_redis_queue_destroy(&queue);
    tt_redis_cluster_stop(&cluster);
}
TT_END

/* Somebody began to move a slot, and stopped in the middle. */
TT_TEST(what_is_in_hand_in_a_slot_that_stays_on_the_move_holds_up_nothing_else)
{
    struct tt_queue_batch batch;
    struct tt_fault fault = {0}, none = {0};
    unsigned partitions = 0, slot = tt_redis_slot(TT_STR("{t:0}:events"));
    int64_t epoch = 0;
    bool lost = false;
    tt_redis_cluster_start(&cluster, NULL);
    int from = tt_redis_cluster_owner(&cluster, slot), to = (from + 1) % TT_CLUSTER_NODES;
    int other = tt_redis_cluster_owner(&cluster, tt_redis_slot(TT_STR("{t:1}:events")));
    struct tt_queue queue = tt_test_queue_open_wide(cluster.url, "a", 60000, 2);
    add_event(from, 1);
    tt_redis_cluster_ask(&cluster, other, "XADD {t:1}:events * e {\"task_id\":\"b\",\"n\":1}");
    tt_test_queue_claim(&queue, 10, &batch);
    ck_assert_uint_eq(batch.count, 2);
    tt_redis_cluster_move_begin(&cluster, slot, from, to);
    ck_assert(tt_redis_cluster_move_key(&cluster, from, to, "{t:0}:fence"));
    ck_assert_int_eq(queue.finish(queue.context, &lost, &fault), TT_ERR_BUSY);
    ck_assert_ptr_nonnull(strstr(fault.text, "TRYAGAIN"));
    for (int n = 2; n <= 3; n++) {
        char expected[20];
        ck_assert_msg(queue.connect(queue.context, &partitions, &epoch, &none) == TT_OK, "%s",
                      none.text);
        tt_redis_cluster_ask(&cluster, other, "XADD {t:1}:events * e {\"task_id\":\"b\",\"n\":%d}",
                             n);
        snprintf(expected, sizeof expected, "b%d*1 ", n);
        ck_assert_str_eq(tt_test_queue_claim(&queue, 10, &batch), expected);
        ck_assert(!tt_test_queue_finish(&queue));
        ck_assert_msg(queue.trim(queue.context, partitions, &none) == TT_OK, "%s", none.text);
    }
    tt_redis_cluster_move_end(&cluster, slot, from, to);
    tt_redis_cluster_ask(&cluster, to, "DEL {t:0}:leases"); /* as time would */
    ck_assert_str_eq(tt_test_queue_claim(&queue, 10, &batch), "a1*2 ");
    tt_redis_queue_destroy(&queue);
    tt_redis_cluster_stop(&cluster);
}
TT_END

/* ---- Nodes that know different things */

/* Node 0 forgets the others, as one does that was taken out of a cluster. A slot of node 1 moves to
 * node 2; its key is "{list-2}". */
static void leave_behind(void)
{
    unsigned slot = tt_redis_slot(TT_STR("{list-2}"));
    ck_assert_int_eq(tt_redis_cluster_owner(&cluster, slot), 1);
    tt_redis_cluster_move_begin(&cluster, slot, 1, 2);
    for (int i = 1; i < TT_CLUSTER_NODES; i++)
        tt_redis_cluster_ask(&cluster, 0, "CLUSTER FORGET %s", cluster.nodes[i].id);
    tt_redis_cluster_move_key(&cluster, 1, 2, "{list-2}");
    for (int i = 2; i > 0; i--)
        tt_redis_cluster_ask(&cluster, i, "CLUSTER SETSLOT %u NODE %s", slot, cluster.nodes[2].id);
}

TT_TEST(what_a_node_of_the_cluster_knows_of_others_does_not_matter_once_we_are_connected)
{
    struct tt_redis redis;
    open_redis(&redis);
    push_twice(&redis, 0);
    leave_behind();
    for (int round = 0; round < 3; round++) {
        send_push(&redis, 2, round);
        ck_assert_int_eq(receive(&redis), 3 + round);
        send_push(&redis, 1, round);
        ck_assert_int_eq(receive(&redis), 3 + round);
    }
    ck_assert_int_eq(tt_redis_cluster_refused(&cluster, "MOVED"), 1);
    close_redis(&redis);
}
TT_END

TT_TEST(connecting_again_begins_with_another_node_of_the_url)
{
    char url[100];
    struct tt_redis redis;
    struct tt_fault fault = {0}, none = {0};
    struct tt_redis_command command = {0};
    redisReply *reply = NULL;
    open_redis(&redis);
    push_twice(&redis, 0);
    tt_redis_done(&redis);
    leave_behind();
    snprintf(url, sizeof url, "redis://127.0.0.1:%d,127.0.0.1:%d", cluster.nodes[0].port,
             cluster.nodes[1].port);
    redis = (struct tt_redis){0};
    ck_assert_int_eq(tt_redis_url_parse(url, &redis.url, &fault), TT_OK);
    tt_redis_word(&command, "LLEN");
    tt_redis_word(&command, "{list-2}");
    ck_assert_msg(tt_redis_connect(&redis, &fault) == TT_OK, "%s", fault.text);
    ck_assert_int_eq(tt_redis_call(&redis, &command, &reply, &fault), TT_ERR_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(fault.text, "no node serves slot"));
    ck_assert_msg(tt_redis_connect(&redis, &none) == TT_OK, "%s", none.text);
    ck_assert_msg(tt_redis_call(&redis, &command, &reply, &none) == TT_OK, "%s", none.text);
    ck_assert_int_eq(reply->integer, 2);
    freeReplyObject(reply);
    close_redis(&redis);
}
TT_END

TT_SUITE("adapters/redis/cluster_moves",
         what_a_server_that_took_over_gives_is_told_until_fences_can_be_reserved_anew,
         a_node_that_is_asked_for_nothing_but_who_is_alive_disturbs_no_claim_for_long,
         what_is_in_hand_in_a_slot_that_stays_on_the_move_holds_up_nothing_else,
         what_a_node_of_the_cluster_knows_of_others_does_not_matter_once_we_are_connected,
         connecting_again_begins_with_another_node_of_the_url)
