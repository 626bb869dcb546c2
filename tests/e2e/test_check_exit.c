/* Exit statuses and limits of `tasktrail check`, and inputs too big to keep in the tree. */
#include "tests/lib/program.h"
#include "tests/lib/suite.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIXTURES TT_SOURCE_DIR "/fixtures/check/"

/* Runs check in the folder with up to ten arguments; gives the exit status. */
static int status_of(const char *folder, const char *const *args, char **ret_out)
{
    const char *argv[16] = {TT_PROGRAM, "check", "--format", "ndjson"};
    struct tt_program_result result;
    size_t count = 4;
    for (size_t i = 0; args[i] != NULL && count < 15; i++)
        argv[count++] = args[i];
    tt_program_run(folder, argv, &result);
    if (result.status >= 2)
        ck_assert_msg(result.err[0] != '\0', "exit status %d without a word", result.status);
    if (ret_out != NULL) {
        *ret_out = result.out;
        result.out = NULL;
    }
    int status = result.status;
    tt_program_result_free(&result);
    return status;
}

#define STATUS(folder, ...) status_of(folder, (const char *const[]){__VA_ARGS__, NULL}, NULL)

TT_TEST(exit_status_says_whether_something_as_bad_as_fail_on_was_found)
{
    static const struct {
        const char *folder, *worst;
        int by_level[4]; /* error, warning, info, never */
    } rows[] = {
        {FIXTURES "in-order", "nothing", {0, 0, 0, 0}},
        {FIXTURES "all-equal-times", "info", {0, 0, 1, 0}},
        {FIXTURES "skipped", "warning", {0, 1, 1, 0}},
        {FIXTURES "after-terminal", "error", {1, 1, 1, 0}},
    };
    static const char *const levels[] = {"error", "warning", "info", "never"};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        for (size_t l = 0; l < 4; l++)
            ck_assert_msg(STATUS(rows[r].folder, "--lifecycle", "lifecycle.json", "--fail-on",
                                 levels[l], "input.ndjson") == rows[r].by_level[l],
                          "%s found, --fail-on %s", rows[r].worst, levels[l]);
        ck_assert_int_eq(STATUS(rows[r].folder, "--lifecycle", "lifecycle.json", "input.ndjson"),
                         rows[r].by_level[0]);
    }
}
TT_END

TT_TEST(exit_status_is_2_where_the_command_line_is_wrong)
{
    const char *folder = FIXTURES "in-order";
    ck_assert_int_eq(STATUS(folder, "--no-such-flag", "input.ndjson"), 2);
    ck_assert_int_eq(STATUS(folder, "--ties", "random", "input.ndjson"), 2);
    ck_assert_int_eq(STATUS(folder, "--fail-on", "fatal", "input.ndjson"), 2);
    ck_assert_int_eq(STATUS(folder, "--now", "noon", "input.ndjson"), 2);
    ck_assert_int_eq(STATUS(folder, "--max-future", "60", "input.ndjson"), 2);
    ck_assert_int_eq(STATUS(folder, "--threads", "none", "input.ndjson"), 2);
    ck_assert_int_eq(STATUS(folder, "--format", "ndjson"), 2); /* no file */
    ck_assert_int_eq(STATUS(folder, "--lifecycle", "input.ndjson", "input.ndjson"), 2);
}
TT_END

TT_TEST(exit_status_is_3_where_a_file_is_not_there)
{
    ck_assert_int_eq(STATUS(FIXTURES "in-order", "no-such-file.ndjson"), 3);
    ck_assert_int_eq(STATUS(FIXTURES "in-order", "input.ndjson", "no-such-file.ndjson"), 3);
}
TT_END

TT_TEST(rejects_are_trouble_only_with_strict)
{
    const char *folder = FIXTURES "bad-times";
    ck_assert_int_eq(STATUS(folder, "input.ndjson"), 0);
    ck_assert_int_eq(STATUS(folder, "--strict", "input.ndjson"), 3);
    ck_assert_int_eq(STATUS(folder, "--strict", "--fail-on", "never", "input.ndjson"), 3);
    ck_assert_int_eq(STATUS(FIXTURES "in-order", "--strict", "input.ndjson"), 0);
}
TT_END

