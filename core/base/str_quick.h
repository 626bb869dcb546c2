/* Comparing and hashing short texts without a call, for what is done for every event. */
#ifndef TT_BASE_STR_QUICK_H
#define TT_BASE_STR_QUICK_H

#include "core/base/str.h"
#include <endian.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

static inline uint64_t tt_str_read64(const char *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static inline uint32_t tt_str_read32(const char *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* Whether `len` bytes are the same. */
static inline bool tt_str_quick_same(const char *a, const char *b, size_t len)
{
    if (len >= 8) {
        if (len > 16)
            return memcmp(a, b, len) == 0;
        return ((tt_str_read64(a) ^ tt_str_read64(b)) |
                (tt_str_read64(a + len - 8) ^ tt_str_read64(b + len - 8))) == 0;
    }
    if (len >= 4)
        return ((tt_str_read32(a) ^ tt_str_read32(b)) |
                (tt_str_read32(a + len - 4) ^ tt_str_read32(b + len - 4))) == 0;
    if (len == 0)
        return true;
    return a[0] == b[0] && a[len / 2] == b[len / 2] && a[len - 1] == b[len - 1];
}

/* The same answer as tt_str_equal. */
static inline bool tt_str_quick_equal(struct tt_str a, struct tt_str b)
{
    return a.len == b.len && (a.ptr == NULL) == (b.ptr == NULL) &&
           tt_str_quick_same(a.ptr, b.ptr, a.len);
}

/* ---- Short texts as numbers ---- */

/* The first eight bytes of a text of at most TT_STR_SHORT_BYTES and its last eight, or what there
 * is: with the length they say all of it. Done without a branch, as lengths differ from text to
 * text and a processor that guesses them is mostly wrong. */
struct tt_str_ends {
    uint64_t first, last;
};
enum { TT_STR_SHORT_BYTES = 16 };

/* Of a text behind whose start TT_STR_SHORT_BYTES may be read, whatever its length. */
static inline struct tt_str_ends tt_str_ends_roomy(struct tt_str text)
{
    static const uint64_t kept[] = {0,
                                    0xff,
                                    0xffff,
                                    0xffffff,
                                    0xffffffff,
                                    0xffffffffff,
                                    0xffffffffffff,
                                    0xffffffffffffff,
                                    0xffffffffffffffff};
    size_t first = text.len < 8 ? text.len : 8;
    return (struct tt_str_ends){le64toh(tt_str_read64(text.ptr)) & kept[first],
                                le64toh(tt_str_read64(text.ptr + text.len - first)) & kept[first]};
}

static inline struct tt_str_ends tt_str_ends(struct tt_str text)
{
    char bytes[TT_STR_SHORT_BYTES] = {0};
    if (text.len > 0)
        memcpy(bytes, text.ptr, text.len);
    return tt_str_ends_roomy((struct tt_str){bytes, text.len});
}

/* Whether `len` bytes, at most TT_STR_SHORT_BYTES, are the same, where as many as that may be read
 * of both. */
static inline bool tt_str_same_roomy(const char *a, const char *b, size_t len)
{
#if defined(__SSE2__)
    __m128i same = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)a),
                                  _mm_loadu_si128((const __m128i *)(const void *)b));
    unsigned differ = ~(unsigned)_mm_movemask_epi8(same);
    return (differ & ((1u << len) - 1)) == 0;
#else
    struct tt_str_ends one = tt_str_ends_roomy((struct tt_str){a, len}),
                       other = tt_str_ends_roomy((struct tt_str){b, len});
    return one.first == other.first && one.last == other.last;
#endif
}

/* For caches alone; the upper bits are the better ones. */
static inline uint64_t tt_str_ends_mix(struct tt_str_ends ends, size_t len)
{
    return (ends.first ^ (ends.last << 29 | ends.last >> 35) ^ len) * UINT64_C(0x9e3779b97f4a7c15);
}

static inline uint64_t tt_str_fold(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* For caches alone: of a long text only both ends count. */
static inline uint64_t tt_str_quick_hash(struct tt_str text)
{
    uint64_t first = 0, last = text.len;
    if (text.len >= 8) {
        first = tt_str_read64(text.ptr);
        last ^= tt_str_read64(text.ptr + text.len - 8);
    } else if (text.len >= 4) {
        first = tt_str_read32(text.ptr);
        last ^= tt_str_read32(text.ptr + text.len - 4);
    } else if (text.len > 0) {
        first = (uint64_t)(unsigned char)text.ptr[0] << 16 |
                (uint64_t)(unsigned char)text.ptr[text.len / 2] << 8 |
                (unsigned char)text.ptr[text.len - 1];
    }
    return tt_str_fold(first ^ UINT64_C(0x9e3779b97f4a7c15), last ^ UINT64_C(0xd1b54a32d192ed03));
}

#endif
