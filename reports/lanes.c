/* The events that keep their place are a longest subsequence in time order (patience sorting). It
 * is looked for from the end, so that of two events that changed places the late one is the one
 * that moved. */
#include "reports/lanes.h"

#include "core/base/mem.h"
#include <stdlib.h>

enum { RUN_MIN = 3 }; /* shorter stretches are drawn */

struct aligning {
    const struct tt_lane_event *events;
    size_t count;
    bool *stays;                          /* keeps its place; by index */
    const struct tt_lane_event **in_time; /* originals by time rank */
    size_t time_count;
    uint32_t *tails, *before; /* patience: index + 1 */
};

/* ---- Who stays ---- */

static void find_stays(struct aligning *work)
{
    size_t piles = 0;
    for (size_t i = work->count; i-- > 0;) {
        if (work->events[i].duplicate)
            continue;
        size_t low = 0, high = piles; /* first pile whose top is not above this rank */
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (work->events[work->tails[middle] - 1].time_rank > work->events[i].time_rank)
                low = middle + 1;
            else
                high = middle;
        }
        work->tails[low] = (uint32_t)i + 1;
        work->before[i] = low == 0 ? 0 : work->tails[low - 1];
        piles += low == piles;
    }
    for (uint32_t at = piles == 0 ? 0 : work->tails[piles - 1]; at != 0; at = work->before[at - 1])
        work->stays[at - 1] = true;
}

static int compare_time(const void *a, const void *b)
{
    const struct tt_lane_event *x = *(const struct tt_lane_event *const *)a,
                               *y = *(const struct tt_lane_event *const *)b;
    return (x->time_rank > y->time_rank) - (x->time_rank < y->time_rank);
}

static void sort_by_time(struct aligning *work)
{
    for (size_t i = 0; i < work->count; i++)
        if (!work->events[i].duplicate)
            work->in_time[work->time_count++] = &work->events[i];
    if (work->time_count > 1)
        qsort(work->in_time, work->time_count, sizeof *work->in_time, compare_time);
}

/* ---- Columns ---- */

/* Has the time of one of its neighbours in time order: sorted, no others can have it. */
static bool is_tied(const struct aligning *work, size_t rank)
{
    int64_t us = work->in_time[rank]->event_time_us;
    return (rank > 0 && work->in_time[rank - 1]->event_time_us == us) ||
           (rank + 1 < work->time_count && work->in_time[rank + 1]->event_time_us == us);
}

static void place_below(const struct aligning *work, struct tt_lane_column *column, size_t rank)
{
    column->below = work->in_time[rank];
    column->tied = is_tied(work, rank);
}

/* Between two events that stay, first those that moved in, then those that moved out. */
static void fill_columns(const struct aligning *work, struct tt_lanes *lanes)
{
    size_t above = 0, below = 0;
    while (above < work->count || below < work->time_count) {
        for (; below < work->time_count && !work->stays[work->in_time[below] - work->events];
             below++)
            place_below(work, &lanes->columns[lanes->count++], below);
        for (; above < work->count && !work->stays[above]; above++) {
            lanes->columns[lanes->count++].above = &work->events[above];
            lanes->moved += !work->events[above].duplicate;
        }
        if (above == work->count)
            continue;
        struct tt_lane_column *column = &lanes->columns[lanes->count++];
        column->above = &work->events[above++];
        place_below(work, column, below++);
    }
}

static bool is_marked(const struct tt_lane_column *column)
{
    return column->above != column->below || column->above->late || column->above->violates;
}

/* seen[c]: the column is to be drawn, because something is to be seen there or beside it. Where
 * nothing else is, equal times are. */
static void choose(const struct tt_lanes *lanes, bool *seen)
{
    bool any = false;
    for (size_t c = 0; c < lanes->count; c++)
        any = any || is_marked(&lanes->columns[c]);
    for (size_t c = 0; c < lanes->count; c++) {
        if (any ? !is_marked(&lanes->columns[c]) : !lanes->columns[c].tied)
            continue;
        seen[c] = true;
        if (c > 0)
            seen[c - 1] = true;
        if (c + 1 < lanes->count)
            seen[c + 1] = true;
    }
    if (lanes->count > 0)
        seen[0] = seen[lanes->count - 1] = true;
}

static void skip_runs(struct tt_lanes *lanes, const bool *seen)
{
    size_t left = 0;
    for (size_t c = 0; c < lanes->count;) {
        size_t end = c;
        while (end < lanes->count && !seen[end])
            end++;
        if (end - c >= RUN_MIN) {
            lanes->columns[left++] = (struct tt_lane_column){.skipped = end - c};
            c = end;
            continue;
        }
        end = end == c ? c + 1 : end;
        while (c < end)
            lanes->columns[left++] = lanes->columns[c++];
    }
    lanes->count = left;
}

enum tt_err tt_lanes_make(const struct tt_lane_event *events, size_t count,
                          struct tt_lanes *ret_lanes)
{
    struct aligning work = {.events = events, .count = count};
    struct tt_lanes lanes = {.columns = tt_mem_zalloc((2 * count + 1) * sizeof *lanes.columns)};
    bool *seen = tt_mem_zalloc(2 * count + 1);
    work.stays = tt_mem_zalloc(count + 1);
    work.in_time = tt_mem_array(count + 1, sizeof(void *));
    work.tails = tt_mem_array(count + 1, sizeof *work.tails);
    work.before = tt_mem_array(count + 1, sizeof *work.before);
    bool ok = lanes.columns != NULL && seen != NULL && work.stays != NULL && work.in_time != NULL &&
              work.tails != NULL && work.before != NULL;
    if (ok) {
        find_stays(&work);
        sort_by_time(&work);
        fill_columns(&work, &lanes);
        choose(&lanes, seen);
        skip_runs(&lanes, seen);
        *ret_lanes = lanes;
    } else
        tt_mem_free(lanes.columns);
    tt_mem_free(seen);
    tt_mem_free(work.stays);
    tt_mem_free((void *)work.in_time);
    tt_mem_free(work.tails);
    tt_mem_free(work.before);
    return ok ? TT_OK : TT_ERR_NO_MEMORY;
}

void tt_lanes_done(struct tt_lanes *lanes)
{
    tt_mem_free(lanes->columns);
    *lanes = (struct tt_lanes){0};
}
