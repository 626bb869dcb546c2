/* What a person reads in a terminal: the report, one task, explanations. */
#include "tests/lib/process.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIXTURES TT_SOURCE_DIR "/fixtures/"
#define DPKG     FIXTURES "dpkg/dpkg.log"
#define STATES   FIXTURES "lifecycles/dpkg.json"

static void has(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "\"%s\" is not in:\n%s", part, text);
}

/* Every line in 80 columns, but for command lines (indented by four) and names of files. */
static void fits(const char *text)
{
    for (const char *line = text; *line != '\0';) {
        size_t len = strcspn(line, "\n"), columns = 0;
        for (size_t i = 0; i < len; i++)
            columns += ((unsigned char)line[i] & 0xc0) != 0x80;
        bool command = strncmp(line, "    tasktrail ", 14) == 0;
        bool file = strncmp(line, "  checked ", 10) == 0;
        ck_assert_msg(columns <= 80 || command || file, "%zu columns: %.*s", columns, (int)len,
                      line);
        ck_assert_msg(len == 0 || line[len - 1] != ' ', "a space at the end of: %.*s", (int)len,
                      line);
        line += len + (line[len] == '\n');
    }
}

TT_TEST(a_report_has_every_part_in_eighty_columns)
{
    struct tt_run run =
        TT_TASKTRAIL("check", "--input", "dpkg", "--zone", "UTC", "--lifecycle", STATES, DPKG);
    ck_assert_int_eq(run.status, 1);
    fits(run.out);
    has(run.out, "1 of 14 tasks is not clean: 1 error, 3 warnings, 34 info in 94 events.\n");
    has(run.out, "  from      2026-03-01T09:00:00.000000Z  (event time)\n");
    has(run.out, "  legal in arrival order                       14                        0\n");
    has(run.out,
        "  reordered               1     7.1 %  legal by event time; arrived out of order\n");
    has(run.out, "        1  error    lost_update           keeping the status that arrived last\n"
                 "                                          would keep the wrong one\n");
    has(run.out, "   < 10 min            2  ####");
    has(run.out,
        "    a watermark must wait, in event time          10 m        10 m        10 m\n");
    has(run.out,
        "  clean  9 tasks, for example libcurl4:amd64\n    ambiguous_order\n    both orders ");
    has(run.out, "\nNot judged\n  What a store kept of these events: none was compared.\n");
    has(run.out, "    tasktrail check --lifecycle " STATES
                 " --input dpkg --zone UTC --task sqlite3:amd64 " DPKG "\n");
    has(run.out, "    tasktrail explain lost_update\n");
    has(run.out, " --input dpkg --zone UTC --format ndjson " DPKG "\n");
    tt_run_done(&run);
}
TT_END

/* A late event with everything known about it. */
static const char late[] =
    "{\"task_id\":\"8 "
    "123\",\"event_id\":\"a\",\"status\":\"CREATED\",\"event_time\":\"2026-03-01T10:"
    "00:00Z\",\"received_at\":\"2026-03-01T10:00:00.2Z\",\"source\":\"api\",\"seq\":1}\n"
    "{\"task_id\":\"8 "
    "123\",\"event_id\":\"c\",\"status\":\"DONE\",\"event_time\":\"2026-03-01T10:00:"
    "05Z\",\"received_at\":\"2026-03-01T10:00:05.2Z\",\"source\":\"w7\",\"seq\":4}\n"
    "{\"task_id\":\"8 "
    "123\",\"event_id\":\"b\",\"status\":\"RUNNING\",\"event_time\":\"2026-03-01T10:"
    "00:02.1Z\",\"received_at\":\"2026-03-01T10:00:09.4Z\",\"source\":\"w7\",\"seq\":3}\n"
    "{\"task_id\":\"8 "
    "123\",\"event_id\":\"b\",\"status\":\"RUNNING\",\"event_time\":\"2026-03-01T10:"
    "00:02.1Z\",\"received_at\":\"2026-03-01T10:00:09.4Z\",\"source\":\"w7\",\"seq\":3}\n";
static const char steps[] = "{\"initial\":[\"CREATED\"],\"terminal\":[\"DONE\"],\"transitions\":{"
                            "\"CREATED\":[\"RUNNING\"],\"RUNNING\":[\"DONE\"]}}";

