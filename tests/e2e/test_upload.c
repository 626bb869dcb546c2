/* The upload command over a real store: what is in the folder afterwards, whatever ended it before.
 */
#include "tests/e2e/upload_scene.h"
#include "tests/lib/process.h"
#include "tests/lib/program.h"
#include "tests/lib/store_rows.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROWS          "cat task_status_audit/*.ndjson | wc -l"
#define DISTINCT_ROWS "cat task_status_audit/*.ndjson | cut -d'\"' -f4 | sort -u | wc -l"

TT_TEST(everything_is_uploaded_once_and_the_next_run_has_nothing_to_do)
{
    set_up("once", 1000);
    struct tt_run run =
        TT_TASKTRAIL("upload", "--store", store, "--to", to, "--once", "--batch-rows", "300");
    ck_assert_msg(run.status == 0, "%s", run.err);
    ck_assert_ptr_nonnull(strstr(run.err, "1000 audit and 0 discrepancy rows in 4 batches"));
    tt_run_done(&run);
    ck_assert_int_eq(count(ROWS), 1000);
    ck_assert_int_eq(count(DISTINCT_ROWS), 1000);
    ck_assert_int_eq(count("ls *.schema.json | wc -l"), 2);
    ck_assert_int_eq(count("ls ../once.db.spool | wc -l"), 0);
    run = TT_TASKTRAIL("upload", "--store", store, "--to", to, "--once");
    ck_assert_int_eq(run.status, 0);
    ck_assert_ptr_nonnull(strstr(run.err, "0 audit and 0 discrepancy rows in 0 batches"));
    tt_run_done(&run);
    ck_assert_int_eq(count(ROWS), 1000);
}
TT_END

TT_TEST(one_batch_is_told_in_the_singular_and_with_its_rows)
{
    set_up("one", 100);
    struct tt_run run = TT_TASKTRAIL("upload", "--store", store, "--to", to, "--once");
    ck_assert_msg(strstr(run.err, ": rows are uploaded (100): tt_") != NULL, "%s", run.err);
    ck_assert_msg(strstr(run.err, "discrepancy rows in 1 batch, ") != NULL, "%s", run.err);
    tt_run_done(&run);
}
TT_END

TT_TEST(an_uploader_that_is_killed_again_and_again_loses_and_doubles_nothing)
{
    enum { LOTS = 4000 };
    uint64_t seed = 20260301;
    printf("seed %llu\n", (unsigned long long)seed);
    set_up("kill", LOTS);
    const char *const words[] = {"upload", "--store",      store, "--to", to,
                                 "--once", "--batch-rows", "100", NULL};
    for (int kills = 0; kills < 6; kills++) {
        char log[40];
        snprintf(log, sizeof log, "kill-%d.log", kills);
        pid_t pid = tt_start_tasktrail(tt_tmpfile(log), NULL, words);
        long long wanted =
            count("ls task_status_audit | wc -l") + 1 + (long long)(tt_test_next(&seed) % 4);
        if (wanted > LOTS / 100)
            wanted = LOTS / 100;
        TT_EVENTUALLY(count("ls task_status_audit 2>/dev/null | wc -l") >= wanted);
        tt_finish(pid, SIGKILL);
        tt_test_sql(path, "UPDATE upload_destination SET lease_until = 0"); /* a minute later */
    }
    struct tt_run run = tt_tasktrail(NULL, NULL, words);
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
    ck_assert_int_eq(count(ROWS), LOTS);
    ck_assert_int_eq(count(DISTINCT_ROWS), LOTS);
    ck_assert_sql(path, "SELECT count(*) FROM upload_batch WHERE state <> 'done'", "0");
}
TT_END

TT_TEST(a_daemon_uploads_what_is_new_until_it_is_stopped)
{
    set_up("daemon", 100);
    const char *const words[] = {"upload", "--store", store, "--to", to, "--max-wait", "0s", NULL};
    pid_t pid = tt_start_tasktrail(tt_tmpfile("daemon.log"), NULL, words);
    TT_EVENTUALLY(count("cat task_status_audit/*.ndjson 2>/dev/null | wc -l") == 100);
    ck_assert_int_eq(tt_finish(pid, SIGTERM), 0);
    ck_assert(tt_file_says(tt_tmpfile("daemon.log"), "100 audit"));
    ck_assert_sql(path, "SELECT coalesce(holder, 'nobody') FROM upload_destination", "nobody");
}
TT_END

