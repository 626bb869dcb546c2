/* What a dry run tells, and that it changes nothing. */
#include "tests/e2e/upload_scene.h"
#include "tests/lib/process.h"
#include "tests/lib/suite.h"
#include <signal.h>
#include <string.h>
#include <unistd.h>

TT_TEST(a_dry_run_tells_rows_and_bytes_and_leaves_nothing)
{
    set_up("dry", 500);
    struct tt_run run = TT_TASKTRAIL("upload", "--store", store, "--to", to, "--dry-run");
    ck_assert_msg(run.status == 0, "%s", run.err);
    ck_assert_ptr_nonnull(strstr(run.out, "task_status_audit: 500 rows, "));
    ck_assert_ptr_nonnull(strstr(run.out, "\n1 batch of the store, "));
    tt_run_done(&run);
    ck_assert_msg(access(dir, F_OK) != 0, "%s was made", dir);
    ck_assert_sql(path, "SELECT count(*) FROM upload_plan", "0");
}
TT_END

TT_TEST(a_dry_run_knows_what_was_uploaded_to_a_folder_that_is_gone)
{
    set_up("gone", 100);
    struct tt_run run = TT_TASKTRAIL("upload", "--store", store, "--to", to, "--once");
    ck_assert_int_eq(run.status, 0);
    tt_run_done(&run);
    ck_assert_int_eq(count("rm -r ../gone; echo 1"), 1);
    snprintf(to, sizeof to, "file:%s/", dir);
    run = TT_TASKTRAIL("upload", "--store", store, "--to", to, "--dry-run");
    ck_assert_msg(strstr(run.out, "task_status_audit: 0 rows, ") != NULL, "%s%s", run.out, run.err);
    tt_run_done(&run);
    run = TT_TASKTRAIL("upload", "--store", store, "--to", "file:/no/such", "--dry-run");
    ck_assert_int_eq(run.status, 3);
    ck_assert_msg(strstr(run.err, "/no/such: ") != NULL, "%s", run.err);
    tt_run_done(&run);
}
TT_END

static void refused(const char *what, const char *flag, const char *value, const char *said)
{
    struct tt_run run = TT_TASKTRAIL("upload", "--store", store, "--to", to, what, flag, value);
    ck_assert_msg(run.status == 2 && strstr(run.err, said) != NULL, "%s", run.err);
    tt_run_done(&run);
}

TT_TEST(a_dry_run_takes_no_flag_that_would_change_something)
{
    const char *config = tt_tmpfile("other.json"), text[] = "{\"replan\":true, \"init\":true}";
    const char no[] = " does not go with --dry-run, which changes nothing";
    set_up("refused", 100);
    refused("--dry-run", "--release", "all", no);
    refused("--dry-run", "--init", NULL, no);
    refused("--dry-run", "--replan", NULL, no);
    refused("--dry-run", "--verify", NULL, no);
    refused("--verify", "--release", "all", "--release does not go with --verify, which compares");
    refused("--init", "--once", NULL, "--once does not go with --init, which makes tables");
    tt_write_file(config, text, strlen(text)); /* meant for another run: it is not done in this */
    struct tt_run run =
        TT_TASKTRAIL("upload", "--store", store, "--to", to, "--dry-run", "--config", config);
    ck_assert_msg(run.status == 0 && run.err[0] == '\0', "%s", run.err);
    ck_assert_ptr_nonnull(strstr(run.out, "task_status_audit: 100 rows, "));
    tt_run_done(&run);
    ck_assert_msg(access(dir, F_OK) != 0, "%s was made", dir);
}
TT_END