TT_TEST(one_task_is_two_lanes_a_chain_of_words_and_every_raw_time)
{
    const char *file = tt_tmpfile("steps.json");
    tt_write_file(file, steps, strlen(steps));
    struct tt_run run = tt_tasktrail(
        NULL, late,
        (const char *const[]){"check", "--lifecycle", file, "--task", "8 123", "-", NULL});
    fits(run.out);
    static const char expected[] =
        "TASK 8 123  reordered\n"
        "\n"
        "  last by arrival      RUNNING  event time 2026-03-01T10:00:02.100000Z\n"
        "  replayed             DONE  event time 2026-03-01T10:00:05.000000Z\n"
        "\n"
        "  arrival     CREATED           DONE  RUNNING*  RUNNING=\n"
        "              |        v--------|-----+\n"
        "  event time  CREATED  RUNNING  DONE\n"
        "\n"
        "  * late    ! step not allowed    = copy    ~ equal times    ..9.. nine more\n"
        "\n"
        "  Let      E2 = DONE, event time 2026-03-01T10:00:05.000000Z, arrived 2nd, from\n"
        "           w7.\n"
        "  Let      E3 = RUNNING, event time 2026-03-01T10:00:02.100000Z, arrived 3rd,\n"
        "           from w7.\n"
        "  Then     E3 happened before E2, because its event time is 2.9 s earlier and\n"
        "           its sequence number 3 is below 4.\n"
        "  However  E2 arrived first.\n"
        "  Why      E3 was received 7.3 s after its event time, E2 200 ms after. A buffer\n"
        "           that holds each event for 4.2 s would have put this right.\n"
        "  So       whoever keeps what arrived last shows RUNNING, although by event time\n"
        "           the task is DONE since 2026-03-01T10:00:05.000000Z.\n"
        "  So       its steps are not allowed as they arrived; by event time all are.\n"
        "  Copy     E4 RUNNING is a copy of E3 and is left out.\n"
        "\n"
        "  arrival  time  event time                   status\n"
        "      E1     1  2026-03-01T10:00:00.000000Z  CREATED\n"
        "              received 2026-03-01T10:00:00.200000Z, source api, seq 1, id a\n"
        "      E2     3  2026-03-01T10:00:05.000000Z  DONE\n"
        "              received 2026-03-01T10:00:05.200000Z, source w7, seq 4, id c\n"
        "      E3     2  2026-03-01T10:00:02.100000Z  RUNNING  <- late\n"
        "              received 2026-03-01T10:00:09.400000Z, source w7, seq 3, id b\n"
        "      E4     -  2026-03-01T10:00:02.100000Z  RUNNING  <- copy\n"
        "              received 2026-03-01T10:00:09.400000Z, source w7, seq 3, id b\n";
    ck_assert_msg(strcmp(run.out, expected) == 0, "%s", run.out);
    tt_run_done(&run);
}
TT_END

TT_TEST(the_line_across_is_where_it_belongs_and_missing_judgement_is_told)
{
    struct tt_run run =
        tt_tasktrail(NULL, late, (const char *const[]){"check", "--task", "8 123", "-", NULL});
    has(run.out, "  Note     no lifecycle was given: no step was judged.\n");
    ck_assert_ptr_null(strstr(run.out, "its steps are not allowed"));
    tt_run_done(&run);
    run = tt_tasktrail(NULL, late, (const char *const[]){"check", "-", NULL});
    fits(run.out);
    has(run.out, "  No lifecycle was given: every step counts as legal.\n");
    has(run.out, "    arrival     CREATED           DONE  RUNNING*  RUNNING=\n"
                 "                |        v--------|-----+\n"
                 "    event time  CREATED  RUNNING  DONE\n");
    has(run.out,
        "    a buffer must hold each, after receipt       4.2 s       4.2 s       4.2 s\n");
    has(run.out, "    tasktrail check --task '8 123' -\n");
    tt_run_done(&run);
}
TT_END

TT_TEST(letters_are_explained_where_they_stand_for_lines)
{
    static const char meaning[] = "  a: the same event in both orders    +9 nine more at the end\n";
    struct tt_run long_one = TT_TASKTRAIL("check", "--input", "dpkg", "--zone", "UTC",
                                          "--lifecycle", FIXTURES "lifecycles/dpkg.json", "--task",
                                          "sqlite3:amd64", FIXTURES "dpkg/dpkg.log");
    has(long_one.out, "a:unpacked*");
    has(long_one.out, "half-installed~  ..3..  installed"); /* tied to one of the three */
    has(long_one.out, meaning);
    fits(long_one.out);
    tt_run_done(&long_one);
    struct tt_run short_one = TT_TASKTRAIL("check", FIXTURES "check/all-equal-times/input.ndjson");
    has(short_one.out, "nine more");
    ck_assert_ptr_null(strstr(short_one.out, meaning));
    tt_run_done(&short_one);
}
TT_END

TT_TEST(a_step_that_is_not_allowed_is_marked)
{
    struct tt_run run = tt_tasktrail(
        FIXTURES "check/after-terminal", NULL,
        (const char *const[]){"check", "--lifecycle", "lifecycle.json", "input.ndjson", NULL});
    ck_assert_int_eq(run.status, 1);
    has(run.out, "    both orders RECEIVED  REFUSED  CHECKING!\n");
    tt_run_done(&run);
}
TT_END

