/* Files that `tasktrail check` cannot read, or not to their end, and very many of them: what was
 * read is reported, and says that it is not all. */
#include "tests/lib/process.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENT                                                                                      \
    "{\"task_id\":\"t\",\"status\":\"A\",\"event_time\":\"2026-03-01T00:00:00Z\",\"seq\":1}\n"

#define IN_FOLDER(...) tt_tasktrail(tt_tmpdir(), NULL, (const char *const[]){__VA_ARGS__, NULL})

static size_t times_in(const char *text, const char *word)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
        count++;
    return count;
}

static void make_good(void)
{
    tt_write_file(tt_tmpfile("good"), EVENT, strlen(EVENT));
}

TT_TEST(report_of_files_that_could_not_all_be_read_begins_with_that)
{
    make_good();
    struct tt_run run = IN_FOLDER("check", "gone", "good", "gone too");
    ck_assert_int_eq(run.status, 3);
    ck_assert_msg(strncmp(run.out,
                          "INCOMPLETE, not all could be read: gone: No such file or directory, and "
                          "1 more\nfile\nThe one task is clean",
                          100) == 0,
                  "%.300s", run.out);
    ck_assert_uint_eq(times_in(run.err, "gone: No such"), 1);
    ck_assert_uint_eq(times_in(run.err, "not all of the input could be read"), 1);
    tt_run_done(&run);
    run = IN_FOLDER("check", "--task", "t", "good", "gone");
    ck_assert_int_eq(run.status, 3);
    ck_assert(strncmp(run.out, "INCOMPLETE", 10) == 0);
    ck_assert_ptr_nonnull(strstr(run.out, "\nTASK t  clean"));
    tt_run_done(&run);
    run = IN_FOLDER("check", "--format", "html", "good", "<b>gone");
    ck_assert_int_eq(run.status, 3);
    ck_assert_ptr_nonnull(strstr(run.out, "<b>Incomplete</b>, not all could be read: "
                                          "&lt;b&gt;gone: No such file or directory"));
    tt_run_done(&run);
    run = IN_FOLDER("check", "good");
    ck_assert_int_eq(run.status, 0);
    ck_assert_ptr_null(strstr(run.out, "INCOMPLETE"));
    tt_run_done(&run);
}
TT_END

TT_TEST(json_of_files_that_could_not_all_be_read_says_so_in_its_summary)
{
    make_good();
    struct tt_run run = IN_FOLDER("check", "--format", "json", "good", "g\xff\x1b[31m\"one");
    ck_assert_int_eq(run.status, 3);
    ck_assert_msg(strstr(run.out, ",\"incomplete\":\"g??[31m\\\"one: No such file or directory\"},"
                                  "\n\"discrepancies\":[]}") != NULL,
                  "%s", run.out);
    tt_run_done(&run);
    run = IN_FOLDER("check", "--format", "json", "good");
    ck_assert_int_eq(run.status, 0);
    ck_assert_ptr_null(strstr(run.out, "incomplete"));
    tt_run_done(&run);
    run = IN_FOLDER("check", "good", "g\xff\x1b[31mone"); /* the commands to copy, too */
    ck_assert_ptr_null(strchr(run.out, '\x1b'));
    ck_assert_ptr_null(strchr(run.out, '\xff'));
    ck_assert_ptr_null(strchr(run.err, '\x1b'));
    tt_run_done(&run);
    run = IN_FOLDER("check", "--format", "html", "good", "g\xff\x1b[31mone");
    ck_assert_ptr_null(strchr(run.out, '\x1b'));
    ck_assert_ptr_null(strchr(run.out, '\xff'));
    tt_run_done(&run);
}
TT_END

TT_TEST(nothing_is_reported_where_reading_stopped_for_another_reason)
{
    make_good();
    struct tt_run run = IN_FOLDER("check", "--rejects", "no/such/folder/rejects", "good");
    ck_assert_int_eq(run.status, 3);
    ck_assert_str_eq(run.out, "");
    ck_assert_uint_eq(times_in(run.err, "\n"), 1);
    tt_run_done(&run);
}
TT_END

