/* The queue on a real redis-server: scripts, dead letters, counting, producers. Turns are
 * in test_turns.c, trimming in test_trim.c. */
#include "adapters/redis/producer.h"
#include "adapters/redis/queue.h"
#include "adapters/redis/url.h"
#include "tests/lib/process.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/suite.h"
#include "tests/lib/turns.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct tt_redis_server server;

static void add(const char *payload)
{
    tt_redis_ask(&server, "XADD {t:0}:events * e %s", payload);
}

TT_TEST(scripts_that_the_server_forgot_are_loaded_again)
{
    tt_redis_server_start(&server, "scripts");
    struct tt_queue a = tt_test_queue_open(&server, "a", 60000);
    struct tt_queue_batch batch;
    struct tt_queue_backlog backlog;
    struct tt_fault fault = {0};
    bool lost = false;
    tt_test_queue_add(&server, "x", 1);
    tt_redis_ask(&server, "SCRIPT FLUSH");
    ck_assert_str_eq(tt_test_queue_claim(&a, 10, &batch), ""); /* loaded, for the next time */
    ck_assert_str_eq(tt_test_queue_claim(&a, 10, &batch), "x1*1 ");
    tt_redis_ask(&server, "SCRIPT FLUSH");
    ck_assert_int_eq(a.backlog(a.context, &backlog, &fault), TT_OK);
    ck_assert_uint_eq(backlog.pending, 1);
    ck_assert_uint_eq(backlog.unread, 0);
    tt_redis_ask(&server, "SCRIPT FLUSH");
    ck_assert_int_eq(a.renew(a.context, &lost, &fault), TT_OK);
    ck_assert(!lost);
    tt_redis_ask(&server, "SCRIPT FLUSH");
    ck_assert(!tt_test_queue_finish(&a));
    ck_assert_int_eq(tt_redis_ask(&server, "XPENDING {t:0}:events appliers"), 0);
    tt_redis_queue_destroy(&a);
    tt_redis_server_stop(&server, SIGTERM);
}
TT_END

TT_TEST(an_entry_buried_twice_is_one_dead_letter)
{
    tt_redis_server_start(&server, "bury");
    struct tt_queue a = tt_test_queue_open(&server, "a", 60000);
    struct tt_queue_batch batch;
    struct tt_fault fault = {0};
    add("bad");
    add("worse");
    ck_assert_str_eq(tt_test_queue_claim(&a, 10, &batch), "bad*1 worse*1 ");
    for (int twice = 0; twice < 2; twice++) {
        ck_assert_int_eq(a.bury(a.context, &batch.entries[1], "undecodable", "why", &fault), TT_OK);
        ck_assert_int_eq(a.bury(a.context, &batch.entries[0], "undecodable", "why", &fault), TT_OK);
    }
    ck_assert(!tt_test_queue_finish(&a));
    ck_assert_int_eq(tt_redis_ask(&server, "XLEN {t:0}:dead"), 2);
    ck_assert_int_eq(tt_redis_ask(&server, "XPENDING {t:0}:events appliers"), 0);
    tt_redis_queue_destroy(&a);
    tt_redis_server_stop(&server, SIGTERM);
}
TT_END

/* A letter that came late has a new id, and by chance that of an entry. */
TT_TEST(a_letter_at_the_id_of_another_entry_does_not_stand_for_it)
{
    tt_redis_server_start(&server, "chance");
    struct tt_queue a = tt_test_queue_open(&server, "a", 60000);
    struct tt_queue_batch batch;
    struct tt_fault fault = {0};
    add("bad");
    ck_assert_str_eq(tt_test_queue_claim(&a, 10, &batch), "bad*1 ");
    char id[64];
    snprintf(id, sizeof id, "%lld-%lld", (long long)batch.entries[0].id_ms,
             (long long)batch.entries[0].id_seq);
    tt_redis_ask(&server, "EVAL %s 1 {t:0}:dead %s",
                 "redis.call('XADD', KEYS[1], ARGV[1], 'entry_id', '1-1', 'e', 'old') return 1",
                 id);
    for (int twice = 0; twice < 2; twice++)
        ck_assert_int_eq(a.bury(a.context, &batch.entries[0], "undecodable", "why", &fault), TT_OK);
    ck_assert_int_eq(tt_redis_ask(&server, "XLEN {t:0}:dead"), 2);
    ck_assert(!tt_test_queue_finish(&a));
    tt_redis_queue_destroy(&a);
    tt_redis_server_stop(&server, SIGTERM);
}
TT_END

