/* Parked tasks on a real redis-server: what stands behind a dead letter, and how it goes on. */
#include "adapters/redis/queue.h"
#include "adapters/redis/view.h"
#include "tests/lib/suite.h"
#include "tests/lib/turns.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct tt_redis_server server;
static struct tt_queue a, b;
static struct tt_queue_batch batch;

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

static void add(const char *task, int n)
{
    tt_test_queue_add(&server, task, n);
}

static const char *claim(struct tt_queue *queue)
{
    return tt_test_queue_claim(queue, 100, &batch);
}

static void finish(struct tt_queue *queue)
{
    ck_assert(!tt_test_queue_finish(queue));
}

static long long number_of(const char *command)
{
    return tt_redis_ask(&server, command);
}

/* Entry `dead` of the batch in hand becomes a dead letter, those of the list wait behind it. */
static void park(struct tt_queue *queue, const char *task, size_t dead, const size_t *behind,
                 size_t count)
{
    const struct tt_queue_entry *list[100];
    struct tt_fault fault = {0};
    for (size_t i = 0; i < count; i++)
        list[i] = &batch.entries[behind[i]];
    const struct tt_queue_parking parking = {.entry = &batch.entries[dead],
                                             .reason = "unstorable",
                                             .error = "why",
                                             .tenant = TT_STR("default"),
                                             .task_id = tt_str_from(task),
                                             .behind = list,
                                             .behind_count = count};
    ck_assert_msg(queue->park(queue->context, &parking, &fault) == TT_OK, "%s", fault.text);
}

static enum tt_err keep_id(void *context, const struct tt_dead_letter *letter)
{
    ck_assert(letter->parks);
    snprintf(context, TT_LETTER_ID_BYTES, "%s", letter->id);
    return TT_OK;
}

/* Requeues or drops the one letter that there is. */
static void see_to_it(bool requeue)
{
    const struct tt_redis_view_options options = {.url = server.url, .prefix = "t"};
    struct tt_redis_view *view = NULL;
    struct tt_fault fault = {0};
    char id[TT_LETTER_ID_BYTES] = "";
    ck_assert_int_eq(tt_redis_view_open(&options, &view, &fault), TT_OK);
    ck_assert_int_eq(tt_redis_view_letters(view, 9, keep_id, id, &fault), TT_OK);
    enum tt_err err =
        requeue ? tt_redis_view_requeue(view, id, &fault) : tt_redis_view_drop(view, id, &fault);
    ck_assert_msg(err == TT_OK, "%s", fault.text);
    tt_redis_view_close(view);
    ck_assert_int_eq(number_of("XLEN {t:0}:dead"), 0);
    ck_assert_int_eq(number_of("EXISTS {t:0}:parked {t:0}:behind"), 0);
}

/* x1 is dead, x2 came with it, x3 waited, x4 comes later. */
static void park_x(void)
{
    add("x", 1);
    add("x", 2);
    add("y", 1);
    ck_assert_str_eq(claim(&a), "x1*1 x2*1 y1*1 ");
    const struct tt_queue_batch of_a = batch;
    add("x", 3);
    ck_assert_str_eq(claim(&b), "");
    ck_assert_int_eq(number_of("ZCARD {t:0}:wait"), 1);
    batch = of_a;
    park(&a, "x", 0, (const size_t[]){1}, 1);
    ck_assert_int_eq(number_of("ZCARD {t:0}:wait"), 0);
    finish(&a);
    add("x", 4);
    add("y", 2);
}

static void assert_nothing_left(void)
{
    ck_assert_str_eq(claim(&a), "");
    ck_assert_int_eq(number_of("XPENDING {t:0}:events appliers"), 0);
    ck_assert_int_eq(number_of("ZCARD {t:0}:wait"), 0);
    ck_assert_int_eq(number_of("HLEN {t:0}:held"), 0);
}

TT_TEST(nothing_of_a_parked_task_is_handed_out_and_others_go_on)
{
    set_up("parked");
    park_x();
    struct tt_queue_backlog backlog;
    ck_assert_str_eq(claim(&a), "y2*1 ");
    finish(&a);
    ck_assert_int_eq(number_of("ZCARD {t:0}:behind"), 4);
    ck_assert_int_eq(number_of("HLEN {t:0}:parked"), 1);
    ck_assert_int_eq(a.backlog(a.context, &backlog, NULL), TT_OK);
    ck_assert_uint_eq(backlog.pending + backlog.unread, 0); /* nothing that a worker could do */
    ck_assert_int_eq(a.trim(a.context, 1, NULL), TT_OK);
    ck_assert_int_eq(number_of("XLEN {t:0}:events"), 6); /* and nothing of it is cut */
    tear_down();
}
TT_END

