/* Hash: the multiply-and-fold construction of wyhash (Wang Yi, public domain), with constants of
 * our own choosing and 16 bytes a step. Collisions are expected: whoever uses it compares the text.
 */
#include "core/base/str.h"

struct tt_str tt_str_from(const char *text)
{
    return text == NULL ? TT_STR_NONE : (struct tt_str){text, strlen(text)};
}

bool tt_str_equal(struct tt_str a, struct tt_str b)
{
    if (a.len != b.len || (a.ptr == NULL) != (b.ptr == NULL))
        return false;
    return a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0;
}

bool tt_str_is_blank(struct tt_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != ' ' && text.ptr[i] != '\t' && text.ptr[i] != '\r')
            return false;
    return true;
}

bool tt_str_to_int(struct tt_str text, int64_t *ret_value)
{
    bool negative = text.len > 0 && text.ptr[0] == '-';
    int64_t value = 0; /* the negative of it: there is one more of those */
    for (size_t at = negative; at < text.len; at++) {
        unsigned digit = (unsigned char)text.ptr[at] - (unsigned)'0';
        if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, (int64_t)digit, &value))
            return false;
    }
    if (text.len == negative || (!negative && value == INT64_MIN))
        return false;
    *ret_value = negative ? value : -value;
    return true;
}

int tt_str_compare(struct tt_str a, struct tt_str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.ptr, b.ptr, shorter);
    if (order != 0)
        return order;
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return (a.ptr != NULL) - (b.ptr != NULL);
}

static uint64_t fold(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t read64(const char *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static const uint64_t k0 = 0x9e3779b97f4a7c15u, k1 = 0xd1b54a32d192ed03u, k2 = 0x8cb92ba72f3d8dd7u;

uint64_t tt_str_hash(struct tt_str text, uint64_t seed)
{
    uint64_t state = seed ^ fold(text.len ^ k0, k1);
    const char *at = text.ptr;
    size_t left = text.len;
    while (left > 16) {
        state = fold(read64(at) ^ k1, read64(at + 8) ^ state);
        at += 16;
        left -= 16;
    }
    uint64_t a = 0, b = 0;
    if (left >= 8) {
        a = read64(at);
        b = read64(at + left - 8);
    } else {
        for (size_t i = 0; i < left; i++)
            a = a << 8 | (unsigned char)at[i];
        b = left;
    }
    return fold(fold(a ^ k2, b ^ state), k0);
}

bool tt_str_is_utf8(struct tt_str text)
{
    if (text.len == 0)
        return true;
    const unsigned char *at = (const unsigned char *)text.ptr;
    const unsigned char *end = at + text.len;
    while (at < end) {
        if (end - at >= 8 && (read64((const char *)at) & 0x8080808080808080u) == 0) {
            at += 8;
            continue;
        }
        unsigned char lead = *at++;
        if (lead < 0x80)
            continue;
        int more;
        unsigned char low = 0x80, high = 0xbf;
        if (lead >= 0xc2 && lead <= 0xdf) {
            more = 1;
        } else if (lead >= 0xe0 && lead <= 0xef) {
            more = 2;
            low = lead == 0xe0 ? 0xa0 : 0x80;
            high = lead == 0xed ? 0x9f : 0xbf;
        } else if (lead >= 0xf0 && lead <= 0xf4) {
            more = 3;
            low = lead == 0xf0 ? 0x90 : 0x80;
            high = lead == 0xf4 ? 0x8f : 0xbf;
        } else {
            return false;
        }
        if (end - at < more || at[0] < low || at[0] > high)
            return false;
        for (int i = 1; i < more; i++)
            if ((at[i] & 0xc0) != 0x80)
                return false;
        at += more;
    }
    return true;
}
