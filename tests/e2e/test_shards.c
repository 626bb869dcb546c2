/* Reports in shares: by hand, and by idle workers; replaying from afar. */
#include "tests/lib/process.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/stores.h"
#include "tests/lib/tmpdir.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tt_redis_server redis;
static struct tt_test_store test;
static char lifecycle[330], tenants[330];

static const char *const formats[] = {"text", "json", "ndjson", "csv", "html"};
enum { FORMATS = sizeof formats / sizeof *formats };

static void write_text(char path[330], const char *name, const char *text)
{
    snprintf(path, 330, "%s", tt_tmpfile(name));
    tt_write_file(path, text, strlen(text));
}

static pid_t start_worker(const char *name, const char *last)
{
    const char *words[] = {"worker", "--redis", redis.url, "--store", test.url, "--name",
                           name,     "--lease", "300ms",   last,      NULL};
    return tt_start_tasktrail(tt_tmpfile("worker.log"), NULL, words);
}

/* A few hundred tasks, some of them late, doubled, illegal; some rows broken afterwards. */
static void set_up(int kind, const char *name)
{
    enum { BYTES = 400 * 1000 };
    char *text = malloc(BYTES);
    size_t len = 0;
    tt_redis_server_start(&redis, name);
    tt_test_store_make(&test, kind);
    write_text(lifecycle, "lifecycle.json",
               "{\"initial\":[\"A\"],\"terminal\":[\"C\"],"
               "\"transitions\":{\"A\":[\"B\"],\"B\":[\"C\"]},\"max_age\":{\"B\":\"1s\"}}");
    write_text(tenants, "tenants.json", "{\"tenants\":{\"t1\":{\"apply_order\":\"arrival\"}}}");
    for (int task = 0; task < 300; task++)
        for (int step = 0; step < 3; step++)
            len += (size_t)snprintf(text + len, BYTES - len,
                                    "{\"tenant\":\"t%d\",\"task_id\":\"task-%d\",\"status\":\"%c\","
                                    "\"event_time\":%d,\"seq\":%d}\n",
                                    task % 3, task, "ABC"[(step + (task % 5 == 0)) % 3],
                                    1000 + (task % 4 == 1 && step == 2 ? 0 : step),
                                    step * (1 + task % 2));
    struct tt_run run =
        tt_tasktrail(NULL, text, (const char *const[]){"emit", "--redis", redis.url, "-", NULL});
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
    free(text);
    ck_assert_int_eq(tt_finish(start_worker("first", "--until-idle"), 0), 0);
    tt_test_store_sql(&test, "UPDATE task_status_current SET status = 'LOST'"
                             " WHERE task_id LIKE '%7'");
    tt_test_store_sql(&test, "DELETE FROM task_status_interval WHERE task_id LIKE '%8'"
                             " AND position = 2");
}

static void tear_down(void)
{
    tt_test_store_done(&test);
    tt_redis_server_stop(&redis, SIGTERM);
}

#define REPORT(...)                                                                                \
    TT_TASKTRAIL("report", "--store", test.url, "--lifecycle", lifecycle, "--tenants", tenants,    \
                 "--now", "1970-01-01T01:00:00Z", __VA_ARGS__)

static void assert_same(struct tt_run whole, struct tt_run parts, const char *what)
{
    ck_assert_msg(whole.out_len > 50, "%s: %s", what, whole.err);
    ck_assert_msg(whole.status == parts.status && whole.out_len == parts.out_len &&
                      memcmp(whole.out, parts.out, whole.out_len) == 0,
                  "%s: %d and %d\n%s\n---\n%s%s", what, whole.status, parts.status, whole.out,
                  parts.out, parts.err);
    tt_run_done(&whole);
    tt_run_done(&parts);
}

static void assert_fails(struct tt_run run, int status, const char *said)
{
    ck_assert_msg(run.status == status && strstr(run.err, said) != NULL, "%d: %s\n%s", run.status,
                  run.err, run.out);
    tt_run_done(&run);
}

