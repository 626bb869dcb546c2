/* What must hold for every input, without knowing the right answer: changes to the events that must
 * not change what is found, or change it in one known way. */
#include "tests/lib/scene.h"
#include "tests/lib/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 4, TASKS = 200 };

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
    struct tt_scene scene;
    tt_scene_begin(&scene, "arrival");
    for (int round = 0; round < ROUNDS; round++) {
        struct tt_history history;
        tt_history_make(&scene.chance,
                        &(struct tt_history_options){.tasks = TASKS, .distinct = true}, &history);
        tt_scene_history(&scene, "a", &history, TT_HISTORY_PLAIN);
        tt_history_shuffle(&scene.chance, &history);
        tt_scene_history(&scene, "b", &history, TT_HISTORY_PLAIN);
        json_t *first = of_timeline(CHECK(&scene, NOW, "a"));
        ck_assert_uint_gt(json_array_size(first), TASKS / 2);
        tt_scene_equal(first, of_timeline(CHECK(&scene, NOW, "b")), "another order of arrival");
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
    struct tt_scene scene;
    tt_scene_begin(&scene, "duplicates");
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
        tt_scene_history(&scene, "a", &history, TT_HISTORY_PLAIN);
        tt_scene_history(&scene, "b", &doubled, TT_HISTORY_PLAIN);
        json_t *first = CHECK(&scene, NOW, "a"), *second = CHECK(&scene, NOW, "b"), *record;
        json_array_foreach(json_object_get(first, "discrepancies"), record_number, record)
        {
            map_arrivals(record, map);
        }
        size_t before = drop_duplicates(first);
        ck_assert_uint_eq(drop_duplicates(second), before + copies);
        tt_scene_equal(first, second, "a duplicate");
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
    struct tt_scene scene;
    tt_scene_begin(&scene, "shift");
    for (int round = 0; round < ROUNDS; round++) {
        struct tt_history history;
        size_t i;
        int64_t by_us = (int64_t)tt_chance_below(&scene.chance, 2000000000) * 1000 + 1;
        char now[32], later[32];
        json_t *record;
        tt_history_make(&scene.chance,
                        &(struct tt_history_options){.tasks = TASKS, .duplicates = true}, &history);
        tt_scene_history(&scene, "a", &history, TT_HISTORY_PLAIN);
        for (i = 0; i < history.count; i++) {
            history.events[i].event_time_us += by_us;
            history.events[i].received_at_us += by_us;
        }
        tt_scene_history(&scene, "b", &history, TT_HISTORY_PLAIN);
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
        tt_scene_equal(first, second, "shifting the times");
        tt_history_free(&history);
    }
    tt_folder_remove(scene.folder);
}
TT_END

TT_SUITE_LIMIT("property/replay_properties", 500,
               order_of_arrival_does_not_change_the_timeline_where_times_differ,
               duplicates_anywhere_do_not_change_the_other_findings,
               shifting_all_times_changes_only_times)
