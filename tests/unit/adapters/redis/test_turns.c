/* Turns by task id on a real redis-server: two and three workers in one partition. */
#include "core/base/limits.h"
#include "tests/lib/process.h"
#include "tests/unit/adapters/redis/turns_scene.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

TT_TEST(an_event_whose_id_is_busy_waits_and_others_go_on)
{
    set_up("busy");
    add("x", 1);
    add("x", 2);
    add("y", 1);
    ck_assert_str_eq(claim(&a, 1), "x1*1 ");
    ck_assert_str_eq(claim(&b, 10), "y1*1 ");
    ck_assert_int_eq(number_of("ZCARD {t:0}:wait"), 1);
    ck_assert_int_eq(number_of("HLEN {t:0}:held"), 2);
    finish(&a);
    ck_assert_str_eq(claim(&c, 10), "x2*1 ");
    finish(&b);
    finish(&c);
    ck_assert_int_eq(number_of("HLEN {t:0}:held"), 0);
    ck_assert_int_eq(number_of("XPENDING {t:0}:events appliers"), 0);
    tear_down();
}
TT_END

TT_TEST(what_waits_is_handed_on_in_order_and_before_what_is_new)
{
    set_up("order");
    for (int n = 1; n <= 5; n++)
        add("x", n);
    ck_assert_str_eq(claim(&a, 1), "x1*1 ");
    ck_assert_str_eq(claim(&b, 3), ""); /* 2 to 4 wait */
    add("y", 1);
    finish(&a);
    ck_assert_str_eq(claim(&c, 2), "x2*1 x3*1 ");
    ck_assert_str_eq(claim(&b, 9), "y1*1 "); /* 5 waits */
    finish(&c);
    ck_assert_str_eq(claim(&a, 9), "x4*1 x5*1 ");
    tear_down();
}
TT_END

TT_TEST(a_worker_that_waits_is_woken_when_a_busy_id_becomes_free)
{
    set_up("woken");
    struct tt_fault fault = {0};
    add("x", 1);
    add("x", 2);
    ck_assert_str_eq(claim(&a, 1), "x1*1 ");
    ck_assert_str_eq(claim(&b, 9), "");
    ck_assert_str_eq(claim(&b, 9), ""); /* nothing new: nothing is ready any more */
    finish(&a);
    /* No claim looks around by itself here: the clock of these queues stands still. */
    ck_assert_int_eq(b.wait(b.context, 2000, &fault), TT_OK);
    struct tt_queue_batch woken;
    ck_assert_int_eq(b.claim(b.context, 9, 0, &woken, &fault), TT_OK);
    ck_assert_uint_eq(woken.count, 1);
    tear_down();
}
TT_END

TT_TEST(what_a_dead_holder_had_comes_again_before_anything_newer)
{
    set_up("dead");
    add("x", 1);
    add("x", 2);
    add("x", 3);
    ck_assert_str_eq(claim(&a, 2), "x1*1 x2*1 ");
    ck_assert_str_eq(claim(&b, 9), ""); /* 3 waits */
    add("x", 4);
    tt_test_queue_expire(&server, "a");
    ck_assert_str_eq(claim(&c, 9), "x1*2 x2*2 x3*1 x4*1 ");
    ck_assert(tt_test_queue_finish(&a)); /* acknowledges nothing */
    ck_assert_int_eq(number_of("XPENDING {t:0}:events appliers"), 4);
    finish(&c);
    ck_assert_int_eq(number_of("XPENDING {t:0}:events appliers"), 0);
    ck_assert_int_eq(number_of("HGET {t:0}:counts applied"), 4);
    tear_down();
}
TT_END

TT_TEST(a_lease_ends_by_the_clock_of_the_server_and_is_renewed_by_its_holder_alone)
{
    tt_redis_server_start(&server, "clock");
    a = tt_test_queue_open(&server, "a", 60);
    b = tt_test_queue_open(&server, "b", 60000);
    struct tt_fault fault = {0};
    bool lost = true;
    add("x", 1);
    ck_assert_str_eq(claim(&a, 9), "x1*1 ");
    ck_assert_int_eq(a.renew(a.context, &lost, &fault), TT_OK);
    ck_assert(!lost);
    TT_EVENTUALLY(strcmp(claim(&b, 9), "x1*2 ") == 0);
    ck_assert_int_eq(a.renew(a.context, &lost, &fault), TT_OK);
    ck_assert(lost);
    ck_assert_int_eq(b.renew(b.context, &lost, &fault), TT_OK);
    ck_assert(!lost);
    tt_redis_queue_destroy(&a);
    tt_redis_queue_destroy(&b);
    tt_redis_server_stop(&server, SIGTERM);
}
TT_END

TT_TEST(only_the_holder_releases)
{
    set_up("release");
    struct tt_fault fault = {0};
    add("x", 1);
    add("x", 2);
    ck_assert_str_eq(claim(&a, 1), "x1*1 ");
    tt_test_queue_expire(&server, "a");
    ck_assert_str_eq(claim(&b, 1), "x1*2 ");
    ck_assert(tt_test_queue_finish(&a));
    ck_assert_int_eq(a.give_back(a.context, &fault), TT_OK);
    ck_assert_int_eq(number_of("HLEN {t:0}:held"), 1); /* b's, still */
    ck_assert_str_eq(claim(&c, 9), "");
    finish(&b);
    ck_assert_str_eq(claim(&c, 9), "x2*1 ");
    tear_down();
}
TT_END

