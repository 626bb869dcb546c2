/* What must hold for every input, without knowing the right answer: changes to the input that must
 * not change what is found, or change it in one known way. */
#include "tests/lib/history.h"
#include "tests/lib/program.h"
#include "tests/lib/suite.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>
#include <zstd.h>

enum { ROUNDS = 4, TASKS = 200, MANY_TASKS = 3000, TOO_MANY_TASKS = 4 * 12000, ARGS_MAX = 24 };

struct scene {
    char folder[TT_FOLDER_MAX];
    struct tt_chance chance;
};

static void scene_begin(struct scene *scene, const char *name)
{
    scene->chance.state = tt_chance_seed(name);
    tt_folder_make(scene->folder);
    char *lifecycles = tt_history_lifecycles(&scene->chance);
    tt_file_write(scene->folder, "lifecycles", lifecycles, strlen(lifecycles));
    free(lifecycles);
}

/* Writes the history to the file and checks it; more arguments may follow. The report's JSON. */
static json_t *check_files(const struct scene *scene, const char *const *more)
{
    const char *argv[ARGS_MAX] = {TT_PROGRAM,  "check", "--format",    "json",
                                  "--fail-on", "never", "--lifecycle", "lifecycles"};
    struct tt_program_result result;
    size_t count = 8;
    while (*more != NULL && count < ARGS_MAX - 1)
        argv[count++] = *more++;
    tt_program_run(scene->folder, argv, &result);
    ck_assert_msg(result.status == 0, "exit status %d: %.1600s", result.status, result.err);
    json_t *report = json_loads(result.out, 0, NULL);
    ck_assert_msg(report != NULL, "not JSON: %.1600s", result.out);
    tt_program_result_free(&result);
    return report;
}

#define CHECK(scene, ...) check_files(scene, (const char *const[]){__VA_ARGS__, NULL})
#define NOW               "--now", "2026-03-02T00:00:00Z"

static void write_history(struct scene *scene, const char *name, const struct tt_history *history,
                          enum tt_history_style style)
{
    size_t bytes;
    char *text = tt_history_text(history, style, &scene->chance, &bytes);
    tt_file_write(scene->folder, name, text, bytes);
    free(text);
}

/* Both are released. */
static void expect_equal(json_t *a, json_t *b, const char *what)
{
    if (!json_equal(a, b)) {
        char *first = json_dumps(a, JSON_INDENT(1)), *second = json_dumps(b, JSON_INDENT(1));
        size_t at = 0;
        while (first[at] == second[at])
            at++;
        at -= at < 400 ? at : 400;
        ck_abort_msg("%s changed what is found:\n%.900s\n---- and\n%.900s", what, first + at,
                     second + at);
    }
    json_decref(a);
    json_decref(b);
}

