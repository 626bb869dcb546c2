/* The queue on a real redis-server: turns, takeover, dead letters, trimming, counting. */
#include "adapters/redis/producer.h"
#include "adapters/redis/queue.h"
#include "adapters/redis/url.h"
#include "adapters/system/clock.h"
#include "core/base/buf.h"
#include "tests/lib/process.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/suite.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct tt_redis_server server;
static struct tt_clock clock_now;
static struct tt_random chance;

/* A queue of one partition, connected. */
static struct tt_queue open_queue(const char *worker, int64_t lease_ms)
{
    struct tt_queue queue;
    struct tt_fault fault = {0};
    unsigned partitions = 0;
    int64_t epoch = 0;
    clock_now = tt_system_clock(NULL);
    chance = tt_system_random();
    const struct tt_redis_queue_options options = {
        .url = server.url,
        .prefix = "t",
        .partitions = 1,
        .worker = worker,
        .lease_ms = lease_ms,
        .locking = true,
        .clock = &clock_now,
        .random = &chance,
    };
    ck_assert_int_eq(tt_redis_queue_create(&options, &queue, &fault), TT_OK);
    ck_assert_msg(queue.connect(queue.context, &partitions, &epoch, &fault) == TT_OK, "%s",
                  fault.text);
    ck_assert_uint_eq(partitions, 1);
    ck_assert_int_eq(epoch, 1);
    return queue;
}

static void add(const char *payload)
{
    tt_redis_ask(&server, "XADD {t:0}:events * e %s", payload);
}

static bool take(struct tt_queue *queue, int64_t fence_min, int64_t *ret_fence)
{
    struct tt_holding holding = {0};
    struct tt_fault fault = {0};
    bool taken = false;
    ck_assert_msg(queue->take(queue->context, 0, fence_min, &holding, &taken, &fault) == TT_OK,
                  "%s", fault.text);
    *ret_fence = holding.fence;
    return taken;
}

/* What one read gives, as "payload*deliveries " each; "lost" when the partition was lost. */
static const char *read_all(struct tt_queue *queue, size_t max, struct tt_queue_batch *ret_batch)
{
    static char text[400];
    struct tt_fault fault = {0};
    unsigned lost[1];
    size_t lost_count = 0;
    ck_assert_msg(queue->read(queue->context, max, ret_batch, lost, &lost_count, &fault) == TT_OK,
                  "%s", fault.text);
    text[0] = '\0';
    for (size_t i = 0; i < ret_batch->count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%.*s*%d ",
                 TT_STR_ARGS(ret_batch->entries[i].payload), (int)ret_batch->entries[i].deliveries);
    return lost_count > 0 ? "lost" : text;
}

static void acknowledge(struct tt_queue *queue, const struct tt_queue_batch *batch)
{
    struct tt_fault fault = {0};
    ck_assert_int_eq(queue->acknowledge(queue->context, batch->entries, batch->count, &fault),
                     TT_OK);
}

TT_TEST(one_worker_at_a_time_holds_a_partition_and_fences_only_grow)
{
    tt_redis_server_start(&server, "hold");
    struct tt_queue a = open_queue("a", 60000), b = open_queue("b", 60000);
    struct tt_fault fault = {0};
    int64_t first, second;
    ck_assert(take(&a, 0, &first));
    ck_assert(!take(&b, 0, &second));
    ck_assert_int_eq(b.release(b.context, 0, &fault), TT_OK); /* not its own: nothing happens */
    ck_assert(!take(&b, 0, &second));
    ck_assert_int_eq(a.release(a.context, 0, &fault), TT_OK);
    ck_assert(take(&b, 41, &second));
    ck_assert_int_eq(second, 42);
    ck_assert_int_gt(second, first);
    tt_redis_queue_destroy(&a);
    tt_redis_queue_destroy(&b);
    tt_redis_server_stop(&server, SIGTERM);
}
TT_END

