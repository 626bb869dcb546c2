/* Three workers on one partition of a real redis-server: the scene of the tests about turns. For
 * test programs alone, each of which has it once. */
#ifndef TT_TURNS_SCENE_H
#define TT_TURNS_SCENE_H

#include "adapters/redis/queue.h"
#include "tests/lib/suite.h"
#include "tests/lib/turns.h"

#include <signal.h>

static struct tt_redis_server server;
static struct tt_queue a, b, c;
static struct tt_queue_batch batch;

static inline void set_up(const char *name)
{
    tt_redis_server_start(&server, name);
    a = tt_test_queue_open(&server, "a", 60000);
    b = tt_test_queue_open(&server, "b", 60000);
    c = tt_test_queue_open(&server, "c", 60000);
}

static inline void tear_down(void)
{
    tt_redis_queue_destroy(&a);
    tt_redis_queue_destroy(&b);
    tt_redis_queue_destroy(&c);
    tt_redis_server_stop(&server, SIGTERM);
}

static inline void add(const char *task, int n)
{
    tt_test_queue_add(&server, task, n);
}

static inline const char *claim(struct tt_queue *queue, size_t max)
{
    return tt_test_queue_claim(queue, max, &batch);
}

static inline void finish(struct tt_queue *queue)
{
    ck_assert(!tt_test_queue_finish(queue));
}

static inline void connect_again(void)
{
    struct tt_queue *queues[] = {&a, &b, &c};
    for (size_t i = 0; i < 3; i++) {
        struct tt_fault fault = {0};
        unsigned partitions;
        int64_t epoch;
        ck_assert_msg(queues[i]->connect(queues[i]->context, &partitions, &epoch, &fault) == TT_OK,
                      "%s", fault.text);
    }
}

/* Redis leaves the beginning of a transaction that was cut off in its file, and carries it out at
 * the start after the next, before all that came later: with the end of another one. The server is
 * down before. */
static inline void start_with_what_was_cut(const char *name)
{
    tt_redis_server_start(&server, name);
    connect_again();
    tt_redis_ask(&server, "EVAL %s 0", "redis.call('INCR', 'k') return redis.call('INCR', 'k')");
    tt_redis_server_stop(&server, SIGKILL);
    tt_redis_server_start(&server, name);
    connect_again();
}

static inline long long number_of(const char *command)
{
    return tt_redis_ask(&server, command);
}

#endif