TT_TEST(what_is_written_never_takes_the_place_of_what_is_read_nor_of_the_other)
{
    static const char *const wrong[][5] = {
        {"check", "-o", "good", "./good", "--output: good is a file to be read"},
        {"check", "--rejects", "link", "good", "--rejects: link is a file to be read"},
        {"lifecycle", "infer", "-ogood", "good", "--output: good is a file to be read"},
        {"check", "-oout", "--rejects=out", "good", "--rejects: out takes what --output writes"},
        {"check", "-oout", "--rejects=./out", "good", "--rejects: ./out takes what --output"},
        {"check", "--rejects", "-", "good", "--rejects: stdout takes what --output writes"},
        {"emit", "--quiet", "--rejects=link", "good", "--rejects: link is a file to be read"},
        {"report", "--merge", "-ogood", "good", "--output: good is a file to be read"},
        {"report", "-ogood", "--store=sqlite:link", NULL, "--output: good is a file to be read"},
        {"replay", "-ogood", "--store=sqlite:good", "t", "--output: good is a file to be read"},
        {"report", "--part=good", "--store=sqlite:good", "--shard=1/2", "--part: good is a file"},
        {"check", "--lifecycle=good", "--rejects=link", "-", "--rejects: link is a file to be"},
        {"check", "--tenants=good", "-ogood", "-", "--output: good is a file to be read"},
        {"lifecycle", "show", "-ogood", "good", "--output: good is a file to be read"},
    };
    make_good();
    char command[400];
    snprintf(command, sizeof command, "ln %s/good %s/link", tt_tmpdir(), tt_tmpdir());
    ck_assert_int_eq(system(command), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct tt_run run = IN_FOLDER(wrong[i][0], wrong[i][1], wrong[i][2], wrong[i][3]);
        ck_assert_msg(run.status == 2 && strstr(run.err, wrong[i][4]) != NULL, "%zu: %d %s", i,
                      run.status, run.err);
        ck_assert_str_eq(run.out, "");
        tt_run_done(&run);
    }
    char *still = tt_read_file(tt_tmpfile("good"), NULL);
    ck_assert_str_eq(still, EVENT);
    free(still);
    struct tt_run run = IN_FOLDER("check", "-o", "/dev/null", "--rejects", "/dev/null", "good");
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
    run = IN_FOLDER("lifecycle", "infer", "-o", "infer", "good"); /* no file of that name is read */
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
    run = IN_FOLDER("check", "-o", "out", "--rejects", "-", "good"); /* rejects alone on stdout */
    ck_assert_msg(run.status == 0, "%s", run.err);
    tt_run_done(&run);
}
TT_END

TT_TEST(files_may_be_more_than_a_process_may_have_open)
{
    const char *words[] = {
        "sh", "-c",
        "i=0; while [ $i -lt 400 ]; do cp good many.$i; i=$((i+1)); done; "
        "ulimit -n 256 && exec \"$0\" check --format json --threads 2 --fail-on never many.*",
        TT_PROGRAM, NULL};
    make_good();
    char command[600];
    snprintf(command, sizeof command, "cd %s && { %s; }", tt_tmpdir(), words[2]);
    words[2] = command;
    const char *log = tt_tmpfile("log");
    ck_assert_int_eq(tt_finish(tt_start(words, log, NULL), 0), 0);
    ck_assert(tt_file_says(log, "\"events\":400,\"rejected\":0,"));
}
TT_END

/* More than --memory holds, so that it goes to a temporary file. */
static void make_many(void)
{
    enum { EVENTS = 40000, LINE_BYTES = 160 };
    char *text = malloc((size_t)EVENTS * LINE_BYTES);
    size_t len = 0;
    ck_assert_ptr_nonnull(text);
    for (int i = 0; i < EVENTS; i++)
        len +=
            (size_t)snprintf(text + len, LINE_BYTES,
                             "{\"task_id\":\"t%d\",\"status\":\"A\",\"event_time\":%d,"
                             "\"event_id\":\"an id that cannot be written in fewer bytes %d\"}\n",
                             i % 100, i, i);
    tt_write_file(tt_tmpfile("many"), text, len);
    free(text);
}

TT_TEST(temporary_file_over_the_limit_of_file_sizes_is_told_like_a_full_disk)
{
    make_many();
    char command[600];
    snprintf(command, sizeof command,
             "cd %s && ulimit -f 200 && exec \"$0\" check --memory 1M --temp-dir . many",
             tt_tmpdir());
    const char *log = tt_tmpfile("log");
    ck_assert_int_eq(
        tt_finish(tt_start((const char *const[]){"sh", "-c", command, TT_PROGRAM, NULL}, log, NULL),
                  0),
        3);
    ck_assert(tt_file_says(log, "temporary file in .: File too large"));
}
TT_END

TT_TEST(lines_of_nothing_but_blanks_and_returns_are_no_rejects)
{
    static const char text[] = "\r\r\n \t\r\n" EVENT "\r\r\n";
    struct tt_run run =
        tt_tasktrail(NULL, text, (const char *const[]){"check", "--format", "json", "-", NULL});
    ck_assert_int_eq(run.status, 0);
    ck_assert_ptr_nonnull(strstr(run.out, "\"events\":1,\"rejected\":0,"));
    tt_run_done(&run);
}
TT_END

TT_SUITE("e2e/check_files", report_of_files_that_could_not_all_be_read_begins_with_that,
         json_of_files_that_could_not_all_be_read_says_so_in_its_summary,
         nothing_is_reported_where_reading_stopped_for_another_reason,
         what_is_written_never_takes_the_place_of_what_is_read_nor_of_the_other,
         files_may_be_more_than_a_process_may_have_open,
         temporary_file_over_the_limit_of_file_sizes_is_told_like_a_full_disk,
         lines_of_nothing_but_blanks_and_returns_are_no_rejects)
