/* The fleet on a real Redis Cluster of three nodes: slots that move and nodes that crash while
 * workers run. */
#include "adapters/redis/cluster.h"
#include "tests/lib/process.h"
#include "tests/lib/redis_cluster.h"
#include "tests/lib/store_file.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TASKS = 400, STEPS = 5, EVENTS = TASKS * STEPS, WORKERS = 3 };

static struct tt_redis_cluster_server cluster;
static char store[340], input[320];

/* One event of each task. */
static void write_step(FILE *to, int step)
{
    static const char *const statuses[STEPS] = {"CREATED", "QUEUED", "RUNNING", "PAUSED",
                                                "SUCCEEDED"};
    for (int task = 0; task < TASKS; task++)
        fprintf(to,
                "{\"event_id\":\"e%d-%d\",\"task_id\":\"task-%d\",\"status\":\"%s\","
                "\"event_time\":\"2026-03-01T12:%02d:%02dZ\"}\n",
                task, step, task, statuses[step], step, task % 60);
    ck_assert_int_eq(fflush(to), 0);
}

static void make_input(const char *name, int first, int last)
{
    snprintf(input, sizeof input, "%s", tt_tmpfile(name));
    FILE *file = fopen(input, "w");
    ck_assert_ptr_nonnull(file);
    for (int step = first; step < last; step++)
        write_step(file, step);
    ck_assert_int_eq(fclose(file), 0);
}

static void set_up(const char *password)
{
    tt_redis_cluster_start(&cluster, password);
    snprintf(store, sizeof store, "sqlite:%s", tt_tmpfile("audit.db"));
}

static void emit(int first, int last)
{
    make_input("events.ndjson", first, last);
    struct tt_run run = TT_TASKTRAIL("emit", "--redis", cluster.url, input);
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
}

