/* The fleet on PostgreSQL: real redis-server, real postgres, the real program; connections ended,
 * servers crashed, workers killed and paused under way. */
#include "tests/lib/postgres_server.h"
#include "tests/lib/process.h"
#include "tests/lib/program.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <libpq-fe.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { TASKS = 400, STEPS = 5, EVENTS = TASKS * STEPS };

static struct tt_redis_server redis;
static struct tt_postgres_server server;
static char store[500], input[320];

/* EVENTS events of TASKS tasks, interleaved, every event with an id. */
static void make_input(void)
{
    static const char *const statuses[STEPS] = {"CREATED", "QUEUED", "RUNNING", "PAUSED",
                                                "SUCCEEDED"};
    snprintf(input, sizeof input, "%s", tt_tmpfile("events.ndjson"));
    FILE *file = fopen(input, "w");
    ck_assert_ptr_nonnull(file);
    for (int step = 0; step < STEPS; step++)
        for (int task = 0; task < TASKS; task++)
            fprintf(file,
                    "{\"event_id\":\"e%d-%d\",\"task_id\":\"task-%d\",\"status\":\"%s\","
                    "\"event_time\":\"2026-03-01T12:%02d:%02dZ\",\"correlation_id\":\"c\","
                    "\"dataset_id\":\"d%d\"}\n",
                    task, step, task, statuses[step], step, task % 60, task % 3);
    ck_assert_int_eq(fclose(file), 0);
}

static void set_up(const char *name)
{
    tt_redis_server_start(&redis, name);
    snprintf(store, sizeof store, "%s", tt_postgres_new_url(&server));
    make_input();
    struct tt_run run = TT_TASKTRAIL("emit", "--redis", redis.url, input);
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
}

static pid_t start_worker(const char *name, const char *last)
{
    const char *words[] = {"worker",  "--redis", redis.url, "--store", store, "--name", name,
                           "--lease", "500ms",   "--batch", "20",      last,  NULL};
    return tt_start_tasktrail(tt_tmpfile("worker.log"), NULL, words);
}

static long long count(const char *sql)
{
    return tt_postgres_count(store, sql);
}

#define ROWS "SELECT count(*) FROM task_status_audit"

static void assert_every_event_once(void)
{
    ck_assert_int_eq(count(ROWS), EVENTS);
    ck_assert_int_eq(count("SELECT count(DISTINCT event_id) FROM task_status_audit"), EVENTS);
    ck_assert_int_eq(
        count("SELECT count(*) FROM task_status_current WHERE status = 'SUCCEEDED' AND events = 5"),
        TASKS);
    ck_assert_int_eq(count("SELECT count(*) FROM task_status_interval"), EVENTS);
    ck_assert_int_eq(count("SELECT sum(succeeded)::bigint FROM dataset_progress"), TASKS);
    struct tt_run run =
        TT_TASKTRAIL("report", "--store", store, "--format", "ndjson", "--fail-on", "info");
    ck_assert_msg(run.status == 0 && run.out_len == 0, "%s%s", run.out, run.err);
    tt_run_done(&run);
}

static void end_connections(void)
{
    count("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
          " WHERE application_name = 'tasktrail'");
}

