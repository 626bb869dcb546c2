/* Commands that are stopped before their end: they say what is left. Nothing here is a matter of
 * time: each is stopped while it waits for what never comes. */
#include "tests/lib/process.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/stores.h"
#include "tests/lib/tmpdir.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct tt_redis_server redis;
static char log_path[400];

static void set_up(const char *name)
{
    tt_redis_server_start(&redis, name);
    snprintf(log_path, sizeof log_path, "%s", tt_tmpfile("program.log"));
}

static void assert_said(const char *text)
{
    char *said = tt_read_file(log_path, NULL);
    ck_assert_msg(strstr(said, text) != NULL, "not said: \"%s\":\n%s", text, said);
    free(said);
}

static void assert_not_said(const char *text)
{
    char *said = tt_read_file(log_path, NULL);
    ck_assert_msg(strstr(said, text) == NULL, "said: \"%s\":\n%s", text, said);
    free(said);
}

static void put(int to, const char *text)
{
    ck_assert_int_eq(write(to, text, strlen(text)), (ssize_t)strlen(text));
}

#define EVENT(task, status, at)                                                                    \
    "{\"task_id\":\"" task "\",\"status\":\"" status "\",\"event_time\":" at "}\n"

/* ---- emit */

static long long queued(void)
{
    return tt_redis_ask(&redis, "XLEN {tasktrail:0}:events");
}

/* A file that goes on when the test says so. */
static char *make_fifo(void)
{
    char *path = strdup(tt_tmpfile("growing.ndjson"));
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    return path;
}

