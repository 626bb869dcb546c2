#include "tests/lib/turns.h"

#include "adapters/redis/queue.h"
#include "adapters/system/clock.h"
#include <check.h>
#include <stdio.h>
#include <string.h>

static int64_t mono_us;

static struct tt_mono stand_still(void *context)
{
    (void)context;
    return (struct tt_mono){mono_us};
}

struct tt_queue tt_test_queue_open(const struct tt_redis_server *server, const char *worker,
                                   int64_t lease_ms)
{
    return tt_test_queue_open_at(server->url, worker, lease_ms);
}

struct tt_queue tt_test_queue_open_at(const char *url, const char *worker, int64_t lease_ms)
{
    return tt_test_queue_open_wide(url, worker, lease_ms, 1);
}

struct tt_queue tt_test_queue_open_wide(const char *url, const char *worker, int64_t lease_ms,
                                        unsigned partitions)
{
    static struct tt_clock clock;
    clock = tt_system_clock(NULL);
    clock.mono = stand_still;
    return tt_test_queue_open_by(url, worker, lease_ms, partitions, &clock);
}

struct tt_queue tt_test_queue_open_by(const char *url, const char *worker, int64_t lease_ms,
                                      unsigned wanted, const struct tt_clock *clock)
{
    static struct tt_random chance;
    struct tt_queue queue;
    struct tt_fault fault = {0};
    unsigned partitions = 0;
    int64_t epoch = 0;
    chance = tt_system_random();
    const struct tt_redis_queue_options options = {
        .url = url,
        .prefix = "t",
        .partitions = wanted,
        .worker = worker,
        .lease_ms = lease_ms,
        .locking = true,
        .clock = clock,
        .random = &chance,
    };
    ck_assert_int_eq(tt_redis_queue_create(&options, &queue, &fault), TT_OK);
    ck_assert_msg(queue.connect(queue.context, &partitions, &epoch, &fault) == TT_OK, "%s",
                  fault.text);
    ck_assert_uint_eq(partitions, wanted);
    ck_assert_int_eq(epoch, 1);
    return queue;
}

void tt_test_queue_add(const struct tt_redis_server *server, const char *task, int n)
{
    tt_test_queue_add_to(server, 0, task, n);
}

void tt_test_queue_add_to(const struct tt_redis_server *server, int partition, const char *task,
                          int n)
{
    char key[30], payload[200];
    snprintf(key, sizeof key, "{t:%d}:events", partition);
    snprintf(payload, sizeof payload, "{\"task_id\":\"%s\",\"n\":%d}", task, n);
    tt_redis_ask(server, "XADD %s * e %s", key, payload);
}

const char *tt_test_queue_claim(struct tt_queue *queue, size_t max,
                                struct tt_queue_batch *ret_batch)
{
    static char text[1000];
    struct tt_fault fault = {0};
    mono_us += INT64_C(3600) * 1000000;
    ck_assert_msg(queue->claim(queue->context, max, 0, ret_batch, &fault) == TT_OK, "%s",
                  fault.text);
    text[0] = '\0';
    for (size_t i = 0; i < ret_batch->count; i++) {
        const struct tt_queue_entry *entry = &ret_batch->entries[i];
        char payload[400], task[200], *end = text + strlen(text);
        size_t room = sizeof text - strlen(text);
        int n;
        ck_assert_int_gt(entry->fence, 0);
        snprintf(payload, sizeof payload, "%.*s", TT_STR_ARGS(entry->payload));
        if (sscanf(payload, "{\"task_id\":\"%199[^\"]\",\"n\":%d}", task, &n) == 2)
            snprintf(end, room, "%s%d*%d ", task, n, (int)entry->deliveries);
        else
            snprintf(end, room, "%s*%d ", payload, (int)entry->deliveries);
    }
    return text;
}

bool tt_test_queue_finish(struct tt_queue *queue)
{
    struct tt_fault fault = {0};
    bool lost = false;
    ck_assert_msg(queue->finish(queue->context, &lost, &fault) == TT_OK, "%s", fault.text);
    return lost;
}

void tt_test_queue_expire(const struct tt_redis_server *server, const char *worker)
{
    tt_redis_ask(server, "EVAL %s 1 {t:0}:leases %s#",
                 "for _, m in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do "
                 "if string.sub(m, 1, #ARGV[1]) == ARGV[1] then "
                 "redis.call('ZADD', KEYS[1], 1, m) end end return 1",
                 worker);
}