/* Kinds that follow from the timeline alone, not from the order of arrival. */
static bool is_of_timeline(const char *kind)
{
    static const char *const kinds[] = {"unknown_status",     "missing_initial",  "repeated_status",
                                        "after_terminal",     "skipped_status",   "sequence_gap",
                                        "illegal_transition", "future_timestamp", "stuck",
                                        "sequence_disorder"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    return false;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The findings of the timeline, without arrival numbers, as a sorted array of texts. */
static json_t *of_timeline(json_t *report)
{
    json_t *records = json_object_get(report, "discrepancies"), *record, *texts = json_array();
    size_t i, count = 0;
    char **list = calloc(json_array_size(records) + 1, sizeof *list);
    json_array_foreach(records, i, record)
    {
        if (!is_of_timeline(json_string_value(json_object_get(record, "kind"))))
            continue;
        json_object_del(record, "arrival");
        json_object_del(record, "previous_arrival");
        list[count++] = json_dumps(record, JSON_SORT_KEYS);
    }
    qsort(list, count, sizeof *list, compare_texts);
    for (i = 0; i < count; i++) {
        json_array_append_new(texts, json_string(list[i]));
        free(list[i]);
    }
    free(list);
    json_decref(report);
    return texts;
}

TT_TEST(order_of_arrival_does_not_change_the_timeline_where_times_differ)
{
    struct scene scene;
    scene_begin(&scene, "arrival");
    for (int round = 0; round < ROUNDS; round++) {
        struct tt_history history;
        tt_history_make(&scene.chance,
                        &(struct tt_history_options){.tasks = TASKS, .distinct = true}, &history);
        write_history(&scene, "a", &history, TT_HISTORY_PLAIN);
        tt_history_shuffle(&scene.chance, &history);
        write_history(&scene, "b", &history, TT_HISTORY_PLAIN);
        json_t *first = of_timeline(CHECK(&scene, NOW, "a"));
        ck_assert_uint_gt(json_array_size(first), TASKS / 2);
        expect_equal(first, of_timeline(CHECK(&scene, NOW, "b")), "another order of arrival");
        tt_history_free(&history);
    }
    tt_folder_remove(scene.folder);
}
TT_END

/* Puts every arrival number of the record through the map. */
static void map_arrivals(json_t *record, const int64_t *map)
{
    static const char *const keys[] = {"arrival", "behind_arrival", "of_arrival",
                                       "previous_arrival", "arrival_final_arrival"};
    json_t *number;
    size_t i;
    for (i = 0; i < sizeof keys / sizeof *keys; i++)
        if ((number = json_object_get(record, keys[i])) != NULL)
            json_integer_set(number, map[json_integer_value(number)]);
    json_array_foreach(json_object_get(record, "arrivals"), i, number)
    {
        json_integer_set(number, map[json_integer_value(number)]);
    }
}

/* Takes the duplicates out of the records and the summary. */
static size_t drop_duplicates(json_t *report)
{
    json_t *records = json_object_get(report, "discrepancies"), *record;
    json_t *summary = json_object_get(report, "summary");
    size_t dropped = 0;
    for (size_t i = json_array_size(records); i-- > 0;) {
        record = json_array_get(records, i);
        if (strcmp(json_string_value(json_object_get(record, "kind")), "duplicate") == 0)
            dropped += json_array_remove(records, i) == 0;
    }
    json_object_del(summary, "events");
    json_object_del(json_object_get(summary, "kinds"), "duplicate");
    return dropped;
}

TT_TEST(duplicates_anywhere_do_not_change_the_other_findings)
{
    struct scene scene;
    scene_begin(&scene, "duplicates");
    for (int round = 0; round < ROUNDS; round++) {
        struct tt_history history, doubled = {.task_count = TASKS};
        size_t copies = 0, i, record_number;
        tt_history_make(&scene.chance, &(struct tt_history_options){.tasks = TASKS}, &history);
        int64_t *map = calloc(history.count + 1, sizeof *map);
        for (i = 0; i < history.count; i++) {
            tt_history_append(&doubled, &history.events[i]);
            map[i + 1] = (int64_t)doubled.count;
            /* an exact copy of any event so far, which may itself be a duplicate */
            if (tt_chance_of(&scene.chance, 30)) {
                size_t of = tt_chance_below(&scene.chance, (unsigned)i + 1);
                tt_history_append(&doubled, &history.events[of]);
                copies++;
            }
        }
        write_history(&scene, "a", &history, TT_HISTORY_PLAIN);
        write_history(&scene, "b", &doubled, TT_HISTORY_PLAIN);
        json_t *first = CHECK(&scene, NOW, "a"), *second = CHECK(&scene, NOW, "b"), *record;
        json_array_foreach(json_object_get(first, "discrepancies"), record_number, record)
        {
            map_arrivals(record, map);
        }
        size_t before = drop_duplicates(first);
        ck_assert_uint_eq(drop_duplicates(second), before + copies);
        expect_equal(first, second, "a duplicate");
        free(map);
        tt_history_free(&history);
        tt_history_free(&doubled);
    }
    tt_folder_remove(scene.folder);
}
TT_END

/* Moves the record's times back by that much. */
static void shift_time(json_t *record, const char *key, int64_t by_us)
{
    const char *text = json_string_value(json_object_get(record, key));
    struct tm parts = {0};
    int fraction;
    char shifted[64], date[32];
    if (text == NULL)
        return;
    ck_assert_int_eq(sscanf(text, "%d-%d-%dT%d:%d:%d.%6d", &parts.tm_year, &parts.tm_mon,
                            &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec,
                            &fraction),
                     7);
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    int64_t us = (int64_t)timegm(&parts) * 1000000 + fraction - by_us;
    time_t second = (time_t)(us / 1000000);
    gmtime_r(&second, &parts);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(shifted, sizeof shifted, "%s.%06dZ", date, (int)(us % 1000000));
    json_object_set_new(record, key, json_string(shifted));
}

TT_TEST(shifting_all_times_changes_only_times)
{
    struct scene scene;
    scene_begin(&scene, "shift");
    for (int round = 0; round < ROUNDS; round++) {
        struct tt_history history;
        size_t i;
        int64_t by_us = (int64_t)tt_chance_below(&scene.chance, 2000000000) * 1000 + 1;
        char now[32], later[32];
        json_t *record;
        tt_history_make(&scene.chance,
                        &(struct tt_history_options){.tasks = TASKS, .duplicates = true}, &history);
        write_history(&scene, "a", &history, TT_HISTORY_PLAIN);
        for (i = 0; i < history.count; i++) {
            history.events[i].event_time_us += by_us;
            history.events[i].received_at_us += by_us;
        }
        write_history(&scene, "b", &history, TT_HISTORY_PLAIN);
        time_t now_s = 1772409600, later_s = now_s + (time_t)(by_us / 1000000);
        strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now_s));
        size_t length = strftime(later, sizeof later, "%Y-%m-%dT%H:%M:%S", gmtime(&later_s));
        snprintf(later + length, sizeof later - length, ".%06dZ", (int)(by_us % 1000000));
        json_t *first = CHECK(&scene, "--now", now, "a");
        json_t *second = CHECK(&scene, "--now", later, "b");
        json_array_foreach(json_object_get(second, "discrepancies"), i, record)
        {
            shift_time(record, "event_time", by_us);
            shift_time(record, "of_event_time", by_us);
        }
        expect_equal(first, second, "shifting the times");
        tt_history_free(&history);
    }
    tt_folder_remove(scene.folder);
}
TT_END