/* What says which tasks are parked is lost, and nobody has claimed since: the letter is the last
 * thing that could let the task go. */
TT_TEST(a_parked_task_goes_on_though_the_list_of_parked_ones_was_lost)
{
    static const char *const losses[] = {"DEL {t:0}:parked", "DEL {t:0}:behind",
                                         "DEL {t:0}:parked {t:0}:behind",
                                         "HSET {t:0}:parked default/x 1-1"};
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        set_up("lost");
        park_x();
        ck_assert_str_eq(claim(&a), "y2*1 ");
        finish(&a);
        tt_redis_ask(&server, losses[i]);
        see_to_it(false);
        ck_assert_str_eq(claim(&b), "x2*2 x3*1 x4*1 ");
        finish(&b);
        assert_nothing_left();
        tear_down();
    }
}
TT_END

TT_TEST(a_letter_that_is_requeued_comes_first_and_the_rest_behind_it_in_order)
{
    set_up("requeued");
    park_x();
    ck_assert_str_eq(claim(&a), "y2*1 ");
    finish(&a);
    see_to_it(true);
    add("x", 5);
    ck_assert_str_eq(claim(&b), "x1*2 x2*2 x3*1 x4*1 x5*1 ");
    add("x", 6);
    ck_assert_str_eq(claim(&a), ""); /* x is held */
    finish(&b);
    ck_assert_str_eq(claim(&a), "x6*1 ");
    finish(&a);
    assert_nothing_left();
    tear_down();
}
TT_END

TT_TEST(a_letter_that_is_dropped_lets_the_rest_go_on_in_order)
{
    set_up("dropped");
    park_x();
    ck_assert_str_eq(claim(&a), "y2*1 ");
    finish(&a);
    see_to_it(false);
    ck_assert_str_eq(claim(&a), "x2*2 x3*1 x4*1 ");
    finish(&a);
    assert_nothing_left();
    tear_down();
}
TT_END

TT_TEST(a_letter_seen_to_before_its_batch_is_finished_changes_nothing)
{
    set_up("quick");
    add("x", 1);
    add("x", 2);
    ck_assert_str_eq(claim(&a), "x1*1 x2*1 ");
    park(&a, "x", 0, (const size_t[]){1}, 1);
    see_to_it(true);
    ck_assert_str_eq(claim(&b), ""); /* a holds it still */
    finish(&a);
    ck_assert_str_eq(claim(&b), "x1*2 x2*2 ");
    finish(&b);
    assert_nothing_left();
    tear_down();
}
TT_END

TT_TEST(a_worker_that_dies_before_it_finishes_leaves_the_task_parked)
{
    set_up("dies");
    add("x", 1);
    add("x", 2);
    ck_assert_str_eq(claim(&a), "x1*1 x2*1 ");
    park(&a, "x", 0, NULL, 0); /* a crash in the middle: 2 was not said to be behind yet */
    tt_test_queue_expire(&server, "a");
    ck_assert_str_eq(claim(&b), "");
    ck_assert(tt_test_queue_finish(&a));
    ck_assert_int_eq(number_of("ZCARD {t:0}:behind"), 2);
    see_to_it(true);
    ck_assert_str_eq(claim(&b), "x1*2 x2*2 ");
    finish(&b);
    assert_nothing_left();
    tear_down();
}
TT_END

TT_TEST(a_worker_whose_lease_has_ended_parks_nothing)
{
    set_up("late");
    add("x", 1);
    ck_assert_str_eq(claim(&a), "x1*1 ");
    struct tt_queue_batch of_a = batch;
    tt_test_queue_expire(&server, "a");
    ck_assert_str_eq(claim(&b), "x1*2 ");
    batch = of_a;
    park(&a, "x", 0, NULL, 0);
    ck_assert_int_eq(number_of("EXISTS {t:0}:parked {t:0}:dead"), 0);
    finish(&b);
    assert_nothing_left();
    tear_down();
}
TT_END

