/* By AVX2 all 26 characters at once: three tables of sixteen say what each is worth, then pairs are
 * joined, pairs of pairs, and those. */
#include "replay/ulid.h"

#include <endian.h>
#include <string.h>

#define CROCKFORD "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

enum { BITS = 5, HALF_CHARS = 8, TIME_CHARS = 10, FIRST_MAX = 7, WRONG = 0x80 };

/* What a character is worth, by its upper and its lower four bits. */
static const uint8_t WORTH[3][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, WRONG, WRONG, WRONG, WRONG, WRONG, WRONG},
    {WRONG, 10, 11, 12, 13, 14, 15, 16, 17, WRONG, 18, 19, WRONG, 20, 21, WRONG},
    {22, 23, 24, 25, 26, WRONG, 27, 28, 29, 30, 31, WRONG, WRONG, WRONG, WRONG, WRONG}};
enum { FIRST_ROW = 3 };

/* The number that `count` characters are; sets bits of *wrong where one is none. */
static uint64_t read_some(const char *text, size_t count, unsigned *wrong)
{
    uint64_t number = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned byte = (unsigned char)text[i], row = (byte >> 4) - FIRST_ROW;
        unsigned worth = row < sizeof WORTH / sizeof *WORTH ? WORTH[row][byte & 15] : WRONG;
        *wrong |= worth & WRONG;
        number = number << BITS | (worth & 31);
    }
    return number;
}

bool tt_ulid_read_portable(struct tt_str text, struct tt_ulid *ret_ulid)
{
    if (text.len != TT_ULID_CHARS || text.ptr[0] > '0' + FIRST_MAX)
        return false;
    unsigned wrong = 0;
    struct tt_ulid ulid = {
        .ms = read_some(text.ptr, TIME_CHARS, &wrong),
        .high = read_some(text.ptr + TIME_CHARS, HALF_CHARS, &wrong),
        .low = read_some(text.ptr + TIME_CHARS + HALF_CHARS, HALF_CHARS, &wrong),
    };
    if (wrong == 0)
        *ret_ulid = ulid;
    return wrong == 0;
}

enum { DRAWN_HALF_BITS = HALF_CHARS * BITS };

static inline void put_drawn(const struct tt_ulid *ulid, char *to)
{
    const uint64_t first = htole64(ulid->high | ulid->low << DRAWN_HALF_BITS),
                   rest = htole64(ulid->low >> (64 - DRAWN_HALF_BITS));
    memcpy(to, &first, sizeof first);
    memcpy(to + sizeof first, &rest, sizeof rest);
}

/* Not part of its caller, which would keep room for it on the stack. */
static __attribute__((noinline)) bool pack_portable(struct tt_str text, char *to, uint64_t *ret_ms)
{
    struct tt_ulid ulid;
    if (!tt_ulid_read_portable(text, &ulid))
        return false;
    put_drawn(&ulid, to);
    *ret_ms = ulid.ms;
    return true;
}

static void write_some(uint64_t number, size_t count, char *to)
{
    for (size_t i = count; i-- > 0; number >>= BITS)
        to[i] = CROCKFORD[number & 31];
}

void tt_ulid_write(const struct tt_ulid *ulid, char *to)
{
    write_some(ulid->ms, TIME_CHARS, to);
    write_some(ulid->high, HALF_CHARS, to + TIME_CHARS);
    write_some(ulid->low, HALF_CHARS, to + TIME_CHARS + HALF_CHARS);
}

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx2"))) static inline __m256i worth_row(size_t row)
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)WORTH[row]));
}

/* One half holds the first 16 characters, the other the last 16; each 64 bits of the result are 8
 * characters. */
