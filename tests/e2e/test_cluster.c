/* The fleet on a real Redis Cluster of three nodes: slots that move and nodes that crash while
 * workers run. */
#include "adapters/redis/cluster.h"
#include "tests/lib/process.h"
#include "tests/lib/redis_cluster.h"
#include "tests/lib/store_file.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TASKS = 400, STEPS = 5, EVENTS = TASKS * STEPS, WORKERS = 3 };

static struct tt_redis_cluster_server cluster;
static char store[340], input[320];

/* EVENTS events of TASKS tasks, interleaved; those from one step to another. */
static void make_input(const char *name, int first, int last)
{
    static const char *const statuses[STEPS] = {"CREATED", "QUEUED", "RUNNING", "PAUSED",
                                                "SUCCEEDED"};
    snprintf(input, sizeof input, "%s", tt_tmpfile(name));
    FILE *file = fopen(input, "w");
    ck_assert_ptr_nonnull(file);
    for (int step = first; step < last; step++)
        for (int task = 0; task < TASKS; task++)
            fprintf(file,
                    "{\"event_id\":\"e%d-%d\",\"task_id\":\"task-%d\",\"status\":\"%s\","
                    "\"event_time\":\"2026-03-01T12:%02d:%02dZ\"}\n",
                    task, step, task, statuses[step], step, task % 60);
    ck_assert_int_eq(fclose(file), 0);
}

static void set_up(const char *password)
{
    tt_redis_cluster_start(&cluster, password);
    snprintf(store, sizeof store, "sqlite:%s", tt_tmpfile("audit.db"));
}

static pid_t start_emit(int first, int last)
{
    make_input("events.ndjson", first, last);
    const char *words[] = {"emit", "--redis", cluster.url, "--batch", "50", input, NULL};
    return tt_start_tasktrail(tt_tmpfile("emit.log"), NULL, words);
}

static void emit(int first, int last)
{
    ck_assert_int_eq(tt_finish(start_emit(first, last), 0), 0);
}

static void start_workers(pid_t workers[WORKERS], const char *last)
{
    static const char *const names[WORKERS] = {"w1", "w2", "w3"};
    for (int i = 0; i < WORKERS; i++) {
        const char *words[] = {"worker", "--redis", cluster.url, "--store", store,
                               "--name", names[i],  "--lease",   "2s",      "--batch",
                               "50",     last,      NULL};
        workers[i] = tt_start_tasktrail(tt_tmpfile("worker.log"), NULL, words);
    }
}

static void end_workers(const pid_t workers[WORKERS], int signal_number)
{
    for (int i = 0; i < WORKERS; i++) {
        int status = tt_finish(workers[i], signal_number);
        char *said = tt_read_file(tt_tmpfile("worker.log"), NULL);
        ck_assert_msg(status == 0, "worker %d ended with %d:\n%s", i, status, said);
        free(said);
    }
}

static long long count(const char *sql)
{
    char *text = tt_test_sql_text(store + strlen("sqlite:"), sql);
    long long number = strtoll(text, NULL, 10);
    free(text);
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
    struct tt_run run =
        TT_TASKTRAIL("report", "--store", store, "--format", "ndjson", "--fail-on", "info");
    ck_assert_msg(run.status == 0 && run.out_len == 0, "%s%s", run.out, run.err);
    tt_run_done(&run);
}

static void key_of(char key[64], unsigned partition, const char *suffix)
{
    snprintf(key, 64, "{tasktrail:%u}:%s", partition, suffix);
}

TT_TEST(workers_on_three_nodes_apply_every_event_once_and_in_order)
{
    set_up(NULL);
    emit(0, STEPS);
    for (int i = 0; i < TT_CLUSTER_NODES; i++) /* every node has a part of it */
        ck_assert_int_gt(tt_redis_cluster_ask(&cluster, i, "DBSIZE"), 0);
    pid_t workers[WORKERS];
    start_workers(workers, "--until-idle");
    end_workers(workers, 0);
    assert_every_event_once();
    struct tt_run run = TT_TASKTRAIL("status", "--redis", cluster.url, "--json");
    ck_assert_msg(run.status == 0, "%s", run.err);
    ck_assert_ptr_nonnull(strstr(run.out, "\"applied\":2000"));
    tt_run_done(&run);
    ck_assert_int_eq(tt_redis_cluster_refused(&cluster, "CROSSSLOT"), 0);
    tt_redis_cluster_stop(&cluster);
}
TT_END

