/* Turns by task id on a real redis-server: two and three workers in one partition. */
#include "adapters/redis/queue.h"
#include "core/base/limits.h"
#include "tests/lib/process.h"
#include "tests/lib/suite.h"
#include "tests/lib/turns.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct tt_redis_server server;
static struct tt_queue a, b, c;
static struct tt_queue_batch batch;

static void set_up(const char *name)
{
    tt_redis_server_start(&server, name);
    a = tt_test_queue_open(&server, "a", 60000);
    b = tt_test_queue_open(&server, "b", 60000);
    c = tt_test_queue_open(&server, "c", 60000);
}

static void tear_down(void)
{
    tt_redis_queue_destroy(&a);
    tt_redis_queue_destroy(&b);
    tt_redis_queue_destroy(&c);
    tt_redis_server_stop(&server, SIGTERM);
}

static void add(const char *task, int n)
{
    tt_test_queue_add(&server, task, n);
}

static const char *claim(struct tt_queue *queue, size_t max)
{
    return tt_test_queue_claim(queue, max, &batch);
}

static void finish(struct tt_queue *queue)
{
    ck_assert(!tt_test_queue_finish(queue));
}

static long long number_of(const char *command)
{
    return tt_redis_ask(&server, command);
}

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

TT_TEST(ids_that_are_spelled_differently_are_one_id)
{
    static const char *const spellings[] = {
        "{\"task_id\":\"ab\"}",
        "{\"task_id\":\"\\u0061b\"}",
        "{ \"task_id\" : \"ab\" }",
        "{\"\\u0074ask_id\":\"ab\"}",
        "{\"attributes\":{\"task_id\":\"z\"},\"task_id\":\"ab\"}",
        "{\"attributes\":{\"tenant\":\"z\"},\"task_id\":\"ab\"}",
        "{\"task_id\":\"ab\",\"tenant\":\"default\"}",
        "{\"task_id\":\"ab\",\"stage\":\"task_id\"}",
        "{\"task_id\":\"ab\",\"message\":\"\\\"{\"}"};
    enum { COUNT = sizeof spellings / sizeof *spellings };
    set_up("spelled");
    for (size_t i = 0; i < COUNT; i++)
        tt_redis_ask(&server, "XADD {t:0}:events * e %s", spellings[i]);
    tt_redis_ask(&server, "XADD {t:0}:events * e %s", "{\"task_id\":\"ab\",\"tenant\":\"other\"}");
    claim(&a, 1);
    ck_assert_uint_eq(batch.count, 1);
    claim(&b, 100);
    ck_assert_uint_eq(batch.count, 1); /* the other tenant's */
    finish(&a);
    finish(&b);
    claim(&c, 100);
    ck_assert_uint_eq(batch.count, COUNT - 1);
    tear_down();
}
TT_END

