/* The scan for any machine: a block is four words of eight bytes each. The tests for a byte are
 * exact, no carry runs from one byte into the next (Warren, "Hacker's Delight", section 6-1). */
#include "core/model/scan_parts.h"

#define TARGET
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

enum { WORDS = TT_SCAN_BLOCK_BYTES / 8 };

struct block {
    uint64_t words[WORDS];
};

/* Byte i of the text in bits 8i to 8i+7. */
static inline uint64_t load_word(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline struct block block_load(const char *at)
{
    struct block block;
    for (int i = 0; i < WORDS; i++)
        block.words[i] = load_word(at + 8 * i);
    return block;
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

static inline uint32_t block_high(struct block block)
{
    uint32_t mask = 0;
    for (int i = 0; i < WORDS; i++)
        mask |= gather(block.words[i]) << (8 * i);
    return mask;
}

static inline uint32_t block_equal(struct block block, const char *bytes)
{
    uint32_t mask = 0;
    for (int i = 0; i < WORDS; i++)
        mask |= gather(zeros(block.words[i] ^ load_word(bytes + 8 * i))) << (8 * i);
    return mask;
}

#include "core/model/scan_body.h"

const char *tt_scan_run_portable(struct tt_scan *scan, const char *at, const char *end,
                                 const char *readable_end)
{
    return run(scan, at, end, readable_end);
}