__attribute__((target("avx2"))) static inline bool read_at_once(const char *text,
                                                                struct tt_ulid *ulid)
{
    const __m256i worth_0 = worth_row(0), worth_a = worth_row(1), worth_p = worth_row(2),
                  low_bits = _mm256_set1_epi8(15), row_0 = _mm256_set1_epi8(FIRST_ROW),
                  row_a = _mm256_set1_epi8(FIRST_ROW + 1), row_p = _mm256_set1_epi8(FIRST_ROW + 2);
    __m128i first = _mm_loadu_si128((const __m128i *)(const void *)text);
    __m128i last = _mm_loadu_si128((const __m128i *)(const void *)(text + TIME_CHARS));
    __m256i bytes = _mm256_inserti128_si256(_mm256_castsi128_si256(first), last, 1);
    __m256i column = _mm256_and_si256(bytes, low_bits);
    __m256i row = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), low_bits);
    __m256i is_0 = _mm256_cmpeq_epi8(row, row_0), is_a = _mm256_cmpeq_epi8(row, row_a),
            is_p = _mm256_cmpeq_epi8(row, row_p);
    __m256i worth = _mm256_or_si256(
        _mm256_or_si256(_mm256_and_si256(is_0, _mm256_shuffle_epi8(worth_0, column)),
                        _mm256_and_si256(is_a, _mm256_shuffle_epi8(worth_a, column))),
        _mm256_and_si256(is_p, _mm256_shuffle_epi8(worth_p, column)));
    __m256i known = _mm256_or_si256(_mm256_or_si256(is_0, is_a), is_p);
    if (_mm256_movemask_epi8(_mm256_andnot_si256(worth, known)) != -1)
        return false;
    __m256i pairs = _mm256_maddubs_epi16(worth, _mm256_set1_epi16(1 << 8 | 1 << BITS));
    __m256i fours = _mm256_madd_epi16(pairs, _mm256_set1_epi32(1 << 16 | 1 << 2 * BITS));
    __m256i eights = _mm256_or_si256(
        _mm256_slli_epi64(_mm256_and_si256(fours, _mm256_set1_epi64x(UINT32_MAX)), 4 * BITS),
        _mm256_srli_epi64(fours, 32));
    enum { BEHIND = (HALF_CHARS - (TIME_CHARS - HALF_CHARS)) * BITS };
    *ulid = (struct tt_ulid){
        .ms = (uint64_t)_mm256_extract_epi64(eights, 0) << (TIME_CHARS - HALF_CHARS) * BITS |
              (uint64_t)_mm256_extract_epi64(eights, 1) >> BEHIND,
        .high = (uint64_t)_mm256_extract_epi64(eights, 2),
        .low = (uint64_t)_mm256_extract_epi64(eights, 3),
    };
    return true;
}

__attribute__((target("avx2"))) static bool read_known(struct tt_str text, struct tt_ulid *ulid)
{
    return text.len == TT_ULID_CHARS && text.ptr[0] <= '0' + FIRST_MAX &&
           read_at_once(text.ptr, ulid);
}

__attribute__((target("avx2"))) static bool pack_at_once(struct tt_str text, char *to,
                                                         uint64_t *ret_ms)
{
    struct tt_ulid ulid;
    if (text.len != TT_ULID_CHARS || text.ptr[0] > '0' + FIRST_MAX ||
        !read_at_once(text.ptr, &ulid))
        return false;
    put_drawn(&ulid, to);
    *ret_ms = ulid.ms;
    return true;
}

bool tt_ulid_read(struct tt_str text, struct tt_ulid *ret_ulid)
{
    return __builtin_cpu_supports("avx2") ? read_known(text, ret_ulid)
                                          : tt_ulid_read_portable(text, ret_ulid);
}

bool tt_ulid_pack(struct tt_str text, char *to, uint64_t *ret_ms)
{
    return __builtin_cpu_supports("avx2") ? pack_at_once(text, to, ret_ms)
                                          : pack_portable(text, to, ret_ms);
}
#else
bool tt_ulid_pack(struct tt_str text, char *to, uint64_t *ret_ms)
{
    return pack_portable(text, to, ret_ms);
}

bool tt_ulid_read(struct tt_str text, struct tt_ulid *ret_ulid)
{
    return tt_ulid_read_portable(text, ret_ulid);
}
#endif
