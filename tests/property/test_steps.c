/* Steps learned from random histories against a count without any cleverness, and the same whatever
 * the threads, the feeders and the memory. */
#include "replay/pass.h"
#include "replay/steps.h"
#include "tests/lib/history.h"
#include "tests/lib/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 8, TASKS = 150, ROWS_MAX = 4096, TEXT_MAX = 120 };

/* ---- Without cleverness ---- */

struct row {
    char key[TEXT_MAX]; /* "what type from to" */
    uint64_t count, tasks, arrival;
    int task;
};

struct rows {
    struct row list[ROWS_MAX];
    size_t count;
};

static bool same_text(const char *a, const char *b)
{
    return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

static bool same_content(const struct tt_history_event *a, const struct tt_history_event *b)
{
    return strcmp(a->status, b->status) == 0 && a->event_time_us == b->event_time_us &&
           same_text(a->stage, b->stage);
}

static bool same_event(const struct tt_history_event *a, const struct tt_history_event *b)
{
    if (a->id >= 0 || b->id >= 0)
        return a->id == b->id;
    return same_content(a, b) && a->has_seq == b->has_seq && (!a->has_seq || a->seq == b->seq) &&
           same_text(a->source, b->source);
}

static void add(struct rows *rows, enum tt_counted what, const char *type, const char *from,
                const char *to, int task, uint64_t arrival)
{
    char key[TEXT_MAX];
    snprintf(key, sizeof key, "%d %s %s %s", (int)what, type == NULL ? "-" : type,
             from == NULL ? "-" : from, to == NULL ? "-" : to);
    size_t at = 0;
    while (at < rows->count && strcmp(rows->list[at].key, key) != 0)
        at++;
    if (at == rows->count) {
        ck_assert_uint_lt(rows->count, ROWS_MAX);
        rows->list[rows->count++] = (struct row){.task = -1};
        memcpy(rows->list[at].key, key, sizeof key);
    }
    struct row *row = &rows->list[at];
    row->count++;
    row->tasks += row->task != task;
    row->task = task;
    if (row->arrival == 0 || arrival < row->arrival)
        row->arrival = arrival;
}

static void count_task(struct rows *rows, const struct tt_history *history, int task, bool by_type)
{
    const struct tt_history_event *originals[TT_HISTORY_EVENTS_MAX + 1];
    uint64_t arrivals[TT_HISTORY_EVENTS_MAX + 1];
    const char *type = NULL;
    size_t n = 0;
    bool late = false, tie = false, conflict = false, first = true;
    for (size_t e = 0; e < history->count; e++) {
        const struct tt_history_event *event = &history->events[e];
        if (event->task != task)
            continue;
        if (first)
            type = by_type ? event->task_type : NULL;
        first = false;
        size_t k = 0;
        while (k < n && !same_event(originals[k], event))
            k++;
        conflict = conflict || (k < n && !same_content(originals[k], event));
        if (k < n)
            continue;
        for (size_t i = 0; i < n; i++) {
            late = late || originals[i]->event_time_us > event->event_time_us;
            tie = tie || originals[i]->event_time_us == event->event_time_us;
        }
        originals[n] = event;
        arrivals[n++] = e + 1;
    }
    if (n == 0)
        return;
    if (type != NULL && strcmp(type, "*") == 0)
        type = NULL;
    if (late || tie || conflict) {
        add(rows,
            late  ? TT_COUNTED_LATE
            : tie ? TT_COUNTED_TIE
                  : TT_COUNTED_CONFLICT,
            type, NULL, NULL, task, arrivals[0]);
        for (size_t i = 0; i < n; i++)
            add(rows, TT_COUNTED_UNUSED, type, NULL, originals[i]->status, task, arrivals[i]);
        return;
    }
    add(rows, TT_COUNTED_BEGIN, type, NULL, originals[0]->status, task, arrivals[0]);
    for (size_t i = 1; i < n; i++)
        add(rows, TT_COUNTED_STEP, type, originals[i - 1]->status, originals[i]->status, task,
            arrivals[i]);
    add(rows, TT_COUNTED_END, type, originals[n - 1]->status, NULL, task, arrivals[n - 1]);
}

/* ---- The pass ---- */

static struct tt_event event_of(const struct tt_history_event *from, char *task_id, char *event_id)
{
    snprintf(task_id, 32, "task %d", from->task);
    snprintf(event_id, 32, "event %d", from->id);
    return (struct tt_event){
        .tenant = tt_str_from(from->tenant == NULL ? "default" : from->tenant),
        .task_id = tt_str_from(task_id),
        .status = tt_str_from(from->status),
        .event_id = from->id < 0 ? TT_STR_NONE : tt_str_from(event_id),
        .task_type = tt_str_from(from->task_type),
        .source = tt_str_from(from->source),
        .stage = tt_str_from(from->stage),
        .event_time_us = from->event_time_us,
        .received_at_us = TT_TIME_NONE,
        .seq = from->seq,
        .has_seq = from->has_seq,
    };
}

struct setting {
    unsigned threads, feeders;
    uint64_t memory_bytes;
    bool by_type;
};

/* Pieces of the history go to the feeders in turn, as chunks of the input do. */
static struct tt_pass *learned(const struct tt_history *history, const struct setting *setting,
                               const struct tt_step_counts **ret_counts)
{
    struct tt_pass_options options = {.threads = setting->threads,
                                      .memory_bytes = setting->memory_bytes,
                                      .temp_dir = "/tmp",
                                      .now_us = TT_TIME_NONE};
    struct tt_pass *pass;
    struct tt_feeder *feeders[8];
    struct tt_fault fault = {0};
    ck_assert_int_eq(tt_pass_create(&options, &pass, &fault), TT_OK);
    for (unsigned f = 0; f < setting->feeders; f++)
        ck_assert_int_eq(tt_pass_feeder(pass, &feeders[f], &fault), TT_OK);
    const size_t piece = 37;
    for (size_t e = 0; e < history->count; e++) {
        struct tt_feeder *feeder = feeders[e / piece % setting->feeders];
        char task_id[32], event_id[32];
        struct tt_event event = event_of(&history->events[e], task_id, event_id);
        if (e % piece == 0 && e > 0)
            ck_assert_int_eq(tt_feeder_chunk(feeder, (uint32_t)(e / piece), &fault), TT_OK);
        ck_assert_int_eq(tt_feeder_add(feeder, &event, &fault), TT_OK);
    }
    ck_assert_msg(tt_pass_learn(pass, setting->by_type, ret_counts, &fault) == TT_OK, "%s",
                  fault.text);
    return pass;
}

static void expect_rows(const struct tt_step_counts *counts, const struct rows *rows)
{
    ck_assert_uint_eq(counts->count, rows->count);
    for (size_t i = 0; i < counts->count; i++) {
        const struct tt_step_count *found = &counts->rows[i];
        char key[TEXT_MAX];
        snprintf(key, sizeof key, "%d %.*s %.*s %.*s", (int)found->what,
                 TT_STR_ARGS(found->type.ptr == NULL ? TT_STR("-") : found->type),
                 TT_STR_ARGS(found->from.ptr == NULL ? TT_STR("-") : found->from),
                 TT_STR_ARGS(found->to.ptr == NULL ? TT_STR("-") : found->to));
        size_t at = 0;
        while (at < rows->count && strcmp(rows->list[at].key, key) != 0)
            at++;
        ck_assert_msg(at < rows->count, "%s was counted, wrongly", key);
        ck_assert_msg(
            found->count == rows->list[at].count && found->tasks == rows->list[at].tasks &&
                found->arrival == rows->list[at].arrival,
            "%s: counted %llu in %llu tasks, first %llu; expected %llu, %llu, %llu", key,
            (unsigned long long)found->count, (unsigned long long)found->tasks,
            (unsigned long long)found->arrival, (unsigned long long)rows->list[at].count,
            (unsigned long long)rows->list[at].tasks, (unsigned long long)rows->list[at].arrival);
    }
}

/* Byte for byte, the order of the rows and the examples included. */
static void expect_same(const struct tt_step_counts *a, const struct tt_step_counts *b)
{
    ck_assert_uint_eq(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const struct tt_step_count *x = &a->rows[i], *y = &b->rows[i];
        ck_assert(x->what == y->what && tt_str_equal(x->type, y->type) &&
                  tt_str_equal(x->from, y->from) && tt_str_equal(x->to, y->to));
        ck_assert(x->count == y->count && x->tasks == y->tasks && x->arrival == y->arrival &&
                  tt_str_equal(x->tenant, y->tenant) && tt_str_equal(x->task_id, y->task_id));
    }
}

static const struct setting plain = {1, 1, 1 << 30, true};

TT_TEST(steps_are_those_that_counting_one_by_one_gives)
{
    struct tt_chance chance = {tt_chance_seed("steps")};
    static struct rows rows;
    bool taught = false, left_out = false;
    for (int round = 0; round < ROUNDS; round++) {
        struct tt_history history;
        const struct tt_step_counts *counts;
        struct setting setting = plain;
        setting.by_type = round % 2 == 0;
        tt_history_make(&chance, &(struct tt_history_options){.tasks = TASKS, .duplicates = true},
                        &history);
        rows.count = 0;
        for (int task = 0; task < TASKS; task++)
            count_task(&rows, &history, task, setting.by_type);
        struct tt_pass *pass = learned(&history, &setting, &counts);
        expect_rows(counts, &rows);
        for (size_t i = 0; i < counts->count; i++) {
            taught = taught || counts->rows[i].what == TT_COUNTED_STEP;
            left_out = left_out || counts->rows[i].what == TT_COUNTED_CONFLICT;
        }
        tt_pass_destroy(pass);
        tt_history_free(&history);
    }
    ck_assert(taught && left_out);
}
TT_END

TT_TEST(threads_feeders_and_memory_change_nothing)
{
    static const struct setting others[] = {
        {2, 1, 1 << 30, true}, {5, 3, 1 << 30, true}, {1, 8, 1 << 20, true}, {3, 2, 1, true}};
    struct tt_chance chance = {tt_chance_seed("threads")};
    for (int round = 0; round < ROUNDS; round++) {
        struct tt_history history;
        const struct tt_step_counts *counts, *again;
        tt_history_make(&chance, &(struct tt_history_options){.tasks = TASKS, .duplicates = true},
                        &history);
        struct tt_pass *pass = learned(&history, &plain, &counts);
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
            struct tt_pass *other = learned(&history, &others[i], &again);
            expect_same(counts, again);
            tt_pass_destroy(other);
        }
        tt_pass_destroy(pass);
        tt_history_free(&history);
    }
}
TT_END

TT_SUITE("property/steps", steps_are_those_that_counting_one_by_one_gives,
         threads_feeders_and_memory_change_nothing)
