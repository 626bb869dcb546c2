/* The scan for every x86-64: a block is two registers. */
#include "core/model/scan_parts.h"

#if TT_SCAN_X86
#include <emmintrin.h>

#define TARGET

struct block {
    __m128i low, high;
};

static inline struct block block_load(const char *at)
{
    return (struct block){_mm_loadu_si128((const __m128i *)(const void *)at),
                          _mm_loadu_si128((const __m128i *)(const void *)(at + 16))};
}

static inline void block_clear(char *at)
{
    _mm_storeu_si128((__m128i *)(void *)at, _mm_setzero_si128());
    _mm_storeu_si128((__m128i *)(void *)(at + 16), _mm_setzero_si128());
}

static inline uint32_t mask_of(__m128i low, __m128i high)
{
    return (uint32_t)_mm_movemask_epi8(low) | (uint32_t)_mm_movemask_epi8(high) << 16;
}

static inline __m128i stops_of(__m128i b)
{
    __m128i quote = _mm_cmpeq_epi8(b, _mm_set1_epi8('"'));
    __m128i backslash = _mm_cmpeq_epi8(b, _mm_set1_epi8('\\'));
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(b, _mm_set1_epi8(0x1f)), b);
    return _mm_or_si128(_mm_or_si128(quote, backslash), control);
}

static inline uint32_t block_stops(struct block block)
{
    return mask_of(stops_of(block.low), stops_of(block.high));
}

static inline __m128i ends_of(__m128i b)
{
    __m128i quote = _mm_cmpeq_epi8(b, _mm_set1_epi8('"'));
    __m128i backslash = _mm_cmpeq_epi8(b, _mm_set1_epi8('\\'));
    __m128i control = _mm_cmplt_epi8(b, _mm_set1_epi8(' ')); /* as signed: or high */
    return _mm_or_si128(_mm_or_si128(quote, backslash), control);
}

static inline uint32_t block_ends(struct block block)
{
    return mask_of(ends_of(block.low), ends_of(block.high));
}

static inline struct block block_or(struct block a, struct block b)
{
    return (struct block){_mm_or_si128(a.low, b.low), _mm_or_si128(a.high, b.high)};
}

static inline bool block_high(struct block block)
{
    return mask_of(block.low, block.high) != 0;
}

static inline uint32_t block_equal(struct block block, const char *bytes)
{
    struct block other = block_load(bytes);
    return mask_of(_mm_cmpeq_epi8(block.low, other.low), _mm_cmpeq_epi8(block.high, other.high));
}

/* By one store: who reads the event next copies texts whole, and would else wait until two stores
 * have reached the cache. */
static inline void store_text(char *at, struct tt_str text)
{
    _mm_storeu_si128((__m128i *)(void *)at,
                     _mm_set_epi64x((long long)text.len, (long long)(uintptr_t)text.ptr));
}

#include "core/model/scan_body.h"

const char *tt_scan_run_sse2(struct tt_scan *scan, const char *at, const char *end)
{
    return run(scan, at, end);
}
#endif
