/* Interning: equal texts get equal small numbers. For what has few distinct values: statuses,
 * types.
 *
 * Threads: tt_intern_number may be called by any thread at once (a lock inside, and each caller
 * keeps its own cache in front); tt_intern_text only once nobody adds any more. Texts live as long
 * as the table.
 */
#ifndef TT_REPLAY_INTERN_H
#define TT_REPLAY_INTERN_H

#include "core/base/err.h"
#include "core/base/mem.h"
#include "core/base/str_quick.h"
#include <pthread.h>

struct tt_intern {
    pthread_mutex_t lock;
    struct tt_arena arena;
    struct tt_str *texts; /* by number */
    size_t count, capacity;
    uint32_t *slots;                  /* number + 1; 0 = empty; open addressing */
    uint64_t *hashes;                 /* by number */
    size_t hash_capacity, slot_count; /* slot_count is a power of two */
};

enum { TT_INTERN_CACHE_SLOTS = 256, TT_INTERN_SHORTS = 256 };
/* One thread's cache in front of a table. Zero-initialise. */
struct tt_intern_cache {
    struct tt_intern_slot {
        struct tt_str text; /* the table's copy; ptr NULL = empty slot */
        uint32_t number;
    } slots[TT_INTERN_CACHE_SLOTS];
    struct tt_intern_short { /* short texts in front of that: one place for each */
        struct tt_str_ends ends;
        uint32_t len, number; /* len + 1; 0: empty */
    } shorts[TT_INTERN_SHORTS];
};

void tt_intern_init(struct tt_intern *table);
void tt_intern_done(struct tt_intern *table);
/* Errors: NO_MEMORY. text is present (ptr not NULL). */
enum tt_err tt_intern_number(struct tt_intern *table, struct tt_intern_cache *cache,
                             struct tt_str text, uint32_t *ret_number) TT_MUST_CHECK;
/* tt_intern_number of a short text that is roomy (tt_str_ends_roomy). */
static inline enum tt_err tt_intern_roomy(struct tt_intern *table, struct tt_intern_cache *cache,
                                          struct tt_str text, uint32_t *ret_number)
{
    if (__builtin_expect(text.len > TT_STR_SHORT_BYTES, 0))
        return tt_intern_number(table, cache, text, ret_number);
    const struct tt_str_ends ends = tt_str_ends_roomy(text);
    struct tt_intern_short *slot = &cache->shorts[tt_str_ends_mix(ends, text.len) >> 56];
    if (__builtin_expect(((slot->ends.first ^ ends.first) | (slot->ends.last ^ ends.last) |
                          (slot->len ^ (text.len + 1))) == 0,
                         1)) {
        *ret_number = slot->number;
        return TT_OK;
    }
    enum tt_err err = tt_intern_number(table, cache, text, ret_number);
    if (err == TT_OK)
        *slot = (struct tt_intern_short){ends, (uint32_t)text.len + 1, *ret_number};
    return err;
}
/* The same for a table of at most `max` texts: TT_INTERN_FULL where one more would be needed. Also
 * gives the table's copy of the text. */
#define TT_INTERN_FULL UINT32_MAX
enum tt_err tt_intern_bounded(struct tt_intern *table, struct tt_intern_cache *cache,
                              struct tt_str text, uint32_t max, uint32_t *ret_number,
                              struct tt_str *ret_kept) TT_MUST_CHECK;
struct tt_str tt_intern_text(const struct tt_intern *table, uint32_t number);
/* tt_str_hash of the text: the same in every process. */
static inline uint64_t tt_intern_hash(const struct tt_intern *table, uint32_t number)
{
    return table->hashes[number];
}

#endif