TT_TEST(workers_that_wait_take_what_comes_on_any_node)
{
    set_up(NULL);
    pid_t workers[WORKERS];
    start_workers(workers, NULL);
    for (int step = 0; step < STEPS; step++) {
        emit(step, step + 1);
        TT_EVENTUALLY(count(ROWS) == (step + 1) * TASKS);
    }
    end_workers(workers, SIGTERM);
    assert_every_event_once();
    tt_redis_cluster_stop(&cluster);
}
TT_END

TT_TEST(dead_letters_are_listed_and_requeued_and_passwords_reach_every_node)
{
    char key[64];
    set_up("sesame");
    setenv("TASKTRAIL_REDIS_PASSWORD", "sesame", 1);
    emit(0, 1);
    for (unsigned partition = 0; partition < 6; partition++) {
        key_of(key, partition, "events");
        tt_redis_cluster_ask(&cluster,
                             tt_redis_cluster_owner(&cluster, tt_redis_slot(tt_str_from(key))),
                             "XADD %s * e nonsense", key);
    }
    pid_t workers[WORKERS];
    start_workers(workers, "--until-idle");
    end_workers(workers, 0);
    ck_assert_int_eq(count(ROWS), TASKS);
    struct tt_run run = TT_TASKTRAIL("dead", "list", "--redis", cluster.url);
    size_t letters = 0;
    for (const char *at = run.out; (at = strstr(at, "undecodable")) != NULL; at++)
        letters++;
    ck_assert_msg(run.status == 0 && letters == 6, "%s%s", run.out, run.err);
    tt_run_done(&run);
    run = TT_TASKTRAIL("dead", "requeue", "--redis", cluster.url, "--all");
    ck_assert_msg(run.status == 0, "%s%s", run.out, run.err);
    ck_assert_str_eq(run.out, "6 of 6 requeued\n");
    tt_run_done(&run);
    start_workers(workers, "--until-idle");
    end_workers(workers, 0);
    run = TT_TASKTRAIL("dead", "drop", "--redis", cluster.url, "--all");
    ck_assert_str_eq(run.out, "6 of 6 dropped\n");
    tt_run_done(&run);
    setenv("TASKTRAIL_REDIS_PASSWORD", "wrong", 1);
    run = TT_TASKTRAIL("status", "--redis", cluster.url);
    ck_assert_int_ne(run.status, 0);
    ck_assert_ptr_nonnull(strstr(run.err, "WRONGPASS"));
    tt_run_done(&run);
    tt_redis_cluster_stop(&cluster);
}
TT_END

/* Moves a partition's slot to the next node, slowly: the keys one by one, and between them as long
 * as it takes until clients were sent elsewhere. */
static void move_slowly(unsigned partition)
{
    static const char *const suffixes[] = {"events", "held", "counts", "fence"};
    char key[64];
    key_of(key, partition, "events");
    unsigned slot = tt_redis_slot(tt_str_from(key));
    int from = tt_redis_cluster_owner(&cluster, slot), to = (from + 1) % TT_CLUSTER_NODES;
    long long asked = tt_redis_cluster_refused(&cluster, "ASK"),
              moved = tt_redis_cluster_refused(&cluster, "MOVED");
    tt_redis_cluster_move_begin(&cluster, slot, from, to);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        key_of(key, partition, suffixes[i]);
        int there = tt_redis_cluster_move_key(&cluster, from, to, key);
        ck_assert(there || i != 0);
        if (i == 0) /* what names the stream alone is sent after it */
            TT_EVENTUALLY(tt_redis_cluster_refused(&cluster, "ASK") > asked);
    }
    tt_redis_cluster_move_end(&cluster, slot, from, to);
    TT_EVENTUALLY(tt_redis_cluster_refused(&cluster, "MOVED") > moved);
}