TT_TEST(rejects_file_holds_one_line_for_each_reject)
{
    char folder[TT_FOLDER_MAX], path[TT_FOLDER_MAX + 32];
    size_t bytes, lines = 0;
    tt_folder_make(folder);
    snprintf(path, sizeof path, "%s/rejects.ndjson", folder);
    ck_assert_int_eq(STATUS(FIXTURES "rejects", "--rejects", path, "input.ndjson"), 0);
    char *text = tt_folder_read(folder, "rejects.ndjson", &bytes), *rest = text;
    for (char *end; (end = strchr(rest, '\n')) != NULL; rest = end + 1, lines++) {
        json_t *line = json_loadb(rest, (size_t)(end - rest), 0, NULL);
        ck_assert_msg(json_is_object(line), "not an object: %.*s", (int)(end - rest), rest);
        json_decref(line);
    }
    ck_assert_uint_eq(lines, 22);
    free(text);
    tt_folder_remove(folder);
}
TT_END

/* One event in a line of exactly that many bytes. */
static char *long_line(const char *id, size_t bytes)
{
    char *line = malloc(bytes + 1);
    int head = snprintf(line, bytes,
                        "{\"task_id\":\"t\",\"event_id\":\"%s\",\"status\":\"A\","
                        "\"event_time\":1,\"message\":\"",
                        id);
    memset(line + head, 'm', bytes - (size_t)head);
    memcpy(line + bytes - 2, "\"}", 3);
    return line;
}

TT_TEST(line_of_one_mebibyte_is_accepted_and_one_byte_more_is_not)
{
    char folder[TT_FOLDER_MAX];
    char *just = long_line("x", 1 << 20), *over = long_line("x", (1 << 20) + 1);
    tt_folder_make(folder);
    tt_file_write(folder, "just", just, 1 << 20);
    tt_file_write(folder, "over", over, (1 << 20) + 1);
    ck_assert_int_eq(STATUS(folder, "--strict", "just"), 0);
    ck_assert_int_eq(STATUS(folder, "--strict", "over"), 3);
    just = realloc(just, (1 << 20) + 3);
    memcpy(just + (1 << 20), "\r\n", 3);
    tt_file_write(folder, "crlf", just, (1 << 20) + 2);
    ck_assert_int_eq(STATUS(folder, "--strict", "crlf"), 0);
    free(just);
    free(over);
    tt_folder_remove(folder);
}
TT_END

static const char PROGRESS[] =
    "{\"initial\":[\"A\"],\"terminal\":[],\"transitions\":{\"A\":[\"B\"],\"B\":[\"A\",\"B\"]}}";
enum { EVENTS = 100000, BLOCK = 10, DAY_S = 86400 };

static void print_time(FILE *file, int second)
{
    fprintf(file, "2026-01-%02dT%02d:%02d:%02d.000000Z", 1 + second / DAY_S, second / 3600 % 24,
            second / 60 % 60, second % 60);
}

static void print_event(FILE *file, int second, const char *status)
{
    fprintf(file, "{\"task_id\":\"t\",\"event_id\":\"%s%d\",\"status\":\"%s\",\"event_time\":\"",
            status, second, status);
    print_time(file, second);
    fprintf(file, "\",\"source\":\"s\"");
}

/* Runs check over "input" in several ways; each must give exactly the bytes of "expected". */
static void expect_output(const char *folder)
{
    static const char *const ways[][3] = {
        {"--threads", "1", NULL}, {"--threads", "3", NULL}, {"--memory", "1M", NULL}};
    size_t bytes;
    char *expected = tt_folder_read(folder, "expected", &bytes), *out;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        int status =
            status_of(folder,
                      (const char *const[]){"--lifecycle", "lifecycle", "--fail-on", "never",
                                            ways[i][0], ways[i][1], "input", NULL},
                      &out);
        ck_assert_int_eq(status, 0);
        ck_assert_msg(strcmp(out, expected) == 0, "%s %s: not the records that were expected",
                      ways[i][0], ways[i][1]);
        free(out);
    }
    free(expected);
}

static FILE *create(const char *folder, const char *name)
{
    char path[TT_FOLDER_MAX + 32];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    return file;
}

/* In blocks of ten, the first event of each arrives last: 9 s late, overtaken by nine. */
TT_TEST(task_of_a_hundred_thousand_events_gives_exactly_its_late_ones)
{
    char folder[TT_FOLDER_MAX];
    tt_folder_make(folder);
    FILE *input = create(folder, "input"), *expected = create(folder, "expected");
    tt_file_write(folder, "lifecycle", PROGRESS, strlen(PROGRESS));
    for (int i = 0; i < EVENTS; i++) {
        int second = i % BLOCK == BLOCK - 1 ? i - (BLOCK - 1) : i + 1;
        const char *status = second == 0 ? "A" : "B";
        print_event(input, second, status);
        fprintf(input, ",\"seq\":%d}\n", second);
        if (i % BLOCK != BLOCK - 1)
            continue;
        fprintf(expected,
                "{\"kind\":\"late_arrival\",\"severity\":\"warning\",\"tenant\":\"default\","
                "\"task_id\":\"t\",\"event_id\":\"%s%d\",\"arrival\":%d,\"status\":\"%s\","
                "\"event_time\":\"",
                status, second, i + 1, status);
        print_time(expected, second);
        fprintf(expected, "\",\"lateness_us\":9000000,\"overtaken_by\":9,\"behind_arrival\":%d}\n",
                i);
    }
    fclose(input);
    fclose(expected);
    expect_output(folder);
    tt_folder_remove(folder);
}
TT_END

