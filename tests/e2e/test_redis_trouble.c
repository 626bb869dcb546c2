/* What a Redis server refuses while it is loading, full, or a replica, and what it forgets: workers
 * and producers wait it out. */
#include "tests/lib/process.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/store_file.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TASKS = 300, STEPS = 5, EVENTS = TASKS * STEPS };

static struct tt_redis_server redis;
static char store[340], worker_log[400], emit_log[400];

static void set_up(const char *name)
{
    tt_redis_server_start(&redis, name);
    snprintf(store, sizeof store, "sqlite:%s", tt_tmpfile("audit.db"));
    snprintf(worker_log, sizeof worker_log, "%s", tt_tmpfile("worker.log"));
    snprintf(emit_log, sizeof emit_log, "%s", tt_tmpfile("emit.log"));
}

/* One event of each task. */
static void write_step(FILE *to, int step)
{
    for (int task = 0; task < TASKS; task++)
        fprintf(to,
                "{\"event_id\":\"e%d-%d\",\"task_id\":\"task-%d\",\"status\":\"S%d\","
                "\"event_time\":%d}\n",
                task, step, task, step, step + 1);
    ck_assert_int_eq(fflush(to), 0);
}

static pid_t start_emit(FILE **ret_in)
{
    int in = -1;
    const char *words[] = {"emit", "--redis", redis.url, "-", NULL};
    pid_t pid = tt_start_tasktrail(emit_log, &in, words);
    *ret_in = fdopen(in, "w");
    ck_assert_ptr_nonnull(*ret_in);
    return pid;
}

static void end_well(pid_t pid, int signal_number, const char *log)
{
    int status = tt_finish(pid, signal_number);
    char *said = tt_read_file(log, NULL);
    ck_assert_msg(status == 0, "ended with %d:\n%s", status, said);
    free(said);
}

static void emit_step(int step)
{
    FILE *in = NULL;
    pid_t emit = start_emit(&in);
    write_step(in, step);
    fclose(in);
    end_well(emit, 0, emit_log);
}

static pid_t start_worker(const char *name, const char *last)
{
    const char *words[] = {"worker",  "--redis", redis.url, "--store", store, "--name", name,
                           "--lease", "500ms",   "--batch", "20",      last,  NULL};
    return tt_start_tasktrail(worker_log, NULL, words);
}

static long long count(const char *sql)
{
    return tt_test_sql_number(store + strlen("sqlite:"), sql);
}

#define ROWS "SELECT count(*) FROM task_status_audit"

static long long refused(const char *word)
{
    char label[40];
    snprintf(label, sizeof label, "errorstat_%s:count=", word);
    redisContext *context = tt_redis_server_connect(&redis);
    redisReply *reply = redisCommand(context, "INFO errorstats");
    const char *at = reply == NULL || reply->str == NULL ? NULL : strstr(reply->str, label);
    long long number = at == NULL ? 0 : strtoll(at + strlen(label), NULL, 10);
    freeReplyObject(reply);
    redisFree(context);
    return number;
}

static void assert_every_event_once(void)
{
    ck_assert_int_eq(count(ROWS), EVENTS);
    ck_assert_int_eq(count("SELECT count(DISTINCT event_id) FROM task_status_audit"), EVENTS);
    ck_assert_int_eq(
        count("SELECT count(*) FROM task_status_current WHERE status = 'S4' AND events = 5"),
        TASKS);
    struct tt_run run = TT_TASKTRAIL("report", "--store", store, "--format", "ndjson");
    ck_assert_ptr_null(strstr(run.out, "apply_disorder"));
    ck_assert_ptr_null(strstr(run.out, "state_mismatch"));
    tt_run_done(&run);
}

