#include "core/base/mem.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static atomic_long fail_countdown = -1; /* < 0: off; 0: the next allocation fails */
static atomic_bool fail_sticky;
static atomic_bool fail_armed;
static atomic_uint_fast64_t allocations;

void tt_mem_fail_after(long successes, bool sticky)
{
    atomic_store(&fail_countdown, successes);
    atomic_store(&fail_sticky, sticky);
    atomic_store(&fail_armed, successes >= 0);
}

uint64_t tt_mem_count(void)
{
    return atomic_load(&allocations);
}

static bool must_fail(void)
{
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    if (!atomic_load_explicit(&fail_armed, memory_order_relaxed))
        return false;
    long left = atomic_fetch_sub(&fail_countdown, 1);
    return left == 0 || (left < 0 && atomic_load(&fail_sticky));
}

/* Asks for huge pages. A hint: failing is fine. The page in front of `block` that may be told too
 * is the allocator's own. */
static void *hint(void *block, size_t bytes)
{
    if (block != NULL && bytes >= TT_MEM_HUGE_BYTES) {
        uintptr_t in_page = (uintptr_t)block % (uintptr_t)sysconf(_SC_PAGESIZE);
        madvise((char *)block - in_page, bytes + in_page, MADV_HUGEPAGE);
    }
    return block;
}

void *tt_mem_alloc(size_t bytes)
{
    return must_fail() ? NULL : hint(malloc(bytes == 0 ? 1 : bytes), bytes);
}

void *tt_mem_zalloc(size_t bytes)
{
    return must_fail() ? NULL : hint(calloc(1, bytes == 0 ? 1 : bytes), bytes);
}

void *tt_mem_huge(size_t bytes)
{
    return must_fail() ? NULL : hint(aligned_alloc(TT_MEM_HUGE_BYTES, bytes), bytes);
}

void *tt_mem_array(size_t count, size_t bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, bytes, &total))
        return NULL;
    return tt_mem_alloc(total);
}

void *tt_mem_resize(void *block, size_t count, size_t bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, bytes, &total) || must_fail())
        return NULL;
    return hint(realloc(block, total == 0 ? 1 : total), total);
}

void tt_mem_free(void *block)
{
    free(block);
}

enum tt_err tt_mem_reserve(void **array, size_t *capacity, size_t need, size_t element_bytes)
{
    if (need <= *capacity)
        return TT_OK;
    size_t grown = *capacity < 8 ? 8 : *capacity;
    while (grown < need) {
        if (grown > SIZE_MAX / 2)
            return TT_ERR_NO_MEMORY;
        grown *= 2;
    }
    void *block = tt_mem_resize(*array, grown, element_bytes);
    if (block == NULL)
        return TT_ERR_NO_MEMORY;
    *array = block;
    *capacity = grown;
    return TT_OK;
}

/* The blocks of an arena that has become large are huge pages. */
enum { ARENA_ALIGN = 16, ARENA_BLOCK_BYTES = 64 * 1024, ARENA_LARGE_BYTES = 1024 * 1024 };

struct tt_arena_block {
    struct tt_arena_block *older;
    size_t size; /* payload bytes */
    bool is_lent;
    _Alignas(ARENA_ALIGN) char data[];
};

void tt_arena_init(struct tt_arena *arena, size_t max_bytes)
{
    *arena = (struct tt_arena){.max = max_bytes};
}

static struct tt_arena_block *new_block(const struct tt_arena *arena, size_t bytes)
{
    size_t size = bytes > ARENA_BLOCK_BYTES / 4 ? bytes : ARENA_BLOCK_BYTES;
    struct tt_arena_block *block;
    if (arena->max != 0 && (size > arena->max || arena->total > arena->max - size))
        return NULL;
    if (size == ARENA_BLOCK_BYTES && arena->max == 0 && arena->total >= ARENA_LARGE_BYTES) {
        size = TT_MEM_HUGE_BYTES - sizeof *block;
        block = tt_mem_huge(TT_MEM_HUGE_BYTES);
    } else {
        block = tt_mem_alloc(sizeof *block + size);
    }
    if (block != NULL)
        *block = (struct tt_arena_block){.size = size};
    return block;
}

/* Takes one of the first blocks of the list with room for `bytes`; NULL: none of them has. */
static struct tt_arena_block *take_fitting(struct tt_arena_block **list, size_t bytes)
{
    enum { TRIES = 16 };
    for (int i = 0; i < TRIES && *list != NULL; i++, list = &(*list)->older)
        if ((*list)->size >= bytes) {
            struct tt_arena_block *block = *list;
            *list = block->older;
            return block;
        }
    return NULL;
}

/* A block with room for `bytes`: a lent one, or a new one. */
static struct tt_arena_block *next_block(struct tt_arena *arena, size_t bytes)
{
    struct tt_arena_block *block = take_fitting(&arena->lent, bytes);
    if (block != NULL)
        return block;
    block = take_fitting(&arena->spare, bytes);
    if (block == NULL)
        return new_block(arena, bytes);
    arena->took_spare = true;
    return block;
}

void tt_arena_lend(struct tt_arena *arena, void *memory, size_t bytes, bool is_spare)
{
    struct tt_arena_block **list = is_spare ? &arena->spare : &arena->lent;
    size_t gap = -(uintptr_t)memory & (ARENA_ALIGN - 1);
    if (bytes < gap + sizeof(struct tt_arena_block) + ARENA_ALIGN)
        return;
    struct tt_arena_block *block = (void *)((char *)memory + gap);
    size_t size = (bytes - gap - sizeof *block) & ~(size_t)(ARENA_ALIGN - 1);
    *block = (struct tt_arena_block){.older = *list, .size = size, .is_lent = true};
    *list = block;
}

void tt_arena_forget_spare(struct tt_arena *arena)
{
    arena->spare = NULL;
}

void *tt_arena_alloc(struct tt_arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX - ARENA_ALIGN - sizeof(struct tt_arena_block))
        return NULL;
    bytes = (bytes + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    struct tt_arena_block *block = arena->blocks;
    if (block == NULL || block->size - arena->used < bytes) {
        block = next_block(arena, bytes);
        if (block == NULL)
            return NULL;
        block->older = arena->blocks;
        arena->blocks = block;
        arena->total += block->size;
        arena->used = 0;
    }
    void *at = block->data + arena->used;
    arena->used += bytes;
    return at;
}

char *tt_arena_copy(struct tt_arena *arena, const char *bytes, size_t len)
{
    if (len == SIZE_MAX)
        return NULL;
    char *copy = tt_arena_alloc(arena, len + 1);
    if (copy == NULL)
        return NULL;
    if (len > 0)
        memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

static void free_blocks(struct tt_arena_block *block)
{
    while (block != NULL) {
        struct tt_arena_block *older = block->older;
        if (!block->is_lent)
            tt_mem_free(block);
        block = older;
    }
}

void tt_arena_reset(struct tt_arena *arena)
{
    struct tt_arena_block *keep = arena->blocks;
    arena->used = 0;
    arena->lent = arena->spare = NULL;
    arena->took_spare = false;
    if (keep == NULL)
        return;
    free_blocks(keep->older);
    keep->older = NULL;
    if (keep->is_lent)
        keep = arena->blocks = NULL;
    arena->total = keep == NULL ? 0 : keep->size;
}

void tt_arena_done(struct tt_arena *arena)
{
    free_blocks(arena->blocks);
    *arena = (struct tt_arena){.max = arena->max};
}
