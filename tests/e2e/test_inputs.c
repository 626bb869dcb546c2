/* The input formats through the program: fixtures/inputs holds one history in four of them, and
 * fixtures/osdu messages with all that is odd about them. */
#include "tests/lib/process.h"
#include "tests/lib/redis_server.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUTS    TT_SOURCE_DIR "/fixtures/inputs/"
#define OSDU      TT_SOURCE_DIR "/fixtures/osdu/"
#define LIFECYCLE INPUTS "jobs.lifecycle.json"
#define MAP       "task_id=Job,status=State,event_time=At,source=Runner,seq=Step,message=Note"

static void expect(struct tt_run run, int status, const char *said)
{
    ck_assert_msg(run.status == status, "status %d, expected %d: %s", run.status, status, run.err);
    ck_assert_msg(strstr(run.err, said) != NULL, "\"%s\" is not in \"%s\"", said, run.err);
    tt_run_done(&run);
}

/* Takes the event ids out: some formats have them, some not. */
static void forget_ids(char *records)
{
    static const char key[] = "\"event_id\":";
    char *to = records;
    for (const char *at = records; *at != '\0';) {
        if (strncmp(at, key, sizeof key - 1) == 0)
            at += strcspn(at, ",") + 1;
        else
            *to++ = *at++;
    }
    *to = '\0';
}

TT_TEST(one_history_in_four_formats_is_one_report)
{
    static const struct {
        const char *format, *map, *file, *reject;
    } rows[] = {
        {"native", NULL, INPUTS "jobs.ndjson", "jobs.ndjson:10: rejected: event_time: \"soon\""},
        {"csv", MAP, INPUTS "jobs.csv", "jobs.csv:12: rejected: event_time (column At): \"soon\""},
        {"cloudevents", NULL, INPUTS "jobs.cloudevents.json",
         "jobs.cloudevents.json:6: rejected: element 4: time: \"soon\""},
        {"log", NULL, INPUTS "jobs.log", "jobs.log:11: rejected: event_time: \"soon\""},
    };
    char *expected = tt_read_file(INPUTS "expected.ndjson", NULL);
    ck_assert_ptr_nonnull(expected);
    for (size_t i = 0; i < 4; i++) {
        const char *words[16] = {"check",   "--format", "ndjson",       "--lifecycle",
                                 LIFECYCLE, "--input",  rows[i].format, rows[i].file};
        if (rows[i].map != NULL) {
            words[8] = "--map";
            words[9] = rows[i].map;
        }
        struct tt_run run = tt_tasktrail(NULL, NULL, words);
        forget_ids(run.out);
        ck_assert_msg(strcmp(run.out, expected) == 0, "%s: %s", rows[i].format, run.out);
        expect(run, 1, rows[i].reject);
    }
    free(expected);
}
TT_END

TT_TEST(osdu_messages_are_told_apart_by_record_and_stage)
{
    char *expected = tt_read_file(OSDU "expected.ndjson", NULL);
    struct tt_run run =
        TT_TASKTRAIL("check", "--format", "ndjson", "--input", "osdu", "--lifecycle",
                     TT_SOURCE_DIR "/fixtures/lifecycles/osdu.json", OSDU "status.json");
    ck_assert_str_eq(run.out, expected);
    expect(run, 1, "status.json:44: rejected: element 3: timestamp: missing");
    run = TT_TASKTRAIL("check", "--format", "json", "--input", "osdu", OSDU "status.json");
    ck_assert_ptr_nonnull(strstr(run.out, "\"events\":13,\"rejected\":1,\"tasks\":6"));
    tt_run_done(&run);
    run = TT_TASKTRAIL("check", "--input", "osdu", "--task",
                       "7be0c1f2-04d1-4c52-8f6a-d1b0a4a4d9e3/DATASET_SYNC", OSDU "status.json");
    ck_assert_ptr_nonnull(strstr(run.out, "IN_PROGRESS  FAILED"));
    tt_run_done(&run);
    free(expected);
}
TT_END

TT_TEST(a_map_is_said_in_pieces_in_the_environment_or_in_a_file)
{
    struct tt_run run =
        TT_TASKTRAIL("check", "--format", "json", "--input", "csv", "--map", "task_id=Job",
                     "--map=status=State,event_time=At", INPUTS "jobs.csv");
    ck_assert_ptr_nonnull(strstr(run.out, "\"events\":9,\"rejected\":1,\"tasks\":3"));
    tt_run_done(&run);
    char *config = strdup(tt_tmpfile("config.json"));
    static const char text[] = "{\"input\":\"csv\",\"map\":\"" MAP "\"}";
    tt_write_file(config, text, sizeof text - 1);
    run = TT_TASKTRAIL("check", "--format", "json", "--config", config, INPUTS "jobs.csv");
    ck_assert_ptr_nonnull(strstr(run.out, "\"events\":9,\"rejected\":1,\"tasks\":3"));
    tt_run_done(&run);
    setenv("TASKTRAIL_MAP", MAP, 1);
    run = TT_TASKTRAIL("check", "--format", "json", "--input", "csv", INPUTS "jobs.csv");
    ck_assert_ptr_nonnull(strstr(run.out, "\"events\":9,\"rejected\":1,\"tasks\":3"));
    tt_run_done(&run);
    expect(TT_TASKTRAIL("check", INPUTS "jobs.ndjson"), 1, "jobs.ndjson:10");
    unsetenv("TASKTRAIL_MAP");
    free(config);
}
TT_END

