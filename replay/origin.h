/* Origins: pairs of source and stage, each pair one small number. A stream of events has few of
 * them; where it has very many, the rest is left to the records themselves.
 *
 * Threads: tt_origin_number may be called by any thread at once, each with a cache of its own;
 * tt_origin_texts once nobody adds any more.
 */
#ifndef TT_REPLAY_ORIGIN_H
#define TT_REPLAY_ORIGIN_H

#include "core/base/buf.h"
#include "replay/intern.h"

#define TT_ORIGIN_FULL UINT32_MAX /* no number is left for this pair */
enum { TT_ORIGIN_NONE = 0, TT_ORIGINS_MAX = UINT16_MAX };

struct tt_origins {
    struct tt_intern pairs; /* of both texts with their lengths; number + 1 is the origin's */
};

enum { TT_ORIGIN_CACHE_SLOTS = 1024, TT_ORIGIN_SHORTS = 2048 };
/* Zero-initialise; tt_origin_cache_done frees the key. */
struct tt_origin_cache {
    struct tt_intern_cache interned;
    struct tt_buf key;
    struct tt_origin_slot {
        struct tt_str source, stage; /* the table's copies */
        uint32_t number;             /* TT_ORIGIN_NONE: empty */
    } slots[TT_ORIGIN_CACHE_SLOTS];
    struct tt_origin_short { /* short sources without a stage in front of that */
        struct tt_str_ends ends;
        uint32_t len, number; /* TT_ORIGIN_NONE: empty */
    } shorts[TT_ORIGIN_SHORTS];
};

void tt_origins_init(struct tt_origins *origins);
void tt_origins_done(struct tt_origins *origins);
void tt_origin_cache_done(struct tt_origin_cache *cache);

/* Number of the pair: TT_ORIGIN_NONE when both are absent, TT_ORIGIN_FULL, or from 1 to
 * TT_ORIGINS_MAX. Errors: NO_MEMORY. */
enum tt_err tt_origin_number(struct tt_origins *origins, struct tt_origin_cache *cache,
                             struct tt_str source, struct tt_str stage,
                             uint32_t *ret_number) TT_MUST_CHECK;
/* The same where the source is roomy (tt_str_ends_roomy) or absent. */
static inline enum tt_err tt_origin_roomy(struct tt_origins *origins, struct tt_origin_cache *cache,
                                          struct tt_str source, struct tt_str stage,
                                          uint32_t *ret_number)
{
    if (stage.ptr != NULL || source.ptr == NULL || source.len > TT_STR_SHORT_BYTES)
        return tt_origin_number(origins, cache, source, stage, ret_number);
    const struct tt_str_ends ends = tt_str_ends_roomy(source);
    struct tt_origin_short *slot = &cache->shorts[tt_str_ends_mix(ends, source.len) >> 53];
    if (__builtin_expect(slot->number != TT_ORIGIN_NONE &&
                             ((slot->ends.first ^ ends.first) | (slot->ends.last ^ ends.last) |
                              (slot->len ^ source.len)) == 0,
                         1)) {
        *ret_number = slot->number;
        return TT_OK;
    }
    enum tt_err err = tt_origin_number(origins, cache, source, stage, ret_number);
    if (err == TT_OK && *ret_number != TT_ORIGIN_FULL)
        *slot = (struct tt_origin_short){ends, (uint32_t)source.len, *ret_number};
    return err;
}
void tt_origin_texts(const struct tt_origins *origins, uint32_t number, struct tt_str *ret_source,
                     struct tt_str *ret_stage);

#endif
