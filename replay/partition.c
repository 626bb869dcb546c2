/* One partition: its records, put together by task, each of which is judged or learned from.
 *
 * Records of several feeders are merged by place, so that each task's events come in arrival order.
 * A hash table finds the task of a record; equal hashes are settled by comparing the ids. Events of
 * a task are a linked list through one array, in arrival order. */
#include "replay/pass_parts.h"

#include "core/base/assert.h"
#include <string.h>

struct entry {
    const struct tt_rec *rec;
    uint32_t next; /* index + 1 of the task's next entry, 0 = last */
};

struct slot {
    uint32_t first, last; /* index + 1 of the task's entries; first 0 = empty */
    uint32_t count;
    uint32_t hash; /* low bits, to skip most comparisons */
};

/* One feeder's records of the partition, in order. */
struct cursor {
    const struct tt_block *block, *end;
    const char *at, *block_end;
};

struct partition {
    struct entry *entries;
    uint32_t entry_count;
    struct slot *slots;
    size_t slot_count;
    uint32_t *order; /* slots in order of first arrival */
    uint32_t task_count;
    char *loaded; /* spilled blocks */
};

/* An empty list has no blocks, and no arithmetic may be done on where they are not. */
static struct cursor cursor_of(const struct tt_block_list *list)
{
    if (list->count == 0)
        return (struct cursor){0};
    return (struct cursor){.block = list->blocks, .end = list->blocks + list->count};
}

static bool cursor_settle(struct cursor *cursor)
{
    while (cursor->at == cursor->block_end) {
        if (cursor->block == cursor->end)
            return false;
        cursor->at = cursor->block->data;
        cursor->block_end = cursor->at + cursor->block->used;
        cursor->block++;
    }
    return true;
}

static const struct tt_rec *cursor_peek(const struct cursor *cursor)
{
    return (const struct tt_rec *)(const void *)cursor->at;
}

