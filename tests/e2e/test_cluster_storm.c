/* A Redis Cluster whose slots move all the time, key by key and in any order, while hot tasks come
 * in and three workers claim: with workers killed and stopped beyond their lease, nodes that crash
 * in the middle of a move, slots that nobody serves, and scripts forgotten. What happens when is
 * drawn from a seed; TT_STORM_SEED sets it, TT_STORM_ROUNDS says how long it lasts. */
#include "adapters/redis/cluster.h"
#include "tests/lib/process.h"
#include "tests/lib/redis_cluster.h"
#include "tests/lib/store_file.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WORKERS = 3, PARTITIONS = 12, TASKS = 60, HOT = 4, ROUNDS = 14, KEYS_MAX = 100 };

static struct tt_redis_cluster_server cluster;
static char store[340];
static pid_t workers[WORKERS];
static int owners[PARTITIONS], started;
static long long sent, steps[TASKS], moves, crashes, repairs;
static uint64_t chance;
static FILE *in;

static unsigned draw(unsigned below)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return (unsigned)((chance >> 11) % below);
}

/* A value of the environment, or this one. */
static unsigned long long setting(const char *name, unsigned long long otherwise)
{
    const char *text = getenv(name);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

/* Half of the events are of a few tasks. */
static void write_events(int count)
{
    for (int i = 0; i < count; i++) {
        unsigned task = draw(2) == 0 ? draw(HOT) : draw(TASKS);
        long long step = ++steps[task];
        fprintf(in,
                "{\"event_id\":\"e%u-%lld\",\"task_id\":\"task-%u\",\"status\":\"S%lld\","
                "\"event_time\":%lld}\n",
                task, step, task, step % 7, step);
        sent++;
    }
    ck_assert_int_eq(fflush(in), 0);
}

static long long count(const char *sql)
{
    return tt_test_sql_number(store + strlen("sqlite:"), sql);
}

static void start_worker(int i, const char *last)
{
    char name[16];
    snprintf(name, sizeof name, "w%d", ++started);
    const char *words[] = {"worker",  "--redis", cluster.url, "--store", store, "--name", name,
                           "--lease", "1s",      "--batch",   "40",      last,  NULL};
    workers[i] = tt_start_tasktrail(tt_tmpfile("worker.log"), NULL, words);
}

static void end_worker(int i, int signal_number)
{
    int status = tt_finish(workers[i], signal_number);
    char *said = tt_read_file(tt_tmpfile("worker.log"), NULL);
    ck_assert_msg(status == 0, "worker %d ended with %d:\n%s", i, status, said);
    free(said);
}

static unsigned slot_of(unsigned partition)
{
    char key[64];
    snprintf(key, sizeof key, "{tasktrail:%u}:events", partition);
    return tt_redis_slot(tt_str_from(key));
}

/* ---- What goes wrong */

static void kill_worker(void)
{
    int i = (int)draw(WORKERS);
    tt_finish(workers[i], SIGKILL);
    write_events(20);
    start_worker(i, NULL);
}

/* For longer than its lease. (Not until others have gone on: one that is stopped in the middle of a
 * transaction of SQLite holds them up.) */
static void stop_worker(void)
{
    struct timespec now, until;
    int i = (int)draw(WORKERS);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += 1 + draw(2);
    kill(workers[i], SIGSTOP);
    write_events(200);
    do
        tt_pause();
    while (clock_gettime(CLOCK_MONOTONIC, &now) == 0 && now.tv_sec <= until.tv_sec);
    kill(workers[i], SIGCONT);
}

static void crash_node(int node)
{
    tt_finish(cluster.nodes[node].pid, SIGKILL);
    write_events(50);
    tt_redis_cluster_node_start(&cluster, node);
    tt_redis_cluster_await(&cluster);
    crashes++;
}

/* The keys of a slot, in any order, or none. */
static redisReply *keys_of(int node, unsigned slot)
{
    redisContext *context = tt_redis_cluster_open(&cluster, node);
    redisReply *keys = redisCommand(context, "CLUSTER GETKEYSINSLOT %u %d", slot, KEYS_MAX);
    ck_assert(keys != NULL && keys->type == REDIS_REPLY_ARRAY);
    for (size_t i = keys->elements; i > 1; i--) {
        size_t other = draw((unsigned)i);
        redisReply *last = keys->element[i - 1];
        keys->element[i - 1] = keys->element[other];
        keys->element[other] = last;
    }
    redisFree(context);
    return keys;
}

/* Whether all nodes know who serves it. While its owner has left a slot, a late word of the last
 * owner may take it, who does not want it any more: then nobody serves it, until somebody says who
 * does (as `redis-cli --cluster fix`). */
static bool all_nodes_agree(unsigned partition)
{
    int owner = owners[partition];
    unsigned slot = slot_of(partition);
    if (tt_redis_cluster_view(&cluster, owner, slot) != owner) {
        tt_redis_cluster_ask(&cluster, owner, "CLUSTER SETSLOT %u NODE %s", slot,
                             cluster.nodes[owner].id);
        repairs++;
    }
    return tt_redis_cluster_agrees(&cluster, slot, owner);
}

static void move_partition(unsigned partition, int to)
{
    unsigned slot = slot_of(partition);
    int from = owners[partition];
    TT_EVENTUALLY(all_nodes_agree(partition));
    tt_redis_cluster_move_begin(&cluster, slot, from, to);
    redisReply *keys = keys_of(from, slot);
    size_t crash_at = draw(6) == 0 ? draw((unsigned)keys->elements + 1) : SIZE_MAX;
    size_t kill_at = draw(3) == 0 ? draw((unsigned)keys->elements + 1) : SIZE_MAX;
    for (size_t i = 0; i <= keys->elements; i++) {
        write_events(30);
        if (i == kill_at)
            kill_worker();
        if (i == crash_at)
            crash_node(draw(2) == 0 ? from : to);
        if (i < keys->elements)
            tt_redis_cluster_move_key(&cluster, from, to, keys->element[i]->str);
    }
    freeReplyObject(keys);
    tt_redis_cluster_move_end(&cluster, slot, from, to);
    owners[partition] = to;
    moves++;
}

static void move_slot(void)
{
    unsigned partition = draw(PARTITIONS);
    move_partition(partition, (owners[partition] + 1 + (int)draw(2)) % TT_CLUSTER_NODES);
}

/* The node that has the list of workers keeps nothing else of ours. */
static void empty_node(void)
{
    int node = tt_redis_cluster_owner(&cluster, tt_redis_slot(TT_STR("tasktrail:workers")));
    ck_assert_int_ne(node, 0); /* that is the one of the URL */
    ck_assert_int_ne(node,
                     tt_redis_cluster_owner(&cluster, tt_redis_slot(TT_STR("tasktrail:meta"))));
    for (unsigned partition = 0; partition < PARTITIONS; partition++)
        if (owners[partition] == node)
            move_partition(partition, (node + 1 + (int)draw(2)) % TT_CLUSTER_NODES);
}

/* A slot that nobody serves: its node answers CLUSTERDOWN, whatever it is asked; who connects just
 * then learns it from that node's map, and asks nothing. */
static void leave_slot(void)
{
    char said[48];
    unsigned partition = draw(PARTITIONS), slot = slot_of(partition);
    int node = owners[partition];
    TT_EVENTUALLY(all_nodes_agree(partition));
    long long before = tt_redis_cluster_refused(&cluster, "CLUSTERDOWN");
    snprintf(said, sizeof said, "no node serves slot %u", slot);
    tt_redis_cluster_ask(&cluster, node, "CLUSTER DELSLOTS %u", slot);
    write_events(100);
    TT_EVENTUALLY(tt_redis_cluster_refused(&cluster, "CLUSTERDOWN") > before ||
                  tt_file_says(tt_tmpfile("emit.log"), said) ||
                  tt_file_says(tt_tmpfile("worker.log"), said));
    tt_redis_cluster_ask(&cluster, node, "CLUSTER SETSLOT %u NODE %s", slot,
                         cluster.nodes[node].id);
    TT_EVENTUALLY(all_nodes_agree(partition));
    tt_redis_cluster_await(&cluster);
}

static void forget_scripts(void)
{
    for (int i = 0; i < TT_CLUSTER_NODES; i++)
        tt_redis_cluster_ask(&cluster, i, "SCRIPT FLUSH");
}

static void go_wrong(unsigned what)
{
    if (what < 6)
        move_slot();
    else if (what == 6)
        leave_slot();
    else if (what == 7)
        stop_worker();
    else if (what == 8)
        forget_scripts();
    else
        kill_worker();
}

/* ---- What must be so afterwards */

static void tell(void)
{
    enum { SAID_MAX = 4000 };
    size_t len = 0;
    char *said = tt_read_file(tt_tmpfile("worker.log"), &len);
    tt_redis_cluster_print(&cluster);
    for (unsigned p = 0; p < PARTITIONS; p++)
        printf("partition %u: slot %u, moved to %.8s\n", p, slot_of(p),
               cluster.nodes[owners[p]].id);
    printf("workers said:\n%s\n",
           said == NULL ? "nothing" : said + (len > SAID_MAX ? len - SAID_MAX : 0));
    free(said);
    for (int i = 0; i < WORKERS; i++)
        if (workers[i] != 0)
            tt_print_stacks(workers[i]);
}

static void assert_all_is_right(void)
{
    long long tasks = 0;
    ck_assert_int_eq(count("SELECT count(*) FROM task_status_audit WHERE duplicate = 0"), sent);
    ck_assert_int_eq(count("SELECT count(*) FROM task_status_audit"),
                     count("SELECT count(DISTINCT partition || ' ' || entry_ms || ' ' || entry_seq)"
                           " FROM task_status_audit"));
    ck_assert_int_eq(
        count("SELECT count(*) FROM (SELECT entry_ms, entry_seq, lag(entry_ms) OVER w AS ms,"
              " lag(entry_seq) OVER w AS seq FROM task_status_audit"
              " WINDOW w AS (PARTITION BY task_id ORDER BY apply_seq))"
              " WHERE (ms, seq) >= (entry_ms, entry_seq)"),
        0);
    for (unsigned task = 0; task < TASKS; task++)
        tasks += steps[task] > 0;
    ck_assert_int_eq(count("SELECT count(*) FROM task_status_current AS c WHERE event_time ="
                           " (SELECT max(event_time) FROM task_status_audit AS a"
                           " WHERE a.task_id = c.task_id)"),
                     tasks);
    struct tt_run run = TT_TASKTRAIL("report", "--store", store, "--format", "ndjson");
    ck_assert_msg(strstr(run.out, "apply_disorder") == NULL && strstr(run.out, "mismatch") == NULL,
                  "%s%s", run.out, run.err);
    tt_run_done(&run);
    run = TT_TASKTRAIL("status", "--redis", cluster.url, "--json");
    ck_assert_msg(run.status == 0 && strstr(run.out, "\"unread\":0,\"locked\":0,\"pending\":0"),
                  "%s%s", run.out, run.err);
    ck_assert_msg(strstr(run.out, "\"dead\":0,\"parked_tasks\":0") != NULL, "%s", run.out);
    tt_run_done(&run);
}

TT_TEST(slots_that_move_all_the_time_lose_double_and_reorder_nothing)
{
    unsigned long long seed = setting("TT_STORM_SEED", 2026);
    unsigned long long rounds = setting("TT_STORM_ROUNDS", ROUNDS);
    int fd = -1;
    chance = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    printf("seed %llu\n", seed);
    tt_redis_cluster_start(&cluster, NULL);
    tt_when_giving_up = tell;
    snprintf(store, sizeof store, "sqlite:%s", tt_tmpfile("audit.db"));
    tt_redis_cluster_ask(&cluster,
                         tt_redis_cluster_owner(&cluster, tt_redis_slot(TT_STR("tasktrail:meta"))),
                         "HSET tasktrail:meta partitions %d", PARTITIONS);
    for (unsigned p = 0; p < PARTITIONS; p++)
        owners[p] = tt_redis_cluster_owner(&cluster, slot_of(p));
    const char *words[] = {"emit", "--redis", cluster.url, "-", NULL};
    pid_t emit = tt_start_tasktrail(tt_tmpfile("emit.log"), &fd, words);
    ck_assert_int_gt(fcntl(fd, F_SETPIPE_SZ, 1 << 20), 0);
    in = fdopen(fd, "w");
    ck_assert_ptr_nonnull(in);
    write_events(100);
    for (int i = 0; i < WORKERS; i++)
        start_worker(i, NULL);
    TT_EVENTUALLY(tt_file_says(tt_tmpfile("worker.log"), "w3: started"));
    move_slot();
    leave_slot();
    for (unsigned long long round = 2; round < rounds; round++) {
        write_events(100);
        go_wrong(draw(10));
    }
    empty_node();
    write_events(100);
    for (unsigned p = 0; p < PARTITIONS; p++)
        TT_EVENTUALLY(all_nodes_agree(p));
    fclose(in);
    ck_assert_int_eq(tt_finish(emit, 0), 0);
    TT_EVENTUALLY(count("SELECT count(DISTINCT event_id) FROM task_status_audit") == sent);
    for (int i = 0; i < WORKERS; i++)
        end_worker(i, SIGTERM);
    start_worker(0, "--until-idle");
    end_worker(0, 0);
    printf("seed %llu: %lld events, %lld moves, %lld crashes, %lld repairs; since the last crash"
           " MOVED %lld, ASK %lld, TRYAGAIN %lld, CLUSTERDOWN %lld\n",
           seed, sent, moves, crashes, repairs, tt_redis_cluster_refused(&cluster, "MOVED"),
           tt_redis_cluster_refused(&cluster, "ASK"),
           tt_redis_cluster_refused(&cluster, "TRYAGAIN"),
           tt_redis_cluster_refused(&cluster, "CLUSTERDOWN"));
    assert_all_is_right();
    tt_redis_cluster_stop(&cluster);
}
TT_END

TT_SUITE_LIMIT("cluster_storm", 240, slots_that_move_all_the_time_lose_double_and_reorder_nothing)
