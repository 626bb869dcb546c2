#include "replay/words.h"

_Static_assert(TT_WORD_SLOTS >= 2 * TT_WORDS_MAX, "there is always an empty slot");

void tt_words_init(struct tt_words *words)
{
    *words = (struct tt_words){0};
    pthread_mutex_init(&words->lock, NULL);
}

void tt_words_done(struct tt_words *words)
{
    pthread_mutex_destroy(&words->lock);
}

/* The slot of a text, or the empty one where it belongs. */
static inline struct tt_word_slot *find(struct tt_word_cache *cache, struct tt_str_ends ends,
                                        size_t len)
{
    size_t at = tt_str_ends_mix(ends, len) >> 54;
    _Static_assert(TT_WORD_SLOTS == 1 << (64 - 54), "the upper 10 bits");
    for (;; at = (at + 1) % TT_WORD_SLOTS) {
        struct tt_word_slot *slot = &cache->slots[at];
        if (slot->number == 0 ||
            (slot->len == len && slot->ends.first == ends.first && slot->ends.last == ends.last))
            return slot;
    }
}

static void remember(struct tt_word_cache *cache, const struct tt_word *word, unsigned number)
{
    struct tt_str_ends ends = tt_str_ends((struct tt_str){word->text, word->len});
    *find(cache, ends, word->len) = (struct tt_word_slot){ends, word->len, number + 1};
}

/* Takes over what others have added, and adds the text where it is still missing. */
static void catch_up(struct tt_words *words, struct tt_word_cache *cache, struct tt_str text,
                     struct tt_str_ends ends)
{
    pthread_mutex_lock(&words->lock);
    for (; cache->known < words->count; cache->known++)
        remember(cache, &words->words[cache->known], cache->known);
    if (cache->known < TT_WORDS_MAX && find(cache, ends, text.len)->number == 0) {
        struct tt_word *word = &words->words[words->count++];
        word->len = (uint8_t)text.len;
        if (text.len > 0)
            memcpy(word->text, text.ptr, text.len);
        remember(cache, word, cache->known++);
    }
    pthread_mutex_unlock(&words->lock);
}

unsigned tt_word_number(struct tt_words *words, struct tt_word_cache *cache, struct tt_str text,
                        bool roomy)
{
    if (text.len > TT_STR_SHORT_BYTES)
        return TT_WORD_NONE;
    const struct tt_str_ends ends = roomy ? tt_str_ends_roomy(text) : tt_str_ends(text);
    const struct tt_word_slot *slot = find(cache, ends, text.len);
    if (slot->number == 0 && cache->known < TT_WORDS_MAX) {
        catch_up(words, cache, text, ends);
        slot = find(cache, ends, text.len);
    }
    return slot->number == 0 ? TT_WORD_NONE : slot->number - 1;
}
