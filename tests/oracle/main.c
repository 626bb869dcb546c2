#include "oracle.h"

#include <ctype.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char USAGE[] = "oracle_check [--lifecycle F] [--ties lifecycle|arrival] [--now TIME] "
                            "[--max-future DUR] [--format ndjson|json] FILE...";

void give_up(int status, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fputs("oracle: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    _Exit(status);
}

void *get_memory(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        give_up(3, "out of memory");
    return memory;
}

bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_task(const struct event *a, const struct event *b)
{
    return strcmp(a->tenant, b->tenant) == 0 && strcmp(a->task_id, b->task_id) == 0;
}

static bool same_event(const struct event *a, const struct event *b)
{
    if (a->event_id != NULL || b->event_id != NULL)
        return same_text(a->event_id, b->event_id);
    return strcmp(a->status, b->status) == 0 && a->event_time == b->event_time &&
           same_text(a->stage, b->stage) && same_text(a->source, b->source) &&
           a->has_seq == b->has_seq && (!a->has_seq || a->seq == b->seq);
}

/* Adds the event to its task, as an original or as a duplicate of an earlier one. */
static void add_to_task(struct task *task, struct event *event)
{
    task->all = realloc(task->all, (task->all_count + 1) * sizeof(struct event *));
    task->by_arrival = realloc(task->by_arrival, (task->count + 1) * sizeof(struct event *));
    if (task->all == NULL || task->by_arrival == NULL)
        give_up(3, "out of memory");
    task->all[task->all_count++] = event;
    for (size_t i = 0; i < task->count && event->original == NULL; i++)
        if (same_event(task->by_arrival[i], event))
            event->original = task->by_arrival[i];
    if (event->original == NULL)
        task->by_arrival[task->count++] = event;
}

static struct task *make_tasks(const struct options *options, struct events *events,
                               size_t *ret_count)
{
    struct task *tasks = get_memory(events->count, sizeof *tasks);
    size_t count = 0;
    for (size_t i = 0; i < events->count; i++) {
        size_t t = 0;
        while (t < count && !same_task(tasks[t].all[0], &events->list[i]))
            t++;
        count += t == count;
        add_to_task(&tasks[t], &events->list[i]);
    }
    for (size_t t = 0; t < count; t++) {
        struct task *task = &tasks[t];
        task->lifecycle = find_lifecycle(options, task->all[0]->task_type);
        task->timeline = get_memory(task->count, sizeof *task->timeline);
        make_timeline(options, task);
        task->arrival_violations = count_violations(task->lifecycle, task->by_arrival, task->count);
        task->time_violations = count_violations(task->lifecycle, task->timeline, task->count);
    }
    *ret_count = count;
    return tasks;
}

static int compare_texts(json_t *a, json_t *b, const char *key)
{
    return strcmp(json_string_value(json_object_get(a, key)),
                  json_string_value(json_object_get(b, key)));
}

static int compare_integers(json_t *a, json_t *b, const char *key)
{
    json_int_t x = json_integer_value(json_object_get(a, key));
    json_int_t y = json_integer_value(json_object_get(b, key));
    return x < y ? -1 : x > y;
}

static int compare_records(const void *a, const void *b)
{
    json_t *x, *y;
    int order;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    if ((order = compare_texts(x, y, "tenant")) != 0 ||
        (order = compare_texts(x, y, "task_id")) != 0 ||
        (order = compare_integers(x, y, "arrival")) != 0 ||
        (order = compare_texts(x, y, "kind")) != 0)
        return order;
    return compare_integers(x, y, "first_missing");
}

static json_t *sort_records(json_t *records)
{
    size_t count = json_array_size(records);
    json_t **list = get_memory(count, sizeof *list), *sorted = json_array();
    for (size_t i = 0; i < count; i++)
        list[i] = json_array_get(records, i);
    qsort(list, count, sizeof(json_t *), compare_records);
    for (size_t i = 0; i < count; i++)
        json_array_append(sorted, list[i]);
    free(list);
    json_decref(records);
    return sorted;
}

/* One line; control characters that have no short escape are written \u001f, in lower case. */
static void print(const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    for (char *at = text; *at != '\0'; at++) {
        if (*at != '\\')
            continue;
        at++; /* what is escaped; of it, only the digits of a number are letters that matter */
        for (int i = 1; *at == 'u' && i <= 4; i++)
            at[i] = (char)tolower((unsigned char)at[i]);
    }
    puts(text);
    free(text);
}

static bool read_options(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        {"lifecycle", required_argument, NULL, 'l'}, {"ties", required_argument, NULL, 't'},
        {"now", required_argument, NULL, 'n'},       {"max-future", required_argument, NULL, 'm'},
        {"format", required_argument, NULL, 'f'},    {NULL, 0, NULL, 0}};
    bool as_json = false;
    int letter;
    *options = (struct options){.ties_by_lifecycle = true, .max_future_us = 60000000};
    while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1) {
        bool good = true;
        switch (letter) {
        case 'l': read_lifecycles(optarg, options); break;
        case 't':
            options->ties_by_lifecycle = strcmp(optarg, "lifecycle") == 0;
            good = options->ties_by_lifecycle || strcmp(optarg, "arrival") == 0;
            break;
        case 'n':
            good = options->has_now = parse_time(optarg, strlen(optarg), &options->now);
            break;
        case 'm': good = parse_duration(optarg, &options->max_future_us); break;
        case 'f':
            as_json = strcmp(optarg, "json") == 0;
            good = as_json || strcmp(optarg, "ndjson") == 0;
            break;
        default: give_up(2, "usage: %s", USAGE);
        }
        if (!good)
            give_up(2, "bad value %s; usage: %s", optarg, USAGE);
    }
    if (optind == argc)
        give_up(2, "no file; usage: %s", USAGE);
    return as_json;
}

int main(int argc, char **argv)
{
    struct options options;
    struct events events = {0};
    size_t task_count, i;
    json_t *records = json_array(), *record;
    bool as_json = read_options(argc, argv, &options);
    for (int f = optind; f < argc; f++)
        read_events(argv[f], &events);
    struct task *tasks = make_tasks(&options, &events, &task_count);
    for (i = 0; i < task_count; i++)
        check_task(&options, &tasks[i], records);
    records = sort_records(records);
    json_t *summary = make_summary(&events, tasks, task_count, records);
    if (as_json) {
        json_t *both = json_object();
        json_object_set(both, "summary", summary);
        json_object_set(both, "discrepancies", records);
        print(both);
        json_decref(both);
    } else {
        json_array_foreach(records, i, record)
        {
            print(record);
        }
    }
    for (i = 0; i < task_count; i++) {
        free(tasks[i].all);
        free(tasks[i].by_arrival);
        free(tasks[i].timeline);
    }
    for (i = 0; i < events.count; i++)
        json_decref(events.list[i].json);
    free(tasks);
    free(events.list);
    free(options.lifecycles);
    json_decref(options.lifecycle_file);
    json_decref(summary);
    json_decref(records);
    return fflush(stdout) == 0 ? 0 : 3;
}
