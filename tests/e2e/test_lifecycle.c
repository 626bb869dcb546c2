/* tasktrail lifecycle infer and show, through the program. */
#include "tests/lib/process.h"
#include "tests/lib/suite.h"
#include "tests/lib/tmpdir.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* label: threads */

#define ODD "in \"quotes\" & spaces, größer \\\\"

/* Events on their way into a file. */
struct story {
    char *text;
    size_t len;
    FILE *out;
    int tasks;
};

static void story_begin(struct story *story)
{
    *story = (struct story){0};
    story->out = open_memstream(&story->text, &story->len);
}

/* One event, second `at` of its task. */
static void tell(struct story *story, const char *type, const char *status, int at)
{
    json_t *event =
        json_pack("{s:o, s:s, s:I, s:s?}", "task_id", json_sprintf("task %06d", story->tasks),
                  "status", status, "event_time", (json_int_t)at * 1000000, "task_type", type);
    if (type == NULL)
        json_object_del(event, "task_type");
    char *line = json_dumps(event, JSON_COMPACT);
    fprintf(story->out, "%s\n", line);
    free(line);
    json_decref(event);
}

/* `count` tasks with these statuses (NULL ends), a second apart. */
static void tell_tasks(struct story *story, int count, const char *type, ...)
{
    for (int i = 0; i < count; i++) {
        va_list statuses;
        va_start(statuses, type);
        int at = 1;
        for (const char *s = va_arg(statuses, const char *); s != NULL;
             s = va_arg(statuses, const char *))
            tell(story, type, s, at++);
        va_end(statuses);
        story->tasks++;
    }
}

static const char *story_end(struct story *story, const char *name)
{
    fclose(story->out);
    tt_write_file(tt_tmpfile(name), story->text, story->len);
    free(story->text);
    return tt_tmpfile(name);
}

static json_t *object(const char *text)
{
    json_error_t error;
    json_t *json = json_loads(text, 0, &error);
    ck_assert_msg(json != NULL, "%s: %s", error.text, text);
    return json;
}

/* The lifecycle of a type in what infer wrote; borrowed. */
static json_t *of_type(json_t *file, const char *type)
{
    size_t i;
    json_t *lifecycle;
    json_array_foreach(json_object_get(file, "lifecycles"), i, lifecycle)
    {
        json_t *types = json_object_get(lifecycle, "task_types");
        if (strcmp(json_string_value(json_array_get(types, 0)), type) == 0)
            return lifecycle;
    }
    ck_abort_msg("no lifecycle for %s", type);
}

static void expect(json_t *value, const char *text)
{
    char *found = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    ck_assert_str_eq(found, text);
    free(found);
}

/* A history in which everything is as it should be, with two types and tasks of none. */
static const char *clean_history(void)
{
    struct story story;
    story_begin(&story);
    tell_tasks(&story, 300, "job", "CREATED", "RUNNING", "SUCCEEDED", NULL);
    tell_tasks(&story, 20, "job", "CREATED", "RUNNING", "FAILED", "RUNNING", "SUCCEEDED", NULL);
    tell_tasks(&story, 3, "job", "CREATED", "CANCELLED", NULL);
    tell_tasks(&story, 40, "Übung \"1\"", "new", ODD, "done", NULL);
    tell_tasks(&story, 5, NULL, "x", "y", NULL);
    return story_end(&story, "clean.ndjson");
}

TT_TEST(checking_what_taught_against_what_was_inferred_finds_nothing)
{
    const char *history = clean_history(), *file = tt_tmpfile("lifecycle.json");
    struct tt_run run = TT_TASKTRAIL("lifecycle", "infer", "-o", file, history);
    ck_assert_msg(run.status == 0, "%s", run.err);
    ck_assert_str_eq(run.out, "");
    tt_run_done(&run);
    run = TT_TASKTRAIL("check", "--lifecycle", file, "--fail-on", "info", "--format", "json",
                       history);
    ck_assert_int_eq(run.status, 0);
    json_t *report = object(run.out), *summary = json_object_get(report, "summary");
    expect(json_object_get(summary, "kinds"), "{}");
    expect(json_object_get(json_object_get(summary, "verdicts"), "clean"), "368");
    json_decref(report);
    tt_run_done(&run);
}
TT_END