TT_TEST(a_header_or_map_that_does_not_fit_ends_with_2_and_the_place)
{
    expect(TT_TASKTRAIL("check", "--input", "csv", INPUTS "jobs.csv"), 2,
           "jobs.csv:1: no column for task_id, status, event_time (--map task_id=COLUMN names it); "
           "there are \"Job\", \"State\", \"At\", \"Runner\", \"Step\", \"Note\"");
    expect(TT_TASKTRAIL("check", "--input", "csv", "--map", "task_id=job", INPUTS "jobs.csv"), 2,
           "jobs.csv:1: --map task_id=job: there is no such column; there are \"Job\"");
    expect(TT_TASKTRAIL("check", "--input", "csv", "--delimiter", ";", INPUTS "jobs.csv"), 2,
           "jobs.csv:1: the header is one column, \"Job,State,At,Runner,Step,Note\"; --delimiter "
           "',' may be what is missing");
    expect(TT_TASKTRAIL("check", "--input", "csv", "--map", "job=Job", INPUTS "jobs.csv"), 2,
           "\"job\" is no field");
    expect(TT_TASKTRAIL("check", "--map", MAP, INPUTS "jobs.csv"), 2,
           "--map is for --input csv, not for --input native");
    expect(TT_TASKTRAIL("check", "--input", "osdu", "--delimiter", ";", INPUTS "jobs.csv"), 2,
           "--delimiter is for --input csv, not for --input osdu");
    expect(tt_tasktrail(NULL, "\nid\n1\n",
                        (const char *const[]){"check", "--input", "csv", "-", NULL}),
           2, "stdin:2: no column for");
}
TT_END

TT_TEST(files_have_headers_of_their_own_and_may_be_compressed)
{
    char *first = strdup(tt_tmpfile("a.csv")), *second = strdup(tt_tmpfile("b.csv.gz")),
         command[800];
    static const char text[] = "\xef\xbb\xbftask_id,status,event_time\n\"t\",\"A\n,5";
    tt_write_file(first, text, sizeof text - 1);
    snprintf(command, sizeof command,
             "printf 'event_time,status,task_id\\n6,B,t\\n7,C,t\\n' | gzip > %s", second);
    const char *words[] = {"sh", "-c", command, NULL};
    ck_assert_int_eq(tt_finish(tt_start(words, tt_tmpfile("log"), NULL), 0), 0);
    struct tt_run run =
        TT_TASKTRAIL("check", "--format", "json", "--input", "csv", second, first, second);
    ck_assert_ptr_nonnull(strstr(run.out, "\"events\":4,\"rejected\":2"));
    ck_assert_ptr_nonnull(strstr(run.err, "a.csv:3: rejected: expected 3 cells"));
    expect(run, 0, "a.csv:2: rejected: a quote is not closed");
    free(first);
    free(second);
}
TT_END

TT_TEST(a_line_that_is_too_long_ends_the_record_it_is_in)
{
    char text[400];
    int used = snprintf(text, sizeof text, "task_id,status,event_time\nt,\"A\n\n");
    memset(text + used, 'x', 100);
    snprintf(text + used + 100, sizeof text - (size_t)used - 100, "\n\",5\nt,B,6\n");
    struct tt_run run =
        tt_tasktrail(NULL, text,
                     (const char *const[]){"check", "--input", "csv", "--format", "json",
                                           "--max-line", "64", "--log-format", "text", "-", NULL});
    ck_assert_ptr_nonnull(strstr(run.out, "\"events\":1,\"rejected\":3"));
    ck_assert_ptr_nonnull(strstr(run.err, "stdin:2: rejected: a quote is not closed"));
    ck_assert_ptr_nonnull(strstr(run.err, "stdin:4: rejected: longer than 64 bytes"));
    expect(run, 0, "stdin:5: rejected: a quote is not closed");
}
TT_END

