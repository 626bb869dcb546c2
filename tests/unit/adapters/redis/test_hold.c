/* An id that is held by somebody who has no entries of it, and one that nobody alive holds. */
#include "adapters/redis/queue.h"
#include "tests/lib/suite.h"
#include "tests/lib/turns.h"

#include <signal.h>
#include <string.h>

static struct tt_redis_server server;
static struct tt_queue a, b;
static struct tt_queue_batch batch;
static struct tt_fault fault;

static void set_up(const char *name)
{
    tt_redis_server_start(&server, name);
    a = tt_test_queue_open(&server, "a", 60000);
    b = tt_test_queue_open(&server, "b", 60000);
}

static void tear_down(void)
{
    tt_redis_queue_destroy(&a);
    tt_redis_queue_destroy(&b);
    tt_redis_server_stop(&server, SIGTERM);
}

static struct tt_redis_hold hold(struct tt_queue *queue, const char *task, int64_t fence_min)
{
    struct tt_redis_hold taken = {0};
    ck_assert_msg(tt_redis_queue_hold(queue, TT_STR("default"), tt_str_from(task), fence_min,
                                      &taken, &fault) == TT_OK,
                  "%s", fault.text);
    return taken;
}

static void let_go(struct tt_queue *queue, const struct tt_redis_hold *taken)
{
    ck_assert_msg(tt_redis_queue_let_go(queue, taken, &fault) == TT_OK, "%s", fault.text);
}

TT_TEST(events_of_an_id_that_is_held_wait_and_come_when_it_is_let_go)
{
    set_up("held");
    struct tt_redis_hold taken = hold(&a, "x", 100);
    ck_assert_int_eq(taken.fence, 101);
    tt_test_queue_add(&server, "x", 1);
    tt_test_queue_add(&server, "y", 1);
    ck_assert_str_eq(tt_test_queue_claim(&b, 10, &batch), "y1*1 ");
    ck_assert(!tt_test_queue_finish(&b));
    ck_assert_int_eq(hold(&b, "x", 0).fence, 0);
    let_go(&a, &taken);
    ck_assert_str_eq(tt_test_queue_claim(&b, 10, &batch), "x1*1 ");
    ck_assert_int_gt(batch.entries[0].fence, taken.fence);
    ck_assert_int_eq(hold(&a, "x", 0).fence, 0);
    ck_assert(!tt_test_queue_finish(&b));
    tear_down();
}
TT_END

TT_TEST(what_waits_behind_a_holder_who_died_comes_with_a_newer_fence)
{
    set_up("died");
    struct tt_redis_hold taken = hold(&a, "x", 0);
    tt_test_queue_add(&server, "x", 1);
    ck_assert_str_eq(tt_test_queue_claim(&b, 10, &batch), "");
    tt_test_queue_expire(&server, "a");
    ck_assert_str_eq(tt_test_queue_claim(&b, 10, &batch), "x1*1 ");
    ck_assert_int_gt(batch.entries[0].fence, taken.fence);
    let_go(&a, &taken); /* too late, and it takes nothing away */
    ck_assert_int_eq(tt_redis_ask(&server, "HEXISTS {t:0}:held default/x"), 1);
    ck_assert(!tt_test_queue_finish(&b));
    tear_down();
}
TT_END

TT_TEST(a_server_that_is_full_lets_an_id_be_held)
{
    set_up("full");
    tt_redis_ask(&server, "CONFIG SET maxmemory 1");
    struct tt_redis_hold taken = hold(&a, "x", 0);
    ck_assert_int_gt(taken.fence, 0);
    let_go(&a, &taken);
    ck_assert_int_eq(tt_redis_ask(&server, "EXISTS {t:0}:held"), 0);
    tear_down();
}
TT_END

/* Its lease was lost, and it has no entries that would tell of it. */
TT_TEST(a_new_event_of_an_id_whose_holder_has_no_lease_is_handed_out_at_once)
{
    set_up("ghost");
    tt_redis_ask(&server, "HSET {t:0}:held default/x ghost default/z ghost");
    tt_test_queue_add(&server, "x", 1);
    tt_test_queue_add(&server, "x", 2);
    ck_assert_str_eq(tt_test_queue_claim(&a, 10, &batch), "x1*1 x2*1 ");
    ck_assert_int_eq(tt_redis_ask(&server, "HEXISTS {t:0}:held default/z"), 0);
    tt_test_queue_add(&server, "x", 3); /* it is held as any other */
    ck_assert_str_eq(tt_test_queue_claim(&b, 10, &batch), "");
    ck_assert(!tt_test_queue_finish(&a));
    ck_assert_str_eq(tt_test_queue_claim(&b, 10, &batch), "x3*1 ");
    ck_assert(!tt_test_queue_finish(&b));
    tear_down();
}
TT_END

TT_TEST(a_hold_does_not_hide_that_the_list_of_what_is_held_was_lost)
{
    set_up("hidden");
    struct tt_queue c = tt_test_queue_open(&server, "c", 60000);
    tt_test_queue_add(&server, "x", 1);
    ck_assert_str_eq(tt_test_queue_claim(&a, 10, &batch), "x1*1 ");
    tt_redis_ask(&server, "DEL {t:0}:held");
    struct tt_redis_hold taken = hold(&b, "z", 0);
    tt_test_queue_add(&server, "x", 2);
    ck_assert_str_eq(tt_test_queue_claim(&c, 10, &batch), "x1*2 x2*1 ");
    ck_assert(!tt_test_queue_finish(&c));
    let_go(&b, &taken);
    tt_redis_queue_destroy(&c);
    tear_down();
}
TT_END

TT_TEST(a_claim_reads_past_more_of_a_busy_id_than_one_call_holds)
{
    set_up("past");
    tt_test_queue_add(&server, "x", 1);
    ck_assert_str_eq(tt_test_queue_claim(&a, 10, &batch), "x1*1 ");
    tt_redis_ask(&server, "EVAL %s 0",
                 "for i = 2, 1001 do redis.call('XADD', '{t:0}:events', '*', 'e', "
                 "'{\"task_id\":\"x\",\"n\":' .. i .. '}') end return 1");
    tt_test_queue_add(&server, "y", 1);
    ck_assert_str_eq(tt_test_queue_claim(&b, 5000, &batch), "y1*1 ");
    ck_assert_int_eq(tt_redis_ask(&server, "ZCARD {t:0}:wait"), 1000);
    ck_assert(!tt_test_queue_finish(&b));
    ck_assert(!tt_test_queue_finish(&a));
    ck_assert_int_eq(b.claim(b.context, 5000, 0, &batch, &fault), TT_OK);
    ck_assert_uint_eq(batch.count, 1000);
    ck_assert(!tt_test_queue_finish(&b));
    tear_down();
}
TT_END

TT_SUITE("adapters/redis/hold", events_of_an_id_that_is_held_wait_and_come_when_it_is_let_go,
         what_waits_behind_a_holder_who_died_comes_with_a_newer_fence,
         a_server_that_is_full_lets_an_id_be_held,
         a_new_event_of_an_id_whose_holder_has_no_lease_is_handed_out_at_once,
         a_hold_does_not_hide_that_the_list_of_what_is_held_was_lost,
         a_claim_reads_past_more_of_a_busy_id_than_one_call_holds)
