/* What comes while a batch is applied that was all there was: seen by a peek when somebody carries
 * on, and the next batch. */
#include "adapters/redis/queue.h"
#include "adapters/system/clock.h"
#include "tests/lib/suite.h"
#include "tests/lib/turns.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct tt_redis_server server;
static struct tt_queue a, b;
static struct tt_fault fault;
static int64_t mono_us = 1000 * 1000;

/* Stands still: nobody looks everywhere by the way. */
static struct tt_mono mono(void *context)
{
    (void)context;
    return (struct tt_mono){mono_us};
}

static struct tt_queue open_queue(const char *worker)
{
    static struct tt_clock clock;
    clock = tt_system_clock(NULL);
    clock.mono = mono;
    return tt_test_queue_open_by(server.url, worker, 60000, 12, &clock);
}

static void add(int partition, const char *task, int n)
{
    tt_test_queue_add_to(&server, partition, task, n);
}

static const char *claim(struct tt_queue *queue, size_t max)
{
    static struct tt_queue_batch batch;
    return tt_test_queue_claim(queue, max, &batch);
}

static long long pending(int partition)
{
    char key[30];
    snprintf(key, sizeof key, "{t:%d}:events", partition);
    return tt_redis_ask(&server, "XPENDING %s appliers", key);
}

/* Worker a has x1 in hand, which was all there was. */
static void set_up(const char *name, size_t max)
{
    bool asked = true;
    tt_redis_server_start(&server, name);
    a = open_queue("a");
    b = open_queue("b");
    add(0, "x", 1);
    ck_assert_str_eq(claim(&a, 30), "x1*1 ");
    ck_assert_int_eq(a.prefetch(a.context, max, 0, &asked, &fault), TT_OK);
    ck_assert(!asked);
}

static void tear_down(void)
{
    for (int i = 0; i < 12; i++)
        ck_assert_int_eq(pending(i), 0);
    tt_redis_queue_destroy(&a);
    tt_redis_queue_destroy(&b);
    tt_redis_server_stop(&server, SIGTERM);
}

static bool carry_on(bool wait)
{
    bool asked = false;
    ck_assert_msg(a.carry_on(a.context, wait, &asked, &fault) == TT_OK, "%s", fault.text);
    return asked;
}

TT_TEST(what_came_since_the_batch_began_is_the_next_batch)
{
    set_up("next", 30);
    add(1, "y", 1);
    add(2, "z", 1);
    add(0, "w", 1); /* its partition has something in hand */
    ck_assert(carry_on(true));
    ck_assert(carry_on(true)); /* as often as one likes */
    ck_assert_str_eq(claim(&b, 30), "w1*1 ");
    ck_assert(!tt_test_queue_finish(&b));
    ck_assert(!tt_test_queue_finish(&a));
    ck_assert_str_eq(claim(&a, 30), "y1*1 z1*1 ");
    ck_assert(!tt_test_queue_finish(&a));
    tear_down();
}
TT_END

TT_TEST(the_answer_of_a_peek_need_not_be_waited_for)
{
    set_up("at-once", 30);
    add(1, "y", 1);
    for (int tries = 0; tries < 100000 && pending(1) == 0; tries++)
        carry_on(false);
    ck_assert_int_eq(pending(1), 1);
    ck_assert(!tt_test_queue_finish(&a));
    ck_assert_str_eq(claim(&a, 30), "y1*1 ");
    ck_assert(!tt_test_queue_finish(&a));
    tear_down();
}
TT_END

TT_TEST(where_a_peek_sees_nothing_there_is_nothing_ahead)
{
    bool lost = false;
    set_up("nothing", 30);
    ck_assert(!carry_on(true));
    add(0, "x", 2);
    ck_assert_int_eq(a.finish_and_wait(a.context, 10000, &lost, &fault), TT_OK);
    ck_assert_str_eq(claim(&a, 30), "x2*1 ");
    ck_assert(!tt_test_queue_finish(&a));
    tear_down();
}
TT_END