/* An emit that reads what the test writes into it. */
static pid_t start_emit(FILE **ret_in)
{
    int in = -1;
    const char *words[] = {"emit", "--redis", cluster.url, "-", NULL};
    pid_t pid = tt_start_tasktrail(tt_tmpfile("emit.log"), &in, words);
    /* All steps have room: while emit waits for a node that we killed it reads nothing, and we must
     * come as far as to start that node again. */
    ck_assert_int_gt(fcntl(in, F_SETPIPE_SZ, 1 << 20), 0);
    *ret_in = fdopen(in, "w");
    ck_assert_ptr_nonnull(*ret_in);
    return pid;
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
    return tt_test_sql_number(store + strlen("sqlite:"), sql);
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

/* What tasktrail prints for these words. */
#define ck_assert_says(text, ...)                                                                  \
    do {                                                                                           \
        struct tt_run tt_said = TT_TASKTRAIL(__VA_ARGS__);                                         \
        ck_assert_msg(tt_said.status == 0 && strstr(tt_said.out, text) != NULL, "%s%s",            \
                      tt_said.out, tt_said.err);                                                   \
        tt_run_done(&tt_said);                                                                     \
    } while (0)

static void add_nonsense(unsigned partition)
{
    char key[64];
    key_of(key, partition, "events");
    unsigned slot = tt_redis_slot(tt_str_from(key));
    tt_redis_cluster_ask(&cluster, tt_redis_cluster_owner(&cluster, slot), "XADD %s * e nonsense",
                         key);
}

TT_TEST(three_nodes_with_a_password_are_one_queue)
{
    char url[160];
    pid_t workers[WORKERS];
    set_up("sesame");
    setenv("TASKTRAIL_REDIS_PASSWORD", "sesame", 1);
    emit(0, STEPS);
    for (unsigned partition = 0; partition < 6; partition++)
        add_nonsense(partition);
    for (int i = 0; i < TT_CLUSTER_NODES; i++) /* every node has a part of it */
        ck_assert_int_gt(tt_redis_cluster_ask(&cluster, i, "DBSIZE"), 0);
    start_workers(workers, "--until-idle");
    end_workers(workers, 0);
    assert_every_event_once();
    ck_assert_int_eq(tt_redis_cluster_refused(&cluster, "CROSSSLOT"), 0);
    /* The first of the list is away. */
    snprintf(url, sizeof url, "redis://127.0.0.1:1,127.0.0.1:%d", cluster.nodes[1].port);
    ck_assert_says("\"applied\":2000", "status", "--redis", url, "--json");
    ck_assert_says("undecodable", "dead", "list", "--redis", url);
    ck_assert_says("6 of 6 requeued\n", "dead", "requeue", "--redis", url, "--all");
    start_workers(workers, "--until-idle");
    end_workers(workers, 0);
    ck_assert_says("6 of 6 dropped\n", "dead", "drop", "--redis", url, "--all");
    snprintf(url, sizeof url, "redis://127.0.0.1:%d/3", cluster.nodes[1].port);
    struct tt_run run = TT_TASKTRAIL("status", "--redis", url);
    ck_assert(run.status == 2 && strstr(run.err, "no database but 0") != NULL);
    tt_run_done(&run);
    setenv("TASKTRAIL_REDIS_PASSWORD", "wrong", 1);
    run = TT_TASKTRAIL("status", "--redis", cluster.url);
    ck_assert(run.status != 0 && strstr(run.err, "WRONGPASS") != NULL);
    tt_run_done(&run);
    tt_redis_cluster_stop(&cluster);
}
TT_END

TT_TEST(questions_to_idle_workers_and_repairs_work_on_a_cluster)
{
    pid_t workers[WORKERS];
    set_up(NULL);
    emit(0, 2);
    start_workers(workers, NULL);
    TT_EVENTUALLY(count(ROWS) == 2 * TASKS);
    tt_test_sql(store + strlen("sqlite:"),
                "UPDATE task_status_current SET status = 'LOST' WHERE task_id LIKE '%7'");
    struct tt_run fleet = TT_TASKTRAIL("report", "--redis", cluster.url, "--fleet", "--format",
                                       "ndjson", "--shards", "4", "--fail-on", "never");
    struct tt_run whole =
        TT_TASKTRAIL("report", "--store", store, "--format", "ndjson", "--fail-on", "never");
    ck_assert_msg(fleet.status == 0, "%s", fleet.err);
    ck_assert_uint_gt(whole.out_len, 0);
    ck_assert_str_eq(fleet.out, whole.out);
    tt_run_done(&fleet);
    tt_run_done(&whole);
    ck_assert_says("task-7", "replay", "--redis", cluster.url, "--remote", "task-7", "--fail-on",
                   "never");
    ck_assert_says("repaired", "repair", "--redis", cluster.url, "--store", store,
                   "--all-mismatched");
    ck_assert_int_eq(count("SELECT count(*) FROM task_status_current WHERE status = 'LOST'"), 0);
    ck_assert_int_eq(count("SELECT count(*) FROM task_status_audit WHERE source = 'repair'"), 40);
    end_workers(workers, SIGTERM);
    ck_assert_int_eq(tt_redis_cluster_refused(&cluster, "CROSSSLOT"), 0);
    tt_redis_cluster_stop(&cluster);
}
TT_END

/* Moves a partition's slot to the next node, slowly: the stream first, and nothing else before a
 * producer that adds to it was sent after it. */
static void move_slowly(unsigned partition, int step, FILE *in)
{
    char key[64];
    key_of(key, partition, "events");
    unsigned slot = tt_redis_slot(tt_str_from(key));
    int from = tt_redis_cluster_owner(&cluster, slot), to = (from + 1) % TT_CLUSTER_NODES;
    long long asked = tt_redis_cluster_refused(&cluster, "ASK");
    tt_redis_cluster_move_begin(&cluster, slot, from, to);
    ck_assert(tt_redis_cluster_move_key(&cluster, from, to, key));
    write_step(in, step);
    TT_EVENTUALLY(tt_redis_cluster_refused(&cluster, "ASK") > asked);
    tt_redis_cluster_move_end(&cluster, slot, from, to);
}

TT_TEST(slots_that_move_while_workers_run_lose_and_double_nothing)
{
    FILE *in = NULL;
    pid_t workers[WORKERS];
    set_up(NULL);
    start_workers(workers, NULL);
    pid_t emit = start_emit(&in);
    write_step(in, 0);
    TT_EVENTUALLY(count(ROWS) == TASKS);
    long long moved = tt_redis_cluster_refused(&cluster, "MOVED");
    for (int step = 1; step < STEPS; step++)
        move_slowly(13 * (unsigned)step, step, in);
    fclose(in);
    ck_assert_int_eq(tt_finish(emit, 0), 0);
    TT_EVENTUALLY(count(ROWS) == EVENTS);
    ck_assert_says("", "report", "--redis", cluster.url, "--fleet", "--fail-on", "info");
    for (int i = 0; i < TT_CLUSTER_NODES; i++)
        tt_redis_cluster_ask(&cluster, i, "SCRIPT FLUSH");
    end_workers(workers, SIGTERM); /* which say goodbye by a script */
    assert_every_event_once();
    /* Not of each move: who connects again just then learns where the slot is without it. */
    ck_assert_int_gt(tt_redis_cluster_refused(&cluster, "MOVED"), moved);
    ck_assert_int_gt(tt_redis_cluster_refused(&cluster, "NOSCRIPT"), 0);
    printf("MOVED %lld, ASK %lld, TRYAGAIN %lld\n", tt_redis_cluster_refused(&cluster, "MOVED"),
           tt_redis_cluster_refused(&cluster, "ASK"),
           tt_redis_cluster_refused(&cluster, "TRYAGAIN"));
    tt_redis_cluster_stop(&cluster);
}
TT_END

TT_TEST(a_node_that_is_killed_and_comes_back_is_waited_for)
{
    FILE *in = NULL;
    pid_t workers[WORKERS];
    set_up(NULL);
    start_workers(workers, NULL);
    pid_t emit = start_emit(&in);
    write_step(in, 0);
    TT_EVENTUALLY(count(ROWS) > 0);
    write_step(in, 1);
    tt_finish(cluster.nodes[1].pid, SIGKILL);
    write_step(in, 2);
    tt_redis_cluster_node_start(&cluster, 1);
    for (int step = 3; step < STEPS; step++)
        write_step(in, step);
    fclose(in);
    ck_assert_int_eq(tt_finish(emit, 0), 0);
    /* An answer that was lost makes emit add its event again: a row more, marked as a duplicate. */
    TT_EVENTUALLY(count("SELECT count(DISTINCT event_id) FROM task_status_audit") == EVENTS);
    end_workers(workers, SIGTERM);
    start_workers(workers, "--until-idle");
    end_workers(workers, 0);
    ck_assert_int_eq(count("SELECT count(*) FROM task_status_audit WHERE duplicate = 0"), EVENTS);
    ck_assert_int_eq(count(ROWS), count("SELECT count(DISTINCT partition || ' ' || entry_ms || ' ' "
                                        "|| entry_seq) FROM task_status_audit"));
    struct tt_run run = TT_TASKTRAIL("report", "--store", store, "--format", "ndjson");
    ck_assert_ptr_null(strstr(run.out, "apply_disorder"));
    ck_assert_ptr_null(strstr(run.out, "state_mismatch"));
    tt_run_done(&run);
    tt_redis_cluster_stop(&cluster);
}
TT_END

/* What a node has written, its replica has. Redis itself promises less. */
static void await_replica(int node)
{
    char key[32];
    int number = 0;
    do
        snprintf(key, sizeof key, "k%d", number++);
    while (tt_redis_cluster_owner(&cluster, tt_redis_slot(tt_str_from(key))) != node);
    redisContext *context = tt_redis_cluster_open(&cluster, node);
    freeReplyObject(redisCommand(context, "SET %s 1", key));
    redisReply *reply = redisCommand(context, "WAIT 1 60000");
    ck_assert(reply != NULL && reply->integer == 1);
    freeReplyObject(reply);
    redisFree(context);
}

TT_TEST(a_replica_that_takes_over_is_found)
{
    FILE *in = NULL;
    pid_t workers[WORKERS];
    set_up(NULL);
    tt_redis_cluster_replica_start(&cluster, 0);
    start_workers(workers, NULL);
    pid_t emit = start_emit(&in);
    write_step(in, 0);
    TT_EVENTUALLY(count(ROWS) == TASKS);
    await_replica(0);
    tt_finish(cluster.nodes[0].pid, SIGKILL); /* which the URL names, too */
    cluster.nodes[0].pid = 0;
    for (int step = 1; step < STEPS; step++)
        write_step(in, step);
    fclose(in);
    ck_assert_int_eq(tt_finish(emit, 0), 0);
    TT_EVENTUALLY(count("SELECT count(DISTINCT event_id) FROM task_status_audit") == EVENTS);
    end_workers(workers, SIGTERM);
    ck_assert_int_eq(count("SELECT count(*) FROM task_status_audit WHERE duplicate = 0"), EVENTS);
    struct tt_run run = TT_TASKTRAIL("report", "--store", store, "--format", "ndjson");
    ck_assert_ptr_null(strstr(run.out, "apply_disorder"));
    ck_assert_ptr_null(strstr(run.out, "state_mismatch"));
    tt_run_done(&run);
    tt_redis_cluster_stop(&cluster);
}
TT_END

TT_SUITE("cluster", three_nodes_with_a_password_are_one_queue,
         questions_to_idle_workers_and_repairs_work_on_a_cluster,
         slots_that_move_while_workers_run_lose_and_double_nothing,
         a_node_that_is_killed_and_comes_back_is_waited_for, a_replica_that_takes_over_is_found)