TT_TEST(emit_of_a_file_that_is_interrupted_says_after_which_line_and_fails)
{
    if (_i != TT_STORE_SQLITE)
        return;
    set_up("file");
    char *path = make_fifo(), expected[600], *other = strdup(tt_tmpfile("other.ndjson"));
    tt_write_file(other, EVENT("o", "A", "1"), strlen(EVENT("o", "A", "1")));
    const char *words[] = {"emit", "--redis", redis.url, "--partitions", "1", path, other, NULL};
    pid_t emit = tt_start_tasktrail(log_path, NULL, words);
    int in = open(path, O_WRONLY);
    put(in, EVENT("t", "A", "1") EVENT("t", "B", "2") "{\"task_id\":\"t\",");
    TT_EVENTUALLY(queued() == 2);
    ck_assert_int_eq(tt_finish(emit, SIGTERM), 3);
    snprintf(expected, sizeof expected,
             "interrupted in %s: what stands up to line 2 is on the queue, the rest of it is not; "
             "1 file behind it was not begun",
             path);
    assert_said(expected);
    assert_said("2 events on the queue, 0 lines rejected");
    ck_assert_int_eq(queued(), 2);
    close(in);
    free(path);
    free(other);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

/* The beginning of a record is for whoever goes on; it is no reject. */
TT_TEST(emit_that_is_interrupted_within_a_record_goes_back_to_its_beginning)
{
    if (_i != TT_STORE_SQLITE)
        return;
    set_up("record");
    char *path = make_fifo();
    const char *words[] = {"emit", "--redis", redis.url, "--partitions", "1", "--input",
                           "csv",  path,      NULL};
    pid_t emit = tt_start_tasktrail(log_path, NULL, words);
    int in = open(path, O_WRONLY);
    put(in, "task_id,status,event_time,message\nt,A,2026-03-01T12:00:00Z,m\n"
            "t,B,2026-03-01T12:00:01Z,\"two\nlines");
    TT_EVENTUALLY(queued() == 1);
    ck_assert_int_eq(tt_finish(emit, SIGINT), 3);
    assert_said("what stands up to line 2 is on the queue");
    assert_said("1 event on the queue, 0 lines rejected");
    close(in);
    free(path);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(emit_of_stdin_that_is_interrupted_has_done_its_work)
{
    if (_i != TT_STORE_SQLITE)
        return;
    int in = -1;
    set_up("stdin");
    const char *words[] = {"emit", "--redis", redis.url, "--partitions", "1", "-", NULL};
    pid_t emit = tt_start_tasktrail(log_path, &in, words);
    put(in, EVENT("t", "A", "1"));
    TT_EVENTUALLY(queued() == 1);
    ck_assert_int_eq(tt_finish(emit, SIGTERM), 0);
    assert_said("1 event on the queue");
    assert_not_said("interrupted");
    close(in);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

/* ---- repair */

static struct tt_test_store test;

/* Three tasks, whose state somebody has changed. */
static void set_up_broken(int kind, const char *name)
{
    set_up(name);
    tt_test_store_make(&test, kind);
    struct tt_run run = tt_tasktrail(
        NULL, EVENT("a", "A", "1") EVENT("b", "A", "1") EVENT("c", "A", "1"),
        (const char *const[]){"emit", "--redis", redis.url, "--partitions", "1", NULL});
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
    run = TT_TASKTRAIL("worker", "--redis", redis.url, "--store", test.url, "--until-idle");
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
    tt_test_store_sql(&test, "UPDATE task_status_current SET status = 'LOST'");
}

static void tear_down(void)
{
    tt_test_store_done(&test);
    tt_redis_server_stop(&redis, SIGTERM);
}

static pid_t start_repair(int *ret_in, const char *const *last)
{
    const char *words[20] = {"repair", "--redis", redis.url, "--store", test.url};
    size_t count = 5;
    while (*last != NULL)
        words[count++] = *last++;
    return tt_start_tasktrail(log_path, ret_in, words);
}
#define REPAIR(in, ...) start_repair(in, (const char *const[]){__VA_ARGS__, NULL})

static bool store_says(const char *sql, const char *expected)
{
    char *text = tt_test_store_text(&test, sql);
    bool so = strcmp(text, expected) == 0;
    free(text);
    return so;
}
#define BROKEN "SELECT count(*) FROM task_status_current WHERE status = 'LOST'"

TT_TEST(repair_of_ids_from_stdin_that_is_interrupted_says_what_was_done_and_fails)
{
    int in = -1;
    set_up_broken(_i, "ids");
    pid_t repair = REPAIR(&in, "-", "c");
    put(in, "a\n\nb\n");
    TT_EVENTUALLY(store_says(BROKEN, "1"));
    ck_assert_int_eq(tt_finish(repair, SIGTERM), 3);
    assert_said("2 repaired, 0 to repair, 0 right, 0 busy");
    assert_said("interrupted: of stdin 3 lines are done, and what follows is not; "
                "1 more argument is left");
    ck_assert_rows(&test, BROKEN, "1");
    close(in);
    tear_down();
}
TT_END

TT_TEST(a_plan_of_ids_from_stdin_ends_when_it_is_interrupted)
{
    int in = -1;
    set_up_broken(_i, "plan");
    pid_t repair = REPAIR(&in, "--plan", "nobody", "-");
    TT_EVENTUALLY(tt_file_says(log_path, "no event of task nobody"));
    ck_assert_int_eq(tt_finish(repair, SIGINT), 3);
    assert_said("interrupted: of stdin 0 lines are done");
    close(in);
    tear_down();
}
TT_END

/* What a snapshot would keep from happening. */
static bool nothing_is_held(void)
{
    return test.kind == TT_STORE_SQLITE
               ? store_says("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)", "0\n0|0|0")
               : store_says("SELECT count(*) FROM pg_stat_activity"
                            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                            " AND backend_type = 'client backend' AND state <> 'idle'",
                            "0");
}

TT_TEST(repair_that_waits_for_ids_keeps_nothing_in_the_store_from_being_cleaned_up)
{
    int in = -1;
    set_up_broken(_i, "waits");
    pid_t repair = REPAIR(&in, "-");
    put(in, "a\nnobody\n");
    TT_EVENTUALLY(tt_file_says(log_path, "no event of task nobody"));
    tt_test_store_sql(&test, "UPDATE task_status_current SET stage = 'x' WHERE task_id = 'c'");
    TT_EVENTUALLY(nothing_is_held());
    put(in, "b\n");
    close(in);
    ck_assert_int_eq(tt_finish(repair, 0), 3); /* nobody */
    assert_said("2 repaired");
    tear_down();
}
TT_END

/* Somebody holds the task, for as long as the test lasts. */
static void hold(const char *task_id)
{
    tt_redis_ask(&redis, "HSET {tasktrail:0}:held default/%s other", task_id);
    tt_redis_ask(&redis, "ZADD {tasktrail:0}:leases 99999999999999 other");
}

TT_TEST(repair_that_is_interrupted_while_it_waits_for_a_task_says_so_and_what_is_left)
{
    static const char *const left[] = {"interrupted before task b of tenant default: 2 are left",
                                       "interrupted before task b: 2 are left"};
    static const char *const names[] = {"found", "named"};
    for (int named = 0; named < 2; named++) {
        set_up_broken(_i, names[named]);
        snprintf(log_path, sizeof log_path, "%s", tt_tmpfile(named ? "named.log" : "found.log"));
        hold("b");
        pid_t repair = named ? REPAIR(NULL, "--wait", "1h", "a", "b", "c")
                             : REPAIR(NULL, "--wait", "1h", "--all-mismatched");
        TT_EVENTUALLY(store_says(BROKEN, "2"));
        ck_assert_int_eq(tt_finish(repair, SIGTERM), 3);
        assert_said(left[named]);
        assert_said("1 repaired, 0 to repair, 0 right, 0 busy");
        assert_not_said("a worker held it");
        ck_assert_rows(&test, BROKEN, "2");
        tear_down();
    }
}
TT_END

/* ---- worker */

/* Both signals come while the worker stands still, so it finds the second one within the first. */
static void stop_twice(const char *format, const char *expected)
{
    const char *words[] = {"worker", "--redis", redis.url, "--store",      test.url, "--drain",
                           "1h",     "--name",  "w",       "--log-format", format,   NULL};
    snprintf(log_path, sizeof log_path, "%s", tt_tmpfile(format));
    pid_t worker = tt_start_tasktrail(log_path, NULL, words);
    TT_EVENTUALLY(tt_file_says(log_path, "w: started"));
    ck_assert_int_eq(kill(worker, SIGSTOP), 0);
    ck_assert_int_eq(kill(worker, SIGINT), 0);
    ck_assert_int_eq(kill(worker, SIGTERM), 0);
    ck_assert_int_eq(tt_finish(worker, SIGCONT), 3);
    assert_said(expected);
}

TT_TEST(a_worker_that_is_asked_to_stop_twice_says_that_it_ends_at_once)
{
    if (_i != TT_STORE_SQLITE)
        return;
    set_up("twice");
    tt_test_store_make(&test, _i);
    stop_twice("text", "tasktrail: error: stopped at once; what was in hand comes again\n");
    stop_twice("json", "\"level\":\"error\",\"event\":\"stopped\","
                       "\"message\":\"stopped at once; what was in hand comes again\"}\n");
    tear_down();
}
TT_END

TT_STORE_SUITE("interrupted", emit_of_a_file_that_is_interrupted_says_after_which_line_and_fails,
               emit_that_is_interrupted_within_a_record_goes_back_to_its_beginning,
               emit_of_stdin_that_is_interrupted_has_done_its_work,
               repair_of_ids_from_stdin_that_is_interrupted_says_what_was_done_and_fails,
               a_plan_of_ids_from_stdin_ends_when_it_is_interrupted,
               repair_that_waits_for_ids_keeps_nothing_in_the_store_from_being_cleaned_up,
               repair_that_is_interrupted_while_it_waits_for_a_task_says_so_and_what_is_left,
               a_worker_that_is_asked_to_stop_twice_says_that_it_ends_at_once)
