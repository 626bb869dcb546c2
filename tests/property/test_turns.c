/* Random claims, finishes, deaths, lost connections and lost keys of a few workers in one
 * partition, against a model: an id is handed out in the order of its stream, from its oldest event
 * that is not done, to one worker at a time. The seed is printed; TT_SEED sets it. */
#include "adapters/redis/queue.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include "tests/lib/turns.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { WORKERS = 3, TASKS = 5, STEPS = 4000, BATCH_MAX = 12 };

static struct tt_redis_server server;
static uint64_t chance;
static unsigned added[TASKS], done[TASKS]; /* events so far; they are numbered from 0 */
static int64_t newest_fence[TASKS];

static struct worker {
    char name[16];
    struct tt_queue queue;
    bool alive;                      /* its lease has not been ended */
    unsigned from[TASKS], to[TASKS]; /* in hand */
} workers[WORKERS];

static uint64_t below(uint64_t limit)
{
    return tt_test_next(&chance) % limit;
}

/* Ids of several forms. */
static void add_event(unsigned task)
{
    static const char *const forms[TASKS] = {
        ",\"task_id\":\"a\",\"x\":0}", ",\"task_id\":\"b\",\"tenant\":\"z\"}",
        ",\"task_id\":\"c\\u0001\"}", ",\"x\":{\"task_id\":\"y\"},\"task_id\":\"d\"}",
        ",\"task_id\":\"e\",\"m\":\"\\\"\"}"};
    char payload[100];
    snprintf(payload, sizeof payload, "{\"n\":%u%s", added[task]++, forms[task]);
    tt_redis_ask(&server, "XADD {t:0}:events * e %s", payload);
}

static void read_event(struct tt_str payload, unsigned *ret_task, unsigned *ret_n)
{
    static const char *const marks[TASKS] = {"\"task_id\":\"a\",", "\"task_id\":\"b\"",
                                             "\"task_id\":\"c", "\"task_id\":\"d\"",
                                             "\"task_id\":\"e\""};
    char text[120];
    snprintf(text, sizeof text, "%.*s", TT_STR_ARGS(payload));
    const char *n = strstr(text, "\"n\":");
    ck_assert_ptr_nonnull(n);
    *ret_n = (unsigned)strtoul(n + 4, NULL, 10);
    for (*ret_task = 0; *ret_task < TASKS; ++*ret_task)
        if (strstr(text, marks[*ret_task]) != NULL)
            return;
    ck_abort_msg("%s", text);
}

static void drop(struct worker *worker)
{
    memset(worker->from, 0, sizeof worker->from);
    memset(worker->to, 0, sizeof worker->to);
}

static bool busy(unsigned task)
{
    for (int i = 0; i < WORKERS; i++)
        if (workers[i].alive && workers[i].to[task] > workers[i].from[task])
            return true;
    return false;
}

static bool has_batch(const struct worker *worker)
{
    for (int task = 0; task < TASKS; task++)
        if (worker->to[task] > worker->from[task])
            return true;
    return false;
}

static void claim(struct worker *worker)
{
    struct tt_queue_batch batch;
    unsigned task, n;
    tt_test_queue_claim(&worker->queue, 1 + below(BATCH_MAX), &batch);
    for (int i = 0; i < WORKERS; i++)
        if (!workers[i].alive)
            drop(&workers[i]); /* whoever is dead is found by any claim */
    drop(worker);
    worker->alive = true;
    bool began[TASKS] = {false};
    for (size_t i = 0; i < batch.count; i++) {
        read_event(batch.entries[i].payload, &task, &n);
        if (!began[task]) {
            worker->alive = false;
            ck_assert_msg(!busy(task), "task %u is held by two", task);
            worker->alive = true;
            ck_assert_msg(n == done[task], "task %u: %u is handed out before %u", task, n,
                          done[task]);
            ck_assert_int_gt(batch.entries[i].fence, newest_fence[task]);
            newest_fence[task] = batch.entries[i].fence;
            began[task] = true;
            worker->from[task] = worker->to[task] = n;
        }
        ck_assert_msg(n == worker->to[task], "task %u: %u comes after %u", task, n,
                      worker->to[task]);
        worker->to[task]++;
    }
}

