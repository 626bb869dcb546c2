/* What turns are for: many workers, few tasks, one of the workers stopped for a moment. With turns
 * the report finds nothing; without them it finds what was applied out of turn. */
#include "tests/lib/process.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/store_file.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS = 1500, TASKS = 5, WORKERS = 4, ROUNDS_MAX = 10 };

static struct tt_redis_server redis;
static char store[340];

static void emit(void)
{
    char input[400];
    snprintf(input, sizeof input, "%s", tt_tmpfile("events.ndjson"));
    FILE *file = fopen(input, "w");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < EVENTS; i++)
        fprintf(file, "{\"task_id\":\"t%d\",\"status\":\"S%d\",\"event_time\":%d}\n", i % TASKS,
                i % 7, i + 1);
    ck_assert_int_eq(fclose(file), 0);
    struct tt_run run = TT_TASKTRAIL("emit", "--redis", redis.url, "--partitions", "1", input);
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
}

static pid_t start_worker(int number, const char *locking)
{
    char name[16];
    snprintf(name, sizeof name, "w%d", number);
    const char *words[] = {"worker", "--redis", redis.url,   "--store",      store,
                           "--name", name,      "--locking", locking,        "--batch",
                           "7",      "--lease", "10s",       "--until-idle", NULL};
    return tt_start_tasktrail(tt_tmpfile("worker.log"), NULL, words);
}

static long long count(const char *sql)
{
    return tt_test_sql_number(store + strlen("sqlite:"), sql);
}

/* Rows with an older one of their task written after them. */
#define OUT_OF_TURN                                                                                \
    "SELECT count(*) FROM task_status_audit a WHERE EXISTS (SELECT 1 FROM task_status_audit b "    \
    "WHERE b.task_id = a.task_id AND (b.entry_ms, b.entry_seq) < (a.entry_ms, a.entry_seq) AND "   \
    "b.apply_seq > a.apply_seq)"

/* One round; gives how much the report found. */
static long long disorder(const char *name, const char *locking)
{
    pid_t workers[WORKERS];
    long long found = 0;
    tt_redis_server_start(&redis, name);
    snprintf(store, sizeof store, "sqlite:%s.db", tt_tmpfile(name));
    emit();
    for (int i = 0; i < WORKERS; i++)
        workers[i] = start_worker(i, locking);
    for (int i = 0; i < WORKERS; i++) { /* each stands still once, while others go on */
        long long rows = (i + 1) * EVENTS / 10;
        TT_EVENTUALLY(count("SELECT count(*) FROM task_status_audit") >= rows);
        kill(workers[i], SIGSTOP);
        tt_pause();
        kill(workers[i], SIGCONT);
    }
    for (int i = 0; i < WORKERS; i++)
        ck_assert_int_eq(tt_finish(workers[i], 0), 0);
    ck_assert_int_eq(count("SELECT count(*) FROM task_status_audit"), EVENTS);
    struct tt_run run =
        TT_TASKTRAIL("report", "--store", store, "--format", "ndjson", "--fail-on", "never");
    for (const char *at = run.out; (at = strstr(at, "\"apply_disorder\"")) != NULL; at++)
        found++;
    tt_run_done(&run);
    ck_assert_int_eq(found, count(OUT_OF_TURN));
    tt_redis_server_stop(&redis, SIGKILL);
    return found;
}

TT_TEST(with_turns_nothing_is_applied_out_of_turn)
{
    ck_assert_int_eq(disorder("id", "id"), 0);
}
TT_END

TT_TEST(without_turns_the_report_finds_what_was_applied_out_of_turn)
{
    long long found = 0;
    int round = 0;
    for (; found == 0 && round < ROUNDS_MAX; round++) {
        char name[20];
        snprintf(name, sizeof name, "none-%d", round);
        found = disorder(name, "none");
    }
    printf("%lld rows out of turn, in round %d\n", found, round);
    ck_assert_int_gt(found, 0);
}
TT_END

TT_SUITE("unlocked", with_turns_nothing_is_applied_out_of_turn,
         without_turns_the_report_finds_what_was_applied_out_of_turn)