TT_TEST(workers_whose_connections_are_ended_again_and_again_lose_and_double_nothing)
{
    set_up("ended");
    pid_t one = start_worker("one", "--until-idle"), two = start_worker("two", "--until-idle");
    TT_EVENTUALLY(tt_file_says(tt_tmpfile("worker.log"), "one: started") &&
                  tt_file_says(tt_tmpfile("worker.log"), "two: started"));
    for (long long share = 1; share < 8; share++) {
        TT_EVENTUALLY(count(ROWS) >= EVENTS * share / 10);
        end_connections();
    }
    ck_assert_int_eq(tt_finish(one, 0), 0);
    ck_assert_int_eq(tt_finish(two, 0), 0);
    assert_every_event_once();
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(a_server_that_crashes_in_mid_run_is_waited_for)
{
    tt_postgres_server_start(&server, "own", NULL);
    set_up("crash");
    pid_t worker = start_worker("steady", NULL);
    TT_EVENTUALLY(count(ROWS) > 0);
    tt_postgres_server_stop(&server, SIGQUIT);
    tt_postgres_server_start(&server, "own", NULL);
    TT_EVENTUALLY(count(ROWS) == EVENTS);
    ck_assert_int_eq(tt_finish(worker, SIGTERM), 0);
    assert_every_event_once();
    tt_postgres_server_stop(&server, SIGINT);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(a_worker_killed_in_mid_run_loses_nothing_and_doubles_nothing)
{
    set_up("kill");
    pid_t first = start_worker("first", NULL);
    TT_EVENTUALLY(count(ROWS) > 0);
    tt_finish(first, SIGKILL);
    ck_assert_int_eq(tt_finish(start_worker("second", "--until-idle"), 0), 0);
    assert_every_event_once();
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

/* Stops the worker, but not in the middle of a transaction: the server ends one that stands still
 * there, but not at once. */
static bool stopped_between_transactions(pid_t worker)
{
    int status;
    ck_assert_int_eq(kill(worker, SIGSTOP), 0);
    ck_assert_int_eq(waitpid(worker, &status, WUNTRACED), worker);
    ck_assert(WIFSTOPPED(status));
    if (count("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tasktrail'"
              " AND state <> 'idle'") == 0)
        return true;
    ck_assert_int_eq(kill(worker, SIGCONT), 0);
    return false;
}

TT_TEST(a_paused_worker_that_wakes_up_after_its_lease_changes_nothing)
{
    set_up("pause");
    pid_t paused = start_worker("paused", NULL);
    TT_EVENTUALLY(count(ROWS) > 0);
    TT_EVENTUALLY(stopped_between_transactions(paused));
    ck_assert_int_eq(tt_finish(start_worker("second", "--until-idle"), 0), 0);
    assert_every_event_once();
    kill(paused, SIGCONT);
    ck_assert_int_eq(tt_finish(paused, SIGTERM), 0);
    assert_every_event_once();
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(replay_report_and_upload_read_what_the_workers_wrote)
{
    char to[400], path[440];
    set_up("read");
    ck_assert_int_eq(tt_finish(start_worker("w", "--until-idle"), 0), 0);
    free(tt_postgres_text(store, "UPDATE task_status_current SET status = 'LOST'"
                                 " WHERE task_id = 'task-7'"));
    struct tt_run run = TT_TASKTRAIL("report", "--store", store, "--format", "ndjson");
    ck_assert_int_eq(run.status, 1);
    ck_assert_ptr_nonnull(strstr(run.out, "\"state_mismatch\""));
    ck_assert_ptr_nonnull(strstr(run.out, "\"task-7\""));
    tt_run_done(&run);
    run = TT_TASKTRAIL("replay", "--store", store, "task-7");
    ck_assert_int_eq(run.status, 1);
    ck_assert_ptr_nonnull(strstr(run.out, "LOST"));
    tt_run_done(&run);
    run = TT_TASKTRAIL("replay", "--store", store, "task-8");
    ck_assert_msg(run.status == 0, "%s%s", run.out, run.err);
    tt_run_done(&run);
    snprintf(to, sizeof to, "file:%s", tt_tmpfile("upload"));
    run = TT_TASKTRAIL("upload", "--store", store, "--to", to, "--once", "--spool",
                       tt_tmpfile("spool"), "--batch-rows", "1000");
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
    snprintf(path, sizeof path, "cat %s/task_status_audit/*", to + strlen("file:"));
    const char *const words[] = {"/bin/sh", "-c", path, NULL};
    struct tt_program_result rows;
    tt_program_run(NULL, words, &rows);
    size_t lines = 0;
    for (const char *at = rows.out; *at != '\0'; at++)
        lines += *at == '\n';
    ck_assert_uint_eq(lines, EVENTS);
    ck_assert_ptr_nonnull(strstr(rows.out, "2026-03-01T12:00:07"));
    tt_program_result_free(&rows);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

/* Somebody holds what a worker needs, and lets go of it with the connection that asked. */
static PGconn *lock_tables(void)
{
    PGconn *connection = PQconnectdb(store);
    PGresult *result =
        PQexec(connection, "BEGIN; LOCK TABLE task_status_audit IN ACCESS EXCLUSIVE MODE");
    ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK, "%s", PQerrorMessage(connection));
    PQclear(result);
    return connection;
}

TT_TEST(a_worker_whose_store_does_not_answer_ends_all_the_same_and_others_do_its_work)
{
    set_up("drain");
    const char *words[] = {"worker",  "--redis", redis.url, "--store", store,     "--name", "one",
                           "--lease", "500ms",   "--batch", "20",      "--drain", "0s",     NULL};
    pid_t first = start_worker("first", NULL);
    TT_EVENTUALLY(count(ROWS) > 0);
    ck_assert_int_eq(tt_finish(first, SIGTERM), 0);
    PGconn *holder = lock_tables();
    pid_t worker = tt_start_tasktrail(tt_tmpfile("drain.log"), NULL, words);
    TT_EVENTUALLY(count("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                        " AND application_name = 'tasktrail'") == 1);
    ck_assert_int_eq(tt_finish(worker, SIGTERM), 3);
    ck_assert(tt_file_says(tt_tmpfile("drain.log"), "could not be finished in time (--drain)"));
    PQfinish(holder);
    ck_assert_int_eq(tt_finish(start_worker("two", "--until-idle"), 0), 0);
    assert_every_event_once();
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(a_wrong_store_is_told_and_ends_the_command)
{
    static const char *const words[][2] = {
        {"postgresql://me:sesame@localhost/db", "password"},
        {"mysql://me:sesame@localhost/db", "expected sqlite:PATH"},
    };
    for (size_t i = 0; i < 2; i++) {
        struct tt_run run = TT_TASKTRAIL("report", "--store", words[i][0]);
        ck_assert_int_eq(run.status, 2);
        ck_assert_ptr_nonnull(strstr(run.err, words[i][1]));
        ck_assert_ptr_null(strstr(run.err, "sesame"));
        ck_assert_ptr_null(strstr(run.out, "sesame"));
        tt_run_done(&run);
    }
    snprintf(store, sizeof store, "postgresql:///none?host=%s", tt_tmpdir());
    struct tt_run run = TT_TASKTRAIL("report", "--store", store);
    ck_assert_int_gt(run.status, 1);
    ck_assert_ptr_nonnull(strstr(run.err, tt_tmpdir()));
    tt_run_done(&run);
}
TT_END

int main(void)
{
    const TTest *list[] = {
        workers_whose_connections_are_ended_again_and_again_lose_and_double_nothing,
        a_worker_killed_in_mid_run_loses_nothing_and_doubles_nothing,
        a_paused_worker_that_wakes_up_after_its_lease_changes_nothing,
        replay_report_and_upload_read_what_the_workers_wrote,
        a_worker_whose_store_does_not_answer_ends_all_the_same_and_others_do_its_work,
        a_wrong_store_is_told_and_ends_the_command,
        a_server_that_crashes_in_mid_run_is_waited_for,
    };
    tt_postgres_server_start(&server, "postgres", NULL);
    int status = tt_suite_run("fleet on postgres", list, sizeof list / sizeof *list, 120);
    tt_postgres_server_stop(&server, SIGINT);
    return status;
}
