#include "replay/intern.h"

#include "core/base/assert.h"
#include "core/base/str_quick.h"

enum { FIRST_SLOTS = 64, PROBES = 4 };

void tt_intern_init(struct tt_intern *table)
{
    *table = (struct tt_intern){0};
    pthread_mutex_init(&table->lock, NULL);
    tt_arena_init(&table->arena, 0);
}

void tt_intern_done(struct tt_intern *table)
{
    tt_mem_free(table->texts);
    tt_mem_free(table->slots);
    tt_mem_free(table->hashes);
    tt_arena_done(&table->arena);
    pthread_mutex_destroy(&table->lock);
}

static enum tt_err grow_slots(struct tt_intern *table)
{
    size_t wanted = table->slot_count == 0 ? FIRST_SLOTS : table->slot_count * 2;
    uint32_t *slots = tt_mem_zalloc(wanted * sizeof *slots);
    if (slots == NULL)
        return TT_ERR_NO_MEMORY;
    for (size_t number = 0; number < table->count; number++) {
        size_t at = table->hashes[number] & (wanted - 1);
        while (slots[at] != 0)
            at = (at + 1) & (wanted - 1);
        slots[at] = (uint32_t)number + 1;
    }
    tt_mem_free(table->slots);
    table->slots = slots;
    table->slot_count = wanted;
    return TT_OK;
}

static enum tt_err add_text(struct tt_intern *table, size_t slot, uint64_t hash, struct tt_str text)
{
    char *copy = tt_arena_copy(&table->arena, text.ptr, text.len);
    if (copy == NULL ||
        tt_mem_reserve((void **)&table->texts, &table->capacity, table->count + 1,
                       sizeof *table->texts) != TT_OK ||
        tt_mem_reserve((void **)&table->hashes, &table->hash_capacity, table->count + 1,
                       sizeof *table->hashes) != TT_OK)
        return TT_ERR_NO_MEMORY;
    table->texts[table->count] = (struct tt_str){copy, text.len};
    table->hashes[table->count] = hash;
    table->slots[slot] = (uint32_t)++table->count;
    return TT_OK;
}

static enum tt_err find_or_add(struct tt_intern *table, struct tt_str text, uint32_t max,
                               uint32_t *ret_number)
{
    uint64_t hash = tt_str_hash(text, 0);
    if (table->count * 2 >= table->slot_count && grow_slots(table) != TT_OK)
        return TT_ERR_NO_MEMORY;
    size_t at = hash & (table->slot_count - 1);
    for (; table->slots[at] != 0; at = (at + 1) & (table->slot_count - 1)) {
        uint32_t number = table->slots[at] - 1;
        if (table->hashes[number] == hash && tt_str_equal(table->texts[number], text)) {
            *ret_number = number;
            return TT_OK;
        }
    }
    *ret_number = TT_INTERN_FULL;
    if (table->count >= max)
        return TT_OK;
    enum tt_err err = add_text(table, at, hash, text);
    if (err == TT_OK)
        *ret_number = (uint32_t)table->count - 1;
    return err;
}

enum tt_err tt_intern_bounded(struct tt_intern *table, struct tt_intern_cache *cache,
                              struct tt_str text, uint32_t max, uint32_t *ret_number,
                              struct tt_str *ret_kept)
{
    tt_assert(text.ptr != NULL);
    struct tt_intern_slot *slot = NULL;
    for (size_t probe = 0, at = tt_str_quick_hash(text); probe < PROBES; probe++) {
        slot = &cache->slots[(at + probe) % TT_INTERN_CACHE_SLOTS];
        if (slot->text.ptr == NULL)
            break;
        if (tt_str_quick_equal(slot->text, text)) {
            *ret_number = slot->number;
            *ret_kept = slot->text;
            return TT_OK;
        }
    }
    uint32_t number = 0;
    pthread_mutex_lock(&table->lock);
    enum tt_err err = find_or_add(table, text, max, &number);
    struct tt_str kept =
        err == TT_OK && number != TT_INTERN_FULL ? table->texts[number] : TT_STR_NONE;
    pthread_mutex_unlock(&table->lock);
    if (err != TT_OK)
        return err;
    if (number != TT_INTERN_FULL) {
        slot->text = kept;
        slot->number = number;
    }
    *ret_number = number;
    *ret_kept = kept;
    return TT_OK;
}

enum tt_err tt_intern_number(struct tt_intern *table, struct tt_intern_cache *cache,
                             struct tt_str text, uint32_t *ret_number)
{
    struct tt_str kept;
    uint32_t number;
    enum tt_err err = tt_intern_bounded(table, cache, text, UINT32_MAX - 1, &number, &kept);
    if (err != TT_OK)
        return err;
    if (number == TT_INTERN_FULL)
        return TT_ERR_NO_MEMORY;
    *ret_number = number;
    return TT_OK;
}

struct tt_str tt_intern_text(const struct tt_intern *table, uint32_t number)
{
    tt_assert(number < table->count);
    return table->texts[number];
}