TT_TEST(lost_keys_of_parked_tasks_are_made_anew)
{
    static const char *const keys[] = {"held", "wait", "ready", "leases", "behind", "parked"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char name[16];
        snprintf(name, sizeof name, "lost%zu", i);
        set_up(name);
        park_x();
        ck_assert_str_eq(claim(&a), "y2*1 ");
        finish(&a);
        tt_redis_ask(&server, "DEL {t:0}:%s", keys[i]);
        add("x", 5);
        ck_assert_str_eq(claim(&a), "");
        ck_assert_str_eq(claim(&b), "");
        see_to_it(true);
        ck_assert_str_eq(claim(&b), "x1*2 x2*2 x3*1 x4*1 x5*1 ");
        finish(&b);
        assert_nothing_left();
        tear_down();
    }
}
TT_END

TT_TEST(more_may_stand_behind_a_letter_than_one_call_can_name)
{
    set_up("many");
    enum { MANY = 99 };
    for (int n = 1; n <= MANY; n++)
        add("x", n);
    tt_redis_ask(&server, "EVAL %s 1 {t:0}:events",
                 "for i = 100, 1500 do redis.call('XADD', KEYS[1], '*', 'e', "
                 "'{\"task_id\":\"x\",\"n\":' .. i .. '}') end return 1");
    struct tt_fault fault = {0};
    ck_assert_int_eq(a.claim(a.context, 1500, 0, &batch, &fault), TT_OK);
    ck_assert_uint_eq(batch.count, 1500);
    static const struct tt_queue_entry *list[1499];
    for (size_t i = 0; i < 1499; i++)
        list[i] = &batch.entries[i + 1];
    const struct tt_queue_parking parking = {.entry = &batch.entries[0],
                                             .reason = "unstorable",
                                             .error = "why",
                                             .tenant = TT_STR("default"),
                                             .task_id = TT_STR("x"),
                                             .behind = list,
                                             .behind_count = 1499};
    ck_assert_msg(a.park(a.context, &parking, &fault) == TT_OK, "%s", fault.text);
    finish(&a);
    ck_assert_int_eq(number_of("ZCARD {t:0}:behind"), 1500);
    ck_assert_int_eq(number_of("HGET {t:0}:counts applied"), 0);
    see_to_it(true);
    size_t all = 0;
    for (int tries = 0; all < 1500 && tries < 10; tries++) { /* as many as fit beside new ones */
        ck_assert_int_eq(b.claim(b.context, 1500, 0, &batch, &fault), TT_OK);
        all += batch.count;
        finish(&b);
    }
    ck_assert_uint_eq(all, 1500);
    assert_nothing_left();
    tear_down();
}
TT_END

TT_TEST(a_server_that_is_full_lets_workers_wait_and_park)
{
    struct tt_fault fault = {0};
    set_up("full");
    tt_test_queue_add(&server, "x", 1);
    ck_assert_str_eq(tt_test_queue_claim(&a, 1, &batch), "x1*1 ");
    tt_test_queue_add(&server, "x", 2);
    tt_test_queue_add(&server, "y", 1);
    tt_redis_ask(&server, "CONFIG SET maxmemory 1");
    ck_assert_str_eq(tt_test_queue_claim(&b, 1, &batch), ""); /* x2 waits */
    ck_assert_str_eq(tt_test_queue_claim(&b, 1, &batch), "y1*1 ");
    const struct tt_queue_parking parking = {
        .entry = &batch.entries[0],
        .reason = "unstorable",
        .error = "why",
        .tenant = TT_STR("default"),
        .task_id = TT_STR("y"),
    };
    ck_assert_msg(b.park(b.context, &parking, &fault) == TT_OK, "%s", fault.text);
    ck_assert(!tt_test_queue_finish(&b));
    see_to_it(false);
    tear_down();
}
TT_END

TT_SUITE("adapters/redis/park", a_server_that_is_full_lets_workers_wait_and_park,
         nothing_of_a_parked_task_is_handed_out_and_others_go_on,
         a_parked_task_goes_on_though_the_list_of_parked_ones_was_lost,
         a_letter_that_is_requeued_comes_first_and_the_rest_behind_it_in_order,
         a_letter_that_is_dropped_lets_the_rest_go_on_in_order,
         a_letter_seen_to_before_its_batch_is_finished_changes_nothing,
         a_worker_that_dies_before_it_finishes_leaves_the_task_parked,
         a_worker_whose_lease_has_ended_parks_nothing, lost_keys_of_parked_tasks_are_made_anew,
         more_may_stand_behind_a_letter_than_one_call_can_name)
