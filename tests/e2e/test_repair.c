/* repair: a store that was broken by hand, on either kind of store, with real workers beside it. */
#include "tests/lib/process.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/stores.h"
#include "tests/lib/tmpdir.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tt_redis_server redis;
static struct tt_test_store test;

static void set_up(int kind, const char *name)
{
    tt_redis_server_start(&redis, name);
    tt_test_store_make(&test, kind);
}

static void tear_down(void)
{
    tt_test_store_done(&test);
    tt_redis_server_stop(&redis, SIGTERM);
}

static void emit(const char *events)
{
    struct tt_run run =
        tt_tasktrail(NULL, events, (const char *const[]){"emit", "--redis", redis.url, "-", NULL});
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
}

static pid_t start_worker(const char *last)
{
    const char *words[] = {"worker",  "--redis", redis.url, "--store", test.url, "--name", "w",
                           "--lease", "500ms",   "--batch", "3",       last,     NULL};
    return tt_start_tasktrail(tt_tmpfile("worker.log"), NULL, words);
}

static void apply(const char *events)
{
    emit(events);
    ck_assert_int_eq(tt_finish(start_worker("--until-idle"), 0), 0);
}

#define REPAIR(...)                                                                                \
    TT_TASKTRAIL("repair", "--redis", redis.url, "--store", test.url, "--lease", "500ms",          \
                 __VA_ARGS__)

static void assert_repair(struct tt_run run, int status, const char *said)
{
    ck_assert_msg(run.status == status && (strstr(run.out, said) || strstr(run.err, said)),
                  "%d, not %d, or does not say \"%s\":\n%s%s", run.status, status, said, run.out,
                  run.err);
    tt_run_done(&run);
}

/* The arrival order may be as wild as it likes; what is stored must follow from it. */
static void assert_report_clean(void)
{
    struct tt_run run =
        TT_TASKTRAIL("report", "--store", test.url, "--format", "ndjson", "--fail-on", "never");
    ck_assert_msg(run.status == 0 && strstr(run.out, "mismatch") == NULL &&
                      strstr(run.out, "apply_disorder") == NULL,
                  "%s%s", run.out, run.err);
    tt_run_done(&run);
}

#define EVENT(task, status, at)                                                                    \
    "{\"event_id\":\"" task status "\",\"task_id\":\"" task "\",\"task_type\":\"LOAD\","           \
    "\"status\":\"" status "\",\"stage\":\"s\",\"event_time\":" at ",\"seq\":" at ","              \
    "\"correlation_id\":\"c\",\"dataset_id\":\"d\"}\n"
/* Late, doubled and tied ones too. */
#define STORY                                                                                      \
    EVENT("a", "CREATED", "10")                                                                    \
    EVENT("a", "DONE", "40")                                                                       \
    EVENT("a", "RUNNING", "20")                                                                    \
    EVENT("a", "RUNNING", "20")                                                                    \
    EVENT("a", "PAUSED", "20") EVENT("b", "CREATED", "5") EVENT("b", "DONE", "6")

#define CURRENT                                                                                    \
    "SELECT task_id, task_type, status, stage, US(event_time), US(first_seen_at), events, "        \
    "last_seq,"                                                                                    \
    " US(newest_event_time), correlation_id, dataset_id, stays, stay_status"                       \
    " FROM task_status_current ORDER BY 1"
#define STAYS                                                                                      \
    "SELECT task_id, position, US(valid_from), US(valid_to), status, stage"                        \
    " FROM task_status_interval ORDER BY 1, 2"
#define REPAIRS "SELECT count(*) FROM task_status_audit WHERE source = 'repair'"

TT_TEST(what_workers_wrote_needs_no_repair)
{
    set_up(_i, "healthy");
    apply(STORY);
    assert_repair(REPAIR("--plan", "a", "b"), 0, "task a of tenant default: nothing to repair");
    assert_repair(REPAIR("a", "b"), 0, "task b of tenant default: nothing to repair");
    ck_assert_rows(&test, REPAIRS, "0");
    tear_down();
}
TT_END

