/* One function for each kind of discrepancy (two where steps share the question). */
#include "oracle.h"

#include <stdlib.h>
#include <string.h>

static json_t *text_or_null(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

static json_t *time_text(int64_t us)
{
    char text[64];
    format_time(us, text);
    return json_string(text);
}

/* A record with its head; borrowed from the array. */
static json_t *report(json_t *records, const char *kind, const char *severity,
                      const struct event *event)
{
    json_t *record = json_object();
    json_object_set_new(record, "kind", json_string(kind));
    json_object_set_new(record, "severity", json_string(severity));
    json_object_set_new(record, "tenant", json_string(event->tenant));
    json_object_set_new(record, "task_id", json_string(event->task_id));
    json_object_set_new(record, "event_id", text_or_null(event->event_id));
    json_object_set_new(record, "arrival", json_integer(event->arrival));
    json_object_set_new(record, "status", json_string(event->status));
    json_object_set_new(record, "event_time", time_text(event->event_time));
    json_array_append_new(records, record);
    return record;
}

static void set_integer(json_t *record, const char *key, int64_t value)
{
    json_object_set_new(record, key, json_integer(value));
}

static void late_arrival(const struct task *task, json_t *records)
{
    for (size_t i = 1; i < task->count; i++) {
        const struct event *event = task->by_arrival[i], *latest = task->by_arrival[0];
        int64_t overtaken_by = 0;
        for (size_t j = 0; j < i; j++) {
            if (task->by_arrival[j]->event_time > latest->event_time)
                latest = task->by_arrival[j];
            overtaken_by += task->by_arrival[j]->event_time > event->event_time;
        }
        if (event->event_time >= latest->event_time)
            continue;
        json_t *record = report(records, "late_arrival", "warning", event);
        set_integer(record, "lateness_us", latest->event_time - event->event_time);
        set_integer(record, "overtaken_by", overtaken_by);
        set_integer(record, "behind_arrival", latest->arrival);
    }
}

static void duplicates(const struct task *task, json_t *records)
{
    for (size_t i = 0; i < task->all_count; i++) {
        const struct event *event = task->all[i], *original = event->original;
        if (original == NULL)
            continue;
        bool equal = strcmp(event->status, original->status) == 0 &&
                     event->event_time == original->event_time &&
                     same_text(event->stage, original->stage);
        json_t *record = equal ? report(records, "duplicate", "info", event)
                               : report(records, "conflicting_duplicate", "error", event);
        set_integer(record, "of_arrival", original->arrival);
        if (equal)
            continue;
        json_object_set_new(record, "of_status", json_string(original->status));
        json_object_set_new(record, "of_event_time", time_text(original->event_time));
    }
}

static void ambiguous_order(const struct options *options, const struct task *task, json_t *records)
{
    size_t length;
    for (size_t i = 0; i < task->count; i += length) {
        struct event **group = task->timeline + i;
        length = tie_length(group, task->count - i);
        enum tie tie = tie_case(options, task->lifecycle, group, length);
        if (tie != TIE_FREE && tie != TIE_BY_ARRIVAL)
            continue;
        json_t *arrivals = json_array();
        const struct event *first = NULL;
        for (size_t j = 0; j < task->count; j++) {
            const struct event *event = task->by_arrival[j];
            if (event->event_time != group[0]->event_time)
                continue;
            first = first != NULL ? first : event;
            json_array_append_new(arrivals, json_integer(event->arrival));
        }
        json_t *record = report(records, "ambiguous_order", "info", first);
        json_object_set_new(record, "arrivals", arrivals);
        json_object_set_new(record, "resolved_by",
                            json_string(tie == TIE_FREE ? "lifecycle" : "arrival"));
    }
}

static void unknown_status(const struct task *task, json_t *records)
{
    for (size_t i = 0; i < task->count && task->lifecycle != NULL; i++)
        if (status_number(task->lifecycle, task->timeline[i]->status) < 0)
            report(records, "unknown_status", "error", task->timeline[i]);
}

static void missing_initial(const struct task *task, json_t *records)
{
    const struct event *first = task->timeline[0];
    if (!bad_start(task->lifecycle, first->status))
        return;
    json_t *path = path_from_start(task->lifecycle, first->status);
    json_t *record = report(records, "missing_initial", "warning", first);
    json_object_set_new(record, "missing", path != NULL ? path : json_null());
}

static void bad_steps(const struct task *task, json_t *records)
{
    for (size_t i = 1; i < task->count; i++) {
        const struct event *a = task->timeline[i - 1], *b = task->timeline[i];
        json_t *record, *path = NULL;
        if (!bad_step(task->lifecycle, a->status, b->status))
            continue;
        if (strcmp(a->status, b->status) == 0) {
            record = report(records, "repeated_status", "warning", b);
            set_integer(record, "previous_arrival", a->arrival);
            continue;
        }
        if (task->lifecycle->terminal[status_number(task->lifecycle, a->status)])
            record = report(records, "after_terminal", "error", b);
        else if ((path = path_between(task->lifecycle, a->status, b->status)) != NULL)
            record = report(records, "skipped_status", "warning", b);
        else
            record = report(records, "illegal_transition", "error", b);
        json_object_set_new(record, "previous_status", json_string(a->status));
        set_integer(record, "previous_arrival", a->arrival);
        if (path != NULL)
            json_object_set_new(record, "missing", path);
    }
}

static void lost_update(const struct task *task, json_t *records)
{
    const struct event *last = task->timeline[task->count - 1];
    const struct event *last_arrived = task->by_arrival[task->count - 1];
    if (strcmp(last->status, last_arrived->status) == 0)
        return;
    json_t *record = report(records, "lost_update", "error", last);
    json_object_set_new(record, "arrival_final_status", json_string(last_arrived->status));
    set_integer(record, "arrival_final_arrival", last_arrived->arrival);
}

static void clock_suspect(const struct task *task, json_t *records)
{
    if (task->arrival_violations > 0 || task->time_violations == 0)
        return;
    json_t *record = report(records, "clock_suspect", "warning", task->timeline[0]);
    set_integer(record, "time_violations", (int64_t)task->time_violations);
}

/* Events of one source that carry a seq; an absent source is a source of its own. */
static bool counts_for(const struct event *event, const char *source)
{
    return event->has_seq && same_text(event->source, source);
}

/* For each event with a seq: the next higher seq of its source, if it is not the next number. Of
 * several events with the same seq, the first-arrived one stands for all. */
static void sequence_gap(const struct task *task, json_t *records)
{
    for (size_t i = 0; i < task->count; i++) {
        const struct event *event = task->by_arrival[i], *below = NULL;
        bool first = event->has_seq;
        for (size_t j = 0; j < task->count && event->has_seq; j++) {
            const struct event *other = task->by_arrival[j];
            if (!counts_for(other, event->source))
                continue;
            if (other->seq == event->seq && j < i)
                first = false;
            if (other->seq < event->seq && (below == NULL || other->seq > below->seq))
                below = other;
        }
        if (!first || below == NULL || below->seq == event->seq - 1)
            continue;
        json_t *record = report(records, "sequence_gap", "warning", event);
        json_object_set_new(record, "source", text_or_null(event->source));
        set_integer(record, "first_missing", below->seq + 1);
        set_integer(record, "last_missing", event->seq - 1);
    }
}

/* A step of the timeline of that source alone. */
static void sequence_disorder(const struct task *task, json_t *records)
{
    for (size_t i = 0; i < task->count; i++) {
        const struct event *event = task->timeline[i], *previous = NULL;
        for (size_t j = 0; j < i; j++)
            if (counts_for(task->timeline[j], event->source))
                previous = task->timeline[j];
        if (!event->has_seq || previous == NULL || event->seq >= previous->seq)
            continue;
        json_t *record = report(records, "sequence_disorder", "warning", event);
        json_object_set_new(record, "source", text_or_null(event->source));
        set_integer(record, "seq", event->seq);
        set_integer(record, "previous_seq", previous->seq);
    }
}

static void future_timestamp(const struct options *options, const struct task *task,
                             json_t *records)
{
    for (size_t i = 0; i < task->count; i++) {
        const struct event *event = task->by_arrival[i];
        int64_t ahead_us = event->event_time - event->received_at;
        if (event->has_received_at && ahead_us > options->max_future_us)
            set_integer(report(records, "future_timestamp", "warning", event), "ahead_us",
                        ahead_us);
    }
}

static void stuck(const struct options *options, const struct task *task, json_t *records)
{
    const struct event *last = task->timeline[task->count - 1];
    int status = task->lifecycle != NULL ? status_number(task->lifecycle, last->status) : -1;
    if (!options->has_now || status < 0 || task->lifecycle->terminal[status])
        return;
    int64_t max_age_us = task->lifecycle->max_age_us[status];
    int64_t age_us = options->now - last->event_time;
    if (max_age_us < 0 || age_us <= max_age_us)
        return;
    json_t *record = report(records, "stuck", "warning", last);
    set_integer(record, "age_us", age_us);
    set_integer(record, "max_age_us", max_age_us);
}

void check_task(const struct options *options, const struct task *task, json_t *records)
{
    late_arrival(task, records);
    duplicates(task, records);
    ambiguous_order(options, task, records);
    unknown_status(task, records);
    missing_initial(task, records);
    bad_steps(task, records);
    lost_update(task, records);
    clock_suspect(task, records);
    sequence_gap(task, records);
    sequence_disorder(task, records);
    future_timestamp(options, task, records);
    stuck(options, task, records);
}
