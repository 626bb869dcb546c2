/* The fleet as processes: real redis-server, real SQLite, the real program; killed, paused,
 * restarted. */
#include "tests/lib/process.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TASKS = 400, STEPS = 5, EVENTS = TASKS * STEPS };

static struct tt_redis_server redis;
static char store[340], input[320];

static const char *store_path(void)
{
    return store + strlen("sqlite:");
}

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
                    "{\"event_id\":\"e%d-%d\",\"task_id\":\"task-%d\",\"status\":\"%s\",\"event_"
                    "time\":\"2026-03-01T12:%02d:%02dZ\"}\n",
                    task, step, task, statuses[step], step, task % 60);
    ck_assert_int_eq(fclose(file), 0);
}

static void set_up(const char *name)
{
    tt_redis_server_start(&redis, name);
    snprintf(store, sizeof store, "sqlite:%s", tt_tmpfile("audit.db"));
    make_input();
}

static void emit_input(void)
{
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
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    long long number = -1;
    if (sqlite3_open_v2(store_path(), &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK) {
        sqlite3_busy_timeout(db, 5000);
        if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
            sqlite3_step(statement) == SQLITE_ROW)
            number = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return number;
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
    struct tt_run run =
        TT_TASKTRAIL("report", "--store", store, "--format", "ndjson", "--fail-on", "info");
    ck_assert_msg(run.status == 0 && run.out_len == 0, "%s%s", run.out, run.err);
    tt_run_done(&run);
}

TT_TEST(a_worker_killed_in_mid_run_loses_nothing_and_doubles_nothing)
{
    set_up("kill");
    emit_input();
    pid_t first = start_worker("first", NULL);
    TT_EVENTUALLY(count(ROWS) > 0);
    tt_finish(first, SIGKILL);
    ck_assert_int_eq(tt_finish(start_worker("second", "--until-idle"), 0), 0);
    assert_every_event_once();
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

/* Stops the worker, but not in the middle of a transaction: who stands still there keeps the file's
 * write lock, as nothing on one machine can tell it from one that is slow. */
static bool stopped_between_transactions(pid_t worker)
{
    sqlite3 *db = NULL;
    int status;
    ck_assert_int_eq(kill(worker, SIGSTOP), 0);
    ck_assert_int_eq(waitpid(worker, &status, WUNTRACED), worker);
    ck_assert(WIFSTOPPED(status));
    ck_assert_int_eq(sqlite3_open_v2(store_path(), &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    bool unlocked = sqlite3_exec(db, "BEGIN IMMEDIATE; ROLLBACK", NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_close(db);
    if (!unlocked)
        ck_assert_int_eq(kill(worker, SIGCONT), 0);
    return unlocked;
}

TT_TEST(a_paused_worker_that_wakes_up_after_its_lease_changes_nothing)
{
    set_up("pause");
    emit_input();
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

TT_TEST(redis_killed_and_restarted_under_way_loses_nothing)
{
    set_up("restart");
    pid_t worker = start_worker("steady", NULL);
    emit_input();
    TT_EVENTUALLY(count(ROWS) > 0);
    tt_redis_server_stop(&redis, SIGKILL);
    tt_redis_server_start(&redis, "restart");
    TT_EVENTUALLY(count(ROWS) == EVENTS);
    ck_assert_int_eq(tt_finish(worker, SIGTERM), 0);
    assert_every_event_once();
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(emit_waits_for_a_redis_that_is_away_and_says_so)
{
    set_up("away");
    tt_redis_server_stop(&redis, SIGTERM);
    char log[400];
    snprintf(log, sizeof log, "%s", tt_tmpfile("emit.log"));
    const char *words[] = {"emit", "--redis", redis.url, input, NULL};
    pid_t emit = tt_start_tasktrail(log, NULL, words);
    char *said = NULL;
    TT_EVENTUALLY((free(said), said = tt_read_file(log, NULL)) != NULL &&
                  strstr(said, "trying again") != NULL);
    free(said);
    tt_redis_server_start(&redis, "away");
    ck_assert_int_eq(tt_finish(emit, 0), 0);
    ck_assert_int_eq(tt_finish(start_worker("late", "--until-idle"), 0), 0);
    assert_every_event_once();
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(four_workers_keep_the_order_of_every_task)
{
    set_up("four");
    emit_input();
    static const char *const names[] = {"w1", "w2", "w3", "w4"};
    pid_t workers[4];
    for (int i = 0; i < 4; i++)
        workers[i] = start_worker(names[i], "--until-idle");
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(tt_finish(workers[i], 0), 0);
    assert_every_event_once();
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(three_workers_in_one_partition_keep_the_order_of_every_task)
{
    set_up("one");
    tt_redis_ask(&redis, "HSET tasktrail:meta partitions 1");
    emit_input();
    static const char *const names[] = {"w1", "w2", "w3"};
    pid_t workers[3];
    for (int i = 0; i < 3; i++)
        workers[i] = start_worker(names[i], "--until-idle");
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(tt_finish(workers[i], 0), 0);
    assert_every_event_once();
    ck_assert_int_eq(tt_redis_ask(&redis, "HLEN {tasktrail:0}:held"), 0);
    ck_assert_int_eq(tt_redis_ask(&redis, "ZCARD {tasktrail:0}:wait"), 0);
    ck_assert_int_eq(tt_redis_ask(&redis, "ZCARD {tasktrail:0}:leases"), 0);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

/* A consumer that has read the first event of a task and is gone; then a worker. Gives the number
 * of rows that were applied out of turn, as the report counts them. */
static long long disorder_behind_a_dead_reader(const char *locking)
{
    set_up(locking);
    tt_redis_ask(&redis, "HSET tasktrail:meta partitions 1");
    for (int n = 1; n <= 3; n++)
        tt_redis_ask(&redis,
                     "XADD {tasktrail:0}:events %d-0 e {\"task_id\":\"t\",\"status\":\"S%d\","
                     "\"event_time\":%d}",
                     n, n, n);
    redisContext *c = tt_redis_server_connect(&redis);
    freeReplyObject(redisCommand(c, "XGROUP CREATE {tasktrail:0}:events appliers 0"));
    freeReplyObject(
        redisCommand(c, "XREADGROUP GROUP appliers gone COUNT 1 STREAMS {tasktrail:0}:events >"));
    redisFree(c);
    struct tt_run run = TT_TASKTRAIL("worker", "--redis", redis.url, "--store", store, "--name",
                                     "w", "--locking", locking, "--lease", "3s", "--until-idle");
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
    ck_assert_int_eq(count(ROWS), 3);
    run = TT_TASKTRAIL("report", "--store", store, "--format", "ndjson", "--fail-on", "never");
    long long found = 0;
    for (const char *at = run.out; (at = strstr(at, "\"apply_disorder\"")) != NULL; at++)
        found++;
    tt_run_done(&run);
    tt_redis_server_stop(&redis, SIGTERM);
    return found;
}

TT_TEST(what_a_dead_reader_left_is_applied_in_turn)
{
    ck_assert_int_eq(disorder_behind_a_dead_reader("id"), 0);
}
TT_END

TT_TEST(without_locks_what_a_dead_reader_left_comes_late_and_the_checker_finds_it)
{
    ck_assert_int_gt(disorder_behind_a_dead_reader("none"), 0);
}
TT_END

TT_TEST(emit_from_a_pipe_works_line_by_line)
{
    set_up("pipe");
    int in = -1;
    const char *words[] = {"emit", "--redis", redis.url, "-", NULL};
    pid_t emit = tt_start_tasktrail(tt_tmpfile("emit.log"), &in, words);
    pid_t worker = start_worker("follower", NULL);
    static const char first[] = "{\"task_id\":\"t\",\"status\":\"A\",\"event_time\":1}\n";
    static const char second[] =
        "{\"task_id\":\"t\",\"status\":\"B\",\"event_time\":2}\n{\"task_id\":\"t\",";
    ck_assert_int_eq(write(in, first, sizeof first - 1), (ssize_t)sizeof first - 1);
    TT_EVENTUALLY(count(ROWS) == 1);
    ck_assert_int_eq(write(in, second, sizeof second - 1), (ssize_t)sizeof second - 1);
    TT_EVENTUALLY(count(ROWS) == 2);
    close(in); /* half a line is left: rejected, told, and no more */
    ck_assert_int_eq(tt_finish(emit, 0), 0);
    ck_assert_int_eq(tt_finish(worker, SIGTERM), 0);
    ck_assert_int_eq(count(ROWS), 2);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(an_entry_that_is_no_event_becomes_one_dead_letter_and_the_rest_goes_on)
{
    set_up("poison");
    tt_redis_ask(&redis, "HSET tasktrail:meta partitions 1");
    tt_redis_ask(&redis, "XADD {tasktrail:0}:events * e %s",
                 "{\"task_id\":\"t\",\"status\":\"A\",\"event_time\":1}");
    tt_redis_ask(&redis, "XADD {tasktrail:0}:events * e %s", "no json");
    tt_redis_ask(&redis, "XADD {tasktrail:0}:events * other %s", "field");
    tt_redis_ask(&redis, "XADD {tasktrail:0}:events * e %s",
                 "{\"task_id\":\"t\",\"status\":\"B\",\"event_time\":2}");
    ck_assert_int_eq(tt_finish(start_worker("w", "--until-idle"), 0), 0);
    ck_assert_int_eq(count(ROWS), 2);
    ck_assert_int_eq(tt_redis_ask(&redis, "XLEN {tasktrail:0}:dead"), 2);
    ck_assert_int_eq(tt_redis_ask(&redis, "XPENDING {tasktrail:0}:events appliers"), 0);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(entries_that_come_back_after_redis_lost_its_tail_make_no_second_row)
{
    set_up("tail");
    emit_input();
    ck_assert_int_eq(tt_finish(start_worker("w", "--until-idle"), 0), 0);
    /* As if the group's progress had been lost with the tail of the append-only file. */
    for (int p = 0; p < 64; p++)
        tt_redis_ask(&redis, "EVAL %s 1 {tasktrail:%d}:events",
                     "return redis.call('XGROUP', 'SETID', KEYS[1], 'appliers', '0') and 1", p);
    ck_assert_int_eq(tt_finish(start_worker("again", "--until-idle"), 0), 0);
    assert_every_event_once();
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(without_locks_the_checker_finds_what_goes_wrong_or_order_was_kept_by_luck)
{
    set_up("none");
    emit_input();
    const char *words[] = {"worker", "--redis", redis.url,   "--store",      store,
                           "--name", "free",    "--locking", "none",         "--batch",
                           "7",      "--lease", "500ms",     "--until-idle", NULL};
    const char *other[] = {"worker", "--redis", redis.url,   "--store",      store,
                           "--name", "free2",   "--locking", "none",         "--batch",
                           "7",      "--lease", "500ms",     "--until-idle", NULL};
    pid_t one = tt_start_tasktrail(tt_tmpfile("free.log"), NULL, words),
          two = tt_start_tasktrail(tt_tmpfile("free.log"), NULL, other);
    ck_assert_int_eq(tt_finish(one, 0), 0);
    ck_assert_int_eq(tt_finish(two, 0), 0);
    /* Nothing is lost or doubled even so: that is the row key's doing, not the lock's. */
    ck_assert_int_eq(count(ROWS), EVENTS);
    /* Rows out of turn are exactly what the report calls apply_disorder. */
    long long disorder = count("SELECT count(*) FROM task_status_audit a WHERE EXISTS (SELECT 1 "
                               "FROM task_status_audit b WHERE"
                               " b.tenant = a.tenant AND b.task_id = a.task_id AND (b.entry_ms, "
                               "b.entry_seq) < (a.entry_ms, a.entry_seq)"
                               " AND b.apply_seq > a.apply_seq)");
    struct tt_run run =
        TT_TASKTRAIL("report", "--store", store, "--format", "ndjson", "--fail-on", "never");
    long long found = 0;
    for (const char *at = run.out; (at = strstr(at, "\"apply_disorder\"")) != NULL; at++)
        found++;
    ck_assert_int_eq(found, disorder);
    tt_run_done(&run);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(a_full_disk_is_waited_out_and_nothing_accepted_is_lost)
{
    char dir[300];
    set_up("full");
    emit_input();
    snprintf(dir, sizeof dir, "%s", tt_tmpfile("small"));
    ck_assert_int_eq(mkdir(dir, 0700), 0);
    /* A mount namespace of the test's own: the small disk goes when the test does, however it ends.
     */
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", dir, "tmpfs", 0, "size=320k") != 0) {
        fprintf(stderr, "not allowed to mount a tmpfs here: the full disk was not tried\n");
        tt_redis_server_stop(&redis, SIGTERM);
        return;
    }
    snprintf(store, sizeof store, "sqlite:%.300s/audit.db", dir);
    char log[400];
    snprintf(log, sizeof log, "%s", tt_tmpfile("worker.log"));
    pid_t worker = start_worker("cramped", NULL);
    char *said = NULL;
    TT_EVENTUALLY((free(said), said = tt_read_file(log, NULL)) != NULL &&
                  strstr(said, "cannot be written") != NULL);
    free(said);
    ck_assert_int_eq(mount("tmpfs", dir, "tmpfs", MS_REMOUNT, "size=64m"), 0);
    TT_EVENTUALLY(count(ROWS) == EVENTS);
    ck_assert_int_eq(tt_finish(worker, SIGTERM), 0);
    assert_every_event_once();
    umount2(dir, MNT_DETACH);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_SUITE("fleet", a_worker_killed_in_mid_run_loses_nothing_and_doubles_nothing,
         a_paused_worker_that_wakes_up_after_its_lease_changes_nothing,
         redis_killed_and_restarted_under_way_loses_nothing,
         emit_waits_for_a_redis_that_is_away_and_says_so, four_workers_keep_the_order_of_every_task,
         three_workers_in_one_partition_keep_the_order_of_every_task,
         what_a_dead_reader_left_is_applied_in_turn,
         without_locks_what_a_dead_reader_left_comes_late_and_the_checker_finds_it,
         emit_from_a_pipe_works_line_by_line,
         an_entry_that_is_no_event_becomes_one_dead_letter_and_the_rest_goes_on,
         entries_that_come_back_after_redis_lost_its_tail_make_no_second_row,
         without_locks_the_checker_finds_what_goes_wrong_or_order_was_kept_by_luck,
         a_full_disk_is_waited_out_and_nothing_accepted_is_lost)