TT_TEST(slots_that_move_while_workers_run_lose_and_double_nothing)
{
    set_up(NULL);
    pid_t workers[WORKERS];
    start_workers(workers, NULL);
    emit(0, 1);
    TT_EVENTUALLY(count(ROWS) > 0);
    pid_t more = start_emit(1, STEPS);
    for (unsigned partition = 0; partition < 64; partition += 13)
        move_slowly(partition);
    long long forgotten = tt_redis_cluster_refused(&cluster, "NOSCRIPT");
    for (int i = 0; i < TT_CLUSTER_NODES; i++)
        tt_redis_cluster_ask(&cluster, i, "SCRIPT FLUSH");
    ck_assert_int_eq(tt_finish(more, 0), 0);
    TT_EVENTUALLY(count(ROWS) == EVENTS);
    TT_EVENTUALLY(tt_redis_cluster_refused(&cluster, "NOSCRIPT") > forgotten);
    end_workers(workers, SIGTERM);
    assert_every_event_once();
    printf("MOVED %lld, ASK %lld, TRYAGAIN %lld\n", tt_redis_cluster_refused(&cluster, "MOVED"),
           tt_redis_cluster_refused(&cluster, "ASK"),
           tt_redis_cluster_refused(&cluster, "TRYAGAIN"));
    tt_redis_cluster_stop(&cluster);
}
TT_END

TT_TEST(a_node_that_is_killed_and_comes_back_is_waited_for)
{
    set_up(NULL);
    pid_t workers[WORKERS];
    start_workers(workers, NULL);
    emit(0, 2);
    pid_t more = start_emit(2, STEPS);
    TT_EVENTUALLY(count(ROWS) > 0);
    for (int node = 0; node < TT_CLUSTER_NODES; node++) {
        tt_finish(cluster.nodes[node].pid, SIGKILL);
        long long rows = count(ROWS);
        tt_redis_cluster_node_start(&cluster, node);
        TT_EVENTUALLY(count(ROWS) > rows || rows == EVENTS);
    }
    ck_assert_int_eq(tt_finish(more, 0), 0);
    TT_EVENTUALLY(count(ROWS) >= EVENTS);
    end_workers(workers, SIGTERM);
    /* An answer that was lost makes emit add its event again: a row more, marked as a duplicate. */
    ck_assert_int_eq(
        count(ROWS) - count("SELECT count(*) FROM task_status_audit WHERE duplicate = 1"), EVENTS);
    ck_assert_int_eq(count("SELECT count(DISTINCT event_id) FROM task_status_audit"), EVENTS);
    struct tt_run run = TT_TASKTRAIL("report", "--store", store, "--format", "ndjson");
    ck_assert_ptr_null(strstr(run.out, "apply_disorder"));
    ck_assert_ptr_null(strstr(run.out, "state_mismatch"));
    tt_run_done(&run);
    tt_redis_cluster_stop(&cluster);
}
TT_END

TT_TEST(a_list_of_nodes_may_begin_with_one_that_is_away)
{
    char url[160];
    set_up(NULL);
    emit(0, 1);
    snprintf(url, sizeof url, "redis://127.0.0.1:1,127.0.0.1:%d", cluster.nodes[1].port);
    struct tt_run run = TT_TASKTRAIL("status", "--redis", url, "--json");
    ck_assert_msg(run.status == 0, "%s", run.err);
    ck_assert_ptr_nonnull(strstr(run.out, "\"unread\":400"));
    tt_run_done(&run);
    snprintf(url, sizeof url, "redis://127.0.0.1:%d/3", cluster.nodes[1].port);
    run = TT_TASKTRAIL("status", "--redis", url);
    ck_assert_int_eq(run.status, 2);
    ck_assert_ptr_nonnull(strstr(run.err, "no database but 0"));
    tt_run_done(&run);
    tt_redis_cluster_stop(&cluster);
}
TT_END

TT_SUITE("cluster", workers_on_three_nodes_apply_every_event_once_and_in_order,
         workers_that_wait_take_what_comes_on_any_node,
         dead_letters_are_listed_and_requeued_and_passwords_reach_every_node,
         slots_that_move_while_workers_run_lose_and_double_nothing,
         a_node_that_is_killed_and_comes_back_is_waited_for,
         a_list_of_nodes_may_begin_with_one_that_is_away)