TT_TEST(a_broken_state_is_shown_then_repaired_and_repaired_once)
{
    set_up(_i, "broken");
    apply(STORY);
    char *current = tt_test_store_text(&test, CURRENT), *stays = tt_test_store_text(&test, STAYS);
    tt_test_store_sql(&test, "UPDATE task_status_current SET status = 'LOST', events = 77,"
                             " newest_event_time = event_time, stays = 9 WHERE task_id = 'a'");
    tt_test_store_sql(&test,
                      "DELETE FROM task_status_interval WHERE task_id = 'a' AND position = 2");
    tt_test_store_sql(&test, "UPDATE task_status_interval SET position = -3"
                             " WHERE task_id = 'a' AND position = 1");

    assert_repair(REPAIR("--plan", "a"), 1,
                  "! status            LOST                           DONE");
    assert_repair(REPAIR("--plan", "--format", "json", "a"), 1,
                  "\"status\":{\"stored\":\"LOST\",\"replayed\":\"DONE\",\"differs\":true}");
    ck_assert_rows(&test, REPAIRS, "0");

    assert_repair(REPAIR("a", "b"), 0, "1 repaired, 0 to repair, 1 right");
    ck_assert_rows(&test, CURRENT, current);
    ck_assert_rows(&test, STAYS, stays);
    assert_report_clean();
    ck_assert_rows(&test,
                   "SELECT epoch, tenant, task_id, status, duplicate FROM task_status_audit"
                   " WHERE source = 'repair'",
                   "0|default|a|DONE|0");
    assert_repair(REPAIR("a", "b"), 0, "nothing to repair");
    ck_assert_rows(&test, REPAIRS, "1");
    free(current);
    free(stays);
    tear_down();
}
TT_END

TT_TEST(rows_that_are_gone_come_back)
{
    set_up(_i, "gone");
    apply(STORY);
    char *current = tt_test_store_text(&test, CURRENT), *stays = tt_test_store_text(&test, STAYS);
    tt_test_store_sql(&test, "DELETE FROM task_status_current");
    tt_test_store_sql(&test, "DELETE FROM task_status_interval");
    assert_repair(REPAIR("--all-mismatched"), 0, "2 repaired");
    ck_assert_rows(&test, CURRENT, current);
    ck_assert_rows(&test, STAYS, stays);
    assert_report_clean();
    assert_repair(REPAIR("--all-mismatched"), 0, "0 repaired, 0 to repair, 0 right");
    free(current);
    free(stays);
    tear_down();
}
TT_END

TT_TEST(stays_are_compared_by_position_and_what_was_replaced_is_kept)
{
    set_up(_i, "stays");
    apply(STORY);
    char *stays = tt_test_store_text(&test, STAYS);
    tt_test_store_sql(&test,
                      "DELETE FROM task_status_interval WHERE task_id = 'a' AND position = 1");
    tt_test_store_sql(&test, "UPDATE task_status_interval SET status = 'LOST'"
                             " WHERE task_id = 'b' AND position = 2");
    struct tt_run run = REPAIR("--plan", "a");
    ck_assert_msg(strstr(run.out, "1 of 4 stays wrong") != NULL && strstr(run.out, "\n-") == NULL &&
                      strstr(run.out, "\n+      1") != NULL &&
                      strstr(run.out, "\n       2") != NULL,
                  "%s", run.out);
    tt_run_done(&run);
    assert_repair(REPAIR("a", "b"), 0, "2 repaired");
    ck_assert_rows(&test, STAYS, stays);
    const char *kept = "SELECT attributes FROM task_status_audit WHERE source = 'repair'"
                       " ORDER BY task_id";
    char *attributes = tt_test_store_text(&test, kept);
    ck_assert_msg(strstr(attributes, "intervals") != NULL && strstr(attributes, "LOST") != NULL &&
                      strstr(attributes, "LOST") == strrchr(attributes, 'L'),
                  "%s", attributes);
    free(attributes);
    free(stays);
    tear_down();
}
TT_END

