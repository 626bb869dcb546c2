/* What tenants want audited: a worker with --tenants, and its file changed under way. */
#include "tests/lib/process.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/store_file.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tt_redis_server redis;
static char store[340], path[320], file[320], log_path[320];

static void set_up(const char *name)
{
    tt_redis_server_start(&redis, name);
    snprintf(path, sizeof path, "%s", tt_tmpfile("audit.db"));
    snprintf(store, sizeof store, "sqlite:%s", path);
    snprintf(file, sizeof file, "%s", tt_tmpfile("tenants.json"));
    snprintf(log_path, sizeof log_path, "%s", tt_tmpfile("worker.log"));
}

static void write_file(const char *text)
{
    FILE *out = fopen(file, "w");
    ck_assert_ptr_nonnull(out);
    ck_assert_int_ge(fputs(text, out), 0);
    ck_assert_int_eq(fclose(out), 0);
}

static void emit(const char *events)
{
    struct tt_run run =
        tt_tasktrail(NULL, events, (const char *const[]){"emit", "--redis", redis.url, "-", NULL});
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
}

static bool store_says(const char *sql, const char *expected)
{
    char *text = tt_test_sql_text(path, sql);
    bool same = strcmp(text, expected) == 0;
    free(text);
    return same;
}

#define EVENT(task, type, at)                                                                      \
    "{\"task_id\":\"" task "\",\"task_type\":\"" type "\",\"status\":\"A\",\"event_time\":" at "}" \
    "\n"

