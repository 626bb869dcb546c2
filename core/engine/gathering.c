#include "core/engine/gathering.h"

#include <stdlib.h>

void tt_gathering_done(struct tt_gathering *gathering)
{
    tt_mem_free(gathering->tasks);
    tt_mem_free(gathering->unsorted);
    tt_mem_free(gathering->partitions);
    tt_mem_free(gathering->order);
    tt_mem_free(gathering->place_of);
    tt_mem_free(gathering->slots.list);
}

static enum tt_err make_room(struct tt_gathering *g, size_t count)
{
    const struct {
        void **list;
        size_t *capacity, bytes;
    } lists[] = {
        {(void **)&g->tasks, &g->task_capacity, sizeof *g->tasks},
        {(void **)&g->unsorted, &g->unsorted_capacity, sizeof *g->unsorted},
        {(void **)&g->partitions, &g->partition_capacity, sizeof *g->partitions},
        {(void **)&g->order, &g->order_capacity, sizeof *g->order},
        {(void **)&g->place_of, &g->place_capacity, sizeof *g->place_of},
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (tt_mem_reserve(lists[i].list, lists[i].capacity, count, lists[i].bytes) != TT_OK)
            return TT_ERR_NO_MEMORY;
    return tt_slots_reset(&g->slots, count);
}

static size_t find_task(struct tt_gathering *g, const struct tt_event *event)
{
    uint64_t hash = tt_str_hash(event->task_id, tt_str_hash(event->tenant, 0));
    uint32_t *slot = tt_slots_first(&g->slots, hash);
    for (; *slot != 0; slot = tt_slots_next(&g->slots, slot)) {
        const struct tt_store_task *task = &g->unsorted[*slot - 1];
        if (tt_str_equal(task->task_id, event->task_id) &&
            tt_str_equal(task->tenant, event->tenant))
            return *slot - 1;
    }
    g->unsorted[g->batch.task_count] =
        (struct tt_store_task){.tenant = event->tenant, .task_id = event->task_id};
    *slot = (uint32_t)++g->batch.task_count;
    return *slot - 1;
}

static int by_key(const void *a, const void *b, void *context)
{
    const struct tt_store_task *tasks = context;
    const struct tt_store_task *x = &tasks[*(const uint32_t *)a], *y = &tasks[*(const uint32_t *)b];
    int order = tt_str_compare(x->tenant, y->tenant);
    return order != 0 ? order : tt_str_compare(x->task_id, y->task_id);
}

static void sort_tasks(struct tt_gathering *g)
{
    size_t count = g->batch.task_count;
    for (size_t i = 0; i < count; i++)
        g->order[i] = (uint32_t)i;
    qsort_r(g->order, count, sizeof *g->order, by_key, g->unsorted);
    for (size_t i = 0; i < count; i++) {
        g->tasks[i] = g->unsorted[g->order[i]];
        g->place_of[g->order[i]] = (uint32_t)i;
    }
    for (size_t i = 0; i < g->batch.entry_count; i++)
        g->batch.entries[i].task = g->place_of[g->batch.entries[i].task];
}

static int by_number(const void *a, const void *b)
{
    const struct tt_store_partition *x = a, *y = b;
    return (x->partition > y->partition) - (x->partition < y->partition);
}

/* Entries of a partition mostly stand together, so the list is short before it is sorted. */
static void gather_partitions(struct tt_gathering *g)
{
    struct tt_store_entry *entries = g->batch.entries;
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < g->batch.entry_count; i++) {
        int64_t partition = entries[i].place.partition;
        if (i == 0 || partition != entries[i - 1].place.partition)
            g->partitions[count++] = (struct tt_store_partition){.partition = partition};
    }
    qsort(g->partitions, count, sizeof *g->partitions, by_number);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || g->partitions[kept - 1].partition != g->partitions[i].partition)
            g->partitions[kept++] = g->partitions[i];
    for (size_t i = 0; i < g->batch.entry_count; i++) {
        const struct tt_store_partition key = {.partition = entries[i].place.partition};
        if (i > 0 && key.partition == entries[i - 1].place.partition) {
            entries[i].partition = entries[i - 1].partition;
            continue;
        }
        const struct tt_store_partition *found =
            bsearch(&key, g->partitions, kept, sizeof key, by_number);
        entries[i].partition = (size_t)(found - g->partitions);
    }
    g->batch.partition_count = kept;
    for (size_t i = 0; i < g->batch.entry_count; i++) {
        struct tt_store_partition *partition = &g->partitions[entries[i].partition];
        if (entries[i].fence > partition->fence)
            partition->fence = entries[i].fence;
    }
}

enum tt_err tt_gathering_run(struct tt_gathering *g, struct tt_store_entry *entries, size_t count,
                             int64_t epoch)
{
    g->batch = (struct tt_store_batch){.epoch = epoch, .entries = entries, .entry_count = count};
    if (make_room(g, count) != TT_OK)
        return TT_ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        entries[i].stored_same = false;
        entries[i].task = find_task(g, &entries[i].event);
        struct tt_store_task *task = &g->unsorted[entries[i].task];
        if (entries[i].fence > task->fence)
            task->fence = entries[i].fence;
    }
    sort_tasks(g);
    gather_partitions(g);
    g->batch.tasks = g->tasks;
    g->batch.partitions = g->partitions;
    return TT_OK;
}