static void finish(struct worker *worker)
{
    bool had = has_batch(worker), lost = tt_test_queue_finish(&worker->queue);
    if (had && worker->alive)
        ck_assert(!lost);
    for (int task = 0; task < TASKS && had && !lost; task++)
        if (worker->to[task] > worker->from[task])
            done[task] = worker->to[task];
    drop(worker);
    worker->alive = true;
}

/* Its lease ends, but it does not know yet. */
static void die(struct worker *worker)
{
    tt_test_queue_expire(&server, worker->name);
    worker->alive = !has_batch(worker);
}

static void connect_again(struct worker *worker)
{
    struct tt_fault fault = {0};
    unsigned partitions;
    int64_t epoch;
    ck_assert_int_eq(worker->queue.connect(worker->queue.context, &partitions, &epoch, &fault),
                     TT_OK);
    drop(worker);
    worker->alive = true;
}

/* As a failover that lost something would do it: all connections break. */
static void lose_a_key(void)
{
    static const char *const keys[] = {"held", "wait", "ready", "leases"};
    tt_redis_ask(&server, "DEL {t:0}:%s", keys[below(4)]);
    for (int i = 0; i < WORKERS; i++)
        connect_again(&workers[i]);
}

static void step(bool lose)
{
    struct worker *worker = &workers[below(WORKERS)];
    uint64_t what = below(100);
    if (what < 35)
        add_event((unsigned)(below(2) * below(TASKS))); /* the first is the hot one */
    else if (what < 65 && (!has_batch(worker) || !worker->alive))
        claim(worker);
    else if (what < 92)
        finish(worker);
    else if (what < 96)
        die(worker);
    else if (what < 99 || !lose)
        connect_again(worker);
    else
        lose_a_key();
}

/* The rest is worked off by one. */
static void work_off(void)
{
    for (int i = 0; i < WORKERS; i++)
        connect_again(&workers[i]);
    for (int rounds = 0; rounds < 10000; rounds++) {
        bool left = false;
        for (int task = 0; task < TASKS; task++)
            left = left || done[task] < added[task];
        if (!left)
            break;
        claim(&workers[0]);
        finish(&workers[0]);
    }
    for (int task = 0; task < TASKS; task++)
        ck_assert_uint_eq(done[task], added[task]);
    ck_assert_int_eq(tt_redis_ask(&server, "XPENDING {t:0}:events appliers"), 0);
    ck_assert_int_eq(tt_redis_ask(&server, "ZCARD {t:0}:wait"), 0);
    ck_assert_int_eq(tt_redis_ask(&server, "HLEN {t:0}:held"), 0);
}

static void run(const char *name, bool lose)
{
    chance = tt_test_seed(20260301);
    tt_redis_server_start(&server, name);
    for (int i = 0; i < WORKERS; i++) {
        snprintf(workers[i].name, sizeof workers[i].name, "w%d", i);
        workers[i].queue = tt_test_queue_open(&server, workers[i].name, 600000);
        workers[i].alive = true;
    }
    for (int i = 0; i < STEPS; i++)
        step(lose);
    work_off();
    for (int i = 0; i < WORKERS; i++)
        tt_redis_queue_destroy(&workers[i].queue);
    tt_redis_server_stop(&server, SIGTERM);
}

TT_TEST(whatever_workers_do_an_id_is_handed_out_in_the_order_of_its_stream)
{
    run("turns", false);
}
TT_END

TT_TEST(lost_keys_change_nothing_in_the_order)
{
    run("losses", true);
}
TT_END

TT_SUITE("turns", whatever_workers_do_an_id_is_handed_out_in_the_order_of_its_stream,
         lost_keys_change_nothing_in_the_order)
