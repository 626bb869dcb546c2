/* One partition: its records, put together by task, each of which is judged or learned from.
 *
 * Records of several feeders are merged by place, so that each task's events come in arrival order.
 * A hash table finds the task of a head record; equal hashes are settled by comparing the ids. The
 * other records name their head. Records of a task are a linked list through one array, in arrival
 * order. A plain task is only counted (plain.h); of the others the events are gathered. */
#include "replay/partition_parts.h"

#include "core/base/assert.h"
#include <string.h>

/* One feeder's records of the partition, in order. */
struct cursor {
    const struct tt_block *block, *end;
    const char *at, *block_end;
    struct tt_rec_stream stream;
    struct tt_rec *rec; /* the one before `at` */
    struct tt_rec_name name;
    uint32_t *task_of_head; /* number of the feeder's head -> task */
};

/* An empty list has no blocks, and no arithmetic may be done on where they are not. */
static struct cursor cursor_of(const struct tt_block_list *list)
{
    if (list->count == 0)
        return (struct cursor){0};
    return (struct cursor){.block = list->blocks, .end = list->blocks + list->count};
}

/* Reads the record at the cursor into an entry of its own; false at the end. */
static inline bool cursor_next(struct cursor *cursor, struct tt_partition *part)
{
    enum { FAR = 512 }; /* bytes asked for ahead */
    while (cursor->at == cursor->block_end) {
        if (cursor->block == cursor->end)
            return false;
        cursor->at = cursor->block->data;
        cursor->block_end = cursor->at + cursor->block->used;
        cursor->block++;
        for (size_t ahead = 0; cursor->block < cursor->end && ahead < FAR; ahead += 64)
            __builtin_prefetch((const char *)((uintptr_t)cursor->block->data + ahead));
    }
    cursor->rec = &part->entries[part->entry_count++];
    tt_rec_take(cursor->at, &cursor->stream, cursor->rec);
    cursor->at = tt_rec_end(cursor->rec, &cursor->name);
    __builtin_prefetch((const char *)((uintptr_t)cursor->at + FAR));
    return true;
}

