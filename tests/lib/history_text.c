/* Histories and lifecycles as JSON. */
#include "tests/lib/history.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static json_t *time_json(int64_t us, enum tt_history_style style, struct tt_chance *chance)
{
    char text[80], date[32];
    int form = style == TT_HISTORY_PLAIN ? 0 : (int)tt_chance_below(chance, 4);
    int offset_minutes = form == 2 ? (int)tt_chance_below(chance, 1439) - 719 : 0;
    time_t second = (time_t)(us / 1000000) + offset_minutes * 60;
    int fraction = (int)(us % 1000000);
    struct tm parts;
    if (form == 1)
        return json_integer(us);
    gmtime_r(&second, &parts);
    strftime(date, sizeof date, form == 3 ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%dT%H:%M:%S", &parts);
    if (form == 2)
        snprintf(text, sizeof text, "%s.%06d%c%02d:%02d", date, fraction,
                 offset_minutes < 0 ? '-' : '+', abs(offset_minutes) / 60,
                 abs(offset_minutes) % 60);
    else if (form == 3)
        snprintf(text, sizeof text, "%s.%06d999z", date, fraction);
    else if (fraction == 0)
        snprintf(text, sizeof text, "%sZ", date);
    else
        snprintf(text, sizeof text, "%s.%06dZ", date, fraction);
    return json_string(text);
}

static void set_text(json_t *json, const char *key, const char *text, bool as_null)
{
    if (text != NULL)
        json_object_set_new(json, key, json_string(text));
    else if (as_null)
        json_object_set_new(json, key, json_null());
}

/* Names of one kind and another: most are short, some longer than what a cache remembers, some not
 * of ASCII alone. Two tasks of different tenants share one. */
static json_t *task_name(int task)
{
    static const char tail[] = "of-the-nightly-run-that-copies-all-that-came-in-by-day";
    int number = task / 2;
    switch (number % 8) {
    case 4: return json_sprintf("%d-%s", number, tail);
    case 5: return json_sprintf("%s-%d", tail, number);
    case 6: return json_sprintf("%041d", number); /* 48 bytes with the tenant "default" */
    case 7: return json_sprintf("tâche %d", number);
    default: return json_sprintf("t%d", number);
    }
}

/* Different for each id of a task. Those of digits and capitals take fewer bits in memory, ULIDs
 * and UUIDs are numbers there, and those of 128 bytes and more stand in another form. The ULIDs
 * have times near to the events' or far from them; all of a task may have the same time, or all the
 * same in what is drawn. */
static json_t *event_name(const struct tt_history_event *event)
{
    int variety = event->task * 7 + event->id;
    switch (variety % 11) {
    case 3: return json_sprintf("x%d~", event->id);
    case 4: return json_sprintf("%0*d", 120 + variety % 180, event->id);
    case 5: return json_sprintf("%0*d~", 120 + variety % 180, event->id);
    case 6:
        return json_sprintf("%0*d%s", 125 + variety % 4, event->id, variety % 3 == 0 ? "z" : "");
    case 7:
        return json_sprintf("%s%016d", variety % 2 == 0 ? "01KJKB3Q00" : "01KJMM0000", event->id);
    case 8: return json_sprintf("01KJM%05d4TSV4RRFFQ69G5FA", event->id);
    case 9: return json_sprintf("%08x-9c1b-7d2e-8f3a-00000000%04x", event->task, event->id);
    default: return json_sprintf("e%d", event->id);
    }
}

/* Some tasks have sources of their own, so that there are many in all. */
static void set_source(json_t *json, const struct tt_history_event *event, bool as_null)
{
    if (event->source != NULL && event->source[0] != '\0' && event->task % 3 == 0)
        json_object_set_new(json, "source", json_sprintf("%s/%d", event->source, event->task));
    else
        set_text(json, "source", event->source, as_null);
}

static json_t *event_json(const struct tt_history_event *event, enum tt_history_style style,
                          struct tt_chance *chance)
{
    json_t *json = json_object();
    bool odd = style == TT_HISTORY_ODD;
    json_object_set_new(json, "task_id", task_name(event->task));
    if (event->id >= 0)
        json_object_set_new(json, "event_id", event_name(event));
    else
        set_text(json, "event_id", odd ? "" : NULL, odd);
    set_text(json, "status", event->status, false);
    json_object_set_new(json, "event_time", time_json(event->event_time_us, style, chance));
    set_text(json, "tenant", event->tenant, odd);
    set_text(json, "task_type", event->task_type, odd);
    set_source(json, event, odd);
    set_text(json, "stage", event->stage, odd);
    if (event->has_seq)
        json_object_set_new(json, "seq", json_integer(event->seq));
    if (event->has_received_at)
        json_object_set_new(json, "received_at", time_json(event->received_at_us, style, chance));
    if (odd && tt_chance_of(chance, 30))
        json_object_set_new(json, "attributes", json_pack("{s:[n,f]}", "k", 1.5));
    if (odd && tt_chance_of(chance, 30))
        json_object_set_new(json, "unheard_of", json_true());
    return json;
}

/* The members in a random order, with white space between. */
static void write_odd(FILE *file, const json_t *json, struct tt_chance *chance)
{
    static const char *const blanks[] = {"", " ", "\t", "  "};
    const char *keys[32];
    unsigned count = 0;
    for (void *at = json_object_iter((json_t *)(size_t)json); at != NULL && count < 32;
         at = json_object_iter_next((json_t *)(size_t)json, at))
        keys[count++] = json_object_iter_key(at);
    for (unsigned i = count; i > 1; i--) {
        unsigned other = tt_chance_below(chance, i);
        const char *kept = keys[i - 1];
        keys[i - 1] = keys[other];
        keys[other] = kept;
    }
    fprintf(file, "%s{", blanks[tt_chance_below(chance, 4)]);
    for (unsigned i = 0; i < count; i++) {
        fprintf(file, "%s%s\"%s\"%s:%s", i == 0 ? "" : ",", blanks[tt_chance_below(chance, 4)],
                keys[i], blanks[tt_chance_below(chance, 4)], blanks[tt_chance_below(chance, 4)]);
        json_dumpf(json_object_get(json, keys[i]), file,
                   JSON_ENCODE_ANY | (tt_chance_of(chance, 50) ? JSON_ENSURE_ASCII : 0));
    }
    fprintf(file, "%s}%s", blanks[tt_chance_below(chance, 4)],
            tt_chance_of(chance, 20) ? "\r\n" : "\n");
    if (tt_chance_of(chance, 5))
        fprintf(file, "\n");
}

char *tt_history_text(const struct tt_history *history, enum tt_history_style style,
                      struct tt_chance *chance, size_t *ret_bytes)
{
    char *text = NULL;
    FILE *file = open_memstream(&text, ret_bytes);
    ck_assert_ptr_nonnull(file);
    for (size_t i = 0; i < history->count; i++) {
        json_t *json = event_json(&history->events[i], style, chance);
        if (style == TT_HISTORY_ODD) {
            write_odd(file, json, chance);
        } else {
            json_dumpf(json, file, JSON_COMPACT);
            fputc('\n', file);
        }
        json_decref(json);
    }
    ck_assert_int_eq(fclose(file), 0);
    return text;
}

/* Some of the names, in a random order. */
static json_t *some_names(struct tt_chance *chance, const char *const *names, unsigned count,
                          unsigned percent)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++)
        if (tt_chance_of(chance, percent))
            json_array_insert_new(list,
                                  tt_chance_below(chance, (unsigned)json_array_size(list) + 1),
                                  json_string(names[i]));
    return list;
}