/* A repair is no event: not for the checks, not for duplicates, not for later events. */
TT_TEST(events_after_a_repair_are_applied_as_if_there_had_been_none)
{
    set_up(_i, "after");
    apply(STORY);
    tt_test_store_sql(&test, "UPDATE task_status_current SET status = 'LOST'");
    assert_repair(REPAIR("a", "b"), 0, "2 repaired");
    /* The first is the row of the repair once more, but for its source; the second is late. */
    apply("{\"task_id\":\"b\",\"status\":\"DONE\",\"stage\":\"s\",\"event_time\":6,"
          "\"source\":\"repair\"}\n" EVENT("a", "HELD", "15"));
    ck_assert_rows(&test, "SELECT count(*) FROM task_status_audit WHERE duplicate = 1", "1");
    ck_assert_rows(&test, "SELECT task_id, status, events FROM task_status_current ORDER BY 1",
                   "a|DONE|5\nb|DONE|3");
    assert_repair(REPAIR("--plan", "a", "b"), 0, "0 to repair, 2 right");
    struct tt_run run =
        TT_TASKTRAIL("report", "--store", test.url, "--format", "json", "--fail-on", "never");
    ck_assert_msg(run.status == 0 && strstr(run.out, "{\"events\":9,"), "%s%s", run.out, run.err);
    tt_run_done(&run);
    tear_down();
}
TT_END

static char *told(const char *const *words)
{
    struct tt_run run = tt_tasktrail(NULL, NULL, words);
    ck_assert_msg(run.status == 0, "%s", run.err);
    free(run.err);
    return run.out;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        count++;
    return count;
}

TT_TEST(a_repair_is_no_event_for_the_query_nor_for_the_costs)
{
    static const char *const kinds[] = {"late_arrival", "lost_update", "duplicate"};
    const char *const query_words[] = {"sql", "check", "--dialect", "sqlite", NULL},
                      *const cost_words[] = {"cost", "--store", test.url, "--json", NULL},
                      *const report_words[] = {"report",  "--store",   test.url, "--format",
                                               "ndjson",  "--fail-on", "never",  "--ties",
                                               "arrival", NULL};
    bool queried = _i == TT_STORE_SQLITE;
    set_up(_i, "counted");
    apply(STORY);
    char *query = told(query_words), *costs = told(cost_words);
    char *found = queried ? tt_test_store_text(&test, query) : NULL;
    tt_test_store_sql(&test, "UPDATE task_status_current SET status = 'LOST'");
    assert_repair(REPAIR("a", "b"), 0, "2 repaired");
    char *costs_after = told(cost_words), *report = told(report_words);
    ck_assert_str_eq(costs_after, costs);
    if (queried) {
        ck_assert_rows(&test, query, found);
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            ck_assert_msg(count_of(found, kinds[i]) == count_of(report, kinds[i]) &&
                              count_of(found, kinds[i]) > 0,
                          "%s:\n%s%s", kinds[i], found, report);
    }
    free(report);
    free(costs_after);
    free(found);
    free(costs);
    free(query);
    tear_down();
}
TT_END

TT_TEST(a_task_that_somebody_holds_is_waited_for_and_then_said_to_be_busy)
{
    set_up(_i, "busy");
    apply(STORY);
    tt_test_store_sql(&test, "UPDATE task_status_current SET status = 'LOST' WHERE task_id = 'a'");
    for (int p = 0; p < 64; p++) {
        tt_redis_ask(&redis, "HSET {tasktrail:%d}:held default/a other", p);
        tt_redis_ask(&redis, "ZADD {tasktrail:%d}:leases 99999999999999 other", p);
    }
    assert_repair(REPAIR("--wait", "30ms", "a"), 3, "a worker held it all the time");
    ck_assert_rows(&test, "SELECT status FROM task_status_current WHERE task_id = 'a'", "LOST");
    for (int p = 0; p < 64; p++) /* it died long ago */
        tt_redis_ask(&redis, "ZADD {tasktrail:%d}:leases 1 other", p);
    assert_repair(REPAIR("--wait", "30ms", "a"), 0, "1 repaired");
    tear_down();
}
TT_END

TT_TEST(ids_come_from_stdin_too_and_unknown_ones_are_told)
{
    set_up(_i, "stdin");
    apply(STORY);
    tt_test_store_sql(&test, "UPDATE task_status_current SET status = 'LOST'");
    struct tt_run run = tt_tasktrail(
        NULL, "a\nnobody\nb\n",
        (const char *const[]){"repair", "--redis", redis.url, "--store", test.url, "-", NULL});
    ck_assert_msg(run.status == 3 && strstr(run.err, "no event of task nobody") &&
                      strstr(run.err, "2 repaired"),
                  "%s%s", run.out, run.err);
    tt_run_done(&run);
    assert_report_clean();
    tear_down();
}
TT_END

/* Waits for the file's write lock with the id in hand; nobody ever tells it to let go. */
static int64_t reserved(void)
{
    char *text = tt_test_store_text(&test, "SELECT max(fence) FROM partition_fence");
    long long number = strtoll(text, NULL, 10);
    free(text);
    return number;
}

