/* Numbers in base 128, low digits first; the high bit of a byte says that more follows (LEB128). */
#ifndef TT_REPLAY_LEB_H
#define TT_REPLAY_LEB_H

#include <stdint.h>

static inline char *tt_leb_put(char *at, uint64_t value)
{
    while (value >= 0x80) {
        *at++ = (char)(value | 0x80);
        value >>= 7;
    }
    *at++ = (char)value;
    return at;
}

static inline const char *tt_leb_take(const char *at, uint64_t *ret_value)
{
    uint64_t value = (unsigned char)*at & 0x7f;
    for (unsigned shift = 7; (*at++ & 0x80) != 0; shift += 7)
        value |= (uint64_t)((unsigned char)*at & 0x7f) << shift;
    *ret_value = value;
    return at;
}

static inline uint64_t tt_leb_zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

static inline char *tt_leb_put_signed(char *at, int64_t value)
{
    return tt_leb_put(at, tt_leb_zigzag(value));
}

static inline const char *tt_leb_take_signed(const char *at, int64_t *ret_value)
{
    uint64_t value;
    at = tt_leb_take(at, &value);
    *ret_value = (int64_t)(value >> 1 ^ (0 - (value & 1)));
    return at;
}

#endif