TT_TEST(emit_reads_every_format_and_keeps_its_rejects)
{
    struct tt_redis_server redis;
    char *rejects = strdup(tt_tmpfile("rejects.ndjson"));
    tt_redis_server_start(&redis, "inputs");
    struct tt_run run = TT_TASKTRAIL("emit", "--redis", redis.url, "--input", "cloudevents",
                                     "--rejects", rejects, INPUTS "jobs.cloudevents.json");
    expect(run, 0, "9 events on the queue, 1 line rejected");
    char *kept = tt_read_file(rejects, NULL);
    ck_assert_ptr_nonnull(
        strstr(kept, "jobs.cloudevents.json\",\"line\":6,\"reason\":\"element 4: "));
    ck_assert_ptr_nonnull(
        strstr(kept, "\"text\":\"{\\\"specversion\\\":\\\"1.0\\\",\\\"id\\\":\\\"e10"));
    free(kept);
    expect(TT_TASKTRAIL("emit", "--redis", redis.url, "--input", "osdu", OSDU "status.json"), 0,
           "13 events on the queue, 1 line rejected");
    expect(TT_TASKTRAIL("emit", "--redis", redis.url, "--input", "log", INPUTS "jobs.log"), 0,
           "9 events on the queue, 1 line rejected");
    expect(TT_TASKTRAIL("emit", "--redis", redis.url, "--input", "csv", "--map", MAP,
                        INPUTS "jobs.csv"),
           0, "9 events on the queue, 1 line rejected");
    expect(TT_TASKTRAIL("emit", "--redis", redis.url, "--input", "csv", INPUTS "jobs.csv"), 2,
           "jobs.csv:1: no column for task_id");
    expect(tt_tasktrail(
               NULL, "task_id,status,event_time\nt,\"A,5\nu,B,6\n",
               (const char *const[]){"emit", "--redis", redis.url, "--input", "csv", "-", NULL}),
           0, "stdin:2: rejected: a quote is not closed");
    expect(TT_TASKTRAIL("emit", "--redis", redis.url, INPUTS "jobs.csv"), 0, "named by --input: ");
    tt_redis_server_stop(&redis, SIGTERM);
    free(rejects);
}
TT_END

static struct tt_run check_text(const char *input, const char *format, const char *other)
{
    return tt_tasktrail(NULL, input,
                        (const char *const[]){"check", "--input", format, other, "-", NULL});
}

TT_TEST(lines_of_another_format_lead_to_the_option_that_names_it)
{
    static const char csv[] = "task_id,status,event_time\nt,A,5\n", named[] = "named by --input: ";
    expect(check_text(csv, "native", "--strict"), 3, named);
    expect(check_text(csv, "native", "--quiet"), 0, named);
    struct tt_run run = check_text("{\"task_id\":\"t\",\"status\":\"A\",\"event_time\":5}\n{\n",
                                   "native", "--quiet");
    ck_assert_msg(strstr(run.err, "1: rejected") != NULL || strstr(run.err, "2: rejected") != NULL,
                  "%s", run.err);
    ck_assert_msg(strstr(run.err, named) == NULL, "%s", run.err);
    tt_run_done(&run);
    run = check_text("task_id,status,event_time\nt,A,soon\n", "csv", "--quiet");
    ck_assert_msg(strstr(run.err, named) == NULL, "%s", run.err);
    tt_run_done(&run);
}
TT_END

TT_TEST(times_in_seconds_or_milliseconds_are_told_of)
{
    static const struct {
        const char *times[2];
        bool told;
    } rows[] = {{{"1772366400", "1772366405"}, true},
                {{"1772366400000", "1772366405000"}, true},
                {{"1772366400000000", "1772366405000000"}, false},
                {{"1772366400", "1772366405000000"}, false},
                {{"1", "2"}, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[200];
        snprintf(text, sizeof text, "task_id,status,event_time\nt,A,%s\nt,B,%s\n", rows[i].times[0],
                 rows[i].times[1]);
        struct tt_run run = check_text(text, "csv", "--quiet");
        ck_assert_int_eq(run.status, 0);
        ck_assert_msg((strstr(run.err, "an integer is microseconds") != NULL) == rows[i].told,
                      "%s: %s", text, run.err);
        tt_run_done(&run);
    }
}
TT_END

TT_TEST(a_task_that_only_another_tenant_may_have_leads_to_the_option_that_names_it)
{
    static const char event[] =
        "{\"tenant\":\"acme\",\"task_id\":\"t\",\"status\":\"A\",\"event_time\":5}\n";
    const char *words[] = {"check", "--task", "t", "-", NULL, NULL, NULL};
    expect(tt_tasktrail(NULL, event, words), 3, "of tenant default in stdin; --tenant names");
    words[4] = "--tenant";
    words[5] = "acme";
    struct tt_run run = tt_tasktrail(NULL, event, words);
    ck_assert_int_eq(run.status, 0);
    tt_run_done(&run);
    words[5] = "ajax";
    run = tt_tasktrail(NULL, event, words);
    ck_assert_msg(run.status == 3 && strstr(run.err, "--tenant") == NULL, "%s", run.err);
    tt_run_done(&run);
}
TT_END

TT_SUITE("inputs", one_history_in_four_formats_is_one_report,
         osdu_messages_are_told_apart_by_record_and_stage,
         a_map_is_said_in_pieces_in_the_environment_or_in_a_file,
         a_header_or_map_that_does_not_fit_ends_with_2_and_the_place,
         files_have_headers_of_their_own_and_may_be_compressed,
         a_line_that_is_too_long_ends_the_record_it_is_in,
         emit_reads_every_format_and_keeps_its_rejects,
         lines_of_another_format_lead_to_the_option_that_names_it,
         times_in_seconds_or_milliseconds_are_told_of,
         a_task_that_only_another_tenant_may_have_leads_to_the_option_that_names_it)