TT_TEST(shares_of_a_report_are_put_together_to_the_bytes_of_the_whole)
{
    set_up(_i, "parts");
    char parts[3][330];
    for (int i = 0; i < 3; i++) {
        char share[32], name[32];
        snprintf(share, sizeof share, "%d/3", i + 1);
        snprintf(name, sizeof name, "part.%d", i);
        snprintf(parts[i], sizeof parts[i], "%s", tt_tmpfile(name));
        struct tt_run run = REPORT("--shard", share, "--part", parts[i]);
        ck_assert_msg(run.status == 0 && run.out_len == 0, "%s", run.err);
        tt_run_done(&run);
    }
    for (int f = 0; f < FORMATS; f++)
        assert_same(REPORT("--format", formats[f]),
                    REPORT("--format", formats[f], "--merge", parts[2], parts[0], parts[1]),
                    formats[f]);
    assert_fails(REPORT("--merge", parts[0], parts[1]), 2, "shard 3 of 3 is missing");
    assert_fails(REPORT("--merge", lifecycle), 3, "is no shard of a report");
    assert_fails(REPORT("--shard", "4/3"), 2, "expected I/N");
    assert_fails(REPORT("--shards", "3"), 2, "--shards goes with --fleet");
    struct tt_run run =
        TT_TASKTRAIL("report", "--lifecycle", lifecycle, "--tenants", tenants, "--now",
                     "1970-01-01T01:00:00Z", "--merge", parts[0], parts[1], parts[2]);
    ck_assert_msg(strstr(run.out, "replay --store URL --lifecycle") != NULL &&
                      strstr(run.out, "report --merge --lifecycle") != NULL &&
                      strstr(run.out, parts[2]) != NULL,
                  "%s%s", run.out, run.err);
    tt_run_done(&run);
    tear_down();
}
TT_END

TT_TEST(idle_workers_make_the_report_and_replay_a_task)
{
    set_up(_i, "fleet");
    assert_fails(REPORT("--redis", redis.url, "--fleet"), 3, "no worker is alive");
    pid_t workers[2] = {start_worker("w1", NULL), start_worker("w2", NULL)};
    TT_EVENTUALLY(tt_redis_ask(&redis, "ZCARD {tasktrail:jobs}:workers") == 2);
    for (int f = 0; f < FORMATS; f += 1 + 2 * _i)
        assert_same(REPORT("--format", formats[f]),
                    REPORT("--format", formats[f], "--redis", redis.url, "--fleet", "--shards",
                           f % 2 == 0 ? "3" : "1"),
                    formats[f]);
    struct tt_run run = TT_TASKTRAIL("report", "--fleet", "--redis", redis.url);
    ck_assert_msg(strstr(run.out, "replay --remote --redis unix://") != NULL &&
                      strstr(run.out, "report --fleet --redis unix://") != NULL,
                  "%s%s", run.out, run.err);
    tt_run_done(&run);
#define REPLAY(...)                                                                                \
    TT_TASKTRAIL("replay", "--lifecycle", lifecycle, "--tenant", "t1", "task-7", __VA_ARGS__)
    for (int f = 0; f < FORMATS; f++)
        assert_same(
            REPLAY("--format", formats[f], "--store", test.url),
            REPLAY("--format", formats[f], "--store", test.url, "--redis", redis.url, "--remote"),
            formats[f]);
    assert_fails(TT_TASKTRAIL("replay", "--redis", redis.url, "--remote", "nobody"), 3,
                 "a worker: no event of task nobody");
    ck_assert_int_eq(tt_redis_ask(&redis, "XLEN {tasktrail:jobs}:requests"), 0);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(tt_finish(workers[i], SIGTERM), 0);
    ck_assert_int_eq(tt_redis_ask(&redis, "ZCARD {tasktrail:jobs}:workers"), 0);
    tear_down();
}
TT_END

/* Somebody who seems alive, takes a share, and is never heard of again. */
TT_TEST(a_share_that_a_dead_worker_took_is_taken_over)
{
    if (_i != TT_STORE_SQLITE) /* it is about Redis */
        return;
    set_up(_i, "ghost");
    tt_redis_ask(&redis, "ZADD {tasktrail:jobs}:workers 99999999999999 ghost");
    assert_fails(REPORT("--redis", redis.url, "--fleet", "--timeout", "1s"), 3,
                 "0 of 1 answers came in time");
    char path[330];
    snprintf(path, sizeof path, "%s", tt_tmpfile("report.out"));
    const char *words[] = {
        "report",      "--redis",  redis.url,   "--fleet", "--shards",
        "2",           "--format", "ndjson",    "--now",   "1970-01-01T01:00:00Z",
        "--lifecycle", lifecycle,  "--tenants", tenants,   "-o",
        path,          NULL};
    pid_t report = tt_start_tasktrail(tt_tmpfile("report.log"), NULL, words);
    TT_EVENTUALLY(tt_redis_ask(&redis, "XLEN {tasktrail:jobs}:requests") == 2);
    tt_redis_ask(&redis, "EVAL %s 1 {tasktrail:jobs}:requests",
                 "redis.call('XGROUP', 'CREATE', KEYS[1], 'workers', '0') return "
                 "#redis.call('XREADGROUP', 'GROUP', 'workers', 'ghost', 'COUNT', 1, 'STREAMS', "
                 "KEYS[1], '>')");
    pid_t worker = start_worker("heir", NULL);
    ck_assert_int_eq(tt_finish(report, 0), 1);
    char *got = tt_read_file(path, NULL);
    struct tt_run whole = REPORT("--format", "ndjson");
    ck_assert_str_eq(got, whole.out);
    tt_run_done(&whole);
    free(got);
    ck_assert_int_eq(tt_finish(worker, SIGTERM), 0);
    tear_down();
}
TT_END