TT_TEST(a_takeover_reads_what_was_pending_before_what_is_new)
{
    tt_redis_server_start(&server, "takeover");
    struct tt_queue a = open_queue("a", 100), b = open_queue("b", 60000);
    struct tt_queue_batch batch;
    int64_t fence;
    ck_assert(take(&a, 0, &fence));
    add("1");
    add("2");
    ck_assert_str_eq(read_all(&a, 10, &batch), ""); /* the first look is for what others left */
    ck_assert_str_eq(read_all(&a, 10, &batch), "1*1 2*1 ");
    add("3");
    TT_EVENTUALLY(take(&b, 0, &fence)); /* the lease of a ends */
    ck_assert_str_eq(read_all(&b, 10, &batch), "1*2 2*2 ");
    acknowledge(&b, &batch);
    ck_assert_str_eq(read_all(&b, 10, &batch), "3*1 ");
    tt_redis_queue_destroy(&a);
    tt_redis_queue_destroy(&b);
    tt_redis_server_stop(&server, SIGTERM);
}
TT_END

TT_TEST(a_holder_whose_lease_ended_reads_nothing_and_is_told)
{
    tt_redis_server_start(&server, "ended");
    struct tt_queue a = open_queue("a", 100), b = open_queue("b", 60000);
    struct tt_queue_batch batch;
    int64_t fence;
    ck_assert(take(&a, 0, &fence));
    TT_EVENTUALLY(take(&b, 0, &fence));
    add("1");
    ck_assert_str_eq(read_all(&a, 10, &batch), "lost");
    ck_assert_uint_eq(batch.count, 0);
    ck_assert_str_eq(read_all(&b, 10, &batch), "");
    ck_assert_str_eq(read_all(&b, 10, &batch), "1*1 ");
    tt_redis_queue_destroy(&a);
    tt_redis_queue_destroy(&b);
    tt_redis_server_stop(&server, SIGTERM);
}
TT_END

TT_TEST(scripts_that_the_server_forgot_are_loaded_again)
{
    tt_redis_server_start(&server, "scripts");
    struct tt_queue a = open_queue("a", 60000);
    struct tt_queue_batch batch;
    struct tt_queue_backlog backlog;
    struct tt_fault fault = {0};
    int64_t fence;
    ck_assert(take(&a, 0, &fence));
    add("1");
    tt_redis_ask(&server, "SCRIPT FLUSH");
    ck_assert_str_eq(read_all(&a, 10, &batch),
                     ""); /* forgotten: loaded, read the next time round */
    ck_assert_str_eq(read_all(&a, 10, &batch), "");
    ck_assert_str_eq(read_all(&a, 10, &batch), "1*1 ");
    tt_redis_ask(&server, "SCRIPT FLUSH");
    ck_assert_int_eq(a.backlog(a.context, &backlog, &fault), TT_OK);
    ck_assert_uint_eq(backlog.pending, 1);
    ck_assert_uint_eq(backlog.unread, 0);
    tt_redis_queue_destroy(&a);
    tt_redis_server_stop(&server, SIGTERM);
}
TT_END

TT_TEST(an_entry_buried_twice_is_one_dead_letter)
{
    tt_redis_server_start(&server, "bury");
    struct tt_queue a = open_queue("a", 60000);
    struct tt_queue_batch batch;
    struct tt_fault fault = {0};
    int64_t fence;
    ck_assert(take(&a, 0, &fence));
    add("bad");
    add("worse");
    read_all(&a, 10, &batch);
    ck_assert_str_eq(read_all(&a, 10, &batch), "bad*1 worse*1 ");
    for (int twice = 0; twice < 2; twice++) {
        ck_assert_int_eq(a.bury(a.context, &batch.entries[1], "undecodable", "why", &fault), TT_OK);
        ck_assert_int_eq(a.bury(a.context, &batch.entries[0], "undecodable", "why", &fault), TT_OK);
    }
    ck_assert_int_eq(tt_redis_ask(&server, "XLEN {t:0}:dead"), 2);
    ck_assert_int_eq(tt_redis_ask(&server, "XPENDING {t:0}:events appliers"), 0);
    tt_redis_queue_destroy(&a);
    tt_redis_server_stop(&server, SIGTERM);
}
TT_END

TT_TEST(trimming_never_drops_what_is_unread_or_pending)
{
    tt_redis_server_start(&server, "trim");
    struct tt_queue a = open_queue("a", 60000);
    struct tt_queue_batch batch, rest;
    struct tt_fault fault = {0};
    int64_t fence;
    ck_assert(take(&a, 0, &fence));
    for (int i = 0; i < 6; i++)
        add("x");
    read_all(&a, 4, &batch);
    read_all(&a, 4, &batch);
    ck_assert_uint_eq(batch.count, 4);
    acknowledge(&a, &(struct tt_queue_batch){.entries = batch.entries, .count = 2});
    ck_assert_int_eq(a.trim(a.context, &fault), TT_OK);
    ck_assert_int_eq(tt_redis_ask(&server, "XLEN {t:0}:events"), 4); /* 2 pending, 2 unread */
    read_all(&a, 4, &rest);
    ck_assert_uint_eq(rest.count, 2);
    tt_redis_queue_destroy(&a);
    tt_redis_server_stop(&server, SIGTERM);
}
TT_END

