/* status and dead, on a real redis-server. */
#include "tests/lib/process.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tt_redis_server redis;
static char store[340];

static void set_up(const char *name)
{
    tt_redis_server_start(&redis, name);
    snprintf(store, sizeof store, "sqlite:%s", tt_tmpfile("audit.db"));
}

static struct tt_run run_worker(void)
{
    return TT_TASKTRAIL("worker", "--redis", redis.url, "--store", store, "--partitions", "2",
                        "--name", "w1", "--until-idle");
}

static void work_off(void)
{
    struct tt_run run = run_worker();
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
}

/* Two entries that can never be applied and one that can, on partition 1. */
static void add_entries(void)
{
    tt_redis_ask(&redis, "HSET tasktrail:meta partitions 2");
    tt_redis_ask(&redis, "XADD {tasktrail:1}:events 5-0 e %s", "not \x1b[31mJSON");
    tt_redis_ask(&redis, "XADD {tasktrail:1}:events 6-0 x y");
    tt_redis_ask(&redis, "XADD {tasktrail:1}:events 7-0 e %s",
                 "{\"task_id\":\"t\",\"status\":\"A\",\"event_time\":1}");
}

static json_t *ask_status(void)
{
    struct tt_run run = TT_TASKTRAIL("status", "--redis", redis.url, "--json", "--stalled", "1s");
    ck_assert_msg(run.status == 0, "%s", run.err);
    json_t *status = json_loads(run.out, 0, NULL);
    ck_assert_msg(status != NULL, "%s", run.out);
    tt_run_done(&run);
    return status;
}

static long long number(const json_t *status, const char *key)
{
    ck_assert_msg(json_is_integer(json_object_get(status, key)), "%s", key);
    return json_integer_value(json_object_get(status, key));
}