TT_TEST(each_type_gets_its_lifecycle_and_merged_makes_one_for_all)
{
    const char *history = clean_history();
    struct tt_run run = TT_TASKTRAIL("lifecycle", "infer", "-q", history);
    ck_assert_int_eq(run.status, 0);
    ck_assert_str_eq(run.err, "");
    json_t *file = object(run.out), *job = of_type(file, "job");
    ck_assert_uint_eq(json_array_size(json_object_get(file, "lifecycles")), 3);
    expect(json_object_get(job, "initial"), "[\"CREATED\"]");
    expect(json_object_get(job, "terminal"), "[\"CANCELLED\",\"SUCCEEDED\"]");
    expect(json_object_get(job, "transitions"),
           "{\"CREATED\":[\"RUNNING\",\"CANCELLED\"],\"RUNNING\":[\"SUCCEEDED\",\"FAILED\"],"
           "\"FAILED\":[\"RUNNING\"]}");
    expect(json_object_get(of_type(file, "Übung \"1\""), "initial"), "[\"new\"]");
    expect(json_object_get(of_type(file, "*"), "terminal"), "[\"y\"]");
    json_decref(file);
    tt_run_done(&run);

    run = TT_TASKTRAIL("lifecycle", "infer", "--types", "merged", history);
    ck_assert_int_eq(run.status, 0);
    file = object(run.out);
    ck_assert_uint_eq(json_array_size(json_object_get(file, "lifecycles")), 1);
    expect(json_object_get(of_type(file, "*"), "initial"), "[\"CREATED\",\"new\",\"x\"]");
    json_decref(file);
    tt_run_done(&run);
}
TT_END

TT_TEST(a_rare_step_is_left_out_and_becomes_a_question)
{
    struct story story;
    story_begin(&story);
    tell_tasks(&story, 500, NULL, "CREATED", "RUNNING", "SUCCEEDED", NULL);
    tell_tasks(&story, 2, NULL, "CREATED", "RUNNING", "CREATED", "RUNNING", "SUCCEEDED", NULL);
    const char *history = story_end(&story, "rare.ndjson");
    struct tt_run run = TT_TASKTRAIL("lifecycle", "infer", history);
    const char *question = "RUNNING -> CREATED: 2 of 504 stays (0.4 %), e.g. task task 000500: is "
                           "that allowed?";
    ck_assert_ptr_nonnull(strstr(run.err, question));
    ck_assert_ptr_nonnull(strstr(run.err, "learned from 502 tasks of 1,510 events; none was left"));
    json_t *file = object(run.out), *lifecycle = of_type(file, "*");
    expect(json_object_get(lifecycle, "transitions"),
           "{\"CREATED\":[\"RUNNING\"],\"RUNNING\":[\"SUCCEEDED\"]}");
    json_t *questions = json_object_get(json_object_get(lifecycle, "note"), "questions");
    ck_assert_uint_eq(json_array_size(questions), 1);
    ck_assert_str_eq(json_string_value(json_array_get(questions, 0)), question);
    json_decref(file);
    tt_run_done(&run);

    run = TT_TASKTRAIL("lifecycle", "infer", "--min-share", "0.25%", history);
    file = object(run.out);
    expect(json_object_get(json_object_get(of_type(file, "*"), "transitions"), "RUNNING"),
           "[\"SUCCEEDED\",\"CREATED\"]");
    json_decref(file);
    tt_run_done(&run);
}
TT_END

TT_TEST(tasks_whose_order_is_in_doubt_do_not_teach)
{
    struct story story;
    story_begin(&story);
    tell_tasks(&story, 3, NULL, "A", "B", NULL);
    tell(&story, NULL, "LATE", 2); /* arrived before what happened before it */
    tell(&story, NULL, "A", 1);
    story.tasks++;
    tell(&story, NULL, "A", 1);
    tell(&story, NULL, "TIE", 1);
    story.tasks++;
    for (int copy = 0; copy < 2; copy++) { /* a copy alone puts nothing in doubt */
        tell(&story, NULL, "A", 1);
        tell(&story, NULL, "B", 2);
    }
    const char *history = story_end(&story, "doubt.ndjson");
    struct tt_run run = TT_TASKTRAIL("lifecycle", "infer", history);
    ck_assert_int_eq(run.status, 0);
    ck_assert_ptr_nonnull(strstr(run.err,
                                 "learned from 4 tasks of 8 events; left out 2 tasks whose "
                                 "order is in doubt (1 with late events, 1 with equal "
                                 "times)"));
    ck_assert_ptr_nonnull(strstr(run.err, "LATE: 1 event, all in tasks that were left out"));
    json_t *file = object(run.out);
    expect(json_object_get(of_type(file, "*"), "transitions"), "{\"A\":[\"B\"]}");
    json_decref(file);
    tt_run_done(&run);
}
TT_END

