/* Lines to events: what is not an event is counted and told on stderr. */
#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 1 << 20, DEPTH_MAX = 64 };

/* Objects and arrays count as levels; the event itself is level 1. */
static int depth(json_t *json)
{
    int deepest = 0, level;
    const char *key;
    size_t i;
    json_t *item;
    if (!json_is_object(json) && !json_is_array(json))
        return 0;
    json_object_foreach(json, key, item)
    {
        level = depth(item);
        deepest = level > deepest ? level : deepest;
    }
    json_array_foreach(json, i, item)
    {
        level = depth(item);
        deepest = level > deepest ? level : deepest;
    }
    return deepest + 1;
}

/* null is the same as absence. */
static json_t *field(json_t *json, const char *name)
{
    json_t *value = json_object_get(json, name);
    return json_is_null(value) ? NULL : value;
}

static const char *read_text(json_t *json, const char *name, const char **ret_text)
{
    json_t *value = field(json, name);
    *ret_text = json_string_value(value);
    return value != NULL && !json_is_string(value) ? name : NULL;
}

static const char *read_time(json_t *json, const char *name, bool *ret_has, int64_t *ret_us)
{
    json_t *value = field(json, name);
    *ret_has = value != NULL;
    if (value == NULL)
        return NULL;
    if (json_is_integer(value)) {
        *ret_us = json_integer_value(value);
        return time_in_range(*ret_us) ? NULL : name;
    }
    if (json_is_string(value) &&
        parse_time(json_string_value(value), json_string_length(value), ret_us))
        return NULL;
    return name;
}

/* Returns what is wrong, or NULL. */
static const char *read_fields(json_t *json, struct event *event)
{
    const char *wrong, *ignored;
    bool has_time;
    if ((wrong = read_text(json, "task_id", &event->task_id)) != NULL ||
        (wrong = read_text(json, "status", &event->status)) != NULL ||
        (wrong = read_text(json, "tenant", &event->tenant)) != NULL ||
        (wrong = read_text(json, "event_id", &event->event_id)) != NULL ||
        (wrong = read_text(json, "task_type", &event->task_type)) != NULL ||
        (wrong = read_text(json, "source", &event->source)) != NULL ||
        (wrong = read_text(json, "stage", &event->stage)) != NULL ||
        (wrong = read_text(json, "correlation_id", &ignored)) != NULL ||
        (wrong = read_text(json, "dataset_id", &ignored)) != NULL ||
        (wrong = read_text(json, "message", &ignored)) != NULL ||
        (wrong = read_time(json, "event_time", &has_time, &event->event_time)) != NULL ||
        (wrong = read_time(json, "received_at", &event->has_received_at, &event->received_at)))
        return wrong;
    if (event->task_id == NULL || *event->task_id == '\0')
        return "task_id";
    if (event->status == NULL || *event->status == '\0')
        return "status";
    if (!has_time)
        return "event_time";
    if (event->tenant == NULL)
        event->tenant = "default";
    if (*event->tenant == '\0')
        return "tenant";
    if (event->event_id != NULL && *event->event_id == '\0')
        event->event_id = NULL;
    json_t *seq = field(json, "seq"), *code = field(json, "error_code");
    event->has_seq = seq != NULL;
    event->seq = json_integer_value(seq);
    if (seq != NULL && !json_is_integer(seq))
        return "seq";
    if (code != NULL && !json_is_integer(code) && !json_is_string(code))
        return "error_code";
    json_t *attributes = field(json, "attributes");
    return attributes != NULL && !json_is_object(attributes) ? "attributes" : NULL;
}

static struct event *add_event(struct events *events)
{
    if (events->count == events->room) {
        events->room = events->room * 2 + 64;
        events->list = realloc(events->list, events->room * sizeof *events->list);
        if (events->list == NULL)
            give_up(3, "out of memory");
    }
    struct event *event = &events->list[events->count];
    memset(event, 0, sizeof *event);
    return event;
}

static void read_line(const char *line, size_t length, const char *place, struct events *events)
{
    json_error_t error;
    const char *wrong;
    struct event *event = add_event(events);
    json_t *json =
        length <= LINE_MAX_BYTES ? json_loadb(line, length, JSON_REJECT_DUPLICATES, &error) : NULL;
    if (json == NULL)
        wrong = "JSON";
    else if (!json_is_object(json))
        wrong = "object";
    else if (depth(json) > DEPTH_MAX)
        wrong = "nesting";
    else
        wrong = read_fields(json, event);
    if (wrong != NULL) {
        fprintf(stderr, "oracle: %s: rejected: %s\n", place, wrong);
        json_decref(json);
        events->rejected++;
        return;
    }
    event->json = json;
    events->count++;
    event->arrival = (int64_t)events->count;
}

static char *read_file(const char *path, size_t *ret_length)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t length = 0, got;
    if (file == NULL)
        give_up(3, "cannot open %s", path);
    do {
        text = realloc(text, length + 65536);
        if (text == NULL)
            give_up(3, "out of memory");
        got = fread(text + length, 1, 65536, file);
        length += got;
    } while (got > 0);
    fclose(file);
    *ret_length = length;
    return text;
}

void read_events(const char *path, struct events *events)
{
    size_t length, number = 0;
    char *text = read_file(path, &length);
    const char *at = text, *end = text + length;
    if (length >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t size = (size_t)((newline != NULL ? newline : end) - at);
        const char *line = at;
        char place[512];
        at += size + (newline != NULL);
        snprintf(place, sizeof place, "%s:%zu", path, ++number);
        if (size > 0 && line[size - 1] == '\r')
            size--;
        size_t blanks = 0;
        while (blanks < size && (line[blanks] == ' ' || line[blanks] == '\t'))
            blanks++;
        if (blanks < size)
            read_line(line, size, place, events);
    }
    free(text);
}
