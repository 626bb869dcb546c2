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

enum { TT_ORIGIN_CACHE_SLOTS = 1024 };
/* Zero-initialise; tt_origin_cache_done frees the key. */
struct tt_origin_cache {
    struct tt_intern_cache interned;
    struct tt_buf key;
    struct tt_origin_slot {
        struct tt_str source, stage; /* the table's copies */
        uint32_t number;             /* TT_ORIGIN_NONE: empty */
    } slots[TT_ORIGIN_CACHE_SLOTS];
};

void tt_origins_init(struct tt_origins *origins);
void tt_origins_done(struct tt_origins *origins);
void tt_origin_cache_done(struct tt_origin_cache *cache);

/* Number of the pair: TT_ORIGIN_NONE when both are absent, TT_ORIGIN_FULL, or from 1 to
 * TT_ORIGINS_MAX. Errors: NO_MEMORY. */
enum tt_err tt_origin_number(struct tt_origins *origins, struct tt_origin_cache *cache,
                             struct tt_str source, struct tt_str stage,
                             uint32_t *ret_number) TT_MUST_CHECK;
void tt_origin_texts(const struct tt_origins *origins, uint32_t number, struct tt_str *ret_source,
                     struct tt_str *ret_stage);

#endif
