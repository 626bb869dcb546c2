/* Every folder of fixtures/check is one case: input.ndjson checked with the arguments in args gives
 * exactly expected.ndjson, and the summary of summary.json. tasktrail and the oracle are both held
 * to it, so that the cases themselves are checked by two readings of the rules. */
#include "tests/lib/program.h"

#include <check.h>
#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char CASES[] = TT_SOURCE_DIR "/fixtures/check";
enum { CASES_MAX = 1000, ARGS_MAX = 32 };

static char *names[CASES_MAX];
static int name_count;

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_cases(void)
{
    DIR *folder = opendir(CASES);
    struct dirent *entry;
    while (folder != NULL && (entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.' && entry->d_type == DT_DIR && name_count < CASES_MAX)
            names[name_count++] = strdup(entry->d_name);
    if (folder != NULL)
        closedir(folder);
    qsort(names, (size_t)name_count, sizeof *names, compare_names);
}

/* The first arguments, then those of the file args, then the input. */
static void run_case(const char *folder, const char *const *first,
                     struct tt_program_result *ret_result)
{
    const char *argv[ARGS_MAX + 2];
    size_t count = 0, bytes;
    char *args = tt_folder_read(folder, "args", &bytes), *rest = NULL;
    for (; first[count] != NULL; count++)
        argv[count] = first[count];
    for (char *arg = strtok_r(args, " \n", &rest); arg != NULL;
         arg = strtok_r(NULL, " \n", &rest)) {
        ck_assert_uint_lt(count, ARGS_MAX);
        argv[count++] = arg;
    }
    argv[count++] = "input.ndjson";
    argv[count] = NULL;
    tt_program_run(folder, argv, ret_result);
    free(args);
}

/* The records of an NDJSON text as an array. */
static json_t *parse_records(char *text)
{
    json_t *records = json_array();
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        ck_assert_int_eq(json_array_append_new(records, json_loads(line, 0, NULL)), 0);
    return records;
}

static void check_bytes(const char *name, const char *folder, const char *const *first)
{
    struct tt_program_result result;
    size_t bytes;
    char *expected = tt_folder_read(folder, "expected.ndjson", &bytes);
    run_case(folder, first, &result);
    ck_assert_msg(result.status == 0, "%s: exit status %d: %.1600s", name, result.status,
                  result.err);
    ck_assert_msg(result.out_bytes == bytes && memcmp(result.out, expected, bytes) == 0,
                  "%s: expected\n%.1600s\ngot\n%.1600s", name, expected, result.out);
    free(expected);
    tt_program_result_free(&result);
}

static void check_json(const char *name, const char *folder, const char *const *first)
{
    struct tt_program_result result;
    size_t bytes;
    char *records = tt_folder_read(folder, "expected.ndjson", &bytes);
    char *summary = tt_folder_read(folder, "summary.json", &bytes);
    json_t *expected = json_object();
    json_object_set_new(expected, "summary", json_loads(summary, 0, NULL));
    json_object_set_new(expected, "discrepancies", parse_records(records));
    run_case(folder, first, &result);
    json_t *got = json_loads(result.out, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_msg(result.status == 0 && got != NULL, "%s: exit status %d: %.1600s", name,
                  result.status, result.err);
    ck_assert_msg(json_equal(got, expected), "%s: expected summary\n%.1600s\ngot\n%.1600s", name,
                  summary, result.out);
    json_decref(got);
    json_decref(expected);
    free(summary);
    free(records);
    tt_program_result_free(&result);
}

static void folder_of(int case_number, char path[512])
{
    snprintf(path, 512, "%s/%s", CASES, names[case_number]);
}

START_TEST(case_gives_exactly_its_records)
{
    char folder[512];
    folder_of(_i, folder);
    check_bytes(names[_i], folder,
                (const char *const[]){TT_PROGRAM, "check", "--format", "ndjson", "--fail-on",
                                      "never", NULL});
}
END_TEST

START_TEST(case_gives_its_summary_as_json)
{
    char folder[512];
    folder_of(_i, folder);
    check_json(
        names[_i], folder,
        (const char *const[]){TT_PROGRAM, "check", "--format", "json", "--fail-on", "never", NULL});
}
END_TEST

START_TEST(oracle_agrees_with_the_case)
{
    char folder[512];
    folder_of(_i, folder);
    check_bytes(names[_i], folder, (const char *const[]){TT_ORACLE, "--format", "ndjson", NULL});
    check_json(names[_i], folder, (const char *const[]){TT_ORACLE, "--format", "json", NULL});
}
END_TEST

START_TEST(case_says_why)
{
    char folder[512];
    size_t bytes;
    folder_of(_i, folder);
    free(tt_folder_read(folder, "why.txt", &bytes));
    ck_assert_msg(bytes > 20, "%s: why.txt says nothing", names[_i]);
}
END_TEST

START_TEST(there_are_cases)
{
    ck_assert_int_ge(name_count, 100);
}
END_TEST

int main(void)
{
    list_cases();
    Suite *suite = suite_create("e2e/check_cases");
    TCase *group = tcase_create("cases");
    tcase_set_timeout(group, 120);
    tcase_add_test(group, there_are_cases);
    tcase_add_loop_test(group, case_gives_exactly_its_records, 0, name_count);
    tcase_add_loop_test(group, case_gives_its_summary_as_json, 0, name_count);
    tcase_add_loop_test(group, oracle_agrees_with_the_case, 0, name_count);
    tcase_add_loop_test(group, case_says_why, 0, name_count);
    suite_add_tcase(suite, group);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    for (int i = 0; i < name_count; i++)
        free(names[i]);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
