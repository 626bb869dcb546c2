/* Which events are the same event: equal event_id, or, without one, equal status, time, stage,
 * source and seq. The first to arrive is the original. Few events are compared each with each, many
 * by a hash table whose hits are compared in full. */
#include "core/base/str_quick.h"
#include "replay/task.h"

#include <string.h>

enum { PAIRWISE_MAX = 24 };

static bool same_content(const struct tt_tev *a, const struct tt_tev *b)
{
    return a->status == b->status && a->time_us == b->time_us && tt_str_equal(a->stage, b->stage);
}

static bool same_id(const struct tt_rec *a, const struct tt_rec *b)
{
    struct tt_id one = tt_rec_id(a), other = tt_rec_id(b);
    return tt_id_same(&one, &other);
}

static bool same_event(const struct tt_tev *a, const struct tt_tev *b)
{
    if (a->rec->id_code != TT_ID_NONE || b->rec->id_code != TT_ID_NONE)
        return same_id(a->rec, b->rec);
    return same_content(a, b) && a->has_seq == b->has_seq && (!a->has_seq || a->seq == b->seq) &&
           tt_str_equal(a->source, b->source);
}

static uint64_t identity_hash(const struct tt_tev *event)
{
    struct tt_id id = tt_rec_id(event->rec);
    if (id.code != TT_ID_NONE)
        return tt_id_hash(&id);
    /* The number goes in first: a slot is chosen by low bits, and of numbers that are multiples of
     * a power of two these are all equal until they are mixed. */
    uint64_t number = event->has_seq ? (uint64_t)event->seq * UINT64_C(0x9e3779b97f4a7c15) : 0;
    uint64_t hash = tt_str_hash(event->source, (uint64_t)event->time_us ^ number);
    return tt_str_hash(event->stage, hash ^ event->status);
}

static uint32_t find_pairwise(const struct tt_task *task, uint32_t i)
{
    for (uint32_t k = 0; k < task->original_count; k++)
        if (same_event(&task->events[task->originals[k]], &task->events[i]))
            return task->originals[k];
    return i;
}

/* slots: event index + 1, 0 = empty. */
static uint32_t find_hashed(const struct tt_task *task, uint32_t i, uint32_t *slots, size_t mask)
{
    size_t at = identity_hash(&task->events[i]) & mask;
    for (; slots[at] != 0; at = (at + 1) & mask)
        if (same_event(&task->events[slots[at] - 1], &task->events[i]))
            return slots[at] - 1;
    slots[at] = i + 1;
    return i;
}

static void report_duplicate(struct tt_task *task, struct tt_bench *bench,
                             const struct tt_tev *event)
{
    const struct tt_tev *original = &task->events[event->duplicate_of];
    bool conflicting = !same_content(original, event);
    struct tt_finding *finding = tt_bench_found(
        bench, conflicting ? TT_KIND_CONFLICTING_DUPLICATE : TT_KIND_DUPLICATE, event);
    if (finding == NULL)
        return;
    finding->duplicate.of_arrival = original->arrival;
    finding->duplicate.of_status = tt_status_text(bench, original->status);
    finding->duplicate.of_event_time_us = original->time_us;
}

void tt_task_find_duplicates(struct tt_task *task, struct tt_bench *bench)
{
    uint32_t count = task->event_count, *slots = NULL;
    size_t slot_count = 64;
    if (count > PAIRWISE_MAX) {
        while (slot_count < 2 * (size_t)count)
            slot_count *= 2;
        slots = tt_bench_work(bench, slot_count);
        if (slots == NULL)
            return;
        memset(slots, 0, slot_count * sizeof *slots);
    }
    task->original_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct tt_tev *event = &task->events[i];
        event->duplicate_of =
            slots == NULL ? find_pairwise(task, i) : find_hashed(task, i, slots, slot_count - 1);
        if (event->duplicate_of == i)
            task->originals[task->original_count++] = i;
        else
            report_duplicate(task, bench, event);
    }
    task->duplicate_count = count - task->original_count;
}
