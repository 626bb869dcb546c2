#include "oracle.h"

#include <stdlib.h>
#include <string.h>

void add_number(struct numbers *numbers, int64_t value)
{
    if (numbers->count == numbers->room) {
        numbers->room = numbers->room * 2 + 64;
        numbers->list = realloc(numbers->list, numbers->room * sizeof *numbers->list);
        if (numbers->list == NULL)
            give_up(3, "out of memory");
    }
    numbers->list[numbers->count++] = value;
}

static int compare_numbers(const void *a, const void *b)
{
    int64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

/* Nearest rank: the value at 1-based place ceil(share * count). */
static json_t *quantile(const struct numbers *sorted, size_t per_mille)
{
    if (sorted->count == 0)
        return json_null();
    size_t rank = (sorted->count * per_mille + 999) / 1000;
    return json_integer(sorted->list[rank - 1]);
}

static json_t *quantiles(struct numbers *numbers, bool of_lateness)
{
    json_t *json = json_object();
    if (numbers->count > 0)
        qsort(numbers->list, numbers->count, sizeof *numbers->list, compare_numbers);
    if (of_lateness) {
        json_object_set_new(json, "p50", quantile(numbers, 500));
        json_object_set_new(json, "p90", quantile(numbers, 900));
    }
    json_object_set_new(json, "p99", quantile(numbers, 990));
    if (!of_lateness)
        json_object_set_new(json, "p999", quantile(numbers, 999));
    json_object_set_new(json, "max", quantile(numbers, 1000));
    free(numbers->list);
    return json;
}

/* The longest subsequence of non-decreasing event_time, by its textbook definition. */
static int64_t longest_in_order(const struct task *task)
{
    int64_t longest = 0, *ending_at = get_memory(task->count, sizeof *ending_at);
    for (size_t i = 0; i < task->count; i++) {
        for (size_t j = 0; j < i; j++)
            if (task->by_arrival[j]->event_time <= task->by_arrival[i]->event_time &&
                ending_at[j] > ending_at[i])
                ending_at[i] = ending_at[j];
        ending_at[i]++;
        longest = ending_at[i] > longest ? ending_at[i] : longest;
    }
    free(ending_at);
    return longest;
}

struct totals {
    int64_t inversions, moves, explained;
    int64_t clean, reordered, clock_suspect, violation;
    struct numbers lateness, watermark, hold;
};

/* Returns whether the task has a late event. */
static bool add_lateness(const struct task *task, struct totals *totals)
{
    bool has_late = false;
    for (size_t i = 0; i < task->count; i++) {
        const struct event *event = task->by_arrival[i], *first_later = NULL;
        int64_t lateness = 0;
        for (size_t j = 0; j < i; j++) {
            const struct event *earlier = task->by_arrival[j];
            if (earlier->event_time <= event->event_time)
                continue;
            totals->inversions++;
            first_later = first_later != NULL ? first_later : earlier;
            if (earlier->event_time - event->event_time > lateness)
                lateness = earlier->event_time - event->event_time;
        }
        add_number(&totals->watermark, lateness);
        if (lateness > 0) {
            add_number(&totals->lateness, lateness);
            has_late = true;
        }
        if (!event->has_received_at || (first_later != NULL && !first_later->has_received_at))
            continue;
        int64_t hold = first_later != NULL ? event->received_at - first_later->received_at : 0;
        add_number(&totals->hold, hold > 0 ? hold : 0);
    }
    return has_late;
}

static bool always_violates(const struct task *task)
{
    for (size_t i = 0; i < task->all_count; i++) {
        const struct event *event = task->all[i], *original = event->original;
        if (original == NULL && task->lifecycle != NULL &&
            status_number(task->lifecycle, event->status) < 0)
            return true; /* unknown_status */
        if (original != NULL && (strcmp(event->status, original->status) != 0 ||
                                 event->event_time != original->event_time ||
                                 !same_text(event->stage, original->stage)))
            return true; /* conflicting_duplicate */
    }
    return false;
}

static void add_task(const struct task *task, struct totals *totals)
{
    bool has_late = add_lateness(task, totals);
    bool arrival_legal = task->arrival_violations == 0, time_legal = task->time_violations == 0;
    totals->moves += (int64_t)task->count - longest_in_order(task);
    totals->explained += !arrival_legal && time_legal;
    if (always_violates(task) || (!arrival_legal && !time_legal))
        totals->violation++;
    else if (!time_legal)
        totals->clock_suspect++;
    else if (!arrival_legal || has_late)
        totals->reordered++;
    else
        totals->clean++;
}

static json_t *count_kinds(const json_t *records)
{
    json_t *kinds = json_object(), *record;
    size_t i;
    json_array_foreach(records, i, record)
    {
        const char *kind = json_string_value(json_object_get(record, "kind"));
        json_int_t sofar = json_integer_value(json_object_get(kinds, kind));
        json_object_set_new(kinds, kind, json_integer(sofar + 1));
    }
    return kinds;
}

json_t *make_summary(const struct events *events, const struct task *tasks, size_t task_count,
                     const json_t *records)
{
    struct totals totals = {0};
    for (size_t i = 0; i < task_count; i++)
        add_task(&tasks[i], &totals);
    json_t *summary = json_object(), *verdicts = json_object();
    json_object_set_new(verdicts, "clean", json_integer(totals.clean));
    json_object_set_new(verdicts, "reordered", json_integer(totals.reordered));
    json_object_set_new(verdicts, "clock_suspect", json_integer(totals.clock_suspect));
    json_object_set_new(verdicts, "violation", json_integer(totals.violation));
    json_object_set_new(summary, "events", json_integer((json_int_t)events->count));
    json_object_set_new(summary, "rejected", json_integer(events->rejected));
    json_object_set_new(summary, "tasks", json_integer((json_int_t)task_count));
    json_object_set_new(summary, "kinds", count_kinds(records));
    json_object_set_new(summary, "verdicts", verdicts);
    json_object_set_new(summary, "explained_by_reordering", json_integer(totals.explained));
    json_object_set_new(summary, "inversions", json_integer(totals.inversions));
    json_object_set_new(summary, "moves", json_integer(totals.moves));
    json_object_set_new(summary, "lateness_us", quantiles(&totals.lateness, true));
    json_object_set_new(summary, "watermark_us", quantiles(&totals.watermark, false));
    json_object_set_new(summary, "hold_us", quantiles(&totals.hold, false));
    return summary;
}