static enum tt_err load_spilled(struct tt_pass *pass, unsigned p, struct partition *part,
                                struct tt_fault *fault)
{
    size_t bytes = 0;
    for (size_t f = 0; f < pass->feeder_count; f++)
        bytes += tt_blocks_spilled(&pass->feeders[f]->blocks, p);
    if (bytes == 0)
        return TT_OK;
    part->loaded = tt_mem_alloc(bytes);
    if (part->loaded == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    char *at = part->loaded;
    for (size_t f = 0; f < pass->feeder_count; f++) {
        size_t share = tt_blocks_spilled(&pass->feeders[f]->blocks, p);
        enum tt_err err = tt_blocks_load(&pass->feeders[f]->blocks, p, at, fault);
        if (err != TT_OK)
            return err;
        at += share;
    }
    return TT_OK;
}

static enum tt_err count_records(struct tt_pass *pass, unsigned p, struct partition *part,
                                 struct tt_fault *fault)
{
    uint64_t count = 0;
    for (size_t f = 0; f < pass->feeder_count; f++) {
        const struct tt_block_list *list = &pass->feeders[f]->blocks.partitions[p];
        struct cursor cursor = cursor_of(list);
        for (; cursor_settle(&cursor); cursor.at += (size_t)cursor_peek(&cursor)->words * 8)
            count++;
    }
    if (count >= UINT32_MAX)
        return tt_fault_set(fault, TT_ERR_LIMIT, "more than 4 billion events in one partition");
    size_t slots = 64;
    while (slots < 2 * count)
        slots *= 2;
    part->entries = tt_mem_array(count + 1, sizeof *part->entries);
    part->order = tt_mem_array(count + 1, sizeof *part->order);
    part->slots = tt_mem_zalloc(slots * sizeof *part->slots);
    part->slot_count = slots;
    if (part->entries == NULL || part->order == NULL || part->slots == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    return TT_OK;
}

static void place_record(struct partition *part, const struct tt_rec *rec)
{
    uint32_t index = part->entry_count++;
    part->entries[index] = (struct entry){.rec = rec};
    size_t mask = part->slot_count - 1, at = rec->hash & mask;
    for (;; at = (at + 1) & mask) {
        struct slot *slot = &part->slots[at];
        if (slot->first == 0) {
            *slot = (struct slot){index + 1, index + 1, 1, (uint32_t)(rec->hash >> 20)};
            part->order[part->task_count++] = (uint32_t)at;
            return;
        }
        if (slot->hash == (uint32_t)(rec->hash >> 20) &&
            tt_rec_same_task(part->entries[slot->first - 1].rec, rec)) {
            part->entries[slot->last - 1].next = index + 1;
            slot->last = index + 1;
            slot->count++;
            return;
        }
    }
}

/* Merges the feeders' records by place. There are as many feeders as threads: a scan finds the
 * least. */
static enum tt_err place_records(struct tt_pass *pass, unsigned p, struct partition *part,
                                 struct tt_fault *fault)
{
    size_t live = 0;
    struct cursor *cursors = tt_mem_array(pass->feeder_count + 1, sizeof *cursors);
    if (cursors == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    for (size_t f = 0; f < pass->feeder_count; f++) {
        const struct tt_block_list *list = &pass->feeders[f]->blocks.partitions[p];
        cursors[live] = cursor_of(list);
        live += cursor_settle(&cursors[live]);
    }
    while (live > 0) {
        size_t least = 0;
        for (size_t c = 1; c < live; c++)
            if (cursor_peek(&cursors[c])->place < cursor_peek(&cursors[least])->place)
                least = c;
        const struct tt_rec *rec = cursor_peek(&cursors[least]);
        place_record(part, rec);
        cursors[least].at += (size_t)rec->words * 8;
        if (!cursor_settle(&cursors[least]))
            cursors[least] = cursors[--live];
    }
    tt_mem_free(cursors);
    return TT_OK;
}

static void read_event(const struct tt_pass *pass, const struct tt_task *task,
                       const struct tt_rec *rec, struct tt_tev *event)
{
    struct tt_rec_view view;
    tt_rec_read(rec, &view);
    *event = (struct tt_tev){
        .time_us = rec->event_time_us,
        .received_us = view.received_at_us,
        .seq = view.seq,
        .apply_seq = view.apply_seq,
        .applied_at_us = view.applied_at_us,
        .arrival = pass->chunk_base[rec->place >> 32] + (uint32_t)rec->place + 1,
        .event_id = view.event_id,
        .source = view.source,
        .stage = view.stage,
        .status = rec->status,
        .state = task->lifecycle == NULL ? TT_STATUS_UNKNOWN
                                         : pass->rules.state_of[task->lifecycle_index][rec->status],
        .has_seq = (rec->flags & TT_REC_SEQ) != 0,
        .has_applied = (rec->flags & TT_REC_APPLIED) != 0,
    };
}

static void choose_lifecycle(const struct tt_pass *pass, struct tt_task *task,
                             const struct tt_rec *first)
{
    tt_rec_key(first, &task->tenant, &task->task_id);
    task->type_number = first->type;
    if (first->type != TT_REC_NO_TYPE)
        task->type = tt_intern_text(&pass->names, first->type);
    if (pass->options.lifecycles == NULL)
        return;
    task->lifecycle = tt_lifecycle_for(pass->options.lifecycles, task->type);
    for (size_t i = 0; task->lifecycle != NULL && i < pass->lifecycle_count; i++)
        if (tt_lifecycle_at(pass->options.lifecycles, i) == task->lifecycle)
            task->lifecycle_index = i;
}

static enum tt_err make_room(struct tt_bench *bench, uint32_t count)
{
    if (tt_mem_reserve((void **)&bench->events, &bench->event_capacity, count,
                       sizeof *bench->events) != TT_OK ||
        tt_mem_reserve((void **)&bench->originals, &bench->original_capacity, count,
                       sizeof *bench->originals) != TT_OK ||
        tt_mem_reserve((void **)&bench->timeline, &bench->timeline_capacity, count,
                       sizeof *bench->timeline) != TT_OK ||
        tt_mem_reserve((void **)&bench->intervals, &bench->interval_capacity, count,
                       sizeof *bench->intervals) != TT_OK)
        return TT_ERR_NO_MEMORY;
    return TT_OK;
}

/* Gathers a task; task->event_count is 0 when the store alone knows it. */
static enum tt_err gather(const struct tt_pass *pass, const struct partition *part,
                          const struct slot *slot, struct tt_task *task, struct tt_bench *bench)
{
    const uint16_t stored = TT_REC_STATE | TT_REC_INTERVAL;
    if (make_room(bench, slot->count) != TT_OK)
        return TT_ERR_NO_MEMORY;
    *task = (struct tt_task){.events = bench->events,
                             .originals = bench->originals,
                             .timeline = bench->timeline,
                             .intervals = bench->intervals};
    for (uint32_t i = slot->first; i != 0; i = part->entries[i - 1].next) {
        const struct tt_rec *rec = part->entries[i - 1].rec;
        if (rec->flags & TT_REC_STATE)
            task->state = rec;
        else if (rec->flags & TT_REC_INTERVAL)
            task->intervals[task->interval_count++] = rec;
        if (rec->flags & stored)
            continue;
        if (task->event_count == 0)
            choose_lifecycle(pass, task, rec);
        read_event(pass, task, rec, &task->events[task->event_count++]);
    }
    return TT_OK;
}

static enum tt_err visit_tasks(struct tt_pass *pass, const struct partition *part,
                               struct tt_bench *bench, const struct tt_task_visit *visit,
                               struct tt_fault *fault)
{
    for (uint32_t t = 0; t < part->task_count; t++) {
        struct tt_task task;
        if (gather(pass, part, &part->slots[part->order[t]], &task, bench) != TT_OK)
            return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
        if (task.event_count == 0)
            continue;
        enum tt_err err = visit->task(pass, visit->context, &task, bench, fault);
        if (err != TT_OK)
            return tt_fault_set(fault, err, "out of memory");
    }
    return TT_OK;
}

enum tt_err tt_partition_walk(struct tt_pass *pass, unsigned p, struct tt_bench *bench,
                              const struct tt_task_visit *visit, struct tt_fault *fault)
{
    struct partition part = {0};
    enum tt_err err = load_spilled(pass, p, &part, fault);
    if (err == TT_OK)
        err = count_records(pass, p, &part, fault);
    if (err == TT_OK)
        err = place_records(pass, p, &part, fault);
    if (err == TT_OK)
        err = visit_tasks(pass, &part, bench, visit, fault);
    tt_mem_free(part.entries);
    tt_mem_free(part.order);
    tt_mem_free(part.slots);
    tt_mem_free(part.loaded);
    return err;
}