/* Every second has a tie of B and A that only the order A, B makes legal: fifty thousand free
 * groups, each turned round because of its neighbours. */
TT_TEST(fifty_thousand_ties_in_a_row_are_ordered_by_the_lifecycle)
{
    char folder[TT_FOLDER_MAX];
    static const char zigzag[] = "{\"initial\":[\"A\"],\"terminal\":[],\"transitions\":"
                                 "{\"A\":[\"B\"],\"B\":[\"A\"]}}";
    tt_folder_make(folder);
    FILE *input = create(folder, "input"), *expected = create(folder, "expected");
    tt_file_write(folder, "lifecycle", zigzag, strlen(zigzag));
    for (int second = 0; second < EVENTS / 2; second++) {
        print_event(input, second, "B");
        fprintf(input, "}\n");
        print_event(input, second, "A");
        fprintf(input, "}\n");
        fprintf(expected,
                "{\"kind\":\"ambiguous_order\",\"severity\":\"info\",\"tenant\":\"default\","
                "\"task_id\":\"t\",\"event_id\":\"B%d\",\"arrival\":%d,\"status\":\"B\","
                "\"event_time\":\"",
                second, 2 * second + 1);
        print_time(expected, second);
        fprintf(expected, "\",\"arrivals\":[%d,%d],\"resolved_by\":\"lifecycle\"}\n",
                2 * second + 1, 2 * second + 2);
        if (second != EVENTS / 2 - 1)
            continue;
        /* the timeline ends with the B of the last second, the arrival with its A */
        fprintf(expected,
                "{\"kind\":\"lost_update\",\"severity\":\"error\",\"tenant\":\"default\","
                "\"task_id\":\"t\",\"event_id\":\"B%d\",\"arrival\":%d,\"status\":\"B\","
                "\"event_time\":\"",
                second, 2 * second + 1);
        print_time(expected, second);
        fprintf(expected, "\",\"arrival_final_status\":\"A\",\"arrival_final_arrival\":%d}\n",
                2 * second + 2);
    }
    fclose(input);
    fclose(expected);
    expect_output(folder);
    tt_folder_remove(folder);
}
TT_END

/* One tie of a hundred thousand: too many for the lifecycle, so arrival stands. */
TT_TEST(tie_of_a_hundred_thousand_is_one_record)
{
    char folder[TT_FOLDER_MAX];
    tt_folder_make(folder);
    FILE *input = create(folder, "input"), *expected = create(folder, "expected");
    tt_file_write(folder, "lifecycle", PROGRESS, strlen(PROGRESS));
    fprintf(expected, "{\"kind\":\"ambiguous_order\",\"severity\":\"info\",\"tenant\":\"default\","
                      "\"task_id\":\"t\",\"event_id\":\"0\",\"arrival\":1,\"status\":\"A\","
                      "\"event_time\":\"1970-01-01T00:00:00.000007Z\",\"arrivals\":[");
    for (int i = 0; i < EVENTS; i++) {
        fprintf(input,
                "{\"task_id\":\"t\",\"event_id\":\"%d\",\"status\":\"%s\",\"event_time\":7}\n", i,
                i == 0 ? "A" : "B");
        fprintf(expected, "%s%d", i == 0 ? "" : ",", i + 1);
    }
    fprintf(expected, "],\"resolved_by\":\"arrival\"}\n");
    fclose(input);
    fclose(expected);
    expect_output(folder);
    tt_folder_remove(folder);
}
TT_END

TT_SUITE_LIMIT("e2e/check_exit", 300,
               exit_status_says_whether_something_as_bad_as_fail_on_was_found,
               exit_status_is_2_where_the_command_line_is_wrong,
               exit_status_is_3_where_a_file_is_not_there, rejects_are_trouble_only_with_strict,
               rejects_file_holds_one_line_for_each_reject,
               line_of_one_mebibyte_is_accepted_and_one_byte_more_is_not,
               task_of_a_hundred_thousand_events_gives_exactly_its_late_ones,
               fifty_thousand_ties_in_a_row_are_ordered_by_the_lifecycle,
               tie_of_a_hundred_thousand_is_one_record)