/* Writes bytes from .. to of the file into another. */
static void cut(const struct scene *scene, const char *text, size_t from, size_t to,
                const char *name)
{
    tt_file_write(scene->folder, name, text + from, to - from);
}

TT_TEST(splitting_the_input_into_files_changes_nothing)
{
    struct scene scene;
    scene_begin(&scene, "split");
    for (int round = 0; round < ROUNDS; round++) {
        struct tt_history history;
        size_t bytes;
        tt_history_make(&scene.chance,
                        &(struct tt_history_options){.tasks = TASKS, .duplicates = true}, &history);
        write_history(&scene, "whole", &history, TT_HISTORY_PLAIN);
        char *text = tt_folder_read(scene.folder, "whole", &bytes);
        const char *newline = text + tt_chance_below(&scene.chance, (unsigned)bytes / 2);
        size_t first = (size_t)(strchr(newline, '\n') - text) + 1;
        newline = text + first + tt_chance_below(&scene.chance, (unsigned)(bytes - first - 1));
        size_t second = (size_t)(strchr(newline, '\n') - text) + 1;
        cut(&scene, text, 0, first - 1, "one"); /* without its last line feed */
        cut(&scene, text, first, second, "two");
        cut(&scene, text, second, bytes, "three");
        cut(&scene, text, 0, 0, "none");
        expect_equal(CHECK(&scene, "whole"), CHECK(&scene, "one", "none", "two", "three"),
                     "splitting the input");
        free(text);
        tt_history_free(&history);
    }
    tt_folder_remove(scene.folder);
}
TT_END

TT_TEST(order_of_keys_white_space_and_notation_change_nothing)
{
    struct scene scene;
    scene_begin(&scene, "notation");
    for (int round = 0; round < ROUNDS; round++) {
        struct tt_history history;
        tt_history_make(&scene.chance,
                        &(struct tt_history_options){.tasks = TASKS, .duplicates = true}, &history);
        write_history(&scene, "a", &history, TT_HISTORY_PLAIN);
        write_history(&scene, "b", &history, TT_HISTORY_ODD);
        expect_equal(CHECK(&scene, NOW, "a"), CHECK(&scene, NOW, "b"), "another notation");
        tt_history_free(&history);
    }
    tt_folder_remove(scene.folder);
}
TT_END

