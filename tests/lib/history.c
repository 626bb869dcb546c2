#include "tests/lib/history.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t tt_chance_next(struct tt_chance *chance)
{
    uint64_t z = chance->state += 0x9e3779b97f4a7c15u; /* splitmix64 */
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

unsigned tt_chance_below(struct tt_chance *chance, unsigned limit)
{
    return (unsigned)(tt_chance_next(chance) % limit);
}

bool tt_chance_of(struct tt_chance *chance, unsigned percent)
{
    return tt_chance_below(chance, 100) < percent;
}

uint64_t tt_chance_seed(const char *test)
{
    const char *given = getenv("TASKTRAIL_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10)
                                  : (uint64_t)now.tv_sec * 1000000007u + (uint64_t)now.tv_nsec;
    printf("%s: TASKTRAIL_SEED=%llu\n", test, (unsigned long long)seed);
    fflush(stdout);
    return seed;
}

#define PICK(chance, list) (list)[tt_chance_below(chance, sizeof(list) / sizeof *(list))]

static const char *const STATUSES[] = {"A", "B", "C", "D d", "É", "F", "a", "完"};
static const char *const UNKNOWN[] = {"lost?", "AA", "\"quoted\" \\"};
static const char *const TYPES[] = {"T0", "T1", "T2", "T3", "T4", "T5", "none", NULL};
static const char *const SOURCES[] = {"s1", "s2", "S1", "höst", "", NULL};
static const char *const STAGES[] = {"ingest", "enrich", NULL, NULL};
static const char *const TENANTS[] = {"a", "B", "é", "a!", "defaulT"};

void tt_history_append(struct tt_history *history, const struct tt_history_event *event)
{
    if (history->count == history->room) {
        history->room = history->room * 2 + 64;
        history->events = realloc(history->events, history->room * sizeof *history->events);
        ck_assert_ptr_nonnull(history->events);
    }
    history->events[history->count++] = *event;
}

void tt_history_free(struct tt_history *history)
{
    free(history->events);
    *history = (struct tt_history){0};
}

static void swap(struct tt_history_event *a, struct tt_history_event *b)
{
    struct tt_history_event kept = *a;
    *a = *b;
    *b = kept;
}

void tt_history_shuffle(struct tt_chance *chance, struct tt_history *history)
{
    for (size_t i = history->count; i > 1; i--)
        swap(&history->events[i - 1], &history->events[tt_chance_below(chance, (unsigned)i)]);
}

/* Upper bound: every group of equal times counts as free, and as eight where it is larger, because
 * it may hold duplicates. */
static bool few_orders(const struct tt_history_event *events, size_t count)
{
    double orders = 1;
    for (size_t i = 0; i < count; i++) {
        unsigned before = 0;
        for (size_t j = 0; j <= i; j++)
            before += events[j].event_time_us == events[i].event_time_us;
        orders *= before <= 8 ? before : 1;
    }
    return orders <= TT_HISTORY_ORDERS_MAX;
}

struct habits { /* of one task */
    unsigned tie_percent, late_percent, seq_percent, id_percent, received_percent, copy_percent;
    unsigned stray_percent, unknown_percent, sources;
    int64_t unit_us;
};

static struct habits make_habits(struct tt_chance *chance)
{
    static const unsigned percents[] = {0, 0, 10, 30, 60, 90, 100};
    static const int64_t units[] = {1, 1000000, 60000000, 86400000000};
    return (struct habits){.tie_percent = PICK(chance, percents),
                           .late_percent = PICK(chance, percents),
                           .seq_percent = PICK(chance, percents),
                           .id_percent = PICK(chance, percents),
                           .received_percent = PICK(chance, percents),
                           .copy_percent =
                               tt_chance_of(chance, 60) ? 0 : tt_chance_below(chance, 40),
                           .stray_percent = PICK(chance, percents) / 2,
                           .unknown_percent = tt_chance_of(chance, 80) ? 0 : 20,
                           .sources = 1 + tt_chance_below(chance, 6),
                           .unit_us = PICK(chance, units)};
}

/* The task as it happened: statuses run through the alphabet and back more often than they jump. */
static size_t make_timeline(struct tt_chance *chance, const struct habits *habits, bool distinct,
                            struct tt_history_event *events)
{
    size_t count = 1 + tt_chance_below(chance, tt_chance_of(chance, 20) ? 20 : 7);
    unsigned status = tt_chance_below(chance, 3), statuses = 4 + tt_chance_below(chance, 5);
    int64_t now_us = 1772323200000000 + tt_chance_below(chance, 1000) * habits->unit_us;
    int64_t seqs[6] = {0};
    const char *type = PICK(chance, TYPES);
    for (size_t i = 0; i < count; i++) {
        struct tt_history_event *event = &events[i];
        unsigned source = tt_chance_below(chance, habits->sources);
        if (distinct || !tt_chance_of(chance, habits->tie_percent))
            now_us += (1 + tt_chance_below(chance, 5)) * habits->unit_us;
        status = tt_chance_of(chance, habits->stray_percent)
                     ? tt_chance_below(chance, 8)
                     : (status + 1 + tt_chance_of(chance, 20)) % statuses;
        seqs[source] += !distinct && tt_chance_of(chance, 8) ? 0 : 1;
        seqs[source] += tt_chance_of(chance, 10) ? 1 + tt_chance_below(chance, 3) : 0;
        *event = (struct tt_history_event){
            .task_type = tt_chance_of(chance, 90) || distinct ? type : PICK(chance, TYPES),
            .status = tt_chance_of(chance, habits->unknown_percent) ? PICK(chance, UNKNOWN)
                                                                    : STATUSES[status],
            .source = SOURCES[source],
            .stage = PICK(chance, STAGES),
            .id = distinct || tt_chance_of(chance, habits->id_percent) ? (int)i : -1,
            .event_time_us = now_us,
            .seq = seqs[source] + (tt_chance_of(chance, 4) && !distinct ? -2 : 0),
            .has_seq = tt_chance_of(chance, habits->seq_percent),
            .has_received_at = tt_chance_of(chance, habits->received_percent)};
    }
    return count;
}

/* Copies of earlier events, some of them changed. */
static size_t add_copies(struct tt_chance *chance, const struct habits *habits,
                         struct tt_history_event *events, size_t count)
{
    for (size_t i = 0; i < count && count < TT_HISTORY_EVENTS_MAX; i++) {
        if (!tt_chance_of(chance, habits->copy_percent))
            continue;
        size_t at = i + 1 + tt_chance_below(chance, (unsigned)(count - i));
        memmove(events + at + 1, events + at, (count - at) * sizeof *events);
        events[at] = events[i];
        count++;
        switch (tt_chance_below(chance, 8)) {
        case 0: events[at].status = PICK(chance, STATUSES); break;
        case 1: events[at].event_time_us += habits->unit_us; break;
        case 2: events[at].stage = PICK(chance, STAGES); break;
        case 3: events[at].seq++; break;
        case 4: events[at].source = PICK(chance, SOURCES); break;
        case 5: events[at].id = -1; break;
        default: break;
        }
    }
    return count;
}

static void make_task(struct tt_chance *chance, const struct tt_history_options *options, int task,
                      struct tt_history *history)
{
    struct tt_history_event events[TT_HISTORY_EVENTS_MAX + 1];
    const char *tenant = task % 2 == 0 ? NULL : PICK(chance, TENANTS);
    int64_t received_us;
    size_t count;
    do {
        struct habits habits = make_habits(chance);
        count = make_timeline(chance, &habits, options->distinct, events);
        received_us = events[0].event_time_us - 10 * habits.unit_us;
        for (size_t i = 1; i < count; i++)
            if (tt_chance_of(chance, habits.late_percent))
                swap(&events[i], &events[tt_chance_below(chance, (unsigned)i)]);
        if (options->duplicates)
            count = add_copies(chance, &habits, events, count);
        for (size_t i = 0; i < count; i++) {
            received_us += ((int64_t)tt_chance_below(chance, 9) - 1) * habits.unit_us;
            events[i].received_at_us = received_us;
        }
    } while (!few_orders(events, count));
    for (size_t i = 0; i < count; i++) {
        events[i].task = task;
        events[i].tenant =
            tenant == NULL && tt_chance_of(chance, 20) && !options->distinct ? "default" : tenant;
        tt_history_append(history, &events[i]);
    }
}

/* Interleaves the tasks; each keeps its own order. */
static void interleave(struct tt_chance *chance, struct tt_history *history)
{
    struct tt_history mixed = {.task_count = history->task_count};
    size_t *next = calloc((size_t)history->task_count + 1, sizeof *next), left = history->count;
    size_t *start = calloc((size_t)history->task_count + 1, sizeof *start);
    for (size_t i = 0; i < history->count; i++)
        start[history->events[i].task + 1] = i + 1;
    memcpy(next, start, (size_t)history->task_count * sizeof *next);
    while (left > 0) {
        /* a window of tasks, so that tasks end and begin along the way */
        size_t task = tt_chance_below(chance, (unsigned)history->task_count);
        if (next[task] == start[task + 1])
            continue;
        tt_history_append(&mixed, &history->events[next[task]++]);
        left--;
    }
    free(next);
    free(start);
    free(history->events);
    *history = mixed;
}

void tt_history_make(struct tt_chance *chance, const struct tt_history_options *options,
                     struct tt_history *ret_history)
{
    *ret_history = (struct tt_history){.task_count = options->tasks};
    for (int task = 0; task < options->tasks; task++)
        make_task(chance, options, task, ret_history);
    interleave(chance, ret_history);
}
