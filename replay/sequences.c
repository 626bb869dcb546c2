/* The source's own counter: numbers that never came, and numbers that fall along the timeline.
 * Events of one source are looked at together; no source at all counts as a source. */
#include "replay/task.h"

#include <stdlib.h>

struct numbered {
    const struct tt_tev *event;
    uint32_t place; /* in the timeline */
};

static int compare_source(const struct tt_tev *a, const struct tt_tev *b)
{
    return tt_str_compare(a->source, b->source);
}

/* Source, then seq, then arrival. */
static int compare_by_seq(const void *a, const void *b)
{
    const struct tt_tev *x = ((const struct numbered *)a)->event,
                        *y = ((const struct numbered *)b)->event;
    int order = compare_source(x, y);
    if (order != 0)
        return order;
    if (x->seq != y->seq)
        return x->seq < y->seq ? -1 : 1;
    return (x->arrival > y->arrival) - (x->arrival < y->arrival);
}

/* Source, then timeline. */
static int compare_by_place(const void *a, const void *b)
{
    const struct numbered *x = a, *y = b;
    int order = compare_source(x->event, y->event);
    return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

static void find_gaps(struct numbered *events, size_t count, struct tt_bench *bench)
{
    qsort(events, count, sizeof *events, compare_by_seq);
    for (size_t i = 1; i < count; i++) {
        const struct tt_tev *before = events[i - 1].event, *event = events[i].event;
        if (compare_source(before, event) != 0 || (uint64_t)event->seq - (uint64_t)before->seq <= 1)
            continue;
        struct tt_finding *finding = tt_bench_found(bench, TT_KIND_SEQUENCE_GAP, event);
        if (finding == NULL)
            return;
        finding->sequence_gap.source = event->source;
        finding->sequence_gap.first_missing = before->seq + 1;
        finding->sequence_gap.last_missing = event->seq - 1;
    }
}

static void find_disorder(struct numbered *events, size_t count, struct tt_bench *bench)
{
    qsort(events, count, sizeof *events, compare_by_place);
    for (size_t i = 1; i < count; i++) {
        const struct tt_tev *before = events[i - 1].event, *event = events[i].event;
        if (compare_source(before, event) != 0 || event->seq >= before->seq)
            continue;
        struct tt_finding *finding = tt_bench_found(bench, TT_KIND_SEQUENCE_DISORDER, event);
        if (finding == NULL)
            return;
        finding->sequence_disorder.source = event->source;
        finding->sequence_disorder.seq = event->seq;
        finding->sequence_disorder.previous_seq = before->seq;
    }
}

void tt_task_find_sequences(struct tt_task *task, struct tt_bench *bench)
{
    size_t count = 0;
    for (uint32_t i = 0; i < task->original_count; i++)
        count += task->events[task->originals[i]].has_seq;
    if (count < 2)
        return;
    struct numbered *events = tt_arena_alloc(&bench->arena, count * sizeof *events);
    if (events == NULL) {
        bench->out_of_memory = true;
        return;
    }
    count = 0;
    for (uint32_t i = 0; i < task->original_count; i++) {
        const struct tt_tev *event = &task->events[task->timeline[i]];
        if (event->has_seq)
            events[count++] = (struct numbered){event, i};
    }
    find_gaps(events, count, bench);
    find_disorder(events, count, bench);
}