TT_TEST(a_holder_whose_lease_ended_buries_nothing)
{
    tt_redis_server_start(&server, "late");
    struct tt_queue a = tt_test_queue_open(&server, "a", 60000);
    struct tt_queue b = tt_test_queue_open(&server, "b", 60000);
    struct tt_queue_batch batch, taken;
    struct tt_fault fault = {0};
    add("bad");
    ck_assert_str_eq(tt_test_queue_claim(&a, 10, &batch), "bad*1 ");
    tt_test_queue_expire(&server, "a");
    ck_assert_str_eq(tt_test_queue_claim(&b, 10, &taken), "bad*2 ");
    ck_assert_int_eq(a.bury(a.context, &batch.entries[0], "undecodable", "why", &fault), TT_OK);
    ck_assert_int_eq(tt_redis_ask(&server, "XLEN {t:0}:dead"), 0);
    ck_assert_int_eq(tt_redis_ask(&server, "XPENDING {t:0}:events appliers"), 1);
    tt_redis_queue_destroy(&a);
    tt_redis_queue_destroy(&b);
    tt_redis_server_stop(&server, SIGTERM);
}
TT_END

/* Counted from either end, by pages: whichever side is the shorter one. */
TT_TEST(what_is_unread_is_counted_exactly_wherever_reading_has_come_to)
{
    enum { ALL = 60, STEP = 5 };
    tt_redis_server_start(&server, "unread");
    struct tt_queue a = tt_test_queue_open(&server, "a", 60000);
    struct tt_queue_batch batch;
    struct tt_queue_backlog backlog;
    struct tt_fault fault = {0};
    for (int i = 0; i < ALL; i++)
        tt_test_queue_add(&server, "x", i);
    for (unsigned read = 0, cut = 0;; read += STEP) {
        ck_assert_int_eq(a.backlog(a.context, &backlog, &fault), TT_OK);
        ck_assert_uint_eq(backlog.unread, ALL - read);
        ck_assert_uint_eq(backlog.pending, 0);
        if (read == ALL)
            break;
        if (read == 40 && cut++ == 0) /* also after trimming, and where the last one is gone */
            ck_assert_int_eq(a.trim(a.context, 1, &fault), TT_OK);
        if (read == 50)
            tt_redis_ask(&server, "XTRIM {t:0}:events MAXLEN = %d", ALL - 50);
        ck_assert_int_eq(a.claim(a.context, STEP, 0, &batch, &fault), TT_OK);
        ck_assert_uint_eq(batch.count, STEP);
        ck_assert(!tt_test_queue_finish(&a));
    }
    tt_redis_queue_destroy(&a);
    tt_redis_server_stop(&server, SIGTERM);
}
TT_END

TT_TEST(pending_entries_that_were_deleted_are_counted_as_vanished)
{
    tt_redis_server_start(&server, "vanish");
    struct tt_queue a = tt_test_queue_open(&server, "a", 60000);
    struct tt_queue b = tt_test_queue_open(&server, "b", 60000);
    struct tt_queue_batch batch, taken;
    char id[64];
    tt_test_queue_add(&server, "x", 1);
    tt_test_queue_add(&server, "x", 2);
    tt_test_queue_claim(&a, 10, &batch);
    ck_assert_uint_eq(batch.count, 2);
    snprintf(id, sizeof id, "%lld-%lld", (long long)batch.entries[0].id_ms,
             (long long)batch.entries[0].id_seq);
    ck_assert_int_eq(tt_redis_ask(&server, "XDEL {t:0}:events %s", id), 1);
    tt_test_queue_expire(&server, "a");
    ck_assert_str_eq(tt_test_queue_claim(&b, 10, &taken), "x2*2 ");
    ck_assert_uint_eq(taken.vanished, 1);
    tt_redis_queue_destroy(&a);
    tt_redis_queue_destroy(&b);
    tt_redis_server_stop(&server, SIGTERM);
}
TT_END