TT_TEST(a_repair_that_is_killed_with_the_id_in_hand_harms_nothing)
{
    if (_i != TT_STORE_SQLITE)
        return;
    set_up(_i, "killed");
    apply(STORY);
    tt_test_store_sql(&test, "UPDATE task_status_current SET status = 'LOST' WHERE task_id = 'a'");
    sqlite3 *db = NULL;
    ck_assert_int_eq(sqlite3_open(test.url + strlen("sqlite:"), &db), SQLITE_OK);
    for (int p = 0; p < 64; p++) { /* somebody has the id until the store is ours */
        tt_redis_ask(&redis, "HSET {tasktrail:%d}:held default/a other", p);
        tt_redis_ask(&redis, "ZADD {tasktrail:%d}:leases 9999999999999 other", p);
    }
    const char *words[] = {"repair",  "--redis", redis.url, "--store", test.url,
                           "--lease", "300ms",   "a",       NULL};
    int64_t before = reserved();
    pid_t repair = tt_start_tasktrail(tt_tmpfile("repair.log"), NULL, words);
    while (reserved() == before)
        ;
    ck_assert_int_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    for (int p = 0; p < 64; p++)
        tt_redis_ask(&redis, "DEL {tasktrail:%d}:held {tasktrail:%d}:leases", p, p);
    long long held = 0;
    do {
        held = 0;
        for (int p = 0; p < 64; p++)
            held += tt_redis_ask(&redis, "HEXISTS {tasktrail:%d}:held default/a", p);
    } while (held == 0);
    tt_finish(repair, SIGKILL);
    ck_assert_int_eq(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    apply(EVENT("a", "HELD", "15"));
    assert_repair(REPAIR("a"), 0, "nothing to repair"); /* the late event wrote its state anew */
    ck_assert_rows(&test, REPAIRS, "0");
    assert_report_clean();
    tear_down();
}
TT_END

static long event_rows(void)
{
    char *text =
        tt_test_store_text(&test, "SELECT count(*) FROM task_status_audit WHERE epoch > 0");
    long count = strtol(text, NULL, 10);
    free(text);
    return count;
}

TT_TEST(repairs_beside_a_worker_leave_order_and_state_right)
{
    enum { ROUNDS = 8, EACH = 12 };
    set_up(_i, "beside");
    apply(STORY);
    pid_t worker = start_worker(NULL);
    for (int round = 0; round < ROUNDS; round++) {
        char text[8000];
        size_t len = 0;
        for (int i = 0; i < EACH; i++) /* every third is late */
            len += (size_t)snprintf(text + len, sizeof text - len,
                                    "{\"event_id\":\"%d-%d\",\"task_id\":\"a\","
                                    "\"status\":\"S%d\",\"event_time\":%d}\n",
                                    round, i, i % 4, 100 + round * EACH + (i % 3 == 2 ? i - 5 : i));
        emit(text);
        tt_test_store_sql(&test, "UPDATE task_status_current SET status = 'LOST', events = 1"
                                 " WHERE task_id = 'a'");
        struct tt_run run = REPAIR("--wait", "20s", "a");
        ck_assert_msg(run.status == 0, "%s%s", run.out, run.err);
        tt_run_done(&run);
    }
    TT_EVENTUALLY(event_rows() == 7 + ROUNDS * EACH);
    ck_assert_int_eq(tt_finish(worker, SIGTERM), 0);
    assert_repair(REPAIR("a"), 0, "a of tenant default");
    assert_report_clean();
    tear_down();
}
TT_END

TT_STORE_SUITE("repair", what_workers_wrote_needs_no_repair,
               a_broken_state_is_shown_then_repaired_and_repaired_once,
               rows_that_are_gone_come_back,
               stays_are_compared_by_position_and_what_was_replaced_is_kept,
               events_after_a_repair_are_applied_as_if_there_had_been_none,
               a_repair_is_no_event_for_the_query_nor_for_the_costs,
               a_task_that_somebody_holds_is_waited_for_and_then_said_to_be_busy,
               ids_come_from_stdin_too_and_unknown_ones_are_told,
               a_repair_that_is_killed_with_the_id_in_hand_harms_nothing,
               repairs_beside_a_worker_leave_order_and_state_right)