TT_TEST(fences_grow_from_holding_to_holding_and_begin_above_what_the_store_knows)
{
    set_up("fences");
    struct tt_fault fault = {0};
    int64_t last = 0;
    for (int n = 0; n < 4; n++) {
        add("x", n);
        claim(n % 2 == 0 ? &a : &b, 1);
        ck_assert_uint_eq(batch.count, 1);
        ck_assert_int_gt(batch.entries[0].fence, last);
        last = batch.entries[0].fence;
        finish(n % 2 == 0 ? &a : &b);
    }
    add("x", 9);
    ck_assert_int_eq(c.claim(c.context, 1, 70000, &batch, &fault), TT_OK);
    if (batch.count == 0) /* the first look */
        ck_assert_int_eq(c.claim(c.context, 1, 70000, &batch, &fault), TT_OK);
    ck_assert_uint_eq(batch.count, 1);
    ck_assert_int_eq(batch.entries[0].fence, 70001);
    tear_down();
}
TT_END

TT_TEST(what_was_in_hand_when_the_connection_broke_is_given_back_at_once)
{
    set_up("broke");
    struct tt_fault fault = {0};
    unsigned partitions;
    int64_t epoch;
    add("x", 1);
    add("x", 2);
    ck_assert_str_eq(claim(&a, 9), "x1*1 x2*1 ");
    ck_assert_int_eq(a.connect(a.context, &partitions, &epoch, &fault), TT_OK);
    ck_assert_str_eq(claim(&b, 9), "x1*2 x2*2 ");
    tear_down();
}
TT_END

TT_TEST(a_hot_id_with_thousands_of_events_keeps_its_order_and_waits_within_bounds)
{
    enum { EVENTS = 6000 };
    set_up("hot");
    int next = 0;
    redisContext *context = tt_redis_server_connect(&server);
    for (int n = 0; n < EVENTS; n++)
        redisAppendCommand(context, "XADD {t:0}:events * e {\"task_id\":\"hot\",\"n\":%d}", n);
    for (int n = 0; n < EVENTS; n++) {
        redisReply *reply = NULL;
        ck_assert_int_eq(redisGetReply(context, (void **)&reply), REDIS_OK);
        freeReplyObject(reply);
    }
    redisFree(context);
    struct tt_queue *const workers[] = {&a, &b, &c};
    struct tt_fault fault = {0};
    for (int round = 0; next < EVENTS; round++) {
        struct tt_queue *holder = workers[round % 3], *other = workers[(round + 1) % 3];
        struct tt_queue_batch taken, none;
        tt_test_queue_claim(holder, 10, &taken);
        for (size_t i = 0; i < taken.count; i++, next++) {
            char expected[60];
            snprintf(expected, sizeof expected, "{\"task_id\":\"hot\",\"n\":%d}", next);
            ck_assert(tt_str_equal(taken.entries[i].payload, tt_str_from(expected)));
        }
        tt_test_queue_claim(other, 500, &none);
        ck_assert_uint_eq(none.count, 0);
        ck_assert_int_le(number_of("ZCARD {t:0}:wait"), TT_TURNS_WAITING_MAX + 500);
        finish(holder);
        ck_assert_int_eq(other->give_back(other->context, &fault), TT_OK);
    }
    ck_assert_int_eq(number_of("XPENDING {t:0}:events appliers"), 0);
    ck_assert_int_eq(number_of("ZCARD {t:0}:wait"), 0);
    tear_down();
}
TT_END

/* A claim of more than one call: each counts its own entries. */
TT_TEST(what_waited_tells_its_deliveries_however_much_it_is)
{
    enum { WAITED = 1000, NEW = 600 };
    struct tt_fault fault = {0};
    char task[20];
    set_up("deliveries");
    for (int n = 0; n < WAITED; n++) {
        snprintf(task, sizeof task, "t%04d", n);
        tt_test_queue_add(&server, task, 1);
    }
    ck_assert_int_eq(a.claim(a.context, WAITED, 0, &batch, &fault), TT_OK);
    ck_assert_uint_eq(batch.count, WAITED);
    ck_assert_int_eq(a.give_back(a.context, &fault), TT_OK);
    for (int n = 0; n < NEW; n++)
        tt_test_queue_add(&server, "new", n);
    ck_assert_int_eq(b.claim(b.context, WAITED, 0, &batch, &fault), TT_OK);
    ck_assert_uint_ge(batch.count, WAITED * 9 / 10);
    for (size_t i = 0; i < batch.count; i++)
        ck_assert_int_eq(batch.entries[i].deliveries, 2);
    tear_down();
}
TT_END

TT_SUITE("adapters/redis/turns", an_event_whose_id_is_busy_waits_and_others_go_on,
         what_waits_is_handed_on_in_order_and_before_what_is_new,
         a_worker_that_waits_is_woken_when_a_busy_id_becomes_free,
         what_a_dead_holder_had_comes_again_before_anything_newer,
         a_lease_ends_by_the_clock_of_the_server_and_is_renewed_by_its_holder_alone,
         only_the_holder_releases,
         fences_grow_from_holding_to_holding_and_begin_above_what_the_store_knows,
         what_was_in_hand_when_the_connection_broke_is_given_back_at_once,
         a_hot_id_with_thousands_of_events_keeps_its_order_and_waits_within_bounds,
         what_waited_tells_its_deliveries_however_much_it_is)