/* A batch as a crash before the first byte leaves it. */
#define FORGET "UPDATE upload_batch SET state = 'planned', handle = NULL WHERE table_name = "

TT_TEST(what_is_blocked_as_rules_have_changed_is_planned_anew_when_somebody_says_so)
{
    const char *lifecycle = tt_tmpfile("anew.json");
    const char text[] = "{\"initial\": [\"BEGUN\"], \"terminal\": [\"DONE\"],"
                        " \"transitions\": {\"BEGUN\": [\"LOST\"]}}";
    tt_write_file(lifecycle, text, strlen(text));
    set_up("anew", 100);
    const char *const with_rules[] = {"upload", "--store",     store,     "--to", to,
                                      "--once", "--lifecycle", lifecycle, NULL};
    struct tt_run run = TT_TASKTRAIL("upload", "--store", store, "--to", to, "--once");
    ck_assert_int_eq(run.status, 0);
    tt_run_done(&run);
    ck_assert_int_eq(count("rm task_status_audit/*.ndjson; echo 1"), 1);
    tt_test_sql(path, FORGET "'task_status_audit'");
    run = tt_tasktrail(NULL, NULL, with_rules);
    ck_assert_int_eq(run.status, 3);
    ck_assert_ptr_nonnull(strstr(run.err, "others than then"));
    ck_assert_ptr_nonnull(strstr(run.err, "--replan"));
    tt_run_done(&run);
    run =
        TT_TASKTRAIL("upload", "--store", store, "--to", to, "--replan", "--lifecycle", lifecycle);
    ck_assert_msg(run.status == 0, "%s", run.err);
    ck_assert_ptr_nonnull(strstr(run.err, "1 plans were made anew"));
    tt_run_done(&run);
    ck_assert_int_eq(count("cat task_status_audit/*.ndjson 2>/dev/null | wc -l"), 0);
    run = tt_tasktrail(NULL, NULL, with_rules);
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
    ck_assert_int_eq(count(ROWS), 100);
    ck_assert_int_eq(count(DISTINCT_ROWS), 100);
    ck_assert_int_eq(count("cat task_status_audit/*.ndjson | grep -c '\"violation\"'"), 100);
    ck_assert_int_gt(count("cat task_status_discrepancy/*.ndjson | wc -l"), 0);
}
TT_END

TT_TEST(a_plan_that_was_begun_is_not_planned_anew_and_it_is_said_why)
{
    const char *lifecycle = tt_tmpfile("begun.json");
    const char text[] = "{\"initial\": [\"NEW\"], \"terminal\": [\"DONE\"],"
                        " \"transitions\": {\"NEW\": [\"DONE\"]}}";
    tt_write_file(lifecycle, text, strlen(text));
    set_up("begun", 100);
    const char *const old[] = {"upload", "--store",     store,     "--to", to,
                               "--once", "--lifecycle", lifecycle, NULL};
    struct tt_run run = tt_tasktrail(NULL, NULL, old);
    ck_assert_int_eq(run.status, 0);
    tt_run_done(&run);
    ck_assert_int_gt(count("cat task_status_discrepancy/*.ndjson | wc -l"), 0);
    ck_assert_int_eq(count("rm task_status_discrepancy/*.ndjson; echo 1"), 1);
    tt_test_sql(path, FORGET "'task_status_discrepancy'");
    run = TT_TASKTRAIL("upload", "--store", store, "--to", to, "--once");
    ck_assert_int_eq(run.status, 3);
    tt_run_done(&run);
    run = TT_TASKTRAIL("upload", "--store", store, "--to", to, "--replan", "--once");
    ck_assert_int_eq(run.status, 3);
    ck_assert_ptr_nonnull(strstr(run.err, "stays as it is"));
    ck_assert_ptr_nonnull(strstr(run.err, "judged by the rules of then"));
    tt_run_done(&run);
    run = tt_tasktrail(NULL, NULL, old);
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
    ck_assert_int_eq(count(ROWS), 100);
}
TT_END