TT_TEST(ids_with_control_characters_and_very_long_ones_keep_their_turns)
{
    char id[600], payload[700];
    set_up("odd");
    memset(id, 'x', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    snprintf(payload, sizeof payload, "{\"task_id\":\"%s\"}", id);
    const char *const payloads[] = {"{\"task_id\":\"p\"}", "{\"task_id\":\"p\\u0000q\"}", payload};
    for (int twice = 0; twice < 2; twice++)
        for (size_t i = 0; i < 3; i++)
            tt_redis_ask(&server, "XADD {t:0}:events * e %s", payloads[i]);
    claim(&a, 3);
    ck_assert_uint_eq(batch.count, 3);
    claim(&b, 9);
    ck_assert_uint_eq(batch.count, 0);
    finish(&a);
    claim(&b, 9);
    ck_assert_uint_eq(batch.count, 3);
    tear_down();
}
TT_END

TT_TEST(entries_that_are_no_events_are_handed_out_at_once)
{
    set_up("none");
    add("x", 1);
    for (int i = 0; i < 3; i++)
        tt_redis_ask(&server, "XADD {t:0}:events * e %s", "no event");
    tt_redis_ask(&server, "XADD {t:0}:events * other %s", "field");
    ck_assert_str_eq(claim(&a, 2), "x1*1 no event*1 ");
    ck_assert_str_eq(claim(&b, 9), "no event*1 no event*1 *1 ");
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

/* Helper keys are lost, one by one and all: what is pending is found again, in order. */
TT_TEST(lost_keys_are_made_anew_from_what_is_pending)
{
    static const char *const keys[] = {"{t:0}:held",   "{t:0}:wait",  "{t:0}:ready",
                                       "{t:0}:leases", "{t:0}:fence", NULL};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        char name[20];
        struct tt_fault fault = {0};
        snprintf(name, sizeof name, "lost%zu", k);
        set_up(name);
        for (int n = 1; n <= 4; n++)
            add("x", n);
        ck_assert_str_eq(claim(&a, 2), "x1*1 x2*1 ");
        ck_assert_str_eq(claim(&b, 9), "");
        if (keys[k] != NULL)
            tt_redis_ask(&server, "DEL %s", keys[k]);
        else
            tt_redis_ask(&server, "DEL %s %s %s %s %s", keys[0], keys[1], keys[2], keys[3],
                         keys[4]);
        add("x", 5);
        struct tt_queue_batch seen;
        const char *text = tt_test_queue_claim(&c, 9, &seen);
        if (seen.count > 0) /* taken over from a: from the oldest on */
            ck_assert_msg(strncmp(text, "x1*", 3) == 0, "%zu: %s", k, text);
        bool lost = tt_test_queue_finish(&a);
        ck_assert_msg(lost == (seen.count > 0), "%zu", k);
        if (seen.count > 0)
            finish(&c);
        for (int i = 0; i < 3; i++) {
            ck_assert_int_eq(b.trim(b.context, &fault), TT_OK);
            claim(&b, 9);
            finish(&b);
        }
        ck_assert_int_eq(number_of("XPENDING {t:0}:events appliers"), 0);
        ck_assert_int_eq(number_of("HGET {t:0}:counts applied"), 5);
        ck_assert_int_eq(number_of("HLEN {t:0}:held"), 0);
        tear_down();
    }
}
TT_END

TT_TEST(something_new_of_an_id_never_passes_what_waits_though_its_mark_was_lost)
{
    set_up("mark");
    add("x", 1);
    add("x", 2);
    ck_assert_str_eq(claim(&a, 1), "x1*1 ");
    add("y", 1);
    ck_assert_str_eq(claim(&c, 9), "y1*1 "); /* x2 waits; y stays held, so that not all is lost */
    finish(&a);
    tt_redis_ask(&server, "DEL {t:0}:ready");
    add("x", 3);
    ck_assert_str_eq(claim(&b, 9), "");
    ck_assert_str_eq(claim(&b, 9), "x2*1 x3*1 ");
    tear_down();
}
TT_END

TT_TEST(a_lock_that_came_to_somebody_else_is_not_released)
{
    set_up("else");
    add("x", 1);
    add("y", 1);
    ck_assert_str_eq(claim(&a, 9), "x1*1 y1*1 ");
    tt_redis_ask(&server, "HSET {t:0}:held default/x somebody");
    finish(&a);
    ck_assert_int_eq(number_of("HEXISTS {t:0}:held default/x"), 1);
    ck_assert_int_eq(number_of("HEXISTS {t:0}:held default/y"), 0);
    tear_down();
}
TT_END

TT_TEST(consumers_of_dead_workers_are_removed_once_nothing_of_theirs_is_left)
{
    set_up("consumers");
    add("x", 1);
    ck_assert_str_eq(claim(&a, 9), "x1*1 ");
    tt_test_queue_expire(&server, "a");
    ck_assert_str_eq(claim(&b, 9), "x1*2 ");
    ck_assert_int_eq(tt_redis_ask(&server, "EVAL %s 1 {t:0}:events",
                                  "return #redis.call('XINFO', 'CONSUMERS', KEYS[1], 'appliers')"),
                     2); /* b's and that of what waits */
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
         ids_that_are_spelled_differently_are_one_id,
         ids_with_control_characters_and_very_long_ones_keep_their_turns,
         entries_that_are_no_events_are_handed_out_at_once,
         a_hot_id_with_thousands_of_events_keeps_its_order_and_waits_within_bounds,
         what_waited_tells_its_deliveries_however_much_it_is,
         lost_keys_are_made_anew_from_what_is_pending,
         something_new_of_an_id_never_passes_what_waits_though_its_mark_was_lost,
         a_lock_that_came_to_somebody_else_is_not_released,
         consumers_of_dead_workers_are_removed_once_nothing_of_theirs_is_left)