/* All who took it were killed by it, say: for want of memory. */
TT_TEST(a_share_that_ends_whoever_takes_it_is_not_handed_on_for_ever)
{
    if (_i != TT_STORE_SQLITE)
        return;
    set_up(_i, "killer");
    tt_redis_ask(&redis, "ZADD {tasktrail:jobs}:workers 99999999999999 ghost");
    const char *words[] = {"report",      "--redis", redis.url, "--fleet",         "--shards", "2",
                           "--lifecycle", lifecycle, "-o",      tt_tmpfile("out"), NULL};
    char log[330];
    snprintf(log, sizeof log, "%s", tt_tmpfile("report.log"));
    pid_t report = tt_start_tasktrail(log, NULL, words);
    TT_EVENTUALLY(tt_redis_ask(&redis, "XLEN {tasktrail:jobs}:requests") == 2);
    tt_redis_ask(&redis, "EVAL %s 1 {tasktrail:jobs}:requests",
                 "redis.call('XGROUP', 'CREATE', KEYS[1], 'workers', '0') "
                 "local e = redis.call('XREADGROUP', 'GROUP', 'workers', 'ghost', 'COUNT', 1, "
                 "'STREAMS', KEYS[1], '>')[1][2][1] return #redis.call('XCLAIM', KEYS[1], "
                 "'workers', 'ghost', 0, e[1], 'IDLE', 999999, 'RETRYCOUNT', 10)");
    pid_t worker = start_worker("heir", NULL);
    ck_assert_int_eq(tt_finish(report, 0), 3);
    char *said = tt_read_file(log, NULL);
    ck_assert_msg(strstr(said, "part 1 was begun 10 times and never ended") != NULL, "%s", said);
    free(said);
    ck_assert_int_eq(tt_finish(worker, SIGTERM), 0);
    tear_down();
}
TT_END

TT_TEST(questions_that_nobody_understands_are_left_alone_and_old_ones_thrown_away)
{
    if (_i != TT_STORE_SQLITE)
        return;
    set_up(_i, "junk");
    tt_redis_ask(&redis, "XADD {tasktrail:jobs}:requests * x y");
    tt_redis_ask(&redis, "XADD {tasktrail:jobs}:requests * v 9 id a part 0 until 99999999999999");
    tt_redis_ask(&redis, "XADD {tasktrail:jobs}:requests * v 1 id b part 0 until 99999999999999");
    tt_redis_ask(&redis, "SET {tasktrail:jobs}:asked:c %s", "{\"version\":1,\"kind\":7}");
    tt_redis_ask(&redis, "XADD {tasktrail:jobs}:requests * v 1 id c part 0 until 99999999999999");
    pid_t worker = start_worker("w", NULL);
    TT_EVENTUALLY(tt_redis_ask(&redis, "LLEN {tasktrail:jobs}:answered:c") == 1);
    TT_EVENTUALLY(tt_redis_ask(&redis, "XLEN {tasktrail:jobs}:requests") == 1); /* version 9 */
    assert_same(REPORT("--format", "json"),
                REPORT("--format", "json", "--redis", redis.url, "--fleet"), "json");
    ck_assert_int_eq(tt_finish(worker, SIGTERM), 0);
    tear_down();
}
TT_END

TT_STORE_SUITE("shards", shares_of_a_report_are_put_together_to_the_bytes_of_the_whole,
               idle_workers_make_the_report_and_replay_a_task,
               a_share_that_a_dead_worker_took_is_taken_over,
               a_share_that_ends_whoever_takes_it_is_not_handed_on_for_ever,
               questions_that_nobody_understands_are_left_alone_and_old_ones_thrown_away)