static enum tt_err load_spilled(struct tt_pass *pass, unsigned p, struct tt_partition *part,
                                struct tt_fault *fault)
{
    size_t bytes = 0;
    for (size_t f = 0; f < pass->feeder_count; f++)
        bytes += tt_blocks_spilled(&pass->feeders[f]->blocks, p);
    if (bytes == 0)
        return TT_OK;
    part->loaded = tt_mem_alloc(bytes + TT_REC_BEHIND);
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

/* Takes a table from the thread's memory, on a cache line of its own; NULL memory: only counts. */
static void *cut(char *memory, size_t *used, size_t count, size_t bytes)
{
    enum { LINE = 64 };
    void *table = memory == NULL ? NULL : memory + *used;
    *used += (count * bytes + LINE - 1) / LINE * LINE;
    return table;
}

/* Takes all tables; returns the bytes they need. */
static size_t cut_tables(struct tt_partition *part, char *memory, size_t records, size_t heads,
                         size_t slots)
{
    size_t used = 0;
    part->entries = cut(memory, &used, records, sizeof *part->entries);
    part->tasks = cut(memory, &used, heads, sizeof *part->tasks);
    part->names = cut(memory, &used, heads, sizeof *part->names);
    part->slots = cut(memory, &used, slots, sizeof *part->slots);
    part->task_of_head = cut(memory, &used, heads, sizeof *part->task_of_head);
    return used;
}

/* All tables stand in one block, in huge pages: they are read and written crosswise, and what they
 * take together mostly fits into one such page. Nothing in them outlives a partition. */
static enum tt_err reserve(struct tt_partition *part, size_t records, size_t heads, size_t slots)
{
    size_t bytes = cut_tables(part, NULL, records, heads, slots);
    if (bytes > part->memory_bytes) {
        size_t size = bytes;
        if (bytes >= TT_MEM_HUGE_BYTES / 4)
            size = (bytes + TT_MEM_HUGE_BYTES - 1) / TT_MEM_HUGE_BYTES * TT_MEM_HUGE_BYTES;
        tt_mem_free(part->memory);
        part->memory_bytes = 0;
        part->memory = size == bytes ? tt_mem_alloc(size) : tt_mem_huge(size);
        if (part->memory == NULL)
            return TT_ERR_NO_MEMORY;
        part->memory_bytes = size;
    }
    cut_tables(part, part->memory, records, heads, slots);
    return TT_OK;
}

/* Room for the partition's records and tasks, in the thread's tables. */
static enum tt_err make_tables(const struct tt_pass *pass, unsigned p, struct tt_partition *part,
                               struct tt_fault *fault)
{
    uint64_t records = 0, heads = 0;
    for (size_t f = 0; f < pass->feeder_count; f++) {
        records += pass->feeders[f]->blocks.open[p].records;
        heads += pass->feeders[f]->blocks.open[p].stream.heads;
    }
    if (records >= UINT32_MAX)
        return tt_fault_set(fault, TT_ERR_LIMIT, "more than 4 billion events in one partition");
    size_t slots = 64;
    while (slots < 2 * heads)
        slots *= 2;
    if (reserve(part, records + 1, heads + 1, slots) != TT_OK)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    memset(part->slots, 0, slots * sizeof *part->slots);
    part->slot_count = slots;
    part->entry_count = part->task_count = 0;
    return TT_OK;
}

/* The task that the head names, a new one where there is none. */
static uint32_t task_of_head(struct tt_partition *part, const struct tt_rec_name *name)
{
    uint64_t hash = tt_rec_hash_of(name->name, 0, true); /* TT_REC_BEHIND */
    size_t mask = part->slot_count - 1, at = hash & mask;
    uint32_t mark = (uint32_t)(hash >> 20);
    for (; part->slots[at].task != 0; at = (at + 1) & mask) {
        const struct tt_rec_name *known = &part->names[part->slots[at].task - 1];
        if (part->slots[at].mark == mark && tt_str_quick_equal(known->name, name->name))
            return part->slots[at].task - 1;
    }
    part->slots[at] = (struct tt_task_slot){part->task_count + 1, mark};
    return part->task_count;
}

/* As far as lifecycles depend on it. */
static struct tt_str tenant_of(const struct tt_pass *pass, const struct tt_rec_name *name)
{
    return pass->group_count == 1 ? TT_STR_NONE : tt_name_tenant(name->name.ptr, &pass->dictionary);
}

static void place_record(const struct tt_pass *pass, struct tt_partition *part,
                         const struct cursor *cursor)
{
    const struct tt_rec *rec = cursor->rec;
    uint32_t index = (uint32_t)(rec - part->entries), number;
    if (rec->flags & TT_REC_HEAD) {
        number = task_of_head(part, &cursor->name);
        cursor->task_of_head[rec->head] = number;
        if (number == part->task_count) {
            part->names[number] = cursor->name;
            struct tt_task_list *fresh = &part->tasks[part->task_count++];
            fresh->first = fresh->last = index;
            fresh->count = 1;
            tt_plain_start(&fresh->plain, pass, tenant_of(pass, &cursor->name), cursor->name.type);
            tt_plain_step(&fresh->plain, pass, rec);
            return;
        }
    } else {
        number = cursor->task_of_head[rec->head];
    }
    struct tt_task_list *task = &part->tasks[number];
    part->entries[task->last].head = index;
    task->last = index;
    task->count++;
    tt_plain_step(&task->plain, pass, rec);
}

/* Merges the feeders' records by place. There are as many feeders as threads: a scan finds the
 * least. */
static enum tt_err place_records(struct tt_pass *pass, unsigned p, struct tt_partition *part,
                                 struct tt_fault *fault)
{
    size_t live = 0;
    uint32_t *heads = part->task_of_head;
    struct cursor *cursors = tt_mem_array(pass->feeder_count + 1, sizeof *cursors);
    if (cursors == NULL)
        return tt_fault_set(fault, TT_ERR_NO_MEMORY, "out of memory");
    for (size_t f = 0; f < pass->feeder_count; f++) {
        cursors[live] = cursor_of(&pass->feeders[f]->blocks.partitions[p]);
        cursors[live].task_of_head = heads;
        heads += pass->feeders[f]->blocks.open[p].stream.heads;
        live += cursor_next(&cursors[live], part);
    }
    while (live > 0) {
        size_t least = 0;
        for (size_t c = 1; c < live; c++)
            if (cursors[c].rec->place < cursors[least].rec->place)
                least = c;
        place_record(pass, part, &cursors[least]);
        if (!cursor_next(&cursors[least], part))
            cursors[least] = cursors[--live];
    }
    tt_mem_free(cursors);
    return TT_OK;
}

static void read_event(const struct tt_pass *pass, const struct tt_task *task,
                       const struct tt_rec *rec, struct tt_tev *event)
{
    struct tt_rec_numbers numbers;
    tt_rec_read_numbers(rec, &numbers);
    *event = (struct tt_tev){
        .time_us = rec->event_time_us,
        .received_us = numbers.received_at_us,
        .seq = numbers.seq,
        .apply_seq = numbers.apply_seq,
        .applied_at_us = numbers.applied_at_us,
        .arrival = pass->chunk_base[tt_rec_chunk(rec->place)] + tt_rec_ordinal(rec->place) + 1,
        .rec = rec,
        .status = rec->status,
        .state = task->lifecycle == NULL ? TT_STATUS_UNKNOWN
                                         : pass->rules.state_of[task->lifecycle_index][rec->status],
        .has_seq = (rec->flags & TT_REC_SEQ) != 0,
        .has_applied = (rec->flags & TT_REC_APPLIED) != 0,
    };
    tt_rec_read_origin(rec, &pass->origins, &event->source, &event->stage);
}

static enum tt_err read_name(const struct tt_pass *pass, const struct tt_rec_name *name,
                             struct tt_partition *part, struct tt_task *task)
{
    size_t chars = tt_name_task_chars(name->name.ptr, &pass->dictionary);
    if (tt_mem_reserve((void **)&part->task_id, &part->task_id_capacity,
                       chars + TT_ID_TEXT_MAX_BEYOND, 1) != TT_OK)
        return TT_ERR_NO_MEMORY;
    tt_name_task_id(name->name.ptr, &pass->dictionary, part->task_id);
    task->task_id = (struct tt_str){part->task_id, chars};
    task->tenant = tt_name_tenant(name->name.ptr, &pass->dictionary);
    return TT_OK;
}

static void choose_lifecycle(const struct tt_pass *pass, const struct tt_rec_name *name,
                             struct tt_task *task)
{
    task->type_number = name->type;
    if (name->type != TT_REC_NO_TYPE)
        task->type = tt_intern_text(&pass->names, name->type);
    task->lifecycle_index = tt_pass_lifecycle_of(pass, task->tenant, name->type);
    if (task->lifecycle_index < pass->lifecycle_count)
        task->lifecycle = tt_lifecycle_at(pass->options.lifecycles, task->lifecycle_index);
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

static void gather_interval(const struct tt_pass *pass, struct tt_task *task,
                            const struct tt_rec *rec)
{
    struct tt_interval *interval = &task->intervals[task->interval_count++];
    struct tt_rec_numbers numbers;
    struct tt_str source;
    tt_rec_read_numbers(rec, &numbers);
    tt_rec_read_origin(rec, &pass->origins, &source, &interval->stage);
    interval->valid_from_us = rec->event_time_us;
    interval->valid_to_us = numbers.received_at_us;
    interval->status = tt_intern_text(&pass->names, rec->status);
}

/* Gathers a task; task->event_count is 0 when the store alone knows it. */
static enum tt_err gather(const struct tt_pass *pass, struct tt_partition *part, uint32_t number,
                          struct tt_task *task, struct tt_bench *bench)
{
    const struct tt_task_list *list = &part->tasks[number];
    if (make_room(bench, list->count) != TT_OK)
        return TT_ERR_NO_MEMORY;
    *task = (struct tt_task){.events = bench->events,
                             .originals = bench->originals,
                             .timeline = bench->timeline,
                             .intervals = bench->intervals,
                             .stored_event_time_us = TT_TIME_NONE};
    if (read_name(pass, &part->names[number], part, task) != TT_OK)
        return TT_ERR_NO_MEMORY;
    choose_lifecycle(pass, &part->names[number], task);
    for (uint32_t i = 0, at = list->first; i < list->count; i++) {
        const struct tt_rec *rec = &part->entries[at];
        if (rec->kind == TT_REC_STATE) {
            task->stored_status = tt_intern_text(&pass->names, rec->status);
            task->stored_event_time_us = rec->event_time_us;
        } else if (rec->kind == TT_REC_INTERVAL) {
            gather_interval(pass, task, rec);
        } else {
            __builtin_prefetch(rec->rest); /* behind the id, which duplicates are found by */
            read_event(pass, task, rec, &task->events[task->event_count++]);
        }
        at = part->entries[at].head;
    }
    return TT_OK;
}

static enum tt_err visit_task(struct tt_pass *pass, struct tt_partition *part, uint32_t number,
                              struct tt_bench *bench, const struct tt_task_visit *visit,
                              struct tt_fault *fault)
{
    struct tt_task task;
    if (visit->quick != NULL && visit->quick(pass, visit->context, part, number))
        return TT_OK;
    enum tt_err err = gather(pass, part, number, &task, bench);
    return err != TT_OK || task.event_count == 0
               ? err
               : visit->task(pass, visit->context, &task, bench, fault);
}

/* Asks for the memory of tasks that will be visited soon: their first and last records, and of
 * those that have to be gathered, the records between them, one by one. */
static void ask_ahead(const struct tt_partition *part, uint32_t task)
{
    enum { FAR = 12, NEAR = 8, NEARER = 5, NEAREST = 2 };
    if (task + FAR >= part->task_count)
        return;
    const struct tt_task_list *list = &part->tasks[task + FAR];
    __builtin_prefetch(&part->entries[list->first]);
    __builtin_prefetch(&part->entries[list->last]);
    list = &part->tasks[task + NEAR];
    if (list->count > 2 && !list->plain.is)
        __builtin_prefetch(&part->entries[part->entries[list->first].head]);
    list = &part->tasks[task + NEARER];
    if (list->count > 3 && !list->plain.is)
        __builtin_prefetch(&part->entries[part->entries[part->entries[list->first].head].head]);
    list = &part->tasks[task + NEAREST];
    for (uint32_t i = 0, at = list->first; !list->plain.is && i < list->count && i < 8;
         i++, at = part->entries[at].head)
        __builtin_prefetch(part->entries[at].rest);
}

enum tt_err tt_partition_walk(struct tt_pass *pass, unsigned p, struct tt_partition *part,
                              struct tt_bench *bench, const struct tt_task_visit *visit,
                              struct tt_fault *fault)
{
    enum tt_err err = load_spilled(pass, p, part, fault);
    if (err == TT_OK)
        err = make_tables(pass, p, part, fault);
    if (err == TT_OK)
        err = place_records(pass, p, part, fault);
    if (visit->partition != NULL)
        visit->partition(visit->context, p);
    for (uint32_t t = 0; err == TT_OK && t < part->task_count; t++) {
        ask_ahead(part, t);
        err = visit_task(pass, part, t, bench, visit, fault);
    }
    tt_mem_free(part->loaded);
    part->loaded = NULL;
    return err == TT_OK ? TT_OK : tt_fault_set(fault, err, "out of memory");
}

void tt_partition_done(struct tt_partition *part)
{
    tt_mem_free(part->memory);
    tt_mem_free(part->loaded);
    tt_mem_free(part->task_id);
    *part = (struct tt_partition){0};
}
