/* Waiting: what it finds is claimed without another look, and it may come with a finish in one
 * step. All claims here but those of `claim` find only what a wait has told of: clocks stand still.
 */
#include "tests/unit/adapters/redis/turns_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tt_fault fault;

static void wait_for(struct tt_queue *queue, int64_t wait_ms)
{
    ck_assert_msg(queue->wait(queue->context, wait_ms, &fault) == TT_OK, "%s", fault.text);
}

/* Whether the lease had ended. */
static bool finish_and_wait(struct tt_queue *queue, int64_t wait_ms)
{
    bool lost = false;
    ck_assert_msg(queue->finish_and_wait(queue->context, wait_ms, &lost, &fault) == TT_OK, "%s",
                  fault.text);
    return lost;
}

/* How many entries a claim gives that does not look around by itself. */
static size_t claim_told(struct tt_queue *queue)
{
    ck_assert_msg(queue->claim(queue->context, 100, 0, &batch, &fault) == TT_OK, "%s", fault.text);
    return batch.count;
}

static bool has(size_t i, const char *task, int n)
{
    char payload[100];
    snprintf(payload, sizeof payload, "{\"task_id\":\"%s\",\"n\":%d}", task, n);
    return tt_str_equal(batch.entries[i].payload, tt_str_from(payload));
}

/* Nothing is in hand, and the wait of the next call has something to find. */
static void set_up_idle(const char *name)
{
    set_up(name);
    ck_assert_str_eq(claim(&a, 10), "");
    ck_assert_str_eq(claim(&b, 10), "");
}

static long long looks(void)
{
    redisContext *redis = tt_redis_server_connect(&server);
    redisReply *reply = redisCommand(redis, "INFO commandstats");
    const char *line = strstr(reply->str, "cmdstat_xrange:calls=");
    long long calls = line == NULL ? 0 : strtoll(strchr(line, '=') + 1, NULL, 10);
    freeReplyObject(reply);
    redisFree(redis);
    return calls;
}

TT_TEST(what_a_wait_found_is_claimed_without_another_look)
{
    set_up_idle("seen");
    add("x", 1);
    add("y", 1);
    wait_for(&a, 2000);
    long long before = looks();
    ck_assert_uint_eq(claim_told(&a), 2);
    ck_assert_int_eq(looks(), before);
    ck_assert(has(0, "x", 1) && has(1, "y", 1));
    finish(&a);
    ck_assert_int_eq(number_of("XPENDING {t:0}:events appliers"), 0);
    tear_down();
}
TT_END

/* What is read is not more than what is all there is: the rest is looked for. */
TT_TEST(of_many_entries_none_is_missed)
{
    set_up_idle("many");
    for (int n = 1; n <= 40; n++)
        add("x", n);
    wait_for(&a, 2000);
    ck_assert_uint_eq(claim_told(&a), 40);
    for (int n = 1; n <= 40; n++)
        ck_assert(has((size_t)n - 1, "x", n));
    tear_down();
}
TT_END

static long long bytes_sent(void)
{
    redisContext *redis = tt_redis_server_connect(&server);
    redisReply *reply = redisCommand(redis, "INFO stats");
    long long bytes = strtoll(strstr(reply->str, "total_net_output_bytes:") + 23, NULL, 10);
    freeReplyObject(reply);
    redisFree(redis);
    return bytes;
}

TT_TEST(a_wait_brings_no_more_entries_than_a_batch_may_have)
{
    enum { LONG = 50000, MANY = 12, FEW = 3 };
    static char text[LONG + 1];
    memset(text, 'x', LONG);
    set_up_idle("bounded");
    ck_assert_str_eq(claim(&a, FEW), "");
    for (int i = 0; i < MANY; i++)
        tt_redis_ask(&server, "XADD {t:0}:events * e %s", text);
    long long before = bytes_sent();
    wait_for(&a, 2000);
    long long came = bytes_sent() - before;
    ck_assert(came > FEW * LONG && came < (FEW + 1) * LONG);
    ck_assert_uint_eq(claim_told(&a), MANY);
    tear_down();
}
TT_END

TT_TEST(what_comes_behind_a_wait_is_found_by_the_next_one)
{
    set_up_idle("behind");
    add("x", 1);
    wait_for(&a, 2000);
    add("x", 2);
    ck_assert_uint_eq(claim_told(&a), 1);
    ck_assert(has(0, "x", 1));
    finish(&a);
    wait_for(&a, 2000);
    ck_assert_uint_eq(claim_told(&a), 1);
    ck_assert(has(0, "x", 2));
    tear_down();
}
TT_END