TT_TEST(pending_entries_that_were_deleted_are_counted_as_vanished)
{
    tt_redis_server_start(&server, "vanish");
    struct tt_queue a = open_queue("a", 100), b = open_queue("b", 60000);
    struct tt_queue_batch batch;
    int64_t fence;
    char id[64];
    ck_assert(take(&a, 0, &fence));
    add("1");
    add("2");
    read_all(&a, 10, &batch);
    read_all(&a, 10, &batch);
    ck_assert_uint_eq(batch.count, 2);
    snprintf(id, sizeof id, "%lld-%lld", (long long)batch.entries[0].id_ms,
             (long long)batch.entries[0].id_seq);
    ck_assert_int_eq(tt_redis_ask(&server, "XDEL {t:0}:events %s", id), 1);
    TT_EVENTUALLY(take(&b, 0, &fence));
    ck_assert_str_eq(read_all(&b, 10, &batch), "2*2 ");
    ck_assert_uint_eq(batch.vanished, 1);
    tt_redis_queue_destroy(&a);
    tt_redis_queue_destroy(&b);
    tt_redis_server_stop(&server, SIGTERM);
}
TT_END

TT_TEST(the_backlog_is_right_after_a_restart)
{
    tt_redis_server_start(&server, "backlog");
    struct tt_queue a = open_queue("a", 60000);
    struct tt_queue_batch batch;
    struct tt_queue_backlog backlog;
    struct tt_fault fault = {0};
    unsigned partitions;
    int64_t fence, epoch;
    ck_assert(take(&a, 0, &fence));
    for (int i = 0; i < 5; i++)
        add("x");
    read_all(&a, 2, &batch);
    read_all(&a, 2, &batch);
    ck_assert_uint_eq(batch.count, 2);
    tt_redis_server_stop(&server, SIGTERM);
    tt_redis_server_start(&server, "backlog");
    ck_assert_int_eq(a.backlog(a.context, &backlog, &fault), TT_ERR_UNAVAILABLE);
    ck_assert_int_eq(a.connect(a.context, &partitions, &epoch, &fault), TT_OK);
    ck_assert_int_eq(a.backlog(a.context, &backlog, &fault), TT_OK);
    ck_assert_uint_eq(backlog.unread, 3);
    ck_assert_uint_eq(backlog.pending, 2);
    tt_redis_queue_destroy(&a);
    tt_redis_server_stop(&server, SIGTERM);
}
TT_END

TT_TEST(a_producer_sends_again_exactly_what_was_not_confirmed)
{
    tt_redis_server_start(&server, "producer");
    struct tt_redis_producer *producer = NULL;
    struct tt_fault fault = {0};
    const struct tt_redis_producer_options options = {
        .url = server.url, .prefix = "p", .partitions = 1};
    ck_assert_int_eq(tt_redis_producer_create(&options, &producer, &fault), TT_OK);
    ck_assert_int_eq(tt_redis_producer_connect(producer, &fault), TT_OK);
    ck_assert_int_eq(
        tt_redis_producer_add(producer, TT_STR("x"), TT_STR("t"), TT_STR("{}"), &fault), TT_OK);
    ck_assert_int_eq(tt_redis_producer_flush(producer, &fault), TT_OK);
    tt_redis_server_stop(&server, SIGKILL);
    ck_assert_int_eq(
        tt_redis_producer_add(producer, TT_STR("x"), TT_STR("t"), TT_STR("{}"), &fault), TT_OK);
    ck_assert_int_eq(tt_redis_producer_flush(producer, &fault), TT_ERR_UNAVAILABLE);
    ck_assert_uint_eq(tt_redis_producer_waiting(producer), 1);
    tt_redis_server_start(&server, "producer");
    ck_assert_int_eq(tt_redis_producer_connect(producer, &fault), TT_OK);
    ck_assert_int_eq(tt_redis_producer_flush(producer, &fault), TT_OK);
    ck_assert_uint_eq(tt_redis_producer_confirmed(producer), 2);
    ck_assert_int_eq(tt_redis_ask(&server, "XLEN {p:0}:events"), 2);
    /* Full: refused, kept, sent when there is room. */
    tt_redis_ask(&server, "CONFIG SET maxmemory 1");
    tt_fault_clear(&fault);
    ck_assert_int_eq(
        tt_redis_producer_add(producer, TT_STR("x"), TT_STR("t"), TT_STR("{}"), &fault), TT_OK);
    ck_assert_int_eq(tt_redis_producer_flush(producer, &fault), TT_ERR_NO_SPACE);
    tt_redis_ask(&server, "CONFIG SET maxmemory 0");
    tt_fault_clear(&fault);
    ck_assert_int_eq(tt_redis_producer_flush(producer, &fault), TT_OK);
    ck_assert_int_eq(tt_redis_ask(&server, "XLEN {p:0}:events"), 3);
    tt_redis_producer_destroy(producer);
    tt_redis_server_stop(&server, SIGTERM);
}
TT_END

