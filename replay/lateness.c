/* Late arrivals: an original whose event time is below the largest event time that arrived before
 * it.
 *
 * Inversions are counted with a binary indexed tree over the ranks of the times (Fenwick, "A New
 * Data Structure for Cumulative Frequency Tables", 1994), in O(n log n); tasks of few events by
 * counting. Moves are originals minus the longest non-decreasing subsequence, by patience sorting
 * (Fredman, "On computing the length of longest increasing subsequences", 1975). */
#include "replay/task.h"

#include <stdlib.h>
#include <string.h>

enum { COUNT_DIRECTLY_MAX = 64 };

static const struct tt_tev *original(const struct tt_task *task, uint32_t i)
{
    return &task->events[task->originals[i]];
}

/* Index of the first value > limit in a non-decreasing array. */
static uint32_t first_above(const int64_t *values, uint32_t count, int64_t limit)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (values[middle] > limit)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static uint64_t count_moves(struct tt_task *task, int64_t *tails)
{
    uint32_t piles = 0;
    for (uint32_t i = 0; i < task->original_count; i++) {
        int64_t time = original(task, i)->time_us;
        uint32_t at = first_above(tails, piles, time);
        tails[at] = time;
        if (at == piles)
            piles++;
    }
    return task->original_count - piles;
}

static int compare_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Earlier-arrived originals with a later time, for each original, by a tree over time ranks. */
static bool count_by_tree(struct tt_task *task, struct tt_bench *bench, uint32_t *overtaken)
{
    uint32_t n = task->original_count;
    int64_t *sorted = tt_bench_times(bench, n);
    uint32_t *tree = tt_arena_alloc(&bench->arena, ((size_t)n + 1) * sizeof *tree);
    if (sorted == NULL || tree == NULL)
        return false;
    for (uint32_t i = 0; i < n; i++)
        sorted[i] = original(task, i)->time_us;
    qsort(sorted, n, sizeof *sorted, compare_times);
    memset(tree, 0, ((size_t)n + 1) * sizeof *tree);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t rank =
            first_above(sorted, n, original(task, i)->time_us); /* 1-based: last of equal times */
        uint32_t not_later = 0;
        for (uint32_t at = rank; at > 0; at &= at - 1)
            not_later += tree[at];
        overtaken[i] = i - not_later;
        for (uint32_t at = rank; at <= n; at += at & (0 - at))
            tree[at]++;
    }
    return true;
}

static void count_directly(struct tt_task *task, uint32_t *overtaken)
{
    for (uint32_t i = 0; i < task->original_count; i++) {
        overtaken[i] = 0;
        if (!original(task, i)->late)
            continue;
        for (uint32_t k = 0; k < i; k++)
            overtaken[i] += original(task, k)->time_us > original(task, i)->time_us;
    }
}

static void mark_late(struct tt_task *task)
{
    int64_t largest = INT64_MIN;
    task->late_count = 0;
    for (uint32_t i = 0; i < task->original_count; i++) {
        struct tt_tev *event = &task->events[task->originals[i]];
        event->late = event->time_us < largest;
        task->late_count += event->late;
        if (event->time_us > largest)
            largest = event->time_us;
    }
}

static void report_late(struct tt_task *task, struct tt_bench *bench, const uint32_t *overtaken)
{
    uint32_t leader = 0; /* the first-arrived with the largest time so far */
    for (uint32_t i = 0; i < task->original_count; i++) {
        const struct tt_tev *event = original(task, i), *ahead = original(task, leader);
        if (event->time_us > ahead->time_us)
            leader = i;
        if (!event->late)
            continue;
        task->inversions += overtaken[i];
        struct tt_finding *finding = tt_bench_found(bench, TT_KIND_LATE_ARRIVAL, event);
        if (finding == NULL)
            return;
        finding->late_arrival.lateness_us = ahead->time_us - event->time_us;
        finding->late_arrival.overtaken_by = overtaken[i];
        finding->late_arrival.behind_arrival = ahead->arrival;
    }
}

void tt_task_find_late(struct tt_task *task, struct tt_bench *bench)
{
    task->inversions = task->moves = 0;
    mark_late(task);
    if (task->late_count == 0)
        return;
    uint32_t *overtaken = tt_bench_work(bench, task->original_count);
    int64_t *tails = tt_bench_times(bench, task->original_count);
    if (overtaken == NULL || tails == NULL)
        return;
    task->moves = count_moves(task, tails);
    if (task->original_count <= COUNT_DIRECTLY_MAX)
        count_directly(task, overtaken);
    else if (!count_by_tree(task, bench, overtaken)) {
        bench->out_of_memory = true;
        return;
    }
    report_late(task, bench, overtaken);
}

bool tt_task_hold_us(const struct tt_task *task, uint32_t i, const int64_t *largest_before,
                     int64_t *ret_us)
{
    const struct tt_tev *event = original(task, i);
    if (event->received_us == TT_TIME_NONE)
        return false;
    int64_t hold_us = 0;
    if (event->late) {
        /* The first-arrived with a later time is where the running maximum first exceeds this time.
         */
        const struct tt_tev *first = original(task, first_above(largest_before, i, event->time_us));
        if (first->received_us == TT_TIME_NONE)
            return false;
        hold_us = event->received_us - first->received_us;
    }
    *ret_us = hold_us > 0 ? hold_us : 0;
    return true;
}
