/* Packing by AVX2: 32 characters at once, pairs of them joined, then pairs of pairs. */
#include "replay/pack.h"

#include "core/base/assert.h"

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx2"))) bool tt_pack_at_once(struct tt_str text, char *to)
{
    const __m256i places =
        _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
                         21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
    const __m256i gaps_closed =
        _mm256_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1, 0, 1, 2, 4, 5, 6,
                         8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
    enum { HALF = 12 };
    __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)text.ptr);
    __m256i is_text = _mm256_cmpgt_epi8(_mm256_set1_epi8((char)text.len), places);
    bytes = _mm256_and_si256(_mm256_sub_epi8(bytes, _mm256_set1_epi8('-')), is_text);
    bool fits = _mm256_testz_si256(bytes, _mm256_set1_epi8((char)0xc0));
    bytes = _mm256_maddubs_epi16(bytes, _mm256_set1_epi16(1 | 1 << 14)); /* * 1, * 64 */
    bytes = _mm256_madd_epi16(bytes, _mm256_set1_epi32(1 | 1 << 28));    /* * 1, * 4096 */
    bytes = _mm256_shuffle_epi8(bytes, gaps_closed);
    _mm_storeu_si128((__m128i *)(void *)to, _mm256_castsi256_si128(bytes));
    _mm_storeu_si128((__m128i *)(void *)(to + HALF), _mm256_extracti128_si256(bytes, 1));
    return fits;
}
#else
bool tt_pack_at_once(struct tt_str text, char *to)
{
    tt_assert(false); /* tt_pack_may_at_once says so */
    return tt_pack(text, to);
}
#endif