TT_TEST(a_wrong_password_is_denied_and_not_told)
{
    tt_redis_server_start(&server, "auth");
    tt_redis_ask(&server, "CONFIG SET requirepass right-one");
    struct tt_redis_producer *producer = NULL;
    struct tt_fault fault = {0};
    struct tt_redis_producer_options options = {
        .url = server.url, .prefix = "p", .password = "wrong-one"};
    ck_assert_int_eq(tt_redis_producer_create(&options, &producer, &fault), TT_OK);
    ck_assert_int_eq(tt_redis_producer_connect(producer, &fault), TT_ERR_DENIED);
    ck_assert_ptr_null(strstr(fault.text, "wrong-one"));
    tt_redis_producer_destroy(producer);
    tt_fault_clear(&fault);
    options.password = "right-one";
    ck_assert_int_eq(tt_redis_producer_create(&options, &producer, &fault), TT_OK);
    ck_assert_int_eq(tt_redis_producer_connect(producer, &fault), TT_OK);
    tt_redis_producer_destroy(producer);
    tt_redis_server_stop(&server, SIGKILL);
}
TT_END

TT_TEST(urls_are_read_strictly)
{
    static const char *const wrong[] = {"redis://",
                                        "redis://:6379",
                                        "redis://h:0",
                                        "redis://h:70000",
                                        "redis://h:x",
                                        "redis://h/x",
                                        "unix://",
                                        "unix://relative",
                                        "unix:///s?db=x",
                                        "http://h",
                                        "redis://u:p@h",
                                        "redis://[::1",
                                        ""};
    struct tt_redis_url url;
    struct tt_fault fault = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_msg(tt_redis_url_parse(wrong[i], &url, &fault) == TT_ERR_INVALID, "accepted %s",
                      wrong[i]);
    ck_assert_int_eq(tt_redis_url_parse("redis://me@h:7000/3", &url, &fault), TT_OK);
    ck_assert_str_eq(url.host, "h");
    ck_assert_str_eq(url.user, "me");
    ck_assert_int_eq(url.port, 7000);
    ck_assert_int_eq(url.db, 3);
    ck_assert_int_eq(tt_redis_url_parse("redis://[::1]:7001", &url, &fault), TT_OK);
    ck_assert_str_eq(url.host, "::1");
    ck_assert_int_eq(url.port, 7001);
    ck_assert_int_eq(tt_redis_url_parse("unix:///run/r.sock?db=2", &url, &fault), TT_OK);
    ck_assert(url.is_unix && url.db == 2);
}
TT_END

TT_SUITE("adapters/redis/queue", one_worker_at_a_time_holds_a_partition_and_fences_only_grow,
         a_takeover_reads_what_was_pending_before_what_is_new,
         a_holder_whose_lease_ended_reads_nothing_and_is_told,
         scripts_that_the_server_forgot_are_loaded_again, an_entry_buried_twice_is_one_dead_letter,
         trimming_never_drops_what_is_unread_or_pending,
         pending_entries_that_were_deleted_are_counted_as_vanished,
         the_backlog_is_right_after_a_restart,
         a_producer_sends_again_exactly_what_was_not_confirmed,
         a_wrong_password_is_denied_and_not_told, urls_are_read_strictly)