TT_TEST(scripts_forgotten_again_and_again_are_loaded_again)
{
    FILE *in = NULL;
    set_up("forgets");
    pid_t workers[] = {start_worker("w1", NULL), start_worker("w2", NULL)};
    pid_t emit = start_emit(&in);
    for (int step = 0; step < STEPS; step++) {
        write_step(in, step);
        TT_EVENTUALLY(count(ROWS) > step * TASKS);
        long long before = refused("NOSCRIPT");
        tt_redis_ask(&redis, "SCRIPT FLUSH");
        TT_EVENTUALLY(refused("NOSCRIPT") > before);
        TT_EVENTUALLY(count(ROWS) == (step + 1) * TASKS);
    }
    fclose(in);
    end_well(emit, 0, emit_log);
    for (int i = 0; i < 2; i++)
        end_well(workers[i], SIGTERM, worker_log);
    assert_every_event_once();
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(a_server_that_is_loading_is_waited_for)
{
    static const char *const slow[] = {"--key-load-delay", "500",
                                       "--loading-process-events-interval-bytes", "1024", NULL};
    FILE *in = NULL;
    set_up("loading");
    pid_t worker = start_worker("w", NULL);
    pid_t emit = start_emit(&in);
    write_step(in, 0);
    TT_EVENTUALLY(count(ROWS) == TASKS);
    tt_redis_server_stop(&redis, SIGKILL);
    tt_redis_server_begin(&redis, "loading", slow);
    write_step(in, 1);
    TT_EVENTUALLY(count(ROWS) == 2 * TASKS);
    ck_assert_int_gt(refused("LOADING"), 0);
    for (int step = 2; step < STEPS; step++)
        write_step(in, step);
    fclose(in);
    end_well(emit, 0, emit_log);
    TT_EVENTUALLY(count(ROWS) == EVENTS);
    end_well(worker, SIGTERM, worker_log);
    assert_every_event_once();
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(a_server_that_became_a_replica_is_waited_for)
{
    FILE *in = NULL;
    set_up("replica");
    pid_t workers[] = {start_worker("w1", NULL), start_worker("w2", NULL)};
    pid_t emit = start_emit(&in);
    for (int step = 0; step < STEPS; step++) {
        write_step(in, step);
        if (step % 2 == 0) /* while they work, and while they wait in a blocking read */
            TT_EVENTUALLY(count(ROWS) == (step + 1) * TASKS);
        long long before = refused("READONLY");
        tt_redis_ask(&redis, "REPLICAOF 127.0.0.1 1"); /* nobody is there */
        TT_EVENTUALLY(refused("READONLY") > before);
        tt_redis_ask(&redis, "REPLICAOF NO ONE");
    }
    fclose(in);
    end_well(emit, 0, emit_log);
    TT_EVENTUALLY(count(ROWS) == EVENTS);
    for (int i = 0; i < 2; i++)
        end_well(workers[i], SIGTERM, worker_log);
    assert_every_event_once();
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

/* Whoever makes room must be able to work when there is none. */
TT_TEST(a_server_that_is_full_takes_nothing_more_and_is_worked_empty)
{
    FILE *in = NULL;
    set_up("full");
    pid_t first = start_worker("first", NULL);
    emit_step(0);
    TT_EVENTUALLY(count(ROWS) == TASKS);
    end_well(first, SIGTERM, worker_log);
    emit_step(1);
    pid_t emit = start_emit(&in);
    tt_redis_ask(&redis, "CONFIG SET maxmemory 1");
    write_step(in, 2);
    TT_EVENTUALLY(tt_file_says(emit_log, "OOM"));
    /* Workers that connect now, and what a killed one leaves. */
    pid_t killed = start_worker("killed", NULL);
    TT_EVENTUALLY(count(ROWS) > TASKS);
    tt_finish(killed, SIGKILL);
    end_well(start_worker("second", "--until-idle"), 0, worker_log);
    ck_assert_int_eq(count(ROWS), 2 * TASKS);
    ck_assert(!tt_file_says(worker_log, "OOM"));
    pid_t third = start_worker("third", NULL);
    tt_redis_ask(&redis, "CONFIG SET maxmemory 0");
    for (int step = 3; step < STEPS; step++)
        write_step(in, step);
    fclose(in);
    end_well(emit, 0, emit_log);
    TT_EVENTUALLY(count(ROWS) == EVENTS);
    end_well(third, SIGTERM, worker_log);
    assert_every_event_once();
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

/* Nobody has read yet: there is no group, and a full server makes none. */
TT_TEST(the_first_worker_of_a_full_server_says_what_it_waits_for_and_goes_on_with_room)
{
    set_up("first");
    emit_step(0);
    tt_redis_ask(&redis, "CONFIG SET maxmemory 1");
    pid_t worker = start_worker("first", NULL);
    TT_EVENTUALLY(tt_file_says(worker_log, "a server that is full does not make it"));
    tt_redis_ask(&redis, "CONFIG SET maxmemory 0");
    TT_EVENTUALLY(count(ROWS) == TASKS);
    end_well(worker, SIGTERM, worker_log);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_SUITE("redis_trouble", scripts_forgotten_again_and_again_are_loaded_again,
         a_server_that_is_loading_is_waited_for, a_server_that_became_a_replica_is_waited_for,
         a_server_that_is_full_takes_nothing_more_and_is_worked_empty,
         the_first_worker_of_a_full_server_says_what_it_waits_for_and_goes_on_with_room)
