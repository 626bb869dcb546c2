/* The scan for x86-64 with AVX2: a block is one register. */
#include "core/model/scan_parts.h"

#if TT_SCAN_X86
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,bmi,bmi2")))

struct block {
    __m256i bytes;
};

TARGET static inline struct block block_load(const char *at)
{
    return (struct block){_mm256_loadu_si256((const __m256i *)(const void *)at)};
}

TARGET static inline void block_clear(char *at)
{
    _mm256_storeu_si256((__m256i *)(void *)at, _mm256_setzero_si256());
}

TARGET static inline uint32_t block_stops(struct block block)
{
    __m256i b = block.bytes, below_blank = _mm256_set1_epi8(0x1f);
    __m256i quote = _mm256_cmpeq_epi8(b, _mm256_set1_epi8('"'));
    __m256i backslash = _mm256_cmpeq_epi8(b, _mm256_set1_epi8('\\'));
    __m256i control = _mm256_cmpeq_epi8(_mm256_min_epu8(b, below_blank), b);
    return (uint32_t)_mm256_movemask_epi8(
        _mm256_or_si256(_mm256_or_si256(quote, backslash), control));
}

TARGET static inline uint32_t block_ends(struct block block)
{
    __m256i b = block.bytes, blanks = _mm256_set1_epi8(' '), quotes = _mm256_set1_epi8('"'),
            backslashes = _mm256_set1_epi8('\\');
    /* Else the compiler makes them anew each time, and takes two instructions for `control`. */
    __asm__("" : "+x"(blanks), "+x"(quotes), "+x"(backslashes));
    __m256i quote = _mm256_cmpeq_epi8(b, quotes);
    __m256i backslash = _mm256_cmpeq_epi8(b, backslashes);
    __m256i control = _mm256_cmpgt_epi8(blanks, b); /* as signed: or high */
    return (uint32_t)_mm256_movemask_epi8(
        _mm256_or_si256(_mm256_or_si256(quote, backslash), control));
}

TARGET static inline struct block block_or(struct block a, struct block b)
{
    return (struct block){_mm256_or_si256(a.bytes, b.bytes)};
}

TARGET static inline bool block_high(struct block block)
{
    return _mm256_movemask_epi8(block.bytes) != 0;
}

TARGET static inline uint32_t block_equal(struct block block, const char *bytes)
{
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(block.bytes, block_load(bytes).bytes));
}

TARGET static inline void store_text(char *at, struct tt_str text)
{
    _mm_storeu_si128((__m128i *)(void *)at,
                     _mm_set_epi64x((long long)text.len, (long long)(uintptr_t)text.ptr));
}

#include "core/model/scan_body.h"

TARGET const char *tt_scan_run_avx2(struct tt_scan *scan, const char *at, const char *end)
{
    return run(scan, at, end);
}
#endif
