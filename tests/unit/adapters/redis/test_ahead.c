/* Asking for the next batch while one is in hand: turns, leases and ends of holdings are what they
 * are without it. */
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

static struct tt_queue open_queue(const char *worker)
{
    static struct tt_clock clock;
    clock = tt_system_clock(NULL);
    return tt_test_queue_open_by(server.url, worker, 60000, 2, &clock);
}

static void set_up(const char *name)
{
    tt_redis_server_start(&server, name);
    a = open_queue("a");
    b = open_queue("b");
}

static void tear_down(void)
{
    tt_redis_queue_destroy(&a);
    tt_redis_queue_destroy(&b);
    tt_redis_server_stop(&server, SIGTERM);
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

/* The first of two partitions is in hand, the other has an event that nobody has. */
static void begin(const char *name)
{
    set_up(name);
    add(0, "x", 1);
    add(1, "y", 1);
    ck_assert_str_eq(claim(&a, 1), "x1*1 ");
}

static bool look_ahead(struct tt_queue *queue, size_t max)
{
    bool asked = false;
    ck_assert_msg(queue->prefetch(queue->context, max, 0, &asked, &fault) == TT_OK, "%s",
                  fault.text);
    return asked;
}

static void carry_on(struct tt_queue *queue)
{
    bool asked = false;
    ck_assert_msg(queue->carry_on(queue->context, true, &asked, &fault) == TT_OK, "%s", fault.text);
}

static bool ask_ahead(struct tt_queue *queue, size_t max)
{
    bool asked = look_ahead(queue, max);
    carry_on(queue);
    return asked;
}

TT_TEST(a_partition_that_has_something_in_hand_is_not_asked_ahead)
{
    set_up("one");
    add(0, "x", 1);
    add(0, "x", 2);
    ck_assert_str_eq(claim(&a, 1), "x1*1 ");
    ask_ahead(&a, 1); /* the other one has nothing */
    ck_assert_str_eq(claim(&b, 9), "");
    ck_assert(!tt_test_queue_finish(&a));
    ck_assert_str_eq(claim(&a, 9), "x2*1 ");
    tear_down();
}
TT_END

TT_TEST(what_was_asked_for_ahead_is_the_next_batch)
{
    begin("next");
    ck_assert(ask_ahead(&a, 9));
    ck_assert(ask_ahead(&a, 9)); /* once is enough */
    ck_assert_str_eq(claim(&b, 9), "");
    ck_assert(!tt_test_queue_finish(&a));
    ck_assert_str_eq(claim(&a, 9), "y1*1 ");
    ck_assert(!tt_test_queue_finish(&a));
    ck_assert_str_eq(claim(&b, 9), "");
    ck_assert_int_eq(tt_redis_ask(&server, "XPENDING {t:0}:events appliers"), 0);
    ck_assert_int_eq(tt_redis_ask(&server, "XPENDING {t:1}:events appliers"), 0);
    tear_down();
}
TT_END

TT_TEST(what_was_only_looked_at_goes_to_whoever_is_quicker)
{
    begin("quicker");
    ck_assert(look_ahead(&a, 9));
    ck_assert_str_eq(claim(&b, 9), "y1*1 ");
    carry_on(&a);
    carry_on(&a); /* as often as one likes */
    ck_assert(!tt_test_queue_finish(&a));
    ck_assert_str_eq(claim(&a, 9), "");
    ck_assert(!tt_test_queue_finish(&b));
    add(1, "y", 2);
    ck_assert_int_eq(a.wait(a.context, 10000, &fault), TT_OK);
    ck_assert_str_eq(claim(&a, 9), "y2*1 ");
    ck_assert(!tt_test_queue_finish(&a));
    ck_assert_int_eq(tt_redis_ask(&server, "XPENDING {t:0}:events appliers"), 0);
    ck_assert_int_eq(tt_redis_ask(&server, "XPENDING {t:1}:events appliers"), 0);
    tear_down();
}
TT_END

/* What needs an answer of its own in between. */
TT_TEST(what_was_looked_at_is_asked_for_also_when_nobody_says_to_carry_on)
{
    for (int way = 0; way < 3; way++) {
        unsigned alive = 0;
        bool lost = false;
        begin(way == 0 ? "finish" : way == 1 ? "renew" : "beat");
        ck_assert(look_ahead(&a, 9));
        if (way == 1)
            ck_assert_int_eq(a.renew(a.context, &lost, &fault), TT_OK);
        if (way == 2)
            ck_assert_int_eq(a.heartbeat(a.context, &alive, &fault), TT_OK);
        ck_assert(!lost && !tt_test_queue_finish(&a));
        ck_assert_str_eq(claim(&b, 9), "");
        ck_assert_str_eq(claim(&a, 9), "y1*1 ");
        ck_assert(!tt_test_queue_finish(&a));
        ck_assert_int_eq(tt_redis_ask(&server, "XPENDING {t:0}:events appliers"), 0);
        ck_assert_int_eq(tt_redis_ask(&server, "XPENDING {t:1}:events appliers"), 0);
        tear_down();
    }
}
TT_END

static void carry_on_without_waiting(struct tt_queue *queue)
{
    bool asked = false;
    ck_assert_msg(queue->carry_on(queue->context, false, &asked, &fault) == TT_OK, "%s",
                  fault.text);
}

TT_TEST(what_was_looked_at_is_asked_for_without_waiting_once_all_of_it_has_come)
{
    begin("at-once");
    ck_assert(look_ahead(&a, 9));
    for (int tries = 0; tries < 100000; tries++) {
        carry_on_without_waiting(&a);
        if (tt_redis_ask(&server, "XPENDING {t:1}:events appliers") == 1)
            break;
    }
    ck_assert_str_eq(claim(&b, 9), "");
    carry_on(&a);
    ck_assert(!tt_test_queue_finish(&a));
    ck_assert_str_eq(claim(&a, 9), "y1*1 ");
    ck_assert(!tt_test_queue_finish(&a));
    tear_down();
}
TT_END

enum { LONG_ENTRIES = 40, LONG_BYTES = 20000 };

static void add_long(int partition)
{
    static char pad[LONG_BYTES];
    memset(pad, 'x', sizeof pad - 1);
    for (int i = 0; i < LONG_ENTRIES; i++)
        tt_redis_ask(&server, "XADD {t:%d}:events * e {\"task_id\":\"long%d\",\"x\":\"%s\"}",
                     partition, i, pad);
}

/* The first partition's answer is short, the other's more than is read at a time. */
TT_TEST(answers_of_which_some_have_come_can_be_dropped_and_waited_for)
{
    for (int way = 0; way < 2; way++) {
        struct tt_queue_batch batch;
        size_t all = 0;
        set_up(way == 0 ? "dropped" : "waited");
        add(0, "x", 1);
        add_long(1);
        ck_assert(look_ahead(&a, 99));
        tt_redis_ask(&server, "PING"); /* the answers have left before the second one's */
        tt_redis_ask(&server, "PING");
        carry_on_without_waiting(&a);
        ck_assert_int_eq(tt_redis_ask(&server, "XPENDING {t:0}:events appliers"), 0);
        if (way == 0)
            ck_assert_int_eq(a.give_back(a.context, &fault), TT_OK);
        else
            carry_on(&a);
        struct tt_queue *next = way == 0 ? &b : &a;
        for (int tries = 0; tries < 10 && all < LONG_ENTRIES + 1; tries++) {
            ck_assert_int_eq(next->claim(next->context, 99, 0, &batch, &fault), TT_OK);
            for (size_t i = 0; i < batch.count; i++)
                ck_assert_int_eq(batch.entries[i].deliveries, 1);
            all += batch.count;
            ck_assert(!tt_test_queue_finish(next));
        }
        ck_assert_uint_eq(all, LONG_ENTRIES + 1);
        ck_assert_str_eq(claim(&a, 9), ""); /* its answers are in step */
        tear_down();
    }
}
TT_END

TT_TEST(giving_back_is_about_both_batches)
{
    set_up("back");
    add(0, "x", 1);
    add(1, "y", 1);
    add(1, "y", 2);
    ck_assert_str_eq(claim(&a, 1), "x1*1 ");
    ck_assert(ask_ahead(&a, 1));
    ck_assert_int_eq(a.give_back(a.context, &fault), TT_OK);
    add(1, "y", 3);
    struct tt_queue_batch batch;
    size_t all = 0;
    for (int tries = 0; tries < 10 && all < 4; tries++) {
        tt_test_queue_claim(&b, 9, &batch);
        for (size_t i = 1; i < batch.count; i++)
            ck_assert(batch.entries[i - 1].partition != batch.entries[i].partition ||
                      batch.entries[i - 1].id_ms < batch.entries[i].id_ms ||
                      (batch.entries[i - 1].id_ms == batch.entries[i].id_ms &&
                       batch.entries[i - 1].id_seq < batch.entries[i].id_seq));
        all += batch.count;
        tt_test_queue_finish(&b);
    }
    ck_assert_uint_eq(all, 4);
    ck_assert_str_eq(claim(&a, 9), "");
    tear_down();
}
TT_END

/* Nobody has had it: its first delivery is yet to come. */
TT_TEST(what_was_only_looked_at_is_not_taken_in_order_to_be_given_back)
{
    for (int way = 0; way < 3; way++) {
        begin(way == 0 ? "giving" : way == 1 ? "leaving" : "anew");
        ck_assert(look_ahead(&a, 9));
        unsigned partitions = 0;
        int64_t epoch = 0;
        if (way == 0)
            ck_assert_int_eq(a.give_back(a.context, &fault), TT_OK);
        if (way == 1)
            a.disconnect(a.context);
        if (way == 2)
            ck_assert_int_eq(a.connect(a.context, &partitions, &epoch, &fault), TT_OK);
        ck_assert_str_eq(claim(&b, 9), "x1*2 y1*1 ");
        ck_assert(!tt_test_queue_finish(&b));
        if (way != 1)
            ck_assert_str_eq(claim(&a, 9), "");
        tear_down();
    }
}
TT_END

TT_TEST(a_worker_that_leaves_hands_on_what_it_asked_for)
{
    begin("leaves");
    ck_assert(ask_ahead(&a, 1));
    a.disconnect(a.context);
    ck_assert_str_eq(claim(&b, 9), "x1*2 y1*2 ");
    tear_down();
}
TT_END

TT_TEST(a_finish_behind_a_lost_lease_is_told_later_and_acknowledges_nothing)
{
    begin("late");
    ck_assert(ask_ahead(&a, 1));
    tt_test_queue_expire(&server, "a"); /* in partition 0 */
    ck_assert_str_eq(claim(&b, 9), "x1*2 ");
    bool lost = tt_test_queue_finish(&a);
    ck_assert_int_eq(tt_redis_ask(&server, "XPENDING {t:0}:events appliers"), 1);
    ck_assert_str_eq(claim(&a, 9), "y1*1 ");
    ck_assert(tt_test_queue_finish(&a) || lost);
    ck_assert_int_eq(tt_redis_ask(&server, "XPENDING {t:1}:events appliers"), 0);
    tear_down();
}
TT_END

/* Whoever asks ahead does not wait for the answer to a finish, and may never get it. */
TT_TEST(a_finish_that_came_to_nothing_is_given_back_with_the_next_connection)
{
    unsigned partitions = 0;
    int64_t epoch = 0;
    struct tt_queue_batch batch;
    begin("unsure");
    ck_assert(ask_ahead(&a, 1));
    tt_redis_ask(&server, "SCRIPT FLUSH");
    tt_test_queue_finish(&a);
    ck_assert_int_ne(a.claim(a.context, 9, 0, &batch, &fault), TT_OK);
    tt_fault_clear(&fault);
    ck_assert_int_eq(a.connect(a.context, &partitions, &epoch, &fault), TT_OK);
    ck_assert_str_eq(claim(&a, 9), "y1*2 x1*2 ");
    tear_down();
}
TT_END

TT_TEST(a_worker_that_leaves_behind_a_finish_that_came_to_nothing_hands_on_all_of_it)
{
    struct tt_queue_batch batch;
    bool asked = false, lost = false;
    set_up("leaves");
    add(0, "x", 1);
    add(1, "y", 1);
    ck_assert_int_eq(a.claim(a.context, 1, 0, &batch, &fault), TT_OK);
    ck_assert_uint_eq(batch.count, 1);
    ck_assert_int_eq(a.prefetch(a.context, 10, 0, &asked, &fault), TT_OK);
    ck_assert(asked);
    tt_redis_ask(&server, "SCRIPT FLUSH");
    ck_assert_int_eq(a.finish(a.context, &lost, &fault), TT_OK); /* not awaited */
    a.disconnect(a.context);
    ck_assert_int_eq(b.claim(b.context, 10, 0, &batch, &fault), TT_OK);
    ck_assert_uint_eq(batch.count, 2);
    ck_assert_int_eq(b.finish(b.context, &lost, &fault), TT_OK);
    tear_down();
}
TT_END

TT_SUITE("adapters/redis/ahead", a_partition_that_has_something_in_hand_is_not_asked_ahead,
         what_was_asked_for_ahead_is_the_next_batch,
         what_was_only_looked_at_goes_to_whoever_is_quicker,
         what_was_looked_at_is_asked_for_also_when_nobody_says_to_carry_on,
         what_was_looked_at_is_asked_for_without_waiting_once_all_of_it_has_come,
         answers_of_which_some_have_come_can_be_dropped_and_waited_for,
         giving_back_is_about_both_batches,
         what_was_only_looked_at_is_not_taken_in_order_to_be_given_back,
         a_worker_that_leaves_hands_on_what_it_asked_for,
         a_finish_behind_a_lost_lease_is_told_later_and_acknowledges_nothing,
         a_finish_that_came_to_nothing_is_given_back_with_the_next_connection,
         a_worker_that_leaves_behind_a_finish_that_came_to_nothing_hands_on_all_of_it)