static json_t *one_lifecycle(struct tt_chance *chance, int number, bool for_all)
{
    static const char *const names[] = {"A", "B", "C", "D d", "É", "F", "a", "完"};
    static const char *const ages[] = {"0us", "90s", "3m", "2h", "1d", "40d"};
    unsigned count = 4 + tt_chance_below(chance, 5), percent = 10 + tt_chance_below(chance, 35);
    json_t *json = json_object(), *transitions = json_object(), *max_age = json_object();
    char text[32];
    snprintf(text, sizeof text, "T%d", number);
    json_object_set_new(json, "name", json_string(text));
    if (!for_all)
        json_object_set_new(json, "task_types", json_pack("[s]", text));
    json_object_set_new(json, "initial", some_names(chance, names, count > 3 ? 3 : count, 50));
    json_object_set_new(json, "terminal", some_names(chance, names + 3, count - 3, 30));
    for (unsigned i = 0; i < count; i++) {
        /* mostly onward by one or two, which is what histories do */
        json_t *targets = some_names(chance, names, count, percent);
        for (unsigned step = 1; step <= 2; step++) {
            json_t *target = json_string(names[(i + step) % count]), *item;
            bool listed = false;
            size_t at;
            json_array_foreach(targets, at, item)
            {
                listed = listed || json_equal(item, target);
            }
            if (!listed && tt_chance_of(chance, step == 1 ? 85 : 40))
                json_array_append(targets, target);
            json_decref(target);
        }
        json_object_set_new(transitions, names[i], targets);
        if (tt_chance_of(chance, 50))
            json_object_set_new(max_age, names[i], json_string(ages[tt_chance_below(chance, 6)]));
    }
    json_object_set_new(json, "transitions", transitions);
    json_object_set_new(json, "max_age", max_age);
    return json;
}

char *tt_history_lifecycles(struct tt_chance *chance)
{
    json_t *list = json_array(), *file = json_object();
    int for_all = (int)tt_chance_below(chance, 8); /* six and seven: nobody */
    for (int i = 0; i < 6; i++)
        json_array_append_new(list, one_lifecycle(chance, i, i == for_all));
    json_object_set_new(file, "lifecycles", list);
    char *text = json_dumps(file, JSON_COMPACT);
    json_decref(file);
    return text;
}
