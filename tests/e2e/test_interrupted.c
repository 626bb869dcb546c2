/* Commands with an end of their own that are stopped before it: they say what is left. Nothing here
 * is a matter of time: each is stopped while it waits for input that never comes. */
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
    assert_said("1 events on the queue, 0 lines rejected");
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
    assert_said("1 events on the queue");
    assert_not_said("interrupted");
    close(in);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_STORE_SUITE("interrupted", emit_of_a_file_that_is_interrupted_says_after_which_line_and_fails,
               emit_that_is_interrupted_within_a_record_goes_back_to_its_beginning,
               emit_of_stdin_that_is_interrupted_has_done_its_work)
