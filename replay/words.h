/* Words: short texts that many records share, tenants and what task ids begin with, one byte each.
 * The first TT_WORDS_MAX that come are numbered; whatever comes later is not, by nobody, so that a
 * text either always has its number or never has one.
 *
 * Threads: tt_word_number may be called by any thread at once, each with a cache of its own, which
 * asks the others only for what it has not seen, and never again once all numbers are given out.
 * tt_word_text once nobody adds any more.
 */
#ifndef TT_REPLAY_WORDS_H
#define TT_REPLAY_WORDS_H

#include "core/base/str_quick.h"
#include <pthread.h>

enum { TT_WORDS_MAX = 255, TT_WORD_SLOTS = 1024, TT_WORD_NONE = TT_WORDS_MAX };

struct tt_words {
    pthread_mutex_t lock;
    unsigned count;
    struct tt_word {
        char text[TT_STR_SHORT_BYTES];
        uint8_t len;
    } words[TT_WORDS_MAX];
};

/* Zero-initialise. */
struct tt_word_cache {
    struct tt_word_slot {
        struct tt_str_ends ends;
        uint32_t len, number; /* number + 1; 0: empty */
    } slots[TT_WORD_SLOTS];   /* open addressing */
    unsigned known;           /* words that are in it */
};

void tt_words_init(struct tt_words *words);
void tt_words_done(struct tt_words *words);

/* The number of a text, below TT_WORDS_MAX, or TT_WORD_NONE: it is longer than TT_STR_SHORT_BYTES,
 * or all numbers are given out. Roomy: as tt_str_ends_roomy wants it. */
unsigned tt_word_number(struct tt_words *words, struct tt_word_cache *cache, struct tt_str text,
                        bool roomy);
static inline struct tt_str tt_word_text(const struct tt_words *words, unsigned number)
{
    return (struct tt_str){words->words[number].text, words->words[number].len};
}

#endif