TT_TEST(rows_of_tasks_with_errors_are_held_and_released_by_name)
{
    const char *lifecycle = tt_tmpfile("held.json");
    const char text[] = "{\"initial\": [\"BEGUN\"], \"terminal\": [\"DONE\"],"
                        " \"transitions\": {\"BEGUN\": [\"DONE\"]}}";
    tt_write_file(lifecycle, text, strlen(text));
    set_up("held", 100);
    tt_test_sql(path, "UPDATE task_status_audit SET status = 'LOST' WHERE task_id = 'task-7'");
    struct tt_run run = TT_TASKTRAIL("upload", "--store", store, "--to", to, "--once",
                                     "--lifecycle", lifecycle, "--on-discrepancy", "hold");
    ck_assert_int_eq(run.status, 1);
    ck_assert_ptr_nonnull(strstr(run.err, "now held: 2"));
    tt_run_done(&run);
    ck_assert_int_eq(count(ROWS), 98);
    run = TT_TASKTRAIL("upload", "--store", store, "--to", to, "--release", "task-8");
    ck_assert_int_eq(run.status, 3);
    ck_assert_ptr_nonnull(strstr(run.err, "no rows of task task-8 are held"));
    tt_run_done(&run);
    run = TT_TASKTRAIL("upload", "--store", store, "--to", to, "--release", "task-7", "--once",
                       "--lifecycle", lifecycle, "--on-discrepancy", "hold");
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
    ck_assert_int_eq(count(ROWS), 100);
    ck_assert_int_eq(count(DISTINCT_ROWS), 100);
}
TT_END

TT_TEST(files_can_be_csv_and_excluded_types_are_in_none)
{
    const char *tenants = tt_tmpfile("tenants.json");
    const char text[] = "{\"tenants\": {\"*\": {\"exclude\": [\"SECRET\"]}}}";
    tt_write_file(tenants, text, strlen(text));
    set_up("csv", 100);
    struct tt_run run = TT_TASKTRAIL("upload", "--store", store, "--to", to, "--once", "--files",
                                     "csv", "--tenants", tenants);
    ck_assert_msg(run.status == 0, "%s", run.err);
    ck_assert_ptr_nonnull(strstr(run.err, "10 excluded"));
    tt_run_done(&run);
    ck_assert_int_eq(count("cat task_status_audit/*.csv | wc -l"), 91);
    ck_assert_int_eq(count("grep -c SECRET task_status_audit/*.csv"), 0);
    ck_assert_int_eq(count("head -1 task_status_audit/*.csv | grep -c '^row_uid,written_at,'"), 1);
}
TT_END

TT_TEST(what_is_wrong_is_said)
{
    set_up("wrong", 1);
    struct tt_run run = TT_TASKTRAIL("upload", "--store", "sqlite:/nowhere/x.db", "--to", to);
    ck_assert_int_eq(run.status, 3);
    ck_assert_ptr_nonnull(strstr(run.err, "/nowhere/x.db"));
    tt_run_done(&run);
    run = TT_TASKTRAIL("upload", "--store", store, "--to", "mars:x");
    ck_assert_int_eq(run.status, 2);
    ck_assert_ptr_nonnull(strstr(run.err, "--to: \"mars:x\" is not bigquery:PROJECT.DATASET or"));
    tt_run_done(&run);
    run = TT_TASKTRAIL("upload", "--store", store, "--to", to, "--via", "write", "--once");
    ck_assert_int_eq(run.status, 2);
    ck_assert_ptr_nonnull(strstr(run.err, "--via: write is a way to BigQuery"));
    tt_run_done(&run);
    run = TT_TASKTRAIL("upload", "--store", store, "--to", "file:/proc/none", "--once");
    ck_assert_int_eq(run.status, 3);
    tt_run_done(&run);
}
TT_END

TT_SUITE("upload", everything_is_uploaded_once_and_the_next_run_has_nothing_to_do,
         one_batch_is_told_in_the_singular_and_with_its_rows,
         an_uploader_that_is_killed_again_and_again_loses_and_doubles_nothing,
         a_daemon_uploads_what_is_new_until_it_is_stopped,
         what_is_blocked_as_rules_have_changed_is_planned_anew_when_somebody_says_so,
         a_plan_that_was_begun_is_not_planned_anew_and_it_is_said_why,
         rows_of_tasks_with_errors_are_held_and_released_by_name,
         files_can_be_csv_and_excluded_types_are_in_none, what_is_wrong_is_said)