TT_TEST(status_tells_the_backlog_before_and_what_was_applied_after)
{
    set_up("status");
    add_entries();
    json_t *status = ask_status();
    ck_assert_int_eq(number(status, "unread"), 3);
    ck_assert_int_eq(number(status, "pending"), 0);
    ck_assert_int_gt(number(status, "oldest_age_ms"), 1000); /* entry 5-0 is of 1970 */
    ck_assert_uint_eq(json_array_size(json_object_get(status, "workers")), 0);
    json_decref(status);
    work_off();
    struct tt_run text = TT_TASKTRAIL("status", "--redis", redis.url);
    ck_assert_ptr_nonnull(strstr(text.out, "applied       1 entry, 2 failed\n"));
    tt_run_done(&text);
    status = ask_status();
    ck_assert_int_eq(number(status, "unread"), 0);
    ck_assert_int_eq(number(status, "applied"), 1);
    ck_assert_int_eq(number(status, "dead"), 2);
    ck_assert_int_eq(number(status, "failed"), 2);
    ck_assert_int_eq(number(status, "locked"), 0);
    ck_assert_int_eq(number(status, "parked_tasks"), 0);
    ck_assert(json_is_null(json_object_get(status, "oldest_age_ms")));
    const json_t *second = json_array_get(json_object_get(status, "by_partition"), 1);
    ck_assert_int_eq(number(second, "dead"), 2);
    json_decref(status);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(dead_letters_that_are_no_utf8_are_shown_safely_and_are_json)
{
    set_up("bytes");
    tt_redis_ask(&redis, "HSET tasktrail:meta partitions 2");
    tt_redis_ask(&redis, "XADD {tasktrail:1}:events 5-0 e %s", "x\xff\xc3\xa4");
    tt_redis_ask(&redis, "XADD {tasktrail:1}:events 6-0 e %s",
                 "y\xc2\x9b"
                 "31m\xe2\x80\xae");
    work_off();
    struct tt_run run = TT_TASKTRAIL("dead", "list", "--json", "--redis", redis.url);
    ck_assert_msg(run.status == 0, "%s", run.err);
    json_t *letter = json_loads(run.out, JSON_DISABLE_EOF_CHECK, NULL);
    ck_assert_msg(letter != NULL, "%s", run.out);
    ck_assert_str_eq(json_string_value(json_object_get(letter, "event")), "x\xef\xbf\xbd\xc3\xa4");
    json_decref(letter);
    tt_run_done(&run);
    run = TT_TASKTRAIL("dead", "show", "--redis", redis.url, "1:5-0", "1:6-0");
    ck_assert_msg(run.status == 0, "%s", run.err);
    ck_assert_ptr_nonnull(strstr(run.out, "x\\xff\xc3\xa4\n"));
    ck_assert_ptr_nonnull(strstr(run.out, "y\\xc2\\x9b31m\\xe2\\x80\\xae\n"));
    tt_run_done(&run);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(status_tells_what_was_read_and_never_acknowledged)
{
    set_up("stalled");
    add_entries();
    redisContext *c = tt_redis_server_connect(&redis);
    freeReplyObject(redisCommand(c, "XGROUP CREATE {tasktrail:1}:events appliers 0"));
    freeReplyObject(
        redisCommand(c, "XREADGROUP GROUP appliers ghost COUNT 2 STREAMS {tasktrail:1}:events >"));
    redisReply *claimed =
        redisCommand(c, "XCLAIM {tasktrail:1}:events appliers ghost 0 5-0 IDLE 60000 JUSTID");
    ck_assert_uint_eq(claimed->elements, 1);
    freeReplyObject(claimed);
    redisFree(c);
    json_t *status = ask_status();
    ck_assert_int_eq(number(status, "unread"), 1);
    ck_assert_int_eq(number(status, "pending"), 2);
    ck_assert_int_eq(number(status, "stalled"), 1);
    json_decref(status);
    struct tt_run run = TT_TASKTRAIL("status", "--redis", redis.url);
    ck_assert_int_eq(run.status, 0);
    ck_assert_ptr_nonnull(strstr(run.out, "1 unread, 2 pending"));
    tt_run_done(&run);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(status_tells_how_many_tasks_are_held)
{
    set_up("held");
    add_entries();
    tt_redis_ask(&redis, "HSET {tasktrail:1}:held a w b w");
    tt_redis_ask(&redis, "HSET {tasktrail:0}:held c w");
    json_t *status = ask_status();
    ck_assert_int_eq(number(status, "locked"), 3);
    ck_assert_int_eq(number(json_array_get(json_object_get(status, "by_partition"), 1), "locked"),
                     2);
    json_decref(status);
    struct tt_run run = TT_TASKTRAIL("status", "--redis", redis.url);
    ck_assert_ptr_nonnull(strstr(run.out, "held          3 tasks"));
    tt_run_done(&run);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

static size_t workers_alive(void)
{
    json_t *status = ask_status();
    size_t count = json_array_size(json_object_get(status, "workers"));
    json_decref(status);
    return count;
}

TT_TEST(a_worker_that_was_killed_is_not_alive_for_long_though_it_was_the_last)
{
    int in;
    set_up("alive");
    tt_redis_ask(&redis, "HSET tasktrail:meta partitions 2");
    const char *const words[] = {"worker", "--redis", redis.url, "--store",
                                 store,    "--lease", "200ms",   NULL};
    pid_t worker = tt_start_tasktrail(tt_tmpfile("worker.log"), &in, words);
    TT_EVENTUALLY(workers_alive() == 1);
    tt_finish(worker, SIGKILL);
    TT_EVENTUALLY(workers_alive() == 0);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(a_letter_is_listed_shown_requeued_and_dropped)
{
    set_up("letters");
    add_entries();
    work_off();
    struct tt_run run = TT_TASKTRAIL("dead", "list", "--redis", redis.url);
    ck_assert_int_eq(run.status, 0);
    ck_assert_ptr_nonnull(strstr(run.out, "1:5-0"));
    ck_assert_ptr_nonnull(strstr(run.out, "1:6-0"));
    ck_assert_ptr_null(strstr(run.out, "\x1b"));
    tt_run_done(&run);
    run = TT_TASKTRAIL("dead", "show", "--redis", redis.url, "1:5-0");
    ck_assert_int_eq(run.status, 0);
    ck_assert_ptr_nonnull(strstr(run.out, "not \\x1b[31mJSON"));
    tt_run_done(&run);
    /* Once the entry is mended nowhere, it comes back as a letter with a new id. */
    run = TT_TASKTRAIL("dead", "requeue", "--redis", redis.url, "1:5-0");
    ck_assert_msg(run.status == 0, "%s", run.err);
    ck_assert_str_eq(run.out, "1 of 1 requeued\n");
    tt_run_done(&run);
    ck_assert_int_eq(tt_redis_ask(&redis, "XLEN {tasktrail:1}:dead"), 1);
    work_off();
    ck_assert_int_eq(tt_redis_ask(&redis, "XLEN {tasktrail:1}:dead"), 2);
    run = TT_TASKTRAIL("dead", "drop", "--redis", redis.url, "--all");
    ck_assert_str_eq(run.out, "2 of 2 dropped\n");
    tt_run_done(&run);
    run = TT_TASKTRAIL("dead", "list", "--redis", redis.url);
    ck_assert_str_eq(run.out, "no dead letters\n");
    tt_run_done(&run);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(what_cannot_be_moved_is_told_and_the_rest_is_moved)
{
    set_up("partly");
    add_entries();
    work_off();
    struct tt_run run = TT_TASKTRAIL("dead", "requeue", "--redis", redis.url, "1:6-0", "1:5-0");
    ck_assert_int_eq(run.status, 3);
    ck_assert_str_eq(run.out, "1 of 2 requeued\n");
    ck_assert_ptr_nonnull(strstr(run.err, "1:6-0: the entry had no field \"e\""));
    tt_run_done(&run);
    static const char *const wrong[] = {"5-0", "1:5", "1:5-", "x:5-0", "1:5-0x", "1:-0", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        run = TT_TASKTRAIL("dead", "show", "--redis", redis.url, wrong[i]);
        ck_assert_msg(run.status == 2 && strstr(run.err, "expected partition:ms-seq") != NULL,
                      "%s: %s", wrong[i], run.err);
        tt_run_done(&run);
    }
    run = TT_TASKTRAIL("dead", "show", "--redis", redis.url, "2:5-0");
    ck_assert_int_eq(run.status, 3);
    ck_assert_ptr_nonnull(strstr(run.err, "partitions 0 to 1"));
    tt_run_done(&run);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(requeueing_all_letters_fails_where_one_cannot_be_moved)
{
    set_up("all");
    add_entries();
    work_off();
    struct tt_run run = TT_TASKTRAIL("dead", "requeue", "--redis", redis.url, "--all");
    ck_assert_int_eq(run.status, 3);
    ck_assert_str_eq(run.out, "1 of 2 requeued\n");
    ck_assert_ptr_nonnull(strstr(run.err, "1:6-0: the entry had no field \"e\""));
    tt_run_done(&run);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(requeueing_that_breaks_off_tells_how_many_letters_were_moved)
{
    set_up("breaks-off");
    add_entries();
    work_off();
    tt_redis_ask(&redis, "CONFIG SET maxmemory 1");
    struct tt_run runs[] = {
        TT_TASKTRAIL("dead", "requeue", "--redis", redis.url, "--all"),
        TT_TASKTRAIL("dead", "requeue", "--redis", redis.url, "1:5-0", "1:6-0"),
    };
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(runs[i].status, 3);
        ck_assert_str_eq(runs[i].out, "0 of 2 requeued\n");
        ck_assert_ptr_nonnull(strstr(runs[i].err, "OOM"));
        tt_run_done(&runs[i]);
    }
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(a_queue_that_is_not_there_is_not_made)
{
    set_up("none");
    struct tt_run runs[] = {
        TT_TASKTRAIL("status", "--redis", redis.url, "--prefix", "other"),
        TT_TASKTRAIL("dead", "list", "--redis", redis.url, "--prefix", "other"),
    };
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(runs[i].status, 3);
        ck_assert_ptr_nonnull(strstr(runs[i].err, "no queue with the prefix \"other\""));
        tt_run_done(&runs[i]);
    }
    ck_assert_int_eq(tt_redis_ask(&redis, "DBSIZE"), 0);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_SUITE("queue_view", status_tells_the_backlog_before_and_what_was_applied_after,
         dead_letters_that_are_no_utf8_are_shown_safely_and_are_json,
         status_tells_what_was_read_and_never_acknowledged, status_tells_how_many_tasks_are_held,
         a_worker_that_was_killed_is_not_alive_for_long_though_it_was_the_last,
         a_letter_is_listed_shown_requeued_and_dropped,
         what_cannot_be_moved_is_told_and_the_rest_is_moved,
         requeueing_all_letters_fails_where_one_cannot_be_moved,
         requeueing_that_breaks_off_tells_how_many_letters_were_moved,
         a_queue_that_is_not_there_is_not_made)