/* A claim that found nothing but vanished entries is not followed by a finish. */
TT_TEST(a_task_whose_entries_vanished_is_not_held)
{
    tt_redis_server_start(&server, "gone");
    struct tt_queue a = tt_test_queue_open(&server, "a", 60000);
    struct tt_queue b = tt_test_queue_open(&server, "b", 60000);
    struct tt_queue_batch batch;
    for (int i = 0; i < 3; i++)
        tt_test_queue_add(&server, "x", i);
    ck_assert_str_eq(tt_test_queue_claim(&a, 1, &batch), "x0*1 ");
    ck_assert_str_eq(tt_test_queue_claim(&b, 9, &batch), ""); /* x1 and x2 wait */
    ck_assert_int_eq(tt_redis_ask(&server, "ZCARD {t:0}:wait"), 2);
    tt_redis_ask(&server, "EVAL %s 1 {t:0}:events",
                 "local r = redis.call('XRANGE', KEYS[1], '-', '+') "
                 "return redis.call('XDEL', KEYS[1], r[2][1])");
    ck_assert(!tt_test_queue_finish(&a));
    ck_assert_str_eq(tt_test_queue_claim(&b, 1, &batch), "");
    ck_assert_uint_eq(batch.vanished, 1);
    ck_assert_int_eq(tt_redis_ask(&server, "HLEN {t:0}:held"), 0);
    ck_assert_str_eq(tt_test_queue_claim(&a, 1, &batch), "x2*1 ");
    ck_assert(!tt_test_queue_finish(&a));
    ck_assert_int_eq(tt_redis_ask(&server, "XPENDING {t:0}:events appliers"), 0);
    tt_redis_queue_destroy(&a);
    tt_redis_queue_destroy(&b);
    tt_redis_server_stop(&server, SIGTERM);
}
TT_END

TT_TEST(the_backlog_is_right_after_a_restart)
{
    tt_redis_server_start(&server, "backlog");
    struct tt_queue a = tt_test_queue_open(&server, "a", 60000);
    struct tt_queue_batch batch;
    struct tt_queue_backlog backlog;
    struct tt_fault fault = {0};
    unsigned partitions;
    int64_t epoch;
    for (int i = 0; i < 5; i++)
        tt_test_queue_add(&server, "x", i);
    tt_test_queue_claim(&a, 2, &batch);
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
    static const char *const wrong[] = {
        "redis://",       "redis://:6379",  "redis://h:0",     "redis://h:70000",
        "redis://h:x",    "redis://h/x",    "unix://",         "unix://relative",
        "unix:///s?db=x", "http://h",       "redis://u:p@h",   "redis://[::1",
        "redis://h,",     "redis://h:1,:2", "redis://h:1,h:x", ""};
    struct tt_redis_url url;
    struct tt_fault fault = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_msg(tt_redis_url_parse(wrong[i], &url, &fault) == TT_ERR_INVALID, "accepted %s",
                      wrong[i]);
    ck_assert_int_eq(tt_redis_url_parse("redis://me@h:7000/3", &url, &fault), TT_OK);
    ck_assert_str_eq(url.first.host, "h");
    ck_assert_str_eq(url.user, "me");
    ck_assert_int_eq(url.first.port, 7000);
    ck_assert_int_eq(url.db, 3);
    ck_assert_int_eq(tt_redis_url_parse("redis://[::1]:7001", &url, &fault), TT_OK);
    ck_assert_str_eq(url.first.host, "::1");
    ck_assert_int_eq(url.first.port, 7001);
    ck_assert_int_eq(tt_redis_url_parse("unix:///run/r.sock?db=2", &url, &fault), TT_OK);
    ck_assert(url.is_unix && url.db == 2);
    ck_assert_int_eq(tt_redis_url_parse("redis://me@a:7000,[::1]:7001,c", &url, &fault), TT_OK);
    ck_assert_uint_eq(url.other_count, 2);
    ck_assert_str_eq(url.first.host, "a");
    ck_assert_str_eq(url.others[0].host, "::1");
    ck_assert_int_eq(url.others[0].port, 7001);
    ck_assert_str_eq(url.others[1].host, "c");
    ck_assert_int_eq(url.others[1].port, 6379);
}
TT_END

TT_SUITE("adapters/redis/queue", scripts_that_the_server_forgot_are_loaded_again,
         an_entry_buried_twice_is_one_dead_letter,
         a_letter_at_the_id_of_another_entry_does_not_stand_for_it,
         a_holder_whose_lease_ended_buries_nothing,
         what_is_unread_is_counted_exactly_wherever_reading_has_come_to,
         pending_entries_that_were_deleted_are_counted_as_vanished,
         a_task_whose_entries_vanished_is_not_held, the_backlog_is_right_after_a_restart,
         a_producer_sends_again_exactly_what_was_not_confirmed,
         a_wrong_password_is_denied_and_not_told, urls_are_read_strictly)
