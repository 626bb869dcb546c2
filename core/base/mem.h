/* Memory: the one place that calls malloc, and arenas for what is freed together.
 *
 * Tests can make the n-th allocation fail (tt_mem_fail_after); production code never calls that.
 * Threads: tt_mem_* any; an arena belongs to one thread at a time.
 */
#ifndef TT_BASE_MEM_H
#define TT_BASE_MEM_H

#include "core/base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Plain allocation. NULL when memory is out; sizes of 0 give a valid pointer. */
void *tt_mem_alloc(size_t bytes) TT_MUST_CHECK;
void *tt_mem_zalloc(size_t bytes) TT_MUST_CHECK;
/* For large tables: whole huge pages where the kernel grants them, which saves most page faults and
 * address lookups. bytes: a multiple of TT_MEM_HUGE_BYTES. */
enum { TT_MEM_HUGE_BYTES = 2 * 1024 * 1024 };
void *tt_mem_huge(size_t bytes) TT_MUST_CHECK;
/* count * bytes with overflow checked. */
void *tt_mem_array(size_t count, size_t bytes) TT_MUST_CHECK;
/* Resizes; on failure the old block stays valid and NULL is returned. */
void *tt_mem_resize(void *block, size_t count, size_t bytes) TT_MUST_CHECK;
void tt_mem_free(void *block);

/* Grows *array so that it holds at least `need` elements, doubling. *capacity is in elements. */
enum tt_err tt_mem_reserve(void **array, size_t *capacity, size_t need,
                           size_t element_bytes) TT_MUST_CHECK;

/* Tests only: the allocation after `successes` more ones fails, and with `sticky` all later ones.
 * A negative number switches it off. */
void tt_mem_fail_after(long successes, bool sticky);
/* Tests only: allocations made by this process so far. */
uint64_t tt_mem_count(void);

/* An arena hands out memory that is freed all at once. Zero-initialise, then tt_arena_init. */
struct tt_arena {
    struct tt_arena_block *blocks; /* newest first; NULL before the first allocation */
    struct tt_arena_block *lent;   /* not in use yet */
    struct tt_arena_block *spare;  /* lent too, for when all else of that is used up */
    size_t used;                   /* bytes used in the newest block */
    size_t total;                  /* bytes in all blocks */
    size_t max;                    /* refuse to grow beyond this; 0 = unbounded */
    bool took_spare;
};

void tt_arena_init(struct tt_arena *arena, size_t max_bytes);
/* 16-byte aligned memory, NULL when out of memory or over the maximum. */
void *tt_arena_alloc(struct tt_arena *arena, size_t bytes) TT_MUST_CHECK;
/* A copy with a NUL behind it (not counted), NULL when out of memory. */
char *tt_arena_copy(struct tt_arena *arena, const char *bytes, size_t len) TT_MUST_CHECK;
/* Memory of somebody else, no longer needed there, to be used before new memory is asked for. It
 * must live as long as the arena, or until the next reset, and is not freed. What is spare is used
 * last, and may be taken back before (tt_arena_forget_spare). */
void tt_arena_lend(struct tt_arena *arena, void *memory, size_t bytes, bool is_spare);
/* Whether something spare is in use. If not, its owner may take it back, once it is forgotten. */
static inline bool tt_arena_took_spare(const struct tt_arena *arena)
{
    return arena->took_spare;
}
void tt_arena_forget_spare(struct tt_arena *arena);
/* Forgets everything allocated and lent, keeps the newest block for reuse. */
void tt_arena_reset(struct tt_arena *arena);
void tt_arena_done(struct tt_arena *arena);

#endif
