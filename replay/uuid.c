#include "replay/uuid.h"

/* Where each byte's two digits stand. */
static const uint8_t PLACES[TT_UUID_BYTES] = {0,  2,  4,  6,  9,  11, 14, 16,
                                              19, 21, 24, 26, 28, 30, 32, 34};
enum { DASH_1 = 8, DASH_2 = 13, DASH_3 = 18, DASH_4 = 23 };

static bool has_form(struct tt_str text)
{
    return text.len == TT_UUID_CHARS && text.ptr[DASH_1] == '-' && text.ptr[DASH_2] == '-' &&
           text.ptr[DASH_3] == '-' && text.ptr[DASH_4] == '-';
}

/* What a digit is worth; 16 and more: it is none. */
static unsigned worth(char digit)
{
    if (digit >= '0' && digit <= '9')
        return (unsigned)(digit - '0');
    return digit >= 'a' && digit <= 'f' ? (unsigned)(digit - 'a') + 10 : 16;
}

bool tt_uuid_read_portable(struct tt_str text, char *to)
{
    if (!has_form(text))
        return false;
    unsigned wrong = 0;
    for (size_t i = 0; i < TT_UUID_BYTES; i++) {
        unsigned high = worth(text.ptr[PLACES[i]]), low = worth(text.ptr[PLACES[i] + 1]);
        wrong |= high | low;
        to[i] = (char)(high << 4 | low);
    }
    return wrong < 16;
}

void tt_uuid_write(const char *bytes, char *to)
{
    static const char digits[] = "0123456789abcdef";
    to[DASH_1] = to[DASH_2] = to[DASH_3] = to[DASH_4] = '-';
    for (size_t i = 0; i < TT_UUID_BYTES; i++) {
        unsigned byte = (unsigned char)bytes[i];
        to[PLACES[i]] = digits[byte >> 4];
        to[PLACES[i] + 1] = digits[byte & 15];
    }
}

#if defined(__x86_64__)
#include <immintrin.h>

/* 16 digits to 8 bytes; false where one is none. */
__attribute__((target("sse4.1"))) static bool read_half(__m128i digits, char *to)
{
    __m128i number = _mm_sub_epi8(digits, _mm_set1_epi8('0'));
    __m128i letter = _mm_sub_epi8(digits, _mm_set1_epi8('a'));
    __m128i is_number = _mm_cmpeq_epi8(_mm_min_epu8(number, _mm_set1_epi8(9)), number);
    __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(5)), letter);
    if (_mm_movemask_epi8(_mm_or_si128(is_number, is_letter)) != 0xffff)
        return false;
    __m128i value = _mm_blendv_epi8(_mm_add_epi8(letter, _mm_set1_epi8(10)), number, is_number);
    __m128i pairs = _mm_maddubs_epi16(value, _mm_set1_epi16(1 << 8 | 16));
    _mm_storel_epi64((__m128i *)(void *)to, _mm_packus_epi16(pairs, pairs));
    return true;
}

__attribute__((target("sse4.1"))) static bool read_at_once(const char *text, char *to)
{
    enum { NONE = -1, HALF = TT_UUID_BYTES / 2, FROM_3 = DASH_3 + 1, FROM_4 = 20 };
    const __m128i early = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, NONE, NONE);
    const __m128i early_rest = _mm_setr_epi8(NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
                                             NONE, NONE, NONE, NONE, NONE, 14, 15);
    const __m128i late = _mm_setr_epi8(0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, NONE);
    const __m128i late_rest = _mm_setr_epi8(NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
                                            NONE, NONE, NONE, NONE, NONE, NONE, 15);
    __m128i first = _mm_loadu_si128((const __m128i *)(const void *)text);
    __m128i second = _mm_loadu_si128((const __m128i *)(const void *)(text + 2));
    __m128i third = _mm_loadu_si128((const __m128i *)(const void *)(text + FROM_3));
    __m128i fourth = _mm_loadu_si128((const __m128i *)(const void *)(text + FROM_4));
    return read_half(
               _mm_or_si128(_mm_shuffle_epi8(first, early), _mm_shuffle_epi8(second, early_rest)),
               to) &&
           read_half(
               _mm_or_si128(_mm_shuffle_epi8(third, late), _mm_shuffle_epi8(fourth, late_rest)),
               to + HALF);
}

bool tt_uuid_read(struct tt_str text, char *to)
{
    if (!__builtin_cpu_supports("sse4.1"))
        return tt_uuid_read_portable(text, to);
    return has_form(text) && read_at_once(text.ptr, to);
}
#else
bool tt_uuid_read(struct tt_str text, char *to)
{
    return tt_uuid_read_portable(text, to);
}
#endif
