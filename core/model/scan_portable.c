/* The scan for any machine: a block is four words of eight bytes each. The tests for a byte are
 * exact, no carry runs from one byte into the next (Warren, "Hacker's Delight", section 6-1). */
#include "core/model/scan_time.h"

#define TARGET
#define EACH(byte) TT_SCAN_EACH(byte)

enum { WORDS = TT_SCAN_BLOCK_BYTES / 8 };

struct block {
    uint64_t words[WORDS];
};

static inline struct block block_load(const char *at)
{
    struct block block;
    for (int i = 0; i < WORDS; i++)
        block.words[i] = tt_scan_word(at + 8 * i);
    return block;
}

static inline void block_clear(char *at)
{
    memset(at, 0, TT_SCAN_BLOCK_BYTES);
}

/* Bit 7 of each byte that is zero. */
static inline uint64_t zeros(uint64_t word)
{
    return ~(((word & EACH(0x7f)) + EACH(0x7f)) | word | EACH(0x7f));
}

/* The eight bits 7 of the bytes, side by side. */
static inline uint32_t gather(uint64_t word)
{
    return (uint32_t)(((word >> 7 & EACH(1)) * UINT64_C(0x0102040810204080)) >> 56);
}

static inline uint32_t block_stops(struct block block)
{
    uint32_t mask = 0;
    for (int i = 0; i < WORDS; i++) {
        uint64_t word = block.words[i];
        uint64_t found = zeros(word ^ EACH('"')) | zeros(word ^ EACH('\\')) |
                         zeros(word & EACH(0xe0)); /* below 0x20: no upper bit */
        mask |= gather(found) << (8 * i);
    }
    return mask;
}

static inline uint32_t block_ends(struct block block)
{
    uint32_t mask = block_stops(block);
    for (int i = 0; i < WORDS; i++)
        mask |= gather(block.words[i] & EACH(0x80)) << (8 * i);
    return mask;
}

static inline struct block block_or(struct block a, struct block b)
{
    for (int i = 0; i < WORDS; i++)
        a.words[i] |= b.words[i];
    return a;
}

static inline bool block_high(struct block block)
{
    uint64_t all = 0;
    for (int i = 0; i < WORDS; i++)
        all |= block.words[i];
    return (all & EACH(0x80)) != 0;
}

static inline uint32_t block_equal(struct block block, const char *bytes)
{
    uint32_t mask = 0;
    for (int i = 0; i < WORDS; i++)
        mask |= gather(zeros(block.words[i] ^ tt_scan_word(bytes + 8 * i))) << (8 * i);
    return mask;
}

static inline void store_text(char *at, struct tt_str text)
{
    memcpy(at, &text, sizeof text);
}

#include "core/model/scan_body.h"

const char *tt_scan_run_portable(struct tt_scan *scan, const char *at, const char *end)
{
    return run(scan, at, end);
}