TT_TEST(what_others_took_meanwhile_is_not_claimed_twice)
{
    set_up_idle("taken");
    add("x", 1);
    add("y", 1);
    wait_for(&a, 2000);
    ck_assert_str_eq(claim(&b, 1), "x1*1 ");
    ck_assert_uint_eq(claim_told(&a), 1);
    ck_assert(has(0, "y", 1));
    tear_down();
}
TT_END

TT_TEST(a_finish_and_the_wait_behind_it_are_one_step)
{
    set_up_idle("both");
    add("x", 1);
    wait_for(&a, 2000);
    ck_assert_uint_eq(claim_told(&a), 1);
    add("x", 2);
    ck_assert(!finish_and_wait(&a, 2000));
    ck_assert_int_eq(number_of("HLEN {t:0}:held"), 0);
    ck_assert_int_eq(number_of("XPENDING {t:0}:events appliers"), 0);
    long long before = looks();
    ck_assert_uint_eq(claim_told(&a), 1);
    ck_assert_int_eq(looks(), before);
    ck_assert(has(0, "x", 2));
    tear_down();
}
TT_END

TT_TEST(what_waits_behind_the_batch_that_is_finished_ends_the_wait)
{
    set_up_idle("waits");
    add("x", 1);
    ck_assert_str_eq(claim(&a, 1), "x1*1 ");
    add("x", 2);
    ck_assert_str_eq(claim(&b, 10), ""); /* 2 waits */
    ck_assert(!finish_and_wait(&a, 2000));
    ck_assert_uint_eq(claim_told(&a), 1);
    ck_assert(has(0, "x", 2));
    tear_down();
}
TT_END

TT_TEST(a_server_that_forgot_the_scripts_is_told_again)
{
    set_up_idle("forgot");
    add("x", 1);
    ck_assert_str_eq(claim(&a, 1), "x1*1 ");
    tt_redis_ask(&server, "SCRIPT FLUSH");
    ck_assert(!finish_and_wait(&a, 1));
    ck_assert_int_eq(number_of("HLEN {t:0}:held"), 0);
    ck_assert_int_eq(number_of("XPENDING {t:0}:events appliers"), 0);
    add("x", 2);
    wait_for(&a, 2000);
    ck_assert_uint_eq(claim_told(&a), 1);
    tear_down();
}
TT_END

TT_TEST(a_lease_that_had_ended_is_told_and_nothing_is_acknowledged)
{
    set_up_idle("ended");
    add("x", 1);
    ck_assert_str_eq(claim(&a, 1), "x1*1 ");
    tt_test_queue_expire(&server, "a");
    ck_assert_str_eq(claim(&b, 1), "x1*2 ");
    ck_assert(finish_and_wait(&a, 1));
    ck_assert_int_eq(number_of("HLEN {t:0}:held"), 1);
    ck_assert(!finish_and_wait(&b, 1));
    ck_assert_int_eq(number_of("HLEN {t:0}:held"), 0);
    tear_down();
}
TT_END

/* Not at once, as most brief waits are for new entries alone. */
TT_TEST(a_call_of_others_is_heard_by_one_of_sixteen_brief_waits)
{
    set_up_idle("calls");
    add("x", 1);
    ck_assert_str_eq(claim(&a, 1), "x1*1 ");
    add("x", 2);
    wait_for(&b, 2000);
    ck_assert_uint_eq(claim_told(&b), 0); /* 2 waits */
    finish(&a);
    size_t told = 0;
    for (int i = 0; i < 16 && told == 0; i++) {
        wait_for(&b, 1);
        told = claim_told(&b);
    }
    ck_assert_uint_eq(told, 1);
    ck_assert(has(0, "x", 2));
    tear_down();
}
TT_END

TT_SUITE("adapters/redis/wait", what_a_wait_found_is_claimed_without_another_look,
         of_many_entries_none_is_missed, a_wait_brings_no_more_entries_than_a_batch_may_have,
         what_comes_behind_a_wait_is_found_by_the_next_one,
         what_others_took_meanwhile_is_not_claimed_twice,
         a_finish_and_the_wait_behind_it_are_one_step,
         what_waits_behind_the_batch_that_is_finished_ends_the_wait,
         a_server_that_forgot_the_scripts_is_told_again,
         a_lease_that_had_ended_is_told_and_nothing_is_acknowledged,
         a_call_of_others_is_heard_by_one_of_sixteen_brief_waits)