TT_TEST(what_a_tenant_excludes_is_acknowledged_and_never_stored)
{
    set_up("excluded");
    write_file("{\"tenants\":{\"*\":{\"exclude\":[\"MERGE\"]}}}");
    emit(EVENT("1", "MERGE", "1") EVENT("2", "LOAD", "1") EVENT("3", "MERGE", "1"));
    struct tt_run run = TT_TASKTRAIL("worker", "--redis", redis.url, "--store", store, "--tenants",
                                     file, "--until-idle");
    ck_assert_msg(run.status == 0, "%s", run.err);
    ck_assert_ptr_nonnull(strstr(run.err, "3 entries, 1 rows written, 0 dead letters, 2 excluded"));
    tt_run_done(&run);
    ck_assert_sql(path, "SELECT task_id FROM task_status_audit", "2");
    ck_assert_sql(path, "SELECT task_id FROM task_status_current", "2");
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(a_tenants_own_order_is_followed_and_expected)
{
    set_up("order");
    write_file("{\"tenants\":{\"last\":{\"apply_order\":\"arrival\"}}}");
    emit("{\"tenant\":\"last\",\"task_id\":\"t\",\"status\":\"NEW\",\"event_time\":2}\n"
         "{\"tenant\":\"last\",\"task_id\":\"t\",\"status\":\"OLD\",\"event_time\":1}\n"
         "{\"tenant\":\"time\",\"task_id\":\"t\",\"status\":\"NEW\",\"event_time\":2}\n"
         "{\"tenant\":\"time\",\"task_id\":\"t\",\"status\":\"OLD\",\"event_time\":1}\n");
    struct tt_run run = TT_TASKTRAIL("worker", "--redis", redis.url, "--store", store, "--tenants",
                                     file, "--until-idle");
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
    ck_assert_sql(path, "SELECT tenant, status FROM task_status_current ORDER BY tenant",
                  "last|OLD\ntime|NEW");
    run = TT_TASKTRAIL("report", "--store", store, "--tenants", file, "--format", "ndjson");
    ck_assert_ptr_null(strstr(run.out, "state_mismatch"));
    tt_run_done(&run);
    run = TT_TASKTRAIL("report", "--store", store, "--format", "ndjson");
    ck_assert_ptr_nonnull(strstr(run.out, "state_mismatch"));
    tt_run_done(&run);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

#define OF(tenant, status, at)                                                                     \
    "{\"tenant\":\"" tenant "\",\"task_id\":\"t\"," status "\"event_time\":" at "}\n"

static void work_off(void)
{
    struct tt_run run = TT_TASKTRAIL("worker", "--redis", redis.url, "--store", store, "--tenants",
                                     file, "--until-idle");
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
}

static void assert_says(struct tt_run run, const char *said)
{
    ck_assert_msg(run.status == 0 && strstr(run.out, said) != NULL, "%s\nnot in:\n%s%s", said,
                  run.out, run.err);
    tt_run_done(&run);
}

TT_TEST(a_tenant_that_parks_has_its_task_wait_behind_a_dead_letter_and_another_has_not)
{
    set_up("parks");
    write_file("{\"tenants\":{\"strict\":{\"on_dead\":\"park\"}}}");
    /* emit would not send what is no event */
    const char *events[] = {
        OF("strict", "\"status\":\"A\",", "1"), OF("strict", "", "2"),
        OF("strict", "\"status\":\"B\",", "3"), OF("lax", "", "1"),
        OF("lax", "\"status\":\"B\",", "2"),
    };
    tt_redis_ask(&redis, "HSET tasktrail:meta partitions 1");
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        tt_redis_ask(&redis, "XADD {tasktrail:0}:events %d-0 e %s", (int)i + 1, events[i]);
    work_off();
    emit(OF("strict", "\"status\":\"C\",", "4"));
    work_off();
    ck_assert_sql(path, "SELECT tenant, status FROM task_status_audit ORDER BY 1, 2",
                  "lax|B\nstrict|A");
    assert_says(TT_TASKTRAIL("status", "--redis", redis.url),
                "parked        1 task, 3 entries wait for dead letters to be seen to");
    assert_says(TT_TASKTRAIL("status", "--redis", redis.url, "--json"),
                "\"parked_tasks\":1,\"parked_entries\":3");
    assert_says(TT_TASKTRAIL("dead", "list", "--redis", redis.url), "(its task waits)");
    assert_says(TT_TASKTRAIL("dead", "requeue", "--redis", redis.url, "0:2-0"), "1 of 1 requeued");
    work_off(); /* it is as bad as before */
    ck_assert_sql(path, "SELECT count(*) FROM task_status_audit", "2");
    assert_says(TT_TASKTRAIL("dead", "list", "--redis", redis.url), "2 tries");
    assert_says(TT_TASKTRAIL("dead", "drop", "--redis", redis.url, "--all"), "2 of 2 dropped");
    work_off();
    ck_assert_sql(path, "SELECT tenant, status FROM task_status_audit ORDER BY tenant, apply_seq",
                  "lax|B\nstrict|A\nstrict|B\nstrict|C");
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(a_tenants_own_lifecycle_judges_its_tasks_alone)
{
    set_up("lifecycle");
    char job[340];
    snprintf(job, sizeof job, "%s", tt_tmpfile("job.json"));
    static const char text[] = "{\"initial\":[\"A\"],\"transitions\":{\"A\":[\"B\"]}}";
    tt_write_file(job, text, sizeof text - 1);
    write_file("{\"tenants\":{\"strict\":{\"lifecycle\":\"job.json\"}}}");
    const char *events = OF("strict", "\"status\":\"B\",", "1") OF("lax", "\"status\":\"B\",", "1");
    struct tt_run run = tt_tasktrail(
        NULL, events,
        (const char *const[]){"check", "--tenants", file, "--format", "ndjson", "-", NULL});
    ck_assert_ptr_nonnull(strstr(run.out, "\"kind\":\"missing_initial\",\"severity\":\"warning\","
                                          "\"tenant\":\"strict\""));
    ck_assert_ptr_null(strstr(run.out, "lax"));
    tt_run_done(&run);
    emit(events);
    work_off();
    run = TT_TASKTRAIL("report", "--store", store, "--tenants", file, "--format", "ndjson");
    ck_assert_ptr_nonnull(strstr(run.out, "missing_initial"));
    ck_assert_ptr_null(strstr(run.out, "lax"));
    tt_run_done(&run);

    tt_write_file(job, "{\"initial\":7}", 13);
    run = TT_TASKTRAIL("report", "--store", store, "--tenants", file, "--format", "ndjson");
    ck_assert_msg(run.status == 2 && strstr(run.err, "job.json: lifecycle.initial") != NULL, "%s",
                  run.err);
    tt_run_done(&run);
    write_file("{\"tenants\":{\"strict\":{\"lifecycle\":\"none.json\"}}}");
    run = TT_TASKTRAIL("report", "--store", store, "--tenants", file, "--format", "ndjson");
    ck_assert_msg(run.status == 3 && strstr(run.err, "tenants.json: lifecycle: ") != NULL &&
                      strstr(run.err, "none.json: No such file") != NULL,
                  "%d %s", run.status, run.err);
    tt_run_done(&run);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(a_worker_reads_the_file_again_and_keeps_the_old_one_where_the_new_one_is_wrong)
{
    set_up("reload");
    write_file("{\"tenants\":{\"*\":{\"exclude\":[\"MERGE\"]}}}");
    const char *words[] = {"worker", "--redis", redis.url, "--store",   store, "--name",
                           "w",      "--lease", "500ms",   "--tenants", file,  NULL};
    pid_t worker = tt_start_tasktrail(log_path, NULL, words);
    TT_EVENTUALLY(tt_file_says(log_path, "w: started"));
    emit(EVENT("1", "MERGE", "1") EVENT("2", "LOAD", "1"));
    TT_EVENTUALLY(store_says("SELECT task_id FROM task_status_audit", "2"));

    write_file("{\"tenants\":{\"*\":{\"excludes\":[]}}}");
    kill(worker, SIGHUP);
    emit(EVENT("3", "MERGE", "1") EVENT("4", "LOAD", "1"));
    TT_EVENTUALLY(store_says("SELECT task_id FROM task_status_audit ORDER BY 1", "2\n4"));
    ck_assert(tt_file_says(log_path, "unknown key \"excludes\""));

    write_file("{\"tenants\":{\"*\":{\"exclude\":[\"LOAD\"]}}}");
    kill(worker, SIGHUP);
    emit(EVENT("5", "LOAD", "1") EVENT("6", "MERGE", "1"));
    TT_EVENTUALLY(store_says("SELECT task_id FROM task_status_audit ORDER BY 1", "2\n4\n6"));
    ck_assert(tt_file_says(log_path, "*: exclude \"LOAD\", was \"MERGE\""));
    ck_assert_int_eq(tt_finish(worker, SIGTERM), 0);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_TEST(a_worker_that_has_nothing_to_do_reads_the_file_again_at_once)
{
    set_up("idle");
    write_file("{\"tenants\":{\"*\":{\"exclude\":[\"MERGE\"]}}}");
    const char *words[] = {"worker", "--redis", redis.url,   "--store", store,
                           "--name", "w",       "--tenants", file,      NULL};
    pid_t worker = tt_start_tasktrail(log_path, NULL, words);
    TT_EVENTUALLY(tt_file_says(log_path, "w: started"));
    write_file("{\"tenants\":{\"*\":{\"excludes\":[]}}}");
    kill(worker, SIGHUP);
    TT_EVENTUALLY(tt_file_says(log_path, "what it said before goes on"));
    write_file("{\"tenants\":{\"*\":{\"exclude\":[\"LOAD\"]}}}");
    kill(worker, SIGHUP);
    TT_EVENTUALLY(tt_file_says(log_path, "*: exclude \"LOAD\", was \"MERGE\""));

    tt_redis_server_stop(&redis, SIGTERM); /* nor has it while Redis is away */
    TT_EVENTUALLY(tt_file_says(log_path, "the queue is away"));
    write_file("{\"tenants\":{\"*\":{\"exclude\":[\"COPY\"]}}}");
    kill(worker, SIGHUP);
    TT_EVENTUALLY(tt_file_says(log_path, "*: exclude \"COPY\", was \"LOAD\""));
    ck_assert_int_eq(tt_finish(worker, SIGTERM), 0);
}
TT_END

TT_TEST(a_file_that_is_wrong_from_the_start_ends_the_worker_before_it_begins)
{
    set_up("wrong");
    write_file("{\"tenants\":[]}");
    struct tt_run run = TT_TASKTRAIL("worker", "--redis", redis.url, "--store", store, "--tenants",
                                     file, "--until-idle");
    ck_assert_int_eq(run.status, 2);
    ck_assert_ptr_nonnull(strstr(run.err, "tenants.json: expected {\"tenants\""));
    tt_run_done(&run);
    tt_redis_server_stop(&redis, SIGTERM);
}
TT_END

TT_SUITE("tenants", what_a_tenant_excludes_is_acknowledged_and_never_stored,
         a_tenants_own_order_is_followed_and_expected,
         a_tenant_that_parks_has_its_task_wait_behind_a_dead_letter_and_another_has_not,
         a_tenants_own_lifecycle_judges_its_tasks_alone,
         a_worker_reads_the_file_again_and_keeps_the_old_one_where_the_new_one_is_wrong,
         a_worker_that_has_nothing_to_do_reads_the_file_again_at_once,
         a_file_that_is_wrong_from_the_start_ends_the_worker_before_it_begins)
