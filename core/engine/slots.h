/* A hash table of small numbers, emptied as a whole: for finding a batch's tasks and events. Who
 * looks compares what the numbers stand for. Threads: one. */
#ifndef TT_ENGINE_SLOTS_H
#define TT_ENGINE_SLOTS_H

#include "core/base/mem.h"
#include <string.h>

struct tt_slots {
    uint32_t *list; /* number + 1; 0: free */
    size_t capacity, mask;
};

/* Empties it; there is room for `count` numbers. Errors: NO_MEMORY. */
static inline enum tt_err tt_slots_reset(struct tt_slots *slots, size_t count)
{
    size_t size = 16;
    while (size < 2 * count)
        size *= 2;
    if (tt_mem_reserve((void **)&slots->list, &slots->capacity, size, sizeof *slots->list) != TT_OK)
        return TT_ERR_NO_MEMORY;
    memset(slots->list, 0, size * sizeof *slots->list);
    slots->mask = size - 1;
    return TT_OK;
}

/* The first slot to look at; then tt_slots_next. A free slot holds 0: take it with number + 1. */
static inline uint32_t *tt_slots_first(struct tt_slots *slots, uint64_t hash)
{
    return &slots->list[hash & slots->mask];
}

static inline uint32_t *tt_slots_next(struct tt_slots *slots, const uint32_t *slot)
{
    return &slots->list[(size_t)(slot + 1 - slots->list) & slots->mask];
}

#endif