static void many_events(struct scene *scene, const char *name, int tasks)
{
    struct tt_history history;
    tt_history_make(&scene->chance,
                    &(struct tt_history_options){.tasks = tasks, .duplicates = true}, &history);
    write_history(scene, name, &history, TT_HISTORY_PLAIN);
    tt_history_free(&history);
}

TT_TEST(number_of_threads_changes_nothing)
{
    static const char *const counts[] = {"2", "3", "8"};
    struct scene scene;
    scene_begin(&scene, "threads");
    many_events(&scene, "a", MANY_TASKS);
    json_t *one = CHECK(&scene, NOW, "--threads", "1", "a");
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        expect_equal(json_incref(one), CHECK(&scene, NOW, "--threads", counts[i], "a"),
                     "the number of threads");
    json_decref(one);
    tt_folder_remove(scene.folder);
}
TT_END

TT_TEST(little_memory_changes_nothing)
{
    struct scene scene;
    scene_begin(&scene, "memory");
    many_events(&scene, "a", TOO_MANY_TASKS);
    /* the events do not fit, or the folder for what does not fit would not be missed */
    const char *const no_folder[] = {TT_PROGRAM, "check",      "--memory",       "1M",
                                     "a",        "--temp-dir", "no-such-folder", NULL};
    struct tt_program_result result;
    tt_program_run(scene.folder, no_folder, &result);
    ck_assert_int_eq(result.status, 3);
    tt_program_result_free(&result);
    json_t *whole = CHECK(&scene, NOW, "a");
    expect_equal(json_incref(whole), CHECK(&scene, NOW, "--memory", "1M", "--threads", "1", "a"),
                 "little memory");
    expect_equal(whole, CHECK(&scene, NOW, "--memory", "1M", "--threads", "3", "a"),
                 "little memory and three threads");
    tt_folder_remove(scene.folder);
}
TT_END

static void write_gzip(const struct scene *scene, const char *name, const char *mode,
                       const char *text, size_t bytes)
{
    char path[TT_FOLDER_MAX + 32];
    snprintf(path, sizeof path, "%s/%s", scene->folder, name);
    gzFile file = gzopen(path, mode);
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(gzwrite(file, text, (unsigned)bytes), (int)bytes);
    ck_assert_int_eq(gzclose(file), Z_OK);
}

TT_TEST(compression_changes_nothing)
{
    struct scene scene;
    size_t bytes;
    scene_begin(&scene, "compression");
    many_events(&scene, "a", MANY_TASKS);
    char *text = tt_folder_read(scene.folder, "a", &bytes);
    write_gzip(&scene, "a.gz", "wb", text, bytes);
    write_gzip(&scene, "two.gz", "wb", text, bytes / 3); /* two members, cut within a line */
    write_gzip(&scene, "two.gz", "ab", text + bytes / 3, bytes - bytes / 3);
    size_t room = ZSTD_compressBound(bytes);
    char *packed = malloc(room);
    size_t size = ZSTD_compress(packed, room, text, bytes, 1);
    ck_assert_uint_eq(ZSTD_isError(size), 0);
    tt_file_write(scene.folder, "a.zst", packed, size);
    json_t *plain = CHECK(&scene, NOW, "a");
    expect_equal(json_incref(plain), CHECK(&scene, NOW, "a.gz"), "gzip");
    expect_equal(json_incref(plain), CHECK(&scene, NOW, "two.gz"), "gzip in two members");
    expect_equal(json_incref(plain), CHECK(&scene, NOW, "a.zst"), "zstd");
    tt_file_write(scene.folder, "unnamed", packed, size); /* known by its bytes, not its name */
    expect_equal(plain, CHECK(&scene, NOW, "unnamed"), "zstd by another name");
    free(packed);
    free(text);
    tt_folder_remove(scene.folder);
}
TT_END

TT_SUITE_LIMIT("property/replay_properties", 500,
               order_of_arrival_does_not_change_the_timeline_where_times_differ,
               duplicates_anywhere_do_not_change_the_other_findings,
               shifting_all_times_changes_only_times,
               splitting_the_input_into_files_changes_nothing,
               order_of_keys_white_space_and_notation_change_nothing,
               number_of_threads_changes_nothing, little_memory_changes_nothing,
               compression_changes_nothing)
