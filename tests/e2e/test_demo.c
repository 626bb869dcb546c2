/* The demo as a person runs it: on a log of dpkg's, ending well, ending at Ctrl-C, leaving nothing
 * behind. */
#include "tests/lib/process.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <dirent.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG       TT_SOURCE_DIR "/fixtures/dpkg/dpkg.log"
#define LIFECYCLE TT_SOURCE_DIR "/fixtures/lifecycles/dpkg.json"

/* Folders the demo works in that are still there. */
static int left_behind(void)
{
    DIR *dir = opendir(tt_tmpdir());
    struct dirent *entry;
    int left = 0;
    while ((entry = readdir(dir)) != NULL)
        left += strncmp(entry->d_name, "tasktrail-demo-", 15) == 0;
    closedir(dir);
    return left;
}

TT_TEST(the_demo_goes_from_a_log_to_a_report_and_leaves_nothing_running)
{
    char *results = strdup(tt_tmpfile("results")), path[400];
    setenv("TMPDIR", tt_tmpdir(), 1);
    struct tt_run run =
        TT_TASKTRAIL("demo", "--zone", "UTC", "--lifecycle", LIFECYCLE, "-o", results, LOG);
    ck_assert_msg(run.status == 0, "%s%s", run.out, run.err);
    ck_assert_ptr_nonnull(strstr(run.out, "What was found"));
    ck_assert_ptr_nonnull(strstr(run.out, "TASK "));
    ck_assert_ptr_nonnull(strstr(run.out, "Results in"));
    ck_assert_ptr_nonnull(strstr(run.out, "task_status_audit/ and task_status_discrepancy/"));
    ck_assert_ptr_nonnull(strstr(run.out, "The database is removed; --keep keeps it"));
    tt_run_done(&run);
    static const char *const files[] = {"report.html", "task_status_audit",
                                        "task_status_audit.schema.json", "task_status_discrepancy",
                                        "task_status_discrepancy.schema.json"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", results, files[i]);
        ck_assert_msg(access(path, R_OK) == 0, "%s is missing", path);
    }
    ck_assert_int_eq(left_behind(), 0);
    free(results);
}
TT_END

/* The first command of "Next", up to the end of its line; the caller frees. */
static char *next_command(const char *out)
{
    const char *next = strstr(out, "\nNext\n");
    ck_assert_ptr_nonnull(next);
    const char *command = strstr(next, "tasktrail replay ");
    ck_assert_ptr_nonnull(command);
    return strndup(command, strcspn(command, "\n"));
}

TT_TEST(what_the_demo_names_as_next_works_with_keep_and_without_it_it_says_so)
{
    char *results = strdup(tt_tmpfile("results"));
    setenv("TMPDIR", tt_tmpdir(), 1);
    struct tt_run run = TT_TASKTRAIL("demo", "--zone", "UTC", "-o", results, LOG);
    const char *note = strstr(run.out, "(This database is removed at the end.");
    ck_assert(note != NULL && note > strstr(run.out, "\nNext\n"));
    tt_run_done(&run);
    run = TT_TASKTRAIL("demo", "--zone", "UTC", "-o", results, "--keep", LOG);
    ck_assert_ptr_null(strstr(run.out, "This database is removed"));
    ck_assert_ptr_nonnull(strstr(run.out, "Kept for looking around: "));
    char *command = next_command(run.out), whole[1200];
    snprintf(whole, sizeof whole, "PATH=\"%s:$PATH\" %s >/dev/null", dirname(strdupa(TT_PROGRAM)),
             command);
    ck_assert_int_le(WEXITSTATUS(system(whole)), 1);
    tt_run_done(&run);
    free(command);
    free(results);
}
TT_END

TT_TEST(headings_are_counted_without_a_gap_where_no_task_is_to_be_shown)
{
    char *results = strdup(tt_tmpfile("results")), *log = strdup(tt_tmpfile("rejects.log"));
    setenv("TMPDIR", tt_tmpdir(), 1);
    tt_write_file(log, "no line of dpkg's\n", 18);
    struct tt_run run =
        TT_TASKTRAIL("demo", "--zone", "UTC", "--lifecycle", LIFECYCLE, "-o", results, log);
    ck_assert_msg(run.status == 0, "%.1500s%.1500s", run.out, run.err);
    ck_assert_ptr_nonnull(strstr(run.out, "== 3. Every task"));
    ck_assert_ptr_nonnull(strstr(run.out, "== 4. The same report as a page"));
    ck_assert_ptr_null(strstr(run.out, "== 5."));
    tt_run_done(&run);
    free(results);
    free(log);
}
TT_END

TT_TEST(ctrl_c_ends_the_demo_and_its_redis)
{
    char *results = strdup(tt_tmpfile("results")), *log = strdup(tt_tmpfile("demo.log"));
    setenv("TMPDIR", tt_tmpdir(), 1);
    const char *words[] = {"demo", "--zone", "UTC", "--lifecycle", LIFECYCLE,
                           "-o",   results,  LOG,   NULL};
    pid_t demo = tt_start_tasktrail(log, NULL, words);
    char *said = NULL;
    TT_EVENTUALLY((free(said), said = tt_read_file(log, NULL)) != NULL &&
                  strstr(said, "== 1.") != NULL);
    int status = tt_finish(demo, SIGINT);
    ck_assert_msg(status == 130 || status == 0, "status %d",
                  status); /* it may just have been done */
    ck_assert_int_eq(left_behind(), 0);
    free(said);
    free(results);
    free(log);
}
TT_END

TT_SUITE("demo", the_demo_goes_from_a_log_to_a_report_and_leaves_nothing_running,
         what_the_demo_names_as_next_works_with_keep_and_without_it_it_says_so,
         headings_are_counted_without_a_gap_where_no_task_is_to_be_shown,
         ctrl_c_ends_the_demo_and_its_redis)