TT_TEST(nothing_learned_is_trouble_and_writes_no_file)
{
    struct story story;
    story_begin(&story);
    tell(&story, NULL, "A", 1);
    tell(&story, NULL, "B", 1);
    const char *history = story_end(&story, "ties.ndjson"), *file = tt_tmpfile("none.json");
    struct tt_run run = TT_TASKTRAIL("lifecycle", "infer", "-o", file, history);
    ck_assert_int_eq(run.status, 3);
    ck_assert_ptr_nonnull(strstr(run.err, "the order of every task is in doubt"));
    ck_assert_ptr_null(tt_read_file(file, NULL));
    tt_run_done(&run);
    run = tt_tasktrail(NULL, "", (const char *const[]){"lifecycle", "infer", "-", NULL});
    ck_assert_int_eq(run.status, 3);
    ck_assert_ptr_nonnull(strstr(run.err, "no events to learn from"));
    tt_run_done(&run);
    run = TT_TASKTRAIL("lifecycle", "infer", history, "no-such-file.ndjson");
    ck_assert_int_eq(run.status, 3);
    ck_assert_str_eq(run.out, "");
    tt_run_done(&run);
}
TT_END

/* Large enough for several pieces of input, so that threads share it, and more than the memory. */
TT_TEST(threads_and_memory_do_not_change_what_is_inferred)
{
    struct story story;
    story_begin(&story);
    tell_tasks(&story, 60000, "job", "CREATED", "RUNNING", "SUCCEEDED", NULL);
    tell_tasks(&story, 9000, "job", "CREATED", "RUNNING", "FAILED", "RUNNING", "FAILED", NULL);
    tell_tasks(&story, 7, "other", "a", "b", "a", "c", NULL);
    const char *history = story_end(&story, "large.ndjson");
    static const char *const settings[][5] = {
        {"--threads", "1", "-q"}, {"--threads", "4"}, {"--threads", "3", "--memory", "1M", "-q"}};
    char *first = NULL;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const char *words[12] = {"lifecycle", "infer", history};
        for (size_t w = 0; w < 5 && settings[i][w] != NULL; w++)
            words[3 + w] = settings[i][w];
        struct tt_run run = tt_tasktrail(NULL, NULL, words);
        ck_assert_msg(run.status == 0, "%s", run.err);
        if (first == NULL)
            first = strdup(run.out);
        ck_assert_str_eq(run.out, first);
        tt_run_done(&run);
    }
    free(first);
}
TT_END

TT_TEST(show_draws_what_infer_wrote_and_refuses_what_is_no_lifecycle)
{
    const char *history = clean_history(), *file = tt_tmpfile("shown.json");
    struct tt_run run = TT_TASKTRAIL("lifecycle", "infer", "-q", "-o", file, history);
    tt_run_done(&run);
    run = TT_TASKTRAIL("lifecycle", "show", file);
    ck_assert_int_eq(run.status, 0);
    ck_assert_ptr_nonnull(strstr(run.out, "  steps         CREATED -> RUNNING\n"
                                          "                        -> CANCELLED\n"
                                          "                RUNNING -> SUCCEEDED\n"));
    tt_run_done(&run);
    run = TT_TASKTRAIL("lifecycle", "show", "--graphviz", file);
    ck_assert_int_eq(run.status, 0);
    ck_assert_ptr_nonnull(
        strstr(run.out, "[label=\"in \\\"quotes\\\" &amp; spaces, größer \\\\\\\\\"];"));
    tt_run_done(&run);
    run = TT_TASKTRAIL("lifecycle", "show", history);
    ck_assert_int_eq(run.status, 2);
    tt_run_done(&run);
}
TT_END

TT_TEST(wrong_usage_is_told)
{
    static const char *const lines[][6] = {
        {"lifecycle"},
        {"lifecycle", "guess", "x"},
        {"lifecycle", "infer"},
        {"lifecycle", "infer", "--graphviz", "x"},
        {"lifecycle", "show"},
        {"lifecycle", "show", "x", "y"},
        {"lifecycle", "infer", "--min-share", "1", "x"},
        {"lifecycle", "infer", "--min-share", "51%", "x"},
        {"lifecycle", "infer", "--min-share", "0.00001%", "x"},
        {"lifecycle", "infer", "--min-share", "%", "x"},
        {"lifecycle", "infer", "--min-share", "1.%", "x"},
        {"check", "--min-share", "1%", "x"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct tt_run run = tt_tasktrail(NULL, NULL, lines[i]);
        ck_assert_msg(run.status == 2, "line %zu: exit status %d", i, run.status);
        ck_assert_ptr_nonnull(strstr(run.err, "error: "));
        tt_run_done(&run);
    }
}
TT_END

TT_SUITE("e2e/lifecycle", checking_what_taught_against_what_was_inferred_finds_nothing,
         each_type_gets_its_lifecycle_and_merged_makes_one_for_all,
         a_rare_step_is_left_out_and_becomes_a_question, tasks_whose_order_is_in_doubt_do_not_teach,
         nothing_learned_is_trouble_and_writes_no_file,
         threads_and_memory_do_not_change_what_is_inferred,
         show_draws_what_infer_wrote_and_refuses_what_is_no_lifecycle, wrong_usage_is_told)
