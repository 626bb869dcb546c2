#include "replay/origin.h"

#include "core/base/assert.h"
#include "core/base/str_quick.h"

/* In front of the texts in the key. */
struct lengths {
    uint32_t source, stage; /* ABSENT: no such text */
};
#define ABSENT UINT32_MAX
enum { PROBES = 4 };

void tt_origins_init(struct tt_origins *origins)
{
    tt_intern_init(&origins->pairs);
}

void tt_origins_done(struct tt_origins *origins)
{
    tt_intern_done(&origins->pairs);
}

void tt_origin_cache_done(struct tt_origin_cache *cache)
{
    tt_buf_done(&cache->key);
}

static void split(struct tt_str key, struct tt_str *ret_source, struct tt_str *ret_stage)
{
    struct lengths lengths;
    memcpy(&lengths, key.ptr, sizeof lengths);
    const char *at = key.ptr + sizeof lengths;
    *ret_source = lengths.source == ABSENT ? TT_STR_NONE : (struct tt_str){at, lengths.source};
    at += ret_source->len;
    *ret_stage = lengths.stage == ABSENT ? TT_STR_NONE : (struct tt_str){at, lengths.stage};
}

/* The pair's number from the table, and the table's copy of its texts. */
static enum tt_err look_up(struct tt_origins *origins, struct tt_origin_cache *cache,
                           struct tt_str source, struct tt_str stage,
                           struct tt_origin_slot *ret_slot)
{
    const struct lengths lengths = {source.ptr == NULL ? ABSENT : (uint32_t)source.len,
                                    stage.ptr == NULL ? ABSENT : (uint32_t)stage.len};
    if (cache->key.max == 0)
        tt_buf_init(&cache->key, SIZE_MAX);
    tt_buf_clear(&cache->key);
    tt_buf_add(&cache->key, &lengths, sizeof lengths);
    tt_buf_add(&cache->key, source.ptr, source.len);
    tt_buf_add(&cache->key, stage.ptr, stage.len);
    if (cache->key.err != TT_OK)
        return cache->key.err;
    struct tt_str kept;
    uint32_t number;
    enum tt_err err = tt_intern_bounded(&origins->pairs, &cache->interned,
                                        (struct tt_str){cache->key.data, cache->key.len},
                                        TT_ORIGINS_MAX, &number, &kept);
    if (err != TT_OK)
        return err;
    if (number == TT_INTERN_FULL) {
        *ret_slot = (struct tt_origin_slot){source, stage, TT_ORIGIN_FULL};
        return TT_OK;
    }
    ret_slot->number = number + 1;
    split(kept, &ret_slot->source, &ret_slot->stage);
    return TT_OK;
}

enum tt_err tt_origin_number(struct tt_origins *origins, struct tt_origin_cache *cache,
                             struct tt_str source, struct tt_str stage, uint32_t *ret_number)
{
    if (source.ptr == NULL && stage.ptr == NULL) {
        *ret_number = TT_ORIGIN_NONE;
        return TT_OK;
    }
    struct tt_origin_slot *slot = NULL, found;
    uint64_t hash = tt_str_quick_hash(source) + 3 * tt_str_quick_hash(stage);
    for (size_t probe = 0; probe < PROBES; probe++) {
        slot = &cache->slots[(hash + probe) % TT_ORIGIN_CACHE_SLOTS];
        if (slot->number == TT_ORIGIN_NONE)
            break;
        if (tt_str_quick_equal(slot->source, source) && tt_str_quick_equal(slot->stage, stage)) {
            *ret_number = slot->number;
            return TT_OK;
        }
    }
    enum tt_err err = look_up(origins, cache, source, stage, &found);
    if (err != TT_OK)
        return err;
    if (found.number != TT_ORIGIN_FULL)
        *slot = found;
    *ret_number = found.number;
    return TT_OK;
}

void tt_origin_texts(const struct tt_origins *origins, uint32_t number, struct tt_str *ret_source,
                     struct tt_str *ret_stage)
{
    if (number == TT_ORIGIN_NONE) {
        *ret_source = *ret_stage = TT_STR_NONE;
        return;
    }
    split(tt_intern_text(&origins->pairs, number - 1), ret_source, ret_stage);
}