/* Two thousand stories of violations, and one task that was only late. */
TT_TEST(something_of_each_verdict_is_shown_however_many_are_worse)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    for (int i = 0; i < 4000; i++) /* an id that was given twice, each time with a new status */
        fprintf(out,
                "{\"event_id\":\"e%d\",\"task_id\":\"t%d\",\"status\":\"S%d\",\"event_time\":5}\n",
                i / 2, i / 2, i);
    fputs("{\"event_id\":\"1\",\"task_id\":\"late one\",\"status\":\"B\",\"event_time\":2}\n"
          "{\"event_id\":\"2\",\"task_id\":\"late one\",\"status\":\"A\",\"event_time\":1}\n",
          out);
    fclose(out);
    struct tt_run run = tt_tasktrail(NULL, text, (const char *const[]){"check", "-", NULL});
    has(run.out, "\n  violation  1 task: t0\n    conflicting_duplicate\n");
    has(run.out, "\n  reordered  1 task: late one\n    late_arrival, lost_update\n    arrival ");
    has(run.out, "\n  ... and 1,993 more stories of 1,993 tasks.\n");
    tt_run_done(&run);
    free(text);
}
TT_END

/* The words of every task of the folder that has a discrepancy, line breaks undone; checked for
 * their width. Owned. */
static char *words_of(const char *folder, const char *now)
{
    const char *list[] = {
        "check",  "--lifecycle",  "lifecycle.json",     "--fail-on", "never", "--format",
        "ndjson", "input.ndjson", now ? "--now" : NULL, now,         NULL};
    struct tt_run run = tt_tasktrail(folder, NULL, list);
    char *flat = calloc(1 << 20, 1), last[200] = "";
    size_t len = 0;
    for (const char *line = run.out; *line != '\0'; line += strcspn(line, "\n") + 1) {
        json_t *record = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
        const char *task = json_string_value(json_object_get(record, "task_id")),
                   *tenant = json_string_value(json_object_get(record, "tenant"));
        if (strcmp(task, last) != 0) {
            const char *one[] = {"check",
                                 "--lifecycle",
                                 "lifecycle.json",
                                 "--fail-on",
                                 "never",
                                 "--task",
                                 task,
                                 "--tenant",
                                 tenant,
                                 "input.ndjson",
                                 now ? "--now" : NULL,
                                 now,
                                 NULL};
            struct tt_run shown = tt_tasktrail(folder, NULL, one);
            ck_assert_int_eq(shown.status, 0);
            fits(shown.out);
            for (const char *at = shown.out; *at != '\0'; at++) {
                bool gap = *at == ' ' || *at == '\n';
                if (!gap || (len > 0 && flat[len - 1] != ' '))
                    flat[len++] = gap ? ' ' : *at;
            }
            tt_run_done(&shown);
        }
        snprintf(last, sizeof last, "%s", task);
        json_decref(record);
    }
    tt_run_done(&run);
    return flat;
}

TT_TEST(every_kind_is_told_in_words)
{
    static const struct {
        const char *folder, *now, *words;
    } rows[] = {
        {"after-terminal", NULL, "a status follows one that should have been the last."},
        {"illegal-and-repeated", NULL, "next to each other by event time: the same status"},
        {"missing-initial", NULL, "is the first by event time: "},
        {"skipped", NULL, ": missing is "},
        {"clock-suspect", NULL, "the arrival order makes sense, the timestamps do not"},
        {"all-equal-times", NULL, "have the same time, "},
        {"duplicate-and-conflict", NULL, "has the identity of "},
        {"seq-gap-and-disorder", NULL, "before this one)"},
        {"future-and-hold", NULL, " ahead)"},
        {"stuck", "2030-01-01T00:00:00Z", ", at most "},
        {"unknown-status", NULL, "a status the lifecycle does not know."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char folder[400];
        snprintf(folder, sizeof folder, FIXTURES "check/%s", rows[i].folder);
        char *words = words_of(folder, rows[i].now);
        has(words, rows[i].words);
        free(words);
    }
}
TT_END

TT_TEST(every_kind_is_explained_with_an_example_and_advice)
{
    struct tt_run run = TT_TASKTRAIL("explain");
    fits(run.out);
    for (const char *line = run.out; *line != '\0';) {
        char kind[64];
        size_t len = strcspn(line, "\n");
        if (*line != ' ') {
            ck_assert_int_eq(sscanf(line, "%63s", kind), 1);
            struct tt_run one = TT_TASKTRAIL("explain", kind);
            ck_assert_int_eq(one.status, 0);
            fits(one.out);
            has(one.out, "\nReported when\n");
            has(one.out, "\nExample\n");
            has(one.out, "\nWhat to do\n");
            tt_run_done(&one);
        }
        line += len + (line[len] == '\n');
    }
    tt_run_done(&run);
}
TT_END

TT_SUITE("e2e/text", a_report_has_every_part_in_eighty_columns,
         one_task_is_two_lanes_a_chain_of_words_and_every_raw_time,
         the_line_across_is_where_it_belongs_and_missing_judgement_is_told,
         letters_are_explained_where_they_stand_for_lines, a_step_that_is_not_allowed_is_marked,
         something_of_each_verdict_is_shown_however_many_are_worse, every_kind_is_told_in_words,
         every_kind_is_explained_with_an_example_and_advice)