TT_TEST(a_dry_run_tells_what_each_way_costs_by_the_price_file)
{
    const char *prices = tt_tmpfile("prices.json");
    set_up("prices", 1000);
    struct tt_run run = TT_TASKTRAIL("upload", "--store", store, "--to", to, "--dry-run");
    ck_assert_msg(run.status == 0, "%s", run.err);
    ck_assert_ptr_nonnull(strstr(run.out, "cost by load: 0 USD, 0 a message\n"));
    const char *counted = strstr(run.out, " bytes as lines, ");
    ck_assert_ptr_nonnull(counted);
    double bytes = strtod(counted + strlen(" bytes as lines, "), NULL);
    const char *wrote = strstr(run.out, "cost by write: ");
    ck_assert_ptr_nonnull(wrote);
    double cost = strtod(wrote + strlen("cost by write: "), NULL);
    ck_assert_double_eq_tol(cost, bytes / 1073741824 * 0.025, cost * 0.001);
    tt_run_done(&run);
    tt_write_file(prices, "{", 1);
    run = TT_TASKTRAIL("upload", "--store", store, "--to", to, "--dry-run", "--prices", prices);
    ck_assert_int_eq(run.status, 2);
    tt_run_done(&run);
}
TT_END

TT_TEST(a_dry_run_that_is_interrupted_says_that_it_is_a_part)
{
    enum { LOTS = 20000 };
    set_up("part", LOTS);
    const char *const words[] = {"upload",    "--store",      store, "--to", to,
                                 "--dry-run", "--batch-rows", "1",   NULL};
    pid_t pid = tt_start_tasktrail(tt_tmpfile("part.log"), NULL, words);
    TT_EVENTUALLY(access(tt_tmpfile("part.db.spool"), R_OK) == 0);
    ck_assert_int_eq(tt_finish(pid, SIGINT), 3);
    ck_assert(tt_file_says(tt_tmpfile("part.log"), "interrupted: counted up to row "));
    ck_assert(tt_file_says(tt_tmpfile("part.log"), " of 20000 of the store"));
    ck_assert(tt_file_says(tt_tmpfile("part.log"), "asked to stop before everything was counted"));
}
TT_END

TT_TEST(a_dry_run_counts_rows_that_are_released_once)
{
    const char *lifecycle = tt_tmpfile("dry-held.json");
    const char text[] = "{\"initial\": [\"BEGUN\"], \"terminal\": [\"DONE\"],"
                        " \"transitions\": {\"BEGUN\": [\"DONE\"]}}";
    tt_write_file(lifecycle, text, strlen(text));
    set_up("dry-held", 100);
    tt_test_sql(path, "UPDATE task_status_audit SET status = 'LOST' WHERE task_id = 'task-7'");
    const char *const hold[] = {
        "upload",  "--store",          store,  "--to", to, "--once", "--lifecycle",
        lifecycle, "--on-discrepancy", "hold", NULL};
    const char *const dry[] = {
        "upload",  "--store",          store,  "--to",         to,  "--dry-run", "--lifecycle",
        lifecycle, "--on-discrepancy", "hold", "--batch-rows", "1", NULL};
    struct tt_run run = tt_tasktrail(NULL, NULL, hold);
    ck_assert_int_eq(run.status, 1);
    tt_run_done(&run);
    run = TT_TASKTRAIL("upload", "--store", store, "--to", to, "--release", "task-7");
    ck_assert_int_eq(run.status, 0);
    tt_run_done(&run);
    run = tt_tasktrail(NULL, NULL, dry); /* nothing new */
    ck_assert_ptr_nonnull(strstr(run.out, "task_status_audit: 2 rows, "));
    tt_run_done(&run);
    struct tt_store port = tt_test_store_open(path);
    for (int i = 0; i < 4; i++) {
        const struct tt_event event = tt_test_event("BEGUN", 1772366400000000 + i);
        const struct tt_audit_row row = tt_test_row(&event, 200 + i, 0);
        tt_test_write_row(&port, &row);
    }
    tt_sqlite_store_done(&port);
    run = tt_tasktrail(NULL, NULL, dry);
    ck_assert_msg(strstr(run.out, "0 held, 2 released") != NULL, "%s%s", run.out, run.err);
    tt_run_done(&run);
}
TT_END

TT_SUITE("upload_dry", a_dry_run_tells_rows_and_bytes_and_leaves_nothing,
         a_dry_run_knows_what_was_uploaded_to_a_folder_that_is_gone,
         a_dry_run_takes_no_flag_that_would_change_something,
         a_dry_run_tells_what_each_way_costs_by_the_price_file,
         a_dry_run_that_is_interrupted_says_that_it_is_a_part,
         a_dry_run_counts_rows_that_are_released_once)