/* More than a peek gets of one partition, and more partitions than are asked ahead. */
TT_TEST(a_peek_that_does_not_see_everything_is_followed_by_looks)
{
    struct tt_queue_batch batch = {0};
    size_t count = 0;
    set_up("looks", 100);
    for (int i = 0; i < 20; i++)
        add(1, "y", i);
    for (int i = 2; i < 12; i++)
        add(i, "z", i);
    ck_assert(carry_on(true));
    ck_assert(!tt_test_queue_finish(&a));
    for (int tries = 0; tries < 3 && count < 30; tries++) {
        ck_assert_int_eq(a.claim(a.context, 100, 0, &batch, &fault), TT_OK);
        count += batch.count;
        ck_assert(!tt_test_queue_finish(&a));
    }
    ck_assert_uint_eq(count, 30);
    tear_down();
}
TT_END

TT_TEST(what_was_only_peeked_at_is_given_back_to_nobody)
{
    set_up("give-back", 30);
    add(1, "y", 1);
    kill(server.pid, SIGSTOP); /* the answer does not come before it is not wanted any more */
    carry_on(false);
    kill(server.pid, SIGCONT);
    ck_assert_int_eq(a.give_back(a.context, &fault), TT_OK);
    add(2, "z", 1);
    ck_assert_str_eq(claim(&b, 30), "x1*2 y1*1 z1*1 ");
    ck_assert(!tt_test_queue_finish(&b));
    ck_assert_str_eq(claim(&a, 30), "");
    tear_down();
}
TT_END

/* Its answer is on its way: what it saw is offered first, and there is no need to wait. */
TT_TEST(finishing_and_waiting_behind_a_peek_does_not_wait_for_more)
{
    bool lost = false;
    set_up("finish", 30);
    add(1, "y", 1);
    carry_on(false);
    ck_assert_int_eq(a.finish_and_wait(a.context, 60 * 60 * 1000, &lost, &fault), TT_OK);
    ck_assert(!lost);
    ck_assert_str_eq(claim(&b, 30), "");
    ck_assert_str_eq(claim(&a, 30), "y1*1 ");
    ck_assert(!tt_test_queue_finish(&a));
    tear_down();
}
TT_END

TT_TEST(what_waited_behind_a_batch_is_found_when_its_finish_has_answered)
{
    set_up("behind", 30);
    add(1, "y", 1);
    ck_assert(carry_on(true));
    add(0, "x", 2);
    ck_assert_str_eq(claim(&b, 30), "");  /* x2 waits behind x1 */
    ck_assert(!tt_test_queue_finish(&a)); /* its answer is not waited for */
    ck_assert_str_eq(claim(&a, 1), "y1*1 ");
    ck_assert(!tt_test_queue_finish(&a));
    ck_assert_str_eq(claim(&a, 30), "x2*1 ");
    ck_assert(!tt_test_queue_finish(&a));
    tear_down();
}
TT_END

TT_TEST(a_call_to_look_again_is_heard_by_a_worker_that_only_peeks)
{
    char task[20];
    bool heard = false;
    set_up("calls", 30);
    add(11, "held", 1);
    ck_assert_str_eq(claim(&b, 30), "held1*1 ");
    add(11, "held", 2);
    for (int i = 0; i < 40 && !heard; i++) {
        bool asked = false;
        add(i % 2 == 0 ? 1 : 2, "y", i);
        ck_assert(carry_on(true));
        if (i == 20)
            ck_assert(!tt_test_queue_finish(&b)); /* held2 waits, and is free */
        ck_assert(!tt_test_queue_finish(&a));
        snprintf(task, sizeof task, "y%d*1 ", i);
        const char *given = claim(&a, 30);
        heard = strstr(given, "held2*1 ") != NULL;
        ck_assert_msg(heard || strcmp(given, task) == 0, "%s", given);
        ck_assert_int_eq(a.prefetch(a.context, 30, 0, &asked, &fault), TT_OK);
    }
    ck_assert(heard);
    ck_assert(!tt_test_queue_finish(&a));
    tear_down();
}
TT_END

TT_SUITE("adapters/redis/peek", what_came_since_the_batch_began_is_the_next_batch,
         the_answer_of_a_peek_need_not_be_waited_for,
         where_a_peek_sees_nothing_there_is_nothing_ahead,
         a_peek_that_does_not_see_everything_is_followed_by_looks,
         what_was_only_peeked_at_is_given_back_to_nobody,
         finishing_and_waiting_behind_a_peek_does_not_wait_for_more,
         what_waited_behind_a_batch_is_found_when_its_finish_has_answered,
         a_call_to_look_again_is_heard_by_a_worker_that_only_peeks)
