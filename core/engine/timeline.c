#include "core/engine/timeline.h"

#include <stdlib.h>
#include <string.h>

static int by_arrival(const void *a, const void *b)
{
    const struct tt_original *x = a, *y = b;
    return (x->arrival > y->arrival) - (x->arrival < y->arrival);
}

static int by_seq(const void *a, const void *b)
{
    const struct tt_original *x = a, *y = b;
    if (x->seq != y->seq)
        return x->seq < y->seq ? -1 : 1;
    return by_arrival(a, b);
}

static bool all_have_seq(const struct tt_original *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!list[i].has_seq)
            return false;
    return true;
}

static void sort_tie(struct tt_original *list, size_t count)
{
    if (count > 1)
        qsort(list, count, sizeof *list, all_have_seq(list, count) ? by_seq : by_arrival);
}

enum tt_err tt_timeline_begin(struct tt_timeline *timeline, const struct tt_original *originals,
                              size_t count, struct tt_arena *arena)
{
    size_t capacity = count + 8;
    struct tt_original *list = tt_arena_alloc(arena, capacity * sizeof *list);
    if (list == NULL)
        return TT_ERR_NO_MEMORY;
    if (count > 0)
        memcpy(list, originals, count * sizeof *list);
    *timeline = (struct tt_timeline){.list = list, .count = count, .capacity = capacity};
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first; end < count && list[end].event_time_us == list[first].event_time_us;
             end++)
            if (list[end].arrival > timeline->arrivals)
                timeline->arrivals = list[end].arrival;
        sort_tie(list + first, end - first);
    }
    return TT_OK;
}

static enum tt_err make_room(struct tt_timeline *timeline, struct tt_arena *arena)
{
    if (timeline->count < timeline->capacity)
        return TT_OK;
    size_t capacity = timeline->capacity * 2;
    struct tt_original *list = tt_arena_alloc(arena, capacity * sizeof *list);
    if (list == NULL)
        return TT_ERR_NO_MEMORY;
    memcpy(list, timeline->list, timeline->count * sizeof *list);
    timeline->list = list;
    timeline->capacity = capacity;
    return TT_OK;
}

/* Its tie, the event itself at the end, is in order but for the event. */
static void put_in_order(struct tt_original *tie, size_t count)
{
    struct tt_original moving = tie[count - 1];
    size_t at = count - 1;
    if (!moving.has_seq) { /* perhaps the first without: back to the order of arrival */
        if (all_have_seq(tie, count - 1))
            qsort(tie, count, sizeof *tie, by_arrival);
        return;
    }
    if (!all_have_seq(tie, count))
        return;
    for (; at > 0 && tie[at - 1].seq > moving.seq; at--)
        tie[at] = tie[at - 1];
    tie[at] = moving;
}

enum tt_err tt_timeline_add(struct tt_timeline *timeline, const struct tt_event *event,
                            struct tt_arena *arena)
{
    if (make_room(timeline, arena) != TT_OK)
        return TT_ERR_NO_MEMORY;
    struct tt_original *list = timeline->list;
    size_t behind = timeline->count, tie;
    while (behind > 0 && list[behind - 1].event_time_us > event->event_time_us)
        behind--;
    memmove(list + behind + 1, list + behind, (timeline->count - behind) * sizeof *list);
    list[behind] = (struct tt_original){.status = event->status,
                                        .stage = event->stage,
                                        .event_time_us = event->event_time_us,
                                        .seq = event->seq,
                                        .has_seq = event->has_seq,
                                        .arrival = ++timeline->arrivals};
    timeline->count++;
    for (tie = behind; tie > 0 && list[tie - 1].event_time_us == event->event_time_us;)
        tie--;
    put_in_order(list + tie, behind + 1 - tie);
    return TT_OK;
}
